//! Statements as the products print them back, which is not always as they were written.

use super::ast::{
    Admin, Field, Fill, KeyFilter, Limits, Matcher, Order, Path, PolicyOptions, Removal, Select,
    Show, Source, Statement,
};
use super::duration;
use super::expr::Expr;
use super::token::Token;
use std::fmt;

/// A name, quoted where it must be.
pub(super) struct Ident<'a>(pub &'a str);

impl Ident<'_> {
    fn is_bare(&self) -> bool {
        let mut chars = self.0.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
            && Token::lookup(self.0) == Token::Ident
    }
}

impl fmt::Display for Ident<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bare() {
            return f.write_str(self.0);
        }
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\""))
    }
}

/// A string literal.
pub(super) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\\', "\\\\").replace('\n', "\\n").replace('\'', "\\'"))
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

fn tail(f: &mut fmt::Formatter<'_>, order: Option<Order>, limits: Limits) -> fmt::Result {
    if let Some(order) = order {
        let way = if order.descending { "DESC" } else { "ASC" };
        write!(f, " ORDER BY {}{way}", if order.named { "time " } else { "" })?;
    }
    let Limits { limit, offset, series_limit, series_offset } = limits;
    for (word, n) in
        [("LIMIT", limit), ("OFFSET", offset), ("SLIMIT", series_limit), ("SOFFSET", series_offset)]
    {
        if n > 0 {
            write!(f, " {word} {n}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.database.is_empty() {
            write!(f, "{}.", Ident(&self.database))?;
        }
        if !self.policy.is_empty() {
            Ident(&self.policy).fmt(f)?;
        }
        if !self.database.is_empty() || !self.policy.is_empty() {
            f.write_str(".")?;
        }
        match &self.name {
            Matcher::Name(name) => Ident(name).fmt(f),
            Matcher::Pattern(pattern) => pattern.fmt(f),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measurement(path) => path.fmt(f),
            Self::Subquery(select) => write!(f, "({select})"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        if self.alias.is_empty() { Ok(()) } else { write!(f, " AS {}", Ident(&self.alias)) }
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        list(f, &self.fields)?;
        if let Some(into) = &self.into {
            write!(f, " INTO {into}")?;
        }
        f.write_str(" FROM ")?;
        list(f, &self.sources)?;
        if let Some(condition) = &self.condition {
            write!(f, " WHERE {condition}")?;
        }
        if !self.dimensions.is_empty() {
            f.write_str(" GROUP BY ")?;
            list(f, &self.dimensions)?;
        }
        match self.fill {
            Fill::Null => {}
            Fill::None => f.write_str(" fill(none)")?,
            Fill::Number(n) => write!(f, " fill({n})")?,
            Fill::Integer(n) => write!(f, " fill({n})")?,
            Fill::Previous => f.write_str(" fill(previous)")?,
            Fill::Linear => f.write_str(" fill(linear)")?,
        }
        tail(f, self.order, self.limits)?;
        match &self.zone {
            Some(zone) => write!(f, " TZ('{zone}')"),
            None => Ok(()),
        }
    }
}

fn show(f: &mut fmt::Formatter<'_>, words: &str, show: &Show) -> fmt::Result {
    write!(f, "SHOW {words}")?;
    if let Some(database) = &show.database {
        write!(f, " ON {}", Ident(database))?;
    }
    if !show.sources.is_empty() {
        if words == "MEASUREMENTS" {
            let sign = if matches!(show.sources[0].name, Matcher::Pattern(_)) { "=~" } else { "=" };
            write!(f, " WITH MEASUREMENT {sign} ")?;
        } else {
            f.write_str(" FROM ")?;
        }
        list(f, &show.sources)?;
    }
    match &show.key {
        None => {}
        Some(KeyFilter::Is(key)) => write!(f, " WITH KEY = {}", Ident(key))?,
        Some(KeyFilter::IsNot(key)) => write!(f, " WITH KEY != {}", Ident(key))?,
        Some(KeyFilter::Matches(p)) => write!(f, " WITH KEY =~ {p}")?,
        Some(KeyFilter::MatchesNot(p)) => write!(f, " WITH KEY !~ {p}")?,
        Some(KeyFilter::In(keys)) => {
            f.write_str(" WITH KEY IN (")?;
            list(f, &keys.iter().map(|k| Ident(k)).collect::<Vec<_>>())?;
            f.write_str(")")?;
        }
    }
    if let Some(condition) = &show.condition {
        write!(f, " WHERE {condition}")?;
    }
    tail(f, show.order, show.limits)
}

fn removal(f: &mut fmt::Formatter<'_>, word: &str, removal: &Removal) -> fmt::Result {
    f.write_str(word)?;
    if !removal.sources.is_empty() {
        f.write_str(" FROM ")?;
        list(f, &removal.sources)?;
    }
    condition(f, removal.condition.as_ref())
}

fn condition(f: &mut fmt::Formatter<'_>, condition: Option<&Expr>) -> fmt::Result {
    condition.map_or(Ok(()), |c| write!(f, " WHERE {c}"))
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(select) => select.fmt(f),
            Self::ShowDatabases => f.write_str("SHOW DATABASES"),
            Self::ShowMeasurements(s) => show(f, "MEASUREMENTS", s),
            Self::ShowSeries(s) => show(f, "SERIES", s),
            Self::ShowFieldKeys(s) => show(f, "FIELD KEYS", s),
            Self::ShowTagKeys(s) => show(f, "TAG KEYS", s),
            Self::ShowTagValues(s) => show(f, "TAG VALUES", s),
            Self::ShowRetentionPolicies(None) => f.write_str("SHOW RETENTION POLICIES"),
            Self::ShowRetentionPolicies(Some(db)) => {
                write!(f, "SHOW RETENTION POLICIES ON {}", Ident(db))
            }
            Self::ShowUsers => f.write_str("SHOW USERS"),
            Self::ShowGrants(user) => write!(f, "SHOW GRANTS FOR {}", Ident(user)),
            Self::Delete(r) => removal(f, "DELETE", r),
            Self::DropSeries(r) => removal(f, "DROP SERIES", r),
            Self::DropMeasurement(name) => write!(f, "DROP MEASUREMENT {}", Ident(name)),
            Self::Admin(admin) => admin.fmt(f),
            Self::Unsupported(words) => f.write_str(words),
        }
    }
}

fn options(f: &mut fmt::Formatter<'_>, policy: &PolicyOptions) -> fmt::Result {
    if let Some(d) = policy.duration {
        write!(f, " DURATION {}", duration::short(d))?;
    }
    if let Some(n) = policy.replication {
        write!(f, " REPLICATION {n}")?;
    }
    match policy.shard_duration {
        Some(d) if d > 0 => write!(f, " SHARD DURATION {}", duration::short(d)),
        _ => Ok(()),
    }
}

impl fmt::Display for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named =
            |policy: &PolicyOptions| Ident(policy.name.as_deref().unwrap_or_default()).to_string();
        match self {
            Self::CreateDatabase { name, policy } => {
                write!(f, "CREATE DATABASE {}", Ident(name))?;
                if let Some(policy) = policy {
                    f.write_str(" WITH")?;
                    options(f, policy)?;
                    if policy.name.is_some() {
                        write!(f, " NAME {}", named(policy))?;
                    }
                }
                Ok(())
            }
            Self::DropDatabase(name) => write!(f, "DROP DATABASE {}", Ident(name)),
            Self::CreateRetentionPolicy { database, policy, default }
            | Self::AlterRetentionPolicy { database, policy, default } => {
                let verb = if matches!(self, Self::CreateRetentionPolicy { .. }) {
                    "CREATE"
                } else {
                    "ALTER"
                };
                write!(f, "{verb} RETENTION POLICY {} ON {}", named(policy), Ident(database))?;
                options(f, policy)?;
                if *default { f.write_str(" DEFAULT") } else { Ok(()) }
            }
            Self::DropRetentionPolicy { database, name } => {
                write!(f, "DROP RETENTION POLICY {} ON {}", Ident(name), Ident(database))
            }
            Self::CreateUser { name, admin, .. } => {
                let rights = if *admin { " WITH ALL PRIVILEGES" } else { "" };
                write!(f, "CREATE USER {} WITH PASSWORD [REDACTED]{rights}", Ident(name))
            }
            Self::DropUser(name) => write!(f, "DROP USER {}", Ident(name)),
            Self::SetPassword { name, .. } => {
                write!(f, "SET PASSWORD FOR {} = [REDACTED]", Ident(name))
            }
            Self::Grant { privilege, database, user } => {
                write!(f, "GRANT {} ON {} TO {}", privilege.text(), Ident(database), Ident(user))
            }
            Self::GrantAdmin(user) => write!(f, "GRANT ALL PRIVILEGES TO {}", Ident(user)),
            Self::Revoke { privilege, database, user } => {
                write!(f, "REVOKE {} ON {} FROM {}", privilege.text(), Ident(database), Ident(user))
            }
            Self::RevokeAdmin(user) => write!(f, "REVOKE ALL PRIVILEGES FROM {}", Ident(user)),
        }
    }
}
