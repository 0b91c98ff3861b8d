#!/usr/bin/env python3
"""A store is backed up while orders go out, reports come in and a client reads
them; the gateway is killed.

With the log of the lost store the backup becomes a new store in a bare folder,
with another identity: the session goes on against the same counterparty, with
nothing sent twice and nothing lost; the client is refused (SOURCE_CHANGED), and
goes on where it was after `fixgatectl cursor set`.

Without that log, numbers may have been used: the session is held, status says
what to do, and after that it goes on, with no number used twice.

FG_SEED repeats a run."""

import json
import os
import random
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from counterparty import Counterparty
from streams import Client, Streamer

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")

SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
BATCH = 20
SOME = 120  # orders of a part of the test
LIMIT = fg.LIMIT
ORDER = "35=D|11=%s|21=1|55=X|54=1|60=20260105-09:00:00|38=1|40=1|"

STREAMS = """
stream("REPORTS", "FIX_IN") { maxLogons = 2, batchSize = 20,
  fields = { "RX_SEQUENCE", "MSG_TYPE", "FIX_DATA" },
  where = function(row) return row.MSG_TYPE == "8" end }
"""

CLIENTS = """
streamerClient("FILLS") { dataSource = { "S", "REPORTS" },
  startAt = "beginning",
  onMessage { send("B", "FILL") } }
"""

# Keeps what it gets, then answers.
BOOK = """#!/usr/bin/env python3
import json, os, sys
out = os.open("%(path)s.out", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for line in sys.stdin:
    os.write(out, line.encode())
    print('{"ack": %%d}' %% json.loads(line)["n"], flush=True)
"""


class Sender(threading.Thread):
    """Sends orders until it is told to stop, or the gateway is not there."""

    def __init__(self, gw, first):
        super().__init__(daemon=True)
        self.gw, self.stop, self.next = gw, threading.Event(), first
        self.acked = []

    def run(self):
        while not self.stop.is_set():
            names = ["R%d" % i for i in range(self.next, self.next + BATCH)]
            self.next += BATCH
            try:
                self.gw.send_file("BROKER", [ORDER % n for n in names])
            except fg.CtlError:
                return
            self.acked += names


class Test:
    def __init__(self, work):
        self.work, self.port = work, fg.free_port()
        self.book = work.path("book")
        with open(self.book, "w") as f:
            f.write(BOOK % {"path": self.book})
        os.chmod(self.book, 0o755)
        self.gw = work.gateway("G", gateway={"SegmentMB": 1}, sessions=[
            fg.acceptor("EXCHANGE", "BROKER", self.port,
                        SessionName="BROKER")])
        self.streamer = Streamer(work, "S", STREAMS, [self.gw])
        self.client = Client(work, "clients", CLIENTS, {
            "S": "unix:" + self.streamer.socket, "G": "unix:" + self.gw.socket,
            "B": "exec:" + self.book})
        self.other = Counterparty(self.port, random.Random(SEED),
                                  reports=True, drops=0)
        self.sure, self.next = [], 1

    def uuid(self):
        return self.gw.ctl_json("status", "--json", check=False)[0][
            "STORE_UUID"]

    def filled(self):
        with open(self.book + ".out") as f:
            return [json.loads(line)["seq"] for line in f]

    def logged_on(self):
        fg.wait_until(lambda: self.gw.ctl_json(
            "session", "show", "--json")[0]["STATE"] == "logged on", LIMIT,
            "logged on")

    def trade(self, n, then=None):
        """Orders until the counterparty has n more; then, while they go."""
        want = len(self.other.orders()) + n
        sender = Sender(self.gw, self.next)
        sender.start()
        fg.wait_until(lambda: self.other.error or
                      len(self.other.orders()) >= want, LIMIT, "orders")
        assert self.other.error is None, self.other.error
        if then is not None:
            then()
        sender.stop.set()
        sender.join()
        self.next = sender.next
        self.sure += sender.acked

    def restore(self, to, *more, backup="backup"):
        r = subprocess.run(
            [fg.program("fixgatectl"), "restore", self.work.path(backup),
             self.work.path(to), *more], capture_output=True, text=True,
            timeout=LIMIT)
        assert r.returncode == 0, r.stderr
        self.gw.store = self.work.path(to)
        self.gw.configure(StorePath=self.gw.store)
        return r.stdout

    def check(self):
        """Both sides have the same orders, each once, and all that are
        sure."""
        fg.wait_until(lambda: set(self.sure) <= set(self.other.orders()),
                      LIMIT, "all orders arrive")
        out = [fg.Msg(fg.soh(r["FIX_DATA"])).get(11)
               for r in self.gw.rows("FIX_OUT", admin=False)]
        fg.wait_until(lambda: len(self.other.orders()) == len(out), LIMIT,
                      "all of FIX_OUT arrives")
        assert self.other.orders() == out
        again = len(self.other.originals) - len(set(self.other.originals))
        assert again == 0, "%d were sent twice without 43=Y" % again


def with_the_log(t):
    """All of it, and on."""
    old, lost = t.uuid(), t.gw.store
    t.trade(SOME, lambda: t.gw.ctl("backup", t.work.path("backup")))
    t.trade(SOME)
    t.trade(SOME, t.gw.kill)
    said = t.restore("restored", "--logs", lost)
    assert "sessions go on where they were" in said, said
    # While it was away nothing was lost that it had said was stored.
    t.gw.start()
    assert t.uuid() != old
    t.logged_on()
    events = [r for r in t.gw.rows("SESSION_EVENT", session="BROKER")
              if r["EVENT"] == "restored"]
    assert len(events) == 1 and old in events[0]["TEXT"], events
    assert "of another store" not in t.gw.log(), t.gw.log()
    t.trade(SOME)
    t.check()
    print("ok with the log: %d orders" % len(t.other.orders()))


def cursors(t):
    """The client is refused until somebody says where it goes on."""
    fg.wait_until(lambda: "SOURCE_CHANGED" in t.client.log() and
                  "Say where to go on: fixgatectl cursor set FILLS" in
                  t.client.log(), LIMIT, "the client is refused, with advice")
    t.client.stop()
    had = t.filled()
    c = [c for c in t.gw.ctl_json("cursor", "show", "--json")
         if c["CONSUMER"] == "FILLS"][0]
    t.gw.ctl("cursor", "set", "FILLS", c["KEY"], "FIX_IN", had[-1],
             "--reason", "restored", "--yes")
    t.client.start()
    want = [r["RX_SEQUENCE"] for r in t.gw.rows("FIX_IN", admin=False)]
    fg.wait_until(lambda: t.client.is_live("FILLS") and
                  t.filled()[-1] == want[-1], LIMIT, "the client has all")
    got = t.filled()
    assert got == want, "%d of %d, from %d on" % (len(got), len(want), had[-1])
    print("ok the client: %d reports, each once" % len(got))


def shown(t, held):
    """session show says whether it is held, in each of its forms."""
    for args in ((), ("BROKER",)):
        s = t.gw.ctl_json("session", "show", *args, "--json")
        assert [x["HELD"] for x in s] == [held], s
        text = t.gw.ctl("session", "show", *args)
        assert ("(held)" in text) == held, text


def without_the_log(t):
    """From the backup alone: held, until its numbers are said."""
    t.gw.kill()
    said = t.restore("early")
    assert "each session is held" in said, said
    t.gw.start()
    rows = t.gw.rows("FIX_OUT")
    assert rows[-1]["MSG_SEQ_NUM"] < t.other.expect - SOME
    a = [a for a in t.gw.ctl_json("status", "--json", check=False)[0][
        "ADVICE"] if a["SUBJECT"] == "BROKER"]
    assert len(a) == 1 and a[0]["LEVEL"] == "ERROR", a
    assert re.match("held, numbers may have been used .* fixgatectl session "
                    "seq BROKER --next-out N --next-in N --reason TEXT --yes",
                    a[0]["TEXT"]), a
    # It stays so, after a restart, too.
    t.gw.stop()
    t.gw.start()
    shown(t, True)
    fg.wait_until(lambda: "held since its store was restored" in t.gw.log(),
                  LIMIT, "a Logon is refused")
    t.gw.ctl("session", "seq", "BROKER", "--next-out", t.other.expect,
             "--next-in", t.other.peer.next_out + 1, "--reason", "restored",
             "--yes")
    t.logged_on()
    shown(t, False)
    have = len(t.other.orders())
    t.trade(SOME)
    fg.wait_until(lambda: set(t.sure) <= set(t.other.orders()), LIMIT,
                  "all orders arrive")
    orders = t.other.orders()
    assert len(set(orders)) == len(orders) >= have + SOME
    assert "held" not in t.gw.ctl("status", check=False)
    print("ok without the log: %d orders" % len(orders))


def main():
    print("FG_SEED=%d" % SEED)
    with fg.Work() as work:
        t = Test(work)
        for p in (t.gw, t.streamer, t.client, t.other):
            p.start()
        t.logged_on()
        with_the_log(t)
        cursors(t)
        t.client.stop()
        t.streamer.stop()
        without_the_log(t)
        t.other.stop = True
        t.other.join()
        assert t.gw.stop() == 0
        # The hash chain has gone on, over the backup.
        r = subprocess.run([fg.program("fixgatectl"), "verify", "--store",
                            t.gw.store], capture_output=True, text=True,
                           timeout=LIMIT)
        assert r.returncode == 0 and "all as they were chained" in r.stdout, r


main()
