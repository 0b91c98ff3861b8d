#!/usr/bin/env python3
"""QuickFIX against fixgated in every version, on both ends of the connection:
orders and reports each way, the connection dropped in the middle, resends both
ways, a reset of the numbers, and the same once more; then both sides must have
kept the same. The short form has 500 messages each way before the reset and
4,000 in FIX.4.2 and 4.4; --count gives all versions the same.

    test_interop.py [--count N] [--build DIR]
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import qf
from qf import fg
from pair import Pair

SEED = 7
COUNT = 500
COUNTS = {"FIX.4.2": 4000, "FIX.4.4": 4000}


def one(role, version, count):
    """Traffic, a reset, and half as much again."""
    begin = qf.begin_string(version)
    with fg.Work() as w:
        pair = Pair(w, role, version, lambda name, other, port, keys:
                    qf.QuickFix(w, name, other, "PEER", "GATE", port, begin,
                                seed=SEED, **keys))
        pair.start()
        pair.traffic(count)
        pair.reset()
        pair.traffic(count // 2)
        pair.until_resent(count // 2)
        pair.finish()
        pair.check()
        assert pair.gw.stop() == 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--count", type=int)
    p.add_argument("--build", default=fg.BUILD)
    args = p.parse_args()
    fg.BUILD = os.path.abspath(args.build)
    fg.need("fixgated", "fixgatectl")
    qf.build("qfpeer")
    start = time.monotonic()
    # Eight at a time: much of it is waiting for a reconnect.
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(one, role, version, args.count or
                                 COUNTS.get(version, COUNT))
                     for role in ("acceptor", "initiator")
                     for version in qf.VERSIONS]:
            done.result()
    print("%.1f s" % (time.monotonic() - start))


if __name__ == "__main__":
    main()
