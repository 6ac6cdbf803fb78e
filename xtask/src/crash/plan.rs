//! What a writer does next: chance, within what it knows of its own.
//!
//! Every value is one of its kind, so that what is read back names who wrote it (but for booleans, of
//! which there are two). Most points are the writer's own and are written again and again; those of
//! `shared` are everybody's.

use super::api::{Family, MAIN, MIDNIGHT, SECOND};
use super::chance::Chance;
use super::ledger::{Cell, Line, NUMBER, Name, Removal, Sort, Value, WRITER, What};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many there are.
pub(super) const WRITERS: usize = 6;

/// Whose points have no time of their own.
pub(super) const TIMELESS: &str = "timeless";

/// Whose field has a type that everybody knows.
const TYPED: &str = "typed";

/// The lines of a large batch.
const LARGE: u64 = 10_000;

/// Something to do.
pub(super) struct Step {
    pub(super) what: What,
    /// The lines, for a batch.
    pub(super) body: String,
    pub(super) gzip: bool,
}

/// A writer's mind.
pub(super) struct Planner {
    chance: Chance,
    family: Family,
    writer: usize,
    name: Name,
    /// Counts values, all writers' and rounds'.
    values: Arc<AtomicU64>,
    /// The database of its own, if it has one, and whether it is there.
    own: Option<(Name, bool)>,
    /// Whether it may write large batches.
    large: bool,
}

/// The databases that writers make and drop: few, since some products allow five in all.
pub(super) fn own_database(writer: usize) -> Option<Name> {
    (1..=3).contains(&writer).then(|| format!("own{writer}").into())
}

/// The database that is there from the start.
pub(super) fn main() -> Step {
    plain(What::Make { database: Cell::database(&MAIN.into()), there: Value::present() })
}

/// What makes the field of `typed` a float, written before anything else: in each writer's series,
/// since there are products where each has types of its own.
pub(super) fn first(values: &Arc<AtomicU64>, family: Family) -> Step {
    let mut batch = Batch::new(MAIN.into());
    for writer in 0..=WRITERS {
        let mut planner = Planner::new(Chance::new(0, &[]), family, writer, Arc::clone(values));
        planner.typed(&mut batch, false);
    }
    batch.step(false)
}

impl Planner {
    pub(super) fn new(
        chance: Chance,
        family: Family,
        writer: usize,
        values: Arc<AtomicU64>,
    ) -> Self {
        let name = writer.to_string().into();
        Self { chance, family, writer, name, values, own: None, large: false }
    }

    /// It has a database of its own, which is there or not.
    pub(super) fn owning(self, database: Option<Name>, is_there: bool) -> Self {
        Self { own: database.map(|name| (name, is_there)), ..self }
    }

    /// It may write large batches.
    pub(super) fn large(self, large: bool) -> Self {
        Self { large, ..self }
    }

    /// What to do next. What was asked before has been done.
    pub(super) fn next(&mut self) -> Step {
        if let Some((name, is_there)) = self.own.clone() {
            let database = Cell::database(&name);
            if !is_there && self.chance.one_in(4) {
                self.own = Some((name, true));
                return plain(What::Make { database, there: Value::present() });
            }
            if is_there && self.chance.one_in(12) {
                self.own = Some((name, false));
                return plain(What::Drop { database });
            }
        }
        let database = match &self.own {
            Some((name, true)) if self.chance.one_in(3) => Arc::clone(name),
            _ => MAIN.into(),
        };
        if self.family.removes() && self.chance.one_in(15) {
            return plain(self.removal(database));
        }
        let mut batch = Batch::new(database);
        let is_main = *batch.database == *MAIN;
        match self.chance.below(12) {
            0 if is_main => self.timeless(&mut batch),
            1 if is_main => self.typed(&mut batch, false),
            2 if is_main => self.conflicting(&mut batch),
            3 | 7 if is_main => self.shared(&mut batch),
            4 => self.malformed(&mut batch),
            5 => self.wide(&mut batch),
            6 if self.large && is_main && self.chance.one_in(3) => self.bulk(&mut batch),
            _ => self.mixed(&mut batch),
        }
        let gzip = batch.lines.len() > 1000 || self.chance.one_in(5);
        batch.step(gzip)
    }

    /// A database that was dropped takes with it what was in it; a measurement takes the points of all.
    fn removal(&mut self, database: Name) -> What {
        let is_main = *database == *MAIN;
        let writer = Some(Arc::clone(&self.name));
        let removal = match self.chance.below(6) {
            0 if is_main => Removal { measurement: TIMELESS.into(), writer, times: None },
            1 => Removal { measurement: "wide".into(), writer, times: None },
            2 => Removal {
                measurement: "own".into(),
                writer: if is_main { writer } else { None },
                times: None,
            },
            _ => {
                let first = self.chance.below(200);
                let last = self.chance.from(first, first + 60);
                let times = Some((moment(first), moment(last)));
                Removal { measurement: "own".into(), writer, times }
            }
        };
        What::Remove { database, removal }
    }

    /// Some of the writer's own points, some of their fields.
    fn mixed(&mut self, batch: &mut Batch) {
        let most = if self.chance.one_in(10) { 200 } else { 12 };
        for time in self.times(most, 200) {
            self.own_line(batch, time);
        }
    }

    fn own_line(&mut self, batch: &mut Batch, time: u64) {
        let mut line = batch.line("own", &self.name, None, Some(moment(time)));
        let which = self.chance.from(1, 15);
        if which & 1 > 0 {
            line.field("a", format!("{}.5", self.value()), "");
        }
        if which & 2 > 0 {
            line.field("b", self.value().to_string(), "i");
        }
        if which & 4 > 0 {
            line.field("s", format!("\"text {}\"", self.value()), "");
        }
        if which & 8 > 0 {
            line.field("t", self.chance.one_in(2).to_string(), "");
        }
        line.end(Sort::Good);
    }

    /// The server says when.
    fn timeless(&self, batch: &mut Batch) {
        let number = self.value().to_string().into();
        let mut line = batch.line(TIMELESS, &self.name, Some(number), None);
        line.field("v", self.value().to_string(), "i");
        line.end(Sort::Good);
    }

    fn typed(&mut self, batch: &mut Batch, is_whole: bool) {
        let time = moment(self.chance.below(50));
        let mut line = batch.line(TYPED, &self.name, None, Some(time));
        if is_whole {
            line.field("x", self.value().to_string(), "i");
            line.end(Sort::Conflicting);
        } else {
            line.field("x", format!("{}.5", self.value()), "");
            line.end(Sort::Good);
        }
    }

    /// A whole number where a float is due, among lines of which nothing can be said.
    fn conflicting(&mut self, batch: &mut Batch) {
        self.mixed(batch);
        self.typed(batch, true);
        self.wide(batch);
    }

    /// No line protocol, among lines of which nothing can be said.
    fn malformed(&mut self, batch: &mut Batch) {
        self.mixed(batch);
        let broken = ["own,w=0 a=1x7 5", "own,w=0 a= 5", "own,w=0 5", "own,w=0,n a=7 5"];
        batch.malformed(broken[self.chance.below(broken.len() as u64) as usize]);
        self.wide(batch);
    }

    /// Points of everybody's, of which one writer's may stay as well as another's.
    fn shared(&mut self, batch: &mut Batch) {
        for time in self.times(5, 6) {
            let mut line = batch.line("shared", &"all".into(), None, Some(moment(time)));
            line.field("v", self.value().to_string(), "i");
            line.end(Sort::Good);
        }
    }

    /// Over weeks, so that they lie in files of their own where a product makes such.
    fn wide(&mut self, batch: &mut Batch) {
        for time in self.times(4, 40) {
            let mut line = batch.line("wide", &self.name, None, Some(moment(time * 86_400)));
            line.field("v", self.value().to_string(), "i");
            line.end(Sort::Good);
        }
    }

    fn bulk(&self, batch: &mut Batch) {
        for time in 0..LARGE {
            let mut line = batch.line("bulk", &self.name, None, Some(moment(time)));
            line.field("v", self.value().to_string(), "i");
            line.end(Sort::Good);
        }
    }

    /// Some of so many times, none of them twice.
    fn times(&mut self, most: u64, of: u64) -> BTreeSet<u64> {
        (0..self.chance.from(1, most)).map(|_| self.chance.below(of)).collect()
    }

    /// A number that no other value has.
    fn value(&self) -> u64 {
        self.values.fetch_add(1, Ordering::Relaxed)
    }

    /// Which writer it is.
    pub(super) fn writer(&self) -> usize {
        self.writer
    }
}

/// So many seconds after midnight.
fn moment(seconds: u64) -> i64 {
    MIDNIGHT + i64::try_from(seconds).unwrap_or(0) * SECOND
}

fn plain(what: What) -> Step {
    Step { what, body: String::new(), gzip: false }
}

/// A batch that is put together.
struct Batch {
    database: Name,
    lines: Vec<Line>,
    body: String,
}

impl Batch {
    fn new(database: Name) -> Self {
        Self { database, lines: Vec::new(), body: String::new() }
    }

    fn line(
        &mut self,
        measurement: &str,
        writer: &Name,
        number: Option<Name>,
        time: Option<i64>,
    ) -> OpenLine<'_> {
        let _ = write!(self.body, "{measurement},{WRITER}={writer}");
        if let Some(number) = &number {
            let _ = write!(self.body, ",{NUMBER}={number}");
        }
        self.body.push(' ');
        let cell = Cell {
            measurement: measurement.into(),
            writer: Arc::clone(writer),
            number: number.unwrap_or_default(),
            time,
            ..Cell::database(&self.database)
        };
        OpenLine { batch: self, cell, cells: Vec::new() }
    }

    fn malformed(&mut self, text: &str) {
        let _ = writeln!(self.body, "{text}");
        self.lines.push(Line { sort: Sort::Malformed, cells: Vec::new() });
    }

    fn step(self, gzip: bool) -> Step {
        let what = What::Write { database: self.database, lines: self.lines };
        Step { what, body: self.body, gzip }
    }
}

/// A line that is put together.
struct OpenLine<'a> {
    batch: &'a mut Batch,
    cell: Cell,
    cells: Vec<(Cell, Value)>,
}

impl OpenLine<'_> {
    /// The value as JSON has it, and what line protocol has after it.
    fn field(&mut self, name: &str, value: String, suffix: &str) {
        let comma = if self.cells.is_empty() { "" } else { "," };
        let _ = write!(self.batch.body, "{comma}{name}={value}{suffix}");
        self.cells.push((Cell { field: name.into(), ..self.cell.clone() }, Value(value.into())));
    }

    fn end(self, sort: Sort) {
        if let Some(time) = self.cell.time {
            let _ = write!(self.batch.body, " {time}");
        }
        self.batch.body.push('\n');
        self.batch.lines.push(Line { sort, cells: self.cells });
    }
}
