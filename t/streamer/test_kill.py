#!/usr/bin/env python3
"""Gateway, streamer and a streamer behind it are killed, or read another file,
at random (FG_KILLS, FG_SEED) while rows are appended: who asks for the rows
after the last one it has gets each row once, in order, at both streamers."""

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
from link import Link
from streams import Logon, Streamer, table

fg.need("fixgated", "fixgate-streamer")

KILLS = int(os.environ.get("FG_KILLS", "12"))
SEED = int(os.environ.get("FG_SEED", random.randrange(1 << 32)))
WINDOW = 200  # rows on their way

LUA = 'stream("T", "T") { maxLogons = 2, batchSize = 50 }\n'
EDGE = 'stream("T", "T") { where = function(row) return row.QTY % 3 > 0 end }\n'
LOST = (OSError, EOFError)


class Feed(threading.Thread):
    """Appends rows whose QTY is their sequence, whatever becomes of the
    gateway: it goes on behind the last row that is there."""

    def __init__(self, g):
        super().__init__(daemon=True)
        self.g, self.stop, self.rows, self.wrong = g, False, 0, None

    def follow(self, link):
        kind, said = link.ask("TABLES", TABLE="T")
        n = said["TABLES"][0]["VISIBLE"]
        waiting = 0
        while not self.stop or waiting:
            while waiting < WINDOW and not self.stop:
                n += 1
                link.put("EVENT_TABLE_INSERT", TABLE="T",
                         COLUMNS={"ID": "r%d" % n, "QTY": n})
                waiting += 1
            link.file.flush()
            kind, ref, said = link.recv()
            if kind != "EVENT_ACK":
                raise EOFError(said)  # it is stopping
            self.rows = said["ROW_SEQUENCE"]
            waiting -= 1

    def run(self):
        while not self.stop:
            try:
                with Link(self.g.socket) as link:
                    self.follow(link)
            except LOST:
                time.sleep(0.02)


class Client(threading.Thread):
    """Follows a stream; step says which rows are to come."""

    def __init__(self, s, name, wants):
        super().__init__(daemon=True)
        self.s, self.client, self.wants = s, name, wants
        self.upto, self.source, self.got = 0, None, 0
        self.logons, self.wrong, self.stop = 0, None, False

    def take(self, said):
        got = [r[0] for r in said["ROWS"]]
        want = [i for i in range(self.upto + 1, said["UPTO"] + 1)
                if self.wants(i)]
        if got != want or any(r[5] != r[0] for r in said["ROWS"]):
            self.wrong = "%s: after %d: %r" % (self.client, self.upto, said)
        self.upto = said["UPTO"]
        self.got += len(got)

    def follow(self, link):
        how = {"AFTER": self.upto, "TAKEOVER": True}
        if self.source:
            how["SOURCE"] = self.source
        c = Logon(self.s, "T", self.client, link=link, credit=100, **how)
        if c.code:
            if not c.ack["RETRY"]:
                self.wrong = "%s: %r" % (self.client, c.ack)
            time.sleep(0.05)
            return
        self.logons += 1
        self.source = c.ack["SOURCE"]
        while not self.stop and self.wrong is None:
            kind, ref, said = link.recv()
            if kind == "STREAM_END":
                self.wrong = None if said["RETRY"] else "%s: %r" % (
                    self.client, said)
                return
            self.take(said)
            if said["ROWS"]:
                c.credit(len(said["ROWS"]))

    def run(self):
        while not self.stop and self.wrong is None:
            try:
                with Link(self.s.socket, limit=fg.LIMIT) as link:
                    self.follow(link)
            except LOST:
                time.sleep(0.05)


def hangup(s, lua, n):
    """Its file changes, and it reads it again."""
    says = "the files were read again"
    before = s.log().count(says)
    s.write(lua + "-- %d\n" % n)
    s.signal(signal.SIGHUP)
    fg.wait_until(lambda: s.log().count(says) > before, what=says)


def main():
    print("seed", SEED)
    rnd = random.Random(SEED)
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        g.start()
        s = Streamer(work, "ST", LUA, [g]).start()
        edge = Streamer(work, "EDGE", EDGE, [s]).start()
        feed = Feed(g)
        clients = [Client(s, "A", lambda i: True),
                   Client(edge, "B", lambda i: i % 3 > 0)]
        for t in [feed] + clients:
            t.start()

        def all_past(row):
            for c in clients:
                assert c.wrong is None, c.wrong
            return all(c.upto >= row for c in clients)
        killed = {}
        for _ in range(KILLS):
            fg.wait_until(lambda: all_past(feed.rows - 2000))
            time.sleep(rnd.random() * 0.3)
            victim, lua = rnd.choice(((g, None), (s, LUA), (edge, EDGE)))
            killed[victim.name] = killed.get(victim.name, 0) + 1
            if lua and rnd.random() < 0.5:
                hangup(victim, lua, killed[victim.name])
            else:
                victim.kill()
                if rnd.random() < 0.5:
                    time.sleep(rnd.random() * 0.3)
                victim.start()
            before = feed.rows
            fg.wait_until(lambda: feed.rows > before + 100)
            fg.wait_until(lambda: all_past(before))
        feed.stop = True
        feed.join(fg.LIMIT)
        with Link(g.socket) as link:
            last = link.ask("TABLES", TABLE="T")[1]["TABLES"][0]["VISIBLE"]
        fg.wait_until(lambda: all_past(last))
        a, b = clients
        assert a.got == last and b.got == last - last // 3, (a.got, b.got)
        print("%d rows over %d kills (%s): none missing, none twice, in "
              "order; %d and %d logons" % (last, KILLS, ", ".join(
                  "%s %d" % k for k in sorted(killed.items())), a.logons,
                  b.logons))
        for c in clients:
            c.stop = True
        for p in (edge, s, g):
            assert p.stop() == 0


main()
