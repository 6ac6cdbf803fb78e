//! What a query may use: it is ended when its time or memory is over or its client has left, and
//! writes go on beside it.

mod ended;
mod left;
mod streamed;
mod wire;

use reference_server::{Builder, Server};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long anything may take that is to happen soon.
const SOON: Duration = Duration::from_secs(60);

/// As many rows as the long query reads.
const ROWS: usize = 60_000;

/// A server of this profile with a database or bucket `e`.
fn builder(profile: &str) -> Builder {
    let builder = Server::builder(profiles::find(profile).unwrap());
    builder.auth(false).token("owner").organisation("acme").database("e", None)
}

/// Where lines for `e` go.
fn write_to(profile: &str) -> &'static str {
    match profile {
        "oss-v2@2.7" => "POST /api/v2/write?org=acme&bucket=e",
        "v3-core@3.6" => "POST /api/v3/write_lp?db=e",
        _ => "POST /write?db=e",
    }
}

/// The server with its rows of `m`: a field `v` that is 1 and a field `s`, from 1970 on.
async fn filled(builder: Builder, profile: &str) -> Server {
    let server = builder.start().await.unwrap();
    let mut lines = String::new();
    for row in 0..ROWS {
        let _ = writeln!(lines, "m v=1,s=\"text\" {row}");
    }
    let written = wire::send(&server, write_to(profile), "", &lines).await;
    assert_eq!(written.status, 204, "{}", written.body);
    server
}

/// An InfluxQL statement that takes long, as it stands in a URL: for each row it asks whether 300
/// conditions hold, and they do.
fn long_statement() -> String {
    let condition = vec!["v>=0"; 300].join("+AND+");
    format!("SELECT+count(v)+FROM+m+WHERE+{condition}").replace('>', "%3E").replace('=', "%3D")
}

/// A script that takes minutes: a hundred times a new record is made of each row.
fn long_script() -> String {
    let maps = " |> map(fn: (r) => ({r with x: r._value + 1.0}))".repeat(100);
    format!(
        "from(bucket: \"e\") |> range(start: 1970-01-01T00:00:00Z) \
         |> filter(fn: (r) => r._field == \"v\"){maps}"
    )
}

/// Waits until so many queries run.
async fn running(server: &Server, count: usize) {
    let began = Instant::now();
    while server.queries_running() != count {
        assert!(began.elapsed() < SOON, "{} queries are running", server.queries_running());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
