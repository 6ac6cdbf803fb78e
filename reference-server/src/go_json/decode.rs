//! Elements into fields, as `encoding/json` fills a struct: keys match in any case, the last of
//! equal keys wins, `null` changes nothing, and the first value of the wrong type is an error
//! that names the Go field, told once everything is read.

use super::scan::{Document, Kind};

/// Where a value goes: what Go's type errors say of it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The Go struct's name and the field's path in it; none for the whole document.
    pub field: Option<(&'p str, &'p str)>,
    /// The Go type.
    pub go_type: &'p str,
}

impl<'p> Place<'p> {
    /// The whole document.
    pub const fn whole(go_type: &'p str) -> Self {
        Self { field: None, go_type }
    }

    /// A field of a struct.
    pub const fn field(name: &'p str, path: &'p str, go_type: &'p str) -> Self {
        Self { field: Some((name, path)), go_type }
    }
}

/// A value of the document, by its index.
#[derive(Clone, Copy, Debug)]
pub struct Node(usize);

/// Reads values and remembers the first of the wrong type.
#[derive(Debug)]
pub struct Decoder<'t> {
    document: Document<'t>,
    error: Option<String>,
}

impl<'t> Decoder<'t> {
    /// Reads this document.
    pub const fn new(document: Document<'t>) -> Self {
        Self { document, error: None }
    }

    /// The document's value.
    pub const fn root(&self) -> Node {
        Node(0)
    }

    /// The first type error, if there was one.
    ///
    /// # Errors
    /// Go's text of it.
    pub fn finish(self) -> Result<(), String> {
        self.error.map_or(Ok(()), Err)
    }

    /// The fields of an object that this struct has, by their index in `names`.
    pub fn fields(&mut self, node: Node, place: Place<'_>, names: &[&str]) -> Vec<(usize, Node)> {
        let mut found = Vec::new();
        if !self.is(node, Kind::Object, place) {
            return found;
        }
        let mut key = node.0 + 1;
        while key < self.document.elements[node.0].next {
            let name = self.unquote(Node(key));
            let exact = names.iter().position(|n| *n == name);
            let same = || names.iter().position(|n| n.eq_ignore_ascii_case(&name));
            if let Some(index) = exact.or_else(same) {
                found.push((index, Node(key + 1)));
            }
            key = self.document.elements[key + 1].next;
        }
        found
    }

    /// The items of an array; none for `null`.
    pub fn items(&mut self, node: Node, place: Place<'_>) -> Vec<Node> {
        let mut items = Vec::new();
        if self.is(node, Kind::Array, place) {
            let mut item = node.0 + 1;
            while item < self.document.elements[node.0].next {
                items.push(Node(item));
                item = self.document.elements[item].next;
            }
        }
        items
    }

    /// A string.
    pub fn string(&mut self, node: Node, place: Place<'_>) -> Option<String> {
        self.is(node, Kind::String, place).then(|| self.unquote(node))
    }

    /// A 64-bit integer.
    pub fn integer(&mut self, node: Node, place: Place<'_>) -> Option<i64> {
        if !self.is(node, Kind::Number, place) {
            return None;
        }
        let text = String::from_utf8_lossy(self.raw(node)).into_owned();
        let value = text.parse().ok();
        if value.is_none() {
            self.fail(&format!("number {text}"), place);
        }
        value
    }

    /// True or false.
    pub fn boolean(&mut self, node: Node, place: Place<'_>) -> Option<bool> {
        match self.document.elements[node.0].kind {
            Kind::Bool(value) => Some(value),
            Kind::Null => None,
            kind => {
                self.fail(kind.word(), place);
                None
            }
        }
    }

    /// Whether the value is `null`.
    pub fn is_null(&self, node: Node) -> bool {
        self.document.elements[node.0].kind == Kind::Null
    }

    /// Whether the value is of this kind; another kind but `null` is the type error.
    fn is(&mut self, node: Node, wanted: Kind, place: Place<'_>) -> bool {
        let kind = self.document.elements[node.0].kind;
        if kind != wanted && kind != Kind::Null {
            self.fail(kind.word(), place);
        }
        kind == wanted
    }

    fn fail(&mut self, value: &str, place: Place<'_>) {
        let target = match place.field {
            Some((name, path)) => format!("struct field {name}.{path}"),
            None => "value".to_owned(),
        };
        let go_type = place.go_type;
        self.error.get_or_insert_with(|| {
            format!("json: cannot unmarshal {value} into Go {target} of type {go_type}")
        });
    }

    fn raw(&self, node: Node) -> &'t [u8] {
        let element = self.document.elements[node.0];
        &self.document.text[element.start..element.end]
    }

    /// A string's text: escapes resolved, what is not Unicode replaced by U+FFFD.
    fn unquote(&self, node: Node) -> String {
        let raw = self.raw(node);
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let mut out = String::with_capacity(inner.len());
        for chunk in inner.utf8_chunks() {
            unescape(chunk.valid(), &mut out);
            out.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
        }
        out
    }
}

/// Resolves the escapes of a checked string. An escape is ASCII, so that none is cut by a byte
/// that is not UTF-8.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else { break };
        rest = &rest[kind.len_utf8()..];
        match kind {
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let (unit, after) = (hex4(rest), rest.get(4..).unwrap_or_default());
                rest = after;
                let low = after.strip_prefix("\\u").map(hex4);
                match (unit, low) {
                    (high @ 0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) => {
                        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                        rest = after.get(6..).unwrap_or_default();
                    }
                    _ => out.push(char::from_u32(unit).unwrap_or('\u{fffd}')),
                }
            }
            other => out.push(other),
        }
    }
    out.push_str(rest);
}

fn hex4(text: &str) -> u32 {
    text.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0xfffd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(text: &str) -> Decoder<'_> {
        Decoder::new(Document::first(text.as_bytes()).unwrap())
    }

    #[test]
    fn type_errors_name_the_field() {
        // Recorded from 2.7: `{"start":0, ...}` to /api/v2/delete.
        let mut json = decoder(r#"{"start":0}"#);
        let place = Place::whole("http.deleteRequestDecode");
        let fields = json.fields(json.root(), place, &["start"]);
        json.string(fields[0].1, Place::field("deleteRequestDecode", "start", "string"));
        assert_eq!(
            json.finish().unwrap_err(),
            "json: cannot unmarshal number into Go struct field deleteRequestDecode.start of type string"
        );
        let mut json = decoder("[]");
        json.fields(json.root(), place, &["start"]);
        assert_eq!(
            json.finish().unwrap_err(),
            "json: cannot unmarshal array into Go value of type http.deleteRequestDecode"
        );
    }

    #[test]
    fn integers_must_fit() {
        for (text, error) in [("1", ""), ("1.0", "number 1.0"), ("1e3", "number 1e3")] {
            let mut json = decoder(text);
            json.integer(json.root(), Place::whole("int64"));
            let got = json.finish().err().unwrap_or_default();
            assert!(got.contains(error), "{got}");
            assert_eq!(got.is_empty(), error.is_empty());
        }
    }

    #[test]
    fn keys_match_in_any_case_and_the_last_wins() {
        let mut json = decoder(r#"{"NAME":"a","other":{"name":[1]},"name":"b","name":null}"#);
        let place = Place::whole("T");
        let fields = json.fields(json.root(), place, &["name"]);
        let values: Vec<_> = fields.iter().map(|(_, n)| json.string(*n, place)).collect();
        assert_eq!(values, [Some("a".to_owned()), Some("b".to_owned()), None]);
        assert!(json.finish().is_ok());
    }

    #[test]
    fn strings_are_unescaped() {
        let mut json = decoder(r#""\u00e9\ud83d\ude00\ud83dx\n\/\"é""#);
        let text = json.string(json.root(), Place::whole("string"));
        assert_eq!(text.unwrap(), "é😀\u{fffd}x\n/\"é");
    }
}
