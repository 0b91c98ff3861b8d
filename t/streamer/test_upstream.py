#!/usr/bin/env python3
"""The processes behind a streamer come and go: logons stay, and go on behind
their last row, unless the rows are others now; streamers behind streamers."""

import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

LUA = """
stream("T", "T") { maxLogons = 5, batchSize = 10 }
stream("LATER", "LATER") { fields = { "ID", "MORE" } }
"""
TWO = """
stream("A", "GW.T") { }
stream("B", "OTHER.T") { }
"""
MIDDLE = """
stream("ODD", "T") { maxLogons = 2, fields = { "ID", Q = "QTY", "TIMESTAMP",
    "PRICE" },
  where = function(row, logon)
    return row.QTY % 2 == 1 and row.QTY ~= logon.NOT
  end }
stream("MAP", "T") { toRow = function(row)
  return { ID = row.ID, P = row.PRICE + 1, LAST = row.QTY == 21 or nil }
end }
stream("ENDS", "T") { where = function(row) return row.QTY ~= 3 or 7 end }
"""
LAST = """
stream("THIRD", "ODD") { where = function(row) return row.Q % 3 == 0 end }
stream("SOME", "MAP") { where = function(row) return row.LAST == nil end,
  fields = { "P", "LAST" } }
stream("SAME", "MAP") { maxLogons = 2 }
stream("ENDS", "ENDS") { }
stream("NONE", "TYPO") { }
"""


def sequences(got):
    return [r[0] for r in got]


def started_first(s):
    """Nothing is there yet, and who asks is told so."""
    with Logon(s, "T") as c:
        assert c.code == "SOURCE_DOWN" and c.ack["RETRY"], c.ack
        assert "GW at unix:" in c.ack["TEXT"], c.ack
    with Link(s.socket) as link:
        kind, said = link.ask("CURSOR_LIST")
        assert (kind, said["CODE"]) == ("NACK", "SOURCE_DOWN"), said
        status = link.ask("STATUS")[1]
        assert status["HEALTH"] == "ERROR", status
        p, = status["PROCESSES"]
        assert not p["UP"] and p["TEXT"], p
        assert "No such file" in status["ADVICE"][0]["TEXT"], status
    print("ok started first")


def restarts(g, s, upto):
    """Stopped or killed, with rows that nobody has seen yet."""
    clients = [Logon(s, "T", "C%d" % i, AFTER=i * 10) for i in range(4)]
    clients[3].rows(upto)
    for i in range(4):
        if i % 2:
            g.kill()
        else:
            assert g.stop() == 0
        fg.wait_until(lambda: s.list()["T"]["HEALTH"] == "ERROR")
        g.start()
        insert(g, upto + 1, upto + 25)
        upto += 25
        clients[3].rows(upto)
    for i, c in enumerate(clients):
        assert sequences(c.rows(upto)) == list(range(i * 10 + 1, upto + 1))
        c.close()
    print("ok restarts of the gateway")
    return upto


def table_comes_later(g, s):
    with Logon(s, "LATER") as c:
        assert c.code == "NO_TABLE", c.ack
        assert "GW has no table LATER" in c.ack["TEXT"], c.ack
    assert g.stop() == 0
    table(g, "LATER", "ID string")
    g.start()
    fg.wait_until(lambda: "column" in s.list()["LATER"]["TEXT"])
    with Logon(s, "LATER") as c:
        assert c.code == "NO_TABLE", c.ack
        assert "LATER of GW has no column MORE" in c.ack["TEXT"], c.ack
    assert g.stop() == 0
    table(g, "LATER", "ID string, MORE int")
    g.start()
    fg.wait_until(lambda: s.list()["LATER"]["HEALTH"] == "HEALTHY")
    with Logon(s, "LATER") as c:
        assert c.code is None and c.columns() == ["ID", "MORE"], c.ack
        # Who is logged on learns of columns that come later, too.
        assert g.stop() == 0
        table(g, "LATER", "ID string, MORE int, MOST int")
        g.start()
        end = c.ended()
        assert end["CODE"] == "COLUMNS_CHANGED" and end["RETRY"], end
    print("ok a table, and columns, that come later")


def other_rows(work, g, s, upto):
    """An older copy of the store, then another one."""
    assert g.stop() == 0
    shutil.copytree(g.store, g.store + ".old")
    g.start()
    s.wait_up()
    source = s.list()["T"]["SOURCE"]
    a = Logon(s, "T", "A", AFTER=upto, SOURCE=source)
    insert(g, upto + 1, upto + 5)
    a.rows(upto + 5)
    assert g.stop() == 0
    shutil.rmtree(g.store)
    os.rename(g.store + ".old", g.store)
    g.start()
    end = a.ended()
    assert end["CODE"] == "AHEAD" and not end["RETRY"], end
    a = Logon(s, "T", "A", AFTER=upto, SOURCE=source, link=a.link)
    assert a.code is None, a.ack
    assert g.stop() == 0
    shutil.rmtree(g.store)
    g.start()
    end = a.ended()  # although there are no rows yet
    assert end["CODE"] == "SOURCE_CHANGED" and not end["RETRY"], end
    insert(g, 1, upto + 10)
    with Logon(s, "T", "A", AFTER=upto, SOURCE=source) as b:
        assert b.code == "SOURCE_CHANGED", b.ack
    with Logon(s, "T", "A") as b:
        b.rows(upto + 10)
    a.close()
    print("ok other rows")
    return upto + 10


def two_processes(work, g):
    other = work.gateway("OTHER")
    table(other)
    other.start()
    insert(other, 1, 3, ID="other")
    s = Streamer(work, "TWO", TWO, [g, other]).start().wait_up()
    with Logon(s, "B") as b, Logon(s, "A", FROM="live") as a:
        assert [m["ID"] for m in b.maps(3)] == ["other"] * 3
        assert a.ack["SOURCE"] != b.ack["SOURCE"]
        assert other.stop() == 0
        fg.wait_until(lambda: s.list()["B"]["HEALTH"] == "ERROR")
        assert s.list()["A"]["HEALTH"] == "HEALTHY"
        with Link(s.socket) as link:
            kind, said = link.ask("SESSIONS")
            assert said["CODE"] == "BAD_REQUEST", said
            kind, said = link.ask("SESSIONS", STREAM="A")
            assert kind == "SESSIONS_ACK", said
            kind, said = link.ask("SESSIONS", STREAM="B")
            assert said["CODE"] == "SOURCE_DOWN", said
    assert s.stop() == 0
    print("ok two processes")


def chained(work, g, s, upto):
    """Filters, projections, sources, cursors through two streamers, any of
    which is started again."""
    m = Streamer(work, "MIDDLE", MIDDLE, [g])
    z = Streamer(work, "LAST", LAST, [m], args=["-N", "EDGE"]).start()
    with Logon(z, "THIRD") as c:
        assert c.code == "SOURCE_DOWN", c.ack
    m.start()
    z.wait_up()
    fg.wait_until(lambda: z.list()["THIRD"]["SOURCE"])
    c = Logon(z, "THIRD", "Q", FIELDS={"NOT": 9})
    assert c.ack["SOURCE"] == s.list()["T"]["SOURCE"], c.ack
    assert c.ack["COLUMNS"] == [
        ["ID", "text"], ["TIMESTAMP", "time"], ["PRICE", "decimal"],
        ["Q", "int"]], c.ack
    assert m.list()["ODD"]["LOGONS"][0]["CLIENT"] == "EDGE/Q"
    def want(n):
        return [i for i in range(1, n + 1) if i % 6 == 3 and i != 9]
    assert sequences(c.rows(upto)) == want(upto)
    assert c.got[0][2:] == ["r3", c.got[0][1], "1.5", 3], c.got[0]
    for p in (m, g, m):
        assert p.stop() == 0
        fg.wait_until(lambda: z.list()["THIRD"]["HEALTH"] == "ERROR" or
                      p is g)
        p.start()
        insert(g, upto + 1, upto + 12)
        upto += 12
        assert sequences(c.rows(upto)) == want(upto)
    with Link(z.socket) as link:
        kind, said = link.ask("CURSOR_PUT", CONSUMER="R", KEY="K",
                              SOURCE=c.ack["SOURCE"], SEQUENCE=20)
        assert kind == "ACK", said
        r = Logon(z, "SOME", "R", link=link, KEY="K", FROM="resume")
        assert r.ack["AFTER"] == 20, r.ack
        assert r.columns() == ["P", "LAST"], r.ack
        r.rows(22)  # 21 has a LAST, 22 has none
        assert r.got[0][2:] == [{"DECIMAL": "12.0"}, None], r.got[0]
        r.logoff()
    r = Logon(z, "SAME", "R")
    assert "COLUMNS" not in r.ack
    assert r.rows(3)[2][2] == {"ID": "r3", "P": {"DECIMAL": "2.5"}}
    full = Logon(z, "SAME", "S")
    assert full.code == "MAX_LOGONS", full.ack  # one at MIDDLE
    full.close()
    r.close()
    e = Logon(z, "ENDS")
    end = e.ended()
    assert end["CODE"] == "STREAM_ENDED" and "MIDDLE.lua" in end["TEXT"], end
    e.close()
    with Logon(z, "NONE") as n:
        assert n.code == "NO_TABLE" and "no stream TYPO" in n.ack["TEXT"]
    c.close()
    assert z.stop() == 0
    assert m.stop() == 0
    print("ok chained")


def main():
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        s = Streamer(work, "ST", LUA, [g]).start()
        started_first(s)
        g.start()
        s.wait_up()
        insert(g, 1, 60)
        upto = restarts(g, s, 60)
        table_comes_later(g, s)
        upto = other_rows(work, g, s, upto)
        two_processes(work, g)
        chained(work, g, s, upto)
        assert s.stop() == 0
        assert g.stop() == 0


main()
