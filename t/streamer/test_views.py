#!/usr/bin/env python3
"""Views: rows of a table with those of keyed tables beside them, as they were
when the row was committed: live, replayed, replayed after later changes, after
kill -9 of the gateway, and by a second streamer. FG_SEED says which changes."""

import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer

fg.need("fixgated", "fixgate-streamer", "fixgate-client")

SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
TABLES = """
[TABLE ORDERS]
Columns=ID string, ACCOUNT_ID string, DESK int, PRICE decimal
[TABLE ACCOUNTS]
Columns=ACCOUNT string, NAME string, LIMIT decimal, SINCE timestamp, VIP bool
Key=ACCOUNT
[TABLE DESKS]
Columns=CITY string, NUMBER int
Key=NUMBER
[TABLE PRICES]
Columns=PRICE decimal, NOTE string
Key=PRICE
"""
JOIN = {"ACCOUNT": {"TABLE": "ACCOUNTS", "ON": "ACCOUNT_ID"},
        "DESK": {"TABLE": "DESKS", "ON": "DESK"}}
LUA = """
view("ORDER_VIEW", { from = "ORDERS", join = {
  ACCOUNT = { table = "ACCOUNTS", on = "ACCOUNT_ID" },
  DESK = { table = "DESKS", on = "DESK" } } })
stream("ORDERS_FULL", "ORDER_VIEW") { maxLogons = 9 }
stream("VIPS", "ORDER_VIEW") { maxLogons = 9,
  fields = { "ID", "ACCOUNT_NAME", "DESK_CITY" },
  where = function(row) return row.ACCOUNT_VIP end }
stream("PLAIN", "ORDERS") { maxLogons = 9 }
"""
COLUMNS = ["SEQUENCE", "TIMESTAMP", "ID", "ACCOUNT_ID", "DESK", "PRICE",
           "ACCOUNT_SEQUENCE", "ACCOUNT_TIMESTAMP", "ACCOUNT_ACCOUNT",
           "ACCOUNT_NAME", "ACCOUNT_LIMIT", "ACCOUNT_SINCE", "ACCOUNT_VIP",
           "DESK_SEQUENCE", "DESK_TIMESTAMP", "DESK_CITY", "DESK_NUMBER"]


class World:
    """What was inserted, and what each order is to be joined with."""

    def __init__(self, g, rnd):
        self.g, self.rnd = g, rnd
        self.accounts, self.desks = {}, {}
        self.counts = {"ORDERS": 0, "ACCOUNTS": 0, "DESKS": 0}
        self.want = []

    def insert(self, link, table, **columns):
        kind, said = link.ask("EVENT_TABLE_INSERT", TABLE=table,
                              COLUMNS=columns)
        assert kind == "EVENT_ACK", said
        self.counts[table] += 1
        assert said["ROW_SEQUENCE"] == self.counts[table]

    def account(self, link):
        name = "a%d" % self.rnd.randrange(6)
        columns = {"ACCOUNT": name, "NAME": "n%d" % self.rnd.randrange(1000),
                   "LIMIT": "%d.50" % self.rnd.randrange(9),
                   "VIP": self.rnd.random() < 0.5}
        self.insert(link, "ACCOUNTS", **columns)
        self.accounts[name] = dict(columns,
                                   SEQUENCE=self.counts["ACCOUNTS"])

    def desk(self, link):
        number = self.rnd.randrange(-2, 3)
        columns = {"NUMBER": number, "CITY": "c%d" % self.rnd.randrange(99)}
        self.insert(link, "DESKS", **columns)
        self.desks[number] = dict(columns, SEQUENCE=self.counts["DESKS"])

    def order(self, link):
        account = self.rnd.choice([None, "a?"] +
                                  ["a%d" % i for i in range(6)])
        desk = self.rnd.choice([None] + list(range(-2, 4)))
        self.insert(link, "ORDERS", ID="o%d" % len(self.want), DESK=desk,
                    ACCOUNT_ID=account, PRICE="1.5")
        a, d = self.accounts.get(account), self.desks.get(desk)
        self.want.append(("o%d" % len(self.want),
                          a and (a["SEQUENCE"], a["NAME"], a["LIMIT"],
                                 a["VIP"]),
                          d and (d["SEQUENCE"], d["CITY"])))

    def go_on(self, steps):
        with Link(self.g.socket) as link:
            for _ in range(steps):
                self.rnd.choice([self.account, self.desk, self.order,
                                 self.order])(link)


def joined(maps):
    """What World.want says, of rows that came."""
    out = []
    for r in maps:
        a = r["ACCOUNT_SEQUENCE"] and (
            r["ACCOUNT_SEQUENCE"], r["ACCOUNT_NAME"], r["ACCOUNT_LIMIT"],
            r["ACCOUNT_VIP"])
        d = r["DESK_SEQUENCE"] and (r["DESK_SEQUENCE"], r["DESK_CITY"])
        assert (r["ACCOUNT_TIMESTAMP"] is None) == (a is None), r
        assert a is None or r["ACCOUNT_ACCOUNT"] == r["ACCOUNT_ID"], r
        assert d is None or r["DESK_NUMBER"] == r["DESK"], r
        out.append((r["ID"], a, d))
    return out


def replay(s, w, stream="ORDER_VIEW", **how):
    with Logon(s, stream, client="R", **how) as c:
        assert c.code is None, c.ack
        return c.maps(w.counts["ORDERS"])


def same_for_ever(work, g, s, w):
    w.go_on(60)
    with Logon(s, "ORDERS_FULL", client="LIVE") as live:
        assert live.columns() == COLUMNS, live.columns()
        w.go_on(100)
        seen = live.maps(w.counts["ORDERS"])
        assert joined(seen) == w.want
        # Many at once: what is in one commit is not ours to say, but the same
        # comes again.
        with Link(g.socket) as link:
            for i in range(600):
                table, columns = w.rnd.choice([
                    ("ACCOUNTS", {"ACCOUNT": "a1", "NAME": "x%d" % i}),
                    ("ORDERS", {"ID": "x%d" % i, "ACCOUNT_ID": "a1"})])
                w.counts[table] += 1
                link.put("EVENT_TABLE_INSERT", TABLE=table, COLUMNS=columns)
                if i % 100 == 99:  # several commits, whoever is slow
                    link.file.flush()
                    for _ in range(100):
                        kind, _, said = link.recv()
                        assert kind == "EVENT_ACK", said
        seen = live.maps(w.counts["ORDERS"])
    assert len(seen) == w.counts["ORDERS"]
    last = [r["ACCOUNT_SEQUENCE"] for r in seen if r["ID"][0] == "x"]
    assert last == sorted(last) and len(set(last)) > 3, last
    assert replay(s, w) == seen
    assert replay(s, w, "ORDERS_FULL", AFTER=7) == seen[7:]
    with Link(g.socket) as link:  # later changes change nothing
        for _ in range(30):
            w.account(link)
            w.desk(link)
    assert replay(s, w) == seen
    g.kill()
    g.start()
    s.wait_up()
    assert replay(s, w) == seen
    # One row at a time, and a second streamer behind the first.
    with Logon(s, "ORDERS_FULL", client="SLOW", credit=0) as slow:
        for n in range(1, 30):
            slow.credit(1)
            assert slow.maps(n) == seen[:n]
    t = Streamer(work, "t", 'stream("AGAIN", "ORDERS_FULL") '
                 '{ fields = { "ID", "DESK_CITY" } }\n', sources=[s])
    t.start().wait_up()
    got = replay(t, w, "AGAIN")
    assert got == [{k: r[k] for k in ("ID", "DESK_CITY")} for r in seen]
    assert t.stop() == 0
    with Logon(s, "VIPS", client="V") as c:
        got = c.maps(w.counts["ORDERS"])
    assert got == [{k: r[k] for k in ("ID", "ACCOUNT_NAME", "DESK_CITY")}
                   for r in seen if r["ACCOUNT_VIP"]] and got
    with Logon(s, "PLAIN") as c:
        assert c.columns() == COLUMNS[:6]
    print("ok same_for_ever: %d orders, %d versions" % (
        w.counts["ORDERS"], w.counts["ACCOUNTS"] + w.counts["DESKS"]))


def through_a_client(work, g, s, w):
    """A client makes rows of a view; it and the gateway are killed, accounts
    change, and each row is made once, of the account as it was."""
    path = work.path("c.lua")
    with open(path, "w") as f:
        f.write("""
process("S", "unix:%s")
process("G", "unix:%s")
streamerClient("FILL") { dataSource = { "S", "ORDER_VIEW" },
  startAt = "beginning",
  onMessage { where = function(o) return o.ACCOUNT_SEQUENCE ~= nil end,
    send("G", "EVENT_TABLE_INSERT", function(o)
      return { TABLE = "FULL", ORDER = o.ID, NAME = o.ACCOUNT_NAME,
        LIMIT = o.ACCOUNT_LIMIT, VERSION = o.ACCOUNT_SEQUENCE } end) } }
""" % (s.socket, g.socket))

    def client():
        return work.proc("c%d" % w.counts["ORDERS"], fg.valgrind() + [
            fg.program("fixgate-client"), path]).start()

    def made():
        return [(r["ORDER"], r["NAME"], r["LIMIT"], r["VERSION"])
                for r in g.ctl_json("tail", "FULL", "--json", "--after", 0)]

    c = client()
    fg.wait_until(lambda: len(made()) > 50, what="rows")
    c.kill()
    w.go_on(40)
    c = client()
    g.kill()
    g.start()
    s.wait_up()
    w.go_on(40)
    want = [(r["ID"], r["ACCOUNT_NAME"], r["ACCOUNT_LIMIT"],
             r["ACCOUNT_SEQUENCE"]) for r in replay(s, w, "ORDERS_FULL")
            if r["ACCOUNT_SEQUENCE"] is not None]
    fg.wait_until(lambda: len(made()) >= len(want), what="all rows")
    assert made() == want
    assert c.stop() == 0, c.log()
    print("ok through_a_client: %d rows" % len(want))


def at_the_gateway(g):
    """JOIN of a TAIL: keys of each type, and what is refused."""
    with Link(g.socket) as link:
        for table, columns in (
                ("PRICES", {"PRICE": "1.50", "NOTE": "text"}),
                ("PRICES", {"PRICE": "1.5", "NOTE": "other text"}),
                ("ORDERS", {"ID": "p", "PRICE": "1.50"})):
            kind, said = link.ask("EVENT_TABLE_INSERT", TABLE=table,
                                  COLUMNS=columns)
            assert kind == "EVENT_ACK", said
        kind, ack = link.ask("TAIL", TABLE="ORDERS", LAST=1, CREDIT=9, JOIN={
            "P": {"TABLE": "PRICES", "ON": "PRICE"}})
        names = [c[0] for c in ack["COLUMNS"]]
        assert ["P_PRICE", "decimal"] in ack["COLUMNS"], ack
        row = dict(zip(names, link.recv()[2]["ROWS"][0]))
        assert (row["P_NOTE"], row["P_SEQUENCE"]) == ("text", 1), row
        for table, join, code, why in (
                ("ORDERS", {}, "BAD_REQUEST", "map of 1 to"),
                ("ORDERS", 1, "BAD_REQUEST", "map of 1 to"),
                ("ORDERS", {"X": 1}, "BAD_REQUEST", "{TABLE, ON}"),
                ("ORDERS", {"X": {"TABLE": "DESKS"}}, "BAD_REQUEST",
                 "must be names"),
                ("ORDERS", {"X": {"TABLE": "NONE", "ON": "ID"}}, "NO_TABLE",
                 "there is no [TABLE NONE]"),
                ("ORDERS", {"X": {"TABLE": "FIX_IN", "ON": "ID"}},
                 "NO_TABLE", "there is no"),
                ("DESKS", {"X": {"TABLE": "ORDERS", "ON": "CITY"}},
                 "BAD_REQUEST", "has no key"),
                ("ORDERS", {"X": {"TABLE": "DESKS", "ON": "NUM"}},
                 "BAD_REQUEST", "no column NUM"),
                ("ORDERS", {"X": {"TABLE": "DESKS", "ON": "ID"}},
                 "BAD_REQUEST", "not of the same type"),
                ("ACCOUNTS", {"VIP": {"TABLE": "DESKS", "ON": "VIP"}},
                 "BAD_REQUEST", "not of the same type"),
                ("ORDERS", {"ACCOUNT": {"TABLE": "IDS", "ON": "ID"}},
                 "BAD_REQUEST", "two columns ACCOUNT_ID"),
                ("ORDERS", {"X%d" % i: {"TABLE": "DESKS", "ON": "DESK"}
                            for i in range(17)}, "BAD_REQUEST", "1 to 16")):
            kind, said = link.ask("TAIL", TABLE=table, JOIN=join)
            assert kind == "NACK" and said["CODE"] == code and \
                why in said["TEXT"], (join, said)
        # Rows of the gateway's own tables have keyed tables beside them, too.
        kind, ack = link.ask("TAIL", TABLE="SESSION_EVENT", CREDIT=9, JOIN={
            "A": {"TABLE": "ACCOUNTS", "ON": "CONNECTION_NAME"}})
        assert kind == "TAIL_ACK" and ["A_LIMIT", "decimal"] in \
            ack["COLUMNS"], ack
        # A tail that ends while a message of it is being made.
        for _ in range(200):
            ref = link.send("TAIL", TABLE="ORDERS", FROM="beginning",
                            CREDIT=10 ** 6, JOIN=JOIN)
            link.send("UNTAIL", ref=ref)
        kind, said = link.ask("TABLES", TABLE="ORDERS")
        assert kind == "TABLES_ACK"
    for _ in range(20):
        with Link(g.socket) as link:
            link.send("TAIL", TABLE="ORDERS", FROM="beginning",
                      CREDIT=10 ** 6, JOIN=JOIN)
    print("ok at_the_gateway")


def wrong_views(work, g, s):
    """Said in STREAM_LIST, with the line; the other streams are served."""
    bad = Streamer(work, "bad", "", sources=())
    bad.head = 'process("G", "unix:%s")\nprocess("S", "unix:%s")\n' \
        'listen("unix:%s")\n' % (g.socket, s.socket, bad.socket)
    bad.write("""
view("NO_TABLE", { from = "G.ORDERS", join = {
  X = { table = "NONE", on = "ID" } } })
view("NO_KEY", { from = "G.ORDERS", join = {
  X = { table = "ORDERS", on = "ID" } } })
view("NO_COLUMN", { from = "G.ORDERS", join = {
  X = { table = "DESKS", on = "NUM" } } })
view("NO_GATEWAY", { from = "S.PLAIN", join = {
  X = { table = "DESKS", on = "DESK" } } })
stream("GOOD", "G.ORDERS") { }
""")
    bad.start().wait_up()
    for name, why in (("NO_TABLE", "table NONE of G: there is no such table"),
                      ("NO_KEY", "table ORDERS of G: it has no key"),
                      ("NO_GATEWAY", "S is no gateway")):
        stream = fg.wait_until(
            lambda: (lambda x: x if x["HEALTH"] == "ERROR" else None)(
                bad.list()[name]), what=name)
        assert why in stream["TEXT"] and "bad.lua:" in stream["TEXT"], stream
        with Logon(bad, name) as c:
            assert c.code == "NO_TABLE" and why in c.ack["TEXT"], c.ack
    with Logon(bad, "NO_COLUMN") as c:
        assert c.code == "BAD_REQUEST" and "no column NUM" in c.ack["TEXT"], \
            c.ack
    with Logon(bad, "GOOD") as c:
        assert c.code is None, c.ack
    assert bad.stop() == 0
    bad.write('view("V", { from = "G.ORDERS", join = { X = { table = "DESKS",'
              ' on = "DESK" } } })\nstream("V", "G.ORDERS") { }\n')
    fg.Proc.start(bad)
    assert bad.wait() == 1 and "there is a stream of this name" in bad.log(), \
        bad.log()
    print("ok wrong_views")


def main():
    print("FG_SEED=%d" % SEED)
    with fg.Work() as work:
        g = work.gateway("g")
        g.configure(fg.settings(g.keys) + TABLES +
                    "[TABLE IDS]\nColumns=ID string\nKey=ID\n"
                    "[TABLE FULL]\nColumns=ORDER string, NAME string, "
                    "LIMIT decimal, VERSION int\n")
        g.start()
        s = Streamer(work, "s", LUA, sources=[g]).start().wait_up()
        w = World(g, random.Random(SEED))
        same_for_ever(work, g, s, w)
        through_a_client(work, g, s, w)
        at_the_gateway(g)
        wrong_views(work, g, s)
        assert s.stop() == 0
        assert g.stop() == 0


main()
