//! What is refused over Flight: from a reason to a status of gRPC, in the words of the release.

use super::host::Denied;
use super::ticket::BadTicket;
use crate::query::influxql::exec::Failure as Statement;
use crate::query::sql::run::{Cause, Failure};
use profiles::flight::{Flight, FlightRefusal, FlightStatus};
use tonic::{Code, Status};

/// A bad ticket.
pub(super) fn ticket(why: BadTicket) -> Status {
    match why {
        BadTicket::Invalid => Status::invalid_argument("Invalid ticket. Error: Invalid ticket"),
        BadTicket::Protobuf => {
            Status::unimplemented("this server reads tickets in JSON, not in protobuf")
        }
    }
}

/// A caller who may not read the database.
pub(super) fn denied(flight: &Flight, why: Denied) -> Status {
    match why {
        Denied::NoToken => Status::unauthenticated("Unauthenticated"),
        Denied::WrongToken => refusal(flight, &flight.wrong_token, ""),
        Denied::Forbidden => Status::permission_denied("Permission denied"),
    }
}

/// A database that does not exist.
pub(super) fn unknown_database(flight: &Flight, name: &str) -> Status {
    refusal(flight, &flight.unknown_database, name)
}

fn refusal(flight: &Flight, refusal: &FlightRefusal, name: &str) -> Status {
    let code = match refusal.status {
        FlightStatus::NotFound => Code::NotFound,
        FlightStatus::Internal => Code::Internal,
        FlightStatus::Unauthenticated => Code::Unauthenticated,
        FlightStatus::PermissionDenied => Code::PermissionDenied,
    };
    status(flight, code, refusal.text.replace("{name}", name))
}

/// A SQL query that failed.
pub(super) fn query(flight: &Flight, database: &str, failure: Failure) -> Status {
    let (cause, text) = match failure {
        Failure::Planning(text, cause, _) => (cause, format!("{}{text}", flight.planning)),
        Failure::Executing(text, cause) => {
            let before = format!("Internal error reading points from namespace {database}");
            (cause, format!("{before}: {text}"))
        }
        Failure::Streaming(text, cause, _) => {
            let before = "Error while execution Flight SQL stream: External error";
            (cause, format!("{before}: {text}"))
        }
    };
    let code = match cause {
        Cause::Query => Code::InvalidArgument,
        Cause::Limits => Code::ResourceExhausted,
        Cause::Server => Code::Internal,
    };
    status(flight, code, text)
}

/// An InfluxQL statement that failed.
pub(super) fn statement(flight: &Flight, failure: &Statement) -> Status {
    let planning = |text: String| status(flight, Code::InvalidArgument, text);
    match failure {
        Statement::UnknownDatabase(name) => unknown_database(flight, name),
        Statement::Planning(text) => planning(format!("{}{text}", flight.planning)),
        Statement::Unimplemented(_) => {
            planning(format!("{}{}", flight.planning, failure.message()))
        }
        Statement::Statement(text) | Statement::Told(text) | Statement::OfFirst(text) => {
            planning(format!("{}Error during planning: {text}", flight.planning))
        }
        Statement::Unsupported(_) => Status::unimplemented(failure.message()),
        Statement::Stopped(why) => Status::resource_exhausted(why.to_string()),
    }
}

fn status(flight: &Flight, code: Code, mut text: String) -> Status {
    if let Some(longest) = flight.longest_message
        && text.len() > longest
    {
        // The products cut at the byte, and fall where that is no character's end.
        text.truncate(text.floor_char_boundary(longest));
        text.push_str("...");
    }
    Status::new(code, text)
}
