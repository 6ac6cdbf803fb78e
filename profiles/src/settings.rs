//! What an operator can set on a server: limits, quotas, delays and habits that products leave to
//! configuration. A profile lists those that its product has, with the product's own value;
//! [`Settings`] are those values with what was set instead.

use crate::registry::Profile;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What kind of value a setting takes, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number: `10000`.
    Count,
    /// `500`, `2kB`, `50MB`, `10MiB`.
    Bytes,
    /// The same, or a share of [`MEMORY`]: `20%`.
    Memory,
    /// `50ms`, `1s`, `5m`, `1h`.
    Duration,
    /// So many bytes in each window: `2kB/2s`.
    ByteRate,
    /// So many requests in each window: `300/5m`.
    CountRate,
    /// `on` or `off`.
    Switch,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A format of the time as `strftime` has it: `%Y-%m-%d`.
    TimeFormat,
}

/// The memory that a share is a share of, whatever the machine has: so a setting means the same
/// everywhere. A figure of ours.
pub const MEMORY: u64 = 8 << 30;

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal: $kind:expr,)*) => {
        /// Something that an operator can set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Setting { $($(#[doc = $doc])* $variant,)* }

        impl Setting {
            /// Every setting, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that options and setups use.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What kind of value it takes.
            pub const fn kind(self) -> Kind {
                use Kind::{
                    ByteRate, Bytes, Count, CountRate, Duration, Memory, Switch, TimeFormat, Word,
                };
                match self { $(Self::$variant => $kind,)* }
            }

            /// What it means, in a sentence or two.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*),)* }
            }
        }
    };
}

settings! {
    /// How long an accepted write waits before it is stored.
    QueueDelay = "queue-delay": Duration,
    /// What a malformed line does where it is not stored at once: `first-line`, its batch is
    /// rejected and the answer holds it; `counted`, it is one rejected point among the others.
    MalformedLine = "malformed-line": Word(&["first-line", "counted"]),
    /// How many bytes of lines are taken in each window; more is too many requests.
    WriteRate = "write-rate": ByteRate,
    /// How many bytes of lines the server can take in each window; with more it is unavailable.
    WriteCapacity = "write-capacity": ByteRate,
    /// How many bytes of answers to queries are given in each window.
    ReadRate = "read-rate": ByteRate,
    /// How many deletes are taken in each window.
    DeleteRate = "delete-rate": CountRate,
    /// The largest body of a write, as it is sent.
    RequestLimit = "request-limit": Bytes,
    /// The largest body of a write, once it is inflated.
    InflatedLimit = "inflated-limit": Bytes,
    /// How many series there may be.
    Cardinality = "cardinality": Count,
    /// How many columns a table may have.
    Columns = "columns": Count,
    /// How many tag columns a table may have.
    TagColumns = "tag-columns": Count,
    /// How many tables there may be.
    Tables = "tables": Count,
    /// How many databases or buckets there may be.
    Databases = "databases": Count,
    /// Whether the good lines of a batch with bad ones are stored.
    PartialWrites = "partial-writes": Switch,
    /// What partitions a table, as a format of the time: `%Y-%m-%d`.
    PartitionTemplate = "partition-template": TimeFormat,
    /// How much memory there is for making Parquet of what was written.
    ExecMemPoolBytes = "exec-mem-pool-bytes": Memory,
    /// How much time the files of the first generation span, and so how often they are made.
    Gen1Duration = "gen1-duration": Duration,
}

impl Setting {
    /// Whether this is a value that it takes.
    ///
    /// # Errors
    /// Why it is none.
    pub fn check(self, value: &str) -> Result<(), String> {
        parse(self, value).map(drop)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A setting that a product has, and its own value for it.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// The setting.
    pub setting: Setting,
    /// The product's value, as it would be set; `off` is none.
    pub value: &'static str,
    /// Where that is said.
    pub source: &'static str,
}

/// So much in each window of time. A window begins with the first request that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many bytes or requests.
    pub amount: u64,
    /// How long a window is.
    pub window: Duration,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Off,
    Number(u64),
    Duration(Duration),
    Rate(Rate),
    On,
    Text(String),
}

/// What is set on one server.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<Setting, Value>,
}

impl Settings {
    /// The product's own values.
    pub fn of(profile: &Profile) -> Self {
        let read = |knob: &Knob| Some((knob.setting, parse(knob.setting, knob.value).ok()?));
        Self { values: profile.settings.iter().filter_map(read).collect() }
    }

    /// Sets one by its word.
    ///
    /// # Errors
    /// The product has no such setting, or the value is none for it.
    pub fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        let Some(setting) = Setting::ALL.iter().copied().find(|s| s.word() == word) else {
            return Err(format!("there is no setting \"{word}\"; see `lineproof list --settings`"));
        };
        if !self.values.contains_key(&setting) {
            return Err(format!("the product has no setting \"{word}\""));
        }
        let value = parse(setting, value).map_err(|why| format!("{word}: {why}"))?;
        self.values.insert(setting, value);
        Ok(())
    }

    /// A number or a number of bytes; none where it is off or the product has no such limit.
    pub fn number(&self, setting: Setting) -> Option<u64> {
        match self.values.get(&setting) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A limit: what is set, the product's own where it has no such setting, none where it is off.
    pub fn limit(&self, setting: Setting, own: u64) -> Option<u64> {
        if self.values.contains_key(&setting) { self.number(setting) } else { Some(own) }
    }

    /// The same of things in memory, where no limit is more than there can be.
    pub fn most(&self, setting: Setting, own: usize) -> usize {
        if !self.values.contains_key(&setting) {
            return own;
        }
        self.count(setting).unwrap_or(usize::MAX)
    }

    /// The same as a size of things in memory.
    pub fn count(&self, setting: Setting) -> Option<usize> {
        self.number(setting).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A duration; none where it is off.
    pub fn duration(&self, setting: Setting) -> Option<Duration> {
        match self.values.get(&setting) {
            Some(Value::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    /// A rate; none where it is off.
    pub fn rate(&self, setting: Setting) -> Option<Rate> {
        match self.values.get(&setting) {
            Some(Value::Rate(rate)) => Some(*rate),
            _ => None,
        }
    }

    /// Whether it is on.
    pub fn is_on(&self, setting: Setting) -> bool {
        self.values.get(&setting) == Some(&Value::On)
    }

    /// A text; none where it is off.
    pub fn text(&self, setting: Setting) -> Option<&str> {
        match self.values.get(&setting) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

fn parse(setting: Setting, text: &str) -> Result<Value, String> {
    let wrong = |form: &str| format!("\"{text}\" is not {form}, nor `off`");
    if text == "off" && !matches!(setting.kind(), Kind::Word(_)) {
        return Ok(Value::Off);
    }
    // A table may well have no tags; without anything else there is nothing to serve.
    if setting.kind() == Kind::Count && setting != Setting::TagColumns && text.parse() == Ok(0_u64)
    {
        return Err(format!(
            "{text} leaves room for nothing, no write could be stored; no limit is `off`"
        ));
    }
    let value = match setting.kind() {
        Kind::Count => text.parse().ok().map(Value::Number),
        Kind::Bytes => bytes(text).map(Value::Number),
        Kind::Memory => share(text).or_else(|| bytes(text)).map(Value::Number),
        Kind::Duration => duration(text).map(Value::Duration),
        Kind::ByteRate => rate(text, bytes).map(Value::Rate),
        Kind::CountRate => rate(text, |text| text.parse().ok()).map(Value::Rate),
        Kind::Switch => (text == "on").then_some(Value::On),
        Kind::Word(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
        Kind::TimeFormat => formats_time(text).then(|| Value::Text(text.to_owned())),
    };
    value.ok_or_else(|| match setting.kind() {
        Kind::Count => wrong("a number"),
        Kind::Bytes => wrong("a size like 500, 2kB or 10MiB"),
        Kind::Memory => wrong("a size like 10MiB or a share like 20%"),
        Kind::Duration => wrong("a time like 50ms, 1s, 5m or 1h"),
        Kind::ByteRate => wrong("a rate like 2kB/2s"),
        Kind::CountRate => wrong("a rate like 300/5m"),
        Kind::Switch => format!("\"{text}\" is neither `on` nor `off`"),
        Kind::Word(words) => format!("\"{text}\" is none of {}", words.join(", ")),
        Kind::TimeFormat => wrong("a format of the time like %Y-%m-%d"),
    })
}

/// Whether a text is a format of the time, with none but the common conversions of `strftime` (`%Y`,
/// `%m` and their kin, without flags) and at least one of them.
pub fn formats_time(text: &str) -> bool {
    let mut letters = text.chars();
    let mut any = false;
    while let Some(letter) = letters.next() {
        if letter != '%' {
            continue;
        }
        match letters.next() {
            Some('%') => {}
            Some(known) if "YCymBbhdeaAuwGgVUWjHIMSpsFT".contains(known) => any = true,
            _ => return false,
        }
    }
    any
}

fn rate(text: &str, amount: impl Fn(&str) -> Option<u64>) -> Option<Rate> {
    let (before, window) = text.split_once('/')?;
    let window = duration(window).filter(|window| !window.is_zero())?;
    Some(Rate { amount: amount(before)?, window })
}

fn bytes(text: &str) -> Option<u64> {
    const UNITS: &[(&str, u64)] = &[
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("B", 1),
    ];
    let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (number, size) = unit.unwrap_or((text, 1));
    number.parse::<u64>().ok()?.checked_mul(size)
}

fn share(text: &str) -> Option<u64> {
    let percent = text.strip_suffix('%')?.parse::<u64>().ok()?;
    (1..=100).contains(&percent).then_some(MEMORY / 100 * percent)
}

fn duration(text: &str) -> Option<Duration> {
    const UNITS: &[(&str, u64)] =
        &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let (number, milliseconds) =
        UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)))?;
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(milliseconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_kind() {
        let size = |text| parse(Setting::RequestLimit, text);
        assert_eq!(size("10MiB"), Ok(Value::Number(10_485_760)));
        assert_eq!(size("50MB"), Ok(Value::Number(50_000_000)));
        assert_eq!(size("7"), Ok(Value::Number(7)));
        assert_eq!(size("off"), Ok(Value::Off));
        assert!(size("99999999999GB").is_err() && size("x").is_err() && size("-1").is_err());
        let memory = |text| parse(Setting::ExecMemPoolBytes, text);
        assert_eq!(memory("10kB"), Ok(Value::Number(10_000)));
        assert_eq!(memory("100%"), Ok(Value::Number(MEMORY / 100 * 100)));
        assert!(memory("0%").is_err() && memory("101%").is_err() && memory("%").is_err());
        assert!(size("20%").is_err());
        let window = Duration::from_secs(300);
        let rate = Rate { amount: 300, window };
        assert_eq!(parse(Setting::DeleteRate, "300/5m"), Ok(Value::Rate(rate)));
        let rate = Rate { amount: 2_000, window: Duration::from_millis(50) };
        assert_eq!(parse(Setting::WriteRate, "2kB/50ms"), Ok(Value::Rate(rate)));
        assert!(parse(Setting::WriteRate, "2kB/0s").is_err());
        assert_eq!(parse(Setting::PartialWrites, "on"), Ok(Value::On));
        assert!(parse(Setting::PartialWrites, "yes").is_err());
    }

    #[test]
    fn texts_that_mean_nothing_are_refused() {
        let malformed = |text| parse(Setting::MalformedLine, text);
        assert_eq!(malformed("counted"), Ok(Value::Text("counted".to_owned())));
        let refused = Err("\"Counted\" is none of first-line, counted".to_owned());
        assert_eq!(malformed("Counted"), refused);
        assert!(malformed("off").is_err());
        let template = |text| parse(Setting::PartitionTemplate, text).is_ok();
        assert!(template("%Y-%m-%d") && template("%G week %V") && template("off"));
        assert!(!template("%Q") && !template("%Y-%") && !template("day") && !template(""));
    }

    #[test]
    fn no_room_is_no_limit() {
        for setting in [Setting::Columns, Setting::Tables, Setting::Databases, Setting::Cardinality]
        {
            assert_eq!(parse(setting, "1"), Ok(Value::Number(1)));
            for none in ["0", "00"] {
                let why = parse(setting, none).unwrap_err();
                assert!(why.contains("leaves room for nothing") && why.contains("`off`"), "{why}");
            }
        }
        assert_eq!(parse(Setting::TagColumns, "0"), Ok(Value::Number(0)));
    }

    #[test]
    fn off_is_told_from_absent() {
        let mut settings = Settings::default();
        assert_eq!(settings.limit(Setting::RequestLimit, 7), Some(7));
        assert_eq!(settings.most(Setting::Tables, 7), 7);
        settings.values.insert(Setting::RequestLimit, Value::Off);
        settings.values.insert(Setting::Tables, Value::Off);
        assert_eq!(settings.limit(Setting::RequestLimit, 7), None);
        assert_eq!(settings.most(Setting::Tables, 7), usize::MAX);
    }

    #[test]
    fn every_knob_has_a_value_of_its_kind_and_a_source() {
        for profile in crate::ALL {
            for knob in profile.settings {
                let at = format!("{} {}", profile.name(), knob.setting);
                assert!(parse(knob.setting, knob.value).is_ok(), "{at}: {}", knob.value);
                assert!(!knob.source.is_empty(), "{at} has no source");
            }
        }
    }
}
