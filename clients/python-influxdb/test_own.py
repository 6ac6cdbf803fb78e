"""The v1 client on a server of v1: all that its users do, read back through the same client."""

import os
import unittest
import uuid
from urllib.parse import urlsplit

import pandas
from influxdb import DataFrameClient, InfluxDBClient
from influxdb.exceptions import InfluxDBClientError

SERVER = urlsplit(os.environ["LINEPROOF_URL"])
TOKEN = os.environ["LINEPROOF_TOKEN"]

# 2021-07-20T08:00:00Z, a whole hour, so that every precision can say it.
HOUR = 1626768000
POINT = {
    "measurement": "weather",
    "tags": {"place": "Bad Urach", "kind": "a=b,c"},
    "time": "2021-07-20T08:00:00Z",
    "fields": {"warm": 21.5, "count": 3, "wet": False, "note": 'say "hi", \\ there'},
}


def client(kind=InfluxDBClient, **options):
    """A client as the server's administrator."""
    return kind(SERVER.hostname, SERVER.port, "admin", TOKEN, **options)


class Client(unittest.TestCase):
    """A database for each test."""

    def setUp(self):
        self.name = "test " + uuid.uuid4().hex
        self.client = client(database=self.name)
        self.client.create_database(self.name)

    def tearDown(self):
        self.client.drop_database(self.name)
        self.client.close()

    def points(self, query, **options):
        return list(self.client.query(query, **options).get_points())


class Databases(Client):
    def test_ping_tells_the_version(self):
        self.assertRegex(self.client.ping(), r"^v?1\.")

    def test_create_list_drop(self):
        self.assertIn({"name": self.name}, self.client.get_list_database())
        self.client.drop_database(self.name)
        self.assertNotIn({"name": self.name}, self.client.get_list_database())

    def test_retention_policies(self):
        self.client.create_retention_policy("week", "7d", 1, default=True)
        self.client.alter_retention_policy("week", duration="14d", shard_duration="1d")
        policies = {p["name"]: p for p in self.client.get_list_retention_policies()}
        self.assertEqual(set(policies), {"autogen", "week"})
        week = policies["week"]
        self.assertEqual((week["duration"], week["default"]), ("336h0m0s", True))
        self.assertEqual(week["shardGroupDuration"], "24h0m0s")
        self.client.drop_retention_policy("week")
        names = [p["name"] for p in self.client.get_list_retention_policies()]
        self.assertEqual(names, ["autogen"])

    def test_users_and_their_rights(self):
        user = "u" + uuid.uuid4().hex
        self.client.create_user(user, "secret")
        self.assertIn({"user": user, "admin": False}, self.client.get_list_users())
        self.client.grant_privilege("read", self.name, user)
        rights = [{"database": self.name, "privilege": "READ"}]
        self.assertEqual(self.client.get_list_privileges(user), rights)

        theirs = InfluxDBClient(SERVER.hostname, SERVER.port, user, "secret", self.name)
        self.assertEqual(list(theirs.query("SELECT * FROM weather")), [])
        with self.assertRaises(InfluxDBClientError) as refused:
            theirs.write_points([POINT])
        self.assertEqual(refused.exception.code, 403)
        theirs.close()

        self.client.revoke_privilege("read", self.name, user)
        self.client.set_user_password(user, "other")
        self.client.grant_admin_privileges(user)
        self.assertIn({"user": user, "admin": True}, self.client.get_list_users())
        self.client.revoke_admin_privileges(user)
        self.client.drop_user(user)
        self.assertNotIn(user, [u["user"] for u in self.client.get_list_users()])

    def test_a_wrong_password(self):
        stranger = InfluxDBClient(SERVER.hostname, SERVER.port, "admin", "wrong", self.name)
        with self.assertRaises(InfluxDBClientError) as refused:
            stranger.query("SHOW DATABASES")
        self.assertEqual(refused.exception.code, 401)
        self.assertEqual(refused.exception.content, '{"error":"authorization failed"}')
        stranger.close()


class Writes(Client):
    def test_a_point_comes_back_as_it_was(self):
        self.assertTrue(self.client.write_points([POINT]))
        expected = {"time": POINT["time"], **POINT["tags"], **POINT["fields"]}
        self.assertEqual(self.points("SELECT * FROM weather"), [expected])

    def test_each_precision(self):
        for precision, per_hour in [
            ("n", 10**9), ("u", 10**6), ("ms", 10**3), ("s", 1), ("m", 1 / 60), ("h", 1 / 3600),
        ]:
            point = {"measurement": precision, "time": int(HOUR * per_hour), "fields": {"v": 1}}
            self.client.write_points([point], time_precision=precision)
            found = self.points(f'SELECT v FROM "{precision}"', epoch="s")
            self.assertEqual(found, [{"time": HOUR, "v": 1}], precision)

    def test_line_protocol(self):
        lines = [f"lines,t=a v={n}i {HOUR + n}" for n in range(3)]
        self.client.write_points(lines, time_precision="s", protocol="line")
        self.client.write(f"lines,t=b v=9i {HOUR}", {"db": self.name, "precision": "s"},
                          protocol="line")
        found = self.points("SELECT sum(v) AS total FROM lines WHERE time > 0 GROUP BY t")
        self.assertEqual([row["total"] for row in found], [3, 9])

    def test_batches_and_shared_tags(self):
        points = [{"measurement": "b", "time": HOUR + n, "fields": {"v": n}} for n in range(25)]
        self.client.write_points(points, "s", tags={"host": "h"}, batch_size=10)
        self.assertEqual(self.points("SELECT count(v) FROM b WHERE host = 'h'")[0]["count"], 25)

    def test_a_body_in_gzip(self):
        zipped = client(database=self.name, gzip=True)
        zipped.write_points([POINT])
        self.assertEqual(len(list(zipped.query("SELECT * FROM weather").get_points())), 1)
        zipped.close()

    def test_another_retention_policy(self):
        self.client.create_retention_policy("long", "INF", 1)
        self.client.write_points([POINT], retention_policy="long")
        self.assertEqual(self.points("SELECT * FROM weather"), [])
        self.assertEqual(len(self.points("SELECT * FROM long.weather")), 1)

    def test_a_bad_line_is_refused_and_the_good_ones_kept(self):
        with self.assertRaises(InfluxDBClientError) as refused:
            self.client.write_points(["good v=1 1", "bad v= 2", "good v=2 3"], protocol="line")
        self.assertEqual(refused.exception.code, 400)
        self.assertIn("unable to parse 'bad v= 2': missing field value", str(refused.exception))
        self.assertEqual([p["v"] for p in self.points("SELECT v FROM good")], [1, 2])

    def test_a_field_of_another_type(self):
        self.client.write_points(["m v=1"], protocol="line")
        with self.assertRaises(InfluxDBClientError) as refused:
            self.client.write_points(['m v="text"'], protocol="line")
        self.assertEqual(refused.exception.code, 400)
        self.assertIn("field type conflict", str(refused.exception))

    def test_an_unknown_database(self):
        with self.assertRaises(InfluxDBClientError) as refused:
            self.client.write_points([POINT], database="nowhere")
        self.assertEqual(refused.exception.code, 404)
        self.assertEqual(refused.exception.content, '{"error":"database not found: \\"nowhere\\""}')


class Queries(Client):
    def setUp(self):
        super().setUp()
        lines = [
            f"cpu,host={host},core={core} load={n * 10 + core},up=true {HOUR + n * 60}"
            for host in ("a", "b") for core in (0, 1) for n in range(5)
        ]
        self.client.write_points(lines + [f"disk,host=a free=7i {HOUR}"], "s", protocol="line")

    def test_a_result_set_by_measurement_and_tags(self):
        found = self.client.query("SELECT load FROM cpu GROUP BY host, core")
        self.assertEqual(len(found), 4)
        self.assertIn(("cpu", {"host": "a", "core": "1"}), found.keys())
        loads = [p["load"] for p in found.get_points("cpu", {"host": "b", "core": "1"})]
        self.assertEqual(loads, [1, 11, 21, 31, 41])

    def test_several_statements(self):
        cpu, disk = self.client.query("SELECT count(load) FROM cpu; SELECT free FROM disk")
        self.assertEqual(next(cpu.get_points())["count"], 20)
        self.assertEqual(next(disk.get_points())["free"], 7)

    def test_bound_parameters(self):
        query = "SELECT load FROM cpu WHERE host = $host AND load > $least"
        found = self.points(query, bind_params={"host": "a", "least": 30})
        self.assertEqual([p["load"] for p in found], [31, 40, 41])

    def test_by_post(self):
        self.assertEqual(len(self.points("SELECT * FROM disk", method="POST")), 1)

    def test_windows_with_fill(self):
        query = (
            "SELECT mean(load) FROM cpu WHERE host = 'a' AND time >= '2021-07-20T08:00:00Z' "
            "AND time < '2021-07-20T08:08:00Z' GROUP BY time(2m) fill(0)"
        )
        self.assertEqual([p["mean"] for p in self.points(query)], [5.5, 25.5, 40.5, 0])

    def test_each_epoch(self):
        units = {"ns": 10**9, "u": 10**6, "ms": 10**3, "s": 1, "m": 1 / 60, "h": 1 / 3600}
        for epoch, per_second in units.items():
            found = self.points("SELECT free FROM disk", epoch=epoch)
            self.assertEqual(found[0]["time"], int(HOUR * per_second), epoch)

    def test_chunks(self):
        # The client cannot read several documents of MessagePack, which it asks for by itself.
        json = client(database=self.name, headers={"Accept": "application/json"})
        query = "SELECT load FROM cpu WHERE host = 'a' AND core = '0'"
        chunks = list(json.query(query, chunked=True, chunk_size=2))
        sizes = [len(list(chunk.get_points())) for chunk in chunks]
        self.assertEqual(sizes, [2, 2, 1])
        json.close()

    def test_what_there_is(self):
        names = [m["name"] for m in self.client.get_list_measurements()]
        self.assertEqual(names, ["cpu", "disk"])
        self.assertEqual(self.client.get_list_series(measurement="disk"), ["disk,host=a"])
        series = self.client.get_list_series(tags={"core": "1"})
        self.assertEqual(series, ["cpu,core=1,host=a", "cpu,core=1,host=b"])
        keys = [k["tagKey"] for k in self.points("SHOW TAG KEYS FROM cpu")]
        self.assertEqual(keys, ["core", "host"])
        values = [v["value"] for v in self.points('SHOW TAG VALUES FROM cpu WITH KEY = "host"')]
        self.assertEqual(values, ["a", "b"])
        fields = {f["fieldKey"]: f["fieldType"] for f in self.points("SHOW FIELD KEYS FROM cpu")}
        self.assertEqual(fields, {"load": "float", "up": "boolean"})

    def test_series_and_measurements_are_deleted(self):
        self.client.delete_series(measurement="cpu", tags={"host": "a"})
        self.assertEqual(len(self.points("SELECT * FROM cpu")), 10)
        self.client.drop_measurement("disk")
        names = [m["name"] for m in self.client.get_list_measurements()]
        self.assertEqual(names, ["cpu"])

    def test_a_query_that_is_none(self):
        with self.assertRaises(InfluxDBClientError) as refused:
            self.client.query("SELECT FROM nothing")
        self.assertEqual(refused.exception.code, 400)
        self.assertIn("error parsing query: found FROM, expected", str(refused.exception))

    def test_an_error_of_a_statement(self):
        with self.assertRaisesRegex(InfluxDBClientError, "database not found: nowhere"):
            self.client.query("SELECT * FROM cpu", database="nowhere")


class Frames(Client):
    def setUp(self):
        super().setUp()
        self.frames = client(DataFrameClient, database=self.name)

    def tearDown(self):
        self.frames.close()
        super().tearDown()

    def test_a_frame_comes_back(self):
        times = pandas.date_range("2021-07-20", periods=4, freq="h", tz="UTC")
        frame = pandas.DataFrame({"v": [1.5, 2.5, 3.5, 4.5], "n": [1, 2, 3, 4]}, index=times)
        self.frames.write_points(frame, "frame", tags={"t": "x"})
        found = self.frames.query("SELECT n, v FROM frame")["frame"]
        self.assertEqual(list(found.index), list(times))
        self.assertEqual(found["v"].tolist(), [1.5, 2.5, 3.5, 4.5])
        self.assertEqual(found["n"].tolist(), [1, 2, 3, 4])

    def test_columns_as_tags(self):
        times = pandas.to_datetime([HOUR, HOUR + 1], unit="s", utc=True)
        frame = pandas.DataFrame({"host": ["a", "b"], "v": [1.0, 2.0]}, index=times)
        self.frames.write_points(frame, "frame", tag_columns=["host"], protocol="line")
        found = self.frames.query("SELECT v FROM frame GROUP BY host")
        self.assertEqual(found[("frame", (("host", "b"),))]["v"].tolist(), [2.0])


if __name__ == "__main__":
    unittest.main()
