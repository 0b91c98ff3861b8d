#!/usr/bin/env python3
"""verify of a gateway at work: all is well; a chain file with a changed byte is
found, and the row named; after the stop the same with --store; the resend index
in both ways."""

import os
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg

fg.need("fixgated", "fixgatectl")

HEADER = 172  # bytes of a chain file before its runs


def verify(*argv):
    r = subprocess.run([fg.program("fixgatectl"), *argv],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=fg.LIMIT)
    return r.returncode, r.stdout


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        c = f.read(1)[0]
        f.seek(at)
        f.write(bytes([c ^ 1]))


def main():
    with fg.Work() as work:
        work.peers = []
        admin = fg.free_port()
        g, p = cases.logged_on(work, gateway={
            "ChainHeadSeconds": 1, "AdminListen": "127.0.0.1:%d" % admin})
        for n in range(50):
            p.send("D", cases.order(n=n))
        p.sync()
        code, text = verify("-s", g.socket, "verify")
        assert code == 0 and "all as they were chained" in text, text
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" %
                                    admin) as r:
            got = dict(line.rsplit(" ", 1) for line in
                       r.read().decode().splitlines())
        assert int(got['fixgate_table_chained{table="FIX_IN"}']) > 50, got
        path = os.path.join(g.store, "CHAIN",
                            "FIX_IN.%020d.chain" % 1)
        fg.wait_until(lambda: os.path.getsize(path) > HEADER + 40,
                      what="a run")
        flip(path, HEADER + 40)
        code, text = verify("-s", g.socket, "verify")
        assert code == 1 and "FIX_IN, row 1: the chain is bad" in text, text
        flip(path, HEADER + 40)
        assert "CLOSED" not in text and verify("-s", g.socket, "verify")[0] == 0
        code, text = verify("verify", "--store", g.store)
        assert code == 1 and "in use by process" in text, text
        assert g.stop() == 0
        code, text = verify("verify", "--store", g.store)
        assert code == 0 and "complete up to the head of" in text, text
        # The resend index is compared with the rows, in both ways.
        spoil = subprocess.run(
            [os.path.join(fg.BUILD, "t/store/spoil"), "index", g.store, "7"],
            check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        found = "FIX_OUT_INDEX, row %s: " % spoil[2]
        code, text = verify("verify", "--store", g.store)
        assert code == 1 and found in text, text
        g.start()
        code, text = verify("-s", g.socket, "verify")
        assert code == 1 and found in text, text


main()
