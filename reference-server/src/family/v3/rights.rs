//! What a token may do: everything, or to read and write some databases. Only some products of the
//! family can make tokens of the second kind.

use serde::{Deserialize, Serialize};

/// What is done to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Its points are asked for.
    Read,
    /// Points are added.
    Write,
}

/// The rights of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rights {
    /// An admin's: everything.
    All,
    /// Those on databases, and no other.
    Databases(Vec<Grant>),
}

/// One permission, in the form in which it is asked for (docs-v2
/// enterprise/admin/tokens/resource/create.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What kind of thing it is about: `db`, or another kind of which nothing is here.
    pub resource_type: String,
    /// The names of the databases, or `*` for all.
    pub resource_identifier: Vec<String>,
    /// What is allowed.
    pub actions: Vec<Action>,
}

impl Rights {
    /// Whether they cover this.
    pub fn allow(&self, action: Action, database: &str) -> bool {
        match self {
            Self::All => true,
            Self::Databases(grants) => grants.iter().any(|grant| {
                let named = |name: &String| name == "*" || name == database;
                grant.resource_type == "db"
                    && grant.actions.contains(&action)
                    && grant.resource_identifier.iter().any(named)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_its_databases_and_its_actions() {
        let grant = |names: &[&str], actions: &[Action]| Grant {
            resource_type: "db".to_owned(),
            resource_identifier: names.iter().map(|name| (*name).to_owned()).collect(),
            actions: actions.to_vec(),
        };
        let rights = Rights::Databases(vec![
            grant(&["a", "b"], &[Action::Read]),
            grant(&["b"], &[Action::Write]),
        ]);
        let allowed = |name| [Action::Read, Action::Write].map(|action| rights.allow(action, name));
        assert_eq!(allowed("a"), [true, false]);
        assert_eq!(allowed("b"), [true, true]);
        assert_eq!(allowed("c"), [false, false]);
        let rights = Rights::Databases(vec![grant(&["*"], &[Action::Write])]);
        assert!(rights.allow(Action::Write, "c") && !rights.allow(Action::Read, "c"));
        let mut other = grant(&["*"], &[Action::Write]);
        other.resource_type = "system".to_owned();
        assert!(!Rights::Databases(vec![other]).allow(Action::Write, "c"));
    }
}
