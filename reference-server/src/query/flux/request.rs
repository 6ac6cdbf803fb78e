//! The JSON body of a request, read as Go's decoder reads it: keys in any case, null as nothing, and
//! its words for values of the wrong type.

use super::{json, literal};
use serde_json::Value;

/// The body.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    pub(super) r#type: Option<String>,
    pub(super) query: Option<String>,
    pub(super) has_ast: bool,
    pub(super) package: Value,
    pub(super) dialect: DialectBody,
    pub(super) now: Option<String>,
}

/// The body's `dialect`.
#[derive(Clone, Debug, Default)]
pub(super) struct DialectBody {
    pub(super) header: Option<bool>,
    pub(super) delimiter: Option<String>,
    pub(super) comment_prefix: Option<String>,
    pub(super) date_time_format: Option<String>,
    pub(super) annotations: Vec<String>,
}

/// Read the body.
///
/// # Errors
/// The decoder's message.
pub(super) fn from_json(text: &[u8]) -> Result<Body, String> {
    let value = json::first_value(text)?;
    // Go's strings hold a replacement character where the text is not UTF-8
    let value = String::from_utf8_lossy(value);
    let value = serde_json::from_str(&value).map_err(|error| format!("json: {error}"))?;
    let mut body = Body::default();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Ok(body),
        other => {
            let kind = kind(&other);
            return Err(format!(
                "json: cannot unmarshal {kind} into Go value of type http.QueryRequest"
            ));
        }
    };
    for (key, value) in &object {
        let field = |name: &str| format!("QueryRequest.{name}");
        match key.to_ascii_lowercase().as_str() {
            "type" => body.r#type = text_of(value, &field("type"))?,
            "query" => body.query = text_of(value, &field("query"))?,
            "ast" => body.has_ast = true,
            // Not read yet: the product keeps it for its compiler.
            "extern" => body.package = value.clone(),
            "dialect" => body.dialect = dialect(value)?,
            "now" => body.now = now(value)?,
            _ => {}
        }
    }
    Ok(body)
}

fn dialect(value: &Value) -> Result<DialectBody, String> {
    let mut dialect = DialectBody::default();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Ok(dialect),
        other => return Err(misfit(other, "QueryRequest.dialect", "http.QueryDialect")),
    };
    for (key, value) in object {
        let field = |name: &str| format!("QueryRequest.dialect.{name}");
        match key.to_ascii_lowercase().as_str() {
            "header" => {
                dialect.header = match value {
                    Value::Bool(header) => Some(*header),
                    Value::Null => None,
                    other => return Err(misfit(other, &field("header"), "bool")),
                }
            }
            "delimiter" => dialect.delimiter = text_of(value, &field("delimiter"))?,
            "commentprefix" => dialect.comment_prefix = text_of(value, &field("commentPrefix"))?,
            "datetimeformat" => {
                dialect.date_time_format = text_of(value, &field("dateTimeFormat"))?;
            }
            "annotations" => {
                let items = match value {
                    Value::Array(items) => items.as_slice(),
                    Value::Null => &[],
                    other => return Err(misfit(other, &field("annotations"), "[]string")),
                };
                for item in items {
                    let annotation = text_of(item, &field("annotations"))?;
                    dialect.annotations.push(annotation.unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    Ok(dialect)
}

fn now(value: &Value) -> Result<Option<String>, String> {
    let text = match value {
        Value::String(text) => text,
        Value::Null => return Ok(None),
        _ => return Err("Time.UnmarshalJSON: input is not a JSON string".to_owned()),
    };
    if text.len() < 20 || literal::time(text).is_none() {
        let layout = "2006-01-02T15:04:05Z07:00";
        return Err(format!(
            "parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\" as \"2006\""
        ));
    }
    Ok(Some(text.clone()))
}

fn text_of(value: &Value, field: &str) -> Result<Option<String>, String> {
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Null => Ok(None),
        other => Err(misfit(other, field, "string")),
    }
}

fn misfit(value: &Value, field: &str, expected: &str) -> String {
    let kind = kind(value);
    format!("json: cannot unmarshal {kind} into Go struct field {field} of type {expected}")
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
