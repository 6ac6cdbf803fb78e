//! Writing over a socket, to the reference server in this process: one connection, keep-alive.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lineproof_benches::{Workload, small, tsbs};
use reference_server::Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const LINES: usize = 1000;

/// A connection that writes one body again and again.
struct Writer {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Writer {
    fn new(server: &Server, path: &str, workload: &Workload) -> Self {
        let stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let token = server.token().unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {token}\r\n\
             Content-Length: {}\r\n\r\n",
            workload.body.len()
        );
        let request = [head.as_bytes(), workload.body.as_bytes()].concat();
        Self { stream: BufReader::new(stream), request }
    }

    /// Writes the body and returns the status.
    fn write(&mut self) -> u16 {
        self.stream.get_mut().write_all(&self.request).expect("the server reads");
        let mut status = 0;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("the server answers");
            let text = line.trim_end();
            if status == 0 {
                status =
                    text.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
            } else if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            } else if text.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the announced body");
        status
    }
}

fn writing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("write");
    for workload in [tsbs(LINES), small(LINES)] {
        group.throughput(Throughput::Elements(workload.lines as u64));
        for (profile, path) in [
            ("oss-v1@1.6", "/write?db=bench"),
            ("oss-v2@2.7", "/api/v2/write?org=lineproof&bucket=bench"),
            ("v3-core@3.6", "/api/v3/write_lp?db=bench"),
        ] {
            let profile = profiles::find(profile).expect("a known profile");
            let builder = Server::builder(profile).database("bench", None);
            let server = runtime.block_on(builder.start()).expect("a free port");
            let mut writer = Writer::new(&server, path, &workload);
            let id = BenchmarkId::new(profile.product, workload.name);
            group.bench_function(id, |bencher| {
                bencher.iter(|| assert_eq!(writer.write(), 204));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, writing);
criterion_main!(benches);
