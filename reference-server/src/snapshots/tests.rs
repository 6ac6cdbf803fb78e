//! Snapshots on a disk that fails, at each of its calls in turn.

use super::*;
use crate::store::tables::{TableSet, TimeUnit};
use crate::store::view::Measurement;
use line_protocol::{Dialect, Options, Precision};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use profiles::storage::Tables as Rules;
use std::collections::BTreeSet;
use write_ahead_log::{Lock, RealFiles};

/// The disk of the machine, until so many calls were made.
struct Failing {
    real: RealFiles,
    calls_left: Arc<Mutex<u32>>,
    is_short: bool,
    may_lose_locks: bool,
}

struct FailingFile {
    real: Box<dyn File>,
    calls_left: Arc<Mutex<u32>>,
    is_short: bool,
}

fn call(left: &Mutex<u32>) -> io::Result<()> {
    let mut left = lock(left);
    *left = left.checked_sub(1).ok_or_else(|| io::Error::other("on order"))?;
    Ok(())
}

impl Files for Failing {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.make_folder(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        call(&self.calls_left)?;
        self.real.list(folder)
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        call(&self.calls_left)?;
        self.real.read(path)
    }
    fn length(&self, path: &Path) -> io::Result<u64> {
        self.real.length(path)
    }
    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.real.read_at(path, offset, length)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        call(&self.calls_left)?;
        let (real, calls_left) = (self.real.create(path)?, Arc::clone(&self.calls_left));
        Ok(Box::new(FailingFile { real, calls_left, is_short: self.is_short }))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        call(&self.calls_left)?;
        self.real.open(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.sync_folder(folder)
    }
    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>> {
        call(&self.calls_left)?;
        self.real.lock(path, create)
    }
    fn may_lose_locks(&self) -> bool {
        self.may_lose_locks
    }
}

impl File for FailingFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = call(&self.calls_left) {
            // What a full disk does: some of it is there.
            let _ = self.real.write_at(offset, &bytes[..bytes.len() / 2]);
            return Err(error);
        }
        let fit = if self.is_short { bytes.len().div_ceil(2) } else { bytes.len() };
        self.real.write_at(offset, &bytes[..fit])
    }
    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.set_len(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        call(&self.calls_left)?;
        self.real.sync()
    }
}

fn storage() -> (&'static Storage, &'static Rules) {
    let mut tables = profiles::ALL.iter().filter_map(|profile| match &profile.facts.storage {
        storage @ Storage::Tables(rules) => Some((storage, rules)),
        _ => None,
    });
    tables.next().unwrap()
}

fn write(tables: &mut TableSet, text: &str) {
    let lines = line_protocol::parse(text.as_bytes(), &Dialect::IOX_3_9, &Options::default());
    for line in lines {
        let unit = TimeUnit::Given(Precision::Nanosecond);
        let row = tables.row(storage().1, 0, &line.unwrap(), unit, 0, None).unwrap();
        tables.insert(row);
    }
}

/// All files and then the manifest of a snapshot of these tables.
fn snapshot(
    files: &dyn Files,
    folder: &Path,
    reads: &Arc<Reads>,
    tables: &mut TableSet,
    next: u64,
) -> io::Result<()> {
    let mut store = Store::Tables(tables.frozen());
    let mut writer = Writer::new(files, folder, next.to_string(), reads, &|| false);
    writer.survey([&mut store]);
    writer.write(&mut store)?;
    let moved = writer.finish()?;
    let index = RefCell::default();
    let stores = [(vec!["db".to_owned()], store)];
    let origin = Origin {
        profile: "any".to_owned(),
        settings: std::collections::BTreeMap::new(),
        asks_credentials: false,
    };
    let catalog = serde_json::Value::Null;
    let manifest = ManifestToWrite::new(next, &origin, &catalog, &stores, &index);
    write_manifest(files, folder, &manifest)?;
    publish(files, folder)?;
    tables.move_out(&moved);
    Ok(())
}

/// The tables of the snapshot that is there, and its number.
fn restored(folder: &Path) -> (u64, Vec<Measurement>) {
    let Found(mut manifest) = find(&RealFiles, folder).unwrap().unwrap();
    manifest.index.open(&folder.join(FOLDER), &Arc::default()).unwrap();
    let (_, saved) = manifest.stores.remove(0);
    let Store::Tables(mut tables) = saved.restore(storage().0, &manifest.index).unwrap() else {
        panic!("tables were saved")
    };
    (manifest.next, tables.view())
}

#[test]
fn a_disk_that_fails_leaves_the_snapshot_before_or_the_one_after() {
    for is_short in [false, true] {
        let mut outcomes = Vec::new();
        for calls in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let snapshots = folder.path().join(FOLDER);
            RealFiles.make_folder(&snapshots).unwrap();
            let reads = Arc::default();
            let mut tables = TableSet::default();
            write(&mut tables, "m,t=a f=1,s=\"x\" 1\nm,t=b f=2 2\nother i=3i 3");
            snapshot(&RealFiles, &snapshots, &reads, &mut tables, 5).unwrap();
            let before = tables.view();
            assert_eq!(restored(folder.path()), (5, before.clone()));

            write(&mut tables, "m,t=a f=9 1\nm,t=c f=2,new=t 7\nother i=4i 4");
            let after = tables.view();
            assert_ne!(after, before);
            let calls_left = Arc::new(Mutex::new(calls));
            let failing = Failing { real: RealFiles, calls_left, is_short, may_lose_locks: false };
            let made = snapshot(&failing, &snapshots, &reads, &mut tables, 6);
            // Whatever became of it, nobody who reads sees a difference, now or after a start.
            assert_eq!(tables.view(), after, "{calls} calls");
            let (next, found) = restored(folder.path());
            outcomes.push((made.is_ok(), next));
            assert_eq!(found, if next == 6 { after.clone() } else { before }, "{calls} calls");
            // And the next one, when the disk is well again, has it all.
            snapshot(&RealFiles, &snapshots, &reads, &mut tables, 7).unwrap();
            assert_eq!(restored(folder.path()), (7, after));
            if made.is_ok() {
                break;
            }
        }
        let told: Vec<u64> = outcomes.iter().filter(|(is_ok, _)| *is_ok).map(|(_, n)| *n).collect();
        assert_eq!(told, [6], "who was told of a snapshot has it");
        assert!(outcomes.len() > 10, "{outcomes:?}");
        // Only the very last call may fail when all is there already.
        let undecided = outcomes.iter().filter(|(is_ok, next)| !is_ok && *next == 6).count();
        assert!(undecided <= 1, "{outcomes:?}");
    }
}

/// The folder of a snapshot of a few tables, with names that come once and often, and what is in it.
fn with_snapshot() -> (tempfile::TempDir, Vec<Measurement>) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().join(FOLDER);
    RealFiles.make_folder(&snapshots).unwrap();
    let mut tables = TableSet::default();
    for series in 0..20 {
        write(&mut tables, &format!("m,host=h{series},region=europe f={series} 1"));
    }
    snapshot(&RealFiles, &snapshots, &Arc::default(), &mut tables, 5).unwrap();
    (folder, tables.view())
}

#[test]
fn any_wrong_byte_of_a_manifest_is_seen() {
    let (folder, view) = with_snapshot();
    assert_eq!(restored(folder.path()), (5, view));
    let path = folder.path().join(FOLDER).join(MANIFEST);
    let good = std::fs::read(&path).unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(find(&RealFiles, folder.path()).is_err(), "byte {place} of {}", good.len());
        std::fs::write(&path, &good[..place]).unwrap();
        assert!(find(&RealFiles, folder.path()).is_err(), "{place} bytes of {}", good.len());
    }
}

#[test]
fn what_changes_while_it_is_written_stays_in_memory() {
    for rows in [1, 100, 300] {
        for changed in [0, rows - 1, rows + 99] {
            let folder = tempfile::tempdir().unwrap();
            let reads = Arc::default();
            let mut tables = TableSet::default();
            let fill = |tables: &mut TableSet, times: std::ops::Range<i32>| {
                for series in ["a", "b"] {
                    let lines = times.clone().map(|time| format!("m,t={series} f=1 {time}\n"));
                    write(tables, &lines.collect::<String>());
                }
            };
            fill(&mut tables, 0..rows);
            // An attempt that failed leaves what it wrote in several blocks, which then go together.
            drop(tables.frozen());
            fill(&mut tables, rows..rows + 100);
            for prefix in ["1", "2"] {
                let mut store = Store::Tables(tables.frozen());
                let prefix = prefix.to_owned();
                let mut writer = Writer::new(&RealFiles, folder.path(), prefix, &reads, &|| false);
                writer.survey([&mut store]);
                writer.write(&mut store).unwrap();
                let moved = writer.finish().unwrap();
                write(&mut tables, &format!("m,t=b f=9 {changed}"));
                let expected = tables.view();
                tables.move_out(&moved);
                assert_eq!(tables.view(), expected, "{changed} of {rows} rows, {moved:?}");
            }
        }
    }
}

/// Series with values of tags that many have, that one has, and that several have which are not one in
/// memory, since they are long; and with no such tag.
#[test]
fn a_file_has_for_each_row_the_tags_of_its_series() {
    let long = "l".repeat(100);
    let tags = |n: i64| {
        let shared = (n % 5 != 0).then(|| ("shared", format!("s{}", n % 3)));
        let long = (n % 7 != 0).then(|| ("long", format!("{long}{}", n % 4)));
        [Some(("own", format!("o{n}"))), shared, long]
    };
    let folder = tempfile::tempdir().unwrap();
    RealFiles.make_folder(folder.path()).unwrap();
    let mut tables = TableSet::default();
    let mut expected = BTreeSet::new();
    for n in 0..200 {
        let tags: Vec<_> = tags(n).into_iter().flatten().collect();
        let written: String = tags.iter().map(|(key, value)| format!(",{key}={value}")).collect();
        for time in [n, n + 1000] {
            write(&mut tables, &format!("m{written} f={n}i {time}"));
            let row = tags.iter().map(|(key, value)| format!("{key}={value}"));
            let row = row.chain([format!("f={n}"), format!("time={time}")]);
            expected.insert(row.collect::<BTreeSet<_>>());
        }
    }
    snapshot(&RealFiles, folder.path(), &Arc::default(), &mut tables, 5).unwrap();
    let mut read = BTreeSet::new();
    for name in RealFiles.list(folder.path()).unwrap() {
        if !name.ends_with(".parquet") {
            continue;
        }
        let file = std::fs::File::open(folder.path().join(name)).unwrap();
        let file = SerializedFileReader::new(file).unwrap();
        for row in file.get_row_iter(None).unwrap() {
            let cell = |(name, field): (&String, &Field)| match field {
                Field::Null => None,
                Field::Str(text) => Some(format!("{name}={text}")),
                Field::Long(n) => Some(format!("{name}={n}")),
                other => panic!("{name}: {other:?}"),
            };
            read.insert(row.unwrap().get_column_iter().filter_map(cell).collect::<BTreeSet<_>>());
        }
    }
    assert_eq!(read, expected);
}

/// So many series with so few rows each that what they have in files is put together again and again, of
/// several row groups, and that not all have a value in each row.
#[test]
fn what_came_few_rows_at_a_time_is_put_together_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join(FOLDER);
    RealFiles.make_folder(&files).unwrap();
    let (reads, mut kept, mut twin) = (Arc::default(), TableSet::default(), TableSet::default());
    for round in 1..20 {
        let line = |n: usize| {
            let fields = match n % 3 {
                0 => format!("f={n}.{round},g={n}i"),
                1 => format!("f={n}.{round}"),
                _ => format!("f={n}.{round},s=\"{n} {round}\""),
            };
            format!("m,h={n},of={} {fields} {round}\n", n % 7)
        };
        // What has a string lies field by field.
        let text: String = (0..1200).map(line).collect();
        write(&mut kept, &text);
        write(&mut twin, &text);
        snapshot(&RealFiles, &files, &reads, &mut kept, round).unwrap();
        assert_eq!(reads.damage(), None);
    }
    let twin = twin.view();
    assert!(kept.view() == twin, "other points than those that were written");
    assert!(restored(folder.path()) == (19, twin), "other points in files");
}

/// It says in its first line what it has, and no name by a number.
#[test]
fn a_manifest_of_the_first_form_is_read() {
    let (folder, view) = with_snapshot();
    let path = folder.path().join(FOLDER).join(MANIFEST);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut body: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    let names = body["index"].as_object_mut().unwrap().remove("names").unwrap();
    assert!(!names.as_array().unwrap().is_empty(), "{text}");
    let tables = body["stores"][0][1]["Tables"].as_array_mut().unwrap();
    for series in tables[0]["series"].as_array_mut().unwrap() {
        for tag in series[0].as_array_mut().unwrap() {
            for name in tag.as_array_mut().unwrap() {
                if let Some(number) = name.as_u64() {
                    *name = names[number as usize].clone();
                }
            }
        }
    }
    let body = body.to_string();
    let (bytes, sum) = (body.len(), crc32fast::hash(body.as_bytes()));
    let first = format!("{{\"format\":1,\"bytes\":{bytes},\"crc32\":{sum}}}\n{body}");
    std::fs::write(&path, &first).unwrap();
    assert_eq!(restored(folder.path()), (5, view));
    std::fs::write(&path, first.replacen("europe", "eurape", 1)).unwrap();
    assert!(find(&RealFiles, folder.path()).is_err());
}

/// A server whose log is written to by hand.
struct Served {
    service: Arc<Service>,
    log: Log,
    snapshots: Snapshots,
    folder: PathBuf,
}

impl Served {
    fn new(folder: &Path) -> Self {
        Self::on(Arc::new(RealFiles), folder)
    }

    fn on(files: Arc<dyn Files>, folder: &Path) -> Self {
        let mut all = profiles::ALL.iter();
        let profile = all.find(|p| matches!(p.facts.storage, Storage::Tables(_))).unwrap();
        let settings = profiles::Settings::of(profile);
        let clock = Arc::new(crate::clock::SystemClock);
        let service = Arc::new(Service::new(profile, &settings, false, clock).unwrap());
        let nothing = |_, _: &[u8]| Ok::<(), std::convert::Infallible>(());
        let (log, _) = Log::open(folder, crate::journal::options(), nothing).unwrap();
        let reads = Arc::new(Reads::default());
        service.journal().open(log.clone(), Arc::clone(&reads));
        let origin = Origin {
            profile: profile.name(),
            settings: std::collections::BTreeMap::new(),
            asks_credentials: false,
        };
        let on = Arc::clone(&service);
        let snapshots = Snapshots::new(files, folder, on, origin, reads, 1, Vec::new());
        let served = Self { service, log, snapshots, folder: folder.to_owned() };
        served.enter(r#"{"Catalog":{"databases":[["db",null]],"tokens":{},"made":0}}"#, "");
        served
    }

    /// Puts an entry into the log, and does it.
    fn enter(&self, head: &str, text: &str) {
        let length = u32::try_from(head.len()).unwrap().to_le_bytes();
        let payload = [&length, head.as_bytes(), text.as_bytes()].concat();
        self.log.append(&[&payload]).unwrap();
        self.service.redo(&payload).unwrap();
    }

    /// Writes points of one series at these times.
    fn write(&self, times: std::ops::Range<i64>) {
        let text: String = times.map(|time| format!("m v={time} {time}\n")).collect();
        let head = r#"{"Lines":{"database":"db","found":true,"accept_partial":true,"unit":"Ns","now":0,"refused":false}}"#;
        self.enter(head, &text);
    }

    /// A snapshot, while which something happens.
    fn snapshot(&self, meanwhile: impl FnOnce(&Self)) {
        let journal = self.service.journal();
        let (next, frozen) = journal.between_changes(|next| (next, self.service.freeze())).unwrap();
        RealFiles.make_folder(&self.folder.join(FOLDER)).unwrap();
        let written = self.snapshots.write(next, frozen, &next.to_string()).unwrap();
        meanwhile(self);
        self.snapshots.put_in_place(next, written, &self.log, || {}).unwrap();
    }
}

#[test]
fn a_file_that_was_done_with_and_is_named_again_stays() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(folder.path());
    for times in [0..300, 300..600] {
        served.write(times);
        served.snapshot(|_| {});
    }
    let names = || {
        let files = lock(&served.snapshots.current);
        files.iter().map(|file| file.facts().name.clone()).collect::<Vec<_>>()
    };
    let first = names();
    served.write(600..1128);
    // What it is about to put together with the first points changes: so these stay where they are.
    served.snapshot(|served| served.write(600..1128));
    assert!(names().iter().all(|name| !first.contains(name)));
    served.write(1128..3128);
    served.snapshot(|_| {});
    assert!(first.iter().all(|name| names().contains(name)));
    drop(served);
    let (_, tables) = restored(folder.path());
    let points = &tables[0].series[0].columns.all()[0].points;
    assert!(points.iter().map(|(time, _)| time).eq(0..3128));
}

#[test]
fn what_another_server_may_name_stays_until_there_is_a_manifest_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let calls_left = Arc::new(Mutex::new(u32::MAX));
    let (is_short, may_lose_locks) = (false, true);
    let files = Failing { real: RealFiles, calls_left, is_short, may_lose_locks };
    let served = Served::on(Arc::new(files), folder.path());
    let left = folder.path().join(FOLDER).join("00000000000000000009-3-000000.parquet");
    RealFiles.make_folder(left.parent().unwrap()).unwrap();
    std::fs::write(&left, b"of one who has lost the lock").unwrap();
    served.snapshots.tidy();
    assert!(left.exists());
    served.write(0..1500);
    served.snapshots.make(&served.log).unwrap();
    assert!(!left.exists());
    // And no file of ours had a name that it may have taken.
    let name = lock(&served.snapshots.current)[0].facts().name.clone();
    assert!(name.contains("-4-"), "{name}");
}

#[test]
fn how_long_the_log_becomes_is_said_by_the_series_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(folder.path());
    assert!(!served.snapshots.are_due(1000, 1000) && served.snapshots.are_due(1001, 1000));
    served.write(0..1);
    let each = BYTES_EACH_SERIES;
    assert!(!served.snapshots.are_due(each, 1000) && served.snapshots.are_due(each + 1, 1000));
}

#[test]
fn with_very_many_series_a_snapshot_waits_for_more_and_not_for_ever() {
    let usual = 512 << 20;
    assert_eq!(enough_for(0, usual), usual);
    assert_eq!(enough_for(250_000, usual), usual);
    assert_eq!(enough_for(1_000_000, usual), 2_048_000_000);
    assert_eq!(enough_for(100_000_000, usual), 4 * usual);
}
