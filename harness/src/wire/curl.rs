//! A request as a line for a shell.

use super::{Base, Request};
use crate::read_back::encode;
use base64::Engine;

/// Bodies up to this size are written out.
const SHOWN: usize = 4_096;

/// The curl command that sends this request. `secrets` are pairs of a secret and the shell
/// variable that stands for it; for the pair of Basic credentials two of them, as `USER:PASSWORD`.
pub fn curl(base: &Base, request: &Request, secrets: &[(String, String)]) -> String {
    let mut parts = vec!["curl -sS -i".to_owned()];
    match request.method.as_str() {
        "HEAD" => parts.push("-I".to_owned()),
        "GET" if request.body.is_empty() => {}
        "POST" if !request.body.is_empty() => {}
        method if method.chars().all(|c| c.is_ascii_alphanumeric()) => {
            parts.push(format!("-X {method}"));
        }
        method => parts.push(format!("-X {}", word(method))),
    }
    let url = format!("{}{}", base.url(), request.target);
    if url.contains(['[', ']', '{', '}']) {
        // They are no pattern.
        parts.push("-g".to_owned());
    }
    parts.push(hide(&url, secrets));
    for (name, value) in &request.headers {
        if let Some(pair) = value.strip_prefix("Basic ")
            && let Some((_, variables)) = secrets.iter().find(|(secret, _)| secret == pair)
        {
            parts.push(format!("-u \"${}\"", variables.replace(':', ":$")));
            continue;
        }
        let colon = if value.is_empty() { ";" } else { ": " };
        parts.push(format!("-H {}", hide(&format!("{name}{colon}{value}"), secrets)));
    }
    if request.chunked {
        parts.push("-H 'Transfer-Encoding: chunked'".to_owned());
    }
    if request.body.is_empty() {
        return parts.join(" ");
    }
    if request.get("content-type").is_none() {
        // curl's own would change what is sent.
        parts.push("-H 'Content-Type:'".to_owned());
    }
    if request.body.len() > SHOWN {
        parts.push(format!("--data-binary @BODY  # {} bytes, see the case", request.body.len()));
        return parts.join(" ");
    }
    match std::str::from_utf8(&request.body) {
        Ok(text) if !text.contains('\0') => {
            // With the other option an `@` at the beginning names a file.
            let option = if text.starts_with('@') { "--data-raw" } else { "--data-binary" };
            parts.push(format!("{option} {}", hide(text, secrets)));
            parts.join(" ")
        }
        _ => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(&request.body);
            parts.push("--data-binary @-".to_owned());
            format!("echo {encoded} | base64 -d | {}", parts.join(" "))
        }
    }
}

/// One word of a shell, in single quotes; secrets become variables in double quotes.
fn hide(text: &str, secrets: &[(String, String)]) -> String {
    let mut quoted = word(text);
    for (secret, variable) in secrets.iter().filter(|(secret, _)| !secret.is_empty()) {
        quoted =
            quoted.replace(&word(secret)[1..word(secret).len() - 1], &format!("'\"${variable}\"'"));
        // As a URL has it: another text, which the shell's own variable does not give.
        let encoded = encode(secret);
        if encoded != *secret {
            quoted = quoted.replace(&encoded, &format!("'\"${variable}_ENCODED\"'"));
        }
    }
    // An empty word at the end says nothing.
    quoted.strip_suffix("\"''").map_or_else(|| quoted.clone(), |short| format!("{short}\""))
}

fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_become_variables_and_quotes_survive() {
        let base = Base::parse("http://h:1").unwrap();
        let request = Request::new("POST", "/write?db=x")
            .header("Authorization", "Token s3cret")
            .body("m f=\"it's\"\n");
        let secrets = [("s3cret".to_owned(), "LINEPROOF_TOKEN".to_owned())];
        assert_eq!(
            curl(&base, &request, &secrets),
            "curl -sS -i 'http://h:1/write?db=x' -H 'Authorization: Token '\"$LINEPROOF_TOKEN\" \
             -H 'Content-Type:' --data-binary 'm f=\"it'\\''s\"\n'"
        );
    }

    #[test]
    fn a_secret_in_a_url_is_one_too() {
        let request = Request::new("GET", "/x?p=a%2Bb%26c").header("Authorization", "Token a+b&c");
        let secrets = [("a+b&c".to_owned(), "LINEPROOF_TOKEN".to_owned())];
        assert_eq!(
            curl(&Base::parse("http://h:1").unwrap(), &request, &secrets),
            "curl -sS -i 'http://h:1/x?p='\"$LINEPROOF_TOKEN_ENCODED\" \
             -H 'Authorization: Token '\"$LINEPROOF_TOKEN\""
        );
    }

    #[test]
    fn brackets_are_no_pattern_and_an_at_sign_is_no_file() {
        let request = Request::new("POST", "/write?db={x}").header("Content-Type", "a").body("@m");
        assert_eq!(
            curl(&Base::parse("http://h:1").unwrap(), &request, &[]),
            "curl -sS -i -g 'http://h:1/write?db={x}' -H 'Content-Type: a' --data-raw '@m'"
        );
    }
}
