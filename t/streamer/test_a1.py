#!/usr/bin/env python3
"""What a streamer promises, row by row of the list of features that the field
expects: a function for each, by its number."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

ROWS = 300  # at first
LUA = """
stream("ALL", "T") { maxLogons = 9 }
stream("ONE", "T") { }
stream("TEN", "T") { batchSize = 10, maxLogons = 2 }
stream("NONE", "T") { where = function(row) return false end }
stream("EVEN", "T") { where = function(row) return row.QTY % 2 == 0 end }
stream("MINE", "T") { maxLogons = 2, where = function(row, logon)
  return row.QTY >= logon.LOW and row.QTY <= logon.HIGH and
    (logon.WHO == nil or row.ID == logon.WHO)
end }
stream("FIELDS", "T") { fields = {
  "ID", { "QTY", prefix = "X_" }, { "PRICE", as = "P", format = "#,##0.000" },
  { "TIMESTAMP", as = "DAY", format = "yyyyMMdd" },
  { "ID", as = "F", format = function(v) return v .. "!" end },
  SUM = "PRICE", A = "QTY" } }
stream("MAP", "T") { toRow = function(row)
  if row.QTY == 2 then return nil end
  return { ID = row.ID, DOUBLE = row.PRICE * 2, BIG = row.QTY > 2,
    LEGS = { { N = 1, P = row.PRICE }, { N = 2 } } }
end }
stream("LOG", "T") { where = function(row)
  if row.QTY == 7 then log.warn("seven: " .. row.ID); print("printed") end
  return true
end }
stream("ENDS", "T") { where = function(row)
  if row.QTY == 5 then error("five is bad") end
  return true
end }
stream("GOES_ON", "T") { terminateOnError = false, where = function(row)
  if row.QTY % 100 == 5 then error("five is bad") end
  return true
end }
stream("QUICK", "T") { logoffTimeout = 100 }
stream("PATIENT", "T") { }
"""
SECOND = """
stream("SECOND", "T") { fields = { "ID" } }
"""


def sequences(got):
    return [r[0] for r in got]


def a1_1_ordered_by_sequence(g, s):
    with Logon(s, "ALL") as c:
        assert sequences(c.rows(ROWS)) == list(range(1, ROWS + 1))
        assert c.ack["COLUMNS"] == [
            ["SEQUENCE", "int"], ["TIMESTAMP", "time"], ["ID", "text"],
            ["QTY", "int"], ["PRICE", "decimal"]], c.ack
        row = c.got[16]
        assert row[1] == row[3] and row[2] == 17, row
        assert row[4:] == ["r17", 17, "8.5"], row
        uuid, name, incarnation = c.ack["SOURCE"].split("/")
        assert (name, incarnation) == ("T", "1"), c.ack


def a1_2_inserts_only(g, s):
    """A row comes once, whatever happens later, and never changes."""
    with Logon(s, "ALL") as c:
        first = list(c.rows(ROWS))
        insert(g, ROWS + 1, ROWS + 1)
        assert sequences(c.rows(ROWS + 1)) == list(range(1, ROWS + 2))
    with Logon(s, "ALL") as c:
        assert c.rows(ROWS)[:ROWS] == first
    return ROWS + 1


def a1_3_logon_without_sequence(g, s, upto):
    with Logon(s, "ALL", FROM="live") as c:
        assert c.ack["AFTER"] == c.ack["VISIBLE"] == upto, c.ack
        insert(g, upto + 1, upto + 3)
        assert sequences(c.rows(upto + 3)) == [upto + 1, upto + 2, upto + 3]
    return upto + 3


def a1_4_logon_with_sequence(g, s, upto):
    with Logon(s, "TEN", AFTER=100) as c:
        assert c.ack["AFTER"] == 100, c.ack
        kind, said = c.step()
        assert sequences(said["ROWS"]) == list(range(101, 111)), said
        assert said["MORE"] is True and said["UPTO"] == 110, said
        assert said["OLDEST"] == 1 and said["VISIBLE"] == upto, said
    with Logon(s, "TEN", AFTER=upto) as c:
        insert(g, upto + 1, upto + 1)
        assert sequences(c.rows(upto + 1)) == [upto + 1]
    with Logon(s, "TEN", AFTER=upto + 2) as c:
        assert c.code == "AHEAD", c.ack
    with Logon(s, "TEN", TIME=1) as c:
        assert c.ack["AFTER"] == 0, c.ack
    return upto + 1


def a1_5_next_batch_without_number(g, s):
    """The client only gives credit: the streamer knows where it is."""
    with Logon(s, "TEN", credit=0) as c:
        c.credit(4)
        assert sequences(c.rows(4)) == [1, 2, 3, 4]
        c.credit(3)
        assert sequences(c.rows(7)) == list(range(1, 8))
        assert s.list()["TEN"]["LOGONS"][0]["UPTO"] == 7
        c.credit(13)
        assert sequences(c.rows(20)) == list(range(1, 21))


def a1_6_end_of_replay(g, s, upto):
    with Logon(s, "TEN") as c:
        c.rows(upto)
        more = [m["MORE"] for kind, m in c.messages]
        assert more == [True] * (len(more) - 1) + [False], more
        for i in range(1, 4):
            insert(g, upto + i, upto + i)
            kind, said = c.step()
            assert said["MORE"] is False, said
            assert sequences(said["ROWS"]) == [upto + i], said
    return upto + 3


def a1_7_all_rows_filtered_out(g, s, upto):
    with Logon(s, "NONE") as c:
        assert c.rows(upto) == [] and c.more is False
        insert(g, upto + 1, upto + 1)
        assert c.rows(upto + 1) == []
    return upto + 1


def a1_8_batch_size(g, s, upto):
    with Logon(s, "TEN") as c:
        c.rows(upto)
        sizes = [len(m["ROWS"]) for kind, m in c.messages if m["MORE"]]
        assert max(sizes) == 10 and sizes.count(10) > 0.9 * len(sizes), sizes
    with Logon(s, "ALL") as c:
        c.rows(upto)
        sizes = [len(m["ROWS"]) for kind, m in c.messages if m["MORE"]]
        assert max(sizes) == 100, sizes  # the default


def silent(s, stream):
    """The messages for a client that asked for heartbeats and sends none."""
    link = Link(s.socket, hello=False)
    link.ask("HELLO", VERSION=1, HEARTBEAT=1)
    c = Logon(s, stream, link=link, FROM="live")
    kinds = []
    try:
        while True:
            kind, ref, said = link.recv()
            if kind != "HEARTBEAT":
                kinds.append((kind, said.get("CODE")))
    except EOFError:
        pass
    return kinds


def a1_9_logoff_timeout(g, s):
    """Who is silent loses its logon before the connection is cut."""
    assert silent(s, "QUICK") == [("STREAM_END", "CLIENT_GONE")]
    assert silent(s, "PATIENT") == []
    fg.wait_until(lambda: s.list()["PATIENT"]["LOGONS"] == [])


def a1_10_max_logons(g, s):
    with Logon(s, "TEN", "A") as a, Logon(s, "TEN", "B") as b:
        with Logon(s, "TEN", "D") as d:
            assert d.code == "MAX_LOGONS" and d.ack["RETRY"], d.ack
            b.logoff()
            with Logon(s, "TEN", "D", link=d.link, FROM="live") as e:
                assert e.code is None, e.ack
                assert a.code is None
    with Logon(s, "ONE", "A") as a, Logon(s, "ONE", "B") as b:
        assert b.code == "MAX_LOGONS", b.ack  # the default is 1


def a1_11_terminate_on_error(g, s, upto):
    with Logon(s, "ENDS") as c, Logon(s, "ALL") as other:
        end = c.ended()
        assert end["CODE"] == "STREAM_ENDED" and not end["RETRY"], end
        want = "stream ENDS, row 5: five is bad"
        assert s.file + ":" in end["TEXT"] and want in end["TEXT"], end
        assert sequences(c.got) == [1, 2, 3, 4] and c.upto == 4, c.got
        with Logon(s, "ENDS", AFTER=100) as again:
            assert again.code == "STREAM_ENDED", again.ack
            assert want in again.ack["TEXT"]
        assert len(other.rows(upto)) == upto, "others go on"
    assert want in s.log()
    said = s.list()["ENDS"]
    assert said["HEALTH"] == "ERROR" and want in said["TEXT"], said
    with Link(s.socket) as link:
        status = link.ask("STATUS")[1]
        assert status["HEALTH"] == "ERROR", status
        assert [(a["LEVEL"], a["SUBJECT"]) for a in status["ADVICE"]] == [
            ("ERROR", "ENDS")], status["ADVICE"]
    begun = time.monotonic()
    with Logon(s, "GOES_ON") as c:
        want = [i for i in range(1, upto + 1) if i % 100 != 5]
        assert sequences(c.rows(upto)) == want
    said = s.list()["GOES_ON"]
    assert said["HEALTH"] == "WARNING" and said["ERRORS"] == 4, said
    assert "stream GOES_ON, row 5: five is bad" in s.log()
    assert s.log().count("stream GOES_ON, row") < 3 + time.monotonic() - \
        begun, "a line in a second"


def a1_12_where(g, s, upto):
    with Logon(s, "EVEN") as c:
        assert sequences(c.rows(upto)) == list(range(2, upto + 1, 2))


def a1_13_where_with_logon(g, s, upto):
    with Logon(s, "MINE", "A", FIELDS={"LOW": 3, "HIGH": 5}) as a, \
            Logon(s, "MINE", "B", FIELDS={"LOW": 1, "HIGH": upto,
                                          "WHO": "r42"}) as b:
        assert sequences(a.rows(upto)) == [3, 4, 5]
        assert sequences(b.rows(upto)) == [42]


def a1_14_fields(g, s):
    with Logon(s, "FIELDS") as c:
        assert c.ack["COLUMNS"] == [
            ["ID", "text"], ["X_QTY", "int"], ["P", "any"], ["DAY", "any"],
            ["F", "any"], ["A", "int"], ["SUM", "decimal"]], c.ack
        row = c.rows(25)[24]
        day = fg.utc(row[1] / 1e9)[:8]
        assert row[2:] == ["r25", 25, "12.500", day, "r25!", 25, "12.5"], row


def a1_15_to_row(g, s):
    with Logon(s, "MAP") as c:
        assert "COLUMNS" not in c.ack, c.ack
        got = c.rows(3)
        assert sequences(got)[:2] == [1, 3], "nil is no row"
        assert got[1][2] == {
            "ID": "r3", "DOUBLE": {"DECIMAL": "3.0"}, "BIG": True,
            "LEGS": [{"N": 1, "P": {"DECIMAL": "1.5"}}, {"N": 2}]}, got[1]


def a1_17_log(g, s, upto):
    with Logon(s, "LOG") as c:
        c.rows(upto)
    assert "warn: " in s.log() and "seven: r7" in s.log()
    assert "printed" in s.log()


def a1_18_several_files(g, s, upto):
    names = set(s.list())
    assert {"ALL", "SECOND"} <= names, names
    with Logon(s, "SECOND") as c:
        assert c.columns() == ["ID"]
        assert len(c.rows(upto)) == upto


def a1_19_replay_latency(g, s, upto):
    with Logon(s, "EVEN", credit=100) as c:
        c.rows(200)
        said = s.list()["EVEN"]["LOGONS"][0]
        assert said["BATCH_US"] > 0, said
        assert said["SENT"] == 100 and said["MORE"], said
        assert said["LAG"] == upto - said["UPTO"], said


def a1_20_many_clients(g, s, upto):
    """Each with its own place, in any order of logons."""
    starts = [0, upto, 7, 100, upto - 1, 50, 1, 299]
    clients = [Logon(s, "ALL", "C%d" % i, AFTER=at)
               for i, at in enumerate(starts)]
    insert(g, upto + 1, upto + 50)
    for at, c in zip(starts, clients):
        assert sequences(c.rows(upto + 50)) == list(range(
            at + 1, upto + 51)), at
        c.close()
    return upto + 50


def main():
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        g.start()
        second = work.path("second.lua")
        s = Streamer(work, "ST", LUA, [g], args=[second])
        with open(second, "w") as f:
            f.write(s.head + SECOND)
        s.start().wait_up()
        insert(g, 1, ROWS)
        upto = ROWS
        for name, test in sorted(
                ((k, v) for k, v in globals().items() if k[:3] == "a1_"),
                key=lambda kv: int(kv[0].split("_")[1])):
            wants = test.__code__.co_argcount
            upto = test(*(g, s, upto)[:wants]) or upto
            print("ok", name)
        assert s.stop() == 0
        assert g.stop() == 0


main()
