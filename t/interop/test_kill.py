#!/usr/bin/env python3
"""kill -9 of fixgated at random moments under two-way traffic, restart, and the
sessions must recover by themselves; at the end nothing is lost, nothing is
there twice, and no number of ours had two contents.

One fixgated with two sessions, each against a QuickFIX: it accepts FIX.4.4 and
initiates FIX.4.2.

    test_kill.py [--rounds N] [--seed N] [--build DIR]
"""

import argparse
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import qf
from qf import fg

HEART_BT_INT = 5     # seconds; the last numbers may be lost with a connection,
                     # and then a heartbeat brings the sides in step
LIMIT = 240          # seconds, to recover and to get in step
BATCH = 500          # messages in a file for fixgatectl
PACE = 2             # of the peers' messages, a millisecond
LONGEST = 0.6        # seconds of traffic before a kill
ORDERLY = 0.1        # share of the rounds that end fixgated by SIGTERM
EARLY = 0.3          # share of the restarts that are killed while starting,
RECOVERY = 0.1       # within so many seconds
MANY = 1000000000


class Sender(threading.Thread):
    """Sends files of messages through fixgatectl for as long as it runs, also
    while fixgated is down."""

    def __init__(self, gw, name, begin):
        super().__init__(daemon=True)
        self.gw, self.session, self.begin = gw, name, begin
        self.done = threading.Event()
        self.taken = []   # batches that fixgatectl reported as sent
        self.tried = 0
        self.failures = 0

    def run(self):
        while not self.done.is_set():
            batch = self.tried
            self.tried += 1
            try:
                self.gw.send_file(self.session, qf.lines(
                    self.begin, "k%d" % batch, 0, BATCH))
                self.taken.append(batch)
            except fg.CtlError:
                self.failures += 1
                self.done.wait(0.05)

    def check(self, rows):
        """FIX_OUT has each taken batch whole, of the others the first lines or
        nothing; all in order."""
        got = {}
        last = -1
        for r in rows:
            if r["ADMIN"]:
                continue
            batch, index = fg.Msg(r["FIX_DATA"])[11][1:].split("-")
            batch, index = int(batch), int(index)
            assert index == got.get(batch, 0), \
                "batch %d: %d after %d" % (batch, index, got.get(batch, 0) - 1)
            assert batch >= last, "batch %d after %d" % (batch, last)
            got[batch] = index + 1
            last = batch
        for batch in self.taken:
            assert got.get(batch) == BATCH, \
                "batch %d was taken, %d are there" % (batch, got.get(batch, 0))


class Line:
    """A session, its QuickFIX and the sender of our messages on it."""

    def __init__(self, w, role, begin, port):
        self.begin, self.role = begin, role
        self.comp_id = "QF" + begin[-1]
        make = fg.acceptor if role == "acceptor" else fg.initiator
        self.section = make("GATE", self.comp_id, port, begin,
                            HeartBtInt=HEART_BT_INT)
        self.name = "%s:GATE->%s" % (begin, self.comp_id)
        self.peer = qf.QuickFix(
            w, self.comp_id, "initiator" if role == "acceptor" else "acceptor",
            self.comp_id, "GATE", port, begin, HeartBtInt=HEART_BT_INT)

    def begin_traffic(self, gw):
        self.sender = Sender(gw, self.name, self.begin)
        self.sender.start()
        self.peer.cmd("pace %d" % PACE)
        # One peer numbers on while it is cut off, the other one waits.
        self.peer.cmd("offline %d" % (self.role == "acceptor"))
        self.peer.cmd("send 0 %d" % MANY)

    def end_traffic(self):
        self.peer.cmd("send 0 0")
        self.sender.done.set()
        self.sender.join()

    def in_step(self, gw):
        """Has each side all that the other one has numbered?"""
        c = self.peer.count()
        came = gw.last_row("FIX_IN", self.name)
        sent = gw.last_row("FIX_OUT", self.name)
        return c["on"] and came["MSG_SEQ_NUM"] >= c["next_out"] - 1 and \
            sent["MSG_SEQ_NUM"] <= c["next_in"] - 1

    def check(self, gw):
        journal = self.peer.journal()
        rows_out = gw.rows("FIX_OUT", session=self.name)
        n_in = qf.check_received(
            gw.rows("FIX_IN", session=self.name),
            gw.rows("SESSION_EVENT", session=self.name), journal)
        n_out = qf.check_sent(rows_out, journal)
        self.sender.check(rows_out)
        logons = sum(m.type == "A" for m in journal.came)
        print("%s %s: %d in, %d out, %d logons, %d resent to the peer, "
              "%d batches failed" % (
                  self.role, self.begin, n_in, n_out, logons,
                  sum(dup for _, dup, _ in journal.delivered),
                  self.sender.failures))
        assert n_in > 0 and n_out > 0, "no traffic"


def rounds(gw, lines, rng, count):
    for i in range(count):
        time.sleep(rng.uniform(0, LONGEST))  # the random moment
        if rng.random() < ORDERLY:
            assert gw.stop(LIMIT) == 0, "stopped with an error"
        else:
            gw.kill()
        gw.configure(Durability=rng.choice(("written", "synced")),
                     IdleStrategy=rng.choice(("block", "adaptive")))
        if rng.random() < EARLY:
            fg.Proc.start(gw)
            time.sleep(rng.uniform(0, RECOVERY))  # in the middle of its start
            gw.kill()
        gw.start()
        # Every other round the next kill may hit the recovery itself.
        if i % 2 == 0:
            for line in lines:
                fg.wait_until(lambda: line.peer.count()["on"], LIMIT,
                              "%s recovers after kill %d" % (line.name, i + 1))


def run(w, count, rng):
    lines = [Line(w, "acceptor", "FIX.4.4", fg.free_port()),
             Line(w, "initiator", "FIX.4.2", fg.free_port())]
    gw = w.gateway("gate", sessions=[line.section for line in lines])
    for line in lines:
        line.peer.start()
    gw.start()
    for line in lines:
        line.peer.wait_line("logon")
        line.begin_traffic(gw)
    rounds(gw, lines, rng, count)
    for line in lines:
        line.end_traffic()
    for line in lines:
        fg.wait_until(lambda: line.in_step(gw), LIMIT,
                      line.name + " in step", step=0.2)
        line.peer.cmd("logout")
        line.peer.wait_line("logout")
        line.peer.quit()
    for line in lines:
        line.check(gw)
    assert gw.stop() == 0, "status of fixgated"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int,
                   default=int(os.environ.get("FG_KILL_ROUNDS", "10")))
    p.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    p.add_argument("--build", default=fg.BUILD)
    args = p.parse_args()
    fg.BUILD = os.path.abspath(args.build)
    fg.need("fixgated", "fixgatectl")
    qf.build("qfpeer")
    print("seed %d, %d kills" % (args.seed, args.rounds))
    start = time.monotonic()
    with fg.Work() as w:
        run(w, args.rounds, random.Random(args.seed))
    print("%.1f s" % (time.monotonic() - start))


if __name__ == "__main__":
    main()
