//! The ledger of a bench: acknowledged lines are read back, some of them whole, and all of them counted.

use super::News;
use super::load::Loaded;
use super::result::Ledger;
use super::tally::Sampled;
use super::workload::{COUNTED, HOST, Workload};
use crate::point::Point;
use crate::read_back::{Place, Reader, Series, Unreadable, Way, arranged, count, read_some};
use crate::session::Session;
use crate::space::Space;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// So many of what is wrong are told one by one.
const TOLD: usize = 10;

/// How long a line is looked for that was acknowledged and is not there.
const PATIENCE: Duration = Duration::from_secs(5);

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
    (within, on_news): (Duration, &mut impl FnMut(News<'_>)),
) -> Ledger {
    let began = Instant::now();
    let mut ledger = unread(loaded, None);
    let Some(reader) = &session.reader else {
        ledger.not_read = Some("the server has none of its query languages".to_owned());
        return ledger;
    };
    ledger.reader = Some(reader.name());
    let place = session.place(space);
    let sample = &loaded.tally.sample.lines;
    let wanted: Vec<_> = sample.iter().map(|sampled| point(session, workload, *sampled)).collect();
    ledger.chosen = wanted.len();
    // What is missing may come yet, and what is asked last may take as long as any answer.
    let patience = session.target.visible_within().max(PATIENCE);
    let after = patience + session.target.timeout;
    let times =
        Times { reading: began + within, patience: began + patience, end: began + within + after };
    let read = read(session, reader, &place, arranged(wanted), (within, times), on_news);
    match timeout_at(times.end, read).await.unwrap_or_else(|_| Err(late(within + after))) {
        Ok((asked, wrong)) => {
            ledger.sampled = asked;
            if asked < ledger.chosen {
                ledger.cut_short = Some(cut_short(reader, asked, within));
            }
            ledger.missing = wrong.iter().filter(|wrong| wrong.stored.is_none()).count();
            ledger.changed = wrong.len() - ledger.missing;
            let told = wrong.iter().take(TOLD).map(|wrong| session.hide(&wrong.told()));
            ledger.told = told.collect();
        }
        Err(why) => {
            ledger.not_read = Some(shown(session, &why));
            ledger.reading_seconds = began.elapsed().as_secs_f64();
            return ledger;
        }
    }
    on_news(News::Counting { within: after });
    let end = Instant::now() + after;
    let series = Series { measurement: &workload.measurement, field: COUNTED };
    let counted = counted(session, reader, &place, series, &ledger, times.patience);
    match timeout_at(end, counted).await.unwrap_or_else(|_| Err(late(after))) {
        Ok(counted) => ledger.counted = counted,
        Err(why) => ledger.not_read = Some(format!("not counted: {}", shown(session, &why))),
    }
    ledger.reading_seconds = began.elapsed().as_secs_f64();
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

/// Until when what is done.
#[derive(Clone, Copy)]
struct Times {
    /// No further line is asked for the first time.
    reading: Instant,
    /// What is missing is not looked for any more.
    patience: Instant,
    /// Nobody waits for an answer any more.
    end: Instant,
}

fn late(within: Duration) -> Unreadable {
    Unreadable::Late(format!("it was not done within {} s", within.as_secs()))
}

/// Why not all lines were looked for.
#[allow(clippy::cast_precision_loss, reason = "shown with one digit")]
fn cut_short(reader: &Reader, asked: usize, within: Duration) -> String {
    let (seconds, name) = (within.as_secs_f64(), reader.name());
    let each = seconds * 1000.0 / asked.max(1) as f64;
    format!(
        "{name} took {each:.0} ms a line, and it is read for {seconds} s at most (--sample-time)"
    )
}

/// How many lines could be looked for, and what is wrong with them: what is missing is looked for again.
async fn read(
    session: &Session,
    reader: &Reader,
    place: &Place,
    mut wanted: Vec<Point>,
    (within, times): (Duration, Times),
    on_news: &mut impl FnMut(News<'_>),
) -> Result<(usize, Vec<Wrong>), Unreadable> {
    let of = wanted.len();
    on_news(News::Reading { looked: 0, of, within });
    let mut asked = None;
    let mut pause = Duration::from_millis(50);
    let (mut way, mut last) = (Way::of(reader), None);
    loop {
        let is_first = asked.is_none();
        let on = |looked| {
            if is_first {
                on_news(News::Reading { looked, of, within });
            }
        };
        // What is looked for again has some time even where the first time took all of it.
        let until = times.reading.max(Instant::now() + pause);
        let look = (HOST, &wanted[..], way);
        let read = read_some(&*session.pool, reader, place, look, until, on).await;
        let is_over = Instant::now() >= times.patience && way == Way::Alone;
        match read {
            Ok(read) => {
                let rest = wanted.split_off(read.asked);
                let mut wrong = judge(&wanted, read.points);
                let looked = asked.get_or_insert(read.asked);
                match last {
                    None => {}
                    // Nobody is accused by a stretch of time alone: a server may cut off a long answer.
                    Some(Way::Together) => *looked -= rest.len(),
                    // What there was no time to look for again is wrong all the same.
                    Some(Way::Alone) => {
                        wrong.extend(rest.into_iter().map(|wanted| Wrong { wanted, stored: None }));
                    }
                }
                if is_over || wrong.is_empty() {
                    return Ok((*looked, wrong));
                }
                // Only those are looked for again.
                wanted = wrong.into_iter().map(|wrong| wrong.wanted).collect();
                last = Some(way);
            }
            Err(why) if is_over => return Err(why),
            Err(_) => {}
        }
        way = Way::Alone;
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
