//! The functions that scripts can call: their parameters with types, and the names of those that
//! Flux has and this subset has not.

use super::value::Builtin as F;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Type {
    Boolean,
    Integer,
    Float,
    Text,
    Time,
    Duration,
    Regex,
    /// A list of strings.
    Texts,
    /// A list of anything.
    Array,
    Record,
    Function,
    Stream,
    /// A time, a duration or an integer.
    Timeable,
    /// Anything, or not known.
    Any,
}

/// A parameter: its name, what it takes, and whether it must be there.
pub(super) type Parameter = (&'static str, Type, bool);

/// A function of this subset.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) builtin: F,
    /// Whether it takes tables from a pipe.
    pub(super) piped: bool,
    /// In byte order.
    pub(super) parameters: &'static [Parameter],
}

const fn piped(name: &'static str, builtin: F, parameters: &'static [Parameter]) -> Signature {
    Signature { name, builtin, piped: true, parameters }
}

const fn plain(name: &'static str, builtin: F, parameters: &'static [Parameter]) -> Signature {
    Signature { name, builtin, piped: false, parameters }
}

const COLUMN: &[Parameter] = &[("column", Type::Text, false)];
const BY_NAME_OR_FUNCTION: &[Parameter] =
    &[("columns", Type::Texts, false), ("fn", Type::Function, false)];
const TAGS: &[Parameter] = &[
    ("bucket", Type::Text, true),
    ("predicate", Type::Function, false),
    ("start", Type::Timeable, false),
    ("stop", Type::Timeable, false),
];

/// The functions that need no import.
pub(super) const UNIVERSE: &[Signature] = &[
    piped(
        "aggregateWindow",
        F::AggregateWindow,
        &[
            ("column", Type::Text, false),
            ("createEmpty", Type::Boolean, false),
            ("every", Type::Duration, true),
            ("fn", Type::Function, true),
            ("location", Type::Record, false),
            ("offset", Type::Duration, false),
            ("period", Type::Duration, false),
            ("timeDst", Type::Text, false),
            ("timeSrc", Type::Text, false),
        ],
    ),
    plain("buckets", F::Buckets, &[]),
    piped("count", F::Count, COLUMN),
    piped("distinct", F::Distinct, COLUMN),
    piped("drop", F::Drop, BY_NAME_OR_FUNCTION),
    piped("filter", F::Filter, &[("fn", Type::Function, true), ("onEmpty", Type::Text, false)]),
    piped("first", F::First, COLUMN),
    plain("from", F::From, &[("bucket", Type::Text, false), ("bucketID", Type::Text, false)]),
    piped("group", F::Group, &[("columns", Type::Texts, false), ("mode", Type::Text, false)]),
    piped("keep", F::Keep, BY_NAME_OR_FUNCTION),
    piped("keys", F::Keys, COLUMN),
    piped("last", F::Last, COLUMN),
    piped("limit", F::Limit, &[("n", Type::Integer, true), ("offset", Type::Integer, false)]),
    piped("map", F::Map, &[("fn", Type::Function, true), ("mergeKey", Type::Boolean, false)]),
    piped("max", F::Max, COLUMN),
    piped("mean", F::Mean, COLUMN),
    piped("min", F::Min, COLUMN),
    plain("now", F::Now, &[]),
    piped(
        "pivot",
        F::Pivot,
        &[
            ("columnKey", Type::Texts, true),
            ("rowKey", Type::Texts, true),
            ("valueColumn", Type::Text, true),
        ],
    ),
    piped("range", F::Range, &[("start", Type::Timeable, true), ("stop", Type::Timeable, false)]),
    piped("rename", F::Rename, &[("columns", Type::Record, false), ("fn", Type::Function, false)]),
    piped("sort", F::Sort, &[("columns", Type::Texts, false), ("desc", Type::Boolean, false)]),
    piped("sum", F::Sum, COLUMN),
    piped("yield", F::Yield, &[("name", Type::Text, false)]),
];

/// The functions of each package that a script may import.
pub(super) const PACKAGES: &[(&str, &[Signature])] = &[
    ("array", &[plain("from", F::ArrayFrom, &[("rows", Type::Array, true)])]),
    (
        "influxdata/influxdb",
        &[
            plain("buckets", F::Buckets, &[]),
            plain(
                "from",
                F::From,
                &[("bucket", Type::Text, false), ("bucketID", Type::Text, false)],
            ),
        ],
    ),
    (
        "influxdata/influxdb/schema",
        &[
            plain("fieldKeys", F::SchemaFieldKeys, TAGS),
            plain(
                "measurementFieldKeys",
                F::SchemaMeasurementFieldKeys,
                &[
                    ("bucket", Type::Text, true),
                    ("measurement", Type::Text, true),
                    ("start", Type::Timeable, false),
                    ("stop", Type::Timeable, false),
                ],
            ),
            plain(
                "measurementTagKeys",
                F::SchemaMeasurementTagKeys,
                &[
                    ("bucket", Type::Text, true),
                    ("measurement", Type::Text, true),
                    ("start", Type::Timeable, false),
                    ("stop", Type::Timeable, false),
                ],
            ),
            plain(
                "measurementTagValues",
                F::SchemaMeasurementTagValues,
                &[
                    ("bucket", Type::Text, true),
                    ("measurement", Type::Text, true),
                    ("start", Type::Timeable, false),
                    ("stop", Type::Timeable, false),
                    ("tag", Type::Text, true),
                ],
            ),
            plain(
                "measurements",
                F::SchemaMeasurements,
                &[
                    ("bucket", Type::Text, true),
                    ("start", Type::Timeable, false),
                    ("stop", Type::Timeable, false),
                ],
            ),
            plain("tagKeys", F::SchemaTagKeys, TAGS),
            plain(
                "tagValues",
                F::SchemaTagValues,
                &[
                    ("bucket", Type::Text, true),
                    ("predicate", Type::Function, false),
                    ("start", Type::Timeable, false),
                    ("stop", Type::Timeable, false),
                    ("tag", Type::Text, true),
                ],
            ),
        ],
    ),
];

/// What Flux names without an import and this subset lacks.
pub(super) const OTHER_NAMES: &[&str] = &[
    "bool",
    "bottom",
    "bytes",
    "chandeMomentumOscillator",
    "columns",
    "contains",
    "cov",
    "covariance",
    "cumulativeSum",
    "derivative",
    "die",
    "difference",
    "display",
    "doubleEMA",
    "duplicate",
    "duration",
    "elapsed",
    "exponentialMovingAverage",
    "fill",
    "findColumn",
    "findRecord",
    "float",
    "getColumn",
    "getRecord",
    "highestAverage",
    "highestCurrent",
    "highestMax",
    "histogram",
    "histogramQuantile",
    "holtWinters",
    "hourSelection",
    "increase",
    "inf",
    "int",
    "integral",
    "join",
    "kaufmansAMA",
    "kaufmansER",
    "keyValues",
    "length",
    "linearBins",
    "location",
    "logarithmicBins",
    "lowestAverage",
    "lowestCurrent",
    "lowestMin",
    "median",
    "mode",
    "movingAverage",
    "pearsonr",
    "quantile",
    "reduce",
    "relativeStrengthIndex",
    "sample",
    "set",
    "skew",
    "spread",
    "stateCount",
    "stateDuration",
    "stateTracking",
    "stddev",
    "string",
    "tableFind",
    "tail",
    "task",
    "time",
    "timeShift",
    "timeWeightedAvg",
    "timedMovingAverage",
    "to",
    "toBool",
    "toFloat",
    "toInt",
    "toString",
    "toTime",
    "toUInt",
    "today",
    "top",
    "tripleEMA",
    "tripleExponentialDerivative",
    "truncateTimeColumn",
    "uint",
    "union",
    "unique",
    "wideTo",
    "window",
];

/// The packages that Flux has and this subset lacks, by the first parts of their paths.
pub(super) const OTHER_PACKAGES: &[&str] = &[
    "bitwise",
    "contrib",
    "csv",
    "date",
    "dict",
    "experimental",
    "generate",
    "http",
    "influxdata",
    "internal",
    "interpolate",
    "join",
    "json",
    "kafka",
    "math",
    "pagerduty",
    "planner",
    "profiler",
    "pushbullet",
    "regexp",
    "runtime",
    "sampledata",
    "slack",
    "socket",
    "sql",
    "strings",
    "system",
    "testing",
    "timezone",
    "types",
    "universe",
];
