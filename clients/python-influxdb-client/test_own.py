"""The v2 client: writes of every kind, read back in every form; buckets, deletes, tokens, errors.

What was written is waited for, since some servers acknowledge first and store later.
"""

import os
import time
import unittest
import uuid
from datetime import datetime, timedelta, timezone

import pandas
from influxdb_client import (
    Authorization, BucketRetentionRules, InfluxDBClient, Permission, PermissionResource, Point,
    WriteOptions, WritePrecision,
)
from influxdb_client.client.write_api import SYNCHRONOUS, PointSettings
from influxdb_client.rest import ApiException

URL = os.environ["LINEPROOF_URL"]
TOKEN = os.environ["LINEPROOF_TOKEN"]
ORG = os.environ["LINEPROOF_ORG"]
FACTS = os.environ.get("LINEPROOF_FACTS", "").split()

# How long a server may take until what it acknowledged can be read.
PATIENCE = 15
START = (datetime.now(timezone.utc) - timedelta(minutes=30)).replace(microsecond=0)
SECONDS = int(START.timestamp())


class Client(unittest.TestCase):
    """A bucket for each test."""

    def setUp(self):
        self.client = InfluxDBClient(URL, TOKEN, org=ORG)
        self.buckets = self.client.buckets_api()
        self.bucket = self.buckets.create_bucket(bucket_name="test " + uuid.uuid4().hex)
        self.writer = self.client.write_api(write_options=SYNCHRONOUS)
        self.reader = self.client.query_api()

    def tearDown(self):
        self.buckets.delete_bucket(self.bucket)
        self.client.close()

    def write(self, record, **options):
        self.writer.write(self.bucket.name, record=record, **options)

    def flux(self, rest=""):
        return f'from(bucket: "{self.bucket.name}") |> range(start: -1h) {rest}'

    def rows(self, rest=""):
        return [r.values for table in self.reader.query(self.flux(rest)) for r in table.records]

    def soon(self, read, expected):
        """Asserts that what is read is, or becomes, what is expected."""
        deadline = time.monotonic() + PATIENCE
        while (found := read()) != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(found, expected)

    def soon_stored(self, expected):
        """Asserts that these are the points: measurement, field, value, seconds since START."""
        def read():
            return sorted(
                (r["_measurement"], r["_field"], r["_value"],
                 (r["_time"] - START).total_seconds())
                for r in self.rows()
            )
        self.soon(read, sorted(expected))


class Writes(Client):
    def test_a_point(self):
        point = (
            Point("weather").tag("place", "Bad Urach").tag("kind", "a=b,c")
            .field("warm", 21.5).field("count", 3).field("wet", False)
            .field("note", 'say "hi", \\ there').time(START)
        )
        self.write(point)
        self.soon_stored([
            ("weather", "count", 3, 0), ("weather", "note", 'say "hi", \\ there', 0),
            ("weather", "warm", 21.5, 0), ("weather", "wet", False, 0),
        ])
        self.assertEqual({r["place"] for r in self.rows()}, {"Bad Urach"})
        self.assertEqual({r["kind"] for r in self.rows()}, {"a=b,c"})

    def test_each_kind_of_record(self):
        self.write({"measurement": "dict", "fields": {"v": 1}, "time": START})
        self.write(f"line v=2i {SECONDS}", write_precision=WritePrecision.S)
        self.write(f"bytes v=3i {SECONDS}000000000".encode())
        self.write([Point("list").field("v", 4).time(START), f"text v=5i {SECONDS}000000000"])
        self.soon_stored([
            ("dict", "v", 1, 0), ("line", "v", 2, 0), ("bytes", "v", 3, 0), ("list", "v", 4, 0),
            ("text", "v", 5, 0),
        ])

    def test_each_precision(self):
        units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
        for unit, per_second in units.items():
            self.write(Point(unit).field("v", 1).time(SECONDS * per_second, unit),
                       write_precision=unit)
        self.soon_stored([(unit, "v", 1, 0) for unit in units])

    def test_default_tags(self):
        tags = PointSettings(place="here")
        writer = self.client.write_api(write_options=SYNCHRONOUS, point_settings=tags)
        writer.write(self.bucket.name, record=Point("m").field("v", 1).time(START))
        self.soon(lambda: [r.get("place") for r in self.rows()], ["here"])

    def test_a_frame(self):
        times = pandas.date_range(START, periods=3, freq="s")
        frame = pandas.DataFrame({"host": ["a", "b", "c"], "v": [1.5, 2.5, 3.5]}, index=times)
        self.write(frame, data_frame_measurement_name="frame", data_frame_tag_columns=["host"])
        self.soon_stored([("frame", "v", 1.5, 0), ("frame", "v", 2.5, 1), ("frame", "v", 3.5, 2)])
        self.assertEqual([r["host"] for r in self.rows()], ["a", "b", "c"])

    def test_batches_in_the_background(self):
        done, failed = [], []
        writer = self.client.write_api(
            WriteOptions(batch_size=10, flush_interval=1000),
            success_callback=lambda conf, data: done.append(data),
            error_callback=lambda conf, data, error: failed.append(error),
        )
        for n in range(25):
            at = START + timedelta(seconds=n)
            writer.write(self.bucket.name, record=Point("m").field("v", n).time(at))
        writer.flush()
        writer.close()
        self.assertEqual((len(done), failed), (3, []))
        self.soon_stored([("m", "v", n, n) for n in range(25)])

    def test_a_body_in_gzip(self):
        with InfluxDBClient(URL, TOKEN, org=ORG, enable_gzip=True) as zipped:
            writer = zipped.write_api(write_options=SYNCHRONOUS)
            writer.write(self.bucket.name, record=Point("m").field("v", 1).time(START))
        self.soon_stored([("m", "v", 1, 0)])


class Refusals(Client):
    def refused(self, call, status):
        with self.assertRaises(ApiException) as refused:
            call()
        self.assertEqual(refused.exception.status, status, refused.exception)
        return refused.exception.message

    def test_a_bad_line(self):
        message = self.refused(lambda: self.write(f"good v=1 {SECONDS}\nbad v= 2"), 400)
        self.assertIn("unable to parse 'bad v= 2': missing field value", message)

    def test_a_bad_line_in_a_batch_reaches_the_callback(self):
        failed = []
        writer = self.client.write_api(
            error_callback=lambda conf, data, error: failed.append(error),
        )
        writer.write(self.bucket.name, record="bad v= 2")
        writer.close()
        self.assertEqual([error.response.status for error in failed], [400])

    def test_an_unknown_bucket(self):
        write = lambda: self.writer.write("nowhere", record="m v=1")
        self.assertEqual(self.refused(write, 404), 'bucket "nowhere" not found')
        query = lambda: self.reader.query('from(bucket: "nowhere") |> range(start: -1h)')
        self.assertIn("could not find bucket", self.refused(query, 404))

    def test_a_wrong_token(self):
        with InfluxDBClient(URL, "wrong", org=ORG) as stranger:
            writer = stranger.write_api(write_options=SYNCHRONOUS)
            message = self.refused(lambda: writer.write(self.bucket.name, record="m v=1"), 401)
            self.assertEqual(message, "unauthorized access")

    def test_a_query_that_is_none(self):
        message = self.refused(lambda: self.reader.query("nothing()"), 400)
        self.assertIn("undefined identifier nothing", message)


class Queries(Client):
    def setUp(self):
        super().setUp()
        self.write([
            Point("cpu").tag("host", host).field("load", load + n).field("up", n > 0)
            .time(START + timedelta(seconds=n))
            for host, load in (("a", 1.5), ("b", 10.5)) for n in range(3)
        ])
        self.soon(lambda: len(self.rows()), 12)

    def loads(self):
        return self.flux('|> filter(fn: (r) => r._field == "load")')

    def test_tables_and_records(self):
        tables = self.reader.query(self.loads())
        self.assertEqual([t.get_group_key()[0].label for t in tables], ["_start", "_start"])
        record = tables[1].records[2]
        found = (record.get_measurement(), record.get_field(), record.get_value(), record["host"])
        self.assertEqual(found, ("cpu", "load", 12.5, "b"))
        self.assertEqual(record.get_time(), START + timedelta(seconds=2))
        self.assertEqual(tables.to_values(["host", "_value"])[:2], [["a", 1.5], ["a", 2.5]])

    def test_a_stream(self):
        values = [record.get_value() for record in self.reader.query_stream(self.loads())]
        self.assertEqual(values, [1.5, 2.5, 3.5, 10.5, 11.5, 12.5])

    def test_csv(self):
        rows = self.reader.query_csv(self.loads() + ' |> keep(columns: ["host", "_value"])')
        self.assertEqual(rows.to_values()[:6], [
            ["#datatype", "string", "long", "double", "string"],
            ["#group", "false", "false", "false", "true"],
            ["#default", "_result", "", "", ""],
            ["", "result", "table", "_value", "host"],
            ["", "", "0", "1.5", "a"],
            ["", "", "0", "2.5", "a"],
        ])

    def test_raw(self):
        text = self.reader.query_raw(self.loads() + " |> count()").data.decode()
        self.assertTrue(text.startswith("#datatype,string,long,"), text)
        self.assertEqual(text.count("\r\n,,"), 2, text)

    def test_frames(self):
        query = self.flux(
            '|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
            ' |> group() |> sort(columns: ["host", "_time"])'
        )
        frame = self.reader.query_data_frame(query)
        self.assertEqual(frame["load"].tolist(), [1.5, 2.5, 3.5, 10.5, 11.5, 12.5])
        self.assertEqual(frame["up"].tolist(), [False, True, True] * 2)
        self.assertEqual(frame["_time"][0], pandas.Timestamp(START))
        frames = list(self.reader.query_data_frame_stream(query))
        self.assertEqual(sum(len(f) for f in frames), 6)

    def test_windows(self):
        found = self.rows(
            '|> filter(fn: (r) => r._field == "load" and r.host == "a")'
            " |> aggregateWindow(every: 30m, fn: max) |> group() |> max()"
        )
        self.assertEqual([r["_value"] for r in found], [3.5])

    def test_parameters(self):
        query = (
            "from(bucket: bucketName) |> range(start: since)"
            " |> filter(fn: (r) => r._field == field and r._value > least)"
        )
        values = {
            "bucketName": self.bucket.name, "since": timedelta(hours=-1), "field": "load",
            "least": 11.0,
        }
        records = self.reader.query_stream(query, params=values)
        self.assertEqual([r.get_value() for r in records], [11.5, 12.5])
        values["since"] = START + timedelta(seconds=2)
        records = self.reader.query_stream(query, params=values)
        self.assertEqual([r.get_value() for r in records], [12.5])

    def test_deletes_by_measurement_and_tag(self):
        delete = self.client.delete_api().delete
        stop = START + timedelta(hours=1)
        delete(START, stop, '_measurement="cpu" AND host="a"', self.bucket.name, ORG)
        self.soon(lambda: {r["host"] for r in self.rows()}, {"b"})
        delete(START + timedelta(seconds=2), stop, "", self.bucket.name, ORG)
        self.soon(lambda: len(self.rows()), 4)


class Management(Client):
    def test_who_is_there(self):
        self.assertTrue(self.client.ping())
        self.assertTrue(self.client.version())
        self.assertTrue(self.client.build())
        health = self.client.health()
        self.assertEqual((health.status, health.name), ("pass", "influxdb"))
        self.assertEqual(self.client.ready().status, "ready")

    def test_buckets(self):
        self.assertEqual(self.buckets.find_bucket_by_id(self.bucket.id).name, self.bucket.name)
        found = self.buckets.find_bucket_by_name(self.bucket.name)
        self.assertEqual(found.id, self.bucket.id)
        self.assertIsNone(self.buckets.find_bucket_by_name("nowhere"))
        found.description = "what it is for"
        found.retention_rules = [BucketRetentionRules(type="expire", every_seconds=30 * 86400)]
        updated = self.buckets.update_bucket(found)
        self.assertEqual(updated.description, "what it is for")
        self.assertEqual(updated.retention_rules[0].every_seconds, 30 * 86400)

    def test_buckets_page_by_page(self):
        others = [self.buckets.create_bucket(bucket_name=f"{self.bucket.name} {n}")
                  for n in range(3)]
        names = [b.name for b in self.buckets.find_buckets_iter(limit=2)]
        for other in others:
            self.assertIn(other.name, names)
            self.buckets.delete_bucket(other)
        self.assertEqual(len(self.buckets.find_buckets(limit=1).buckets), 1)
        self.assertIsNone(self.buckets.find_bucket_by_name(others[0].name))

    def test_a_name_that_is_taken(self):
        with self.assertRaises(ApiException) as refused:
            self.buckets.create_bucket(bucket_name=self.bucket.name)
        self.assertEqual(refused.exception.status, 422)

    def test_organisations(self):
        organisations = self.client.organizations_api()
        found = organisations.find_organizations(org=ORG)
        self.assertEqual([o.name for o in found], [ORG])
        self.assertEqual(organisations.find_organization(found[0].id).name, ORG)
        self.assertTrue(self.client.users_api().me().name)

    def test_a_token_that_may_only_read(self):
        tokens = self.client.authorizations_api()
        resource = PermissionResource(type="buckets", id=self.bucket.id, org_id=self.bucket.org_id)
        made = tokens.create_authorization(
            authorization=Authorization(
                org_id=self.bucket.org_id, description="reads",
                permissions=[Permission(action="read", resource=resource)],
            )
        )
        self.assertEqual(tokens.find_authorization_by_id(made.id).description, "reads")
        self.assertIn(made.id, [a.id for a in tokens.find_authorizations(org=ORG)])
        with InfluxDBClient(URL, made.token, org=ORG) as theirs:
            self.assertEqual(list(theirs.query_api().query(self.flux())), [])
            with self.assertRaises(ApiException) as refused:
                theirs.write_api(write_options=SYNCHRONOUS).write(self.bucket.name, record="m v=1")
            status = 401 if "lacking-right-is-401" in FACTS else 403
            self.assertEqual(refused.exception.status, status)
        made.status = "inactive"
        self.assertEqual(tokens.update_authorization(made).status, "inactive")
        tokens.delete_authorization(made)
        self.assertNotIn(made.id, [a.id for a in tokens.find_authorizations()])


if __name__ == "__main__":
    unittest.main()
