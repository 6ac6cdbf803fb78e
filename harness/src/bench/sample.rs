//! The ledger of a bench: acknowledged lines are read back, some of them whole, and all of them counted.

use super::load::Loaded;
use super::result::Ledger;
use super::tally::Sampled;
use super::workload::{COUNTED, HOST, Workload};
use crate::point::Point;
use crate::read_back::{Place, Reader, Series, Unreadable, count, read_some};
use crate::session::Session;
use crate::space::Space;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So many of what is wrong are told one by one.
const TOLD: usize = 10;

/// How long a line is looked for that was acknowledged and is not there.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it is read at most: a server that is slow to ask is asked for fewer lines.
const READING: Duration = Duration::from_secs(30);

/// Of why something is not known no more is shown.
const MOST_SAID: usize = 300;

/// A program reads whole series, one each time it runs: no more than these are sampled for it.
const SERIES_FOR_PROGRAMS: usize = 8;

/// How many series a sample has lines of; none where all.
pub(super) fn series(session: &Session) -> Option<usize> {
    matches!(session.reader, Some(Reader::Program(_))).then_some(SERIES_FOR_PROGRAMS)
}

/// What is known before anything is read.
pub(super) fn unread(loaded: &Loaded, why: Option<&str>) -> Ledger {
    let by_connection = loaded.tally.acknowledged.clone();
    Ledger {
        acknowledged: by_connection.iter().sum(),
        by_connection,
        unknown: loaded.tally.unknown + loaded.left,
        not_read: why.map(str::to_owned),
        ..Ledger::default()
    }
}

/// Reads until nothing is missing any more, or as long as it is given time.
pub(super) async fn ledger(
    session: &Session,
    space: &Space,
    workload: &Workload,
    loaded: &Loaded,
) -> Ledger {
    let mut ledger = unread(loaded, None);
    let Some(reader) = &session.reader else {
        ledger.not_read = Some("the server has none of its query languages".to_owned());
        return ledger;
    };
    ledger.reader = Some(reader.name());
    let place = session.place(space);
    let sample = &loaded.tally.sample.lines;
    let wanted: Vec<_> = sample.iter().map(|sampled| point(session, workload, *sampled)).collect();
    let deadline = Instant::now() + session.target.visible_within().max(PATIENCE);
    match read(session, reader, &place, wanted, deadline).await {
        Ok((asked, wrong)) => {
            ledger.sampled = asked;
            ledger.missing = wrong.iter().filter(|wrong| wrong.stored.is_none()).count();
            ledger.changed = wrong.len() - ledger.missing;
            let told = wrong.iter().take(TOLD).map(|wrong| session.hide(&wrong.told()));
            ledger.told = told.collect();
        }
        Err(why) => {
            ledger.not_read = Some(shown(session, &why));
            return ledger;
        }
    }
    let series = Series { measurement: &workload.measurement, field: COUNTED };
    match counted(session, reader, &place, series, &ledger, deadline).await {
        Ok(counted) => ledger.counted = counted,
        Err(why) => ledger.not_read = Some(format!("not counted: {}", shown(session, &why))),
    }
    if ledger.uncounted() > 0 {
        let (uncounted, of) = (ledger.uncounted(), ledger.acknowledged);
        ledger.told.push(format!(
            "MISSING {uncounted} of {of} acknowledged lines: the server counts {}",
            of - uncounted
        ));
    }
    if ledger.invented() > 0 {
        let invented = ledger.invented();
        ledger
            .told
            .push(format!("INVENTED {invented} lines: the server counts more than were sent"));
    }
    ledger
}

/// How many lines could be looked for, and what is wrong with them: what is missing is looked for until
/// then.
async fn read(
    session: &Session,
    reader: &Reader,
    place: &Place,
    mut wanted: Vec<Point>,
    deadline: Instant,
) -> Result<(usize, Vec<Wrong>), Unreadable> {
    let until = Instant::now() + READING;
    let mut asked = None;
    let mut pause = Duration::from_millis(50);
    loop {
        let read = read_some(&*session.pool, reader, place, (HOST, &wanted), until).await;
        let is_over = Instant::now() >= deadline;
        match read {
            Ok(read) => {
                let rest = wanted.split_off(read.asked);
                let mut wrong = judge(&wanted, read.points);
                // What there was no time to look for again is wrong all the same.
                if asked.is_some() {
                    wrong.extend(rest.into_iter().map(|wanted| Wrong { wanted, stored: None }));
                }
                let asked = *asked.get_or_insert(read.asked);
                if is_over || wrong.is_empty() {
                    return Ok((asked, wrong));
                }
                // Only those are looked for again.
                wanted = wrong.into_iter().map(|wrong| wrong.wanted).collect();
            }
            Err(why) if is_over => return Err(why),
            Err(_) => {}
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// Why something is not known, in a line.
fn shown(session: &Session, why: &Unreadable) -> String {
    // Hidden before it is cut: half a secret would not be found.
    session.hide(why.why()).chars().take(MOST_SAID).collect()
}

/// Counts until all acknowledged lines are there, or the time is over.
async fn counted(
    session: &Session,
    reader: &Reader,
    place: &Place,
    series: Series<'_>,
    ledger: &Ledger,
    deadline: Instant,
) -> Result<Option<u64>, Unreadable> {
    let mut pause = Duration::from_millis(50);
    loop {
        let counted = count(&*session.pool, reader, place, series).await;
        let is_there = match &counted {
            Ok(counted) => counted.is_none_or(|counted| counted >= ledger.acknowledged),
            Err(_) => false,
        };
        if is_there || Instant::now() >= deadline {
            return counted;
        }
        sleep(pause).await;
        pause *= 2;
    }
}

/// A line, as far as the server can represent it.
fn point(session: &Session, workload: &Workload, sampled: Sampled) -> Point {
    let losses = session.losses();
    let point = workload.point(sampled.line, sampled.time);
    Point { fields: losses.fields(&point.fields), time: losses.time(point.time), ..point }
}

/// A line that is not stored as it was written.
#[derive(Debug)]
struct Wrong {
    wanted: Point,
    /// What is stored in its place.
    stored: Option<String>,
}

impl Wrong {
    fn told(&self) -> String {
        let shown = self.wanted.show(&self.wanted.time.to_string());
        match &self.stored {
            None => format!("MISSING {shown}"),
            Some(stored) => format!("CHANGED {shown}: stored is {stored}"),
        }
    }
}

/// Holds what is stored against what was acknowledged.
fn judge(wanted: &[Point], stored: Vec<Point>) -> Vec<Wrong> {
    let key = |point: &Point| (point.time, point.tags.get(HOST).cloned());
    let mut by_key: HashMap<_, Vec<Point>> = HashMap::new();
    for point in stored {
        by_key.entry(key(&point)).or_default().push(point);
    }
    let wrong = |wanted: &Point| {
        let stored = by_key.get(&key(wanted)).map(Vec::as_slice).unwrap_or_default();
        if let [one] = stored
            && is_same(wanted, one)
        {
            return None;
        }
        let shown: Vec<_> = stored.iter().map(|one| one.show(&one.time.to_string())).collect();
        let stored = (!shown.is_empty()).then(|| shown.join(" and "));
        Some(Wrong { wanted: wanted.clone(), stored })
    };
    wanted.iter().filter_map(wrong).collect()
}

fn is_same(wanted: &Point, stored: &Point) -> bool {
    wanted.measurement == stored.measurement
        && wanted.tags == stored.tags
        && wanted.fields.len() == stored.fields.len()
        && wanted
            .fields
            .iter()
            .all(|(key, value)| stored.fields.get(key).is_some_and(|own| own.agrees(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::Value;

    fn point(host: &str, value: i64) -> Point {
        Point {
            measurement: "cpu".to_owned(),
            tags: [(HOST.to_owned(), host.to_owned())].into(),
            fields: [("a".to_owned(), Value::Integer(value))].into(),
            time: 7,
        }
    }

    #[test]
    fn a_line_is_there_once_and_as_it_was() {
        let wanted = [point("x", 1)];
        assert!(judge(&wanted, vec![point("x", 1), point("y", 2)]).is_empty());
        let told = |stored: Vec<Point>| judge(&wanted, stored)[0].told();
        assert_eq!(told(vec![point("y", 1)]), "MISSING cpu,hostname=x a=1i 7");
        assert_eq!(
            told(vec![point("x", 2)]),
            "CHANGED cpu,hostname=x a=1i 7: stored is cpu,hostname=x a=2i 7"
        );
        let float = Point { fields: [("a".to_owned(), Value::Float(1.0))].into(), ..point("x", 1) };
        assert!(told(vec![float]).starts_with("CHANGED"));
        assert!(told(vec![point("x", 1), point("x", 1)]).starts_with("CHANGED"));
        let mut tagged = point("x", 1);
        tagged.tags.insert("more".to_owned(), "t".to_owned());
        assert!(told(vec![tagged]).starts_with("CHANGED"));
    }
}
