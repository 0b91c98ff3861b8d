#!/usr/bin/env python3
"""fixStream: rows are read by the dictionary under which they were accepted,
whatever the version of their session, also through a second streamer."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from streams import Logon, Streamer

fg.need("fixgated", "fixgate-streamer")

LUA = """
fixStream("EXECUTIONS", "ExecutionReport") { maxLogons = 2,
  where = function(r) return r.LastQty > 1000 or r.LastShares > 1000 end,
  fields = { "CONNECTION_NAME", "ExecID", "LastPx", SIDE = "Side",
    { "LastPx", as = "PX", format = "0.00" } },
}
fixStream("OLD", "ExecutionReport") {
  where = function(r)
    return r.CONNECTION_NAME == "FIX.4.2:EXCHANGE->BROKER" and
      r.LastShares > 1000
  end,
  fields = { "ExecID" },
}
fixStream("PARTIES", "NewOrderSingle") { toRow = function(o)
  local ids = {}
  for i, p in ipairs(o.NoPartyIDs) do ids[i] = p.PartyID end
  return { ID = o.ClOrdID, PARTIES = table.concat(ids, ","), QTY = o.OrderQty,
    SENDER = o.SenderCompID, SIDE = o:label("Side"), VER = o.BeginString }
end }
fixStream("ALL") { admin = true, fields = { "MsgType", "RX_SEQUENCE" } }
fixStream("APP") { fields = { "MsgType" } }
fixStream("MISSPELT", "ExecutionReport") {
  where = function(r) return r.LastQuty > 1000 end }
fixStream("NO_FIELD", "ExecutionReport") { fields = { "LastQuty" } }
fixStream("OTHER") { table = "FIX_IN_OTHER", fields = { "MsgType" },
  onParsingError = function(row, text)
    log.warn("garbled " .. row.REASON .. ": " .. text)
  end }
fixStream("SILENT") { table = "FIX_IN_OTHER", fields = { "MsgType" } }
fixStream("STOPS") { table = "FIX_IN_OTHER", onParsingError = error }
fixStream("NO_MESSAGE") { column = "REASONS", table = "FIX_IN_OTHER" }
fixStream("CHAIN") { table = "FIX_IN" }
fixStream("BY_TYPE", "D") { fields = { "ClOrdID" } }
fixStream("NO_SUCH", "ExecutionReprt") { }
"""
CHAINED = """
fixStream("EXECUTIONS", "ExecutionReport") { table = "CHAIN",
  where = function(r) return r.LastQty > 1000 or r.LastShares > 1000 end,
  fields = { "ExecID", "LastPx" } }
"""
EXEC = "37=1|17=%s|150=%s|39=1|55=VODL|54=1|38=5000|151=1|14=1|6=1|" \
    "%s=%s|31=%s|30=L|"
ORDER = "11=%s|55=X|54=1|38=002000.00|40=1|60=20260105-09:00:00|" \
    "453=2|448=ME|447=D|452=3|448=YOU|447=D|452=1|"


def peers(ports):
    out = []
    for begin, port in ports.items():
        p = fg.Peer("BROKER", "EXCHANGE", begin)
        p.connect(port)
        p.logon(body="1137=9|" if begin == "FIXT.1.1" else "")
        out.append(p)
    return out


def send_all(ports):
    """Executions of three versions, orders with a group, a garbled message;
    one session after the other."""
    p42, p44, p50 = peers(ports)
    p42.send("8", EXEC % ("A42", "2|20=0", 32, 2000, "1.5"))
    p42.send("8", EXEC % ("B42", "2|20=0", 32, 10, "1.5"))
    p42.sync()
    p44.send("8", EXEC % ("A44", "F", 32, 2000, "2.50"))
    p44.send("8", "37=1|17=C44|150=0|39=0|55=VODL|54=1|38=5000|151=1|14=0|"
             "6=0|")
    p44.send("D", ORDER % "O44")
    p44.raw(b"8=FIX.4.4\x019=10\x0135D\x0134=99\x0110=000\x01")
    p44.sync()
    p50.send("8", EXEC % ("A50", "F", 32, "1000.01", "3"))
    p50.send("D", ORDER % "O50")
    p50.sync()
    return p42, p44, p50


def typed(s, last):
    with Logon(s, "EXECUTIONS") as c:
        assert c.ack["COLUMNS"] == [
            ["CONNECTION_NAME", "text"], ["ExecID", "any"],
            ["LastPx", "any"], ["PX", "any"], ["SIDE", "any"]], c.ack
        end = c.ended()
        # 32 is LastShares in 4.2, which has no LastQty.
        assert end["CODE"] == "STREAM_ENDED" and c.got == [], end
        assert 'the row has no field "LastQty"' in end["TEXT"], end
        print("ok a name of another version:", end["TEXT"])
    with Logon(s, "OLD") as c:
        assert [r["ExecID"] for r in c.maps(last)] == ["A42"]
    print("ok typed by version")


def groups(s, last):
    with Logon(s, "PARTIES") as c:
        got = [r[2] for r in c.rows(last)]
        want = {"PARTIES": "ME,YOU", "QTY": {"DECIMAL": "002000.00"},
                "SENDER": "BROKER", "SIDE": "BUY"}
        assert got == [dict(want, ID="O44", VER="FIX.4.4"),
                       dict(want, ID="O50", VER="FIXT.1.1")], got
    print("ok groups, labels, header fields")


def admin(s, last):
    with Logon(s, "ALL") as a, Logon(s, "APP") as b:
        rows = a.rows(last)
        assert [r[0] for r in rows] == list(range(1, last + 1))
        assert rows[0][2:] == ["A", 1], rows[0]
        assert [r[2] for r in b.rows(last)] == list("8888D8D"), b.got
    print("ok admin")
    with Logon(s, "BY_TYPE") as c:
        assert [r["ClOrdID"] for r in c.maps(last)] == ["O44", "O50"]
    assert s.list()["BY_TYPE"]["HEALTH"] == "HEALTHY"
    with Logon(s, "NO_SUCH") as c:
        assert c.rows(last) == []
        said = s.list()["NO_SUCH"]
        assert said["HEALTH"] == "WARNING" and said["TEXT"].endswith(
            ": fixStream NO_SUCH: the dictionaries of the rows have no message "
            "ExecutionReprt, so it takes none"), said
    assert s.log().count("no message ExecutionReprt") == 1, s.log()
    print("ok a message by its type, and one that is none")


def wrong(s, last):
    for name in ("MISSPELT", "NO_FIELD"):
        with Logon(s, name, AFTER=6) as c:
            end = c.ended()
            assert "LastQuty" in end["TEXT"], end
            assert "did you mean LastQty?" in end["TEXT"], end
            assert "stream %s, row " % name in end["TEXT"], end
    with Logon(s, "NO_MESSAGE") as c:
        assert c.code == "NO_TABLE", c.ack
        assert "no column REASONS (did you mean REASON?)" in c.ack["TEXT"]
    print("ok errors")


def garbled(g, s):
    last = g.rows("FIX_IN_OTHER")[-1]["SEQUENCE"]
    for name in ("OTHER", "SILENT"):
        with Logon(s, name) as c:
            assert c.rows(last) == [], c.got
    assert "stream OTHER: garbled " in s.log(), s.log()
    assert "stream SILENT, row " in s.log(), s.log()
    with Logon(s, "STOPS") as c:
        end = c.ended()
        assert end["CODE"] == "STREAM_ENDED", end
        assert "stream STOPS, row 1: " in end["TEXT"], end
    print("ok messages that cannot be read")


def chained(work, s, last, asked):
    lua = CHAINED.replace("r.LastQty > 1000 or r.LastShares > 1000", "true")
    up = Streamer(work, "UP", lua, [s]).start().wait_up()
    with Logon(up, "EXECUTIONS") as c:
        got = [r[2:] for r in c.rows(last)]
        assert [r[0] for r in got] == ["A42", "B42", "A44", "C44", "A50"], got
        assert got[2][1] == {"DECIMAL": "2.50"}, got
    assert up.stop() == 0
    print("ok chained")


def main():
    ports = {v: fg.free_port() for v in ("FIX.4.2", "FIX.4.4", "FIXT.1.1")}
    sessions = []
    for begin, port in ports.items():
        keys = {}
        if begin == "FIXT.1.1":
            keys = {"DataDictionary": None, "DefaultApplVerID": "FIX.5.0SP2",
                    "TransportDataDictionary": fg.dictionary("FIXT.1.1"),
                    "AppDataDictionary": fg.dictionary("FIX.5.0SP2")}
        sessions.append(fg.acceptor("EXCHANGE", "BROKER", port, begin, **keys))
    with fg.Work() as work:
        g = work.gateway("GW", sessions=sessions).start()
        s = Streamer(work, "ST", LUA, [g]).start().wait_up()
        all_peers = send_all(ports)
        last = g.rows("FIX_IN")[-1]["RX_SEQUENCE"]
        typed(s, last)
        groups(s, last)
        admin(s, last)
        wrong(s, last)
        garbled(g, s)
        chained(work, s, last, g)
        for p in all_peers:
            p.close()
        assert s.stop() == 0
        assert g.stop() == 0


main()
