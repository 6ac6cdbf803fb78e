//! A server in memory with what InfluxQL needs of one: no validation, no shards, no files.
//!
//! How long shard groups are, its policies say; the points lie together all the same.

use reference_server::query::influxql::ast::{Admin, PolicyOptions, Privilege};
use reference_server::query::influxql::host::{Caller, Host, Policy, Remove, SeriesKey};
use reference_server::store::points::Points;
use reference_server::store::view::{Asked, Column, Measurement, Names, Series, Unreadable};
use reference_server::store::{Name, Value};
use std::cell::{Cell, RefCell};

pub(crate) const HOUR: i64 = 3_600_000_000_000;

/// 2023-11-14T22:13:20Z.
pub(crate) const T: i64 = 1_700_000_000_000_000_000;

#[derive(Default)]
pub(crate) struct Fake {
    pub now: i64,
    pub state: RefCell<State>,
    pub caller: Option<(String, Vec<(Privilege, String)>)>,
    /// How often it was asked for everything that is stored.
    pub views: Cell<usize>,
}

#[derive(Default)]
pub(crate) struct State {
    pub databases: Vec<Database>,
    pub users: Vec<(String, bool)>,
    pub unreadable: Option<Unreadable>,
}

pub(crate) struct Database {
    pub name: String,
    pub policies: Vec<Policy>,
    pub points: Vec<Point>,
}

#[derive(Clone)]
pub(crate) struct Point {
    pub policy: String,
    pub key: SeriesKey,
    pub fields: Vec<(Name, Value)>,
    pub time: i64,
}

pub(crate) fn policy(name: &str) -> Policy {
    Policy {
        name: name.to_owned(),
        duration: 0,
        shard_duration: 168 * HOUR,
        replication: 1,
        default: true,
    }
}

impl Fake {
    pub(crate) fn with_database(name: &str) -> Self {
        let fake = Self { now: 1_800_000_000_000_000_000, ..Self::default() };
        fake.state.borrow_mut().databases.push(Database {
            name: name.to_owned(),
            policies: vec![policy("autogen")],
            points: Vec::new(),
        });
        fake
    }

    /// A database as v3 has it: it has no shards, and the types of a field come together.
    pub(crate) fn without_shards(name: &str) -> Self {
        let fake = Self::with_database(name);
        fake.state.borrow_mut().databases[0].policies[0].shard_duration = 0;
        fake
    }

    /// The database `db` with a field of each type at [`T`], and a row without tags.
    pub(crate) fn filled() -> Self {
        let fake = Self::with_database("db");
        let fields: [(&[u8], Value); 4] = [
            (b"f", Value::Float(1.5)),
            (b"i", Value::Integer(2)),
            (b"s", Value::String(b"x y".as_slice().into())),
            (b"b", Value::Boolean(true)),
        ];
        fake.write(b"cpu", &[(b"host", b"a")], &fields, T);
        fake.write(b"cpu", &[(b"host", b"b")], &[(b"f", Value::Float(2.0))], T + 1_000_000_000);
        fake.write(b"mem", &[], &[(b"free", Value::Integer(1))], T);
        fake
    }

    pub(crate) fn write(
        &self,
        measurement: &[u8],
        tags: &[(&[u8], &[u8])],
        fields: &[(&[u8], Value)],
        time: i64,
    ) {
        let mut state = self.state.borrow_mut();
        let database = &mut state.databases[0];
        let mut tags: Vec<(Name, Name)> =
            tags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        tags.sort();
        let key = SeriesKey { measurement: measurement.into(), tags: tags.into() };
        let fields = fields.iter().map(|(k, v)| ((*k).into(), v.clone())).collect();
        database.points.push(Point { policy: "autogen".to_owned(), key, fields, time });
    }
}

/// Where the shard of a time starts: groups are counted from the year 1.
fn start_of_shard(time: i64, duration: i64) -> i64 {
    const YEAR_1: i128 = 62_135_596_800 * 1_000_000_000;
    let since = (i128::from(time) + YEAR_1).rem_euclid(i128::from(duration));
    i64::try_from(i128::from(time) - since).unwrap_or(i64::MIN)
}

fn view(points: &[Point], policy: &Policy, unreadable: Option<Unreadable>) -> Vec<Measurement> {
    let mut found: Vec<Measurement> = Vec::new();
    for point in points.iter().filter(|p| p.policy == policy.name) {
        let i = found.iter().position(|m| m.name == point.key.measurement).unwrap_or_else(|| {
            found.push(Measurement {
                name: point.key.measurement.clone(),
                unreadable,
                ..Measurement::default()
            });
            found.len() - 1
        });
        let m = &mut found[i];
        m.tag_keys.extend(point.key.tags.iter().map(|t| t.0.clone()));
        m.tag_keys.sort();
        m.tag_keys.dedup();
        let i = m.series.iter().position(|s| s.tags == point.key.tags).unwrap_or_else(|| {
            let tags = point.key.tags.clone();
            m.series.push(Series { tags, ..Series::default() });
            m.series.len() - 1
        });
        for (name, value) in &point.fields {
            m.fields.push((name.clone(), value.field_type()));
            // A server without shards declares nothing.
            if policy.shard_duration > 0 {
                let start = start_of_shard(point.time, policy.shard_duration);
                let declared = (start, name.clone(), value.field_type());
                if !m.declared.contains(&declared) {
                    m.declared.push(declared);
                }
            }
            put(&mut m.series[i], name, value, point.time);
        }
        m.fields.sort();
        m.fields.dedup();
    }
    for m in &mut found {
        m.series.sort_by(|a, b| a.tags.cmp(&b.tags));
    }
    found
}

fn put(series: &mut Series, name: &Name, value: &Value, time: i64) {
    let field_type = value.field_type();
    let mut columns = series.columns.all().to_vec();
    let i = columns
        .iter()
        .position(|c| c.name == *name && c.field_type == field_type)
        .unwrap_or_else(|| {
            columns.push(Column {
                name: name.clone(),
                field_type,
                points: Points::new(field_type),
                first_shard: 0,
            });
            columns.len() - 1
        });
    let mut points: Vec<_> = columns[i].points.iter().collect();
    points.push((time, value.clone()));
    columns[i].points = points.into();
    series.columns = columns.into();
}

impl Host for Fake {
    fn now(&self) -> i64 {
        self.now
    }

    fn databases(&self) -> Vec<String> {
        self.state.borrow().databases.iter().map(|d| d.name.clone()).collect()
    }

    fn policies(&self, database: &str) -> Option<Vec<Policy>> {
        self.state
            .borrow()
            .databases
            .iter()
            .find(|d| d.name == database)
            .map(|d| d.policies.clone())
    }

    fn measurements(
        &self,
        database: &str,
        policy: &str,
        _: Names<'_>,
        _: &Asked<'_>,
    ) -> Vec<Measurement> {
        self.views.set(self.views.get() + 1);
        let state = self.state.borrow();
        let found = state.databases.iter().find(|d| d.name == database);
        let seen = found.and_then(|d| {
            let policy = d.policies.iter().find(|p| p.name == policy)?;
            Some(view(&d.points, policy, state.unreadable))
        });
        seen.unwrap_or_default()
    }

    fn users(&self) -> Vec<(String, bool)> {
        self.state.borrow().users.clone()
    }

    fn grants(&self, user: &str) -> Option<Vec<(String, Privilege)>> {
        self.state.borrow().users.iter().find(|u| u.0 == user).map(|_| Vec::new())
    }

    fn caller(&self) -> Caller {
        self.caller.as_ref().map_or(Caller::Unchecked, |(name, _)| Caller::User(name.clone()))
    }

    fn may(&self, privilege: Privilege, database: Option<&str>) -> bool {
        let rights = self.caller.iter().flat_map(|c| &c.1);
        database.is_some_and(|db| {
            rights.into_iter().any(|r| r.1 == db && (r.0 == privilege || r.0 == Privilege::All))
        })
    }

    fn administer(&self, statement: &Admin) -> Result<(), String> {
        let mut state = self.state.borrow_mut();
        match statement {
            Admin::CreateDatabase { name, policy: options } => {
                let named = options
                    .as_ref()
                    .and_then(|o| o.name.clone())
                    .unwrap_or_else(|| "autogen".to_owned());
                state.databases.push(Database {
                    name: name.clone(),
                    policies: vec![policy(&named)],
                    points: Vec::new(),
                });
            }
            Admin::DropDatabase(name) => state.databases.retain(|d| d.name != *name),
            Admin::CreateRetentionPolicy {
                database,
                policy: PolicyOptions { name, duration, .. },
                default,
            } => {
                if duration.is_some_and(|d| d > 0 && d < HOUR) {
                    return Err("retention policy duration must be at least 1h0m0s".to_owned());
                }
                let found = state.databases.iter_mut().find(|d| d.name == *database);
                let found = found.ok_or_else(|| format!("database not found: {database}"))?;
                found.policies.iter_mut().for_each(|p| p.default &= !default);
                let new = policy(name.as_deref().unwrap_or_default());
                let duration = duration.unwrap_or_default();
                found.policies.push(Policy {
                    default: *default,
                    duration,
                    shard_duration: HOUR,
                    ..new
                });
            }
            Admin::CreateUser { name, admin, .. } => state.users.push((name.clone(), *admin)),
            Admin::DropUser(_) => return Err("user not found".to_owned()),
            other => return Err(format!("the fake does not run {other}")),
        }
        Ok(())
    }

    fn remove(&self, database: &str, removal: &Remove) -> Result<(), String> {
        let mut state = self.state.borrow_mut();
        let Some(found) = state.databases.iter_mut().find(|d| d.name == database) else {
            return Ok(());
        };
        found.points.retain(|p| match removal {
            Remove::Measurement(name) => p.key.measurement != *name,
            Remove::Series(keys) => !keys.contains(&p.key),
            Remove::Points { series, first, last } => {
                !(series.contains(&p.key) && *first <= p.time && p.time <= *last)
            }
        });
        Ok(())
    }
}
