//! The parameters of a query string or of a form body.

use crate::go_text::Query;
use percent_encoding::percent_decode;

/// Decoded parameters in their order; a name may stand there more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryString {
    pairs: Vec<(String, String)>,
    empty: bool,
}

impl QueryString {
    /// Decodes `a=1&b=2`: `+` is a space, `%XX` a byte, what is not UTF-8 is replaced.
    pub fn parse(raw: &str) -> Self {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode(spaced.as_bytes()).decode_utf8_lossy().into_owned()
        };
        let pairs = raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        Self { pairs, empty: raw.is_empty() }
    }

    /// As Go's `url.Values` has them: a pair with a `;` or a broken `%` escape is left out.
    pub fn as_go_reads(raw: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let query = Query::parse(raw);
        let pairs = query.pairs().iter().map(|(name, value)| (text(name), text(value)));
        Self { pairs: pairs.collect(), empty: raw.is_empty() }
    }

    /// Whether there was nothing at all.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first value of this name, unless it is empty.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// How often this name stands there.
    pub fn count(&self, name: &str) -> usize {
        self.pairs.iter().filter(|(n, _)| n == name).count()
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}
