#!/usr/bin/env python3
"""Archiving many rows while a session talks. By t/long/run.

ROWS of them (10 million) in segments of 64 MB; a TestRequest and its Heartbeat,
again and again, for SECONDS without and then with the archive at work; first
with Durability=written, and half of the rows, then with synced and the rest.
Then, with an index, QUESTIONS of ClOrdIDs at random of the first 80 %, which are
all in the archive."""

import os
import random
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from find import mix, ms, question, size, tables
from link import Link
from peer import Peer

ROWS = int(os.environ.get("FG_ROWS", 10000000))
SECONDS = int(os.environ.get("FG_SECONDS", 15))
SEGMENT = int(os.environ.get("FG_SEGMENT", 64))
QUESTIONS = int(os.environ.get("FG_QUESTIONS", 2000))
SEED = int(os.environ.get("FG_SEED") or random.randrange(1 << 30))
LIMIT = 3600


def echoes(p, until):
    got = []
    while not until():
        begun = time.monotonic()
        p.sync()
        got.append(time.monotonic() - begun)
        time.sleep(.002)
    return got


def text(values):
    return "p50 %.2f, p99 %.2f, max %.1f ms of %d" % (
        ms(values, .5), ms(values, .99), ms(values, 1), len(values))


def talk(g, port, *args):
    """Echoes without and with `fixgatectl archive`; what it said, seconds."""
    said = []
    with Peer("CLIENT", "SERVER") as p:
        p.connect(port)
        p.logon(body="141=Y|")
        end = time.monotonic() + SECONDS
        before = echoes(p, lambda: time.monotonic() > end)
        work = threading.Thread(target=lambda: said.append(
            g.ctl("archive", *args, limit=LIMIT)))
        begun = time.monotonic()
        work.start()
        during = echoes(p, lambda: not work.is_alive())
        took = time.monotonic() - begun
        p.logout()
    return before, during, said[0].splitlines()[-1], took


def main(work):
    port = fg.free_port()
    g = work.gateway("gw", gateway={"SegmentMB": SEGMENT, "IndexTags": "none"},
                     sessions=[fg.acceptor("SERVER", "CLIENT", port)])
    subprocess.run([os.path.join(fg.BUILD, "t", "long", "find_load"), g.store,
                    str(ROWS), str(SEGMENT)], check=True)
    whole = size(g.store)
    half = "20260105-09:%02d:%02d" % divmod(ROWS // 40000, 60)
    for durability, args in (("written", ["--before", half]),
                             ("synced", ["--days", "1"])):
        g.configure(Durability=durability)
        g.start(120)
        before, during, said, took = talk(g, port, *args)
        print("%s: echoes %s; while it archives %s; %s in %.0f s" % (
            durability, text(before), text(during), said, took), flush=True)
        g.stop()
    g.configure(IndexTags="11,41,37,17")
    g.start(120)
    fg.wait_until(lambda: all(t["INDEXED"] == t["VISIBLE"] for t in tables(g)),
                  LIMIT, "the index has all", 1)
    pick = random.Random(SEED)
    times = []
    with Link(g.socket) as link:
        for n in range(2 * QUESTIONS):
            i = pick.randrange(ROWS * 2 // 5)
            begun = time.monotonic()
            question(link, i)
            if n >= QUESTIONS:
                times.append(time.monotonic() - begun)
    print("%d rows, %.2f GB of files, %.2f GB archived; %d questions of "
          "archived rows, both tables: %s" % (
              ROWS, whole / 1e9, size(os.path.join(g.store, "ARCHIVE")) / 1e9,
              QUESTIONS, text(times)))
    assert ms(times, .99) < 50, "over 50 ms"


if __name__ == "__main__":
    print("seed %d" % SEED)
    with fg.Work() as w:
        main(w)
