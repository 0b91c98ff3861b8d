"""A counterparty on a thread that survives all crashes of the other side: it
takes what comes, asks for what is missing, answers each order with a report,
sends again what it is asked for, and comes back when dropped."""
import threading
import time

import fixgate as fg

GONE = (EOFError, OSError, fg.Timeout)


class Counterparty(threading.Thread):
    """Logs on to port; rnd says when it drops the connection by itself, with
    what is on its way (drops: how often, of its messages)."""

    def __init__(self, port, rnd, sender="BROKER", target="EXCHANGE",
                 reports=False, drops=0.001):
        super().__init__(daemon=True)
        self.port, self.rnd, self.stop = port, rnd, False
        self.reports, self.drops = reports, drops
        self.peer = fg.Peer(sender, target)
        self.got = {}        # number: ClOrdID, None for what is no order
        self.originals = []  # ClOrdIDs without 43=Y, as they came
        self.sent = {}       # number: body of a report
        self.expect, self.error = 1, None
        self.lock = threading.Lock()

    def orders(self):
        """In the order of the numbers, as far as there is no gap."""
        with self.lock:
            return [self.got[n] for n in range(1, self.expect) if self.got[n]]

    def reported(self):
        """ExecIDs in the order of their numbers."""
        with self.lock:
            return [self.sent[n][0] for n in sorted(self.sent)]

    def run(self):
        while not self.stop and self.error is None:
            try:
                self.session()
            except GONE:
                pass
            except AssertionError as e:
                self.error = e
            self.peer.close()
            time.sleep(0.02)

    def session(self):
        p = self.peer
        p.connect(self.port)
        p.send("A", "98=0|108=%d" % fg.HEART_BT_INT)
        asked = False
        while not self.stop:
            try:
                m = p.recv(0.1)
            except fg.Timeout:
                continue
            if m is None:
                return
            if self.rnd.random() < self.drops:
                return
            for what in self.take(m):
                self.report(what)
            if m.type == "2":
                self.send_again(int(m[7]))
            elif m.type == "1":
                p.send("0", "112=" + m[112])
            if m.type == "A" and m.seq >= self.expect and not asked:
                asked = True
                p.send("2", "7=%d|16=0" % self.expect)

    def report(self, what):
        """An order came for the first time."""
        if not self.reports:
            return
        body = ("37=O%s|17=E%s|150=0|39=0|11=%s|55=X|54=1|38=1|151=1|14=0|6=0|"
                "60=20260105-09:00:00" % (what, what, what))
        with self.lock:
            n = self.peer.next_out
            self.peer.next_out += 1
            self.sent[n] = ("E" + what, body)
        self.peer.send("8", body, seq=n)

    def send_again(self, first):
        """All from there on: reports, and gaps for what is none."""
        p, last = self.peer, self.peer.next_out - 1
        gap = None
        for n in range(first, last + 1):
            if n not in self.sent:
                gap = n if gap is None else gap
                continue
            if gap is not None:
                p.send("4", "123=Y|36=%d" % n, seq=gap, head="43=Y")
                gap = None
            p.send("8", self.sent[n][1], seq=n,
                   head="43=Y|122=20260105-09:00:00")
        if gap is not None:
            p.send("4", "123=Y|36=%d" % (last + 1), seq=gap, head="43=Y")

    def take(self, m):
        """The orders that are new with it."""
        new = []
        with self.lock:
            last = m.seq
            if m.type == "4":
                last = int(m[36]) - 1
            what = m.get(11) if m.type == "D" else None
            if what and not m.poss_dup:
                self.originals.append(what)
            for n in range(m.seq, last + 1):
                had = self.got.get(n, what)
                assert had == what or m.type != "D" or had is None, \
                    "number %d was %s and is %s" % (n, had, what)
                if n not in self.got:
                    self.got[n] = what
                    if what:
                        new.append(what)
            while self.expect in self.got:
                self.expect += 1
        return new
