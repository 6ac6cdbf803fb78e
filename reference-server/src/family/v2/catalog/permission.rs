//! What a token may do: an action on the resources of a type, of all, of an organisation, or one.

use crate::family::v2::id::Id;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Reading.
    Read,
    /// Writing, which making and deleting are too.
    Write,
}

impl Action {
    /// The word in JSON and in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The resources that a permission is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Their type: `buckets`.
    pub kind: String,
    /// One of them.
    pub id: Option<Id>,
    /// Those of one organisation.
    pub org_id: Option<Id>,
}

/// One right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// What may be done.
    pub action: Action,
    /// To what.
    pub resource: Resource,
}

impl Permission {
    /// This right to this.
    pub fn new(action: Action, kind: &str, id: Option<Id>, org_id: Option<Id>) -> Self {
        Self { action, resource: Resource { kind: kind.to_owned(), id, org_id } }
    }

    /// Whether this right covers what is wanted.
    pub fn covers(&self, wanted: &Self) -> bool {
        let (have, want) = (&self.resource, &wanted.resource);
        if self.action != wanted.action {
            return false;
        }
        if have.kind == "instance" {
            return true;
        }
        if have.kind != want.kind {
            return false;
        }
        match (have.id, have.org_id) {
            (None, None) => true,
            (None, org) => org == want.org_id,
            // The id decides; the organisation beside it does not.
            (id, _) => id == want.id,
        }
    }
}

impl fmt::Display for Permission {
    /// `write:orgs/<id>/buckets/<id>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.action.word())?;
        if let Some(org) = self.resource.org_id {
            write!(f, "orgs/{org}/")?;
        }
        f.write_str(&self.resource.kind)?;
        self.resource.id.map_or(Ok(()), |id| write!(f, "/{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_covers_what_it_names() {
        let (a, b) = (Id::new(0xa), Id::new(0xb));
        let wanted = Permission::new(Action::Read, "buckets", a, b);
        let covers = |kind, id, org| Permission::new(Action::Read, kind, id, org).covers(&wanted);
        assert!(covers("buckets", None, None) && covers("buckets", None, b));
        assert!(covers("buckets", a, None) && covers("instance", None, None));
        assert!(covers("buckets", a, a), "the id alone decides");
        assert!(!covers("buckets", b, b) && !covers("buckets", None, a));
        assert!(!covers("orgs", None, None));
        assert!(!Permission::new(Action::Write, "buckets", None, None).covers(&wanted));
        assert_eq!(wanted.to_string(), "read:orgs/000000000000000b/buckets/000000000000000a");
    }
}
