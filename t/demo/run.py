#!/usr/bin/env python3
"""./demo: a broker and an exchange trade, on one screen; then everything is
reconciled. With --chaos a process is killed every second."""

import argparse
import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reconcile
import world
from world import fg

PICTURE = r"""
   broker                                        exchange
 desk > ORDERS_OUT > streamer > client > fixgated ==FIX==> fixgated > FIX_IN > streamer
                                                                                  v
 book < client < streamer < FIX_IN < fixgated <==FIX== fixgated < client, which matches
"""
WIDTH = 40


class Screen:
    """A line that moves on a terminal; elsewhere one now and then."""

    def __init__(self):
        self.moves = sys.stdout.isatty()
        self.said = 0

    def show(self, text, last=False):
        now = time.monotonic()
        if self.moves:
            print("\r\033[K" + text, end="\n" if last else "", flush=True)
        elif last or now - self.said >= 5:
            print(text, flush=True)
            self.said = now


def progress(w, desk, kills):
    booked = w.book_lines()
    part = min(booked, desk.orders) * WIDTH // desk.orders
    return "[%s%s] %d entered, %d on the wire, %d filled, %d booked%s" % (
        "#" * part, "." * (WIDTH - part), desk.entered,
        sum(1 for m in w.tap.sent[:] if m.type == "D"),
        sum(1 for m in w.tap.received[:] if m.type == "8"), booked,
        ", %d killed" % kills if kills else "")


def booked_all(w, orders):
    return w.book_lines() >= orders and len(w.book()[0]) >= orders


def trade(w, args, rng):
    """Until the last order is in the book."""
    desk = world.Desk(w, args.orders, args.seconds)
    screen = Screen()
    desk.start()
    kills = 0
    begun = next_kill = time.monotonic()
    while True:
        now = time.monotonic()
        if desk.trouble:
            raise desk.trouble
        w.check_running()
        screen.show(progress(w, desk, kills))
        if not desk.is_alive() and booked_all(w, args.orders):
            break
        if now - begun > args.limit:
            screen.show(progress(w, desk, kills), last=True)
            raise fg.Timeout("not all orders are in the book after %d s" %
                             args.limit)
        if args.chaos and desk.is_alive() and now >= next_kill:
            w.kill(rng)
            kills += 1
            next_kill = now + 1
        time.sleep(0.1)
    screen.show(progress(w, desk, kills), last=True)
    return desk, kills


def main():
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--orders", type=int, default=10000)
    parser.add_argument("--chaos", action="store_true",
                        help="kill -9 one of the six daemons every second")
    parser.add_argument("--seed", type=int, default=None,
                        help="of the kills")
    parser.add_argument("--seconds", type=float, default=None,
                        help="in which the orders are entered")
    parser.add_argument("--limit", type=int, default=600,
                        help="seconds after which it gives up")
    args = parser.parse_args()
    if args.seconds is None:
        args.seconds = 40 if args.chaos else 10
    seed = random.randrange(1 << 32) if args.seed is None else args.seed

    print(PICTURE)
    if args.chaos:
        print("one of the six daemons is killed with -9 every second "
              "(--seed %d)" % seed, flush=True)
    with world.World() as w:
        w.start()
        desk, kills = trade(w, args, random.Random(seed))
        for who in "exchange", "broker":
            print("\n== the %s" % who)
            print(w.ctl(who, "status").stdout)
            for what, part in ("streams", "streamer"), ("clients", "client"):
                print(w.ctl(who, what, "--process", "unix:" + w.path(
                    "%s-%s.sock" % (who, part))).stdout)
        print("\n== reconciliation")
        faults = 0
        for what, n, trouble in reconcile.reconcile(w, args.orders):
            faults += bool(trouble)
            print("%8d %s%s" % (n, what, ": " + trouble if trouble else ""))
        if args.chaos:
            print("%8d kills: %s" % (kills, ", ".join(
                "%s %d" % (d.name, d.kills) for d in w.daemons)))
            print("%8d runs of fixgatectl append" % desk.runs)
        stopped = {k: v for k, v in w.stop().items() if v}
        if stopped:
            print("ended with another status than 0: %s" % stopped)
        if faults or stopped:
            raise SystemExit("THE RECONCILIATION FOUND %d FAULTS" % faults)
        print("nothing lost, nothing twice, all in order")


main()
