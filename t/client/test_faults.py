#!/usr/bin/env python3
"""What a client does when something is wrong: handlers that refuse, are slow or
gone, scripts that fail, streams that end, nonsense."""

import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import Link, World, fg, run
from link import unpack


def frame(data):
    """A message that was kept: its type and details."""
    m, end = unpack(data, 4)
    assert end == len(data)
    return m["MESSAGE_TYPE"], m["DETAILS"]


def seqs(world):
    return [d["SEQUENCE"] for _, d in world.gateway.events]


# ---- refusals ----

def retry_stops_the_lane(work):
    """an event that is refused for now comes again, before those behind it"""
    w = World(work)
    w.gateway.answer = lambda kind, d: ("DISK_FULL", True) \
        if d["SEQUENCE"] == 3 else ("LANE_STOPPED", True) \
        if d["SEQUENCE"] > 3 else None
    c = w.client(w.simple(
        "sentWarningRange = { 1, 2 }, receiveWarningRange = { 1, 2 }, "
        "updateFrequency = 20", sends='send("G", "EVENT_A")'))
    w.fill(1, 6)
    w.wait(lambda: seqs(w).count(3) >= 3, "it comes again")
    w.wait(lambda: "send G/EVENT_A: ERROR: G asks for later" in c.log(),
           "ERROR")
    w.wait_cursor(2)
    with w.gateway.lock:
        before = len(w.gateway.events)
        w.gateway.answer = lambda kind, d: None
    w.wait_cursor(6)
    assert seqs(w)[before:] == [3, 4, 5, 6], seqs(w)[before:]
    assert w.streamer.parked == []
    w.wait(lambda: "send G/EVENT_A is HEALTHY again" in c.log(), "HEALTHY")


def program_asks_for_later(work):
    """the same with a program"""
    w = World(work)
    w.book.say('{"nack": N, "text": "busy", "retry": true}', rows=[3])
    w.client(w.simple())
    w.fill(1, 6)
    w.wait(lambda: w.book.rows().count(3) >= 3, "it comes again")
    w.book.say()
    w.wait_cursor(6)
    got = w.book.rows()
    assert got[:6] == [1, 2, 3, 4, 5, 6] and set(got[6:]) == {3}, got


def refused_for_good(work):
    """QUARANTINE, once, with reason and content; the lane goes on"""
    w = World(work)
    w.gateway.answer = lambda kind, d: {
        2: ("BAD_FIELD", False, {"PARKED": 7}),
        3: ("BAD_REQUEST", False),
        5: ("BAD_REQUEST", False, {"TEXT": "long " * 200})}.get(
            d["SEQUENCE"])
    w.book.say('{"nack": N, "text": "no such book"}', rows=[4])
    c = w.client(w.simple(
        sends='send("G", "EVENT_A"), send("B", "FILL")'))
    w.fill(1, 6)
    w.wait_cursor(6)
    parked = [(d["CONSUMER"], d["KEY"], d["SEND"], d["SOURCE"], d["SEQUENCE"],
               d["PART"], d["PROCESS"], d["EVENT"], d["CODE"], d["REASON"])
              for d in w.streamer.parked]
    head = ("C", "C")
    assert sorted(parked, key=lambda p: p[4]) == [
        head + ("G/EVENT_A", "uuid/ORDERS/1", 3, 0, "G", "EVENT_A",
                "BAD_REQUEST", "as the test wants"),
        head + ("B/FILL", "uuid/ORDERS/1", 4, 0, "B", "FILL", "NACK",
                "no such book"),
        head + ("G/EVENT_A", "uuid/ORDERS/1", 5, 0, "G", "EVENT_A",
                "BAD_REQUEST", ("long " * 200)[:383])], parked
    fill = [d for d in w.streamer.parked if d["PROCESS"] == "B"][0]
    assert json.loads(fill["DETAILS"]) == {"ID": "R4", "QTY": 4.5}, fill
    # What the gateway did not count as handled is not said to be.
    assert w.streamer.cursors["C", "C"]["ACKED"] == {"G/EVENT_A": 6}
    assert "row 4: B refused FILL: NACK: no such book" in c.log(), c.log()
    assert w.book.rows() == [1, 2, 3, 4, 5, 6]


def too_old_for_a_program(work):
    """age holds for programs, too, but not for what comes from QUARANTINE"""
    w = World(work)
    w.client(w.simple(sends="""send("B", "OLD", { age = 60 }),
        send("B", "ANY", { age = 0 })"""))
    w.fill(1, 1)  # its time is long ago
    w.wait_cursor(1)
    assert [m["event"] for m in w.book.lines()] == ["ANY"], w.book.lines()
    d, = w.streamer.parked
    assert (d["SEND"], d["CODE"]) == ("B/OLD", "TOO_OLD"), d
    assert "older than age allows" in d["REASON"], d
    w.streamer.stamp = time.time_ns()
    w.fill(2, 2)
    w.wait_cursor(2)
    assert sorted(m["event"] for m in w.book.lines()) == ["ANY", "ANY", "OLD"]
    w.streamer.pending = [dict(d, SEQUENCE=11, ROW_SEQUENCE=1)]
    w.wait(lambda: w.streamer.done and w.streamer.done[0]["OK"], "it is done")


def script_fails(work):
    """on a row: that is put into QUARANTINE, others are not concerned"""
    w = World(work)
    c = w.client(w.simple(sends="""
        where = function(r) if r.ID == "R2" then error("no where") end
          return true end,
        send("B", "E", function(r) if r.ID == "R3" then
          return { A = r.ID .. nil } end return { ID = r.ID } end)"""))
    w.fill(1, 5)
    w.wait_cursor(5)
    assert w.book.rows() == [1, 4, 5]
    a, b = w.streamer.parked
    assert (a["SEQUENCE"], a["SEND"], a["CODE"], a["EVENT"]) == \
        (2, "#where", "SCRIPT_ERROR", "") and "no where" in a["REASON"], a
    assert (b["SEQUENCE"], b["SEND"], b["CODE"]) == \
        (3, "#B/E", "SCRIPT_ERROR"), b
    assert "c1.lua:10" in b["REASON"] and "row 3" in b["REASON"], b
    assert frame(b["DETAILS"]) == ("ROW", {
        "TIMESTAMP": 1767603600000000003,
        "ROW": {"ID": "R3", "QTY": {"DECIMAL": "3.50"}}}), b
    assert "a row goes to QUARANTINE" in c.log()


def script_is_mended(work):
    """rows on which it failed are given to it again"""
    w = World(work)
    w.client("local bad = { R2 = 1, R3 = 1, R4 = 1 }\n" + w.simple(sends="""
        where = function(r) if r.ID == "R2" and bad.R2 then bad.R2 = nil
          error("no where") end return true end,
        send("B", "E", function(r) if r.ID == "R3" and bad.R3 then
          bad.R3 = nil error("no event") end
          if r.ID == "R4" then error("never") end
          return { { ID = r.ID, Q = r.QTY * 2 }, { ID = "two" } } end),
        send("G", "EVENT_A")"""))
    w.fill(1, 4)
    w.wait_cursor(4)
    assert sorted(d["SEND"] for d in w.streamer.parked) == [
        "#B/E", "#B/E", "#where"], w.streamer.parked
    w.streamer.pending = [{
        "SEQUENCE": 20 + d["SEQUENCE"], "TIME": 9, "CONSUMER": "C",
        "KEY": "C", "SEND": d["SEND"], "SOURCE": d["SOURCE"],
        "ROW_SEQUENCE": d["SEQUENCE"], "PART": 0, "ATTEMPT": 0,
        "PROCESS": "", "EVENT": "", "DETAILS": d["DETAILS"]}
        for d in w.streamer.parked]
    w.wait(lambda: len(w.streamer.done) == 3, "it is known what became")
    done = {d["SEQUENCE"]: d for d in w.streamer.done}
    assert done[22]["OK"] and done[23]["OK"] and not done[24]["OK"], done
    assert "never" in done[24]["TEXT"], done
    got = sorted((m["seq"], m["part"], m["attempt"],
                  m["details"].get("Q")) for m in w.book.lines())
    assert got == [(1, 0, 0, 3.0), (1, 1, 0, None), (2, 0, 1, 5.0),
                   (2, 1, 1, None), (3, 0, 1, 7.0), (3, 1, 1, None)], got
    stamps = {m["seq"]: m["timestamp"] for m in w.book.lines()}
    assert stamps[2] == "20260105-09:00:00.000000002", stamps
    assert sorted(seqs(w)) == [1, 2, 3, 4]


def quarantine_limit(work):
    """too many rows in QUARANTINE stop the client, and the others not"""
    w = World(work)
    c = w.client('listen("unix:%s")\n' % work.path("c.sock") + w.simple(
        "quarantineLimit = { 3, 3600 }",
        'send("B", "E", function(r) error("always") end)') +
        w.simple(name="D", sends='send("G", "EVENT_A")'))
    w.fill(1, 50)
    w.wait(lambda: "more than 3 of its rows went to QUARANTINE" in c.log(),
           "it stops")
    w.wait_cursor(50, "D")
    # Those are in QUARANTINE, for somebody to look at, and settled.
    w.wait_cursor(4)
    assert [d["SEQUENCE"] for d in w.streamer.parked] == [1, 2, 3, 4]
    with Link(work.path("c.sock")) as link:
        clients = {x["CLIENT"]: x
                   for x in link.ask("CLIENT_LIST")[1]["CLIENTS"]}
        assert (clients["C"]["STATE"], clients["C"]["HEALTH"]) == \
            ("stopped", "ERROR"), clients["C"]
        assert "quarantineLimit" in clients["C"]["TEXT"]
        assert clients["D"]["HEALTH"] == "HEALTHY", clients["D"]
    w.wait(lambda: not [1 for x in w.streamer.logons
                        if x[2]["client"] == "C"], "it is logged off")


def quarantine_retry(work):
    """what is marked is sent again, with ATTEMPT; the answer is told"""
    w = World(work)
    w.client(w.simple(sends='send("B", "FILL"), send("G", "EVENT_X")'))
    w.fill(1, 1)
    w.wait_cursor(1)
    row = {"SEQUENCE": 11, "TIME": 1767603600 * 10**9, "STATE": "retry",
           "CONSUMER": "C", "KEY": "C", "SEND": "B/FILL",
           "SOURCE": "uuid/ORDERS/1", "ROW_SEQUENCE": 1, "PART": 0,
           "ATTEMPT": 0, "PROCESS": "B", "EVENT": "FILL", "CODE": "NACK",
           "REASON": "x", "DETAILS": b'{"ID":"R1"}'}
    w.book.say('{"nack": N, "text": "still not"}', rows=[1])
    w.streamer.pending = [
        row, dict(row, SEQUENCE=12, SEND="GONE/E"),
        dict(row, SEQUENCE=13, SEND="#B/FILL", PROCESS="", EVENT=""),
        dict(row, SEQUENCE=16, SEND="#NO", PROCESS="", EVENT=""),
        dict(row, SEQUENCE=14, SOURCE="other/ORDERS/1")]
    w.wait(lambda: len(w.streamer.done) == 5, "it is known what became")
    done = {d["SEQUENCE"]: d for d in w.streamer.done}
    assert not any(d["OK"] for d in done.values()), done
    assert done[11]["TEXT"] == "still not", done
    assert "no such send" in done[12]["TEXT"], done
    assert "cannot be read" in done[13]["TEXT"], done
    assert "no such block or send" in done[16]["TEXT"], done
    assert "no longer there" in done[14]["TEXT"], done
    assert w.book.lines()[-1]["attempt"] == 1
    w.book.say()
    w.streamer.pending = [dict(row, SEQUENCE=15, ATTEMPT=1)]
    w.wait(lambda: len(w.streamer.done) == 6, "it is done")
    assert w.streamer.done[5] == {"SEQUENCE": 15, "OK": True, "TEXT": "",
                                  "STREAM": "S"}, w.streamer.done[5]
    m = w.book.lines()[-1]
    assert (m["seq"], m["attempt"], m["details"]) == (1, 2, {"ID": "R1"}), m
    assert len(w.book.lines()) == 3, w.book.lines()
    assert w.streamer.parked == []


def quarantine_retry_of_a_link(work):
    """an event that a link process refused comes back as it was"""
    w = World(work, lanes=False)
    w.gateway.answer = lambda kind, d: ("BAD_FIELD", False) \
        if d["ATTEMPT"] == 0 else None
    w.client(w.simple(sends="""send("G", "EVENT_FIX_SEND", function(r)
        return { SESSION = "X", ClOrdID = r.ID } end)"""))
    w.fill(1, 1)
    w.wait_cursor(1)
    d, = w.streamer.parked
    w.streamer.pending = [{
        "SEQUENCE": 5, "TIME": 9, "CONSUMER": "C", "KEY": "C",
        "SEND": d["SEND"], "SOURCE": d["SOURCE"],
        "ROW_SEQUENCE": d["SEQUENCE"], "PART": 0, "ATTEMPT": 0,
        "PROCESS": "G", "EVENT": d["EVENT"], "DETAILS": d["DETAILS"]}]
    w.wait(lambda: w.streamer.done, "it is done")
    first, again = [e for _, e in w.gateway.events]
    assert again["ATTEMPT"] == 1 and again["AGE"] == 0 and \
        "LANE" not in again, again
    for key in ("SESSION", "FIELDS", "CLIENT", "SEND", "SEQUENCE"):
        assert first[key] == again[key], (key, first, again)
    assert w.streamer.done[0]["OK"], w.streamer.done


# ---- handlers that are slow, or gone ----

def lane_on(work):
    """events of different values do not wait for one another"""
    w = World(work)
    ready, logged_on = threading.Event(), threading.Event()

    def answer(kind, d):
        if ready.is_set() and d["SEQUENCE"] == 1:
            logged_on.set()  # not between 1 and 3
        return ("LOGGED_OFF", True) if d["SESSION"] == "A" and \
            not logged_on.is_set() else None
    w.gateway.answer = answer
    w.client(w.simple(sends="""send("G", "EVENT_FIX_SEND", function(r)
        return { SESSION = r.ID, Q = r.QTY } end, { laneOn = "SESSION" })"""))
    w.streamer.add(["A", "1"], ["B", "2"], ["A", "3"], ["B", "4"], ["C", "5"])
    w.wait(lambda: {4, 5} <= set(seqs(w)), "the others go on")
    w.wait(lambda: seqs(w).count(1) > 2, "the first is tried again")
    ready.set()
    w.wait_cursor(5)
    assert sorted(d["SEND"] for d in w.gateway.opened) == [
        "G/EVENT_FIX_SEND/" + x for x in "ABC"], w.gateway.opened
    a = [d["SEQUENCE"] for _, d in w.gateway.events if d["SESSION"] == "A"]
    assert a[-2:] == [1, 3], a
    w.streamer.add(["x\n", "6"])
    w.wait_cursor(6)
    assert "laneOn" in w.streamer.parked[0]["REASON"], w.streamer.parked


def lane_that_stands(work):
    """others go on beyond eventHandlerBuffer while one is refused for now, and
    it is told which; then it has its events in their order"""
    w = World(work)
    open_again = threading.Event()
    w.gateway.answer = lambda kind, d: ("HALTED", True) if \
        d["SESSION"] == "A" and not open_again.is_set() else None
    c = w.client(w.simple("""eventHandlerBuffer = 5, updateFrequency = 20,
        receiveWarningRange = { 1, 2 }""", sends="""send("G",
        "EVENT_FIX_SEND", function(r) return { SESSION = r.ID } end,
        { laneOn = "SESSION" })"""))
    w.streamer.add(*[["ABCDE"[i % 5], "1"] for i in range(1000)])
    others = [i + 1 for i in range(1000) if i % 5]
    w.wait(lambda: sorted(d["SEQUENCE"] for d in w.gateway.effects) == others,
           "the others go on")
    w.wait(lambda: "WARNING: G asks for later on the lane "
           "G/EVENT_FIX_SEND/A, for " in c.log(), "WARNING")
    w.wait(lambda: "ERROR: G asks for later on the lane" in c.log(), "ERROR")
    assert w.streamer.cursor() == 0
    open_again.set()
    w.wait_cursor(1000)
    assert [d["SEQUENCE"] for d in w.gateway.effects
            if d["SESSION"] == "A"] == list(range(1, 1001, 5))
    w.wait(lambda: "is HEALTHY again" in c.log(), "HEALTHY")


def handler_down_waits(work):
    """events wait for a process that is not there; then all go on"""
    w = World(work)
    w.gateway.stop()
    c = w.client(w.simple(
        "sentWarningRange = { 1, 2 }, receiveWarningRange = { 1, 2 }, "
        "updateFrequency = 20", sends='send("G", "EVENT_A")'))
    w.fill(1, 5)
    w.wait(lambda: "send G/EVENT_A: WARNING: G is not there" in c.log(),
           "WARNING")
    before = c.cpu()
    w.wait(lambda: "send G/EVENT_A: ERROR: G is not there" in c.log(),
           "ERROR")
    assert c.cpu() - before < 0.3, "it is busy: %g s" % (c.cpu() - before)
    w.gateway.start()
    w.wait_cursor(5)
    assert seqs(w) == [1, 2, 3, 4, 5]
    w.wait(lambda: "send G/EVENT_A is HEALTHY again" in c.log(), "HEALTHY")


def handler_down_parks(work):
    """onHandlerDown = "park": after a while rows go to QUARANTINE"""
    w = World(work)
    w.gateway.stop()
    w.client(w.simple(
        sends='send("G", "EVENT_A", { onHandlerDown = "park" })'))
    w.fill(1, 3)
    w.wait_cursor(3)
    assert [(d["SEQUENCE"], d["CODE"]) for d in w.streamer.parked] == [
        (i, "HANDLER_DOWN") for i in (1, 2, 3)], w.streamer.parked
    assert "G is not there" in w.streamer.parked[0]["REASON"]
    w.gateway.start()
    w.wait(lambda: w.gateway.opened, "it is there")
    w.fill(4, 4)
    w.wait_cursor(4)
    assert seqs(w) == [4]


def connection_is_lost(work):
    """what has no answer is sent again, in order"""
    w = World(work)
    w.gateway.answer = lambda kind, d: \
        "hold" if d["SEQUENCE"] > 2 else None
    w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 6)
    w.wait(lambda: len(w.gateway.events) == 6, "all are on their way")
    w.gateway.held = []
    w.gateway.answer = lambda kind, d: None
    for conn in list(w.gateway.conns):
        conn.cut()
    w.wait_cursor(6)
    assert seqs(w) == [1, 2, 3, 4, 5, 6, 3, 4, 5, 6], seqs(w)
    assert [d["ACKED"] for d in w.gateway.opened] == [0, 2]


def program_is_killed(work):
    """the same with a program"""
    w = World(work)
    w.book.say("", rows=[3, 4])  # no answer
    w.client(w.simple())
    w.fill(1, 4)
    w.wait_cursor(2)
    w.wait(lambda: w.book.rows() == [1, 2, 3, 4], "all are on their way")
    w.book.say()
    w.book.kill()
    w.wait_cursor(4)
    assert w.book.rows() == [1, 2, 3, 4, 3, 4]


def back_pressure(work):
    """a program that stands still bounds memory, turns WARNING, then ERROR; no
    other client is slowed; and all goes on when it answers again"""
    w = World(work)
    text = "x" * 1000
    slow = w.client(w.simple(
        "sentWarningRange = { 1, 2 }, receiveWarningRange = { 1, 2 }, "
        "updateFrequency = 20, eventHandlerBuffer = 100"))
    quick = w.client(w.simple(name="QUICK", sends='send("G", "EVENT_A")'))
    w.streamer.add(*[[text, "1"]] * 1000)
    w.wait_cursor(1000)
    w.wait_cursor(1000, "QUICK")
    before = slow.memory()
    w.book.freeze()
    w.streamer.add(*[[text * 3, "1"]] * 20000)
    w.wait(lambda: "send B/ROW: WARNING: B has answered nothing" in
           slow.log(), "WARNING")
    w.wait(lambda: "send B/ROW: ERROR: B has answered nothing" in
           slow.log(), "ERROR")
    w.wait_cursor(21000, "QUICK")
    taken = [x[2]["at"] for x in w.streamer.logons
             if x[2]["client"] == "C"][0]
    assert taken < 1000 + 100 + 2 * 100 + 64, taken
    grown = slow.memory() - before
    assert grown < 8 << 20, "%d KB more" % (grown >> 10)
    w.book.thaw()
    w.wait_cursor(21000)
    w.wait(lambda: "send B/ROW is HEALTHY again" in slow.log(), "HEALTHY")
    assert w.book.rows() == list(range(1, 21001))
    print("  memory grew by %d KB behind 60 MB of rows" % (grown >> 10))
    assert quick.running()


def large_rows(work):
    """fewer rows are taken if they are large"""
    w = World(work)
    w.streamer.batch = 10
    w.client(w.simple("eventHandlerBuffer = 10", 'send("G", "EVENT_A")'))
    w.streamer.add(*[["x" * 1000000, "1"]] * 70)
    w.wait_cursor(70)
    w.gateway.answer = lambda kind, d: "hold"
    w.gateway.events.clear()
    w.streamer.add(*[["x" * 1000000, "1"]] * 100)
    w.wait(lambda: len(w.gateway.events) == 10, "the buffer is full")
    taken = w.streamer.logons[0][2]["at"] - 70
    assert taken <= 10 + 2 * 20, taken
    w.gateway.release()
    w.wait_cursor(170)


# ---- streams, and what others say ----

def too_long_to_keep(work):
    """what does not go into a frame is put aside without its content"""
    w = World(work)
    w.book.say('{"nack": N, "text": "no"}', rows=[1])
    w.client(w.simple(sends="""send("B", "ROW"), send("G", "EVENT_A"),
        send("G", "EVENT_B", function(r) error("never") end)"""))
    w.streamer.add(["x" * 5000000, "1"])
    w.wait_cursor(1)
    parked = {d["SEND"]: d for d in w.streamer.parked}
    for send, code, why in (("B/ROW", "NACK", "no"),
                            ("G/EVENT_A", "TOO_BIG", "takes"),
                            ("#G/EVENT_B", "SCRIPT_ERROR", "never")):
        d = parked[send]
        assert d["CODE"] == code and d["DETAILS"] in ("", b""), d["CODE"]
        assert "too many to be kept" in d["REASON"] and \
            d["REASON"].endswith(why), d["REASON"]
    row = dict(parked["B/ROW"], SEQUENCE=11, ROW_SEQUENCE=1)
    w.streamer.pending = [row]
    w.wait(lambda: w.streamer.done, "it is tried again")
    assert w.streamer.done[0]["TEXT"] == "its content cannot be read"


def stream_comes_later(work):
    """NACKs that ask for later, and ends, are tried again"""
    w = World(work)
    nacks = ["SOURCE_DOWN", "MAX_LOGONS"]

    def before(conn, kind, ref, d):
        if kind == "STREAM_LOGON" and "AFTER" in d and nacks:
            conn.nack(ref, nacks.pop(0), True)
            return True
    w.streamer.before = before
    c = w.client(w.simple())
    w.fill(1, 2)
    w.wait_cursor(2)
    assert "SOURCE_DOWN" in c.log() and "MAX_LOGONS" in c.log()
    w.streamer.end("SOURCE_DOWN", True)
    w.fill(3, 3)
    w.wait_cursor(3)
    w.streamer.end("STREAM_ENDED")
    w.wait(lambda: "stream S: STREAM_ENDED" in c.log(), "it says so")
    assert w.book.rows() == [1, 2, 3]


def plain_link(work):
    """a link process without lanes gets the names with each event"""
    w = World(work, lanes=False)
    w.client(w.simple(sends="""send("G", "QUOTE", { age = 7 })"""))
    w.gateway.others = lambda: ("QUOTE",)
    w.fill(1, 2)
    w.wait_cursor(2)
    kind, d = w.gateway.events[1]
    assert (kind, d) == ("QUOTE", {
        "CLIENT": "C", "KEY": "C", "SEND": "G/QUOTE",
        "SOURCE": "uuid/ORDERS/1", "SEQUENCE": 2, "PART": 0, "ATTEMPT": 0,
        "TIMESTAMP": 1767603600000000002, "AGE": 7,
        "DETAILS": {"ID": "R2", "QTY": "2.50"}}), d


def rows_that_are_maps(work):
    """of a stream with toRow: each has names of its own"""
    w = World(work)
    w.streamer.maps = True
    w.client(w.simple() + w.simple(name="D", sends="""send("G", "EVENT_A",
        function(row) return { A = row.A == nil and "no" or row.A,
          HAS = row:has("A"), RAW = row:raw("A"), B = row.B } end),
        sendFormatted("G", "EVENT_B", { "A", X = "B" })"""))
    w.streamer.add({"A": 1, "PX": {"DECIMAL": "1.50"}},
                   {"B": "x", "G": [{"P": 1}, {"P": 2}]})
    w.wait_cursor(2)
    assert [m["details"] for m in w.book.lines()] == [
        {"A": 1, "PX": 1.5}, {"B": "x", "G": [{"P": 1}, {"P": 2}]}]
    w.wait_cursor(2, "D")
    got = {k: [d["DETAILS"] for kind, d in w.gateway.events if kind == k]
           for k in ("EVENT_A", "EVENT_B")}
    assert got["EVENT_A"] == [{"A": 1, "HAS": True, "RAW": "1"},
                              {"A": "no", "HAS": False, "B": "x"}], got
    assert got["EVENT_B"] == [{"A": 1}, {"X": "x"}], got


def nonsense(work):
    """of a streamer or handler does not end the process"""
    w = World(work)
    seed = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
    rnd = random.Random(seed)
    print("  FG_SEED=%d" % seed)
    junk = [None, True, -1, 0, 1, 2**63 - 1, "", "x" * 300, b"\xff", [], {},
            [[]], [{}], [1, 2], {"ROW": 1}, [[1, 2, 3]], [["A", "any"]]]

    def mangle(v):
        """It, with something in it replaced."""
        if isinstance(v, dict) and v and rnd.random() < 0.8:
            key = rnd.choice(sorted(v))
            return dict(v, **{key: mangle(v[key])})
        if isinstance(v, (list, tuple)) and v and rnd.random() < 0.8:
            i = rnd.randrange(len(v))
            return list(v[:i]) + [mangle(v[i])] + list(v[i + 1:])
        return rnd.choice(junk)

    def wrong(kind, details):
        if kind == "HELLO_ACK" or rnd.random() < 0.7:
            return details
        v = mangle(details)
        return v if isinstance(v, dict) else {}
    w.streamer.mangle = w.gateway.mangle = wrong
    row = {"SEQUENCE": 1, "TIME": 1, "KEY": "C", "SEND": "G/EVENT_A",
           "SOURCE": "uuid/ORDERS/1", "ROW_SEQUENCE": 1, "PART": 0,
           "ATTEMPT": 0, "PROCESS": "G", "EVENT": "EVENT_A",
           "DETAILS": b"{}"}
    w.streamer.pending = [row, dict(row, EVENT="", SEND="#G/EVENT_A")]
    clients = 30
    c = w.client("".join(w.simple(
        name="C%d" % i, sends='send("G", "EVENT_A")') for i in range(clients)))
    w.fill(1, 50)
    for _ in range(60):
        if rnd.random() < 0.3:
            w.streamer.stop()
            w.streamer.start()
        if rnd.random() < 0.3:
            w.streamer.end(rnd.choice(["FENCED", "SOURCE_DOWN", "X"]),
                           rnd.random() < 0.5)
        w.fill(1, 2)
        before = len(w.streamer.asked)
        fg.wait_until(lambda: len(w.streamer.asked) > before + 10 or
                      not c.running(), what="requests")
        assert c.running(), c.log()
    assert c.stop() == 0


def columns_do_not_fit(work):
    """a row that is not as its columns say ends the logon, not the process"""
    w = World(work)
    w.streamer.columns = [["ID", "text"], ["QTY", "decimal"], ["X", "int"]]
    c = w.client(w.simple())
    w.fill(1, 1)
    w.wait(lambda: "a row of stream S is not as its columns say" in c.log(),
           "it says so")
    assert c.running()


run([f for f in list(globals().values())
     if getattr(f, "__module__", "") == "__main__" and f not in (seqs, frame)])
