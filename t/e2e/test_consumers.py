#!/usr/bin/env python3
"""Who reads the rows, in STATUS: positions and lag of cursors and tails, and a
warning for who is away while rows wait, who is there and stands still, and whose
lane is stopped; not for who moves."""

import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from prom import ask, parse
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer")

ROWS = 100
LIMIT = 200  # seconds; the slowest warning comes after 30


def acked(link, kind, **details):
    how, said = link.ask(kind, **details)
    assert how not in ("NACK", "EVENT_NACK", "ERROR"), said
    return said


class Client:
    """One with a cursor in T at row 1, and if it is there, a tail."""

    def __init__(self, g, name, at=1, tail=None):
        self.link = Link(g.socket, name=name)
        self.who = {"CONSUMER": name, "KEY": "K"}
        got = acked(self.link, "CURSOR_GET", TABLE="T", **self.who)
        self.token, self.source = got["TOKEN"], got["SOURCE"]
        self.put(at)
        if tail is not None:
            acked(self.link, "TAIL", TABLE="T", CREDIT=0, CONSUMER=tail)

    def put(self, at):
        self.at = at
        acked(self.link, "CURSOR_PUT", SOURCE=self.source, SEQUENCE=at,
              TOKEN=self.token, **self.who)


def status(g):
    """{(consumer, table): map}, {subject: its texts}."""
    got = g.ctl_json("status", "--json", check=False)[0]
    advice = {}
    for a in got["ADVICE"]:
        advice.setdefault(a["SUBJECT"], []).append(a["LEVEL"] + ": " +
                                                   a["TEXT"])
    return {(c["CONSUMER"], c["TABLE"]): c
            for c in got["CONSUMERS"]}, advice


def positions(g, s):
    """What is known of each at once; all of them are well yet."""
    got, advice = status(g)
    assert {c[0] for c in got} == {"MOVES", "STILL", "NEST", "AWAY", "DONE",
                                   "VIEWER", "S1", "S2"}, got
    for name, at, cursor, on in (
            ("MOVES", 1, True, True), ("STILL", 1, True, True),
            ("NEST", ROWS, True, True), ("AWAY", 1, True, False),
            ("DONE", ROWS, True, False), ("VIEWER", 10, False, True),
            ("S1", 40, False, True), ("S2", ROWS, False, True)):
        c = got[name, "T"]
        assert (c["SEQUENCE"], c["BEHIND"], c["CURSOR"], c["CONNECTED"]) == \
            (at, ROWS - at, cursor, on), c
        assert (c["AGE"] > 0) == (at < ROWS), c
        assert abs(c["SEEN"] / 1e9 - time.time()) < LIMIT, c
        assert c["KEY"] == ("K" if cursor else ""), c
    assert got["S1", "T"]["STREAM"] == "ROWS", got["S1", "T"]
    assert got["NEST", "T"]["STREAM"] == got["VIEWER", "T"]["STREAM"] == ""
    text = g.ctl("status", check=False)
    assert re.search(r"^CONSUMER KEY STREAM TABLE +POSITION +BEHIND +OLDEST +"
                     "SEEN$", text, re.M), text
    for line in (r"MOVES +K +- +T +1 +%d +\S+ m?s  connected" % (ROWS - 1),
                 r"DONE +K +- +T +%d +0 +-  20\d{6}-[\d:.]+" % ROWS,
                 r"S1 +- +ROWS +T +40 +%d +\S+ m?s  connected" % (ROWS - 40)):
        assert re.search("^" + line + "$", text, re.M), text
    print("ok positions")


def warnings(g, moves, lane, begun):
    """They come in their time, and only for who deserves one."""
    seen = {}

    def look():
        moves.put(moves.at + 1 if moves.at < ROWS - 1 else moves.at)
        lane()
        got, advice = status(g)
        for name in advice:
            seen.setdefault(name, time.monotonic() - begun)
        return advice if {"AWAY", "STILL", "LANE"} <= set(advice) else None
    advice = fg.wait_until(look, LIMIT, step=0.5)
    assert set(advice) == {"AWAY", "STILL", "LANE", "OFF"}, advice
    away, still, stopped = (advice[n][0] for n in ("AWAY", "STILL", "LANE"))
    assert re.match(r"WARNING: away since \S+ UTC, and %d rows of T wait for "
                    r"it, the oldest for \d+ s\. .*fixgatectl cursor clear "
                    "AWAY K T$" % (ROWS - 1), away), away
    assert re.match(r"WARNING: connected, but its cursor has not moved for "
                    r"\d+ s, and %d rows of T wait" % (ROWS - 1),
                    still), still
    assert re.match(r"WARNING: its send S is stopped at the event of row 2 of "
                    r"T, which has been refused for \d+ s \(LOGGED_OFF\)",
                    stopped), stopped
    assert seen["STILL"] > seen["AWAY"] and seen["STILL"] > 25, seen
    got, _ = status(g)
    assert {n for (n, _), c in got.items() if c["HEALTH"] == "WARNING"} == \
        {"AWAY", "STILL"}, got
    print("ok warnings")


def metrics(port):
    got = parse(ask(port)[2])[0]

    def of(name, consumer):
        return got["fixgate_consumer_" + name,
                   (("consumer", consumer), ("cursor", "K/T"))]
    assert of("health", "AWAY") == of("health", "STILL") == 1, got
    assert of("health", "MOVES") == of("health", "DONE") == 0, got
    assert of("connected", "STILL") == 1 and of("connected", "AWAY") == 0
    assert of("behind", "AWAY") == ROWS - 1 and of("behind", "DONE") == 0
    assert of("oldest_seconds", "AWAY") > 10, got
    assert of("oldest_seconds", "DONE") == 0, got
    assert ("fixgate_consumer_behind", (("consumer", "S1"),
                                        ("cursor", "/T"))) not in got
    print("ok metrics")


def mended(g, still, away):
    """It moves, it comes back, it is forgotten: nothing is said any more."""
    still.put(ROWS)
    back = Link(g.socket)
    acked(back, "TAIL", TABLE="T", CONSUMER="AWAY")
    acked(back, "CURSOR_GET", TABLE="T", **away.who)
    got, advice = status(g)
    assert got["AWAY", "T"]["CONNECTED"] and not {"AWAY", "STILL"} & \
        set(advice), advice
    back.close()
    fg.wait_until(lambda: "AWAY" in status(g)[1])
    g.ctl("cursor", "clear", "AWAY", "K", "T", "--reason", "it is gone",
          "--yes")
    got, advice = status(g)
    assert ("AWAY", "T") not in got and "AWAY" not in advice, advice
    print("ok mended")


with fg.Work() as w:
    gate = w.gateway("g", gateway={"AdminListen": "127.0.0.1:0"}, sessions=[
        fg.acceptor("EXCH", "OFF", fg.free_port(), SessionName="OFF",
                    SendWhenLoggedOff="reject")])
    table(gate)
    gate.start()
    assert status(gate)[0] == {} and "CONSUMER" not in gate.ctl(
        "status", check=False)
    insert(gate, 1, ROWS)
    st = Streamer(w, "s", 'stream("ROWS", "g.T") { maxLogons = 9 }\n',
                  [gate]).start().wait_up()
    one = Logon(st, "ROWS", client="S1", credit=40)
    one.rows(40)
    two = Logon(st, "ROWS", client="S2")
    two.rows(ROWS)
    runs = Client(gate, "MOVES", tail="MOVES")
    begun = time.monotonic()
    stands = Client(gate, "STILL", tail="STILL")
    nested = Client(gate, "NEST", at=ROWS, tail="outer/NEST")
    gone = Client(gate, "AWAY")
    done = Client(gate, "DONE", at=ROWS)
    viewer = Link(gate.socket, name="VIEWER")
    acked(viewer, "TAIL", TABLE="T", AFTER=10)
    fg.wait_until(lambda: [status(gate)[0].get((n, "T"), {}).get("SEQUENCE")
                           for n in ("S1", "S2")] == [40, ROWS],
                  what="the gateway knows where the stream's clients are")
    positions(gate, st)

    sends = Link(gate.socket, name="x")
    number = acked(sends, "LANE_OPEN", CONSUMER="LANE", KEY="K", SEND="S",
                   SOURCE="other/T/1")["LANE"]

    def retry():
        """As a client does."""
        how, said = sends.ask("EVENT_FIX_SEND", LANE=number, SEQUENCE=2,
                              PART=0, SESSION="OFF", MSG_TYPE="8",
                              FIELDS=[["37", "1"]])
        assert (how, said["CODE"]) == ("EVENT_NACK", "LOGGED_OFF"), said
    warnings(gate, runs, retry, begun)
    metrics(int(re.search(r"metrics on port (\d+)", gate.log())[1]))
    mended(gate, stands, gone)
    assert st.stop() == 0 and gate.stop() == 0
