#!/usr/bin/env python3
"""Where a client goes on: cursors that are not there or do not fit, crashes at
each step, another one of its name."""

import os
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import World, run


def seqs(world):
    return [d["SEQUENCE"] for _, d in world.gateway.events]


# ---- cursors that do not fit ----

def no_cursor(work):
    """a client without a cursor does not start until somebody says where"""
    w = World(work)
    w.fill(1, 5)
    c = w.client(w.simple(start=""))
    w.wait(lambda: "it has no cursor" in c.log(), "it says so")
    assert "startAt" in c.log() and \
        "fixgatectl cursor set C C ORDERS SEQUENCE" in c.log(), c.log()
    assert w.streamer.logons == [] and w.book.rows() == []
    w.streamer.cursors["C", "C"] = {"SEQUENCE": 3, "SOURCE": "uuid/ORDERS/1",
                                    "ACKED": {}}
    w.wait_cursor(5)
    assert w.book.rows() == [4, 5]


def start_at(work):
    """beginning, live, a sequence, a time; stored before a row is taken"""
    w = World(work)
    w.fill(1, 5)
    w.streamer.oldest = 2
    base = 'startAt = %s'
    for name, at, want in (
            ("BEGINNING", '"beginning"', [2, 3, 4, 5]),
            ("LIVE", '"live"', []), ("SEQUENCE", "3", [4, 5]),
            ("TIME", '"20260105-09:00:00.000000004"', [4, 5])):
        c = w.client(w.simple(name=name, start=base % at, sends=(
            'send("G", "EVENT_%s")' % name)))
        w.wait(lambda: w.streamer.cursor(name) == 5, name)
        got = [d["SEQUENCE"] for k, d in w.gateway.events
               if k == "EVENT_" + name]
        assert got == want, (name, got)

        def asked_by_it():
            return [(k, d) for k, d in w.streamer.asked
                    if d.get("CONSUMER", d.get("CLIENT")) == name]
        # "live" has its cursor before it is logged on.
        w.wait(lambda: any(k == "STREAM_LOGON" and "AFTER" in d
                           for k, d in asked_by_it()), "a logon")
        asked = asked_by_it()
        put = [i for i, (k, d) in enumerate(asked) if k == "CURSOR_PUT"][0]
        logon = [i for i, (k, d) in enumerate(asked)
                 if k == "STREAM_LOGON" and "AFTER" in d][0]
        assert put < logon, asked
        assert c.stop() == 0
    c = w.client(w.simple(name="FAR", start="startAt = 99"))
    w.wait(lambda: "AHEAD" in c.log(), "beyond the last row")
    # A new block of a client that has a cursor.
    two = """streamerClient("TWO") { dataSource = { "S", "S" },
        startAt = "live", onMessage("A") { send("G", "EVENT_A") }, %s }"""
    w.streamer.cursors["TWO", "A"] = {"SEQUENCE": 3, "ACKED": {},
                                      "SOURCE": "uuid/ORDERS/1"}
    w.client(two % 'onMessage("B") { send("G", "EVENT_B") }')
    w.wait_cursor(5, "TWO", "B")
    w.fill(6, 6)
    w.wait_cursor(6, "TWO", "A")
    w.wait_cursor(6, "TWO", "B")
    got = [(k, d["SEQUENCE"]) for k, d in w.gateway.events
           if k in ("EVENT_A", "EVENT_B")]
    assert sorted(got) == [("EVENT_A", 4), ("EVENT_A", 5), ("EVENT_A", 6),
                           ("EVENT_B", 6)], got


def other_rows(work):
    """a cursor of another store or table is not used"""
    w = World(work)
    w.fill(1, 5)
    w.streamer.cursors["C", "C"] = {"SEQUENCE": 3, "ACKED": {},
                                    "SOURCE": "old/ORDERS/1"}
    c = w.client(w.simple())
    w.wait(lambda: "is one of old/ORDERS/1, but the rows are uuid/ORDERS/1"
           in c.log(), "it says so")
    assert w.streamer.logons == [] and w.book.rows() == []


def rows_change_while_it_runs(work):
    """the store is another one: it stops, and sends nothing of it"""
    w = World(work)
    c = w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 3)
    w.wait_cursor(3)
    w.streamer.stop()
    w.streamer.source = "new/ORDERS/1"
    w.streamer.start()
    w.wait(lambda: "is one of uuid/ORDERS/1, but the rows are new/ORDERS/1"
           in c.log(), "it says so")
    assert seqs(w) == [1, 2, 3]


def truncated(work):
    """rows behind the cursor are gone"""
    w = World(work)
    w.fill(1, 5)
    w.streamer.oldest = 4
    w.streamer.cursors["C", "C"] = {"SEQUENCE": 1, "ACKED": {},
                                    "SOURCE": "uuid/ORDERS/1"}
    c = w.client(w.simple())
    w.wait(lambda: "stream S: TRUNCATED" in c.log(), "it says so")
    assert w.book.rows() == []


def cursor_is_moved(work):
    """while the streamer was away: it goes on from there"""
    w = World(work)
    c = w.client(w.simple())
    w.fill(1, 6)
    w.wait_cursor(6)
    w.streamer.stop()
    w.streamer.cursors["C", "C"]["SEQUENCE"] = 4
    w.streamer.start()
    w.wait(lambda: "its cursor was moved" in c.log(), "it says so")
    w.wait_cursor(6)
    assert w.book.rows() == [1, 2, 3, 4, 5, 6, 5, 6]


def destination_went_back(work):
    """a gateway that has handled less than was acknowledged is not used"""
    w = World(work)
    take = w.gateway.request

    def request(conn, kind, ref, d):
        if kind == "LANE_OPEN" and d["ACKED"] > 0:
            conn.nack(ref, "DESTINATION_WENT_BACK")
        else:
            take(conn, kind, ref, d)
    w.gateway.request = request
    c = w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 3)
    w.wait_cursor(3)
    w.gateway.stop()
    w.gateway.start()
    w.wait(lambda: "does not open the lane G/EVENT_A: DESTINATION_WENT_BACK"
           in c.log(), "it says so")
    w.fill(4, 4)
    assert seqs(w) == [1, 2, 3]


def crash_points(work):
    """killed before and after each message of its work: in the end each row has
    had its effect once at the gateway, reached the program, or is put aside"""
    steps = [("S", "CURSOR_GET", 1), ("S", "STREAM_LOGON", 1),
             ("S", "STREAM_LOGOFF", 1), ("S", "CURSOR_PUT", 1),
             ("S", "STREAM_LOGON", 2), ("S", "CREDIT", 1),
             ("S", "EVENT_PARK", 1), ("S", "EVENT_PARK", 2),
             ("S", "CURSOR_PUT", 2), ("S", "CURSOR_PUT", 3),
             ("G", "LANE_OPEN", 1), ("G", "EVENT_A", 1), ("G", "EVENT_A", 5),
             ("G", "EVENT_A", 10)]
    w = World(work)
    w.book.say('{"nack": N, "text": "never"}', rows=[4])
    text = w.simple("eventHandlerBuffer = 3", """send("G", "EVENT_A"),
        send("B", "E", function(r) if r.ID == "R7" then error("no") end
          return { ID = r.ID } end)""", name="X")
    for n, (which, kind, nth) in enumerate(steps * 2):
        name = "C%d" % n
        server = w.streamer if which == "S" else w.gateway
        real, counted, dead = server.request, [0], []
        begun = threading.Event()  # c is this round's client

        def request(conn, k, ref, d):
            if conn in dead:  # what is behind it is not read
                return
            mine = k == kind and not dead
            counted[0] += mine
            hit = mine and counted[0] == nth
            if not hit or n >= len(steps):
                real(conn, k, ref, d)
            if hit:
                begun.wait()
                c.signal(signal.SIGKILL)
                dead.append(conn)
        w.streamer.rows.clear()
        w.streamer.parked.clear()
        w.gateway.effects.clear()
        w.book.clear()
        w.fill(1, 10)
        server.request = request
        c = w.client(text.replace('"X"', '"%s"' % name))
        begun.set()
        if nth == 3:  # the first is the place, the others follow the rows
            w.wait(lambda: dead or w.streamer.cursor(name) == 10, "a cursor")
            w.fill(11, 12)
        what = "%s %s %d" % ("after" if n >= len(steps) else "before", kind,
                             nth)
        w.wait(lambda: dead, what)
        c.wait()
        c.start()
        w.wait(lambda: "logged on" in c.log(), "it is there again")
        last = len(w.streamer.rows)
        w.wait_cursor(last, name)
        got = [d["SEQUENCE"] for d in w.gateway.effects]
        assert got == list(range(1, last + 1)), (what, got)
        assert set(w.book.rows()) == set(range(1, last + 1)) - {7}, (
            what, w.book.rows())
        put = {(d["SEND"], d["SEQUENCE"], d["PART"])
               for d in w.streamer.parked}
        assert put == {("#B/E", 7, 0), ("B/E", 4, 0)}, (what, put)
        server.request = real
        status = c.stop()
        assert status == 0, (what, status)


# ---- another one ----

def takeover(work):
    """takeover = true: the one that came first loses, and stays away"""
    w = World(work)
    text = w.simple("takeover = true", 'send("G", "EVENT_A")')
    a = w.client(text)
    w.fill(1, 2)
    w.wait_cursor(2)
    w.gateway.answer = lambda kind, d: "hold"
    w.fill(3, 4)
    w.wait(lambda: len(w.gateway.events) == 4, "they are on their way")
    b = w.client(text)
    w.wait(lambda: "another process took its place: stopped" in a.log(),
           "the first has lost")
    w.gateway.release()
    w.fill(5, 6)
    w.wait_cursor(6)
    assert seqs(w)[-2:] == [5, 6] and seqs(w)[:4] == [1, 2, 3, 4], seqs(w)
    assert b.running() and len(w.streamer.logons) == 1
    assert a.stop() == 0
    w.fill(7, 7)
    w.wait_cursor(7)


def fenced_lane(work):
    """a gateway says that another one has the lane: it stands by"""
    w = World(work)
    c = w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 2)
    w.wait_cursor(2)
    for conn in list(w.gateway.conns):
        conn.send("ERROR", 0, CODE="FENCED", FATAL=True,
                  TEXT="another connection took a lane of this one")
        conn.cut()
    w.wait(lambda: "another process has a lane of it: standing by" in
           c.log(), "it stands by")
    w.fill(3, 3)
    w.wait_cursor(3)
    assert seqs(w) == [1, 2, 3]


def token_is_taken(work):
    """somebody asked for the cursor: who is logged on has it again; unless it
    was moved"""
    w = World(work)
    c = w.client(w.simple())
    w.fill(1, 2)
    w.wait_cursor(2)
    w.streamer.tokens["C", "C"] += 1
    w.fill(3, 4)
    w.wait_cursor(4)
    assert "moved" not in c.log()
    with w.streamer.lock:
        w.streamer.tokens["C", "C"] += 1
        w.streamer.cursors["C", "C"]["SEQUENCE"] = 2
    w.fill(5, 5)
    w.wait_cursor(5)
    assert "its cursor was moved; it goes on from there" in c.log()
    assert w.book.rows() == [1, 2, 3, 4, 5, 3, 4, 5], w.book.rows()


def cursor_is_moved_at_work(work):
    """forward, over a row that has no answer; back, behind rows whose cursor was
    not put yet: it goes on from there, and does not put it back"""
    w = World(work)
    w.gateway.answer = lambda kind, d: \
        "hold" if d["SEQUENCE"] == 6 else None
    c = w.client(w.simple(sends='send("G", "EVENT_A")'))
    w.fill(1, 10)
    w.wait_cursor(5)
    with w.streamer.lock:
        w.streamer.tokens["C", "C"] += 1
        w.streamer.cursors["C", "C"]["SEQUENCE"] = 8
    w.fill(11, 11)
    w.wait_cursor(11)
    assert "its cursor was moved" in c.log() and seqs(w).count(6) == 1
    dropped = []

    def drop(conn, kind, ref, d):
        if kind != "CURSOR_PUT":
            return False
        dropped.append(d["SEQUENCE"])
        conn.nack(ref, "SOURCE_DOWN", True)
        return True
    w.streamer.before = drop
    w.fill(12, 15)
    w.wait(lambda: 15 in dropped, "all are settled")
    with w.streamer.lock:
        w.streamer.tokens["C", "C"] += 1
        w.streamer.cursors["C", "C"]["SEQUENCE"] = 13
        w.streamer.before = lambda conn, kind, ref, d: False
    w.wait_cursor(15)
    assert seqs(w)[-2:] == [14, 15] and seqs(w).count(14) == 2, seqs(w)
    assert seqs(w).count(13) == 1, seqs(w)


run([f for f in list(globals().values())
     if getattr(f, "__module__", "") == "__main__" and f is not seqs])
