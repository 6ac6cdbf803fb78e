//! What an answer claims about each line: read from its status and body, by the forms that the
//! API families have, without any product's texts.

use crate::model::Item;
use crate::wire::Response;
use serde_json::Value as Json;

/// What the server says of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Claim {
    /// It is stored.
    Accepted,
    /// It is not.
    Rejected,
    /// Nothing certain.
    Unmentioned,
}

/// What the server says of all lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Of each item.
    pub(crate) items: Vec<Claim>,
    /// How many of the accepted ones are dropped without being named.
    pub(crate) unnamed: usize,
}

impl Claims {
    /// What a product says that may reject points after its success: of the accepted lines nothing
    /// is certain.
    pub(crate) fn without_promises(&mut self) {
        for claim in self.items.iter_mut().filter(|claim| **claim == Claim::Accepted) {
            *claim = Claim::Unmentioned;
        }
    }
}

/// Reads the claims of an answer to a write.
pub(crate) fn claims(response: &Response, items: &[Item]) -> Claims {
    let all = |claim| Claims { items: vec![claim; items.len()], unnamed: 0 };
    match response.status {
        200..=299 => return all(Claim::Accepted),
        500.. => return all(Claim::Unmentioned),
        _ => {}
    }
    let json: Json = serde_json::from_slice(&response.body).unwrap_or_default();
    if let Some(list) = json["data"].as_array() {
        return by_number(list, items);
    }
    let message = json["error"].as_str().or_else(|| json["message"].as_str()).unwrap_or_default();
    if message.contains("line(s):") {
        return by_numbers_in_text(message, items);
    }
    // So many points, of lines that nobody names.
    if message.starts_with("partial write error (") && message.contains(" accepted): ") {
        return all(Claim::Unmentioned);
    }
    if message.contains("partial write") && !json["data"].is_object() {
        return by_echo(message, items);
    }
    all(Claim::Rejected)
}

/// A list of bad lines, by number: the rest is stored. Blank lines and comments do not count.
fn by_number(list: &[Json], items: &[Item]) -> Claims {
    let mut claims = vec![Claim::Accepted; items.len()];
    let numbers = list.iter().filter_map(|entry| entry["line_number"].as_u64());
    for number in numbers {
        let index = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
        if let Some(claim) = claims.get_mut(index) {
            *claim = Claim::Rejected;
        }
    }
    Claims { items: claims, unnamed: 0 }
}

/// Bad lines by their numbers in a text; whether the rest is stored it says in other words, or not
/// at all.
fn by_numbers_in_text(message: &str, items: &[Item]) -> Claims {
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok().filter(|_| text[digits.len()..].starts_with(" (1-based)"))
    };
    let (head, _) = message.split_once("line(s):").unwrap_or_default();
    let rest = if head.contains("partial write") {
        Claim::Accepted
    } else if head.contains("no data") {
        Claim::Rejected
    } else {
        Claim::Unmentioned
    };
    let mut claims = vec![rest; items.len()];
    for bad in message.lines().filter_map(|line| line.split("line ").find_map(number)) {
        if let Some(claim) = claims.get_mut(bad.wrapping_sub(1)) {
            *claim = Claim::Rejected;
        }
    }
    // Not more than so many are told.
    const MOST: usize = 100;
    if claims.iter().filter(|claim| **claim == Claim::Rejected).count() >= MOST {
        for claim in claims.iter_mut().filter(|claim| **claim == Claim::Accepted) {
            *claim = Claim::Unmentioned;
        }
    }
    Claims { items: claims, unnamed: 0 }
}

/// The bad lines are echoed in quotes, or counted as `dropped=N`.
fn by_echo(message: &str, items: &[Item]) -> Claims {
    let echoed = |item: &Item| {
        let text = item.text.trim_start_matches([' ', '\t', '\0']);
        message.contains(&format!("'{text}'"))
    };
    let claims =
        items.iter().map(|i| if echoed(i) { Claim::Rejected } else { Claim::Accepted }).collect();
    let digits = message
        // An echoed line may hold the word too; the count stands at the end.
        .rsplit_once("dropped=")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>())
        .filter(|digits| !digits.is_empty());
    Claims { items: claims, unnamed: digits.map_or(0, |d| d.parse().unwrap_or(usize::MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Claim::{Accepted, Rejected, Unmentioned};

    fn of(status: u16, body: &str, lines: &str) -> (Vec<Claim>, usize) {
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let claims = claims(&response, &crate::model::items(lines.as_bytes()));
        (claims.items, claims.unnamed)
    }

    #[test]
    fn each_family_is_understood() {
        let lines = "a f=1\n# c\nb f=\nc f=1";
        assert_eq!(of(204, "", lines), (vec![Accepted; 3], 0));
        assert_eq!(of(500, "oops", lines), (vec![Unmentioned; 3], 0));
        assert_eq!(
            of(400, r#"{"code":"invalid","message":"unable to parse 'b f=': x"}"#, lines),
            (vec![Rejected; 3], 0)
        );
        let v1 =
            r#"{"error":"partial write: unable to parse 'b f=': missing field value dropped=0"}"#;
        assert_eq!(of(400, v1, lines), (vec![Accepted, Rejected, Accepted], 0));
        let echo = r#"{"error":"partial write: unable to parse 'b f=dropped=7': x dropped=0"}"#;
        assert_eq!(of(400, echo, lines).1, 0);
        let v2 = r#"{"code":"unprocessable entity","message":"failure writing points to database: partial write: x dropped=2"}"#;
        assert_eq!(of(422, v2, lines), (vec![Accepted; 3], 2));
        let v3 =
            r#"{"error":"partial write of line protocol occurred","data":[{"line_number":2}]}"#;
        assert_eq!(of(400, v3, lines), (vec![Accepted, Rejected, Accepted], 0));
        let says = |begin: &str| {
            let text = "errors encountered on line(s):\\nerror parsing line 2 (1-based): x line 3";
            let body = format!("{{\"code\":\"invalid\",\"message\":\"{begin}{text}\",\"line\":2}}");
            of(400, &body, lines).0
        };
        assert_eq!(says("partial write has occurred, "), [Accepted, Rejected, Accepted]);
        assert_eq!(says("no data written, "), [Rejected; 3]);
        let nested = "failed to parse line protocol: partial write has occurred, ";
        assert_eq!(says(nested), [Accepted, Rejected, Accepted]);
        assert_eq!(says("failed to parse line protocol: "), [Unmentioned, Rejected, Unmentioned]);
        let counted =
            r#"{"message":"partial write error (5 accepted): 1 out of 6 points rejected (x)"}"#;
        assert_eq!(of(400, counted, lines).0, [Unmentioned; 3]);
        let whole = r#"{"error":"parsing failed","data":{"line_number":2}}"#;
        assert_eq!(of(400, whole, lines), (vec![Rejected; 3], 0));
        let whole = r#"{"error":"partial write: x","data":{"line_number":2}}"#;
        assert_eq!(of(400, whole, lines), (vec![Rejected; 3], 0));
        // Only where it also counts what was accepted are the rest unknown.
        let other = r#"{"message":"partial write error (5 accepted)"}"#;
        assert_eq!(of(400, other, lines).0, [Accepted; 3]);
    }

    #[test]
    fn a_promise_that_is_none_is_taken_back() {
        let mut claims = Claims { items: vec![Accepted, Rejected, Unmentioned], unnamed: 0 };
        claims.without_promises();
        assert_eq!(claims.items, [Unmentioned, Rejected, Unmentioned]);
    }

    #[test]
    fn a_long_list_of_bad_lines_ends_before_all_are_told() {
        let lines: Vec<_> = (0..120).map(|n| format!("a f={n}")).collect();
        let says = |told: usize| {
            let bad: Vec<_> =
                (1..=told).map(|n| format!("error parsing line {n} (1-based): x")).collect();
            let message = format!("partial write has occurred, line(s):\n{}", bad.join("\n"));
            of(400, &serde_json::json!({ "message": message }).to_string(), &lines.join("\n")).0
        };
        let of_99 = says(99);
        assert_eq!((of_99[98], of_99[99], of_99[119]), (Rejected, Accepted, Accepted));
        let of_100 = says(100);
        assert_eq!((of_100[99], of_100[100], of_100[119]), (Rejected, Unmentioned, Unmentioned));
    }
}
