#!/usr/bin/env python3
"""Whoever reaches a port without being a counterparty: port scans, garbage of
all kinds, 1,000 connections that say nothing, frames that are too long, wrong
protocols. All are refused, each is told once, and the session that trades
meanwhile notices nothing. FG_SEED repeats a run."""

import os
import random
import re
import resource
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")
SEED = int(os.environ.get("FG_SEED") or random.randrange(1 << 32))
SILENT = 1000
random.seed(SEED)
print("FG_SEED=%d" % SEED)


def room_for(files):
    """As many descriptors as that for us and our children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        if hard != resource.RLIM_INFINITY and hard < files:
            fg.skip("only %d descriptors are allowed" % hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def told(g):
    """How many refusals the log tells of, one by one or in numbers."""
    text = g.log()
    n = len(re.findall(r" (?:warn|info): [\d.:]+: "
                       r"(?:refused|left without a byte): ", text))
    n += sum(int(m) for m in re.findall(
        r"warn: (\d+) more lines like this one [^\n]*"
        r": (?:refused|left without a byte): ", text))
    return n + sum(int(m) for m in re.findall(
        r"warn: (\d+) more dropped messages were not stored", text))


class Trader(threading.Thread):
    """A session that asks for a sign of life all the time, and sends orders;
    how long it waited at most."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.peer = fg.Peer("BANK", "EXCH")
        self.peer.connect(port)
        self.peer.logon()
        self.over = threading.Event()
        self.worst = self.rounds = 0
        self.error = None

    def run(self):
        try:
            while not self.over.wait(0.01):
                began = time.monotonic()
                self.peer.send("D", "11=%d|55=X|54=1|38=1|40=1|60=%s" % (
                    self.rounds, fg.utc()))
                self.peer.sync()
                self.worst = max(self.worst, time.monotonic() - began)
                self.rounds += 1
        except Exception as e:  # for the main thread
            self.error = e

    def end(self):
        """All that it sent was received, once and in its order."""
        self.over.set()
        self.join()
        if self.error:
            raise self.error
        assert self.rounds > 20, self.rounds
        self.peer.logout()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), fg.LIMIT)


def closed(s, limit=fg.LIMIT):
    """The other side closes, and sends no byte before."""
    s.settimeout(limit)
    try:
        assert s.recv(1) == b"", "a byte came back"
    except ConnectionError:
        pass
    s.close()


def scans(g, port):
    """Connect and go, by a close or a reset."""
    for i in range(300):
        s = connect(port)
        if i % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        s.close()
    return 300


def frame(text):
    return fg.frame("FIX.4.4", fg.soh(text)).encode("latin-1")


def garbage(g, port):
    pieces = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 508,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 4096,
        b"8=" * 2000,
        b"8=FIX.4.4\x019=5\x01" + b"\xff" * 4000,
        frame("35=0|34=1|49=BANK|56=EXCH|52=%s|" % fg.utc()),
        frame("35=A|34=1|49=NOBODY|56=EXCH|52=%s|98=0|108=30|" % fg.utc()),
        frame("35=A|34=1|49=BANK|56=EXCH|52=%s|98=0|108=30|" % fg.utc()),
    ]
    n = 0
    for data in pieces + [random.randbytes(random.randrange(64, 2000))
                          for _ in range(150)]:
        s = connect(port)
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was cut already
        closed(s)
        n += 1
    return n


def too_long(g, port):
    """Lengths that are lies, and bytes that do not end."""
    n = 0
    for size in ("99999999", "4294967295", "18446744073709551615",
                 "99999999999999999999999", "-1"):
        s = connect(port)
        try:
            s.sendall(b"8=FIX.4.4\x019=" + size.encode() + b"\x0135=A\x01")
            for _ in range(300):
                s.sendall(b"58=" + b"x" * 32768)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        closed(s)
        n += 1
    return n


def silent(g, port):
    """They say nothing, or a byte now and then; over MaxUnauthenticated at
    once, the others after LogonTimeout."""
    all_of_them = []
    for i in range(SILENT + 50):
        s = connect(port)
        all_of_them.append(s)
        if i % 10 == 0:
            s.sendall(b"8")
    drip = all_of_them[0]
    for byte in b"=FIX.4.4\x01":
        try:
            drip.sendall(bytes([byte]))
        except OSError:
            break
        time.sleep(0.05)
    for s in all_of_them:
        closed(s)
    return len(all_of_them)


def links(g):
    """The control socket gets frames that are too long, cut or none."""
    for data in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff" + b"x" * 9000,
                 b"\x00\x00\x00\x05\xdd\x0f\xff\xff\xff",
                 b"\x00\x00\x00\x01\xc1", b"GET / HTTP/1.0\r\n\r\n",
                 random.randbytes(5000)):
        s = socket.socket(socket.AF_UNIX)
        s.connect(g.socket)
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(fg.LIMIT)
            while s.recv(65536):
                pass
        except ConnectionError:
            pass
        s.close()


def sockets(g):
    """How many it has open; the files of its store come as they are used."""
    folder, n = "/proc/%d/fd" % g.pid(), 0
    for fd in os.listdir(folder):
        try:
            n += os.readlink(os.path.join(folder, fd)).startswith("socket:")
        except FileNotFoundError:
            pass    # closed meanwhile
    return n


with fg.Work() as work:
    room_for(3 * SILENT)
    at = fg.free_port()
    gate = work.gateway("g", gateway={"LogonTimeout": 3,
                                      "MaxUnauthenticated": SILENT},
                        sessions=[fg.acceptor("EXCH", "BANK", at,
                                              SessionName="BANK")])
    gate.start()
    trader = Trader(at)
    trader.start()
    fg.wait_until(lambda: trader.rounds > 5)
    links(gate)
    memory, opened = gate.memory(), sockets(gate)
    for case in (scans, garbage, too_long, silent):
        before = told(gate)
        rounds = trader.rounds
        sent = case(gate, at)
        try:
            fg.wait_until(lambda: told(gate) - before >= sent)
        except fg.Timeout:
            print("%s: %d of %d are told" % (case.__name__,
                                             told(gate) - before, sent))
            raise
        fg.wait_until(lambda: trader.error or trader.rounds > rounds)
        fg.wait_until(lambda: sockets(gate) <= opened, what="sockets")
        assert told(gate) - before == sent, (case, told(gate), before, sent)
        assert trader.error is None, trader.error
        print("ok %s: %d refused, the session waited %.0f ms at most" % (
            case.__name__, sent, trader.worst * 1000))
    grown = gate.memory() - memory
    assert grown < 64 << 20, grown
    trader.end()
    rows = [r["CL_ORD_ID"] for r in gate.rows("FIX_IN", admin=False)]
    assert rows == [str(i) for i in range(trader.rounds)], rows
    events = [r["EVENT"] for r in gate.rows("SESSION_EVENT")]
    assert events.count("connected") == 1, events
    # Not so much that a disk would fill up with it.
    others = gate.rows("FIX_IN_OTHER")
    assert sum(r["SIZE"] for r in others) < 16 << 20
    lines = len(gate.log().splitlines())
    assert lines < 1000, lines
    assert gate.stop() == 0
