//! Who a command is at a server: what the variables say, and nobody where they are empty.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};

/// Has every request told, and finds nothing.
fn serve(mut stream: TcpStream, told: &Sender<String>) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        told.send(String::from_utf8_lossy(&buffer[..count]).into_owned()).ok();
        let answer =
            "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_variable_that_is_empty_is_as_good_as_none() {
    let dir = tempfile::tempdir().unwrap();
    let body = dir.path().join("body.lp");
    std::fs::write(&body, "m f=1\n").unwrap();
    let body = body.to_str().unwrap();
    for (command, profile) in [
        (&["run", "--cases", "batch"][..], "oss-v1@1.6"),
        (&["run", "--cases", "batch"], "clustered"),
        (&["bundle", "--database", "d", "--body", body], "oss-v1@1.6"),
        (&["bundle", "--database", "d", "--body", body], "clustered"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (told, heard) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = told.clone();
                std::thread::spawn(move || serve(stream, &told));
            }
        });
        let mut lineproof = Command::new(env!("CARGO_BIN_EXE_lineproof"));
        for variable in ["TOKEN", "USER", "PASSWORD", "ORG"] {
            lineproof.env(format!("LINEPROOF_{variable}"), "");
        }
        lineproof.args(command).args(["--target", &url, "--profile", profile]);
        // Two packages of one second would have one name.
        let here = tempfile::tempdir().unwrap();
        let said = lineproof.current_dir(here.path()).output().unwrap();
        let requests: Vec<String> = heard.try_iter().collect();
        assert!(!requests.is_empty(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
        for request in requests {
            let sent = request.to_ascii_lowercase();
            assert!(!sent.contains("authorization"), "{command:?}: {request}");
        }
    }
}
