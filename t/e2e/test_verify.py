#!/usr/bin/env python3
"""verify of a gateway at work: all is well; a chain file with a changed byte is
found, and the row named; after the stop the same with --store; the resend index
in both ways; heads that were kept elsewhere, with a key."""

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


def keys(work, name):
    """A private key and its public one."""
    private, public = work.path(name + ".pem"), work.path(name + ".pub")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                    private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out",
                    public], check=True)
    return private, public


def kept_heads():
    """Heads that were kept elsewhere, and a key, for a gateway at work."""
    with fg.Work() as work:
        work.peers = []
        private, public = keys(work, "key")
        kept = work.path("kept")
        g, p = cases.logged_on(work, gateway={
            "ChainHeadSeconds": 1, "ChainKey": private,
            "ChainHeadFile": kept})
        for n in range(20):
            p.send("D", cases.order(n=n))
        p.sync()
        fg.wait_until(lambda: os.path.exists(kept) and
                      " FIX_IN " in open(kept).read(), what="a head")
        ask = ("-s", g.socket, "verify", "--heads", kept)
        code, text = verify(*ask, "--key", public)
        assert code == 0 and "complete up to the head signed at" in text, text
        # The key of somebody else.
        code, text = verify(*ask, "--key", keys(work, "other")[1])
        assert code == 1 and "a head's signature is wrong" in text, text
        # A head that says more than there is, as after the rows were cut off.
        line = [h.split(" ") for h in open(kept) if " FIX_IN " in h][-1]
        row = line[6]
        line[6] = "1000"
        with open(kept, "a") as f:
            f.write(" ".join(line))
        code, text = verify(*ask)
        assert code == 1 and ": missing: the head of" in text and \
            "says row 1000" in text, (row, text)
        # And one of other rows.
        line[6], line[8], line[9] = row, "0" * 64, "-\n"
        with open(kept, "w") as f:
            f.write(" ".join(line))
        code, text = verify(*ask)
        assert code == 1 and "FIX_IN, row %s: not what it was" % row in text, \
            text
        code, text = verify(*ask, "--key", private)
        assert code == 1 and "has no public key" in text, text
        assert g.stop() == 0


def main():
    kept_heads()
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
