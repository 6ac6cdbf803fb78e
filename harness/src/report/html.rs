//! One HTML file that needs no network, no script and no mouse, and loads nothing: what is in the
//! events is in the page. A script only adds a filter and keys.
//!
//! Whatever others wrote goes through the template's escaping, and before that loses what cannot be
//! seen. The page's own policy forbids every script and style but the two in it, by their digests.

mod view;

use crate::clauses::Register;
use crate::event::Event;
use base64::Engine;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The most that requests, answers and ledgers may take in the file. Those of cases that pass are
/// left out first, all of them; the page says so.
const MOST_DETAIL: usize = 8 << 20;

/// The report. The register, where there is one, has the words of the clauses that cases name.
///
/// # Errors
/// A fault in the template.
pub fn report(events: &[Event], register: Option<&Register>) -> Result<String, String> {
    let view = view::view(events, register, MOST_DETAIL);
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| format!("{error:#}"))?);
    // The name's ending chooses how the template escapes.
    environment.add_template("page.html", PAGE).map_err(|error| format!("{error:#}"))?;
    let page = environment.get_template("page.html").map_err(|error| format!("{error:#}"))?;
    let context = minijinja::context! {
        view => Value::from(Serde(view)),
        style => STYLE,
        script => SCRIPT,
        style_digest => digest(STYLE),
        script_digest => digest(SCRIPT),
    };
    page.render(context).map_err(|error| format!("{error:#}"))
}

/// As a policy names a text: `sha256-…`.
fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}
