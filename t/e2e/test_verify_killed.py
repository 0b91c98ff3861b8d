#!/usr/bin/env python3
"""verify of a store whose gateway was killed: rows that are in its log alone are
no alarm, the store is not touched, and what was changed is found."""

import hashlib
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg

fg.need("fixgated", "fixgatectl")

ROUNDS = 4
ORDERS = 300
HEADER = 172  # bytes of a chain file before its runs


def verify(store, tmp):
    r = subprocess.run([fg.program("fixgatectl"), "verify", "--store", store],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=fg.LIMIT,
                       env=dict(os.environ, TMPDIR=tmp))
    return r.returncode, r.stdout


def sums(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            if not os.path.isfile(path):  # a socket
                continue
            with open(path, "rb") as f:
                found[path] = hashlib.sha256(f.read()).hexdigest()
    return found


def main():
    with fg.Work() as work:
        work.peers = []
        tmp = work.path("tmp")
        os.mkdir(tmp)
        g, p = cases.logged_on(work, gateway={"ChainHeadSeconds": 1})
        port = p.port
        for n in range(ROUNDS):
            if n != 0:
                g.start()
                p = fg.Peer("BANK", "EXCH", "FIX.4.4").connect(port)
                work.peers.append(p)
                p.logon(body="141=Y|")
            for i in range(ORDERS):
                p.send("D", cases.order(n=1 + n * ORDERS + i))
                if i == ORDERS - 20:
                    p.sync()
            g.kill()
            if n % 2:  # an old store: what its log cannot change stays
                os.utime(os.path.join(g.store, "FORMAT"), (1, 1))
            before = sums(g.store)
            code, text = verify(g.store, tmp)
            assert code == 0 and "its log was replayed on a copy" in text and \
                "all as they were chained" in text, text
            rows = int(text.strip().split("\n")[-1].split(" ")[0])
            assert rows > (n + 1) * (ORDERS - 30), text
            assert sums(g.store) == before, "the store was written to"
            assert os.listdir(tmp) == [], os.listdir(tmp)
        # What was changed is found, as in a store that was closed.
        path = os.path.join(g.store, "CHAIN", "FIX_IN.%020d.chain" % 1)
        with open(path, "r+b") as f:
            f.seek(HEADER + 40)
            c = f.read(1)[0]
            f.seek(HEADER + 40)
            f.write(bytes([c ^ 1]))
        code, text = verify(g.store, tmp)
        assert code == 1 and "FIX_IN, row 1: the chain is bad" in text, text
        with open(path, "r+b") as f:
            f.seek(HEADER + 40)
            f.write(bytes([c]))
        # There is no room for a copy.
        code, text = verify(g.store, work.path("nowhere"))
        assert code == 3 and "nowhere" in text, text
        g.start()
        assert g.stop() == 0
        code, text = verify(g.store, tmp)
        assert code == 0 and "replayed" not in text, text


main()
