//! How many windows one series may have: as many as all groups together, and not one more.

use super::start;
use super::wire::send;
use std::fmt::Write as _;

/// The bound (`exec/aggregate.rs`).
const MOST: usize = 1_000_000;

#[tokio::test]
async fn one_series_may_have_a_million_windows() {
    let server = start("oss-v1@1.6").await;
    let mut lines = String::new();
    for time in 0..=MOST {
        let _ = writeln!(lines, "m v=1 {time}");
    }
    let written = send(&server, "POST /write?db=e&u=x&p=owner", None, &lines).await;
    assert_eq!(written.status, 204, "{}", written.body);
    let count = async |condition: &str| {
        let q = format!("SELECT+count(v)+FROM+m+{condition}+GROUP+BY+time(1ns)+fill(none)+LIMIT+1");
        send(&server, &format!("GET /query?db=e&epoch=ns&q={q}"), None, "").await.body
    };
    let all_but_one = count(&format!("WHERE+time>0+AND+time<={MOST}")).await;
    assert!(all_but_one.contains("[[1,1]]"), "{all_but_one}");
    let all = count("").await;
    let refused = format!(
        "GROUP BY time() with more than {MOST} windows is outside the InfluxQL that this server runs"
    );
    assert!(all.contains(&refused), "{all}");
}
