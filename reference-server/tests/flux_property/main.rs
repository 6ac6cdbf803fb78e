//! Random Flux over random data, asked of embedded servers of the v2 family and of a small model: the
//! whole answers must be the same.
//!
//! The model (`model/`) knows of the server's executor nothing. A difference is made as small as it
//! gets before it is shown, with data, script and both answers.
//!
//! | variable | does |
//! |---|---|
//! | `LINEPROOF_QUERIES_SEED=7` | another run than the usual one |
//! | `LINEPROOF_QUERIES_COUNT=5000` | so many queries |
//! | `LINEPROOF_QUERIES_SHOW=20` | shows so many differences before it stops |

#[path = "../common/client.rs"]
mod client;
mod compare;
mod conditions;
mod data;
mod expression;
mod generate;
mod model;
mod query;
#[path = "../common/random.rs"]
mod random;
mod server;
#[path = "../common/settings.rs"]
mod settings;
mod shrink;
#[path = "../common/smaller.rs"]
mod smaller;
mod steps;

use settings::number;
use std::io::Write as _;

/// Queries of each data set.
const QUERIES_OF_A_SET: usize = 12;
/// A release, and what the documentation promises of the hosted service: they take turns.
const PROFILES: &[&str] = &["oss-v2@2.7", "cloud"];

#[test]
fn the_server_and_the_model_answer_alike() -> Result<(), String> {
    let say = |text: &str| {
        let _ = writeln!(std::io::stderr(), "{text}");
    };
    let servers =
        PROFILES.iter().map(|p| server::Servers::new(p)).collect::<Result<Vec<_>, _>>()?;
    let seed = number("LINEPROOF_QUERIES_SEED", 6);
    let count = number("LINEPROOF_QUERIES_COUNT", 900) as usize;
    let most = number("LINEPROOF_QUERIES_SHOW", 5) as usize;
    let (mut asked, mut errors, mut unknown, mut differences) = (0, 0, 0, Vec::new());
    for number in 0..count.div_ceil(QUERIES_OF_A_SET) {
        let mut random = random::Random::new(seed.wrapping_mul(1_000_003) + number as u64);
        let data = data::DataSet::random(&mut random);
        let servers = &servers[number % servers.len()];
        let mut loaded = servers.load(&data)?;
        for _ in 0..QUERIES_OF_A_SET {
            let query = generate::query(&mut random, &data);
            asked += 1;
            if let Err(pieces) = model::answer(&data, &query) {
                errors += 1;
                unknown += usize::from(pieces.is_empty());
            }
            if compare::difference(&mut loaded, &data, &query)?.is_some() {
                let smallest = shrink::smallest(servers, &data, &query)?;
                differences.push(format!("seed {seed}, data set {number}:\n{smallest}"));
            }
        }
        if differences.len() >= most {
            break;
        }
    }
    say(&format!(
        "flux_property: {asked} queries, {errors} of them errors, {unknown} of these unknown to the \
         model; {} different",
        differences.len()
    ));
    // Else little would have been compared, and nobody would see it.
    if errors * 5 > asked || unknown * 50 > asked {
        return Err("too few queries with an answer to compare".to_owned());
    }
    if differences.is_empty() {
        return Ok(());
    }
    say(&differences.join("\n\n"));
    Err(format!("{} differences", differences.len()))
}
