#!/usr/bin/env python3
"""How long fixgated takes to start with many sessions, and what an idle session
costs in memory.

    t/bench/sessions.py [--sessions N] [--build DIR]

All sessions are logged on by raw counterparties; the cost of an idle
session is the growth of the resident memory by it, its connection included.
"""

import argparse
import os
import resource
import sys
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(BENCH))
sys.dont_write_bytecode = True


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--sessions", type=int, default=1000)
    p.add_argument("--build", default=os.environ.get("FG_BUILD", os.getcwd()))
    return p.parse_args()


ARGS = arguments()
os.environ["FG_SRC"], os.environ["FG_BUILD"] = SRC, os.path.abspath(ARGS.build)
sys.path.insert(0, os.path.join(SRC, "t", "lib"))
import fixgate as fg

KIB = 1024


def gateway(w, name, count, port):
    return w.gateway(name, sessions=[
        fg.acceptor("GATE", "P%d" % i, port) for i in range(count)])


def start_time(gw):
    t = time.monotonic()
    gw.start()
    return time.monotonic() - t


def logged_on(port, count):
    peers = []
    for i in range(count):
        p = fg.Peer("P%d" % i, "GATE").connect(port)
        p.logon(heart_bt_int=600)
        peers.append(p)
    return peers


def main():
    fg.need("fixgated", "fixgatectl")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = ARGS.sessions + 100
    if soft < want:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(want, hard), hard))
    with fg.Work() as w:
        one, port = gateway(w, "one", 1, fg.free_port()), fg.free_port()
        first = start_time(one)
        alone = one.memory()
        one.stop()
        many = gateway(w, "many", ARGS.sessions, port)
        cold = start_time(many)
        idle = many.memory()
        many.stop()
        again = start_time(many)
        peers = logged_on(port, ARGS.sessions)
        on = many.memory()
        for p in peers:
            p.close()
        many.stop()
    n = ARGS.sessions
    print("start, 1 session, new store          %7.3f s" % first)
    print("start, %d sessions, new store      %7.3f s" % (n, cold))
    print("start, %d sessions, existing store %7.3f s" % (n, again))
    print("resident with 1 session              %7.0f KiB" % (alone / KIB))
    print("each configured session              %7.1f KiB" %
          ((idle - alone) / KIB / n))
    print("each logged on and idle              %7.1f KiB" %
          ((on - alone) / KIB / n))


if __name__ == "__main__":
    main()
