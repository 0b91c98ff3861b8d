#!/usr/bin/env python3
"""The rows A4 of the feature map (t/e2e/rows.txt): typed FIX in streams, and
sessions at both ends of a pipeline. One gateway, one streamer, one client; a
test for each row, named after it, in order."""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from streams import Logon, Streamer

fg.need("fixgated", "fixgate-streamer", "fixgate-client")

STREAMS = """
fixStream("ALL") { maxLogons = 9, fields = { "RX_SEQUENCE", "MsgType" } }
fixStream("BIG", "ExecutionReport") { maxLogons = 9,
  where = function(r)
    if r.CONNECTION_NAME == "OLD" then return r.LastShares > 1000 end
    return r.LastQty > 1000
  end,
  fields = { "ExecID", "LastPx", CLIENT = "CONNECTION_NAME" } }
fixStream("SENT", "NewOrderSingle") { table = "FIX_OUT", fields = {
  "TX_SEQUENCE", "ClOrdID" } }
fixStream("OTHER") { table = "FIX_IN_OTHER", fields = { "MsgType" },
  onParsingError = function(row, text) log.warn("bad: " .. row.REASON) end }
fixStream("STRICT") { table = "FIX_IN_OTHER", fields = { "MsgType" },
  onParsingError = function(row, text) error("stop here") end }
fixStream("MAPS", "ExecutionReport") {
  where = function(r) return r.CONNECTION_NAME == "A" end, toRow = function(r)
  local ids = {}
  for i, p in ipairs(r.NoPartyIDs) do ids[i] = p.PartyID end
  return { ID = r.ExecID, TEXT = r.Text or "none", PARTIES = #r.NoPartyIDs,
    FIRST = ids[1], SIDE = r:label("Side"), RAW = r:raw("LastPx"),
    TWICE = r.LastPx and r.LastPx * 2, NO_TEXT = r.Text == nil }
end }
fixStream("ONE", "ExecutionReport") {
  where = function(r) return r.CONNECTION_NAME == "A" end, fields = { "ExecID",
  { "LastPx", as = "PX", format = "#,##0.000" },
  { "LastQty", prefix = "X_" }, SIDE = "Side" } }
fixStream("VENUE", "ExecutionReport") {
  where = function(r) return r.CONNECTION_NAME == "V" end,
  toRow = function(r) return { ID = r.ExecID, FEE = r.VenueFee,
    NET = r.LastPx - r.VenueFee, KIND = r:label("ExecType") } end }
"""
CLIENT = """
process("S", "unix:%(s)s")
process("G", "unix:%(g)s")
streamerClient("FORWARD") { dataSource = { "S", "ALL_ORDERS" },
  startAt = "beginning",
  onMessage { send("G", "EVENT_FIX_SEND", { id = "one", laneOn = "SESSION" },
    function(m)
      if m.CONNECTION_NAME ~= "A" then return nil end
      local out = { { SESSION = "OUT", FIX_DATA = m.FIX_DATA } }
      if m.CL_ORD_ID:sub(1, 3) == "fan" then
        out[2] = { SESSION = "SLOW", FIX_DATA = m.FIX_DATA }
      end
      return out
    end) } }
"""
EXEC = "37=1|17=%s|150=%s|39=1|55=VODL|54=1|38=5000|151=1|14=1|6=1|" \
    "32=%s|31=%s|30=L|"
ORDER = "11=%s|55=VODL|54=1|38=100|40=1|60=20260105-09:00:00|"


def text(value):
    """Of a decimal."""
    return value["DECIMAL"] if isinstance(value, dict) else value


class World:
    """Sessions A (FIX.4.4), OLD (FIX.4.2) and V (a venue's dialect) send to us;
    OUT and SLOW are sent to. SLOW takes nothing while it is logged off."""

    def __init__(self, work):
        self.work = work
        self.port = fg.free_port()
        self.venue = work.path("venue.xml")
        with open(fg.dictionary("FIX.4.4")) as f:
            text = f.read()
        text = text.replace("<fields>", "<fields>\n<field number='5001' "
                            "name='VenueFee' type='PRICE'/>", 1)
        text = re.sub(r"(<message name=.ExecutionReport.[^>]*>)",
                      r"\1<field name='VenueFee' required='N'/>", text)
        text = re.sub(r"(<field number=.150. [^>]*>)",
                      r"\1<value enum='z' description='VENUE_BUST'/>", text)
        with open(self.venue, "w") as f:
            f.write(text)
        self.g = work.gateway("g", sessions=[
            fg.acceptor("US", "A", self.port, SessionName="A"),
            fg.acceptor("US", "OLD", self.port, "FIX.4.2", SessionName="OLD"),
            fg.acceptor("US", "V", self.port, SessionName="V",
                        DataDictionary=self.venue),
            fg.acceptor("US", "OUT", self.port, SessionName="OUT"),
            fg.acceptor("US", "SLOW", self.port, SessionName="SLOW",
                        SendWhenLoggedOff="reject")]).start()
        self.s = Streamer(work, "s", STREAMS + 'stream("ALL_ORDERS", '
                          '"FIX_IN") { where = function(m) return '
                          'm.MSG_TYPE == "D" end }\n',
                          sources=[self.g]).start().wait_up()
        self.peer = {}
        for name, begin in (("A", "FIX.4.4"), ("OLD", "FIX.4.2"),
                            ("V", "FIX.4.4"), ("OUT", "FIX.4.4")):
            self.peer[name] = fg.Peer(name, "US", begin)
            self.peer[name].connect(self.port).logon()
        self.client = None

    def visible(self, table="FIX_IN"):
        return self.g.ctl_json("table", "list", table, "--json")[0]["VISIBLE"]

    def send(self, name, *messages):
        for kind, body in messages:
            self.peer[name].send(kind, body)
        self.peer[name].sync()

    def rows(self, stream, table="FIX_IN"):
        """All rows of a stream, as maps."""
        with Logon(self.s, stream) as c:
            assert c.code is None, c.ack
            got = c.rows(self.visible(table))
            if "COLUMNS" not in c.ack:
                return [r[2] for r in got]
            return [dict(zip(c.columns(), r[2:])) for r in got]

    def start_client(self):
        path = self.work.path("c.lua")
        with open(path, "w") as f:
            f.write(CLIENT % {"s": self.s.socket, "g": self.g.socket} +
                    'listen("unix:%s")\n' % self.work.path("c.sock"))
        self.client = self.work.proc("c", fg.valgrind() + [
            fg.program("fixgate-client"), path]).start()
        fg.wait_until(lambda: "ready" in self.client.log(), what="client")

    def received(self, name, n, limit=fg.LIMIT):
        """The ClOrdIDs of the next n orders that came there."""
        return [self.peer[name].expect("D", limit)[11] for _ in range(n)]


def a4_1_the_sessions_dictionary(w):
    """Each message is read by the dictionary of its session: LastShares of
    FIX.4.2 is LastQty of FIX.4.4, and PX is a decimal in both."""
    w.send("OLD", ("8", "20=0|" + EXEC % ("o1", "2", 2000, "1.50")))
    w.send("A", ("8", EXEC % ("a1", "F", 2000, "2.5")),
           ("8", EXEC % ("a2", "F", 10, "2.5")))
    got = w.rows("BIG")
    assert [(r["ExecID"], text(r["LastPx"]), r["CLIENT"]) for r in got] == \
        [("o1", "1.50", "OLD"), ("a1", "2.5", "A")], got


def a4_2_all_messages(w):
    w.send("A", ("D", ORDER % "first"))
    got = w.rows("ALL")
    assert [r["MsgType"] for r in got] == ["8", "8", "8", "D"], got
    assert got[0]["RX_SEQUENCE"] < got[3]["RX_SEQUENCE"], got


def a4_3_one_message_type(w):
    """A filter on the type and a typed where."""
    with Logon(w.s, "BIG") as c:
        before = len(c.rows(w.visible()))
        w.send("A", ("D", ORDER % "no"), ("8", EXEC % ("a3", "F", 1001, "3")),
               ("8", EXEC % ("a4", "F", "1000.00", "3")))
        got = c.rows(w.visible())[before:]
    assert [r[2] for r in got] == ["a3"], got


def a4_4_any_table_with_messages(w):
    w.g.ctl("send", "OUT", "MsgType=D", "ClOrdID=mine", "Symbol=X",
            "Side=BUY", "OrderQty=1", "OrdType=MARKET",
            "TransactTime=20260105-09:00:00")
    assert w.received("OUT", 1) == ["mine"]
    got = w.rows("SENT", "FIX_OUT")
    assert [r["ClOrdID"] for r in got] == ["mine"], got
    assert got[0]["TX_SEQUENCE"] > 0


def a4_5_messages_that_cannot_be_read(w):
    """onParsingError hears of them and the stream goes on, or it ends."""
    w.peer["A"].raw(b"8=FIX.4.4\x019=10\x0135D\x0134=99\x0110=000\x01")
    w.send("A")
    assert w.rows("OTHER", "FIX_IN_OTHER") == []
    fg.wait_until(lambda: "bad: " in w.s.log(), what="onParsingError")
    with Logon(w.s, "STRICT") as c:
        if c.code is None:
            end = c.ended()
            assert end["CODE"] == "STREAM_ENDED" and "stop here" in \
                end["TEXT"], end
    assert w.rows("ALL"), "the others go on"


def a4_6_a_message_as_a_row(w):
    """All fields, or those that are wanted, as a row with names."""
    got = w.rows("MAPS")
    assert [r["ID"] for r in got] == ["a1", "a2", "a3", "a4"], got
    assert got[0]["SIDE"] == "BUY", got
    w.send("A", ("8", EXEC % ("p1", "F", 1, "7") +
                 "453=2|448=ME|447=D|452=3|448=YOU|447=D|452=1|58=hello|"))
    row = w.rows("MAPS")[-1]
    assert (row["ID"], row["PARTIES"], row["FIRST"], row["TEXT"]) == \
        ("p1", 2, "ME", "hello"), row


def a4_7_fields_are_nil_or_typed(w):
    row = w.rows("MAPS")[0]
    assert (row["NO_TEXT"], row["RAW"], text(row["TWICE"])) == \
        (True, "2.5", "5.0"), row
    w.send("A", ("8", "37=1|17=n1|150=0|39=0|55=VODL|54=1|38=5|151=5|14=0|"
                 "6=0|"))
    row = w.rows("MAPS")[-1]
    assert row["ID"] == "n1" and row.get("RAW") is None and \
        row.get("TWICE") is None, row


def a4_9_a_field_with_a_default(w):
    assert w.rows("MAPS")[0]["TEXT"] == "none"


def a4_10_one_field(w):
    """With another name, a prefix, a format."""
    got = w.rows("ONE")[0]
    got["X_LastQty"] = text(got["X_LastQty"])
    assert got == {"ExecID": "a1", "PX": "2.500", "X_LastQty": "2000",
                   "SIDE": "1"}, got


def a4_11_a_dialect(w):
    """A venue's own fields and values, typed by its file: nothing is
    generated or built."""
    w.send("V", ("8", EXEC % ("v1", "z", 5, "10.00") + "5001=0.25|"))
    got = w.rows("VENUE")
    assert [{k: text(v) for k, v in r.items()} for r in got] == [
        {"ID": "v1", "FEE": "0.25", "NET": "9.75", "KIND": "VENUE_BUST"}], got


def a4_12_sessions_as_a_source(w):
    """Messages of the sessions that are wanted, with the session's name; what
    came before the pipeline runs is kept for it."""
    w.send("OLD", ("D", "21=1|" + ORDER % "other"))
    w.send("A", ("D", ORDER % "second"))
    w.start_client()
    assert w.received("OUT", 3) == ["first", "no", "second"]


def a4_8_a_message_as_an_event(w):
    """FIX_DATA of a row is what EVENT_FIX_SEND takes: the same fields with
    another header."""
    body = ORDER % "same" + "58=as it was|"
    w.send("A", ("D", body))
    m = w.peer["OUT"].expect("D")
    assert [f for f in m.fields if f[0] not in (
        8, 9, 10, 34, 35, 49, 52, 56)] == sorted(
        (int(t), v) for t, v in (f.split("=") for f in
                                 body.rstrip("|").split("|"))), m
    assert (m[49], m[56]) == ("US", "OUT"), m


def a4_13_sessions_as_a_sink(w):
    """One message to several sessions."""
    w.peer["SLOW"] = fg.Peer("SLOW", "US")
    w.peer["SLOW"].connect(w.port).logon()
    w.send("A", ("D", ORDER % "fan1"))
    assert w.received("OUT", 1) == ["fan1"] == w.received("SLOW", 1)


def a4_14_a_sink_that_is_not_there(w):
    """Its messages wait, in order, and come when it is; others do not wait for
    them."""
    w.peer["SLOW"].logout()
    w.send("A", *[("D", ORDER % ("fan%d" % i)) for i in range(2, 6)])
    assert w.received("OUT", 4) == ["fan%d" % i for i in range(2, 6)]
    assert w.g.rows("QUARANTINE") == []
    w.peer["SLOW"].connect(w.port).logon()
    assert w.received("SLOW", 4) == ["fan%d" % i for i in range(2, 6)]
    w.send("A", ("D", ORDER % "last"))
    assert w.received("OUT", 1) == ["last"]


def watched(w):
    """What fixgatectl says of the streamer and the client."""
    def ask(what, where):
        r = subprocess.run([fg.program("fixgatectl"), what, "--process",
                            "unix:" + where], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60)
        assert r.returncode in (0, 4), r
        return r.stdout.decode()
    def settled(text):
        """The client has put its cursor behind all that it saw."""
        return re.search(r"^FORWARD +FORWARD +(\d+) +\1 +0 +0$", text, re.M)
    fg.wait_until(lambda: settled(ask("clients", w.work.path("c.sock"))),
                  what="all is settled")
    text = ask("streams", w.s.socket)
    assert re.search(r"^ALL_ORDERS +g +FIX_IN +HEALTHY +\d+ ", text, re.M), \
        text
    assert re.search(r"^ALL_ORDERS +FORWARD +\S+ +\d+ +0 +no ", text, re.M), \
        text
    assert re.search(r"^ERROR STRICT: .*stop here", text, re.M), text
    text = ask("clients", w.work.path("c.sock"))
    assert re.search(r"^FORWARD +S +ALL_ORDERS +\S+ +HEALTHY", text, re.M), \
        text
    m = settled(text)
    assert m, text
    assert re.search(r"^FORWARD +FORWARD +one +G +HEALTHY +0 +0 +%s$" %
                     m[1], text, re.M), text


def main():
    with fg.Work() as work:
        w = World(work)
        for name, test in list(globals().items()):
            if re.match(r"a4_\d+_", name):
                test(w)
                print("ok", name)
                sys.stdout.flush()
        watched(w)
        print("ok watched")
        for p in (w.client, w.s, w.g):
            assert p.stop() == 0, p.log()


main()
