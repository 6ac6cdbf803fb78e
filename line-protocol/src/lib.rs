//! InfluxDB line protocol as the real products read it: the same verdict, the same error text, the
//! same values, in the same order.
//!
//! Two grammars, the Go `models` package of OSS v1 and v2 and the IOx parser of InfluxDB 3, are
//! values of one [`Dialect`]. The parser borrows from its input, takes any bytes, and never panics.
//! It knows no products, no HTTP, no storage and no clock.
//!
//! ```
//! use line_protocol::{Dialect, Options, parse};
//! let body = b"cpu,host=a load=1.5 1700000000000000000";
//! for line in parse(body, &Dialect::GO_V2, &Options::default()) {
//!     assert_eq!(&*line.unwrap().measurement, b"cpu");
//! }
//! ```

mod dialect;
mod display;
mod encode;
mod error;
mod fault;
mod go;
mod iox;
mod line;
mod lines;
mod physical;
mod sink;
mod text;
mod unescape;
mod wording;

pub use dialect::{Dialect, GoDialect, IoxDialect, IoxWording, Options, Precision};
pub use encode::{EncodeError, Part, Point, encode};
pub use error::{ParseError, ParseErrorKind};
pub use line::{Field, FieldValue, Line, Tag, Text};
pub use lines::{Lines, parse, parse_into};
pub use sink::{ErrorSink, FirstN};
pub use text::{ORIGINAL_LINE_BYTES, cut, lossy};

/// The examples of the README, so that they are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
