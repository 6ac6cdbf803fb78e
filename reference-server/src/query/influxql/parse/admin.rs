//! `CREATE`, `DROP`, `ALTER`, `GRANT`, `REVOKE` and `SET PASSWORD`.

use super::{Parsed, Parser, at, found};
use crate::query::influxql::ast::{Admin, PolicyOptions, Privilege, Statement};
use crate::query::influxql::duration;
use crate::query::influxql::token::{Op, Token, Word};

impl Parser<'_> {
    /// What follows `CREATE`.
    pub(super) fn create(&mut self) -> Parsed<Statement> {
        use Word as W;
        match self.one_of(&[W::Continuous, W::Database, W::User, W::Retention, W::Subscription])? {
            W::Database => self.create_database(),
            W::User => self.create_user(),
            W::Retention => {
                self.expect_word(W::Policy)?;
                self.create_policy()
            }
            W::Continuous => {
                self.expect_word(W::Query)?;
                self.skip_statement("CREATE CONTINUOUS QUERY")
            }
            _ => self.skip_statement("CREATE SUBSCRIPTION"),
        }
    }

    /// What follows `DROP`.
    pub(super) fn drop_statement(&mut self) -> Parsed<Statement> {
        use Word as W;
        let kinds = [
            W::Continuous,
            W::Database,
            W::Measurement,
            W::Retention,
            W::Series,
            W::Shard,
            W::Subscription,
            W::User,
        ];
        match self.one_of(&kinds)? {
            W::Database => Ok(Statement::Admin(Admin::DropDatabase(self.ident()?))),
            W::Measurement => self.ident().map(Statement::DropMeasurement),
            W::User => Ok(Statement::Admin(Admin::DropUser(self.ident()?))),
            W::Series => self.removal(true).map(Statement::DropSeries),
            W::Retention => {
                self.expect_word(W::Policy)?;
                let name = self.ident()?;
                self.expect_word(W::On)?;
                Ok(Statement::Admin(Admin::DropRetentionPolicy { database: self.ident()?, name }))
            }
            W::Shard => {
                self.unsigned()?;
                Ok(Statement::Unsupported("DROP SHARD"))
            }
            W::Continuous => {
                self.expect_word(W::Query)?;
                self.skip_statement("DROP CONTINUOUS QUERY")
            }
            _ => self.skip_statement("DROP SUBSCRIPTION"),
        }
    }

    /// To the end of a statement that this server does not run.
    fn skip_statement(&mut self, words: &'static str) -> Parsed<Statement> {
        while !matches!(self.next().token, Token::Semicolon | Token::Eof) {}
        self.unscan();
        Ok(Statement::Unsupported(words))
    }

    fn create_database(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        if !self.take(Word::With) {
            return Ok(Statement::Admin(Admin::CreateDatabase { name, policy: None }));
        }
        let mut policy = PolicyOptions::default();
        self.one_of(&[Word::Duration, Word::Name, Word::Replication, Word::Shard])?;
        self.unscan();
        if self.take(Word::Duration) {
            policy.duration = Some(self.duration()?);
        }
        if self.take(Word::Replication) {
            policy.replication = Some(self.replication()?);
        }
        if self.take(Word::Shard) {
            self.expect_word(Word::Duration)?;
            policy.shard_duration = Some(self.duration()?);
        }
        if self.take(Word::Name) {
            policy.name = Some(self.ident()?);
        }
        Ok(Statement::Admin(Admin::CreateDatabase { name, policy: Some(policy) }))
    }

    fn create_policy(&mut self) -> Parsed<Statement> {
        let name = Some(self.ident()?);
        self.expect_word(Word::On)?;
        let database = self.ident()?;
        self.expect_word(Word::Duration)?;
        let duration = Some(self.duration()?);
        self.expect_word(Word::Replication)?;
        let replication = Some(self.replication()?);
        let shard_duration =
            if self.take(Word::Shard) { Some(self.shard_duration()?) } else { None };
        let default = self.take(Word::Default);
        let policy = PolicyOptions { name, duration, replication, shard_duration };
        Ok(Statement::Admin(Admin::CreateRetentionPolicy { database, policy, default }))
    }

    /// What follows `ALTER RETENTION POLICY`.
    pub(super) fn alter_policy(&mut self) -> Parsed<Statement> {
        let first = self.next();
        let name = match first.token {
            Token::Word(Word::Default) => "default".to_owned(),
            Token::Ident => first.text,
            _ => return Err(found(&first, &["identifier"])),
        };
        self.expect_word(Word::On)?;
        let database = self.ident()?;
        let mut policy = PolicyOptions { name: Some(name), ..PolicyOptions::default() };
        let mut default = false;
        let mut seen: Vec<Word> = Vec::new();
        loop {
            let next = self.next();
            let Token::Word(
                option @ (Word::Duration | Word::Replication | Word::Shard | Word::Default),
            ) = next.token
            else {
                if seen.is_empty() {
                    return Err(found(&next, &["DURATION", "REPLICATION", "SHARD", "DEFAULT"]));
                }
                self.unscan();
                return Ok(Statement::Admin(Admin::AlterRetentionPolicy {
                    database,
                    policy,
                    default,
                }));
            };
            if seen.contains(&option) {
                return Err(at(&format!("found duplicate {} option", option.text()), next.place));
            }
            match option {
                Word::Duration => policy.duration = Some(self.duration()?),
                Word::Replication => policy.replication = Some(self.replication()?),
                Word::Shard => policy.shard_duration = Some(self.shard_duration()?),
                _ => default = true,
            }
            seen.push(option);
        }
    }

    fn shard_duration(&mut self) -> Parsed<i64> {
        self.expect_word(Word::Duration)?;
        let next = self.next();
        if next.token == Token::Word(Word::Inf) {
            return Err(at("invalid duration INF for shard duration", next.place));
        }
        self.unscan();
        self.duration()
    }

    fn duration(&mut self) -> Parsed<i64> {
        let lexeme = self.next();
        match lexeme.token {
            Token::Word(Word::Inf) => Ok(0),
            Token::Duration => duration::parse(&lexeme.text).map_err(|e| at(&e, lexeme.place)),
            _ => Err(found(&lexeme, &["duration"])),
        }
    }

    fn replication(&mut self) -> Parsed<i64> {
        let lexeme = self.next();
        if lexeme.token != Token::Integer {
            return Err(found(&lexeme, &["integer"]));
        }
        let max = i64::from(i32::MAX);
        let n: i64 = lexeme.text.parse().map_err(|_| {
            at(
                &format!("strconv.Atoi: parsing \"{}\": value out of range", lexeme.text),
                lexeme.place,
            )
        })?;
        if (1..=max).contains(&n) {
            Ok(n)
        } else {
            Err(at(&format!("invalid value {n}: must be 1 <= n <= {max}"), lexeme.place))
        }
    }

    fn create_user(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        self.expect_word(Word::With)?;
        self.expect_word(Word::Password)?;
        let password = self.string()?;
        let admin = self.take(Word::With);
        if admin {
            self.expect_word(Word::All)?;
            self.expect_word(Word::Privileges)?;
        }
        Ok(Statement::Admin(Admin::CreateUser { name, password, admin }))
    }

    /// What follows `SET PASSWORD FOR`.
    pub(super) fn set_password(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        self.expect(Token::Op(Op::Eq))?;
        let password = self.string()?;
        Ok(Statement::Admin(Admin::SetPassword { name, password }))
    }

    /// What follows `GRANT`.
    pub(super) fn grant(&mut self) -> Parsed<Statement> {
        let (privilege, on) = self.privilege(Word::To)?;
        Ok(Statement::Admin(match on {
            Some(database) => Admin::Grant { privilege, database, user: self.ident()? },
            None => Admin::GrantAdmin(self.ident()?),
        }))
    }

    /// What follows `REVOKE`.
    pub(super) fn revoke(&mut self) -> Parsed<Statement> {
        let (privilege, on) = self.privilege(Word::From)?;
        Ok(Statement::Admin(match on {
            Some(database) => Admin::Revoke { privilege, database, user: self.ident()? },
            None => Admin::RevokeAdmin(self.ident()?),
        }))
    }

    /// `privilege ON database end`, or `ALL [PRIVILEGES] end`, which is about no database.
    fn privilege(&mut self, end: Word) -> Parsed<(Privilege, Option<String>)> {
        let lexeme = self.next();
        let privilege = match lexeme.token {
            Token::Word(Word::Read) => Privilege::Read,
            Token::Word(Word::Write) => Privilege::Write,
            Token::Word(Word::All) => {
                self.take(Word::Privileges);
                Privilege::All
            }
            _ => return Err(found(&lexeme, &["READ", "WRITE", "ALL [PRIVILEGES]"])),
        };
        let next = self.next();
        match next.token {
            Token::Word(Word::On) => {
                let database = self.ident()?;
                self.expect_word(end)?;
                Ok((privilege, Some(database)))
            }
            Token::Word(w) if w == end && privilege == Privilege::All => Ok((privilege, None)),
            _ if privilege == Privilege::All => Err(found(&next, &["ON", end.text()])),
            _ => Err(found(&next, &["ON"])),
        }
    }
}
