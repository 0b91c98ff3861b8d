#!/usr/bin/env python3
"""Long work: a second one is refused while the first runs; who leaves ends what
he asked for, which the log says, and the next one can start; so does a stop.

A verify is held where it reads HEADS, which is a pipe here until the test lets it
go."""

import contextlib
import errno
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import link

fg.need("fixgated", "fixgatectl")


def sockets(g):
    """Those that the gateway has open."""
    found = set()
    folder = "/proc/%d/fd" % g.pid()
    for fd in os.listdir(folder):
        with contextlib.suppress(OSError):
            found.add(os.readlink(os.path.join(folder, fd)))
    return {name for name in found if name.startswith("socket:")}


class Held:
    """The job that starts next stops at HEADS until it is let go."""

    def __init__(self, g):
        self.path = os.path.join(g.store, "CHAIN", "HEADS")
        self.end = -1

    def __enter__(self):
        os.rename(self.path, self.path + ".kept")
        os.mkfifo(self.path)
        return self

    def _open(self):
        try:
            self.end = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as e:
            if e.errno != errno.ENXIO:  # nobody reads yet
                raise
        return self.end != -1

    def wait(self):
        fg.wait_until(self._open, what="the job reads HEADS")

    def __exit__(self, *exc):
        os.rename(self.path + ".kept", self.path)
        if self.end != -1:
            os.close(self.end)


def verify(g):
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket, "verify"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=fg.LIMIT)
    return r.returncode, r.stdout


def answer(c, ref):
    """What is not PROGRESS; and how many of these came."""
    n = 0
    while True:
        kind, got, details = c.recv()
        assert got == ref, (kind, got, details)
        if kind != "PROGRESS":
            return kind, details, n
        assert details["UNIT"] in ("", "rows"), details
        n += 1


def busy(g):
    with link.Link(g.socket) as c:
        with Held(g) as held:
            ref = c.send("VERIFY")
            held.wait()
            code, text = verify(g)
            assert code == 3 and "BUSY" in text and \
                "a verify is running: try again when it is done" in text, text
            code, text = verify(g)
            assert code == 3 and "BUSY" in text, text
            kind, got, details = c.recv()
            assert kind == "PROGRESS" and got == ref, (kind, details)
        kind, details, _ = answer(c, ref)
        assert kind == "ACK" and details["WRONG"] == 0, details
    code, text = verify(g)
    assert code == 0, text


def asker_leaves(g):
    with Held(g) as held:
        before = sockets(g)
        c = link.Link(g.socket)
        own = sockets(g) - before  # there was an answer
        assert len(own) == 1, own
        c.send("VERIFY")
        held.wait()
        c.close()
        fg.wait_until(lambda: not own & sockets(g), what="its end")
        # It goes on until it looks.
        code, text = verify(g)
        assert code == 3 and "BUSY" in text, text
    fg.wait_until(lambda: "verify cancelled" in g.log(), what="the log")
    code, text = verify(g)
    assert code == 0 and "all as they were chained" in text, text


def gateway_stops(g):
    with link.Link(g.socket) as c:
        with Held(g) as held:
            ref = c.send("VERIFY")
            held.wait()
            cancelled = g.log().count("verify cancelled")
            g.signal(15)
            fg.wait_until(lambda: "verify is ended, for the gateway stops" in
                          g.log(), what="the stop")
        kind, details, _ = answer(c, ref)
        assert kind == "NACK" and details["CODE"] == "CANCELLED", details
    assert g.wait() == 0
    assert g.log().count("verify cancelled") == cancelled + 1, g.log()


def main():
    with fg.Work() as work:
        work.peers = []
        g, p = cases.logged_on(work, gateway={"ChainHeadSeconds": 86400})
        p.send("D", cases.order(n=1))
        p.sync()
        fg.wait_until(lambda: os.path.exists(
            os.path.join(g.store, "CHAIN", "HEADS")), what="heads")
        busy(g)
        asker_leaves(g)
        gateway_stops(g)


main()
