#!/usr/bin/env python3
"""Damaged pages in the hot files of a store that was killed under load: fixgated
does not start, says which file and page and with which command all of it comes
back; that command, as it stands in the line, brings it back, and the session goes
on with the number that comes next.

FG_ROUNDS (default 6) says how often; FG_SEED which pages, and how."""

import os
import random
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from cases import order

fg.need("fixgated", "fixgatectl")

ROUNDS = int(os.environ.get("FG_ROUNDS", "6"))
SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
PAGE = 4096
BATCH = 150


def hot_files(store):
    """What is no segment, and the last segment of each table."""
    last = {}
    for name in sorted(os.listdir(store)):
        if re.match(r"[A-Z_]+\.\d{20}$", name):
            last[name.split(".")[0]] = name
    return sorted(last.values()) + ["META", "SESSION"]


def harm(page, other, rnd):
    """A page as a bad disk, or a loss of power, would leave it."""
    how = rnd.choice(("bit", "half old", "half zeros", "other", "sector"))
    if how == "bit":
        at = rnd.randrange(PAGE)
        bad = bytes([page[at] ^ 1 << rnd.randrange(8)])
        return how, page[:at] + bad + page[at + 1:]
    if how == "half old":
        return how, page[:PAGE // 2] + other[PAGE // 2:]
    if how == "half zeros":
        return how, page[:PAGE // 2] + bytes(PAGE // 2)
    if how == "other":
        return how, other
    at = 512 * rnd.randrange(8)
    return how, page[:at] + rnd.randbytes(512) + page[at + 512:]


def damage(store, rnd):
    """The name of the file, and the number of the page."""
    name = rnd.choice(hot_files(store))
    with open(os.path.join(store, name), "r+b") as f:
        data = f.read()
        pages = [data[i:i + PAGE] for i in range(0, len(data), PAGE)]
        while True:
            n = rnd.randrange(len(pages))
            how, bad = harm(pages[n], rnd.choice(pages), rnd)
            # Zeros may be a page that the log fills again.
            if bad != pages[n] and any(bad) and any(pages[n]):
                break
        f.seek(n * PAGE)
        f.write(bad)
    print("%s, page %d of %d: %s" % (name, n, len(pages), how))
    return name, n


def refused(g):
    """It does not start; the line of its log that says why."""
    super(fg.Gateway, g).start()
    assert g.wait() not in (0, 99)
    lines = [s for s in g.log().splitlines() if "is damaged" in s]
    assert len(lines) == 1, g.log()
    return lines[0]


def recover(line):
    """What the line says is to be done."""
    command = re.search(r"get it back with: fixgatectl (recover [^\"]*)",
                        line).group(1)
    r = subprocess.run([fg.program("fixgatectl")] + shlex.split(command),
                       capture_output=True, text=True, timeout=fg.LIMIT)
    assert r.returncode == 0, r.stderr
    assert "1 damaged file was put aside" in r.stdout, r.stdout


def trade(p, sent):
    for _ in range(BATCH):
        p.send("D", order(n=p.next_out))
        sent.append(p.next_out - 1)
    p.sync()


def sealed(g, p, port, rnd):
    """Of a segment that was sealed long ago it is found by who reads it, and
    is nobody else's trouble."""
    for _ in range(900):
        p.send("D", order("58=%s|" % ("x" * 2000), n=p.next_out))
    p.sync()
    assert g.stop() == 0
    p.close()
    # The one that is looked at when the store is opened.
    name = sorted(f for f in os.listdir(g.store)
                  if f.startswith("FIX_IN."))[-2]
    path = os.path.join(g.store, name)
    n = rnd.randrange(3, os.path.getsize(path) // PAGE - 3)
    with open(path, "r+b") as f:
        f.seek(n * PAGE + 200)
        f.write(rnd.randbytes(100))
    os.utime(path, (1, 1))
    # Berkeley DB does not give back the cache of a file with a damaged page.
    with open(g.store + ".lsan", "w") as f:
        f.write("leak:libdb-5.3.so\n")
    os.environ["LSAN_OPTIONS"] = "print_suppressions=0:suppressions=" + f.name
    g.start()
    p.connect(port)
    p.logon()
    try:
        g.rows("FIX_IN", session="S")
        raise AssertionError("rows of a damaged page were read")
    except fg.CtlError as e:
        assert "cannot be read" in str(e), e
    assert re.search("file %s: .*checksum error: page %d" % (name, n),
                     g.log()), g.log()
    p.sync()
    assert g.running() and g.last_row("FIX_OUT", "S")
    assert g.stop() == 0
    print("ok a damaged page of a sealed segment: only its rows are not read")


def main():
    print("seed %d" % SEED)
    rnd = random.Random(SEED)
    with fg.Work() as work:
        port = fg.free_port()
        g = work.gateway("gw", gateway={"SegmentMB": 1}, sessions=[
            fg.acceptor("EXCH", "BANK", port, SessionName="S")]).start()
        with fg.Peer("BANK", "EXCH") as p:
            p.connect(port)
            p.logon()
            sent = []
            trade(p, sent)
            g.ctl("backup", work.path("backup"))
            for _ in range(ROUNDS):
                trade(p, sent)
                uuid = g.ctl_json("status", "--json", check=False)[0][
                    "STORE_UUID"]
                g.kill()
                p.close()
                name, n = damage(g.store, rnd)
                line = refused(g)
                assert "file %s: page %d is damaged" % (name, n) in line, line
                recover(line)
                g.start()
                assert g.ctl_json("status", "--json", check=False)[0][
                    "STORE_UUID"] == uuid
                p.connect(port)
                p.logon()
                p.sync()
                rows = g.rows("FIX_IN", session="S", admin=False)
                assert [r["MSG_SEQ_NUM"] for r in rows] == sent, rows[-1]
            sealed(g, p, port, rnd)
    print("ok %d of %d pages were found and put back" % (ROUNDS, ROUNDS))


main()
