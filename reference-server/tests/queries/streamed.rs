//! Answers that are sent while they are made: whatever their length little of them is kept, they are
//! byte for byte what they are as a whole, and nobody makes them for a client that has left.

use super::wire::asked;
use super::{ROWS, SOON, builder, filled, running, write_to};
use crate::wire::send;
use reference_server::Server;
use rstest::rstest;
use std::fmt::Write as _;
use std::io::Read as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// So many bytes may a query keep: a third of what the rows take.
const MEMORY: usize = 2 << 20;

/// The head of an answer, its body, and whether the body has its end.
async fn read(stream: &mut TcpStream) -> (String, Vec<u8>, bool) {
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let (mut body, mut rest) = (Vec::new(), &answer[end..]);
    if !head.contains("Transfer-Encoding: chunked") {
        return (head, rest.to_vec(), true);
    }
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (head, body, true);
        }
        body.extend(&rest[line + 2..line + 2 + size]);
        assert_eq!(&rest[line + 2 + size..line + 4 + size], b"\r\n");
        rest = &rest[line + 4 + size..];
    }
    (head, body, false)
}

/// The documents of all rows of `m`, so many in each.
fn documents(size: usize) -> String {
    let mut all = String::new();
    for first in (0..ROWS).step_by(size) {
        let last = (first + size).min(ROWS);
        let rows: Vec<_> =
            (first..last).map(|row| format!("[{row},\"text\",1,\"text\"]")).collect();
        let (rows, partial) = (rows.join(","), if last < ROWS { ",\"partial\":true" } else { "" });
        let _ = writeln!(
            all,
            "{{\"results\":[{{\"statement_id\":0,\"series\":[{{\"name\":\"m\",\"columns\":\
             [\"time\",\"s\",\"v\",\"t\"],\"values\":[{rows}]{partial}}}]{partial}}}]}}"
        );
    }
    all
}

async fn server(profile: &str) -> Server {
    filled(builder(profile).query_memory(MEMORY), profile).await
}

#[rstest]
#[case("oss-v1@1.6", 4_000)]
#[case("oss-v2@2.7", 7)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_are_sent_as_they_are_made(#[case] profile: &str, #[case] size: usize) {
    let server = server(profile).await;
    let select = "SELECT+s,v,s+AS+t+FROM+m";
    let query = format!("GET /query?db=e&epoch=ns&chunked=true&chunk_size={size}&q={select}");
    let close = "Connection: close\r\n";
    let mut stream = asked(&server, &query, close, "").await;
    let (head, body, is_whole) = read(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && is_whole, "{head}");
    assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
    let expected = documents(size);
    assert!(body == expected.as_bytes(), "{} of {} bytes", body.len(), expected.len());
    // What is not in chunks is made as a whole, and has its limit.
    let one = send(&server, &query.replace("chunked=true&", ""), "", "").await;
    assert!(one.body.contains("bytes of memory"), "{:.300}", one.body);
    // Compressed it is the same.
    let mut stream = asked(&server, &query, &format!("{close}Accept-Encoding: gzip\r\n"), "").await;
    let (head, body, is_whole) = read(&mut stream).await;
    assert!(head.contains("Content-Encoding: gzip\r\n") && is_whole, "{head}");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
    assert!(plain == expected.as_bytes(), "{} of {} bytes", plain.len(), expected.len());
    running(&server, 0).await;
}

/// Of more than one series, of LIMIT and OFFSET, latest first, and of several statements the chunks are
/// those of a short answer, whose rows are few enough to be made as a whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_of_series_say_what_goes_on() {
    let server = builder("oss-v1@1.6").start().await.unwrap();
    let lines = "n,t=a v=1 1\nn,t=a v=2 2\nn,t=a v=3 3\nn,t=b v=4 2\nn,t=c w=5 9";
    assert_eq!(send(&server, write_to("oss-v1@1.6"), "", lines).await.status, 204);
    let series = |tag: &str, rows: &str, series: &str, statement: &str| {
        format!(
            "{{\"results\":[{{\"statement_id\":0,\"series\":[{{\"name\":\"n\",\"tags\":{{\"t\":\
             \"{tag}\"}},\"columns\":[\"time\",\"v\"],\"values\":[{rows}]{series}}}]{statement}}}]}}\n"
        )
    };
    let more = ",\"partial\":true";
    let chunked = "GET /query?db=e&epoch=ns&chunked=true&chunk_size=2&q=SELECT+v+FROM+n";
    for (rest, expected) in [
        (
            "+GROUP+BY+t",
            vec![
                series("a", "[1,1],[2,2]", more, more),
                series("a", "[3,3]", "", more),
                series("b", "[2,4]", "", ""),
            ],
        ),
        (
            "+GROUP+BY+t+ORDER+BY+time+DESC",
            vec![
                series("b", "[2,4]", "", more),
                series("a", "[3,3],[2,2]", more, more),
                series("a", "[1,1]", "", ""),
            ],
        ),
        ("+GROUP+BY+t+LIMIT+2+OFFSET+1", vec![series("a", "[2,2],[3,3]", "", "")]),
        ("+WHERE+v+%3E+9", vec!["{\"results\":[{\"statement_id\":0}]}\n".to_owned()]),
    ] {
        let answer = send(&server, &format!("{chunked}{rest}"), "", "").await;
        assert_eq!(answer.body, expected.concat(), "{rest}");
    }
    let two = send(&server, &format!("{chunked}+LIMIT+1%3BSELECT+x+FROM+q.q.q"), "", "").await;
    assert!(two.body.contains("[[1,1]]}]}]}\n{\"results\":[{\"statement_id\":1"), "{}", two.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_in_the_middle_or_takes_nothing_ends_its_query() {
    let time = Duration::from_secs(20);
    let server = filled(builder("oss-v1@1.6").query_timeout(time), "oss-v1@1.6").await;
    // More than the sockets hold: rows of 200 columns.
    let columns = vec!["s"; 200].join(",");
    let query = format!("GET /query?db=e&chunked=true&q=SELECT+{columns}+FROM+m");
    let mut stream = asked(&server, &query, "", "").await;
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    assert_eq!(server.queries_running(), 1);
    drop(stream);
    running(&server, 0).await;

    // This one stays, and takes nothing: others that read as much have their turn.
    let mut idle = asked(&server, &query, "Connection: close\r\n", "").await;
    idle.flush().await.unwrap();
    idle.readable().await.unwrap();
    let other = send(&server, "GET /query?db=e&q=SELECT+count(s)+FROM+m+WHERE+v+%3E+0", "", "");
    let other = tokio::time::timeout(time * 3 / 4, other).await.unwrap();
    assert!(other.body.contains(",60000]]"), "{}", other.body);
    // When its time is over nobody waits for it.
    running(&server, 0).await;
    let (_, _, is_whole) = read(&mut idle).await;
    assert!(!is_whole);
}

/// Long answers of SQL, and ones that break off: in chunks, and with a length for who knows no chunks.
#[cfg(feature = "sql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_is_sent_while_it_is_made_and_breaks_off_where_it_fails() {
    const NUMBERS: usize = 400_000;
    let server = builder("v3-core@3.6").start().await.unwrap();
    let all: String =
        std::iter::once("n\n".to_owned()).chain((1..=NUMBERS).map(|n| format!("{n}\n"))).collect();
    // Long before it fails: what has no more than the first MiB of its answer by then has another status.
    let failing = format!("1000000000/(value-{NUMBERS})");
    for (column, fails) in [("value".to_owned(), false), (failing, true)] {
        let column = column.replace('/', "%2F");
        let query = format!(
            "GET /api/v3/query_sql?db=e&format=csv&q=SELECT+{column}+AS+n+FROM+\
             generate_series(1,{NUMBERS})"
        );
        let mut stream = asked(&server, &query, "Connection: close\r\n", "").await;
        let (head, body, is_whole) = read(&mut stream).await;
        assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
        assert_eq!(is_whole, !fails, "{column}");
        assert!(fails || body == all.as_bytes(), "{} of {} bytes", body.len(), all.len());

        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let request = format!("{query} HTTP/1.0\r\nAuthorization: Bearer owner\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let (head, body, _) = read(&mut stream).await;
        let length = head.split_once("Content-Length: ").unwrap().1.split_once("\r\n").unwrap().0;
        let length: usize = length.parse().unwrap();
        assert_eq!(body.len() == length, !fails, "{} of {length}", body.len());
        assert!(fails || body == all.as_bytes(), "{} of {} bytes", body.len(), all.len());
    }
}
