#!/usr/bin/env python3
"""A client that is FG_ROWS (20,000) rows behind catches up while rows keep
arriving, beside one that is up to date: both get every row once and in order,
also where replay becomes live, and no process grows by what is behind."""

import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from streams import Logon, Streamer, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer")

ROWS = int(os.environ.get("FG_ROWS", "20000"))
RATE = int(os.environ.get("FG_RATE", "1000"))  # rows/s that keep arriving
LIVE = 2000         # rows that are to come after the hand-over
GROWTH = 48 << 20   # bytes of a process
LIMIT = 180 + ROWS / 500

LUA = """
stream("ALL", "T") { batchSize = 500, maxLogons = 2 }
stream("ODD", "T") { fields = { "ID", "QTY" },
  where = function(row) return row.QTY % 2 == 1 end }
"""


class Feed:
    """Appends rows r1, r2 ... to the table with one fixgatectl append."""

    def __init__(self, g):
        self.n, self.goal = 0, None
        self.ctl = subprocess.Popen(
            [fg.program("fixgatectl"), "-s", g.socket, "append", "T"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def add(self, rows):
        first, self.n = self.n + 1, self.n + rows
        self.ctl.stdin.write(b"".join(
            b'{"ID":"r%d","QTY":%d}\n' % (i, i)
            for i in range(first, self.n + 1)))
        self.ctl.stdin.flush()

    def run(self):
        """RATE rows in a second, up to the goal when there is one; after a
        while fewer, for a machine that has other work, too."""
        began = last = time.monotonic()
        due = 0
        while self.n != self.goal:
            time.sleep(0.02)
            now = time.monotonic()
            due += (now - last) * RATE / (1 + (now - began) // 20)
            last, rows = now, int(due)
            due -= rows
            self.add(rows if self.goal is None else
                     min(rows, self.goal - self.n))

    def end(self):
        self.ctl.stdin.close()
        assert self.ctl.wait(LIMIT) == 0


class Memory:
    """The most that processes need, against what they needed at first."""

    def __init__(self, procs):
        self.first = {p: p.memory() for p in procs}
        self.most = dict(self.first)

    def look(self):
        for p in self.most:
            self.most[p] = max(self.most[p], p.memory())

    def grown(self):
        return {p.name: self.most[p] - self.first[p] for p in self.most}


class Reader(threading.Thread):
    """Reads one logon until its row `last`: each is the next one of step."""

    def __init__(self, logon, at, step):
        super().__init__(daemon=True)
        self.logon, self.next, self.step = logon, at, step
        self.rows, self.handover, self.wrong = 0, None, None
        self.last = 1 << 60
        self.began = time.monotonic()

    def take(self, said):
        for row in said["ROWS"]:
            if row[0] != self.next or row[-1 if self.step == 2 else 5] != \
                    row[0]:
                self.wrong = "row %d has %r" % (self.next, row)
                return
            self.next += self.step
        self.rows += len(said["ROWS"])
        if self.handover is None and not said["MORE"]:
            self.handover = (said["UPTO"], self.rows,
                             time.monotonic() - self.began)

    def run(self):
        while self.wrong is None and self.logon.upto < self.last:
            kind, ref, said = self.logon.link.recv()
            if kind != "STREAM_ROWS" or said["UPTO"] < self.logon.upto:
                self.wrong = "%s %r" % (kind, said)
                break
            self.logon.upto = said["UPTO"]
            self.take(said)
            if said["ROWS"]:
                self.logon.credit(len(said["ROWS"]))


def read_all(s, feed, memory):
    """A reader from the beginning of each stream, one of what is new."""
    readers = [Reader(Logon(s, "ALL", "BEHIND", credit=2000), 1, 1),
               Reader(Logon(s, "ODD", "FILTERED", credit=2000), 1, 2)]
    new = Logon(s, "ALL", "NEW", credit=2000, FROM="live")
    readers.append(Reader(new, new.upto + 1, 1))
    for r in readers:
        r.start()
    pump = threading.Thread(target=feed.run, daemon=True)
    pump.start()

    def handed_over():
        memory.look()
        for r in readers:
            assert r.wrong is None, r.wrong
        return all(r.handover for r in readers)
    fg.wait_until(handed_over, LIMIT, "the clients caught up", 0.1)
    goal = feed.n + LIVE
    for r in readers:
        r.last = goal
    feed.goal = goal
    pump.join(LIMIT)
    feed.end()
    return readers


def main():
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        g.start()
        s = Streamer(work, "ST", LUA, [g]).start().wait_up()
        feed = Feed(g)
        began = time.monotonic()
        while feed.n < ROWS:
            feed.add(min(5000, ROWS - feed.n))
        fg.wait_until(lambda: s.list()["ALL"]["VISIBLE"] == ROWS, LIMIT,
                      "%d rows are there" % ROWS)
        print("%d rows appended in %.1f s" % (ROWS, time.monotonic() - began))
        memory = Memory([g, s])
        readers = read_all(s, feed, memory)
        for r in readers:
            r.join(LIMIT)
            assert r.wrong is None, r.wrong
            assert not r.is_alive(), (r.logon.upto, feed.n)
            assert r.next > feed.n, (r.next, feed.n)
        memory.look()
        behind, odd, new = readers
        assert new.rows == feed.n - ROWS and behind.rows == feed.n
        assert odd.rows == (feed.n + 1) // 2
        grown = memory.grown()
        print("%d rows behind, %d rows/s arriving: live after row %d, "
              "%.1f s (%d rows/s); filtered: after row %d, %.1f s; %d rows in "
              "all, none missing, twice or out of order; the gateway grew by "
              "%.1f MiB, the streamer by %.1f MiB" % (
                  ROWS, RATE, behind.handover[0], behind.handover[2],
                  behind.handover[1] / behind.handover[2], odd.handover[0],
                  odd.handover[2], feed.n, grown["GW"] / 2**20,
                  grown["ST"] / 2**20))
        assert behind.handover[0] > ROWS, "rows arrived meanwhile"
        assert max(grown.values()) < GROWTH, grown
        for r in readers:
            r.logon.close()
        assert s.stop() == 0
        assert g.stop() == 0


main()
