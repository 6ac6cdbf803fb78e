//! How many rows are looked at for those that are asked for.

use super::*;
use crate::query::influxql::token::Op;
use crate::store::points::Points;
use crate::store::view::{Column, Measurement};
use std::cell::Cell;

thread_local! {
    /// How many rows this thread has looked at.
    pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

const SERIES: usize = 20;
const ROWS: i64 = 1_000;

/// Series of two fields with a row at each time from 0 on; a shard group is 100 of them.
fn table() -> Table {
    let column = |name: &[u8], step: usize| {
        let points = (0..ROWS).step_by(step).map(|t| (t, Value::Integer(t % 10)));
        let points = Points::from(points.collect::<Vec<_>>());
        Column { name: name.into(), field_type: FieldType::Integer, points, first_shard: 0 }
    };
    let series = |number: usize| Series {
        tags: [(b"t".as_slice().into(), number.to_string().as_bytes().into())].into(),
        columns: vec![column(b"a", 1), column(b"b", 3)].into(),
        ..Series::default()
    };
    let series = (0..SERIES).map(series).collect();
    let measurement =
        Measurement { name: b"m".as_slice().into(), series, ..Measurement::default() };
    Table {
        measurement,
        shard_duration: 100,
        shards: [].into(),
        source: 0,
        by_pattern: false,
        condition: None,
    }
}

fn looked_at(table: &Table, wanted: Wanted<'_>, of_each: usize) -> usize {
    LOOKED_AT.set(0);
    let tables = std::slice::from_ref(table);
    let groups = rows(tables, &Wanted { most: Some(of_each), ..wanted });
    assert!(groups.values().all(|rows| rows.len() == of_each), "{}", groups.len());
    LOOKED_AT.get()
}

#[test]
fn with_a_limit_no_more_is_read_than_one_row_of_each_series_beside_it() {
    let unlimited = Allowance::unlimited();
    let integer = |name: &[u8]| (Name::from(name), FieldType::Integer);
    let fields = [integer(b"a"), integer(b"b")];
    let group: [Name; 1] = [b"t".as_slice().into()];
    let mut table = table();
    for planner in [Planner::Go, Planner::Iox] {
        for descending in [false, true] {
            for fields in [&fields[..1], &fields[..]] {
                let all = Wanted::everything(planner, &unlimited);
                let wanted = Wanted { fields, descending, reversed: descending, ..all };
                let few = looked_at(&table, wanted, 3);
                assert!(few <= 3 + 2 * SERIES, "{planner:?} {descending} {few}");
                let few = looked_at(&table, Wanted { group: &group, ..wanted }, 3);
                assert!(few <= 5 * SERIES, "grouped: {planner:?} {descending} {few}");
            }
        }
    }
    // Of a condition that holds for one row of ten, about ten times as many are looked at.
    let nine = Node::Literal(Value::Integer(9));
    let is_nine = Node::Binary(
        Op::Eq,
        Box::new(Node::Field(fields[0].0.clone(), fields[0].1)),
        Box::new(nine),
    );
    table.condition = Some(is_nine);
    let wanted = Wanted { fields: &fields[..1], ..Wanted::everything(Planner::Go, &unlimited) };
    let few = looked_at(&table, wanted, 3);
    assert!((SERIES..=20 * SERIES).contains(&few), "{few}");
}

#[test]
fn without_a_limit_all_is_read() {
    let unlimited = Allowance::unlimited();
    let table = table();
    let fields = [(Name::from(b"a".as_slice()), FieldType::Integer)];
    let wanted = Wanted { fields: &fields, ..Wanted::everything(Planner::Go, &unlimited) };
    let all = SERIES * ROWS as usize;
    assert_eq!(looked_at(&table, wanted, all), all);
}

#[test]
fn series_are_counted_in_each_shard() {
    let unlimited = Allowance::unlimited();
    let table = table();
    // Of the shard groups the first begins before 0.
    let shards = tag_sets::shards(&table, &Wanted::everything(Planner::Go, &unlimited)).len();
    assert_eq!(tag_sets::openings(&table.measurement, 100), SERIES * shards);
    assert_eq!(tag_sets::openings(&table.measurement, 0), SERIES);
}
