#!/usr/bin/env python3
"""TAIL over the link: where it begins, what it leaves out and says all the
same, and many tails of one connection, each of which gets its rows."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated")

ORDER = "11=%s|55=X|54=1|38=10|40=1|60=20260105-09:00:00|"
TAILS = 1024


def tail(link, ref, **how):
    """TAIL_ACK of a tail of FIX_IN; or the code of the NACK."""
    link.send("TAIL", ref=ref, TABLE="FIX_IN", **how)
    while True:
        kind, to, said = link.recv()
        if to == ref and kind != "ROWS":
            return said["CODE"] if kind == "NACK" else said


def rows(link, ref, upto):
    """The sequences that a tail gives until it has got so far."""
    got = []
    while True:
        kind, to, said = link.recv()
        assert kind == "ROWS" and to == ref, (kind, to, ref)
        got += [r[0] for r in said["ROWS"]]
        if said["UPTO"] >= upto:
            return got


def places(link, source):
    """Rows 1 (a Logon), 2, 3, 4 and 5 (orders), 6 (a TestRequest)."""
    said = tail(link, 100, FROM="beginning", CREDIT=100)
    assert (said["AFTER"], said["OLDEST"], said["VISIBLE"]) == (0, 1, 6), said
    assert said["SOURCE"] == source, said
    assert rows(link, 100, 6) == [1, 2, 3, 4, 5, 6]
    tail(link, 101, FROM="beginning", ADMIN=False, CREDIT=100)
    assert rows(link, 101, 6) == [2, 3, 4, 5]
    tail(link, 102, AFTER=5, ADMIN=False, CREDIT=100)
    assert rows(link, 102, 6) == [], "UPTO passes what was left out"
    assert tail(link, 103, FROM="live")["AFTER"] == 6
    assert tail(link, 104)["AFTER"] == 6
    assert tail(link, 105, LAST=2)["AFTER"] == 4
    assert tail(link, 106, AFTER=7) == "AHEAD"
    assert tail(link, 107, AFTER=6)["AFTER"] == 6
    assert tail(link, 108, FROM="here") == "BAD_REQUEST"
    # What is of another type is not passed over: the tail would begin
    # elsewhere.
    for i, wrong in enumerate((
            {"AFTER": "5"}, {"AFTER": -1}, {"TIME": "x"}, {"LAST": -2},
            {"AFTER": 5, "CREDIT": "10"})):
        assert tail(link, 110 + i, **wrong) == "BAD_REQUEST", wrong
    for wrong in ({"AFTER": "5"}, {"MAX_ROWS": "1"}, {"SINCE": -1},
                  {"UNTIL": []}):
        kind, said = link.ask("READ", TABLE="FIX_IN", **wrong)
        assert (kind, said["CODE"]) == ("NACK", "BAD_REQUEST"), said
    assert tail(link, 120, AFTER=None, CREDIT=None)["AFTER"] == 6
    print("ok places")


def times(link):
    """TIME is that of the first row, whatever is before it."""
    kind, said = link.ask("READ", TABLE="FIX_IN")
    at = [r[1] for r in said["ROWS"]]
    assert at == sorted(at), at
    for i, ns in enumerate(at):
        first = at.index(ns)
        assert tail(link, 200 + i, TIME=ns)["AFTER"] == first, (i, at)
        after = sum(1 for x in at if x <= ns)
        assert tail(link, 220 + i, TIME=ns + 1)["AFTER"] == after, (i, at)
    assert tail(link, 240, TIME=0)["AFTER"] == 0
    assert tail(link, 241, TIME=time.time_ns() + 10**12)["AFTER"] == 6
    print("ok times")


def many(g, peer):
    """Each of many tails gets each new row; one more is refused."""
    with Link(g.socket) as link:
        for i in range(TAILS):
            said = tail(link, 1000 + i, CREDIT=2)
            assert said["AFTER"] == 6, said
        assert tail(link, 999) == "BAD_REQUEST"
        for name in ("M1", "M2", "M3"):
            peer.send("D", ORDER % name)
        got = {}
        while sum(len(x) for x in got.values()) < 2 * TAILS:
            kind, ref, said = link.recv()
            assert kind == "ROWS", said
            got.setdefault(ref, []).extend(r[0] for r in said["ROWS"])
        # Two rows each, because they have credit for no more.
        assert all(x == [7, 8] for x in got.values()) and len(got) == TAILS
        link.send("CREDIT", ref=1500, ROWS=1)
        assert rows(link, 1500, 9) == [9]
    print("ok many tails")


def main():
    port = fg.free_port()
    with fg.Work() as work:
        g = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", port)]).start()
        with fg.Peer("BROKER", "EXCHANGE") as peer:
            peer.connect(port)
            peer.logon()
            for name in ("A", "B", "C", "D"):
                peer.send("D", ORDER % name)
            peer.send("1", "112=x|")
            peer.expect("0")
            with Link(g.socket) as link:
                kind, said = link.ask("TABLES", TABLE="FIX_IN")
                places(link, said["TABLES"][0]["SOURCE"])
            with Link(g.socket) as link:
                times(link)
            many(g, peer)
        assert g.stop() == 0


main()
