"""The v1 client on later products, which keep `/write` and `/query` for it.

The token is the password, whatever the user is called.
"""

import json
import os
import unittest
import urllib.request
import uuid
from urllib.parse import urlsplit

from influxdb import InfluxDBClient
from influxdb.exceptions import InfluxDBClientError

SERVER = urlsplit(os.environ["LINEPROOF_URL"])
TOKEN = os.environ["LINEPROOF_TOKEN"]
DATABASE = os.environ["LINEPROOF_DATABASE"]
FACTS = os.environ.get("LINEPROOF_FACTS", "").split()
# v1's `u` is `us` later; where it is taken for nanoseconds without a word, so it is here.
PRECISIONS = {"n": 10**9, "u": 10**9 if "u-is-nanoseconds" in FACTS else 10**6, "ms": 10**3, "s": 1}

HOUR = 1626768000  # 2021-07-20T08:00:00Z


def client(token=TOKEN):
    """A client as its users make one for this server."""
    headers = {}
    if "no-messagepack" in FACTS:
        headers["Accept"] = "application/json"
    if "password-is-no-token" in FACTS:
        headers["Authorization"] = "Token " + token
    return InfluxDBClient(
        SERVER.hostname, SERVER.port, "anybody", token, DATABASE, headers=headers,
    )


def setUpModule():
    """Maps the database to its bucket, as the server's operator does where nothing else does it."""
    if "mapping-is-made-by-hand" not in FACTS:
        return

    def ask(path, body=None):
        request = urllib.request.Request(
            SERVER.geturl() + path, body and json.dumps(body).encode(),
            {"Authorization": "Token " + TOKEN, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    [bucket] = ask("/api/v2/buckets?name=" + DATABASE)["buckets"]
    ask("/api/v2/dbrps", {
        "bucketID": bucket["id"], "orgID": bucket["orgID"], "database": DATABASE,
        "retention_policy": "autogen", "default": True,
    })


class Client(unittest.TestCase):
    """A measurement for each test."""

    def setUp(self):
        self.name = "m" + uuid.uuid4().hex
        self.client = client()

    def tearDown(self):
        self.client.close()

    def points(self, query, **options):
        return list(self.client.query(query, **options).get_points())

    def write(self, *lines, precision="s"):
        return self.client.write_points(list(lines), precision, protocol="line")


class Compatible(Client):
    def test_a_point_comes_back_as_it_was(self):
        fields = {"warm": 21.5, "count": 3, "wet": False, "note": 'say "hi", \\ there'}
        tags = {"place": "Bad Urach", "kind": "a=b,c"}
        time = "2021-07-20T08:00:00Z"
        point = {"measurement": self.name, "tags": tags, "time": time, "fields": fields}
        self.client.write_points([point])
        self.assertEqual(self.points(f"SELECT * FROM {self.name}"),
                         [{"time": time, **tags, **fields}])

    def test_each_precision(self):
        for n, (precision, per_second) in enumerate(PRECISIONS.items()):
            self.write(f"{self.name} v={n} {HOUR * per_second}", precision=precision)
            found = self.points(f"SELECT v FROM {self.name}", epoch="s")
            self.assertEqual(found, [{"time": HOUR, "v": n}], precision)

    def test_bound_parameters_and_groups(self):
        self.write(*(f"{self.name},t={t} v={n} {HOUR + n}" for t in "ab" for n in range(4)))
        query = f"SELECT v FROM {self.name} WHERE t = $t AND v > $least"
        found = self.points(query, bind_params={"t": "b", "least": 1})
        self.assertEqual([row["v"] for row in found], [2, 3])
        found = self.client.query(f"SELECT count(v) FROM {self.name} GROUP BY t")
        self.assertEqual(sorted(key[1]["t"] for key in found.keys()), ["a", "b"])

    def test_what_there_is(self):
        self.write(f"{self.name},t=a v=1 {HOUR}")
        self.assertIn({"name": self.name}, self.client.get_list_measurements())
        keys = self.points(f"SHOW FIELD KEYS FROM {self.name}")
        self.assertEqual(keys, [{"fieldKey": "v", "fieldType": "float"}])

    def test_a_bad_line(self):
        with self.assertRaises(InfluxDBClientError) as refused:
            self.write(f"{self.name} v= 1")
        self.assertEqual(refused.exception.code, 400)

    def test_a_wrong_token(self):
        stranger = client("wrong")
        with self.assertRaises(InfluxDBClientError) as refused:
            stranger.query("SHOW MEASUREMENTS")
        self.assertEqual(refused.exception.code, 401)
        stranger.close()


if __name__ == "__main__":
    unittest.main()
