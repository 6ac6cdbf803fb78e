//! Explicit schemas: their API, and both worked examples of the product's page on failed writes.

use crate::server::{Asked, DELAY};
use serde_json::{Value, json};

/// The schema of the second example.
fn air_sensors() -> Value {
    json!({
        "name": "airSensors",
        "columns": [
            {"name": "time", "type": "timestamp"},
            {"name": "sensorId", "type": "tag"},
            {"name": "temperature", "type": "field", "dataType": "float"},
            {"name": "humidity", "type": "field", "dataType": "float"},
            {"name": "co", "type": "field", "dataType": "float"},
        ],
    })
}

fn explicit(asked: &Asked) -> String {
    let id = asked.bucket("explicit", &json!({"schemaType": "explicit"}));
    format!("/api/v2/buckets/{id}/schema/measurements")
}

#[test]
fn a_measurement_that_no_schema_allows() {
    let asked = Asked::new();
    explicit(&asked);
    let line = "airSensors,sensorId=TLM0201 temperature=73.97,humidity=35.23,co=0.48 1637014074";
    let answer = asked.write("explicit", line);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({
            "code": "invalid",
            "message": "3 out of 3 points rejected (check rejected_points in your _monitoring \
                        bucket for further information)",
        })
    );
    asked.pass(DELAY);
    assert_eq!(asked.stored("explicit"), [""; 0]);
    let columns = ["_measurement", "_field", "_value", "field", "measurement", "reason"];
    let row = |field: &str| {
        format!("1,count,rejected_points,{field},airSensors,measurement not allowed by schema")
    };
    assert_eq!(asked.log("count", &columns), [row("co"), row("humidity"), row("temperature")]);
    assert_eq!(asked.rows(
        "from(bucket: \"_monitoring\") |> range(start: -1h) |> filter(fn: (r) => exists r.gotType)"
    ), [""; 0]);
}

#[test]
fn a_field_of_another_type_than_its_schema() {
    let asked = Asked::new();
    let schemas = explicit(&asked);
    assert_eq!(asked.json("POST", &schemas, &air_sensors()).status, 201);
    let answer = asked.write(
        "explicit",
        "airSensors,sensorId=L1 temperature=90.5,humidity=70.0,co=0.2 1637014074\n\
         airSensors,sensorId=L1 temperature=\"90.5\",humidity=70.0,co=0.2 1637014075",
    );
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.message(),
        "partial write error (5 accepted): 1 out of 6 points rejected (check rejected_points in \
         your _monitoring bucket for further information)"
    );
    assert_eq!(asked.stored("explicit"), [""; 0], "accepted is not stored");
    asked.pass(DELAY);
    let stored = ["0.2,co", "0.2,co", "70,humidity", "70,humidity", "90.5,temperature"];
    assert_eq!(asked.stored("explicit"), stored);
    let id = schemas.split('/').nth(4).unwrap_or_default();
    let columns = ["_value", "bucket", "field", "gotType", "measurement", "reason", "wantType"];
    assert_eq!(
        asked.log("count", &columns),
        [format!("1,{id},temperature,String,airSensors,field type mismatch with schema,Float")]
    );
}

#[test]
fn what_a_schema_does_not_have() {
    let asked = Asked::new();
    let schemas = explicit(&asked);
    asked.json("POST", &schemas, &air_sensors());
    let answer = asked.write("explicit", "airSensors,sensorId=a co=1,pm=2\nairSensors,x=1 co=1");
    assert!(answer.message().starts_with("partial write error (1 accepted): 2 out of 3 points"));
    asked.pass(DELAY);
    assert_eq!(asked.stored("explicit"), ["1,co"]);
}

#[test]
fn schemas_are_made_read_and_extended() {
    let asked = Asked::new();
    let schemas = explicit(&asked);
    let empty = asked.send("GET", &schemas, "", "");
    assert_eq!((empty.status, empty.json()), (200, json!({"measurementSchemas": []})));
    let made = asked.json("POST", &schemas, &air_sensors());
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["columns"], air_sensors()["columns"]);
    assert_ne!(made.header("etag"), empty.header("etag"));
    let one = format!("{schemas}/{}", made.json()["id"].as_str().unwrap_or_default());
    let got = asked.send("GET", &one, "", "");
    assert_eq!(
        (got.status, got.json(), got.header("etag")),
        (200, made.json(), made.header("etag"))
    );

    let mut more = air_sensors();
    more["columns"].as_array_mut().unwrap().push(json!({"name": "pm", "type": "field"}));
    let extended = asked.json("PATCH", &one, &more);
    assert_eq!(extended.status, 200, "{}", extended.body);
    assert_eq!(extended.json()["columns"][5]["dataType"], "string");
    let fewer = asked.json("PATCH", &one, &air_sensors());
    assert_eq!((fewer.status, &*fewer.message()), (400, "Unable to delete columns from schema"));
    let listed = asked.send("GET", &format!("{schemas}?name=airSensors"), "", "").json();
    assert_eq!(listed["measurementSchemas"][0]["columns"].as_array().map(Vec::len), Some(6));
    let twice = asked.json("POST", &schemas, &air_sensors());
    assert_eq!(twice.status, 422);
}

#[test]
fn what_makes_no_schema() {
    let asked = Asked::new();
    let schemas = explicit(&asked);
    let refused = |name: &str, columns: Value| {
        let answer = asked.json("POST", &schemas, &json!({"name": name, "columns": columns}));
        (answer.status, answer.json()["code"].clone(), answer.message())
    };
    let time = json!({"name": "time", "type": "timestamp"});
    let field = json!({"name": "f", "type": "field", "dataType": "float"});
    let invalid = |text: &str| (400, json!("invalid"), text.to_owned());
    for name in ["", "_m", "1m", "m\"", "m'", "a\u{7}b", &"m".repeat(129)] {
        assert_eq!(refused(name, json!([time, field])), invalid("name is invalid"), "{name}");
    }
    assert_eq!(refused("m", json!([])), invalid("columns is required"));
    assert_eq!(refused("m", json!([time, field, field])), invalid("Duplicate column names"));
    assert_eq!(refused("m", json!([time])), invalid("At least one field column is required"));
    assert_eq!(refused("m", json!([field])), invalid("Timestamp column is required"));
    let id = asked.bucket("implicit", &json!({}));
    let answer = asked.send("GET", &format!("/api/v2/buckets/{id}/schema/measurements"), "", "");
    assert_eq!((answer.status, &*answer.message()), (400, "bucket schemaType must be explicit"));
}
