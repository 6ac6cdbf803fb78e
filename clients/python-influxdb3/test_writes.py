"""The v3 client's writes, on both endpoints that it knows, read back over HTTP."""

import json
import os
import time
import unittest
import urllib.request
import uuid

import pandas
from influxdb_client_3 import (
    InfluxDBClient3, InfluxDBError, Point, WriteOptions, WriteType, write_client_options,
)
from influxdb_client_3.exceptions import InfluxDBPartialWriteError

URL = os.environ["LINEPROOF_URL"]
TOKEN = os.environ["LINEPROOF_TOKEN"]
ORG = os.environ["LINEPROOF_ORG"]
DATABASE = os.environ["LINEPROOF_DATABASE"]
FACTS = os.environ.get("LINEPROOF_FACTS", "").split()

SECONDS = 1626768000  # 2021-07-20T08:00:00Z
START = "2021-07-20T08:00:00"


def client(write_type=WriteType.synchronous, callbacks=None, **options):
    """A client whose writes take these options."""
    written = WriteOptions(write_type=write_type, **options)
    return InfluxDBClient3(
        host=URL, token=TOKEN, database=DATABASE, org=ORG,
        write_client_options=write_client_options(write_options=written, **(callbacks or {})),
    )


class Client(unittest.TestCase):
    """A table for each test."""

    def setUp(self):
        self.table = "t" + uuid.uuid4().hex
        self.client = client()

    def tearDown(self):
        self.client.close()

    def rows(self, columns="*", table=None):
        """The rows of the table as the server's SQL gives them, by time."""
        query = f'SELECT {columns} FROM "{table or self.table}" ORDER BY time'
        request = urllib.request.Request(
            URL + "/api/v3/query_sql",
            json.dumps({"db": DATABASE, "q": query}).encode(),
            {"Authorization": "Bearer " + TOKEN, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


class Writes(Client):
    def test_the_version(self):
        self.assertRegex(self.client.get_server_version(), r"^3\.|^docs$")

    def test_a_point_comes_back_as_it_was(self):
        point = (
            Point(self.table).tag("place", "Bad Urach").tag("kind", "a=b,c")
            .field("warm", 21.5).field("count", 3).field("wet", False)
            .field("note", 'say "hi", \\ there').time(SECONDS * 10**9)
        )
        self.client.write(point)
        self.assertEqual(self.rows(), [{
            "place": "Bad Urach", "kind": "a=b,c", "warm": 21.5, "count": 3, "wet": False,
            "note": 'say "hi", \\ there', "time": START,
        }])

    def test_each_kind_of_record(self):
        self.client.write({"measurement": self.table, "fields": {"v": 1}, "time": SECONDS * 10**9})
        self.client.write(f"{self.table} v=2i {SECONDS + 1}", write_precision="s")
        self.client.write([
            Point(self.table).field("v", 3).time((SECONDS + 2) * 10**9),
            f"{self.table} v=4i {SECONDS + 3}000000000",
        ])
        self.assertEqual([row["v"] for row in self.rows()], [1, 2, 3, 4])

    def test_each_precision_on_each_endpoint(self):
        units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
        for v2 in (True, False):
            with client(use_v2_api=v2) as writer:
                for unit, per_second in units.items():
                    table = f"{self.table}_{v2}_{unit}"
                    writer.write(f"{table} v=1i {SECONDS * per_second}", write_precision=unit)
                    self.assertEqual(self.rows(table=table), [{"time": START, "v": 1}])

    def test_without_waiting_for_the_log(self):
        with client(use_v2_api=False, no_sync=True) as writer:
            writer.write(f"{self.table} v=1i {SECONDS}", write_precision="s")
        self.assertEqual([row["v"] for row in self.rows()], [1])

    def test_a_body_in_gzip(self):
        zipped = InfluxDBClient3(
            host=URL, token=TOKEN, org=ORG, database=DATABASE, enable_gzip=True,
        )
        with zipped:
            zipped.write(Point(self.table).field("v", 1).time(SECONDS * 10**9))
        self.assertEqual([row["v"] for row in self.rows()], [1])

    def test_a_frame(self):
        times = pandas.date_range(START, periods=3, freq="s", tz="UTC")
        frame = pandas.DataFrame({"time": times, "host": ["a", "b", "c"], "v": [1.5, 2.5, 3.5]})
        self.client.write_dataframe(
            frame, measurement=self.table, timestamp_column="time", tags=["host"],
        )
        self.assertEqual([(row["host"], row["v"]) for row in self.rows()],
                         [("a", 1.5), ("b", 2.5), ("c", 3.5)])
        self.assertEqual([row["time"] for row in self.rows()],
                         ["2021-07-20T08:00:00", "2021-07-20T08:00:01", "2021-07-20T08:00:02"])

    def test_batches_in_the_background(self):
        done, failed = [], []
        callbacks = {
            "success_callback": lambda conf, data: done.append(data),
            "error_callback": lambda conf, data, error: failed.append(error),
        }
        with client(WriteType.batching, callbacks, batch_size=10, flush_interval=500) as writer:
            for n in range(25):
                writer.write(Point(self.table).field("v", n).time((SECONDS + n) * 10**9))
            writer.flush()
            self.assertEqual((len(done), failed), (3, []))
        self.assertEqual([row["v"] for row in self.rows()], list(range(25)))

    def test_another_database(self):
        self.client.write(f"{self.table} v=1i {SECONDS}", DATABASE, write_precision="s")
        self.assertEqual([row["v"] for row in self.rows()], [1])


class Refusals(Client):
    def lines(self):
        """Two good lines and a bad one between them."""
        return "\n".join([
            f"{self.table} v=1 {SECONDS}000000000", f"{self.table} v= 2",
            f"{self.table} v=3 {SECONDS + 1}000000000",
        ])

    def refused(self, writer, lines=None):
        """The client's error, which is the special one where it knows the server's words."""
        with self.assertRaises(InfluxDBError) as refused, writer:
            writer.write(lines or self.lines())
        self.assertEqual(refused.exception.response.status, 400)
        return refused.exception

    def kept(self, *values):
        """Asserts that these are stored and nothing else, with one more line to be sure."""
        self.client.write(f"{self.table} v=9 {SECONDS + 9}000000000")
        self.assertEqual([row["v"] for row in self.rows()], [*values, 9])

    def test_good_lines_are_kept_on_the_own_endpoint(self):
        error = self.refused(client(use_v2_api=False))
        if "lines-in-the-message" in FACTS:
            self.assertIn("line 2 ", str(error))
        else:
            self.assertIsInstance(error, InfluxDBPartialWriteError)
            [line] = error.line_errors
            self.assertEqual(line.line_number, 2)
            # The server sends the line's first characters only.
            self.assertTrue(line.original_line)
            self.assertTrue(f"{self.table} v= 2".startswith(line.original_line))
        self.kept(1, 3)

    def test_nothing_is_kept_where_all_or_nothing_is_asked_for(self):
        error = self.refused(client(use_v2_api=False, accept_partial=False))
        known = not {"lines-in-the-message", "all-or-nothing-unknown"}.intersection(FACTS)
        self.assertEqual(isinstance(error, InfluxDBPartialWriteError), known, error)
        self.kept()

    def test_a_bad_line_on_the_compatible_endpoint(self):
        error = self.refused(client(use_v2_api=True))
        self.assertNotIsInstance(error, InfluxDBPartialWriteError)
        self.kept(*([1, 3] if "compatible-keeps-good-lines" in FACTS else []))

    def test_a_field_of_another_type(self):
        self.client.write(f"{self.table} v=1 {SECONDS}000000000")
        text = f'{self.table} v="text" {SECONDS}000000001'
        error = self.refused(client(use_v2_api=False), text)
        if "lines-in-the-message" in FACTS:
            self.assertIn("line 1 ", str(error))
        else:
            [line] = error.line_errors
            self.assertIn("invalid column type for column 'v'", line.error_message)
        self.kept(1)

    def test_a_bad_line_in_a_batch_reaches_the_callback(self):
        failed = []
        callbacks = {"error_callback": lambda conf, data, error: failed.append(error)}
        with client(WriteType.batching, callbacks) as writer:
            writer.write(f"{self.table} v= 2")
        self.assertEqual([error.response.status for error in failed], [400])

    def test_a_wrong_token(self):
        with InfluxDBClient3(host=URL, token="wrong", database=DATABASE) as stranger:
            with self.assertRaises(InfluxDBError) as refused:
                stranger.write(f"{self.table} v=1")
        self.assertEqual(refused.exception.response.status, 401)


if __name__ == "__main__":
    unittest.main()
