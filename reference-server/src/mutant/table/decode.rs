//! Faults between the body as it was sent and the bytes of line protocol.

use super::mutant;
use crate::mutant::Change::{Answer, Body, Outcome, Profile, Request, Text};
use crate::mutant::Home::{V1, V2, V3};
use crate::mutant::help::{endpoints, knob, replace};
use crate::mutant::{Mutant, Seen};
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use profiles::answer::Fault;
use profiles::write::{Members, SizeLimit, UnknownEncoding};
use profiles::{Profile as Facts, Setting};
use std::io::{ErrorKind, Read, Write};

/// A good gzip body of these bytes.
fn zipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// What a reader gets out before it fails, and how it fails.
fn read_out(mut reader: impl Read) -> (Vec<u8>, Option<std::io::Error>) {
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return (text, None),
            Ok(read) => text.extend_from_slice(&chunk[..read]),
            Err(error) => return (text, Some(error)),
        }
    }
}

/// Makes a good body of a gzip one that fails in a way that is overlooked.
fn overlooking(seen: &Seen, body: Vec<u8>, overlooks: fn(&std::io::Error) -> bool) -> Vec<u8> {
    if !seen.header("content-encoding").contains("gzip") || body.len() < 10 || body.len() > 1 << 20
    {
        return body;
    }
    match read_out(MultiGzDecoder::new(&*body)) {
        (text, Some(error)) if overlooks(&error) => zipped(&text),
        _ => body,
    }
}

/// What it inflates to, if it is gzip.
fn inflated(body: Vec<u8>) -> Vec<u8> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return body;
    }
    match read_out(MultiGzDecoder::new(&*body)) {
        (text, None) => text,
        _ => body,
    }
}

fn sized(size: SizeLimit, change: impl Fn(u64) -> u64) -> SizeLimit {
    match size {
        SizeLimit::None => SizeLimit::None,
        SizeLimit::Sent(limit) => SizeLimit::Sent(change(limit)),
        SizeLimit::SentAndInflated(limit) => SizeLimit::SentAndInflated(change(limit)),
        SizeLimit::Each { sent, inflated } => {
            SizeLimit::Each { sent: change(sent), inflated: change(inflated) }
        }
    }
}

/// Another limit of a body, in the endpoints and where it is set.
fn limits(profile: &mut Facts, change: fn(u64) -> u64) {
    endpoints(profile, |e| e.size = sized(e.size, change));
    knob(profile, Setting::RequestLimit, change);
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "decode.gzip-not-inflated",
        V2,
        "Gzip is read as line protocol.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                e.encoding.gzip = &[];
                e.encoding.unknown = UnknownEncoding::Plain;
            });
        })],
    ),
    mutant(
        "decode.only-first-member",
        V1,
        "What follows the first gzip member is lost.",
        &[Profile(|profile| endpoints(profile, |e| e.encoding.members = Members::FirstOnly))],
    ),
    mutant(
        "decode.all-members",
        V3,
        "What follows the first gzip member is read, too.",
        &[Profile(|profile| endpoints(profile, |e| e.encoding.members = Members::All))],
    ),
    mutant(
        "decode.inflates-without-header",
        V2,
        "Gzip is inflated although nothing says so.",
        &[Body(|seen, body| {
            let announced = !seen.header("content-encoding").is_empty();
            if announced || !seen.is_write() { body } else { inflated(body) }
        })],
    ),
    mutant(
        "decode.inflates-twice",
        V1,
        "A gzip inside a gzip is inflated, too.",
        &[Text(|_, text| inflated(text))],
    ),
    mutant(
        "decode.unknown-encoding",
        V2,
        "An encoding that nobody knows is refused.",
        &[Profile(|profile| endpoints(profile, |e| e.encoding.unknown = UnknownEncoding::Refused))],
    ),
    mutant(
        "decode.unknown-encoding-as-plain",
        V3,
        "An encoding that nobody knows is no matter.",
        &[Profile(|profile| endpoints(profile, |e| e.encoding.unknown = UnknownEncoding::Plain))],
    ),
    mutant(
        "decode.old-name-unknown",
        V2,
        "x-gzip is not known.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.encoding.gzip = &["gzip"]);
        })],
    ),
    mutant(
        "decode.encoding-case",
        V2,
        "Encodings are read in any case.",
        &[Request(|request, _| {
            for (name, value) in &mut request.headers {
                if name == "content-encoding" {
                    value.make_ascii_lowercase();
                }
            }
        })],
    ),
    mutant(
        "decode.identity-refused",
        V3,
        "The encoding identity is not known.",
        &[Request(|request, _| {
            for (name, value) in &mut request.headers {
                if name == "content-encoding" && value == b"identity" {
                    value.push(b'?');
                }
            }
        })],
    ),
    mutant(
        "decode.bad-gzip-as-plain",
        V2,
        "A plain body that is declared as gzip is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::GzipHeader { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "decode.checksum-ignored",
        V2,
        "A wrong checksum or length is overlooked.",
        &[Body(|seen, body| {
            overlooking(seen, body, |error| error.to_string().contains("checksum"))
        })],
    ),
    mutant(
        "decode.truncation-accepted",
        V2,
        "A gzip body that ends too early is taken as it is.",
        &[Body(|seen, body| {
            overlooking(seen, body, |error| error.kind() == ErrorKind::UnexpectedEof)
        })],
    ),
    mutant(
        "decode.corruption-accepted",
        V2,
        "What comes before damaged bytes is stored.",
        &[Body(|seen, body| {
            overlooking(seen, body, |error| {
                let text = error.to_string();
                text.contains("deflate") || text.contains("checksum")
            })
        })],
    ),
    mutant(
        "decode.trailing-garbage-accepted",
        V1,
        "What follows a gzip member is overlooked.",
        &[Body(|seen, body| overlooking(seen, body, |error| error.to_string().contains("header")))],
    ),
    mutant(
        "decode.zlib-accepted",
        V2,
        "A zlib stream is taken for gzip.",
        &[Body(|seen, body| {
            if !seen.header("content-encoding").contains("gzip") || body.first() != Some(&0x78) {
                return body;
            }
            match read_out(ZlibDecoder::new(&*body)) {
                (text, None) => zipped(&text),
                _ => body,
            }
        })],
    ),
    mutant(
        "decode.size-limit-missing",
        V1,
        "A body may have any size.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.size = SizeLimit::None);
        })],
    ),
    mutant(
        "decode.size-limit-off-by-one",
        V1,
        "A body of exactly the limit is refused.",
        &[Profile(|profile| limits(profile, |limit| limit - 1))],
    ),
    mutant(
        "decode.size-limit-one-too-many",
        V3,
        "A body of one byte more is taken.",
        &[Profile(|profile| limits(profile, |limit| limit + 1))],
    ),
    mutant(
        "decode.size-limit-too-low",
        V3,
        "The limit is lower than promised.",
        &[Profile(|profile| limits(profile, |limit| limit / 2))],
    ),
    mutant(
        "decode.limit-before-inflate",
        V3,
        "What a body inflates to is not limited.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                if let SizeLimit::SentAndInflated(limit) = e.size {
                    e.size = SizeLimit::Sent(limit);
                }
            });
        })],
    ),
    mutant(
        "decode.limit-after-inflate",
        V1,
        "The limit counts what a body inflates to.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                if let SizeLimit::Sent(limit) = e.size {
                    e.size = SizeLimit::SentAndInflated(limit);
                }
            });
        })],
    ),
    mutant(
        "decode.utf8-not-checked",
        V3,
        "A body need not be UTF-8.",
        &[
            Text(|_, text| String::from_utf8_lossy(&text).into_owned().into_bytes()),
            Profile(|profile| endpoints(profile, |e| e.encoding.utf8 = false)),
        ],
    ),
    mutant(
        "decode.utf8-checked",
        V2,
        "What is not UTF-8 is refused.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.encoding.utf8 = true);
        })],
    ),
    mutant(
        "decode.mangles-utf8",
        V2,
        "Every byte outside ASCII becomes a question mark.",
        &[Text(|_, text| text.iter().map(|&b| if b.is_ascii() { b } else { b'?' }).collect())],
    ),
    mutant(
        "decode.converts-charset",
        V1,
        "A body declared as latin-1 is converted.",
        &[Text(|seen, text| {
            if !seen.header("content-type").to_lowercase().contains("latin") {
                return text;
            }
            text.iter().map(|&b| char::from(b)).collect::<String>().into_bytes()
        })],
    ),
    mutant(
        "decode.strips-bom",
        V2,
        "A byte order mark is taken away.",
        &[Text(|_, text| text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).to_vec())],
    ),
    mutant(
        "decode.normalises-line-ends",
        V2,
        "CR LF becomes LF, also inside strings.",
        &[Text(|_, text| replace(&text, b"\r\n", b"\n"))],
    ),
    mutant(
        "decode.empty-body-crashes",
        V2,
        "A body of no bytes is answered with 500.",
        &[Answer(|seen, response| {
            if seen.is_write() && seen.length == 0 && response.status == 204 {
                response.status = 500;
            }
        })],
    ),
    mutant(
        "decode.cuts-at-64k",
        V2,
        "Of a body only the first 64 KiB are read.",
        &[Text(|_, mut text| {
            text.truncate(64 << 10);
            let end = text.iter().rposition(|&b| b == b'\n').filter(|_| text.len() == 64 << 10);
            text.truncate(end.unwrap_or(text.len()));
            text
        })],
    ),
];
