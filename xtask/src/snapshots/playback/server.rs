//! The server that plays recordings back, one case after another.

use super::fill::Names;
use super::provision::Provisioned;
use super::recordings::{Answer, Played};
use super::{http, key};
use anyhow::{Context, Result};
use profiles::Family;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A server on a loopback port; it ends with the process.
pub(super) struct Server {
    port: u16,
}

struct State {
    family: Family,
    played: Played,
    provisioned: Provisioned,
    verbose: bool,
}

impl Server {
    pub(super) fn start(family: Family, played: Played, verbose: bool) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        let port = listener.local_addr()?.port();
        let provisioned = Provisioned::new(family);
        let state = Arc::new(Mutex::new(State { family, played, provisioned, verbose }));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A connection that breaks has nobody to be told of it.
                std::thread::spawn(move || serve(&stream, &state).ok());
            }
        });
        Ok(Self { port })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut from = BufReader::new(stream);
    let mut to = stream;
    while let Some(asked) = http::read(&mut from)? {
        let answer = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.answer(&asked)
        };
        http::write(&mut to, &asked.method, &answer)?;
    }
    Ok(())
}

/// A recorded header as this server gives it.
fn filled(names: &Names) -> impl Fn(&(String, String)) -> (String, String) {
    |(name, value)| {
        let value = names.fill(value.as_bytes());
        (name.clone(), String::from_utf8_lossy(&value).into_owned())
    }
}

impl State {
    /// What the product answered to this, at this point of a case; what the harness needs for
    /// itself; or that nobody knows.
    fn answer(&mut self, asked: &key::Asked) -> Answer {
        if let Some(answer) = self.provisioned.before(asked) {
            return answer;
        }
        if let Some(space) = self.provisioned.space() {
            let key = key::key(self.family, asked, &|text| space.names.take_back(text));
            let found = self.played.get(&(space.history, key)).map(|recorded| Answer {
                status: recorded.status,
                headers: recorded.headers.iter().map(filled(&space.names)).collect(),
                body: space.names.fill(&recorded.body),
            });
            if let Some(answer) = found {
                if !key::only_reads(asked) {
                    space.history = space.history.and(key);
                }
                return answer;
            }
        }
        if let Some(answer) = Provisioned::after(asked) {
            return answer;
        }
        if let Some(space) = self.provisioned.space()
            && !key::only_reads(asked)
        {
            // Whatever comes now in this database, no recording knows of it.
            space.history = space.history.and(0);
        }
        if self.verbose {
            let body = String::from_utf8_lossy(&asked.body[..asked.body.len().min(200)]);
            let key::Asked { method, path, query, headers, .. } = asked;
            println!("not recorded here: {method} {path}?{query} {headers:?} {body:?}");
        }
        Answer {
            status: harness::record::UNRECORDED,
            headers: vec![("x-lineproof-playback".to_owned(), "no recording".to_owned())],
            body: b"no recording\n".to_vec(),
        }
    }
}
