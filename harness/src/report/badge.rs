//! A badge: one sentence on a small coloured plate, as a picture or for shields.io to draw.

use super::runs::{self, Run};
use super::shown;
use crate::event::Event;
use crate::verdict::Ending;
use serde_json::json;

/// What a badge says.
struct Badge {
    message: String,
    ending: Ending,
}

const LABEL: &str = "lineproof";

fn badge(events: &[Event]) -> Badge {
    let runs = runs::runs(events);
    let ending = runs::ending(events);
    let message = match runs.as_slice() {
        [] => "nothing ran".to_owned(),
        [run] => format!("{}: {}", shown::cut(&shown::line(run.profile), 60), run.sentence()),
        several => {
            let good = |run: &&Run<'_>| run.ending() == Ending::Conformant;
            let good = several.iter().filter(good).count();
            let partial = if ending == Ending::Interrupted { ", interrupted" } else { "" };
            format!("{good} of {} profiles conformant{partial}", several.len())
        }
    };
    Badge { message, ending }
}

/// For <https://shields.io/badges/endpoint-badge>, whose page says what the members mean.
pub fn json(events: &[Event]) -> String {
    let Badge { message, ending } = badge(events);
    let colour = match ending {
        Ending::Conformant => "brightgreen",
        Ending::NotConformant => "red",
        Ending::NoVerdict | Ending::Interrupted => "yellow",
        Ending::Usage | Ending::Unusable => "lightgrey",
    };
    let is_error = ending != Ending::Conformant;
    let badge = json!({
        "schemaVersion": 1, "label": LABEL, "message": message, "color": colour, "isError": is_error
    });
    format!("{badge}\n")
}

/// A picture that needs nothing else.
pub fn svg(events: &[Event]) -> String {
    let Badge { message, ending } = badge(events);
    // White text on each of them has a contrast of at least 4.5 to 1.
    let colour = match ending {
        Ending::Conformant => "#2a7d2e",
        Ending::NotConformant => "#b3261e",
        Ending::NoVerdict | Ending::Interrupted => "#8a5a00",
        Ending::Usage | Ending::Unusable => "#5f6368",
    };
    let (left, right) = (width(LABEL), width(&message));
    let (whole, text) = (left + right, escape(&message));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" \
         aria-label=\"{LABEL}: {text}\">\n\
         <title>{LABEL}: {text}</title>\n\
         <clipPath id=\"r\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\"><path fill=\"#444\" d=\"M0 0h{left}v20H0z\"/>\
         <path fill=\"{colour}\" d=\"M{left} 0h{right}v20H{left}z\"/></g>\n\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\
         <text x=\"6\" y=\"14\" textLength=\"{}\">{LABEL}</text>\
         <text x=\"{}\" y=\"14\" textLength=\"{}\">{text}</text></g>\n</svg>\n",
        left - 12,
        left + 6,
        right - 12
    )
}

/// About as wide as the font makes it; `textLength` makes it exact.
fn width(text: &str) -> usize {
    text.chars().count() * 13 / 2 + 13
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
