#!/usr/bin/env python3
"""SIGHUP: the files of a client are read again."""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import World, fg, run

READ = "the files were read again"
USED = "the files are in use"
REFUSED = "the files have faults: nothing was changed"


def start(w, one, two):
    """A client process of two files; c.one and c.two are their paths."""
    one = w.write(one)
    c = w.client(two, one)
    c.one, c.two = one, w.work.path("c%d.lua" % w.n)
    fg.wait_until(lambda: "ready: " in c.log(), what="ready")
    return c


def write(w, path, text, more=""):
    with open(path, "w") as f:
        f.write(w.head() + more + text)


def hangup(c, says=USED):
    before = c.log().count(says)
    c.signal(signal.SIGHUP)
    fg.wait_until(lambda: c.log().count(says) > before, what=says)


def logons(w, client):
    return [d for kind, d in w.streamer.asked
            if kind == "STREAM_LOGON" and d["CLIENT"] == client]


def effects(w, event):
    """Rows of an event that had their effect."""
    return [d["SEQUENCE"] for kind, d in w.gateway.events if kind == event]


def exchange(work):
    """a client whose file changed goes on at its cursor with the new script;
    the other one keeps its logon and lane"""
    w = World(work)
    c = start(w, w.simple(sends='send("G", "EVENT_OLD")'),
              w.simple(sends='send("G", "EVENT_D")', name="D"))
    w.fill(1, 5)
    w.wait_cursor(5)
    w.wait_cursor(5, "D")
    lanes = len(w.gateway.opened)
    write(w, c.one, w.simple(sends='send("G", "EVENT_NEW")'))
    hangup(c)
    w.fill(6, 9)
    w.wait_cursor(9)
    w.wait_cursor(9, "D")
    assert effects(w, "EVENT_OLD") == [1, 2, 3, 4, 5]
    assert effects(w, "EVENT_NEW") == [6, 7, 8, 9]
    assert effects(w, "EVENT_D") == list(range(1, 10))
    again = logons(w, "C")[-1]
    assert again["AFTER"] == 5, again
    # The place, then the rows: of D once.
    assert len([d for d in logons(w, "D") if "AFTER" in d]) == 1
    assert len(w.gateway.opened) == lanes + 1, w.gateway.opened
    assert "of 2 clients 1 go on, and 1 are new or changed" in c.log()


def nothing(work):
    """without a change nothing ends"""
    w = World(work)
    c = start(w, w.simple(), w.simple(name="D"))
    w.fill(1, 5)
    w.wait_cursor(5)
    w.wait_cursor(5, "D")
    before = len(logons(w, "C")), len(logons(w, "D")), w.book.pid()
    for _ in range(3):
        hangup(c)
    w.fill(6, 9)
    w.wait_cursor(9)
    w.wait_cursor(9, "D")
    assert (len(logons(w, "C")), len(logons(w, "D")), w.book.pid()) == before
    assert w.book.rows().count(6) == 2


def faults(work):
    """a fault in any file: it is logged, and nothing is changed"""
    w = World(work)
    c = start(w, w.simple(sends='send("G", "EVENT_OLD")'),
              w.simple(sends='send("G", "EVENT_D")', name="D"))
    w.fill(1, 5)
    w.wait_cursor(5)
    write(w, c.one, w.simple(sends='send("G", "EVENT_NEW")'))
    write(w, c.two, w.simple("nonsense = 1", name="D"))
    hangup(c, REFUSED)
    assert c.two + ":" in c.log(), c.log()
    write(w, c.two, w.simple(name="C"))
    hangup(c, REFUSED)
    assert "streamerClient C is declared in" in c.log(), c.log()
    w.fill(6, 9)
    w.wait_cursor(9)
    w.wait_cursor(9, "D")
    assert effects(w, "EVENT_OLD") == list(range(1, 10))
    assert effects(w, "EVENT_NEW") == []


def in_flight(work):
    """what was sent gets its answer before the new script begins; the other
    client goes on meanwhile"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold" if kind == "EVENT_OLD" else None
    c = start(w, w.simple(sends='send("G", "EVENT_OLD")'),
              w.simple(sends='send("G", "EVENT_D")', name="D"))
    w.fill(1, 5)
    w.wait(lambda: len(w.gateway.held) == 5, "they are on their way")
    write(w, c.one, w.simple(sends='send("G", "EVENT_NEW")'))
    hangup(c, READ)
    w.fill(6, 9)
    w.wait_cursor(9, "D")
    assert effects(w, "EVENT_NEW") == [] and USED not in c.log()
    w.gateway.release()
    w.wait_cursor(9)
    assert effects(w, "EVENT_OLD") == [1, 2, 3, 4, 5]
    assert effects(w, "EVENT_NEW") == [6, 7, 8, 9]


def no_answer(work):
    """a handler that does not answer holds it up for three seconds: the rows
    come again, to the new script"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold" if d["SEQUENCE"] == 3 else None
    c = start(w, w.simple(sends='send("G", "EVENT_OLD")'), w.simple(name="D"))
    w.fill(1, 3)
    w.wait(lambda: len(w.gateway.held) == 1, "it is on its way")
    w.wait_cursor(2)
    with w.gateway.lock:
        w.gateway.answer = lambda kind, d: None
    write(w, c.one, w.simple(sends='send("G", "EVENT_NEW")'))
    hangup(c)
    w.wait_cursor(3)
    assert effects(w, "EVENT_NEW") == [3]
    assert "some events have no answer yet; they come again" in c.log()


def new_and_gone(work):
    """a client that is no longer declared logs off and puts its cursor; one
    that is new begins"""
    w = World(work)
    c = start(w, w.simple(), w.simple(name="D"))
    w.fill(1, 5)
    w.wait_cursor(5)
    write(w, c.one, w.simple(name="E"))
    hangup(c)
    w.wait_cursor(5, "E")
    w.wait(lambda: sorted(x[2]["client"] for x in w.streamer.logons) ==
           ["D", "E"], "the one is gone, the other is there")
    w.fill(6, 7)
    w.wait_cursor(7, "D")
    w.wait_cursor(7, "E")
    assert w.streamer.cursor("C") == 5


def revived(work):
    """a client that quarantineLimit stopped begins again with a new file"""
    w = World(work)
    c = start(w, w.simple("quarantineLimit = { 1, 3600 }",
                          'send("B", "E", function(r) error("no") end)'),
              w.simple(name="D"))
    w.fill(1, 9)
    w.wait(lambda: "went to QUARANTINE" in c.log(), "it stops")
    write(w, c.one, w.simple())
    hangup(c)
    w.wait_cursor(9)


def programs(work):
    """a program that nobody sends to any more ends; a new one is started, and
    one that stays goes on"""
    w = World(work)
    other = type(w.book)(work, "other")
    c = start(w, w.simple(), w.simple(name="D"))
    w.fill(1, 2)
    w.wait_cursor(2)
    w.wait_cursor(2, "D")
    book = w.book.pid()
    process = 'process("O", "%s")\n' % other.address
    write(w, c.one, w.simple(sends='send("O", "ROW")'), process)
    hangup(c)
    w.fill(3, 4)
    w.wait_cursor(4)
    assert other.rows() == [3, 4] and w.book.pid() == book
    write(w, c.one, w.simple(sends='send("G", "EVENT_A")'), process)
    before = other.pid()
    hangup(c)
    w.wait(lambda: not os.path.exists("/proc/%d" % before), "it ends")
    w.fill(5, 5)
    w.wait_cursor(5)


def no_programs(work):
    """who was started without programs may not run any: that is a fault"""
    w = World(work)
    g = w.simple(sends='send("G", "EVENT_A")')
    c = start(w, g, g.replace('"C"', '"D"'))
    w.fill(1, 2)
    w.wait_cursor(2)
    write(w, c.one, w.simple())
    hangup(c, REFUSED)
    assert "has given up the right to run them" in c.log(), c.log()
    w.fill(3, 4)
    w.wait_cursor(4)
    w.wait_cursor(4, "D")
    assert effects(w, "EVENT_A").count(4) == 2


def again_and_stop(work):
    """a second SIGHUP while one waits is done after it; SIGTERM ends it"""
    w = World(work)
    w.gateway.answer = lambda kind, d: "hold" if kind == "EVENT_OLD" else None
    c = start(w, w.simple(sends='send("G", "EVENT_OLD")'), w.simple(name="D"))
    w.fill(1, 1)
    w.wait(lambda: len(w.gateway.held) == 1, "it is on its way")
    write(w, c.one, w.simple(sends='send("G", "EVENT_A")'))
    hangup(c, READ)
    write(w, c.one, w.simple(sends='send("G", "EVENT_OLD"), '
                             'send("G", "EVENT_B")'))
    c.signal(signal.SIGHUP)
    w.gateway.release()
    w.fill(2, 2)
    w.wait(lambda: c.log().count(USED) == 2, "both were done")
    w.fill(3, 3)
    w.wait(lambda: 3 in effects(w, "EVENT_B"), "the last one counts")
    w.wait_cursor(3)
    with w.gateway.lock:
        w.gateway.answer = lambda kind, d: "hold"
    w.fill(4, 4)
    w.wait(lambda: len(w.gateway.held) == 2, "they are on their way")
    write(w, c.one, w.simple(sends='send("G", "EVENT_A")'))
    hangup(c, READ)
    assert c.stop() == 0, c.log()
    assert c.log().count(USED) == 2


def listen(work):
    """an address that is new is said to need a restart"""
    w = World(work)
    c = start(w, w.simple(), w.simple(name="D"))
    write(w, c.one, w.simple(), 'listen("unix:%s")\n' % work.path("new.sock"))
    hangup(c)
    assert "is new: it is listened there after a restart only" in c.log()


if __name__ == "__main__":
    run([exchange, nothing, faults, in_flight, no_answer, new_and_gone,
         revived, programs, no_programs, again_and_stop, listen])
