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

#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod dialect;
mod display;
mod encode;
mod error;
mod fault;
mod go;
mod iox;
mod line;
mod lines;
mod parser;
mod physical;
mod plain;
#[allow(unsafe_code)]
mod scan;
mod sink;
mod tape;
mod text;
mod unescape;
mod view;
mod wording;

pub use dialect::{Dialect, GoDialect, IoxDialect, IoxWording, Options, Precision};
pub use encode::{EncodeError, Part, Point, encode};
pub use error::{ParseError, ParseErrorKind};
pub use line::{Field, FieldValue, Line, Tag, Text};
pub use lines::{Lines, ParsedLines, parse};
pub use parser::Parser;
pub use scan::Scan;
pub use sink::{ErrorSink, FirstN};
pub use text::{ORIGINAL_LINE_BYTES, cut, lossy};
pub use view::{Fields, LineView, Tags};

/// The examples of the README, so that they are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
