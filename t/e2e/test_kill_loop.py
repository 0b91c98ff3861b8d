#!/usr/bin/env python3
"""The whole loop while any process of it is killed with -9 at random moments:

    rows of ORDERS_OUT -> streamer -> client -> gateway -> counterparty
    reports of it -> FIX_IN -> streamer -> client -> program

In the end FIX_OUT has each order once and in order, so has the counterparty,
and the program has had each report at least once, and none before those ahead
of it.

FG_KILLS (default 12) says how often; FG_SEED which moments."""

import json
import os
import random
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from counterparty import GONE, Counterparty
from link import Link
from streams import Client, Streamer, table

fg.need("fixgated", "fixgate-streamer", "fixgate-client")

KILLS = int(os.environ.get("FG_KILLS", "12"))
SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
BATCH = 20
LIMIT = 60 + KILLS * 5

STREAMS = """
stream("ORDERS_OUT", "ORDERS_OUT") { maxLogons = 2, batchSize = 50 }
stream("REPORTS", "FIX_IN") { maxLogons = 2,
  fields = { "RX_SEQUENCE", "MSG_TYPE", "FIX_DATA" },
  where = function(row) return row.MSG_TYPE == "8" end }
"""

CLIENTS = """
streamerClient("ROUTER") { dataSource = { "S", "ORDERS_OUT" },
  startAt = "beginning",
  onMessage { send("G", "EVENT_FIX_SEND", function(row)
    return { SESSION = "BROKER", MsgType = "D", ClOrdID = row.ID,
      Symbol = "X", Side = "BUY", OrderQty = 1, OrdType = "MARKET",
      TransactTime = "20260105-09:00:00" } end, { age = 0 }) } }
streamerClient("FILLS") { dataSource = { "S", "REPORTS" },
  startAt = "beginning",
  onMessage { send("B", "FILL") } }
"""

# Keeps what it gets, one write for each line, then answers.
BOOK = """#!/usr/bin/env python3
import json, os, sys
open("%(path)s.pid", "w").write(str(os.getpid()))
out = os.open("%(path)s.out", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for line in sys.stdin:
    os.write(out, line.encode())
    print('{"ack": %%d}' %% json.loads(line)["n"], flush=True)
"""


class Book:
    """The program; it is its client that starts it."""

    def __init__(self, work):
        self.path = work.path("book")
        with open(self.path, "w") as f:
            f.write(BOOK % {"path": self.path})
        os.chmod(self.path, 0o755)

    def kill(self):
        try:
            with open(self.path + ".pid") as f:
                os.kill(int(f.read()), signal.SIGKILL)
        except (OSError, ValueError):
            pass  # not there at the moment

    def lines(self):
        with open(self.path + ".out") as f:
            return [json.loads(line) for line in f]


class Appender(threading.Thread):
    """Appends rows over a lane until it is told to stop."""

    def __init__(self, gw):
        super().__init__(daemon=True)
        self.gw, self.stop, self.total = gw, threading.Event(), 0
        self.link = self.error = None

    def begin(self):
        self.link = Link(self.gw.socket, name="append", limit=10)
        kind, said = self.link.ask(
            "LANE_OPEN", CONSUMER="append", KEY="K", SEND="append",
            SOURCE="stdin/x/1", TAKEOVER=True)
        if kind != "LANE_ACK":
            raise EOFError(said)
        self.lane, self.total = said["LANE"], said["HANDLED"]

    def append(self):
        for i in range(self.total + 1, self.total + 1 + BATCH):
            self.link.send("EVENT_TABLE_INSERT", TABLE="ORDERS_OUT",
                           LANE=self.lane, SEQUENCE=i,
                           COLUMNS={"ID": "R%d" % i})
        for _ in range(BATCH):
            kind, _, said = self.link.recv()
            if kind != "EVENT_ACK":
                raise EOFError(said)
        self.total += BATCH

    def run(self):
        while not self.stop.is_set():
            try:
                if self.link is None:
                    self.begin()
                self.append()
                time.sleep(0.01)  # so that all keep up
            except GONE:
                if self.link is not None:
                    self.link.close()
                self.link = None
                time.sleep(0.01)


def kill_some(victims, rnd):
    """How often each of them."""
    count = dict.fromkeys(victims, 0)
    for _ in range(KILLS):
        time.sleep(rnd.uniform(0.02, 0.4))
        name = rnd.choice(sorted(victims))
        count[name] += 1
        victims[name].kill()
        if name != "book":  # that one is started by the client
            victims[name].start()
    return count


def check_program(book, gw):
    """All reports, each at least once, in their order; how many twice."""
    want = [r["RX_SEQUENCE"] for r in gw.rows("FIX_IN", admin=False)]
    place = {seq: i for i, seq in enumerate(want)}
    got = [m["seq"] for m in book.lines()]
    last = -1
    for seq in got:
        assert place[seq] <= last + 1, "%d came before %d" % (
            seq, want[last + 1])
        last = max(last, place[seq])
    assert last == len(want) - 1, "%d of %d came" % (last + 1, len(want))
    return len(got) - len(want)


def main():
    print("FG_SEED=%d FG_KILLS=%d" % (SEED, KILLS))
    rnd = random.Random(SEED)
    port = fg.free_port()
    with fg.Work() as work:
        gw = work.gateway("G", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER")])
        table(gw, "ORDERS_OUT", "ID string")
        gw.start()
        streamer = Streamer(work, "S", STREAMS, [gw])
        streamer.start()
        book = Book(work)
        client = Client(work, "clients", CLIENTS, {
            "S": "unix:" + streamer.socket, "G": "unix:" + gw.socket,
            "B": "exec:" + book.path})
        client.start()
        other = Counterparty(port, random.Random(SEED + 1), reports=True,
                             drops=0.0002)
        other.start()
        appender = Appender(gw)
        appender.start()
        count = kill_some({"gateway": gw, "streamer": streamer,
                           "client": client, "book": book}, rnd)
        appender.stop.set()
        appender.join()
        # What the appender knows may be behind what is stored.
        with Link(gw.socket) as link:
            total = link.ask("READ", TABLE="ORDERS_OUT")[1]["VISIBLE"]
        want = ["R%d" % i for i in range(1, total + 1)]
        fg.wait_until(lambda: other.error or len(other.orders()) >= total,
                      LIMIT, "all orders arrive")
        assert other.error is None, other.error
        assert other.orders() == want
        fg.wait_until(lambda: len(gw.rows("FIX_IN", admin=False)) >= total,
                      LIMIT, "all reports arrive", step=0.2)
        fg.wait_until(lambda: client.is_live("FILLS") and
                      client.is_live("ROUTER"), LIMIT, "all is settled")
        other.stop = True
        other.join()
        out = [fg.Msg(fg.soh(r["FIX_DATA"])).get(11)
               for r in gw.rows("FIX_OUT", admin=False)]
        assert out == want, "FIX_OUT has %d, %d are wanted" % (
            len(out), total)
        twice = len(other.originals) - len(set(other.originals))
        assert twice == 0, "%d were sent twice without 43=Y" % twice
        again = check_program(book, gw)
        with Link(gw.socket) as link:
            said = link.ask("QUARANTINE_LIST")[1]["ROWS"]
            assert said == [], said
        print("%d orders and reports, %d kills (%s): each order once and in "
              "order; each report came, %d came again" % (
                  total, KILLS, ", ".join("%s %d" % x
                                          for x in sorted(count.items())),
                  again))
        for p in (client, streamer, gw):
            assert p.stop() == 0, p.name


main()
