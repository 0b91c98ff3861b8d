#!/usr/bin/env python3
"""Rows A3 of the feature map: what programs hear and say. One test for each,
named after it; t/e2e/rows.txt is the table. With names of tests as arguments,
only those.

Where fixgate does it in another way, or does not have what the row is about,
the test shows what it does instead; man/fixgate.conf.5 says so, too."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import a3
import fixgate as fg
from a3 import FIELDS, order, one, state, sent
from link import Link

fg.need("fixgated", "fixgatectl")


def tail(link, table, **more):
    kind, said = link.ask("TAIL", TABLE=table, FROM="beginning", CREDIT=1000,
                          **more)
    assert kind == "TAIL_ACK", said
    return link.ref, [c[0] for c in said["COLUMNS"]]


def listen(link, tails, want, limit=fg.LIMIT):
    """Take rows until want(list of (table, row)) is true; the list."""
    heard = []
    end = time.monotonic() + limit
    while not want(heard):
        assert time.monotonic() < end, heard
        _, ref, said = link.recv()
        table, columns = tails[ref]
        heard += [(table, dict(zip(columns, v))) for v in said["ROWS"]]
    return heard


def a3_24_message_listeners(work):
    """What listeners hear are rows: onCreate, onLogon and onLogoff of
    SESSION_EVENT, fromApp and fromAdmin of FIX_IN, toApp and toAdmin of
    FIX_OUT; who listens cannot block a session."""
    g = one(work)
    with Link(g.socket) as link, Link(g.socket) as ear, \
            fg.Peer("A", "EXCH") as p:
        tails = {}
        for table in ("FIX_IN", "FIX_OUT", "SESSION_EVENT"):
            ref, columns = tail(ear, table, **(
                {} if table == "SESSION_EVENT" else {"ADMIN": True}))
            tails[ref] = (table, columns)
        p.connect(g.port).logon()
        p.send("D", order("in"))
        sent(link)
        p.expect("D")
        p.logout()

        heard = listen(ear, tails, lambda h: len(h) >= 4 + 3 + 3)
        said = [r["EVENT"] for t, r in heard if t == "SESSION_EVENT"]
        assert said == ["connected", "logged-on", "logged-out",
                        "disconnected"], said
        for table, types in (("FIX_IN", ["A", "D", "5"]),
                             ("FIX_OUT", ["A", "D", "5"])):
            got = [(r["MSG_TYPE"], r["ADMIN"]) for t, r in heard if t == table]
            assert got == [(x, x != "D") for x in types], got
        # One that does not read takes nothing from the session.
        with Link(g.socket) as deaf:
            tail(deaf, "FIX_IN")
            p.connect(g.port).logon()
            for i in range(200):
                p.send("D", order(i))
            assert p.sync() == []


def a3_25_message_publishers(work):
    """Any program finds the sessions, hears them, and sends on them: one that
    may use the socket; one of the other socket only hears."""
    g = one(work, gateway={"ReadOnlyControlSocket": work.path("ro.sock")})
    assert os.stat(g.socket).st_mode & 0o777 == 0o660
    with Link(work.path("ro.sock")) as link:
        kind, said = link.ask("EVENT_FIX_SEND", SESSION="A", MSG_TYPE="D",
                              FIELDS=FIELDS)
        assert (kind, said["CODE"]) == ("EVENT_NACK", "READ_ONLY"), said
    with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        kind, said = link.ask("SESSIONS")
        assert [(s["SESSION"], s["STATE"]) for s in said["SESSIONS"]] == \
            [("A", "logged on")], said
        kind, said = link.ask("SESSIONS", SESSION="B")
        assert (kind, said["CODE"]) == ("NACK", "NO_SESSION"), said
        ref, columns = tail(link, "FIX_IN", SESSION="A", ADMIN=False)
        p.send("D", order("in"))
        heard = listen(link, {ref: ("FIX_IN", columns)}, len)
        assert heard[0][1]["CL_ORD_ID"] == "in"
        assert sent(link)["MSG_SEQ_NUM"] == p.expect("D").seq


def a3_26_the_message_store(work):
    """What a message store can do: a range of messages; next numbers, read and
    set; when it was made; reset."""
    g = one(work)
    with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        for _ in range(5):
            sent(link)
            p.expect("D")
        kind, said = link.ask("READ", TABLE="FIX_OUT", AFTER=2, MAX_ROWS=2)
        assert [r[0] for r in said["ROWS"]] == [3, 4], said
        assert (state(g)["NEXT_IN"], state(g)["NEXT_OUT"]) == (2, 7)
        p.logout()
        fg.wait_until(lambda: state(g)["STATE"] != "logged on" and
                      g.ctl("session", "seq", "A", "--next-in", 50,
                            "--next-out", 60, "--reason", "x", "--yes",
                            check=False), what="set")
        assert (state(g)["NEXT_IN"], state(g)["NEXT_OUT"]) == (50, 60)
        p.next_out = 50
        p.connect(g.port)
        assert p.logon().seq == 60
        epoch = state(g)["EPOCH"]
        p.logout()
        fg.wait_until(lambda: state(g)["STATE"] != "logged on", what="off")
        g.ctl("session", "reset", "A", "--reason", "new", "--yes")
        got = fg.wait_until(lambda: (lambda s: s if s["EPOCH"] > epoch else
                                     None)(state(g)), what="reset")
        assert (got["NEXT_IN"], got["NEXT_OUT"]) == (1, 1), got
        assert got["EPOCH"] == epoch + 1, got
        made = [r["TIMESTAMP"] for r in g.rows("SESSION_EVENT")
                if r["EVENT"] == "reset" and r["EPOCH"] == epoch]
        assert len(made) == 1, g.rows("SESSION_EVENT")


def a3_27_bytes_stay_what_they_are(work):
    """No charset: what came is stored, and sent again, byte for byte."""
    g = one(work)
    for text in (b"caf\xe9", "caf\u00e9 \u20ac".encode(), b"\x80\xff"):
        with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
            p.next_out = state(g)["NEXT_IN"]
            p.connect(g.port).logon()
            raw = p.send("D", order(1, "58=%s|" % text.decode("latin-1")))
            p.sync()
            row = [r for r in g.rows("FIX_IN", admin=False)][-1]
            assert row["FIX_DATA"].encode("latin-1") == raw, row
            kind, said = link.ask(
                "EVENT_FIX_SEND", SESSION="A", MSG_TYPE="D",
                FIELDS=[[k, v] for k, v in FIELDS.items()] +
                [["ClOrdID", "S"], ["Text", text]])
            assert kind == "EVENT_ACK", said
            first = p.expect("D")
            assert first[58].encode("latin-1") == text, first
            p.send("2", "7=%d|16=%d" % (first.seq, first.seq))
            assert p.expect("D").content() == first.content()


a3.run(globals())
