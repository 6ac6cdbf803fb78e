//! What a saved run tells of a case: no headers but those of its transcript, no times, and of the
//! body what its ledger holds, unless the case is at hand.

use super::send::{of_result, place, precision, settled};
use super::{Answered, Exchange, Incident};
use crate::case::Case;
use crate::claim::Claim;
use crate::event::{CaseResult, Event, Started};
use crate::explain;
use crate::outgoing::outgoing;
use crate::target::Target;
use crate::transcript::{Outcome, Record, Transcript};
use crate::wire::WireError;
use std::io::BufRead;
use std::time::Duration;

/// What a file of events says of one case: the runs that it was in, with how they began.
///
/// # Errors
/// The line that is no event of a run.
pub fn find(file: impl BufRead, id: &str) -> Result<Vec<(Option<Started>, CaseResult)>, String> {
    let (mut started, mut results) = (Vec::new(), Vec::new());
    for event in crate::saved::read(file)?.events {
        match event {
            Event::Started(own) => started.push(own),
            Event::Case(result) if result.id == id => results.push(*result),
            _ => {}
        }
    }
    let begun = |result: &CaseResult| {
        started.iter().find(|started: &&Started| started.profile == result.profile).cloned()
    };
    Ok(results.into_iter().map(|result| (begun(&result), result)).collect())
}

/// The incident of a saved result; with the case, what it sent is known byte for byte.
pub fn of_saved(started: Option<&Started>, result: CaseResult, case: Option<&Case>) -> Incident {
    let profile = profiles::find(&result.profile).ok();
    let url = started.map_or_else(String::new, |started| started.target.clone());
    let target = profile.and_then(|profile| Target::new(&url, profile).ok());
    let mut incident = of_result(result);
    incident.target = if url.is_empty() { "(not in the saved run)".to_owned() } else { url };
    incident.lineproof = started.map_or_else(|| "?".to_owned(), |s| s.lineproof.clone());
    let transcript = Transcript::parse(&incident.transcript).unwrap_or_default();
    let asks = |record: &&Record| ["write", "request", "query"].contains(&record.action.as_str());
    let asked = transcript.steps.iter().filter(asks).count();
    // One line for a shell stands for each request, unless some were the same.
    let aligned = asked == incident.commands.len();
    let mut next = 0;
    let mut exchanges = Vec::new();
    for (at, record) in transcript.steps.iter().enumerate() {
        if !asks(&record) {
            continue;
        }
        let command = incident.commands.get(next).filter(|_| aligned);
        next += 1;
        let mut exchange = sent(target.as_ref(), case, at).unwrap_or_else(|| Exchange {
            request: command.map_or("(see reproduction-steps.md)", String::as_str).to_owned(),
            precision: command.and_then(|line| precision(line.split('\'').next().unwrap_or(line))),
            ..Exchange::default()
        });
        (exchange.step, exchange.action) = (at + 1, record.action.clone());
        exchange.is_write = record.action == "write";
        exchange.took = None;
        exchange.answer = match &record.outcome {
            Outcome::Answer(answer) => Ok(Answered {
                status: answer.status,
                headers: answer.headers.clone(),
                body: answer.body.clone(),
            }),
            Outcome::NoAnswer(why) => Err(why.clone()),
            _ => Err("the saved run does not say".to_owned()),
        };
        if matches!(&exchange.answer, Ok(answer) if (200..300).contains(&answer.status)) {
            exchange.lines.iter_mut().for_each(|line| line.claim = Claim::Accepted);
        }
        exchanges.push(exchange);
    }
    incident.exchanges = settled(exchanges, &incident.ledgers);
    incident.notes.push(
        "from a saved run: names and times that differ from run to run are placeholders, only the headers that are compared were kept, and nothing was measured".to_owned(),
    );
    if let (Some(case), Some(target)) = (case, &target) {
        place(&mut incident, case, target);
    } else {
        "not known of a saved run".clone_into(&mut incident.retention);
        incident.notes.push(
            "the case is not at hand: what it sent is told by its ledger alone (give --cases-dir)"
                .to_owned(),
        );
    }
    incident.told
}

/// The request of a step, as the case writes it.
fn sent(target: Option<&Target>, case: Option<&Case>, at: usize) -> Option<Exchange> {
    let (target, step) = (target?, case?.steps.get(at)?);
    let family = target.profile.family;
    let out = outgoing(family, step, &explain::space(family))?;
    let nobody = Err(WireError::Closed);
    Some(Exchange::new(at + 1, &step.action, &out, &nobody, Duration::ZERO))
}
