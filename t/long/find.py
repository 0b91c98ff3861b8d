#!/usr/bin/env python3
"""find on many rows, and what the index costs the sessions. By t/long/run.

ROWS of them (10 million), half in FIX_IN and half in FIX_OUT, with ClOrdIDs in
no order; then QUESTIONS over the control socket, each of a ClOrdID at random and
of both tables, as `fixgatectl find` asks. Then ORDERS streamed on a session, with
and without an index, ROUNDS times in turn."""

import os
import random
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

ROWS = int(os.environ.get("FG_ROWS", 10000000))
QUESTIONS = int(os.environ.get("FG_QUESTIONS", 5000))
ORDERS = int(os.environ.get("FG_ORDERS", 300000))
ROUNDS = int(os.environ.get("FG_ROUNDS", 5))
SEED = int(os.environ.get("FG_SEED") or random.randrange(1 << 30))
LIMIT = 3600


def mix(x):
    """As in find_load.c."""
    m = (1 << 64) - 1
    x = (x + 0x9e3779b97f4a7c15) & m
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & m
    x = (x ^ x >> 27) * 0x94d049bb133111eb & m
    return x ^ x >> 31


def tables(g):
    status = g.ctl_json("status", "--json", check=False)[0]
    return [t for t in status["TABLES"] if "INDEXED" in t]


def size(folder):
    return sum(os.path.getsize(os.path.join(folder, f))
               for f in os.listdir(folder)
               if os.path.isfile(os.path.join(folder, f)))


def question(link, i):
    """Order i, in both tables; each once."""
    for table in ("FIX_IN", "FIX_OUT"):
        kind, said = link.ask("READ", TABLE=table, TAG=11,
                              VALUE="%016x" % mix(i))
        assert kind == "ROWS", said
        assert [r[0] for r in said["ROWS"]] == [i + 1], (table, i, said)
        assert not said["MORE"], said


def ms(values, part):
    return sorted(values)[int(part * (len(values) - 1))] * 1000


def finding(work):
    g = work.gateway("gw", sessions=[
        fg.acceptor("SERVER", "CLIENT", fg.free_port())])
    subprocess.run([os.path.join(fg.BUILD, "t", "long", "find_load"), g.store,
                    str(ROWS)], check=True)
    g.start(120)
    begun, cpu = time.monotonic(), g.cpu()
    fg.wait_until(lambda: all(t["INDEXED"] == t["VISIBLE"] for t in tables(g)),
                  LIMIT, "the index has all", 1)
    took, cpu = time.monotonic() - begun, g.cpu() - cpu
    pick = random.Random(SEED)
    with Link(g.socket) as link:
        warm, times = True, []
        for n in range(2 * QUESTIONS):
            i = pick.randrange(ROWS // 2)
            begun = time.monotonic()
            question(link, i)
            if n >= QUESTIONS:
                times.append(time.monotonic() - begun)
    whole = []
    for _ in range(50):
        begun = time.monotonic()
        out = g.ctl("find", "ClOrdID=%016x" % mix(pick.randrange(ROWS // 2)))
        whole.append(time.monotonic() - begun)
        assert len(out.splitlines()) == 2, out
    rows, index = size(g.store), size(os.path.join(g.store, "INDEX"))
    print("%d rows (%.2f GB; index %.2f GB, made in %.0f s, %.0f s of CPU); "
          "%d questions of random ClOrdIDs, both tables: p50 %.2f, p99 %.2f, "
          "max %.1f ms; whole fixgatectl find: p50 %.1f, max %.1f ms" % (
              ROWS, rows / 1e9, index / 1e9, took, cpu, len(times),
              ms(times, .5), ms(times, .99), ms(times, 1), ms(whole, .5),
              ms(whole, 1)))
    assert ms(times, .99) < 50, "over 50 ms"
    g.stop()


def blast(tags):
    """Messages a second, CPU seconds of the gateway, how far the index is."""
    with fg.Work() as work:
        port = fg.free_port()
        keys = {} if tags is None else {"IndexTags": tags}
        g = work.gateway("gw", gateway=keys, sessions=[
            fg.acceptor("SERVER", "CLIENT", port)]).start()
        r = subprocess.run([os.path.join(fg.BUILD, "t", "bench", "blast"),
                            "-n", str(ORDERS), str(port)], check=True,
                           stdout=subprocess.PIPE, timeout=600)
        cpu, got = g.cpu(), tables(g)
        return float(r.stdout.split()[0]), cpu, \
            got[0]["INDEXED"] if got else 0


def costing():
    got = {"none": [], None: []}
    for _ in range(ROUNDS):
        for tags in got:
            got[tags].append(blast(tags))
    none, some = (statistics.median(r[0] for r in got[t]) for t in got)
    print("%d orders streamed, %d rounds in turn: %.0f messages/s with "
          "IndexTags=none, %.0f with the default (%+.1f %%); CPU %.2f and "
          "%.2f s; %.0f %% of them were in the index at the end" % (
              ORDERS, ROUNDS, none, some, (some / none - 1) * 100,
              statistics.median(r[1] for r in got["none"]),
              statistics.median(r[1] for r in got[None]),
              100 * statistics.median(r[2] for r in got[None]) / ORDERS))


if __name__ == "__main__":
    print("seed %d" % SEED)
    if ROWS > 0:
        with fg.Work() as w:
            finding(w)
    costing()
