#!/usr/bin/env python3
"""Exactly once while the gateway is killed with -9 at random moments: rows are
appended to a table, read from it, sent as orders over a lane, and the cursor
follows; the client, too, forgets all but its cursor at random. In the end the
counterparty has each order once, in order, and each was on the wire once
without 43=Y.

FG_KILLS (default 12) says how often; FG_SEED which moments."""

import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from counterparty import GONE, Counterparty
from link import Link

fg.need("fixgated")

KILLS = int(os.environ.get("FG_KILLS", "12"))
SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
BATCH = 20       # rows in flight
LIMIT = 60 + KILLS * 5
TABLE = "\n[TABLE ORDERS]\nColumns=ID string\n"


class Client:
    """Appends rows and sends those of its table; knows nothing but what the
    gateway tells it, and after a crash of its own not even that."""

    def __init__(self, gw, rnd, done):
        self.gw, self.rnd, self.done = gw, rnd, done
        self.link, self.duplicates = None, 0

    def begin(self):
        self.link = Link(self.gw.socket, name="client")
        ask = self.link.ask
        names = {"CONSUMER": "C", "KEY": "K"}
        kind, cur = ask("CURSOR_GET", TABLE="ORDERS", **names)
        if kind != "CURSOR_ACK":
            raise EOFError(cur)
        self.cursor = cur["SEQUENCE"] or 0
        self.put = dict(names, SOURCE=cur["SOURCE"], TOKEN=cur["TOKEN"])
        self.lanes = {}
        for send, source in (("append", "stdin/x/1"), ("fix", cur["SOURCE"])):
            kind, said = ask("LANE_OPEN", SEND=send, SOURCE=source,
                             ACKED=cur["ACKED"].get(send, 0),
                             TAKEOVER=True, **names)
            if kind != "LANE_ACK":
                assert said["RETRY"], said
                raise EOFError(said)
            self.lanes[send] = said
        self.appended = self.lanes["append"]["HANDLED"]

    def answers(self, n):
        for _ in range(n):
            kind, _, said = self.link.recv()
            if kind == "EVENT_NACK" and said["RETRY"]:
                raise EOFError(said)
            assert kind == "EVENT_ACK", (kind, said)
            self.duplicates += said.get("DUPLICATE", False)

    def append(self):
        rows = range(self.appended + 1, self.appended + 1 + BATCH)
        for i in rows:
            self.link.send("EVENT_TABLE_INSERT", TABLE="ORDERS",
                           LANE=self.lanes["append"]["LANE"], SEQUENCE=i,
                           COLUMNS={"ID": "R%d" % i})
        self.answers(len(rows))
        self.appended += len(rows)

    def forward(self):
        kind, said = self.link.ask("READ", TABLE="ORDERS", AFTER=self.cursor,
                                   MAX_ROWS=BATCH)
        assert kind == "ROWS", said
        names = [c[0] for c in said["COLUMNS"]]
        for values in said["ROWS"]:
            row = dict(zip(names, values))
            self.link.send(
                "EVENT_FIX_SEND", LANE=self.lanes["fix"]["LANE"],
                SEQUENCE=row["SEQUENCE"], SESSION="BROKER", MSG_TYPE="D",
                FIELDS={"ClOrdID": row["ID"], "Symbol": "X", "Side": "BUY",
                        "OrderQty": 1, "OrdType": "MARKET",
                        "TransactTime": "20260105-09:00:00"})
        self.answers(len(said["ROWS"]))
        if said["ROWS"] and self.rnd.random() < 0.5:
            kind, answer = self.link.ask(
                "CURSOR_PUT", SEQUENCE=said["UPTO"],
                ACKED={"fix": said["UPTO"]}, **self.put)
            assert kind == "ACK" or answer["RETRY"], answer
        self.cursor = said["UPTO"]

    def run(self):
        """Until the killing is over and all rows are sent; how many."""
        while not (self.done.is_set() and self.link and
                   self.cursor >= self.appended):
            try:
                if self.link is None:
                    self.begin()
                if not self.done.is_set():
                    self.append()
                self.forward()
                if self.rnd.random() < 0.02:
                    raise EOFError("the client dies")
            except GONE:
                if self.link is not None:
                    self.link.close()
                self.link = None
                time.sleep(0.01)
        return self.appended


def killer(gw, rnd, done, client):
    """And more, until one met what was on its way."""
    for n in range(10 * KILLS):
        if n >= KILLS and client.duplicates > 0:
            break
        time.sleep(rnd.uniform(0.02, 0.3))
        gw.kill()
        gw.start()
    done.set()


def main():
    print("FG_SEED=%d FG_KILLS=%d" % (SEED, KILLS))
    rnd = random.Random(SEED)
    port = fg.free_port()
    with fg.Work() as work:
        gw = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER")])
        gw.configure(fg.settings(gw.keys, sessions=gw.sessions) + TABLE)
        gw.start()
        other = Counterparty(port, random.Random(SEED + 2))
        other.start()
        done = threading.Event()
        client = Client(gw, rnd, done)
        kills = threading.Thread(target=killer, daemon=True, args=(
            gw, random.Random(SEED + 1), done, client))
        kills.start()
        total = client.run()
        kills.join()
        want = ["R%d" % i for i in range(1, total + 1)]
        fg.wait_until(lambda: other.error or len(other.orders()) >= total,
                      LIMIT, "all orders arrive")
        other.stop = True
        other.join()
        assert other.error is None, other.error
        assert other.orders() == want, other.orders()[:total]
        twice = len(other.originals) - len(set(other.originals))
        assert twice == 0, "%d were sent twice" % twice
        with Link(gw.socket) as link:
            _, said = link.ask("READ", TABLE="ORDERS", AFTER=total)
            assert said["VISIBLE"] == total, said["VISIBLE"]
        assert client.duplicates > 0
        print("%d orders over %d kills: none lost, none twice; %d events came "
              "again, %d orders came only as a resend" % (
                  total, KILLS, client.duplicates,
                  total - len(set(other.originals))))
        assert gw.stop() == 0


main()
