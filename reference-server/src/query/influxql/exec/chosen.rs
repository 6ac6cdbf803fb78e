//! Which series a condition may hold of, told by their tags before anything else of them is looked at.

use super::columns::Columns;
use super::condition;
use super::node::Row;
use crate::query::influxql::ast::{Matcher, Select, Source};
use crate::query::influxql::expr::Expr;
use crate::store::view::Meant;
use crate::store::{FieldType, Name, TagSet, Value};
use profiles::influxql::Planner;
use std::collections::BTreeSet;

/// Whether the tags of one series alone can tell it. What a name means depends on the fields of all
/// measurements of a statement, and a name with a cast on what tags there are.
pub(super) fn can_choose(select: &Select, rest: &Expr) -> bool {
    let mut has_cast = false;
    rest.walk(&mut |e| has_cast |= matches!(e, Expr::Var(var) if var.cast.is_some()));
    let of_one = match select.sources.as_slice() {
        [Source::Measurement(path)] => matches!(path.name, Matcher::Name(_)),
        _ => false,
    };
    of_one && !has_cast
}

/// The series of a measurement with these fields of which a condition may hold. All of them where it is none
/// that can be asked; whoever asks it later says why.
pub(super) fn chosen<'e>(
    rest: &Expr,
    planner: Planner,
    measurement: &Name,
    fields: &BTreeSet<Name>,
) -> Meant<'e> {
    // Whatever may be a field in some range of time is one here, of whichever type: rows decide then.
    let fields = fields.iter().map(|name| (Name::clone(name), FieldType::Float)).collect();
    let columns = Columns { fields, no_time: planner == Planner::Go, ..Columns::default() };
    match condition::bind(rest, &columns, planner) {
        Ok(condition) => {
            let condition = condition.for_measurement(measurement);
            Box::new(move |tags| condition.may_hold(&OfTags(tags)))
        }
        Err(_) => Box::new(|_| true),
    }
}

/// A series of which nothing is known but its tags.
struct OfTags<'s>(&'s TagSet);

impl Row for OfTags<'_> {
    fn field(&self, _: &Name, _: FieldType) -> Option<Value> {
        None
    }

    fn tag(&self, key: &Name) -> Option<Name> {
        self.0.iter().find(|tag| tag.0 == *key).map(|tag| tag.1.clone())
    }

    fn call(&self, _: usize) -> Option<Value> {
        None
    }

    fn time(&self) -> i64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::influxql::ast::Statement;
    use crate::query::influxql::parse::{Params, parse_query};
    use profiles::influxql::OSS_V1_1_6;

    /// The statement and its condition without times.
    fn parsed(text: &str) -> (Select, Expr) {
        let statements = parse_query(text.as_bytes(), &Params::new(), &OSS_V1_1_6).unwrap();
        let Some(Statement::Select(select)) = statements.into_iter().next() else {
            panic!("{text}")
        };
        let (_, rest) = condition::split(select.condition.as_ref().unwrap(), 0, None).unwrap();
        let select: Select = (*select).clone();
        (select, rest.unwrap())
    }

    #[test]
    fn one_measurement_without_casts_can_be_asked() {
        for (from, condition, expected) in [
            ("m", "h = 'a'", true),
            ("db.rp.m", "h = 'a' AND time > 0", true),
            ("m", "h::tag = 'a'", false),
            ("m", "h = 'a' AND (f > 1 OR f::float = 2)", false),
            ("m, n", "h = 'a'", false),
            ("/m/", "h = 'a'", false),
        ] {
            let (select, rest) = parsed(&format!("SELECT f FROM {from} WHERE {condition}"));
            assert_eq!(can_choose(&select, &rest), expected, "{from}, {condition}");
        }
    }

    /// What is chosen is never too little. Of series with these tags, in this order; `f` is a field.
    #[test]
    fn a_series_is_left_out_where_its_tags_tell_that_no_row_can_be_meant() {
        let series = [vec![("h", "a")], vec![("h", "b")], vec![], vec![("f", "a"), ("h", "a")]];
        for (condition, expected) in [
            ("h = 'a'", [true, false, false, true]),
            ("'a' = h", [true, false, false, true]),
            ("h = ''", [false, false, true, false]),
            ("h != 'a'", [false, true, true, false]),
            ("h != ''", [true, true, false, true]),
            ("h =~ /^[bc]/", [false, true, false, false]),
            ("h !~ /^[bc]/", [true, false, true, true]),
            ("(h = 'a') AND f > 1", [true, false, false, true]),
            ("h = 'a' AND time < 9", [true, false, false, true]),
            ("h = 'a' OR f > 1", [true; 4]),
            ("h = 'a' OR h = 'b'", [true, true, false, true]),
            ("h = 'a' AND h = 'b'", [false; 4]),
            // It is a field, and rows have values of it.
            ("f = 'a'", [true; 4]),
            ("f = 1 AND h = 'b'", [false, true, false, false]),
            ("_name = 'm' AND h = 'b'", [false, true, false, false]),
        ] {
            let (_, rest) = parsed(&format!("SELECT f FROM m WHERE {condition}"));
            let fields = BTreeSet::from([Name::from(&b"f"[..])]);
            for planner in [Planner::Go, Planner::Iox] {
                if planner == Planner::Iox && condition.starts_with("_name") {
                    continue;
                }
                let is_meant = chosen(&rest, planner, &Name::from(&b"m"[..]), &fields);
                let found = series.each_ref().map(|tags| {
                    let name = |text: &str| Name::from(text.as_bytes());
                    let tags = tags.iter().map(|(key, value)| (name(key), name(value)));
                    is_meant(&tags.collect())
                });
                assert_eq!(found, expected, "{condition}");
            }
        }
    }

    #[test]
    fn what_cannot_be_asked_leaves_none_out() {
        let (_, rest) = parsed("SELECT f FROM m WHERE h = 'a' AND abs(f) > 1");
        let is_meant = chosen(&rest, Planner::Go, &Name::from(&b"m"[..]), &BTreeSet::new());
        assert!(is_meant(&TagSet::default()));
    }
}
