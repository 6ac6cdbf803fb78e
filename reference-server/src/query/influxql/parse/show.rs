//! `SHOW …`, `DELETE` and `DROP SERIES`.

use super::{Parsed, Parser, found};
use crate::query::influxql::ast::{KeyFilter, Limits, Removal, Show, Statement};
use crate::query::influxql::token::{Op, Token, Word};

/// Which clauses a kind of `SHOW` has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clauses {
    Measurements,
    Series,
    FieldKeys,
    TagKeys,
    TagValues,
}

impl Parser<'_> {
    /// What follows `SHOW`.
    pub(super) fn show(&mut self) -> Parsed<Statement> {
        use Word as W;
        let kinds = [
            W::Continuous,
            W::Databases,
            W::Diagnostics,
            W::Field,
            W::Grants,
            W::Measurement,
            W::Measurements,
            W::Queries,
            W::Retention,
            W::Series,
            W::Shard,
            W::Shards,
            W::Stats,
            W::Subscriptions,
            W::Tag,
            W::Users,
        ];
        match self.one_of(&kinds)? {
            W::Databases => Ok(Statement::ShowDatabases),
            W::Users => Ok(Statement::ShowUsers),
            W::Measurements => {
                self.show_clauses(Clauses::Measurements).map(Statement::ShowMeasurements)
            }
            W::Series => {
                let exact = self.take(W::Exact);
                if self.take(W::Cardinality) {
                    return self.cardinality(if exact {
                        "SHOW SERIES EXACT CARDINALITY"
                    } else {
                        "SHOW SERIES CARDINALITY"
                    });
                }
                self.show_clauses(Clauses::Series).map(Statement::ShowSeries)
            }
            W::Field => match self.one_of(&[W::Key, W::Keys])? {
                W::Keys => self.show_clauses(Clauses::FieldKeys).map(Statement::ShowFieldKeys),
                _ => self.key_cardinality("SHOW FIELD KEY CARDINALITY"),
            },
            W::Tag => match self.one_of(&[W::Key, W::Keys, W::Values])? {
                W::Keys => self.show_clauses(Clauses::TagKeys).map(Statement::ShowTagKeys),
                W::Values => {
                    let exact = self.take(W::Exact);
                    if exact {
                        self.expect_word(W::Cardinality)?;
                    }
                    if exact || self.take(W::Cardinality) {
                        return self.cardinality("SHOW TAG VALUES CARDINALITY");
                    }
                    self.show_clauses(Clauses::TagValues).map(Statement::ShowTagValues)
                }
                _ => self.key_cardinality("SHOW TAG KEY CARDINALITY"),
            },
            W::Retention => {
                self.expect_word(W::Policies)?;
                let database = if self.take(W::On) { Some(self.ident()?) } else { None };
                Ok(Statement::ShowRetentionPolicies(database))
            }
            W::Grants => {
                self.expect_word(W::For)?;
                self.ident().map(Statement::ShowGrants)
            }
            W::Measurement => {
                if self.one_of(&[W::Exact, W::Cardinality])? == W::Exact {
                    self.expect_word(W::Cardinality)?;
                }
                self.cardinality("SHOW MEASUREMENT CARDINALITY")
            }
            W::Continuous => {
                self.expect_word(W::Queries)?;
                Ok(Statement::Unsupported("SHOW CONTINUOUS QUERIES"))
            }
            W::Shard => {
                self.expect_word(W::Groups)?;
                Ok(Statement::Unsupported("SHOW SHARD GROUPS"))
            }
            kind @ (W::Stats | W::Diagnostics) => {
                if self.take(W::For) {
                    self.string()?;
                }
                Ok(Statement::Unsupported(if kind == W::Stats {
                    "SHOW STATS"
                } else {
                    "SHOW DIAGNOSTICS"
                }))
            }
            W::Queries => Ok(Statement::Unsupported("SHOW QUERIES")),
            W::Shards => Ok(Statement::Unsupported("SHOW SHARDS")),
            _ => Ok(Statement::Unsupported("SHOW SUBSCRIPTIONS")),
        }
    }

    fn key_cardinality(&mut self, words: &'static str) -> Parsed<Statement> {
        if self.one_of(&[Word::Exact, Word::Cardinality])? == Word::Exact {
            self.expect_word(Word::Cardinality)?;
        }
        self.cardinality(words)
    }

    /// The clauses of a statement that counts; this server does not run it, so they are only read.
    fn cardinality(&mut self, words: &'static str) -> Parsed<Statement> {
        loop {
            match self.next().token {
                Token::Semicolon | Token::Eof => {
                    self.unscan();
                    return Ok(Statement::Unsupported(words));
                }
                _ => {}
            }
        }
    }

    fn show_clauses(&mut self, kind: Clauses) -> Parsed<Show> {
        let mut show = Show::default();
        if self.take(Word::On) {
            show.database = Some(self.ident()?);
        }
        if kind == Clauses::Measurements {
            if self.take(Word::With) {
                self.expect_word(Word::Measurement)?;
                let sign = self.next();
                if !matches!(sign.token, Token::Op(Op::Eq | Op::Match)) {
                    return Err(found(&sign, &["=", "=~"]));
                }
                show.sources = self.paths()?;
            }
        } else if self.take(Word::From) {
            show.sources = self.paths()?;
        }
        if kind == Clauses::TagValues {
            show.key = Some(self.key_filter()?);
        } else if kind == Clauses::TagKeys && self.tag_keys_with_key && self.take(Word::With) {
            self.unscan();
            show.key = Some(self.key_filter()?);
        }
        if kind != Clauses::FieldKeys {
            show.condition = self.condition()?;
        }
        show.order = self.order()?;
        show.limits = if kind == Clauses::TagKeys {
            self.limits()?
        } else {
            Limits {
                limit: self.count(Word::Limit)?,
                offset: self.count(Word::Offset)?,
                ..Limits::default()
            }
        };
        Ok(show)
    }

    fn key_filter(&mut self) -> Parsed<KeyFilter> {
        self.expect_word(Word::With)?;
        self.expect_word(Word::Key)?;
        let sign = self.next();
        match sign.token {
            Token::Word(Word::In) => {
                self.expect(Token::LeftParen)?;
                let mut keys = vec![self.ident()?];
                while self.next().token == Token::Comma {
                    keys.push(self.ident()?);
                }
                self.unscan();
                self.expect(Token::RightParen)?;
                Ok(KeyFilter::In(keys))
            }
            Token::Op(Op::Eq) => self.ident().map(KeyFilter::Is),
            Token::Op(Op::NotEq) => self.ident().map(KeyFilter::IsNot),
            Token::Op(op @ (Op::Match | Op::NotMatch)) => match self.regex()? {
                Some(pattern) if op == Op::Match => Ok(KeyFilter::Matches(pattern)),
                Some(pattern) => Ok(KeyFilter::MatchesNot(pattern)),
                None => Err(found(&self.next(), &["regex"])),
            },
            _ => Err(found(&sign, &["IN", "=", "=~"])),
        }
    }

    /// What follows `DELETE` and `DROP SERIES`.
    pub(super) fn removal(&mut self, whole_series: bool) -> Parsed<Removal> {
        let first = self.next();
        let sources = if first.token == Token::Word(Word::From) {
            self.paths()?
        } else {
            self.unscan();
            Vec::new()
        };
        for path in &sources {
            if whole_series && !path.policy.is_empty() {
                return Err("retention policy not supported at line 1, char 1".to_owned());
            }
            if !path.database.is_empty() {
                return Err("database not supported at line 1, char 1".to_owned());
            }
        }
        let condition = self.condition()?;
        if condition.is_none() && sources.is_empty() {
            return Err(found(&first, &["FROM", "WHERE"]));
        }
        Ok(Removal { sources, condition })
    }
}
