//! Which names a database of tables may have, in the v3 and the IOx families: up to two layers
//! check them, each with its own words.

use crate::stage::WriteFault;
use profiles::answer::Fault;
use profiles::storage::Names;

/// The longest name of the routing layer, in bytes; the same in all releases that were read.
const LONGEST: usize = 64;

fn refused(detail: impl Into<Vec<u8>>) -> WriteFault {
    WriteFault::with(Fault::DatabaseName, "detail", detail)
}

/// The routing layer's rule (influxdb3_core f1bc156:data_types/src/namespace_name.rs:8-60).
///
/// # Errors
/// [`Fault::DatabaseName`].
pub(crate) fn namespace(rules: &Names, name: &str) -> Result<(), WriteFault> {
    if !(1..=LONGEST).contains(&name.len()) {
        let detail =
            format!("namespace name {name} length must be between 1 and {LONGEST} characters");
        return Err(refused(detail));
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-');
    match name.chars().position(|c| !allowed(c)) {
        None => Ok(()),
        Some(index) => Err(refused(format!(
            "namespace name '{name}' contains invalid character, character number {index} {}",
            rules.refused_character
        ))),
    }
}

/// The catalog's rule (3.6:influxdb3_server/src/http.rs:1865-1937).
///
/// # Errors
/// [`Fault::DatabaseName`].
pub(crate) fn database(rules: &Names, name: &str) -> Result<(), WriteFault> {
    if name.is_empty() {
        return Err(refused("db name cannot be empty"));
    }
    if name.len() > rules.longest {
        return Err(refused(format!("db name too long: max {}", rules.longest)));
    }
    let mut slashes = 0;
    for (index, c) in name.char_indices() {
        match c {
            c if !c.is_ascii() => return Err(refused(BAD_CHARACTER)),
            c if index == 0 && !c.is_ascii_alphanumeric() => {
                return Err(refused("db name did not start with a number or letter"));
            }
            '/' if slashes > 0 => return Err(refused(BAD_POLICY)),
            '/' => slashes += 1,
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => {}
            _ => return Err(refused(BAD_CHARACTER)),
        }
    }
    if name.ends_with('/') {
        return Err(refused(BAD_POLICY));
    }
    Ok(())
}

const BAD_CHARACTER: &str = "invalid character in database or rp name: must be ASCII, containing \
    only letters, numbers, underscores, or hyphens";
const BAD_POLICY: &str = "db name with invalid retention policy, if providing a retention policy \
    name, must be of form '<db_name>/<rp_name>'";
