#!/usr/bin/env python3
"""Logons at a streamer: what may be asked, who takes whose place, cursors and
other requests that are passed on, and slow clients."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

ROWS = 100
WIDE = 2000     # bytes of a row's text
MANY = 20000    # such rows
TAILS = 1024    # of one process
HUGE = 80       # rows of 1 MB
GROWTH = 16 << 20  # bytes that a streamer may grow by a client that stands

LUA = """
stream("T", "T") { maxLogons = 3 }
stream("U", "T") { logoffTimeout = 60000 }
stream("MANY", "T") { maxLogons = 2000 }
"""


def sequences(got):
    return [r[0] for r in got]


def wrong_requests(s):
    good = {"STREAM": "T", "CLIENT": "C", "FROM": "live"}
    wrong = [
        ({"STREAM": None}, "BAD_REQUEST"),
        ({"STREAM": "X"}, "NO_STREAM"),
        ({"STREAM": 7}, "BAD_REQUEST"),
        ({"CLIENT": None}, "BAD_REQUEST"),
        ({"CLIENT": ""}, "BAD_REQUEST"),
        ({"CLIENT": "a\nb"}, "BAD_REQUEST"),
        ({"CLIENT": "x" * 128}, "BAD_REQUEST"),
        ({"KEY": "\x7f"}, "BAD_REQUEST"),
        ({"FROM": None}, "BAD_REQUEST"),
        ({"FROM": "here"}, "BAD_REQUEST"),
        ({"AFTER": 1}, "BAD_REQUEST"),
        ({"FROM": None, "AFTER": "1"}, "BAD_REQUEST"),
        ({"FROM": None, "TIME": True}, "BAD_REQUEST"),
        ({"FROM": None, "AFTER": 1, "TIME": 1}, "BAD_REQUEST"),
        ({"SOURCE": 1}, "BAD_REQUEST"),
        ({"SOURCE": "other/T/1"}, "SOURCE_CHANGED"),
        ({"FIELDS": [1]}, "BAD_REQUEST"),
        ({"FIELDS": {"A": [{"B": 1}]}}, "BAD_REQUEST"),
        ({"TAKEOVER": 1}, "BAD_REQUEST"),
        ({"CREDIT": "9"}, "BAD_REQUEST"),
        ({"FROM": "resume"}, "NO_CURSOR"),
    ]
    with Link(s.socket) as link:
        for change, code in wrong:
            how = {k: v for k, v in dict(good, **change).items()
                   if v is not None}
            kind, said = link.ask("STREAM_LOGON", **how)
            assert (kind, said["CODE"]) == ("NACK", code), (change, said)
            assert said["TEXT"], change
        for kind in ("CREDIT", "STREAM_LOGOFF"):
            answer, said = link.ask(kind, ROWS=1)
            assert said["CODE"] == "BAD_REQUEST", said
        c = Logon(s, "T", link=link)
        link.send("STREAM_LOGON", ref=c.ref, STREAM="T", CLIENT="D",
                  FROM="live")
        kind = "STREAM_ROWS"
        while kind == "STREAM_ROWS":
            kind, ref, said = link.recv()
        assert (ref, said["CODE"]) == (c.ref, "BAD_REQUEST"), said
    print("ok wrong requests")


def credit_and_logoff(g, s, upto):
    with Link(s.socket) as link:
        a = Logon(s, "T", "A", link=link, credit=0)
        b = Logon(s, "T", "B", link=link, credit=0)
        a.credit(1)
        assert sequences(a.rows(1)) == [1]
        b.credit(5)
        assert sequences(b.rows(5)) == [1, 2, 3, 4, 5]
        a.logoff()
        insert(g, upto + 1, upto + 1)
        b.credit(1000)
        assert sequences(b.rows(upto + 1)) == list(range(1, upto + 2))
        # The number may be used again.
        a = Logon(s, "T", "A", link=link, AFTER=upto)
        assert sequences(a.rows(upto + 1)) == [upto + 1]
    fg.wait_until(lambda: s.list()["T"]["LOGONS"] == [])
    print("ok credit and logoff")
    return upto + 1


def storms(s, upto):
    """More logons than there may be tails, each ended before it is answered,
    or by the end of its connection: none leaves anything behind."""
    for n in (1, 100):
        for i in range(600 // n):
            link = Link(s.socket)
            for k in range(n):
                ref = link.put("STREAM_LOGON", STREAM="T", CLIENT="S",
                               CREDIT=1000, FROM="beginning")
                link.put("STREAM_LOGOFF", ref=ref)
            link.put("STREAM_LOGON", STREAM="T", CLIENT="S", CREDIT=1000,
                     FROM="beginning", TAKEOVER=True)
            link.file.flush()
            link.close()
    fg.wait_until(lambda: s.list()["T"]["LOGONS"] == [])
    with Logon(s, "T", "S") as c:
        assert sequences(c.rows(upto)) == list(range(1, upto + 1))
    print("ok storms of logons")


def as_many_as_a_process_serves(s, upto):
    """1,024 are; one more is told to come again later."""
    with Link(s.socket) as link:
        many = [Logon(s, "MANY", "C%d" % i, link=link, FROM="live")
                for i in range(TAILS)]
        more = Logon(s, "MANY", "MORE", link=link, FROM="live")
        assert more.code == "MAX_LOGONS" and more.ack["RETRY"], more.ack
        assert "GW" in more.ack["TEXT"], more.ack
        more = Logon(s, "T", "MORE", link=link, FROM="live")
        assert more.code == "MAX_LOGONS", more.ack
        many[-1].logoff()
        more = Logon(s, "T", "MORE", link=link, AFTER=upto - 1)
        assert more.code is None and len(more.rows(upto)) == 1, more.ack
    fg.wait_until(lambda: s.list()["MANY"]["LOGONS"] == [])
    print("ok as many as a process serves")


def takeover(s, upto):
    a = Logon(s, "T", "A", credit=3)
    for how in ({}, {"TAKEOVER": False}):
        with Logon(s, "T", "A", **how) as b:
            assert b.code == "CLIENT_LOGGED_ON" and b.ack["RETRY"], b.ack
    with Logon(s, "T", "A", AFTER=2, TAKEOVER=True) as b:
        end = a.ended()
        assert end["CODE"] == "FENCED" and not end["RETRY"], end
        assert sequences(b.rows(upto)) == list(range(3, upto + 1))
        assert [x["CLIENT"] for x in s.list()["T"]["LOGONS"]] == ["A"]
        # The one that lost its place can do no harm with its number.
        a.link.send("CREDIT", ref=a.ref, ROWS=10)
        assert a.link.recv()[2]["CODE"] == "BAD_REQUEST"
    a.close()
    print("ok takeover")


def takeover_of_a_silent_one(s):
    """It missed a heartbeat: its place is free for who does not say that it
    must not be taken."""
    link = Link(s.socket, hello=False)
    link.ask("HELLO", VERSION=1, HEARTBEAT=5)
    a = Logon(s, "U", "A", link=link, FROM="live")
    codes = set()
    with Link(s.socket) as other:
        def taken():
            b = Logon(s, "U", "A", link=other, FROM="live", TAKEOVER=False)
            assert b.code == "CLIENT_LOGGED_ON", b.ack
            b = Logon(s, "U", "A", link=other, FROM="live")
            codes.add(b.code)
            return b.code is None
        fg.wait_until(taken)
        assert codes == {"CLIENT_LOGGED_ON", None}, codes
        kind = ""
        while kind != "STREAM_END":
            kind, ref, said = link.recv()
        assert said["CODE"] in ("FENCED", "CLIENT_GONE"), said
    a.close()
    print("ok takeover of a silent client")


def cursors(g, s, upto):
    """Passed on to the process with the table, and used by "resume"."""
    with Link(s.socket) as link:
        kind, said = link.ask("CURSOR_GET", CONSUMER="R", KEY="K", STREAM="T")
        assert kind == "CURSOR_ACK" and said["SEQUENCE"] is None, said
        source = said["SOURCE"]
        kind, nack = link.ask("STREAM_LOGON", STREAM="T", CLIENT="R", KEY="K",
                              FROM="resume")
        assert nack["CODE"] == "NO_CURSOR", nack
        assert str(upto) in nack["TEXT"], nack
        kind, said = link.ask("CURSOR_PUT", CONSUMER="R", KEY="K",
                              SOURCE=source, SEQUENCE=42)
        assert kind == "ACK", said
        c = Logon(s, "T", "R", link=link, KEY="K", FROM="resume",
                  SOURCE=source)
        assert c.ack["AFTER"] == 42 and c.ack["TOKEN"] > 0, c.ack
        assert sequences(c.rows(upto)) == list(range(43, upto + 1))
        kind, said = link.ask("CURSOR_PUT", CONSUMER="R", KEY="K",
                              SOURCE=source, SEQUENCE=50,
                              TOKEN=c.ack["TOKEN"])
        assert kind == "ACK", said
        c.logoff()
        kind, said = link.ask("CURSOR_LIST")
        assert [(x["CONSUMER"], x["KEY"], x["SEQUENCE"])
                for x in said["CURSORS"]] == [("R", "K", 50)], said
        kind, said = link.ask("CURSOR_PUT", CONSUMER="R", KEY="K",
                              SOURCE=source, SEQUENCE=upto + 1000)
        assert (kind, said["CODE"]) == ("NACK", "AHEAD"), said
        kind, said = link.ask("CURSOR_CLEAR", CONSUMER="R", KEY="K",
                              STREAM="T", REASON="test")
        assert kind == "ACK", said
        c = Logon(s, "T", "R", link=link, KEY="K", FROM="resume")
        assert c.code == "NO_CURSOR", c.ack
    print("ok cursors")


def passed_on(g, s):
    with Link(s.socket) as link:
        kind, said = link.ask("TABLES", STREAM="T")
        assert [t["TABLE"] for t in said["TABLES"]] == ["T"], said
        source = said["TABLES"][0]["SOURCE"]
        kind, said = link.ask("TABLES")
        assert "FIX_IN" in [t["TABLE"] for t in said["TABLES"]], said
        kind, said = link.ask("SESSIONS")
        assert kind == "SESSIONS_ACK" and said["SESSIONS"] == [], said
        kind, said = link.ask("DICT_GET", ID=77)
        assert (kind, said["CODE"]) == ("NACK", "NO_DICT"), said
        event = dict(CONSUMER="R", KEY="K", SEND="S", SOURCE=source,
                     SEQUENCE=7, PART=0, PROCESS="P", EVENT="E", CODE="BAD",
                     REASON="why", DETAILS={"A": 1})
        kind, said = link.ask("EVENT_PARK", **event)
        assert kind == "EVENT_ACK" and said["PARKED"] == 1, said
        kind, said = link.ask("QUARANTINE_LIST", SEQUENCE=1)
        assert [r["ROW_SEQUENCE"] for r in said["ROWS"]] == [7], said
        kind, said = link.ask("QUARANTINE_RETRY", SEQUENCE=1, REASON="x")
        assert kind == "ACK", said
        kind, said = link.ask("QUARANTINE_PENDING", CONSUMER="R")
        assert [r["SEQUENCE"] for r in said["ROWS"]] == [1], said
        kind, said = link.ask("QUARANTINE_DONE", SEQUENCE=1, OK=False,
                              TEXT="no")
        assert kind == "ACK", said
        kind, said = link.ask("QUARANTINE_DROP", SEQUENCE=1, REASON="x")
        assert kind == "ACK", said
        kind, said = link.ask("QUARANTINE_LIST")
        assert said["ROWS"] == [], said
        kind, said = link.ask("TABLES", STREAM="NONE")
        assert (kind, said["CODE"]) == ("NACK", "NO_STREAM"), said
        kind, said = link.ask("EVENT_PARK", STREAM="NONE")
        assert (kind, said["CODE"]) == ("EVENT_NACK", "NO_STREAM"), said
        kind, said = link.ask("EVENT_FIX_SEND", SESSION="X")
        assert said["CODE"] == "UNKNOWN_MESSAGE", said
    print("ok requests that are passed on")


def from_the_manual(g, s, upto):
    """The client that was written from fixgate-link(7) alone."""
    def run(*args):
        return subprocess.check_output(
            [sys.executable, os.path.join(fg.SRC, "t", "link", "minimal.py"),
             *args], timeout=fg.LIMIT).decode().splitlines()
    assert run(g.socket)[-1] == "STATUS_ACK HEALTHY []"
    said = run(s.socket, "U")[1:]
    assert [int(x.split()[0]) for x in said] == list(range(1, upto + 1)), said
    assert "'ID': 'r1', 'QTY': 1, 'PRICE': '0.5'}" in said[0], said[0]
    print("ok a client from the manual")


def slow_client(g, s, upto):
    """One client stands still, with credit for everything; the other gets all
    rows meanwhile, and the streamer's memory does not grow by them."""
    slow = Logon(s, "T", "SLOW", AFTER=upto)
    fast = Logon(s, "T", "FAST", AFTER=upto)
    before = s.memory()
    end = upto + MANY
    insert(g, upto + 1, end, ID="x" * WIDE)
    got = sequences(fast.rows(end))
    assert got == list(range(upto + 1, end + 1))
    grown = s.memory() - before
    lag = {x["CLIENT"]: x["LAG"] for x in s.list()["T"]["LOGONS"]}
    assert lag["FAST"] == 0 and lag["SLOW"] > MANY / 2, lag
    assert grown < GROWTH, grown
    assert sequences(slow.rows(end)) == got
    print("ok a client that stands still: %d MB waited for it in the store, "
          "the streamer grew by %.1f MB" % (lag["SLOW"] * WIDE >> 20,
                                            grown / 2**20))
    slow.close()
    fast.close()


def long_rows(g, s):
    """Rows of 1 MB: a client that stands still is not cut off, for
    no more of them are on their way than may wait for it."""
    upto = s.list()["T"]["VISIBLE"]
    with Logon(s, "T", AFTER=upto) as c:
        before = s.memory()
        for i in range(1, HUGE + 1):
            insert(g, upto + i, upto + i, ID="y" * 10**6)
        fg.wait_until(lambda: s.list()["T"]["VISIBLE"] == upto + HUGE)
        grown = s.memory() - before
        got = c.rows(upto + HUGE)
        assert sequences(got) == list(range(upto + 1, upto + HUGE + 1))
        assert all(len(r[4]) == 10**6 for r in got)
    assert grown < 64 << 20, grown
    print("ok rows of 1 MB: the streamer grew by %.1f MB" % (grown / 2**20))


def main():
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        g.start()
        s = Streamer(work, "ST", LUA, [g]).start().wait_up()
        insert(g, 1, ROWS)
        wrong_requests(s)
        upto = credit_and_logoff(g, s, ROWS)
        storms(s, upto)
        as_many_as_a_process_serves(s, upto)
        takeover(s, upto)
        takeover_of_a_silent_one(s)
        cursors(g, s, upto)
        passed_on(g, s)
        from_the_manual(g, s, upto)
        slow_client(g, s, upto)
        long_rows(g, s)
        assert s.stop() == 0
        assert g.stop() == 0


main()
