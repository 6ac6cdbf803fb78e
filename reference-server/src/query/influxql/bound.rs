//! The parameter `params` as the Go products read it (1.6:services/httpd/handler.go, `serveQuery`;
//! influxql 1.0:params.go; the texts are those of a running 1.6.7).

use super::parse::Params;
use super::token::Token;
use crate::go_json::Document;
use crate::go_json::scan::Kind;

/// The values for `$name`.
///
/// # Errors
/// The products' message, or a refusal by name.
pub(super) fn read(text: &[u8]) -> Result<Params, String> {
    let unreadable = |e: String| format!("error parsing query parameters: {e}");
    let document = Document::first(text).map_err(|e| unreadable(e.to_string()))?;
    let mut params = Params::new();
    let Some(root) = document.elements.first() else { return Ok(params) };
    match root.kind {
        Kind::Null => return Ok(params),
        Kind::Object => {}
        other => {
            let word = other.word();
            return Err(unreadable(format!(
                "json: cannot unmarshal {word} into Go value of type map[string]interface {{}}"
            )));
        }
    }
    let raw = |at: usize| {
        let element = document.elements.get(at)?;
        std::str::from_utf8(document.text.get(element.start..element.end)?).ok()
    };
    let string = |at: usize| {
        let read = raw(at).and_then(|raw| serde_json::from_str::<String>(raw).ok());
        read.ok_or_else(|| "a parameter that is not Unicode is not read by this server".to_owned())
    };
    let mut at = 1;
    while at < root.next {
        let (name, value) = (string(at)?, at + 1);
        let Some(element) = document.elements.get(value) else { break };
        let of_no_use = |go_type: &str| {
            // The name is taken for what is missing.
            (Token::BoundParam, format!("$unable to bind parameter with type {go_type}"))
        };
        let token = match element.kind {
            Kind::String => (Token::Str, string(value)?),
            Kind::Bool(true) => (Token::True, "true".to_owned()),
            Kind::Bool(false) => (Token::False, "false".to_owned()),
            Kind::Number => number(raw(value).unwrap_or_default())?,
            Kind::Null => of_no_use("<nil>"),
            Kind::Array => of_no_use("[]interface {}"),
            Kind::Object if element.next == value + 1 => {
                let text = "$bound object parameter value must have exactly one entry";
                (Token::BoundParam, text.to_owned())
            }
            Kind::Object => {
                return Err("a bound parameter that is an object is outside the InfluxQL that \
                            this server runs"
                    .to_owned());
            }
        };
        params.insert(name, token);
        at = element.next;
    }
    Ok(params)
}

/// A number with a point is a float, any other an integer.
fn number(text: &str) -> Result<(Token, String), String> {
    let says = |way: &str, why: &str| {
        Err(format!("error parsing json value: strconv.{way}: parsing \"{text}\": {why}"))
    };
    if text.contains('.') {
        return match text.parse::<f64>() {
            Ok(n) if n.is_finite() => Ok((Token::Number, n.to_string())),
            _ => says("ParseFloat", "value out of range"),
        };
    }
    match text.parse::<i64>() {
        Ok(n) => Ok((Token::Integer, n.to_string())),
        Err(_) if text.contains(['e', 'E']) => says("ParseInt", "invalid syntax"),
        Err(_) => says("ParseInt", "value out of range"),
    }
}
