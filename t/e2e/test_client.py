#!/usr/bin/env python3
"""fixgate-client between a real streamer and a real gateway: two clients on one
session, two of one name, QUARANTINE and cursors by hand, rows of one table into
another."""

import os
import random
import signal
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "client"))
import fixgate as fg
from clients import Book
from counterparty import Counterparty
from link import Link
from streams import Client, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer", "fixgate-client")

STREAMS = """
stream("A", "A") { maxLogons = 10 }
stream("B", "B") { maxLogons = 10, toRow = function(row)
  return { ID = row.ID, QTY = row.QTY, HALF = row.PRICE } end }
fixStream("REPORTS", "ExecutionReport") { maxLogons = 10,
  fields = { "ExecID", "LastQty", "LastPx", "NoPartyIDs" } }
"""

ORDER = """{ SESSION = "BROKER", MsgType = "D", ClOrdID = "%s" .. row.ID,
  Symbol = "X", Side = row.QTY == 99999 and "NONE" or "BUY",
  OrderQty = row.QTY, OrdType = "MARKET",
  TransactTime = "20260105-09:00:00" }"""


def router(name, stream, prefix, options=""):
    return """streamerClient("%s") { dataSource = { "S", "%s" }, %s
      startAt = "beginning", onMessage { send("G", "EVENT_FIX_SEND",
      function(row) return %s end, { age = 0 }) } }
    """ % (name, stream, options, ORDER % prefix)


def wait(cond, what, limit=fg.LIMIT):
    fg.wait_until(cond, limit, what)


class World:
    def __init__(self, work):
        self.work = work
        self.port = fg.free_port()
        self.gw = work.gateway("G", sessions=[fg.acceptor(
            "EXCHANGE", "BROKER", self.port, SessionName="BROKER")])
        table(self.gw, "A")
        table(self.gw, "B")
        table(self.gw, "COPY", "ID string, QTY int, HALF decimal, N int")
        self.gw.start()
        self.streamer = Streamer(work, "S", STREAMS, [self.gw]).start()
        self.book = Book(work)
        self.n = 0
        self.other = Counterparty(self.port, random.Random(1), drops=0)
        self.other.start()

    def client(self, text, name=None):
        self.n += 1
        return Client(self.work, name or "c%d" % self.n, text, {
            "S": "unix:" + self.streamer.socket,
            "G": "unix:" + self.gw.socket, "B": self.book.address})

    def insert(self, table, first, last, **columns):
        insert(self.gw, first, last, table, **columns)

    def orders(self):
        """ClOrdIDs of FIX_OUT, in their order."""
        return [fg.Msg(fg.soh(r["FIX_DATA"])).get(11)
                for r in self.gw.rows("FIX_OUT", admin=False)]


def two_on_one_session(w):
    """each keeps its order, neither loses or repeats one, through a kill"""
    one = w.client(router("ONE", "A", "a")).start()
    two = w.client(router("TWO", "B", "b")).start()
    for i in range(5):
        w.insert("A", i * 100 + 1, i * 100 + 100)
        w.insert("B", i * 100 + 1, i * 100 + 100)
        if i == 1:
            one.kill()
            one.start()
        if i == 3:
            w.gw.kill()
            w.gw.start()
    wait(lambda: one.is_live("ONE") and two.is_live("TWO") and
         len(w.orders()) == 1000, "all are sent")
    got = w.orders()
    for prefix in "ab":
        assert [x for x in got if x[0] == prefix] == [
            "%sr%d" % (prefix, i) for i in range(1, 501)], prefix
    assert one.stop() == 0 and two.stop() == 0


def one_of_a_name(w):
    """the one that stood still loses its place, its lane and its cursor"""
    text = router("ONE", "A", "a")
    old = w.client(text, "old").start()
    wait(lambda: old.is_live("ONE"), "the old one is there")
    new = w.client(text, "new").start()
    wait(lambda: new.state("ONE") == "standby", "it stands by")
    old.signal(signal.SIGSTOP)
    w.insert("A", 501, 600)
    wait(lambda: new.is_live("ONE"), "the new one has its place")
    old.signal(signal.SIGCONT)
    w.insert("A", 601, 700)
    wait(lambda: old.state("ONE") == "standby" and
         new.is_live("ONE"), "the old one stands by")
    got = [x for x in w.orders() if x[0] == "a"]
    assert got == ["ar%d" % i for i in range(1, 701)], len(got)
    # takeover = true does not wait.
    third = w.client(router("ONE", "A", "a", "takeover = true,"),
                     "third").start()
    wait(lambda: third.is_live("ONE") and
         new.state("ONE") == "standby", "the third has it")
    w.insert("A", 701, 710)
    wait(lambda: third.is_live("ONE"), "all is sent")
    got = [x for x in w.orders() if x[0] == "a"]
    assert got == ["ar%d" % i for i in range(1, 711)], len(got)
    for c in (old, new, third):
        assert c.stop() == 0


def secrets(w):
    """passwords of an event in QUARANTINE are not shown"""
    with Link(w.gw.socket) as link:
        for send, event in ((
                "1", {"FIELDS": [["Password", "hush1"], ["925", "hush2"],
                                 ["NoX", [{"1402": "hush3"}]]]}), (
                "2", {"FIX_DATA": "35=BE|554=hush4|924=1|"})):
            _, lane = link.ask("LANE_OPEN", CONSUMER="X", KEY="K", SEND=send,
                               SOURCE="x/y/1")
            _, said = link.ask("EVENT_FIX_SEND", SESSION="NOBODY", SEQUENCE=1,
                               PART=0, LANE=lane["LANE"], **event)
            for how in ((), ("--json",)):
                shown = w.gw.ctl("quarantine", "show", said["PARKED"], *how)
                assert "hush" not in shown and "NOBODY" in shown and (
                    "924=1" in shown or '"NoX"' in shown), shown
            w.gw.ctl("quarantine", "drop", said["PARKED"], "--reason",
                     "a test", "--yes")


def by_hand(w):
    """what was given up is listed, dropped, and done after all; a cursor that
    is set is obeyed"""
    c = w.client(router("ONE", "A", "a") + """
    streamerClient("FILLS") { dataSource = { "S", "A" }, startAt = "live",
      onMessage { send("B", "FILL") } }""").start()
    wait(lambda: c.is_live("FILLS"), "it is there")
    w.book.say('{"nack": N, "text": "no such book"}', rows=[711])
    w.insert("A", 711, 711, QTY=99999)
    w.insert("A", 712, 712)
    wait(lambda: len(w.gw.ctl_json("quarantine", "list", "--json")) == 2 and
         w.orders()[-1] == "ar712", "both are given up, and it goes on")
    rows = w.gw.ctl_json("quarantine", "list", "--json")
    assert sorted((r["CONSUMER"], r["ROW_SEQUENCE"], r["CODE"])
                  for r in rows) == [("FILLS", 711, "NACK"),
                                     ("ONE", 711, "BAD_FIELD")], rows
    number = {r["CONSUMER"]: r["SEQUENCE"] for r in rows}
    shown = w.gw.ctl("quarantine", "show", number["FILLS"])
    assert "no such book" in shown and '"QTY":99999' in shown, shown
    shown = w.gw.ctl("quarantine", "show", number["ONE"])
    assert '"SESSION":"BROKER"' in shown and '["Side","NONE"]' in shown, shown
    w.gw.ctl("quarantine", "drop", number["ONE"], "--reason", "typing error",
             "--yes")
    w.book.say()
    w.gw.ctl("quarantine", "retry", number["FILLS"], "--reason", "there now",
             "--yes")
    wait(lambda: [m for m in w.book.lines() if m["attempt"] == 1],
         "it is done again")
    wait(lambda: w.gw.ctl_json("quarantine", "list", "--json") == [],
         "nothing is left")
    m = w.book.lines()[-1]
    assert (m["seq"], m["details"]["ID"], m["details"]["QTY"]) == (
        711, "r711", 99999), m
    done = w.gw.ctl_json("quarantine", "list", "--all", "--json")
    assert sorted(r["STATE"] for r in done) == ["done", "dropped"], done
    # Back, while it runs: the program has the rows again, the gateway not.
    before = len(w.book.lines())
    for name in ("FILLS", "ONE"):
        w.gw.ctl("cursor", "set", name, name, "A", 710, "--reason", "again",
                 "--yes")
    w.insert("A", 713, 713)
    wait(lambda: [m["seq"] for m in w.book.lines()[before:]
                  if m["seq"] != 713] == [711, 712], "they come again")
    wait(lambda: w.orders()[-3:] == ["ar710", "ar712", "ar713"],
         "the gateway has each once")
    shown = w.gw.ctl("clients", "--process", "unix:" + c.socket)
    assert "ONE" in shown and "FILLS" in shown and "live" in shown, shown
    assert c.stop() == 0


def back_pressure(w):
    """a program that stands still: no process grows, another client of the
    same stream has all; and when it answers again nothing is missing"""
    slow = w.client("""streamerClient("SLOW") { dataSource = { "S", "A" },
      startAt = "live", eventHandlerBuffer = 100, updateFrequency = 20,
      sentWarningRange = { 1, 2 }, receiveWarningRange = { 1, 2 },
      onMessage { send("B", "SLOW") } }""").start()
    quick = w.client("""streamerClient("QUICK") { dataSource = { "S", "A" },
      startAt = "live", onMessage { send("G", "EVENT_TABLE_INSERT",
        function(row) return { TABLE = "COPY", QTY = row.QTY } end) } }
      """).start()
    wait(lambda: slow.is_live("SLOW") and quick.is_live("QUICK"), "both")
    text = "x" * 1000
    w.insert("A", 1001, 1200, ID=text)
    wait(lambda: slow.is_live("SLOW") and quick.is_live("QUICK"), "some rows")
    procs = (slow, w.streamer)
    before = [p.memory() for p in procs]
    w.book.freeze()
    w.insert("A", 1201, 21200, ID=text)
    wait(lambda: quick.is_live("QUICK"), "the other one has all")
    wait(lambda: "send B/SLOW: ERROR" in slow.log(), "ERROR")
    state = slow.list()["SLOW"]
    assert (state["HEALTH"], state["STATE"]) == ("ERROR", "replay"), state
    assert state["BLOCKS"][0]["SENDS"][0]["UNANSWERED"] == 100, state
    grown = [p.memory() - b for p, b in zip(procs, before)]
    assert max(grown) < 8 << 20, grown
    w.book.thaw()
    wait(lambda: slow.is_live("SLOW"), "it has all, too")
    got = [m["details"]["QTY"] for m in w.book.lines()
           if m["event"] == "SLOW"]
    assert got == list(range(1001, 21201)), len(got)
    wait(lambda: "send B/SLOW is HEALTHY again" in slow.log(), "HEALTHY")
    print("  behind 20 MB of rows client and streamer grew by %d and %d KB" % (
        grown[0] >> 10, grown[1] >> 10))
    assert slow.stop() == 0 and quick.stop() == 0


def into_a_table(w):
    """EVENT_TABLE_INSERT, of rows that toRow made; a handler that never was"""
    c = w.client("""streamerClient("COPIER") { dataSource = { "S", "B" },
      startAt = "beginning", onMessage { send("G", "EVENT_TABLE_INSERT",
      function(row) if row.QTY > 3 then return nil end
        return { TABLE = "COPY", ID = row.ID, QTY = row.QTY,
          HALF = row.HALF, N = row:sequence() } end) } }""").start()
    wait(lambda: c.is_live("COPIER"), "all are copied")
    rows = w.gw.rows("COPY")
    assert [(r["ID"], r["QTY"], r["HALF"], r["N"]) for r in rows] == [
        ("r1", 1, "0.5", 1), ("r2", 2, "1.0", 2), ("r3", 3, "1.5", 3)], rows
    w.gw.kill()
    c.kill()
    w.gw.start()
    c.start()
    wait(lambda: c.is_live("COPIER"), "it is there again")
    assert len(w.gw.rows("COPY")) == 3
    assert c.stop() == 0


def fix_fields(w):
    """fields of messages, with their groups and exact numbers"""
    c = w.client("""streamerClient("FILLS2") { dataSource = { "S", "REPORTS" },
      startAt = "live", onMessage { send("B", "REPORT") } }""").start()
    wait(lambda: c.is_live("FILLS2"), "it is there")
    w.other.stop = True
    w.other.join()
    assert w.other.error is None, w.other.error
    with w.other.peer as peer:
        peer.connect(w.port)
        peer.logon()
        peer.send("8", "37=1|17=E1|150=F|39=2|55=X|54=1|38=10|32=10.50|31=7.25"
                  "0|151=0|14=10|6=7.25|60=20260105-09:00:00|453=2|448=ME|447="
                  "D|452=3|448=YOU|447=D|452=17")
        wait(lambda: w.book.lines()[-1:] and
             w.book.lines()[-1]["event"] == "REPORT", "it came")
    d = w.book.lines()[-1]["details"]
    assert d["ExecID"] == "E1" and [
        p["PartyID"] for p in d["NoPartyIDs"]] == ["ME", "YOU"], d
    with open(w.book.path + ".out") as f:
        last = f.read().splitlines()[-1]
    assert '"LastQty":10.50,"LastPx":7.250' in last, last
    assert c.stop() == 0


def main():
    with fg.Work() as work:
        w = World(work)
        for test in (two_on_one_session, one_of_a_name, by_hand, secrets,
                     into_a_table, back_pressure, fix_fields):
            test(w)
            print("ok %s: %s" % (test.__name__,
                                 " ".join(test.__doc__.split())))
            sys.stdout.flush()
        assert w.streamer.stop() == 0 and w.gw.stop() == 0


main()
