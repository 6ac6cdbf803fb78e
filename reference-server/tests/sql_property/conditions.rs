//! Random conditions on the rows of a table.

use crate::data::{self, Kind, SECOND};
use crate::expression::Expr;
use crate::random::Random;
use crate::stored::{Table, kind};
use crate::value::{Value, instant};

/// What random expressions are made from.
pub(crate) struct Source<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) table: &'a Table,
    /// How many parameters there are so far.
    pub(crate) params: usize,
}

const NUMBERS: &[Kind] = &[Kind::Float, Kind::Integer, Kind::Big, Kind::Unsigned];
const WORDS: &[Kind] = &[Kind::Tag, Kind::Text];

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

impl Source<'_> {
    /// A condition at most so deep.
    pub(crate) fn condition(&mut self, depth: usize) -> Expr {
        if depth == 0 || self.random.percent(45) {
            return self.leaf();
        }
        if self.random.percent(15) {
            return Expr::Not(boxed(self.condition(depth - 1)));
        }
        let op = self.random.pick(&["AND", "AND", "OR"]);
        let left = self.condition(depth - 1);
        Expr::Both(boxed(left), op, boxed(self.condition(depth - 1)))
    }

    /// A column of one of these kinds, if there is one.
    pub(crate) fn column(&mut self, kinds: &[Kind]) -> Option<Expr> {
        let columns = self.table.of_kinds(kinds);
        (!columns.is_empty()).then(|| Expr::Column(self.random.pick(&columns).to_owned()))
    }

    fn leaf(&mut self) -> Expr {
        loop {
            let leaf = match self.random.below(20) {
                0..6 => self.of_words(),
                6..11 => self.of_numbers(),
                11..15 => Some(self.of_time()),
                15 => self.column(&[Kind::Boolean]).map(|flag| self.of_flag(flag)),
                _ => self.of_nulls(),
            };
            if let Some(leaf) = leaf {
                return leaf;
            }
        }
    }

    fn comparison(&mut self, left: Expr, op: &'static str, right: Expr) -> Expr {
        if self.random.percent(12) {
            let op = match op {
                "<" => ">",
                "<=" => ">=",
                ">" => "<",
                ">=" => "<=",
                same => same,
            };
            return Expr::Compare(boxed(right), op, boxed(left));
        }
        Expr::Compare(boxed(left), op, boxed(right))
    }

    fn op(&mut self) -> &'static str {
        self.random.pick(&["=", "=", "!=", "<>", "<", "<=", ">", ">="])
    }

    /// A value to hold against a column: mostly one that it has somewhere.
    fn against(&mut self, column: &Expr) -> Expr {
        let (name, rows) = (column.to_string().replace('"', ""), &self.table.rows);
        let place = self.table.columns.iter().position(|c| *c == name);
        let stored = place.map(|place| rows[self.random.below(rows.len())][place].clone());
        let value = match stored {
            Some(value) if value != Value::Null && self.random.percent(65) => value,
            _ => data::value(self.random, kind(&name)),
        };
        if self.random.percent(2) {
            return Expr::Literal(Value::Null, "NULL".to_owned());
        }
        if self.random.percent(20) {
            self.params += 1;
            let name = if self.random.percent(80) { "p" } else { "" };
            return Expr::Param(format!("{name}{}", self.params), value);
        }
        let text = value.sql();
        Expr::Literal(value, text)
    }

    fn list(&mut self, column: &Expr) -> Expr {
        let list = (0..self.random.between(1, 4)).map(|_| self.against(column)).collect();
        Expr::In(boxed(column.clone()), list, self.random.percent(25))
    }

    fn range(&mut self, column: &Expr) -> Expr {
        let (low, high) = (self.against(column), self.against(column));
        Expr::Between(boxed(column.clone()), boxed(low), boxed(high), self.random.percent(20))
    }

    fn of_words(&mut self) -> Option<Expr> {
        let column = self.column(WORDS)?;
        Some(match self.random.below(20) {
            0..9 => {
                let (op, value) = (self.op(), self.against(&column));
                self.comparison(column, op, value)
            }
            9..12 => self.list(&column),
            12 => self.range(&column),
            13 => {
                let (op, other) = (self.op(), self.column(WORDS)?);
                self.comparison(column, op, other)
            }
            14 => {
                let other = self.column(WORDS)?;
                let either = Expr::Coalesce(boxed(column.clone()), boxed(other));
                let (op, value) = (self.op(), self.against(&column));
                self.comparison(either, op, value)
            }
            _ => {
                let op = self.random.pick(&["LIKE", "LIKE", "ILIKE"]);
                let patterns = ["a%", "%b", "%b%", "_", "__", "%", "", "a_b", "%é%", "B", "%,%"];
                let pattern = self.random.pick(&patterns).to_owned();
                Expr::Like(boxed(column), op, pattern, self.random.percent(25))
            }
        })
    }

    fn of_numbers(&mut self) -> Option<Expr> {
        let column = self.column(NUMBERS)?;
        let op = self.op();
        Some(match self.random.below(20) {
            0..9 => {
                let value = self.against(&column);
                self.comparison(column, op, value)
            }
            9..11 => {
                let literal = |value: Value| {
                    let text = value.sql();
                    Expr::Literal(value, text)
                };
                // A number of another type than the column's.
                let value = match self.random.below(3) {
                    0 => data::value(self.random, Kind::Float),
                    1 => data::value(self.random, Kind::Integer),
                    _ => Value::Float(9_007_199_254_740_992.0),
                };
                self.comparison(column, op, literal(value))
            }
            11..13 => self.list(&column),
            13..15 => self.range(&column),
            15..17 => {
                let other = self.column(NUMBERS)?;
                self.comparison(column, op, other)
            }
            _ => {
                let of = self.arithmetic()?;
                let value = Value::Integer(self.random.between(-2, 6));
                let text = value.sql();
                self.comparison(of, op, Expr::Literal(value, text))
            }
        })
    }

    /// Something reckoned of a column of small numbers.
    pub(crate) fn arithmetic(&mut self) -> Option<Expr> {
        let column = self.column(&[Kind::Float, Kind::Integer])?;
        let literal = |value: Value| Expr::Literal(value.clone(), value.sql());
        let op = self.random.pick(&['+', '-', '*', '/', '%']);
        // Quotients of powers of two are exact.
        let number =
            if op == '/' { self.random.pick(&[1, 2, 4]) } else { self.random.between(1, 4) };
        let number = match self.random.percent(70) {
            true => literal(Value::Integer(number)),
            false => literal(Value::Float(number as f64 * 0.5)),
        };
        Some(Expr::Arithmetic(boxed(column), op, boxed(number)))
    }

    fn of_flag(&mut self, flag: Expr) -> Expr {
        match self.random.below(4) {
            0 => flag,
            1 => Expr::Not(boxed(flag)),
            _ => {
                let value = self.against(&flag);
                let op = self.random.pick(&["=", "!="]);
                self.comparison(flag, op, value)
            }
        }
    }

    fn of_nulls(&mut self) -> Option<Expr> {
        let tags = self.random.percent(50);
        let kinds = if tags { &[Kind::Tag][..] } else { NUMBERS };
        Some(Expr::IsNull(boxed(self.column(kinds)?), self.random.percent(50)))
    }

    /// A time at which a row is, or one beside it.
    pub(crate) fn instant(&mut self) -> i64 {
        let times = self.table.columns.iter().position(|column| column == "time");
        let rows = &self.table.rows;
        let row = &rows[self.random.below(rows.len())];
        let at = match times.and_then(|place| row.get(place)) {
            Some(Value::Time(at)) => *at,
            _ => 0,
        };
        let beside = [0, 0, 0, 1, -1, SECOND, -SECOND, SECOND / 2];
        at.saturating_add(self.random.pick(&beside))
    }

    fn moment(&mut self) -> Expr {
        let at = self.instant();
        let text = match self.random.below(9) {
            0 => format!("TIMESTAMP '{}'", instant(at)),
            1 => format!("'{}'", instant(at).replace('T', " ")),
            2 => format!("to_timestamp_nanos({at})"),
            3 => format!("CAST('{}Z' AS TIMESTAMP)", instant(at)),
            4 => {
                let day = at.div_euclid(86_400 * SECOND) * 86_400 * SECOND;
                let text = format!("'{}'", instant(day).replace("T00:00:00", ""));
                return Expr::Literal(Value::Time(day), text);
            }
            5 => {
                // All points are older than that.
                let text = "now() - INTERVAL '1 day'".to_owned();
                return Expr::Literal(Value::Time(i64::MAX), text);
            }
            6 => {
                self.params += 1;
                return Expr::Param(format!("t{}", self.params), Value::Time(at));
            }
            _ => Value::Time(at).sql(),
        };
        Expr::Literal(Value::Time(at), text)
    }

    pub(crate) fn of_time(&mut self) -> Expr {
        let time = Expr::Column("time".to_owned());
        let bound = |source: &mut Self, op| {
            let moment = source.moment();
            source.comparison(Expr::Column("time".to_owned()), op, moment)
        };
        match self.random.below(10) {
            0..5 => {
                let op = self.random.pick(&["<", "<=", ">", ">=", "="]);
                bound(self, op)
            }
            5..8 => {
                let (low, high) = (self.random.pick(&[">", ">="]), self.random.pick(&["<", "<="]));
                let low = bound(self, low);
                Expr::Both(boxed(low), "AND", boxed(bound(self, high)))
            }
            8 => {
                let (low, high) = (self.moment(), self.moment());
                Expr::Between(boxed(time), boxed(low), boxed(high), self.random.percent(20))
            }
            _ => Expr::In(boxed(time), vec![self.moment(), self.moment()], self.random.percent(20)),
        }
    }
}
