#!/usr/bin/env python3
"""Rows A3 of the feature map: the store, and what is in it. One test for each,
named after it; t/e2e/rows.txt is the table. With names of tests as arguments,
only those.

Where fixgate does it in another way, or does not have what the row is about,
the test shows what it does instead; man/fixgate.conf.5 says so, too."""

import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import a3
import fixgate as fg
from a3 import check, order, one, state, sent
from link import Link

fg.need("fixgated", "fixgatectl")


def a3_7_rows_always_persist(work):
    """FIX_IN and FIX_OUT are what the sessions live of: they are written
    whatever is asked for, and that is said."""
    g = one(work, IsPersistToFixIn="N", IsPersistToFixOut="N")
    assert "IsPersistToFixIn" in check(g)[1] or "meaningless" in check(g)[1] \
        or "no meaning" in check(g)[1], check(g)
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        p.send("D", order("in"))
        sent(link)
        p.expect("D")
        p.sync()
    assert [r["CL_ORD_ID"] for r in g.rows("FIX_IN", admin=False)] == ["in"]
    assert [r["CL_ORD_ID"] for r in g.rows("FIX_OUT", admin=False)] == ["S"]


def a3_8_columns_of_the_tables(work):
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        raw = p.send("F", "11=2|41=1|55=X|54=1|60=%s" % fg.utc(),
                     head="57=me").decode()
        p.sync()
    row = g.rows("FIX_IN", admin=False)[0]
    want = {"CONNECTION_NAME": "A", "SENDER_ID": "A", "TARGET_ID": "EXCH",
            "CL_ORD_ID": "2", "ORIG_CL_ORD_ID": "1", "INTERNAL_TARGET": "me",
            "SIZE": len(raw), "FIX_DATA": raw}
    assert {k: row[k] for k in want} == want, row
    tables = {t["TABLE"]: [c[0] for c in t["COLUMNS"]]
              for t in g.ctl_json("table", "list", "--json")}
    assert tables["FIX_IN"][0] == "RX_SEQUENCE", tables
    assert set(want) <= set(tables["FIX_IN"]), tables
    assert tables["FIX_OUT"][0] == "TX_SEQUENCE", tables
    assert set(want) - {"INTERNAL_TARGET"} | {"SOURCE_ID"} <= \
        set(tables["FIX_OUT"]), tables


def a3_9_one_sequence_for_all_sessions(work):
    """RX_SEQUENCE has no gaps over all sessions and restarts, and rises with
    the time."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", n, port, SessionName=n) for n in "AB"]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        for _ in range(2):
            for p in (a, b):
                p.connect(port).logon()
            for i in range(20):
                (a if i % 3 else b).send("D", order(i))
            for p in (a, b):
                p.sync()
            g.kill()
            g.start()
    rows = g.rows("FIX_IN")
    assert [r["RX_SEQUENCE"] for r in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 40 and {r["CONNECTION_NAME"] for r in rows} == {
        "A", "B"}
    times = [r["TIMESTAMP"] for r in rows]
    assert times == sorted(times)


def numbers(g):
    return [r["MSG_SEQ_NUM"] for r in g.rows("FIX_IN")]


def a3_10_batches_lose_nothing(work):
    """What one wake-up takes is one transaction, with the number that is
    expected next: after kill -9 both agree, and the counterparty is asked for
    the rest."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        burst = b"".join(p.build("D", order(i)) for i in range(400))
        p.raw(burst[:random.Random(10).randrange(len(burst) // 4, len(burst))])
        fg.wait_until(lambda: len(numbers(g)) > 20, what="rows")
        g.kill()
        g.start()
        got = numbers(g)
        assert got == list(range(1, len(got) + 1)), got
        assert state(g)["NEXT_IN"] == len(got) + 1, (state(g), len(got))
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        m = p.expect("2")
        assert int(m[7]) == len(got) + 1, (m, len(got))


def a3_11_no_row_waits_for_a_batch(work):
    """A row is there when its message is taken, not when a batch is full or
    200 ms old."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        link.ask("TAIL", TABLE="FIX_IN", ADMIN=False, CREDIT=1000)
        took = []
        for i in range(50):
            start = time.monotonic()
            p.send("D", order(i))
            rows = []
            while not rows:
                rows = link.recv()[2]["ROWS"]
            assert len(rows) == 1, rows
            took.append(time.monotonic() - start)
        # Where the machine is busy some take longer; by the clock all would.
        assert sorted(took)[len(took) // 4] < 0.1, took


def a3_12_a_store_that_takes_nothing(work):
    """Then nobody is logged on; what was not stored is asked for when it is
    better. (A disk that fails, at every write: t/store/faults, t/gateway.)"""
    g = one(work)
    free = os.statvfs(work.path()).f_bavail * \
        os.statvfs(work.path()).f_frsize >> 20
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        p.send("D", order(1))
        p.sync()
        if free * 4 >= 1 << 20:
            print("SKIP a3_12: the disk is too large")
            return
        g.configure(MinDiskFree=free * 4)
        g.ctl("reload")
        p.expect("5")
        p.send("5")
        p.expect_closed()
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect_closed()
        p.next_out += 1  # an order that did not get through
        g.configure(MinDiskFree=0)
        g.ctl("reload")
        fg.wait_until(lambda: "store" not in [
            a["SUBJECT"] for a in g.ctl_json(
                "status", "--json", check=False)[0]["ADVICE"]],
                      what="better")
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        assert int(p.expect("2")[7]) == 5, state(g)


def a3_13_the_number_of_the_last_row(work):
    """The number that is expected at the logon is that behind the last row: it
    was committed with it."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        for i in range(5):
            p.send("D", order(i))
        fg.wait_until(lambda: len(numbers(g)) == 6, what="rows")
        g.kill()
        g.start()
        p.next_out += 3  # sent, and lost on the way
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        m = p.expect("2")
        assert m[7] == "7", m
        assert numbers(g)[-1] == 6, numbers(g)


def a3_14_message_size(work):
    """A message is one row, however long; one over MaxMessageSize is none."""
    g = one(work, MaxMessageSize=200000)
    text = "x" * 150000
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        raw = p.send("D", order(1, "58=%s|" % text)).decode()
        p.sync()
        row, = g.rows("FIX_IN", admin=False)
        assert row["FIX_DATA"] == raw and row["SIZE"] == len(raw)
        sent(link, Text=text)
        assert p.expect("D")[58] == text
        row, = g.rows("FIX_OUT", admin=False)
        assert row["FIX_DATA"].count("x" * 150000) == 1
        long = p.next_out
        p.send("D", order(2, "58=%s|" % ("y" * 250000)))
        p.send("1", "112=behind")
        assert int(p.expect("2")[7]) == long
        assert len(g.rows("FIX_IN", admin=False)) == 1
        other = g.rows("FIX_IN_OTHER")
        assert any("long" in r["TEXT"] + r["REASON"] for r in other), other


def a3_15_the_store_is_always_there(work):
    """MessageStoreImpl has no meaning: after a restart the numbers go on, and
    everything can be resent."""
    g = one(work, MessageStoreImpl="MEMORY")
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        sent(link)
        first = p.expect("D")
        g.kill()
        g.start()
        p.connect(g.port)
        assert p.logon().seq == first.seq + 1
        p.send("2", "7=%d|16=%d" % (first.seq, first.seq))
        again = p.expect("D")
        assert again.poss_dup and again.content() == first.content(), again


def a3_16_logs(work):
    """The raw messages are the tables; the process has a log of its own, in a
    file, at stderr or in syslog."""
    logfile = work.path("gw.log.txt")
    port = fg.free_port()
    g = work.gateway("gw", gateway={"LogTarget": logfile}, sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A", FileLogPath="log",
                    IsFixLoggingEnabled="N", LogFactoryImpl="NONE")])
    fg.Proc.start(g)

    def text():
        try:
            with open(logfile) as f:
                return f.read()
        except FileNotFoundError:
            return ""
    fg.wait_until(lambda: "ready" in text(), what="ready")
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).logon()
        raw = p.send("1", "112=raw").decode()
        p.expect("0")
    for table in ("FIX_IN", "FIX_OUT"):
        types = [r["MSG_TYPE"] for r in g.rows(table)]
        assert types[:1] == ["A"] and len(types) == 2, types
    assert fg.bar(raw) in g.ctl("tail", "FIX_IN", "--all")
    os.rename(logfile, logfile + ".1")
    g.signal(signal.SIGHUP)
    fg.wait_until(text, what="a new log file", step=0.05)
    assert g.stop() == 0


def a3_17_one_session_does_not_hold_up_another(work):
    """There is one thread for the sessions, and back pressure by TCP: a
    counterparty that only sends, and never reads, costs the others nothing."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", n, port, SessionName=n, ThreadModel="SINGLE")
        for n in "AB"]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        b.connect(port).logon()
        a.sock.setblocking(False)
        flood = b"".join(a.build("1", "112=%d" % i) for i in range(30000))
        at = 0
        for _ in range(40):
            try:
                at += a.sock.send(flood[at:at + 65536])
            except BlockingIOError:
                pass
            assert b.sync() == []
        assert at > 0


a3.run(globals())
