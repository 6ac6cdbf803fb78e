"""The v3 client's queries over Arrow Flight, in SQL and InfluxQL, to Arrow and to pandas."""

import asyncio
import os
import unittest
import uuid

import pandas
import pyarrow
from influxdb_client_3 import InfluxDBClient3
from influxdb_client_3.exceptions import InfluxDB3ClientQueryError

URL = os.environ["LINEPROOF_URL"]
TOKEN = os.environ["LINEPROOF_TOKEN"]
ORG = os.environ["LINEPROOF_ORG"]
DATABASE = os.environ["LINEPROOF_DATABASE"]

SECONDS = 1626768000
START = pandas.Timestamp("2021-07-20T08:00:00")


def client(token=TOKEN, database=DATABASE):
    return InfluxDBClient3(host=URL, token=token, org=ORG, database=database)


class Client(unittest.TestCase):
    """A table for each test: two hosts, three rows each, every type of a field."""

    def setUp(self):
        self.table = "t" + uuid.uuid4().hex
        self.client = client()
        self.client.write([
            f'{self.table},host={host} load={n}.5,count={n}i,size={n}u,up={n > 0},'
            f'note="\u00fc {n}" {SECONDS + n}'
            for host in "ab" for n in range(3)
        ], write_precision="s")

    def tearDown(self):
        self.client.close()

    def query(self, rest, columns="*", **options):
        return self.client.query(f'SELECT {columns} FROM "{self.table}" {rest}', **options)


class Sql(Client):
    def test_to_arrow_with_every_type(self):
        table = self.query("WHERE host = 'a' ORDER BY time")
        self.assertIsInstance(table, pyarrow.Table)
        self.assertEqual(sorted(table.column_names),
                         ["count", "host", "load", "note", "size", "time", "up"])
        types = {field.name: field.type for field in table.schema}
        self.assertEqual(
            (types["load"], types["count"], types["size"], types["up"], types["note"]),
            (pyarrow.float64(), pyarrow.int64(), pyarrow.uint64(), pyarrow.bool_(),
             pyarrow.string()),
        )
        self.assertEqual(types["time"], pyarrow.timestamp("ns"))
        self.assertEqual(table["load"].to_pylist(), [0.5, 1.5, 2.5])
        self.assertEqual(table["note"].to_pylist(), ["\u00fc 0", "\u00fc 1", "\u00fc 2"])
        self.assertEqual(table["host"].to_pylist(), ["a"] * 3)

    def test_columns_say_what_they_are(self):
        schema = self.query("", mode="schema")
        kinds = {f.name: f.metadata[b"iox::column::type"].split(b"::", 1)[1] for f in schema}
        self.assertEqual(kinds, {
            "host": b"column_type::tag", "time": b"column_type::timestamp",
            "load": b"column_type::field::float", "count": b"column_type::field::integer",
            "size": b"column_type::field::uinteger", "up": b"column_type::field::boolean",
            "note": b"column_type::field::string",
        })

    def test_to_pandas(self):
        frame = self.query("ORDER BY host, time", mode="pandas")
        self.assertEqual(frame["count"].tolist(), [0, 1, 2, 0, 1, 2])
        self.assertEqual(frame["time"][1], START + pandas.Timedelta(seconds=1))
        again = self.client.query_dataframe(f'SELECT count(*) AS n FROM "{self.table}"')
        self.assertEqual(again["n"].tolist(), [6])

    def test_by_chunks_and_by_reader(self):
        chunks = self.query("", mode="chunk")
        self.assertEqual(sum(chunk.data.num_rows for chunk in chunks), 6)
        reader = self.query("", mode="reader")
        self.assertEqual(sum(batch.num_rows for batch in reader), 6)

    def test_parameters(self):
        found = self.query("WHERE host = $host AND count > $least ORDER BY time",
                           query_parameters={"host": "b", "least": 0})
        self.assertEqual(found["count"].to_pylist(), [1, 2])

    def test_groups(self):
        found = self.query("GROUP BY host ORDER BY host", "host, max(load) AS top, avg(count) AS c")
        self.assertEqual(found.to_pydict(), {"host": ["a", "b"], "top": [2.5] * 2, "c": [1.0] * 2})

    def test_no_rows_have_a_schema(self):
        found = self.query("WHERE host = 'nobody'")
        self.assertEqual((found.num_rows, len(found.column_names)), (0, 7))

    def test_what_there_is(self):
        found = self.client.query("SHOW TABLES").to_pydict()
        self.assertIn(self.table, found["table_name"])

    def test_asynchronously(self):
        query = f'SELECT load FROM "{self.table}" ORDER BY load DESC LIMIT 1'
        found = asyncio.run(self.client.query_async(query))
        self.assertEqual(found["load"].to_pylist(), [2.5])


class Influxql(Client):
    def test_to_arrow(self):
        found = self.query("WHERE host = 'a'", "load, count", language="influxql")
        self.assertEqual(found["load"].to_pylist(), [0.5, 1.5, 2.5])
        self.assertEqual(set(found["iox::measurement"].to_pylist()), {self.table})

    def test_to_pandas(self):
        found = self.query("GROUP BY host", "sum(load) AS total", language="influxql",
                           mode="pandas")
        self.assertEqual(dict(zip(found["host"], found["total"])), {"a": 4.5, "b": 4.5})

    def test_parameters(self):
        found = self.query("WHERE host = $host", "count", language="influxql",
                           query_parameters={"host": "b"})
        self.assertEqual(found["count"].to_pylist(), [0, 1, 2])

    def test_what_there_is(self):
        found = self.client.query("SHOW MEASUREMENTS", language="influxql").to_pydict()
        self.assertIn(self.table, found["name"])


class Refusals(Client):
    def refused(self, call, words):
        with self.assertRaisesRegex(InfluxDB3ClientQueryError, words):
            call()

    def test_a_query_that_is_none(self):
        self.refused(lambda: self.client.query("SELECT FROM WHERE"), "Error while executing query")
        self.refused(lambda: self.client.query('SELECT * FROM "nowhere"'), "nowhere.* not found")

    def test_an_unknown_database(self):
        with client(database="nowhere") as stranger:
            self.refused(lambda: stranger.query("SELECT 1"), "nowhere")

    def test_a_wrong_token(self):
        with client(token="wrong") as stranger:
            self.refused(lambda: stranger.query("SELECT 1"), "(?i)unauth|denied")


if __name__ == "__main__":
    unittest.main()
