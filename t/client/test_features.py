#!/usr/bin/env python3
"""What a client's file may say, one test for each row of the feature list, with
a streamer and handlers that do as the test wants."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import Link, World, fg, run


def fields(world):
    """FIELDS of the events at the gateway, as maps."""
    return [dict(d["FIELDS"]) for _, d in world.gateway.events]


def a2_01_names_are_unique(work):
    """a client's name is its own"""
    w = World(work)
    status, out = w.check(w.simple() + w.simple())
    assert status == 1 and "streamerClient C is declared twice" in out, out
    a, b = w.write(w.simple()), w.write(w.simple())
    c = work.proc("two", [fg.program("fixgate-client"), "-n", a, b])
    c.start()
    assert c.wait() == 1 and "c3.lua:4: streamerClient C is declared in " in \
        c.log(), c.log()


def a2_02_values_have_types(work):
    """columns reach the script with their types"""
    w = World(work, columns=[["I", "int"], ["D", "decimal"], ["T", "text"],
                             ["AT", "time"], ["B", "bool"], ["NO", "text"]])
    w.streamer.add([7, "002000.00", "x", 1767603600123456789, True, None])
    w.client(w.simple(sends="""send("B", "ROW", function(r) return {
        I = math.type(r.I), D = r.D * 2, RAW = r.D, T = r.T, AT = r.AT,
        B = r.B == true, NO = r.NO == nil, TEN = r.I + 3 } end)"""))
    w.wait_cursor(1)
    assert w.book.lines()[0]["details"] == {
        "I": "integer", "D": 4000.0, "RAW": 2000.0, "T": "x",
        "AT": "20260105-09:00:00.123456789", "B": True, "NO": True,
        "TEN": 10}, w.book.lines()
    text = open(w.book.path + ".out").read()
    assert '"RAW":2000.00' in text and '"D":4000.00' in text, text


def a2_03_select_on(work):
    """a selective client looks at one field"""
    w = World(work)
    w.client("""streamerClient("C", { selectOn = "ID" }) {
        dataSource = { "S", "S" }, startAt = "beginning",
        onMessage("R2") { send("B", "TWO") },
        onMessage("R3") { send("B", "THREE") } }""")
    w.fill(1, 4)
    w.wait_cursor(4, key="R2")
    w.wait_cursor(4, key="R3")
    assert sorted((m["event"], m["seq"]) for m in w.book.lines()) == \
        [("THREE", 3), ("TWO", 2)], w.book.lines()
    d = w.client("""streamerClient("D", { selectOn = "QTTY" }) {
        dataSource = { "S", "S" }, startAt = "beginning",
        onMessage("2.50") { send("B", "NONE") } }""")
    w.wait(lambda: "c2.lua:4: selectOn: stream S has no column QTTY (did you "
           "mean QTY?)" in d.log(), "the column is missed")
    assert w.streamer.cursor("D", "2.50") == 0, "no row was passed over"


def a2_04_data_source_is_required(work):
    """dataSource names a process and a stream"""
    w = World(work)
    status, out = w.check(
        'streamerClient("C") { onMessage { send("B", "E") } }')
    assert status == 1 and "dataSource" in out and ":4: " in out, out
    status, out = w.check('streamerClient("C") { dataSource = { "B", "S" }, '
                          'onMessage { send("B", "E") } }')
    assert status == 1 and "is a program, not a streamer" in out, out
    c = w.client('streamerClient("C") { dataSource = { "S", "T" }, startAt = '
                 '"live", onMessage { send("B", "E") } }')
    w.wait(lambda: "stream T: NO_STREAM" in c.log(), "the stream is missed")


def a2_05_several_blocks(work):
    """every block sees every row, and has its own cursor"""
    w = World(work)
    w.client("""streamerClient("C") {
        dataSource = { "S", "S" }, startAt = "beginning",
        onMessage("A") { send("B", "A") },
        onMessage("B") { send("G", "EVENT_B") } }""")
    w.gateway.answer = lambda kind, d: "hold"
    w.fill(1, 10)
    w.wait_cursor(10, key="A")
    w.wait(lambda: len(w.gateway.events) == 10, "all are sent")
    assert w.streamer.cursor("C", "B") == 0
    assert w.book.rows() == list(range(1, 11))
    w.gateway.release()
    w.wait_cursor(10, key="B")


def a2_06_keys(work):
    """a block alone has the client's name, else each needs a key"""
    w = World(work)
    w.client(w.simple() + w.simple(name="D", sends=(
        'key = "K", send("B", "E", { id = "D" })')))
    w.fill(1, 1)
    w.wait_cursor(1)
    w.wait_cursor(1, "D", "K")
    status, out = w.check('streamerClient("C") { dataSource = { "S", "S" }, '
                          'onMessage { send("B", "E") }, '
                          'onMessage { send("B", "F") } }')
    assert status == 1 and "each needs a key" in out, out


def a2_07_where_is_a_value(work):
    """in a selective client"""
    w = World(work)
    w.client("""streamerClient("C") { selectOn = "QTY",
        dataSource = { "S", "S" }, startAt = "beginning",
        onMessage("K") { where = "2.50", send("B", "E") } }""")
    w.fill(1, 3)
    w.wait_cursor(3, key="K")
    assert w.book.rows() == [2], w.book.lines()
    status, out = w.check("""streamerClient("C", { selectOn = "ID" }) {
        dataSource = { "S", "S" }, onMessage { send("B", "E") } }""")
    assert status == 1 and "needs a value" in out, out


def a2_08_where(work):
    """a function says which rows a block takes; the others are settled"""
    w = World(work)
    w.client(w.simple(sends="""where = function(r) return r.QTY > 2.5 end,
        send("B", "E")"""))
    w.fill(1, 5)
    w.wait_cursor(5)
    assert w.book.rows() == [3, 4, 5], w.book.lines()


def a2_09_send_all(work):
    """without a function the whole row is sent"""
    w = World(work)
    w.client(w.simple(sends='send("B", "ROW"), send("G", "EVENT_ROW")'))
    w.fill(1, 1)
    w.wait_cursor(1)
    m = w.book.lines()[0]
    assert m == {"n": 1, "event": "ROW", "source": "uuid/ORDERS/1",
                 "client": "C", "key": "C", "send": "B/ROW", "seq": 1,
                 "part": 0, "attempt": 0,
                 "timestamp": "20260105-09:00:00.000000001",
                 "details": {"ID": "R1", "QTY": 1.5}}, m
    kind, d = w.gateway.events[0]
    assert (kind, d["DETAILS"]) == ("EVENT_ROW",
                                    {"ID": "R1", "QTY": "1.50"}), d


def a2_10_send_function(work):
    """a function makes the event, several, or none"""
    w = World(work)
    w.client(w.simple(sends="""
        send("G", "EVENT_FIX_SEND", function(r)
          if r.ID == "R2" then return nil end
          local one = { SESSION = "X", MsgType = "NewOrderSingle",
            SOURCE_ID = "me", ClOrdID = r.ID, OrderQty = r.QTY,
            NoPartyIDs = { { PartyID = "A", PartyRole = 3 },
              { PartyID = "B" } } }
          if r.ID == "R3" then return { one, { SESSION = "Y",
            FIX_DATA = "35=D\\00111=x\\001" } } end
          return one
        end),
        send("G", "EVENT_TABLE_INSERT", function(r)
          return { TABLE = "FILLS", ID = r.ID, QTY = r.QTY, TABLES = 1 } end)"""))
    w.fill(1, 3)
    w.wait_cursor(3)
    sends = [d for k, d in w.gateway.events if k == "EVENT_FIX_SEND"]
    assert [(d["SEQUENCE"], d["PART"]) for d in sends] == \
        [(1, 0), (3, 0), (3, 1)], sends
    d = sends[0]
    assert (d["SESSION"], d["MSG_TYPE"], d["SOURCE_ID"]) == \
        ("X", "NewOrderSingle", "me"), d
    assert d["FIELDS"] == [
        ["ClOrdID", "R1"], ["NoPartyIDs", [
            [["PartyID", "A"], ["PartyRole", 3]], [["PartyID", "B"]]]],
        ["OrderQty", "1.50"]], d
    assert sends[2]["FIX_DATA"] == "35=D\x0111=x\x01" and \
        "FIELDS" not in sends[2], sends[2]
    d = [d for k, d in w.gateway.events if k == "EVENT_TABLE_INSERT"][0]
    assert (d["TABLE"], d["COLUMNS"]) == (
        "FILLS", {"ID": "R1", "QTY": "1.50", "TABLES": 1}), d


def a2_11_send_formatted(work):
    """fields with names, prefixes and formats of their own"""
    w = World(work)
    w.client(w.simple(sends="""sendFormatted("B", "E", { "ID",
        { "QTY", as = "PX", prefix = "X_", format = "#,##0.000" },
        AMOUNT = "QTY" })"""))
    w.fill(1234, 1234)
    w.wait_cursor(1)
    assert w.book.lines()[0]["details"] == {
        "ID": "R1234", "X_PX": "1,234.500", "AMOUNT": 1234.5}, w.book.lines()
    text = open(w.book.path + ".out").read()
    assert text.index('"ID"') < text.index('"X_PX"') < \
        text.index('"AMOUNT":1234.50'), text


def a2_12_several_sends(work):
    """each has a lane and a buffer of its own; the slowest holds the cursor"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold" if kind == "EVENT_A" else None
    w.client(w.simple('eventHandlerBuffer = 5', """send("G", "EVENT_A"),
        send("G", "EVENT_B"), send("B", "E")"""))
    w.fill(1, 20)
    w.wait(lambda: len(w.book.lines()) == 20, "the program has all")
    w.wait(lambda: len([1 for k, _ in w.gateway.events if k == "EVENT_B"])
           == 20, "the second send has all")
    assert len([1 for k, _ in w.gateway.events if k == "EVENT_A"]) == 5
    assert w.streamer.cursor() == 0
    lanes = sorted(d["SEND"] for d in w.gateway.opened)
    assert lanes == ["G/EVENT_A", "G/EVENT_B"], lanes
    w.gateway.release()
    w.wait_cursor(20)
    got = [d["SEQUENCE"] for k, d in w.gateway.events if k == "EVENT_A"]
    assert got == list(range(1, 21)), got


def a2_13_not_replayable(work):
    """isReplayable = false: no cursor, only what comes while it is there"""
    w = World(work)
    w.fill(1, 5)
    text = w.simple("isReplayable = false", start="")
    c = w.client(text)
    w.wait(lambda: w.streamer.logons, "it is logged on")
    w.fill(6, 7)
    w.wait(lambda: w.book.rows() == [6, 7], "the new ones came")
    assert c.stop() == 0
    w.wait(lambda: not w.streamer.logons, "it is gone")
    w.fill(8, 9)
    w.client(text)
    w.wait(lambda: w.streamer.logons, "it is logged on again")
    w.fill(10, 10)
    w.wait(lambda: w.book.rows() == [6, 7, 10], "the outage is lost")
    assert w.streamer.cursors == {} and w.streamer.puts == 0
    assert not [1 for k, _ in w.streamer.asked if k == "CURSOR_GET"]


def a2_14_event_handler_buffer(work):
    """so many events wait for an answer; then no more are sent or taken"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold"
    c = w.client(w.simple("eventHandlerBuffer = 7", 'send("G", "EVENT_A")'))
    w.fill(1, 5000)
    w.wait(lambda: len(w.gateway.events) == 7, "the buffer is full")
    # What was taken is bounded: the buffer and a window of credit.
    taken = w.streamer.logons[0][2]["at"]
    assert taken <= 7 + 2 * 64, taken
    w.gateway.release()
    w.wait_cursor(5000)
    assert [d["SEQUENCE"] for _, d in w.gateway.events] == \
        list(range(1, 5001))
    assert c.stop() == 0


def a2_15_pipelining(work):
    """rows are asked for when those before are sent, not when answered"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold"
    w.client(w.simple("eventHandlerBuffer = 1000", 'send("G", "EVENT_A")'))
    w.fill(1, 1000)
    w.wait(lambda: len(w.gateway.events) == 1000, "all are on their way")
    assert w.streamer.cursor() == 0


def ranges(work, which, buffer):
    """A handler that does not answer: WARNING, ERROR; and HEALTHY again."""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold"
    c = w.client(w.simple("%s = { 1, 2 }, %s = { 3600, 7200 }, "
                          "updateFrequency = 20, eventHandlerBuffer = %d" % (
                              which, "receiveWarningRange" if which ==
                              "sentWarningRange" else "sentWarningRange",
                              buffer), 'send("G", "EVENT_A")'))
    w.fill(1, 3)
    w.wait(lambda: "send G/EVENT_A: WARNING: G has answered nothing" in
           c.log(), "WARNING")
    w.wait(lambda: "send G/EVENT_A: ERROR: G has answered nothing" in
           c.log(), "ERROR")
    w.gateway.release()
    w.wait(lambda: "send G/EVENT_A is HEALTHY again" in c.log(), "HEALTHY")
    w.wait_cursor(3)


def a2_16_sent_warning_range(work):
    """the time since something could be sent, when the buffer is full"""
    ranges(work, "sentWarningRange", 2)


def a2_17_receive_warning_range(work):
    """the time since the last answer, when nothing was sent lately"""
    w = World(work)
    w.gateway.answer = lambda kind, d: \
        "hold" if d["SEQUENCE"] == 2 else None
    c = w.client(w.simple("sentWarningRange = { 1, 2 }, receiveWarningRange "
                          "= { 1, 2 }, updateFrequency = 20",
                          'send("G", "EVENT_A")'))
    w.fill(1, 3)
    w.wait(lambda: "send G/EVENT_A: WARNING" in c.log(), "WARNING")
    w.wait(lambda: "send G/EVENT_A: ERROR" in c.log(), "ERROR")
    w.gateway.release()
    w.wait(lambda: "send G/EVENT_A is HEALTHY again" in c.log(), "HEALTHY")
    w.wait_cursor(3)


def a2_18_update_frequency(work):
    """how often the ranges are looked at"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold"
    c = w.client(
        w.simple("receiveWarningRange = { 1, 2 }, sentWarningRange = { 1, 2 }"
                 ", updateFrequency = 3600000", 'send("G", "EVENT_A")') +
        w.simple("receiveWarningRange = { 1, 2 }, sentWarningRange = { 1, 2 }"
                 ", updateFrequency = 20",
                 'send("G", "EVENT_A", { id = "OFTEN" })', name="D"))
    w.fill(1, 1)
    w.wait(lambda: "send OFTEN: ERROR" in c.log(), "the one that looks")
    assert "send G/EVENT_A" not in c.log(), c.log()


def a2_19_no_cache_file(work):
    """what was sent and not answered is in the cursor, nowhere else"""
    w = World(work)
    before = set(os.listdir(work.dir))
    c = w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 50)
    w.wait_cursor(50)
    assert c.stop() == 0
    new = set(os.listdir(work.dir)) - before
    assert new == {"c1.lua", "client1.log"}, new


def a2_20_no_capacity(work):
    """any number of events between two cursors"""
    w = World(work)
    w.client(w.simple("eventHandlerBuffer = 5000", 'send("G", "EVENT_A")'))
    w.fill(1, 20000)
    w.wait_cursor(20000)
    got = [d["SEQUENCE"] for _, d in w.gateway.events]
    assert got == list(range(1, 20001)), len(got)


def a2_21_cursor_is_put_while_it_moves(work):
    """at least every second, and behind the acknowledgements"""
    w = World(work)
    w.gateway.answer = lambda kind, d: \
        "hold" if d["SEQUENCE"] == 5 else None
    w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 10)
    w.wait_cursor(4)
    w.wait(lambda: len(w.gateway.events) == 10, "all are sent")
    first = w.streamer.puts
    began = time.monotonic()
    w.gateway.release()
    w.wait_cursor(10)
    assert time.monotonic() - began < 15 and w.streamer.puts > first
    assert w.streamer.cursors["C", "C"]["ACKED"] == {"G/EVENT_A": 10}


def a2_22_restart(work):
    """it goes on at its cursor: nothing is left out"""
    w = World(work)
    text = w.simple(sends='send("G", "EVENT_A"), send("B", "E")')
    c = w.client(text)
    w.fill(1, 5)
    w.wait_cursor(5)
    w.gateway.answer = lambda kind, d: "hold"
    w.fill(6, 8)
    w.wait(lambda: len(w.gateway.events) == 8, "they are on their way")
    c.kill()
    w.gateway.answer = lambda kind, d: None
    w.client(text)
    w.fill(9, 9)
    w.wait_cursor(9)
    assert [d["SEQUENCE"] for _, d in w.gateway.events] == \
        [1, 2, 3, 4, 5, 6, 7, 8, 6, 7, 8, 9]
    assert sorted(set(w.book.rows())) == list(range(1, 10))
    assert w.gateway.opened[-1]["ACKED"] == 5, w.gateway.opened


def a2_23_one_of_a_name(work):
    """a second one stands by until the first is gone"""
    w = World(work)
    text = w.simple(sends='send("G", "EVENT_A")')
    a = w.client(text)
    w.fill(1, 2)
    w.wait_cursor(2)
    b = w.client(text)
    w.wait(lambda: "standing by" in b.log(), "it stands by")
    w.fill(3, 4)
    w.wait_cursor(4)
    assert len(w.gateway.events) == 4, w.gateway.events
    a.kill()
    w.wait(lambda: "the other process is gone" in b.log(), "it takes over")
    w.fill(5, 5)
    w.wait_cursor(5)
    assert [d["SEQUENCE"] for _, d in w.gateway.events] == [1, 2, 3, 4, 5]


def a2_24_what_can_be_seen(work):
    """STATUS and CLIENT_LIST: what waits, what was handled, what is wrong"""
    w = World(work)
    c = w.client('listen("unix:%s")\n' % work.path("c.sock") + w.simple(
        "receiveWarningRange = { 1, 2 }, sentWarningRange = { 1, 2 }, "
        "updateFrequency = 20, eventHandlerBuffer = 3",
        'send("G", "EVENT_A"), send("B", "E")'))
    w.fill(1, 2)
    w.wait_cursor(2)
    with Link(work.path("c.sock"), role="ctl") as link:
        kind, d = link.ask("STATUS")
        assert (kind, d["HEALTH"], d["ADVICE"], d["PROGRAM"]) == (
            "STATUS_ACK", "HEALTHY", [], "fixgate-client"), d
        assert d["NOW"] - d["STARTED"] >= 0 and d["VERSION"], d
        w.gateway.answer = lambda kind, d: "hold"
        w.fill(3, 10)
        w.wait(lambda: link.ask("CLIENT_LIST")[1]["CLIENTS"][0]["BLOCKS"][0][
            "SENDS"][1]["HANDLED"] == 10, "the program has all")
        w.wait(lambda: [(a["LEVEL"], a["SUBJECT"]) for a in
                        link.ask("STATUS")[1]["ADVICE"]] == [
            ("ERROR", "client C, send G/EVENT_A")], "ERROR")
        assert link.ask("STATUS")[1]["HEALTH"] == "ERROR"
        kind, d = link.ask("CLIENT_LIST")
        got, = d["CLIENTS"]
        assert (got["CLIENT"], got["PROCESS"], got["STREAM"], got["STATE"],
                got["HEALTH"], got["VISIBLE"]) == (
            "C", "S", "S", "live", "ERROR", 10), got
        block, = got["BLOCKS"]
        assert (block["KEY"], block["CURSOR"], block["SEEN"],
                block["HELD"]) == ("C", 2, 10, 8), block
        g, b = block["SENDS"]
        assert (g["SEND"], g["PROCESS"], g["EVENT"], g["UP"], g["HEALTH"],
                g["UNANSWERED"], g["QUEUED"], g["HANDLED"]) == (
            "G/EVENT_A", "G", "EVENT_A", True, "ERROR", 3, 8, 2), g
        assert (b["HEALTH"], b["QUEUED"], b["HANDLED"], b["TEXT"]) == (
            "HEALTHY", 0, 10, ""), b
        w.gateway.release()
        w.wait(lambda: link.ask("STATUS")[1]["HEALTH"] == "HEALTHY",
               "HEALTHY")
        w.streamer.stop()
        w.wait(lambda: link.ask("STATUS")[1]["HEALTH"] == "WARNING",
               "the streamer is missed")
        kind, d = link.ask("CLIENT_LIST")
        assert d["CLIENTS"][0]["STATE"] == "streamer down", d
        assert link.ask("NONSENSE")[0] == "NACK"
    assert c.stop() == 0
    status, out = w.check('listen("tcp:0.0.0.0:5000")\n' + w.simple())
    assert status == 1 and "c2.lua:4: listen" in out, out


def a2_26_past_bugs(work):
    """answers that are not expected, a streamer that dies, a stop at work"""
    w = World(work)
    # Answered twice, and something that never was asked for.
    w.book.say('{"ack": N}\n{"ack": N}\n{"ack": 99999}')
    c = w.client(w.simple(sends='send("B", "E"), send("G", "EVENT_A")'))
    w.fill(1, 3)
    w.wait_cursor(3)
    w.book.say()
    # One logon, not two, when the streamer comes back; no event twice.
    w.gateway.answer = lambda kind, d: "hold"
    w.fill(4, 6)
    w.wait(lambda: len(w.gateway.events) == 6, "they are on their way")
    w.streamer.stop()
    w.wait(lambda: "its streamer S is not there" in c.log(), "it is missed")
    w.wait(lambda: not w.streamer.logons, "it is logged off")
    w.streamer.start()
    w.wait(lambda: len(w.streamer.logons) == 1, "it is logged on")
    w.fill(7, 7)
    w.wait(lambda: len(w.gateway.events) == 7, "it goes on")
    assert len(w.streamer.logons) == 1
    w.gateway.release()
    w.wait_cursor(7)
    assert [d["SEQUENCE"] for _, d in w.gateway.events] == \
        [1, 2, 3, 4, 5, 6, 7]
    # A stop while events wait ends.
    w.gateway.answer = lambda kind, d: "hold"
    w.fill(8, 9)
    w.wait(lambda: len(w.gateway.events) == 9, "they are on their way")
    assert c.stop() == 0
    assert w.streamer.cursor() == 7


run([f for n, f in sorted(globals().items()) if n.startswith("a2_")])
