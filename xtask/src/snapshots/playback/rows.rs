//! One way of reading told as another: some probes of version 3 read their one measurement as rows
//! (`/api/v3/query_influxql?format=jsonl`), where the harness asks `/query`.

use super::recordings::READS;
use serde_json::{Value as Json, json};

/// What the three questions of the harness would have given, in the order of [`READS`]. Only for
/// rows of floats: a whole number could be of two types, a text be a tag.
pub(super) fn reads(rows: &str) -> Option<[String; READS.len()]> {
    let mut names: Vec<String> = Vec::new();
    let mut values = Vec::new();
    let mut measurement = String::new();
    for line in rows.lines() {
        let mut row: serde_json::Map<String, Json> = serde_json::from_str(line).ok()?;
        measurement = row.remove("iox::measurement")?.as_str()?.to_owned();
        let time = row.remove("time")?;
        let mut cells = vec![nanoseconds(time.as_str()?)?.into()];
        let own: Vec<String> = row.keys().cloned().collect();
        if !names.is_empty() && names != own || !row.values().all(Json::is_f64) {
            return None;
        }
        names = own;
        cells.extend(row.into_iter().map(|(_, value)| value));
        values.push(Json::Array(cells));
    }
    if values.is_empty() {
        return None;
    }
    let types: Vec<_> = names.iter().map(|name| json!([name, "float"])).collect();
    let columns: Vec<_> = ["time"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let select = json!([{"name": measurement, "columns": columns, "values": values}]);
    let columns = ["fieldKey", "fieldType"];
    let fields = json!([{"name": measurement, "columns": columns, "values": types}]);
    let answer = |series: Json| json!({"results": [{"statement_id": 0, "series": series}]});
    Some([select, fields, json!([])].map(|series| answer(series).to_string()))
}

/// Nanoseconds of `2023-11-14T22:13:20.5`, which is UTC.
fn nanoseconds(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = format!("{text}Z").parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_floats_are_told_and_no_others() {
        let row = r#"{"iox::measurement":"cpu","time":"1969-12-31T23:59:59","v":1.0}"#;
        let [select, fields, _] = reads(row).unwrap();
        assert!(select.contains(r#""columns":["time","v"],"values":[[-1000000000,1.0]]"#));
        assert!(fields.contains(r#"[["v","float"]]"#), "{fields}");
        assert_eq!(reads(&row.replace("1.0", "1")), None);
        assert_eq!(reads(&row.replace("1.0", "\"x\"")), None);
        assert_eq!(reads(""), None);
    }
}
