//! What was asked of a server, what it said, and what is read back: cells, of which each has at most
//! one value.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

/// A name that many cells have.
pub(super) type Name = Arc<str>;

/// The tag that says whose a series is.
pub(super) const WRITER: &str = "w";

/// The tag that makes a series one of a kind.
pub(super) const NUMBER: &str = "n";

/// Where a value is. Its order puts those together that a removal takes: database, measurement, writer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell {
    pub(super) database: Name,
    /// Empty: the database itself.
    pub(super) measurement: Name,
    /// The tag `w`.
    pub(super) writer: Name,
    /// The tag `n`; empty where there is none.
    pub(super) number: Name,
    /// Nanoseconds since 1970; none where the server chose the time, of which there is one a series.
    pub(super) time: Option<i64>,
    pub(super) field: Name,
}

impl Cell {
    /// The cell that has a value if the database is there: its id, where it has one.
    pub(super) fn database(name: &Name) -> Self {
        let empty = Name::default();
        Self {
            database: Arc::clone(name),
            measurement: Arc::clone(&empty),
            writer: Arc::clone(&empty),
            number: Arc::clone(&empty),
            time: None,
            field: empty,
        }
    }

    /// Whether it is about a database, and no point.
    pub(super) fn is_database(&self) -> bool {
        self.measurement.is_empty()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_database() {
            return write!(f, "database {}", self.database);
        }
        write!(f, "{} of {},{WRITER}={}", self.field, self.measurement, self.writer)?;
        if !self.number.is_empty() {
            write!(f, ",{NUMBER}={}", self.number)?;
        }
        match self.time {
            Some(time) => write!(f, " at {time}")?,
            None => write!(f, " at the server's time")?,
        }
        write!(f, " in {}", self.database)
    }
}

/// A value, as JSON prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(pub(super) Arc<str>);

impl Value {
    /// That a database is there.
    pub(super) fn present() -> Self {
        Self("there".into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is stored in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) value: Value,
    /// What must not change while the value is the same: a point's time, a database's id.
    pub(super) mark: String,
}

/// Everything that a server shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) cells: BTreeMap<Cell, Stored>,
    /// What came for a cell that had a value already.
    pub(super) twice: Vec<(Cell, Stored)>,
    /// How many points that is.
    pub(super) points: u64,
}

impl Reading {
    pub(super) fn add(&mut self, cell: Cell, stored: Stored) {
        match self.cells.entry(cell) {
            Entry::Occupied(first) => self.twice.push((first.key().clone(), stored)),
            Entry::Vacant(empty) => {
                empty.insert(stored);
            }
        }
    }
}

/// What a line is, to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Good,
    /// No line protocol.
    Malformed,
    /// A field of another type than it has.
    Conflicting,
}

/// A line of a batch.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) sort: Sort,
    /// What it stores, if the server takes it.
    pub(super) cells: Vec<(Cell, Value)>,
}

/// What points are to go; each part that is none leaves the choice open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Removal {
    pub(super) measurement: Name,
    pub(super) writer: Option<Name>,
    /// The first and the last time.
    pub(super) times: Option<(i64, i64)>,
}

/// What is asked of a server.
#[derive(Clone, Debug)]
pub(super) enum What {
    Write {
        database: Name,
        lines: Vec<Line>,
    },
    Remove {
        database: Name,
        removal: Removal,
    },
    /// Of the cell that says that the database is there, and what it says then.
    Make {
        database: Cell,
        there: Value,
    },
    Drop {
        database: Cell,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { database, lines } => {
                let bad = lines.iter().filter(|line| line.sort != Sort::Good).count();
                write!(f, "a batch of {} lines ({bad} of them bad) to {database}", lines.len())
            }
            Self::Remove { database, removal } => {
                write!(f, "the removal of {}", removal.measurement)?;
                if let Some(writer) = &removal.writer {
                    write!(f, ",{WRITER}={writer}")?;
                }
                if let Some((first, last)) = removal.times {
                    write!(f, " from {first} to {last}")?;
                }
                write!(f, " from {database}")
            }
            Self::Make { database, .. } => write!(f, "the making of {database}"),
            Self::Drop { database } => write!(f, "the dropping of {database}"),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) enum Came {
    /// An answer, at this tick.
    Answer { at: u64, status: u16, said: String },
    /// The process was killed before there was one.
    Killed,
    /// None, and the process had not been killed.
    Nothing { why: String },
}

/// Something that was asked, and what came back.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) writer: usize,
    /// The tick before its first byte went out. Ticks count what happens between two readings.
    pub(super) began: u64,
    pub(super) what: What,
    pub(super) came: Came,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "writer {}, tick {}", self.writer, self.began)?;
        match &self.came {
            Came::Answer { at, status, said } => {
                write!(f, " to {at}: {}, answered {status}", self.what)?;
                if said.is_empty() { Ok(()) } else { write!(f, " {said}") }
            }
            Came::Killed => write!(f, ": {}, killed before the answer", self.what),
            Came::Nothing { why } => write!(f, ": {}, no answer: {why}", self.what),
        }
    }
}
