//! Random SQL over random data, asked of the reference server over its socket and of a small model
//! that knows nothing of it: plain rows, filtered and grouped one by one.
//!
//! Whole answers are compared: the names of the columns, the values as the form prints them, nulls,
//! and the rows in their order as far as `ORDER BY` decides it. A difference is made as small as it
//! gets before it is shown.
//!
//! | variable | does |
//! |---|---|
//! | `LINEPROOF_QUERIES_SEED=7` | another run than the usual one |
//! | `LINEPROOF_QUERIES_COUNT=5000` | so many queries |
//! | `LINEPROOF_QUERIES_SHOW=20` | shows so many differences before it stops |

#[path = "../common/client.rs"]
mod client;
mod conditions;
mod data;
mod evaluate;
mod expression;
#[cfg(feature = "flight")]
mod flight;
mod generate;
mod model;
mod query;
#[path = "../common/random.rs"]
mod random;
mod replies;
mod servers;
#[path = "../common/settings.rs"]
mod settings;
mod shrink;
mod stored;
mod value;

use settings::number;
use shrink::Outcome;
use std::io::Write as _;

/// Queries of each data set.
const QUERIES_OF_A_SET: usize = 12;

/// One set in so many has series that are longer than what store and engine keep together.
/// Odd, so that every edition meets one.
const SETS_TO_A_LONG_ONE: usize = 9;

/// Editions in turn. The hosted products have SQL over Flight alone.
const EDITIONS: &[(&str, bool)] = &[
    ("v3-core@3.6", false),
    ("v3-core@3.10", false),
    ("v3-core@3.6", false),
    #[cfg(feature = "flight")]
    ("cloud-dedicated@docs", true),
];

#[test]
fn the_model_and_the_reference_server_answer_alike() -> Result<(), String> {
    // Past the test runner's capture: how much was compared must be seen.
    let say = |text: &str| {
        let _ = writeln!(std::io::stderr(), "{text}");
    };
    let ground = servers::Ground::new()?;
    let seed = number("LINEPROOF_QUERIES_SEED", 6);
    let count = number("LINEPROOF_QUERIES_COUNT", 180) as usize;
    let most = number("LINEPROOF_QUERIES_SHOW", 5) as usize;
    let (mut asked, mut same, mut with_rows, mut unsteady) = (0, 0, 0, 0);
    let mut shown = Vec::new();
    for set_number in 0..count.div_ceil(QUERIES_OF_A_SET) {
        let (edition, flight_only) = EDITIONS[set_number % EDITIONS.len()];
        let mut random = random::Random::new(seed.wrapping_mul(1_000_003) + set_number as u64);
        let data = data::DataSet::random(&mut random, set_number % SETS_TO_A_LONG_ONE == 4);
        let tables = stored::tables(&data);
        let mut server = ground.load(edition, &data)?;
        for _ in 0..QUERIES_OF_A_SET {
            let query = generate::query(&mut random, &tables, flight_only);
            asked += 1;
            match shrink::hold(&mut server, &tables, &query)? {
                Outcome::Same { rows } => {
                    same += 1;
                    with_rows += usize::from(rows);
                }
                Outcome::Unsteady => unsteady += 1,
                Outcome::Different(_) => {
                    let smallest = shrink::smallest(&ground, edition, &data, &query)?;
                    shown.push(format!("seed {seed}, data set {set_number}, {smallest}"));
                }
            }
            if shown.len() >= most {
                break;
            }
        }
        if shown.len() >= most {
            break;
        }
    }
    say(&format!(
        "sql_property: {asked} queries: {same} the same ({with_rows} with rows), {} different, \
         {unsteady} that have several right answers",
        shown.len()
    ));
    // Else little would have been compared, and nobody would see it.
    if shown.is_empty() && (unsteady * 10 > asked || with_rows * 2 < asked) {
        return Err("too few queries with an answer to compare".to_owned());
    }
    if shown.is_empty() {
        return Ok(());
    }
    say(&format!("\n{}\n", shown.join("\n\n")));
    Err(format!("{} differences", shown.len()))
}
