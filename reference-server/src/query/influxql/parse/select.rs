//! `SELECT` and its clauses.

use super::{Parsed, Parser, found};
use crate::query::influxql::ast::{Field, Fill, Limits, Matcher, Order, Path, Select, Source};
use crate::query::influxql::expr::Expr;
use crate::query::influxql::token::{Token, Word};
use crate::query::influxql::zone::{Named, Zone};

impl Parser<'_> {
    /// What follows `SELECT`.
    pub(super) fn select(&mut self) -> Parsed<Select> {
        let fields = self.fields()?;
        let into = if self.take(Word::Into) { Some(self.target()?) } else { None };
        self.expect_word(Word::From)?;
        let sources = self.sources(true)?;
        let condition = self.condition()?;
        let dimensions = self.dimensions()?;
        let fill = self.fill()?;
        let order = self.order()?;
        let limits = self.limits()?;
        let zone = self.zone()?;
        Ok(Select { fields, into, sources, condition, dimensions, fill, order, limits, zone })
    }

    fn fields(&mut self) -> Parsed<Vec<Field>> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            if self.scan().token != Token::Comma {
                self.unscan();
                return Ok(fields);
            }
        }
    }

    fn field(&mut self) -> Parsed<Field> {
        let expr = match self.regex()? {
            Some(pattern) => Expr::Regex(pattern),
            None => {
                let place = self.next().place;
                self.unscan();
                let expr = self.expr()?;
                let mut condition = None;
                expr.walk(&mut |e| {
                    if let Expr::Binary(b) = e
                        && b.op.is_condition()
                        && condition.is_none()
                    {
                        condition = Some(b.op);
                    }
                });
                if let Some(op) = condition {
                    return Err(format!(
                        "invalid operator {} in SELECT clause at line {}, char {}; operator is intended for WHERE clause",
                        op.text(),
                        place.line + 1,
                        place.char + 1
                    ));
                }
                expr
            }
        };
        let alias = if self.take(Word::As) { self.ident()? } else { String::new() };
        self.skip_whitespace();
        Ok(Field { expr, alias })
    }

    fn target(&mut self) -> Parsed<Path> {
        let mut segments = self.segments()?;
        if segments.len() < 3 && self.lexer.peek() == ':' {
            self.expect(Token::Colon)?;
            self.expect_word(Word::Measurement)?;
            segments.push(String::new());
        }
        Ok(path(segments, None))
    }

    /// Measurements, and subqueries where they may stand.
    pub(super) fn sources(&mut self, subqueries: bool) -> Parsed<Vec<Source>> {
        let mut sources = Vec::new();
        loop {
            sources.push(self.source(subqueries)?);
            if self.next().token != Token::Comma {
                self.unscan();
                return Ok(sources);
            }
        }
    }

    /// Measurements only.
    pub(super) fn paths(&mut self) -> Parsed<Vec<Path>> {
        let paths = self.sources(false)?.into_iter().filter_map(|source| match source {
            Source::Measurement(path) => Some(path),
            Source::Subquery(_) => None,
        });
        Ok(paths.collect())
    }

    fn source(&mut self, subqueries: bool) -> Parsed<Source> {
        if let Some(pattern) = self.regex()? {
            return Ok(Source::Measurement(Path {
                name: Matcher::Pattern(pattern),
                ..Path::default()
            }));
        }
        if subqueries {
            if self.next().token == Token::LeftParen {
                self.expect_word(Word::Select)?;
                let select = self.nested(Self::select)?;
                self.expect(Token::RightParen)?;
                return Ok(Source::Subquery(Box::new(select)));
            }
            self.unscan();
        }
        let segments = self.segments()?;
        let pattern = if segments.len() == 3 { None } else { self.regex()? };
        Ok(Source::Measurement(path(segments, pattern)))
    }

    /// `GROUP BY …`, where it stands.
    fn dimensions(&mut self) -> Parsed<Vec<Expr>> {
        if !self.take(Word::Group) {
            return Ok(Vec::new());
        }
        self.expect_word(Word::By)?;
        let mut dimensions = Vec::new();
        loop {
            dimensions.push(match self.regex()? {
                Some(pattern) => Expr::Regex(pattern),
                None => {
                    let expr = self.expr()?;
                    self.skip_whitespace();
                    expr
                }
            });
            if self.scan().token != Token::Comma {
                self.unscan();
                return Ok(dimensions);
            }
        }
    }

    /// A function of this name, where one stands: its arguments.
    fn option_call(&mut self, name: &str) -> Parsed<Option<Vec<Expr>>> {
        let lexeme = self.next();
        self.unscan();
        if lexeme.token != Token::Ident || !lexeme.text.eq_ignore_ascii_case(name) {
            return Ok(None);
        }
        match self.expr()? {
            Expr::Call(call) => Ok(Some(call.args)),
            _ => Err(format!("{name} must be a function call")),
        }
    }

    fn fill(&mut self) -> Parsed<Fill> {
        let Some(args) = self.option_call("fill")? else { return Ok(Fill::Null) };
        let [arg] = args.as_slice() else {
            return Err(
                "fill requires an argument, e.g.: 0, null, none, previous, linear".to_owned()
            );
        };
        match (arg.to_string().as_str(), arg) {
            ("null", _) => Ok(Fill::Null),
            ("none", _) => Ok(Fill::None),
            ("previous", _) => Ok(Fill::Previous),
            ("linear", _) => Ok(Fill::Linear),
            (_, Expr::Integer(n)) => Ok(Fill::Integer(*n)),
            (_, Expr::Number(n)) => Ok(Fill::Number(*n)),
            _ => Err("expected number argument in fill()".to_owned()),
        }
    }

    fn zone(&mut self) -> Parsed<Option<String>> {
        let Some(args) = self.option_call("tz")? else { return Ok(None) };
        match args.as_slice() {
            [Expr::Str(name)] => match Zone::named(name) {
                Named::Unknown => Err(format!("unable to find time zone {name}")),
                _ => Ok(Some(name.clone())),
            },
            [_] => Err("expected string argument in tz()".to_owned()),
            _ => Err("tz requires exactly one argument".to_owned()),
        }
    }

    /// `ORDER BY …`, where it stands.
    pub(super) fn order(&mut self) -> Parsed<Option<Order>> {
        if !self.take(Word::Order) {
            return Ok(None);
        }
        self.expect_word(Word::By)?;
        let only_time = || Err("only ORDER BY time supported at this time".to_owned());
        let first = self.next();
        let order = match first.token {
            Token::Word(way @ (Word::Asc | Word::Desc)) => {
                Order { named: false, descending: way == Word::Desc }
            }
            Token::Ident => {
                let order = Order { named: true, descending: self.direction() };
                if first.text != "time" {
                    return only_time();
                }
                order
            }
            _ => return Err(found(&first, &["identifier", "ASC", "DESC"])),
        };
        if self.next().token == Token::Comma {
            self.ident()?;
            return only_time();
        }
        self.unscan();
        Ok(Some(order))
    }

    fn direction(&mut self) -> bool {
        match self.next().token {
            Token::Word(Word::Desc) => true,
            Token::Word(Word::Asc) => false,
            _ => {
                self.unscan();
                false
            }
        }
    }

    /// `LIMIT`, `OFFSET`, `SLIMIT`, `SOFFSET`, in this order.
    pub(super) fn limits(&mut self) -> Parsed<Limits> {
        Ok(Limits {
            limit: self.count(Word::Limit)?,
            offset: self.count(Word::Offset)?,
            series_limit: self.count(Word::Slimit)?,
            series_offset: self.count(Word::Soffset)?,
        })
    }
}

/// The segments of a source: the last is the measurement unless a pattern follows them.
fn path(mut segments: Vec<String>, pattern: Option<crate::query::influxql::expr::Pattern>) -> Path {
    let name = match pattern {
        Some(pattern) => Matcher::Pattern(pattern),
        None => Matcher::Name(segments.pop().unwrap_or_default()),
    };
    let policy = segments.pop().unwrap_or_default();
    let database = segments.pop().unwrap_or_default();
    Path { database, policy, name }
}
