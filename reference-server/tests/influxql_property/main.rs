//! Random queries over random data, asked of Debian's influxd 1.6.7 and of the reference server:
//! status and body must be the same, byte for byte.
//!
//! What the reference server says it does not run is counted apart, by name. Differences that are
//! known stand in `known_differences.toml`, each with its reason. A difference that is not there is
//! made as small as it gets before it is shown.
//!
//! | variable | does |
//! |---|---|
//! | `LINEPROOF_QUERIES_SEED=7` | another run than the usual one |
//! | `LINEPROOF_QUERIES_COUNT=5000` | so many queries |
//! | `LINEPROOF_QUERIES_SHOW=20` | shows so many differences before it stops |
//! | `LINEPROOF_REQUIRE_SERVERS=1` | fails where influxd is not installed |

mod both;
#[path = "../common/client.rs"]
mod client;
mod conditions;
mod data;
mod generate;
mod known;
mod malformed;
mod query;
#[path = "../common/random.rs"]
mod random;
mod servers;
#[path = "../common/settings.rs"]
mod settings;
mod shrink;
#[path = "../common/smaller.rs"]
mod smaller;
mod tally;

use settings::number;
use std::io::Write as _;

/// Queries of each data set.
const QUERIES_OF_A_SET: usize = 12;

#[test]
fn influxd_and_the_reference_server_answer_alike() -> Result<(), String> {
    // Past the test runner's capture: that nothing was compared must be seen.
    let say = |text: &str| {
        let _ = writeln!(std::io::stderr(), "{text}");
    };
    let Some(influxd) = servers::Influxd::start()? else {
        if std::env::var_os("LINEPROOF_REQUIRE_SERVERS").is_some() {
            return Err("influxd is not installed: apt-get install influxdb".to_owned());
        }
        say("skipped: influxd is not installed, InfluxQL is not held against it");
        return Ok(());
    };
    let reference = servers::Reference::start()?;
    let known = known::load()?;
    let mut both = both::Both::new(influxd.authority.clone(), reference.authority());
    let mut tally = tally::Tally::default();

    let seed = number("LINEPROOF_QUERIES_SEED", 6);
    let count = number("LINEPROOF_QUERIES_COUNT", 300) as usize;
    let most = number("LINEPROOF_QUERIES_SHOW", 5) as usize;
    for set_number in 0..count.div_ceil(QUERIES_OF_A_SET) {
        let mut random = random::Random::new(seed.wrapping_mul(1_000_003) + set_number as u64);
        let data = data::DataSet::random(&mut random);
        let database = both.load(&data)?;
        for _ in 0..QUERIES_OF_A_SET {
            let query = generate::query(&mut random);
            let outcome = both.ask(&database, &query)?;
            if tally.add(&known, &query, &outcome) {
                let smallest = shrink::smallest(&mut both, &known, &data, &query)?;
                tally.show(format!("seed {seed}, data set {set_number}:\n{smallest}"));
            }
        }
        both.forget(&database)?;
        if tally.differences() >= most {
            break;
        }
    }
    say(&tally.summary());
    tally.verdict()
}
