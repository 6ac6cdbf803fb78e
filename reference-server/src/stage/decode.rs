//! From the body as it was sent to the bytes of line protocol.

use super::WriteFault;
use super::gzip::{self, GzipFault};
use crate::http::{Body, BodyError, Request};
use profiles::answer::Fault;
use profiles::write::{Encoding, SizeLimit, UnknownEncoding, WriteEndpoint};
use profiles::{Setting, Settings};

/// The most that this server keeps of one body as it was sent, where the product has no limit of
/// its own.
const OWN_LIMIT: u64 = 512 << 20;

/// The most that this server inflates a body to, where the product has no limit of its own: less,
/// because a body of a thousandth of the size is enough to ask for it.
const OWN_INFLATED_LIMIT: u64 = 64 << 20;

/// An endpoint with the sizes that are set.
pub fn sized(endpoint: WriteEndpoint, settings: &Settings) -> WriteEndpoint {
    let set = |setting, own| settings.limit(setting, own);
    // Off is none: only what this server keeps of any body.
    let size = match endpoint.size {
        SizeLimit::None => SizeLimit::None,
        SizeLimit::Sent(own) => {
            set(Setting::RequestLimit, own).map_or(SizeLimit::None, SizeLimit::Sent)
        }
        SizeLimit::SentAndInflated(own) => {
            set(Setting::RequestLimit, own).map_or(SizeLimit::None, SizeLimit::SentAndInflated)
        }
        SizeLimit::Each { sent, inflated } => SizeLimit::Each {
            sent: set(Setting::RequestLimit, sent).unwrap_or(OWN_LIMIT),
            inflated: set(Setting::InflatedLimit, inflated).unwrap_or(OWN_INFLATED_LIMIT),
        },
    };
    WriteEndpoint { size, ..endpoint }
}

/// A body, read or still waiting on its connection.
pub enum Incoming<'c> {
    /// Not read yet.
    Waiting(Body<'c>),
    /// Read; `None` where it was larger than the endpoint reads.
    Read(Option<Vec<u8>>),
}

impl Incoming<'_> {
    /// The bytes as sent, read now if they were not.
    ///
    /// # Errors
    /// Too large, or broken off by the client.
    pub async fn load(&mut self, size: SizeLimit) -> Result<&[u8], WriteFault> {
        if let Self::Waiting(_) = self
            && let Self::Waiting(body) = std::mem::replace(self, Self::Read(None))
        {
            let limit = sent_limit(size);
            *self = match body.read(limit).await {
                Ok(bytes) => Self::Read(Some(bytes)),
                Err(BodyError::TooLarge(_)) => Self::Read(None),
                Err(error @ BodyError::NoRoom) => {
                    return Err(WriteFault::with(
                        Fault::StorageFailed,
                        "detail",
                        error.to_string(),
                    ));
                }
                Err(BodyError::Broken(how)) => {
                    return Err(WriteFault::with(Fault::BodyBroken, "detail", how));
                }
            };
        }
        match self {
            Self::Read(Some(bytes)) => Ok(bytes),
            _ => Err(too_large(size)),
        }
    }

    /// The same bytes, to keep.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn into_bytes(mut self, size: SizeLimit) -> Result<Vec<u8>, WriteFault> {
        self.load(size).await?;
        match self {
            Self::Read(Some(bytes)) => Ok(bytes),
            _ => Err(too_large(size)),
        }
    }
}

/// Whether the request announces gzip, or what else it announces.
pub enum Announced {
    /// Gzip.
    Gzip,
    /// Nothing that needs decoding.
    Plain,
}

/// What `Content-Encoding` means here.
///
/// # Errors
/// [`Fault::EncodingUnknown`] where the endpoint refuses what it does not know.
pub fn announced(encoding: &Encoding, request: &Request) -> Result<Announced, WriteFault> {
    let Some(value) = request.header("content-encoding") else {
        return Ok(Announced::Plain);
    };
    if encoding.gzip.contains(&value) {
        return Ok(Announced::Gzip);
    }
    match encoding.unknown {
        UnknownEncoding::Refused if value != "identity" => {
            Err(WriteFault::with(Fault::EncodingUnknown, "value", value))
        }
        UnknownEncoding::Refused | UnknownEncoding::Plain => Ok(Announced::Plain),
    }
}

/// Whether a body that is announced as gzip begins as gzip.
///
/// # Errors
/// The gzip faults of a header.
pub fn check_gzip_header(body: &[u8]) -> Result<(), WriteFault> {
    gzip::check_header(body).map_err(|fault| match fault {
        GzipFault::ShortHeader => Fault::GzipShortHeader.into(),
        other => fault_of(other, OWN_INFLATED_LIMIT),
    })
}

/// Decodes a body.
///
/// # Errors
/// Size, gzip and UTF-8.
pub fn decode(
    endpoint: &WriteEndpoint,
    announced: &Announced,
    body: Vec<u8>,
) -> Result<Vec<u8>, WriteFault> {
    let text = match announced {
        Announced::Plain => body,
        Announced::Gzip => {
            let limit = match endpoint.size {
                SizeLimit::SentAndInflated(limit) => limit,
                SizeLimit::Each { inflated, .. } => inflated,
                SizeLimit::None | SizeLimit::Sent(_) => OWN_INFLATED_LIMIT,
            };
            gzip::inflate(&body, endpoint.encoding.members, limit)
                .map_err(|fault| fault_of(fault, limit))?
        }
    };
    if endpoint.encoding.utf8
        && let Err(error) = std::str::from_utf8(&text)
    {
        return Err(WriteFault::with(Fault::NotUtf8, "detail", error.to_string()));
    }
    Ok(text)
}

/// The fault of a body; `limit` is what it may inflate to.
fn fault_of(fault: GzipFault, limit: u64) -> WriteFault {
    match fault {
        GzipFault::Empty => Fault::GzipEmpty.into(),
        GzipFault::Header => Fault::GzipHeader.into(),
        GzipFault::ShortHeader | GzipFault::Truncated => Fault::GzipTruncated.into(),
        GzipFault::Corrupt(offset) => {
            WriteFault::with(Fault::GzipCorrupt, "offset", offset.to_string())
        }
        GzipFault::Checksum => Fault::GzipChecksum.into(),
        GzipFault::Trailer => Fault::GzipTrailer.into(),
        GzipFault::TooLarge => larger_than(limit),
    }
}

fn too_large(size: SizeLimit) -> WriteFault {
    larger_than(sent_limit(size))
}

fn larger_than(limit: u64) -> WriteFault {
    WriteFault::with(Fault::TooLarge, "limit", limit.to_string())
}

/// The most bytes of a body as it is sent.
const fn sent_limit(size: SizeLimit) -> u64 {
    match size {
        SizeLimit::None => OWN_LIMIT,
        SizeLimit::Sent(limit)
        | SizeLimit::SentAndInflated(limit)
        | SizeLimit::Each { sent: limit, .. } => limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    #[test]
    fn off_is_no_limit() {
        for profile in profiles::ALL {
            let mut settings = Settings::of(profile);
            if settings.set("request-limit", "off").is_err() {
                continue;
            }
            for endpoint in profile.facts.write {
                let sent = sent_limit(sized(*endpoint, &settings).size);
                assert_eq!(sent, OWN_LIMIT, "{} {}", profile.name(), endpoint.path);
            }
        }
    }

    #[test]
    fn the_limit_that_was_passed_is_told() -> std::io::Result<()> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[b'\n'; 1000])?;
        let body = encoder.finish()?;
        for endpoint in profiles::ALL.iter().flat_map(|profile| profile.facts.write) {
            let size = SizeLimit::Each { sent: 500, inflated: 900 };
            let endpoint = WriteEndpoint { size, ..*endpoint };
            let fault = decode(&endpoint, &Announced::Gzip, body.clone()).err();
            let limit = fault.and_then(|fault| fault.holes.into_iter().next());
            assert_eq!(limit, Some(("limit", b"900".to_vec())), "{}", endpoint.path);
        }
        Ok(())
    }

    #[test]
    fn a_small_gzip_does_not_take_all_memory() -> std::io::Result<()> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..=OWN_INFLATED_LIMIT >> 20 {
            encoder.write_all(&[b'\n'; 1 << 20])?;
        }
        let body = encoder.finish()?;
        for profile in profiles::ALL {
            for endpoint in profile.facts.write {
                // A product's own limit may be higher.
                if matches!(endpoint.size, SizeLimit::Each { .. }) {
                    continue;
                }
                let decoded = decode(endpoint, &Announced::Gzip, body.clone());
                let fault = decoded.err().map(|fault| fault.fault);
                assert_eq!(fault, Some(Fault::TooLarge), "{}", endpoint.path);
            }
        }
        Ok(())
    }
}
