#!/usr/bin/env python3
"""Where the time goes: each stage of a message is counted where it happens, not
before and not twice; STATUS has the last minute of it, /metrics all."""

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

fg.need("fixgated", "fixgatectl")

ORDER = "11=%d|55=X|54=1|38=10|40=1|60=20260105-09:00:00|"
STAGES = [("in", "parsed"), ("in", "durable"), ("in", "streamed"),
          ("in", "event"), ("in", "acked"), ("out", "committed"),
          ("out", "durable"), ("out", "sent"), ("out", "acked")]


def stage(path, name):
    return (("path", path), ("stage", name))


def counts(port):
    got = parse(ask(port)[2])[0]
    return {s: got["fixgate_latency_seconds_count", stage(*s)]
            for s in STAGES}, {
                s: got["fixgate_latency_seconds_sum", stage(*s)]
                for s in STAGES}


def orders(p, n):
    for i in range(n):
        p.send("D", ORDER % i)
    p.sync()


def rows(link, ref, upto):
    """How many a tail gives until it has got so far; others are kept."""
    got, kept = 0, []
    while True:
        m = link.recv()
        if m[:2] != ("ROWS", ref):
            kept.append(m)
            continue
        got += len(m[2]["ROWS"])
        if m[2]["UPTO"] >= upto:
            link.kept = kept + link.kept
            return got


def visible(link):
    kind, said = link.ask("TABLES", TABLE="FIX_IN")
    assert kind == "TABLES_ACK", said
    return said["TABLES"][0]["VISIBLE"], said["TABLES"][0]["SOURCE"]


def acked(link, kind, **details):
    how, said = link.ask(kind, **details)
    assert how in ("ACK", "EVENT_ACK", "CURSOR_ACK", "LANE_ACK", "TAIL_ACK"), \
        said
    return said


def run(g, fix, port):
    """What each step adds."""
    was = {}

    def added(**want):
        """Only these stages have more than before."""
        nonlocal was
        end = time.monotonic() + fg.LIMIT
        while True:
            now, sums = counts(port)
            more = {"_".join(s): now[s] - was.get(s, 0) for s in STAGES
                    if now[s] != was.get(s, 0)}
            # What was answered may be counted a moment later.
            if more == want or time.monotonic() > end or any(
                    n > want.get(s, 0) for s, n in more.items()):
                break
        assert more == want, (more, want)
        was = now
        return sums

    with fg.Peer("BANK", "EXCH") as p, Link(g.socket) as link:
        p.connect(fix)
        p.logon()
        orders(p, 10)
        # A Logon, ten orders, and what sync() asks and answers with.
        first, source = visible(link)
        assert first >= 12, first
        sums = added(in_parsed=first, in_durable=first)
        assert 0 < sums["in", "parsed"] < sums["in", "durable"], sums

        # A tail: old rows say nothing of it, new ones do; each of its own.
        acked(link, "TAIL", TABLE="FIX_IN", AFTER=0, CREDIT=1000)
        old = link.ref
        assert rows(link, old, first) == first
        added()
        orders(p, 5)
        last, _ = visible(link)
        n = last - first
        assert rows(link, old, last) == n
        sums = added(in_parsed=n, in_durable=n, in_streamed=n)
        before, first = first, last
        link.send("TAIL", ref=900, TABLE="FIX_IN", AFTER=before, CREDIT=1000,
                  ADMIN=False)
        assert rows(link, 900, last) == 5
        added()

        # Events of rows: of FIX_IN only, and not of those before.
        lane = {"CONSUMER": "C", "KEY": "K", "SEND": "S", "SOURCE": source}
        number = acked(link, "LANE_OPEN", **lane)["LANE"]
        other = acked(link, "LANE_OPEN", **dict(
            lane, SOURCE=source.replace("FIX_IN", "FIX_OUT")))["LANE"]
        token = acked(link, "CURSOR_GET", CONSUMER="C", KEY="K",
                      TABLE="FIX_IN")["TOKEN"]
        send = {"SESSION": "BANK", "MSG_TYPE": "8", "FIELDS": [["37", "1"]]}
        acked(link, "EVENT_FIX_SEND", LANE=number, SEQUENCE=first, PART=0,
              **send)
        added(out_committed=1, out_durable=1, out_sent=1, out_acked=1)
        p.expect("8")
        orders(p, 3)
        last, _ = visible(link)
        n = last - first
        assert rows(link, old, last) == n and rows(link, 900, last) == 3
        added(in_parsed=n, in_durable=n, in_streamed=n + 3)
        acked(link, "EVENT_FIX_SEND", LANE=other, SEQUENCE=first + 1, PART=0,
              **send)
        p.expect("8")
        added(out_committed=1, out_durable=1, out_sent=1, out_acked=1)
        for _ in range(2):  # the second is a duplicate
            acked(link, "EVENT_FIX_SEND", LANE=number, SEQUENCE=first + 1,
                  PART=0, **send)
        p.expect("8")
        sums = added(in_event=1, out_committed=1, out_durable=1, out_sent=1,
                     out_acked=1)
        assert sums["out", "committed"] < sums["out", "durable"] < \
            sums["out", "sent"], sums

        # The cursor: what was there before it was asked for is no news.
        acked(link, "CURSOR_PUT", CONSUMER="C", KEY="K", SOURCE=source,
              SEQUENCE=first, TOKEN=token)
        added()
        acked(link, "CURSOR_PUT", CONSUMER="C", KEY="K", SOURCE=source,
              SEQUENCE=last, TOKEN=token)
        added(in_acked=n)
        acked(link, "CURSOR_PUT", CONSUMER="C", KEY="K", SOURCE=source,
              SEQUENCE=last, TOKEN=token)
        added()

        # A message that waits for its logon is taken, but not sent.
        acked(link, "EVENT_FIX_SEND", **dict(send, SESSION="AWAY"))
        added(out_committed=1, out_durable=1, out_acked=1)
    print("ok stages")
    return was


def status(g, was, begun):
    """The same of the last minute, if all this took less than that."""
    got = g.ctl_json("status", "--json", check=False)[0]
    said = {(s["PATH"], s["STAGE"]): s for s in got["LATENCY"]}
    in_time = time.monotonic() - begun < 50
    assert list(said) == STAGES or not in_time, list(said)
    for s, v in said.items():
        assert v["COUNT"] == was[s] or s in STAGES[:2] or not in_time and \
            v["COUNT"] < was[s], (s, v, was[s])
        assert 0 < v["P50"] <= v["P99"] <= v["MAX"] < 60e9, (s, v)
    assert got["DISK_FREE"] > 0 and got["LAG"] >= 0, got
    size = sum(os.stat(os.path.join(top, f)).st_blocks * 512
               for top, _, names in os.walk(g.store) for f in names)
    assert size / 2 <= got["STORE_BYTES"] <= size * 2, (got, size)
    text = g.ctl("status", check=False)
    for s in STAGES if in_time else ():
        assert re.search(r"^LAST MINUTE +COUNT +P50 +P99 +MAX$", text,
                         re.M), text
        assert re.search(r"^%-3s  %-9s +\d+ +\S+ [mu]?s +\S+ [mu]?s +\S+ "
                         "[mu]?s$" % s, text, re.M), text
    assert re.search(r"^store +\S+, written, .* \d+ MB, \d+ MB free on it$", text,
                     re.M), text
    print("ok status")


def fresh(g):
    """Nothing happened: no line of it."""
    assert g.ctl_json("status", "--json", check=False)[0]["LATENCY"] == []
    assert "LAST MINUTE" not in g.ctl("status", check=False)


with fg.Work() as work:
    listen = fg.free_port()
    gate = work.gateway("g", gateway={"AdminListen": "127.0.0.1:0"},
                        sessions=[
        fg.acceptor("EXCH", "BANK", listen, SessionName="BANK"),
        fg.acceptor("EXCH", "AWAY", listen, SessionName="AWAY")])
    gate.start()
    fresh(gate)
    begun = time.monotonic()
    status(gate, run(gate, listen, int(re.search(
        r"metrics on port (\d+)", gate.log())[1])), begun)
    assert gate.stop() == 0
