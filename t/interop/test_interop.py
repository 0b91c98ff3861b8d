#!/usr/bin/env python3
"""QuickFIX against fixgated in every version, on both ends of the connection:
orders and reports each way, the connection dropped in the middle, resends both
ways; then both sides must have kept the same. The short form has 1,000 each
way and 10,000 in FIX.4.2 and 4.4; --count gives all versions the same.

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

SEED = 7
HEART_BT_INT = 5  # seconds; the last numbers may be lost with a connection,
                  # and then a heartbeat brings the sides in step
LIMIT = 60  # seconds, for one exchange of everything
HEADER = (8, 9, 10, 34, 35, 43, 49, 52, 56, 97, 122)
PACE = 10  # of the peer's messages, a millisecond
CHUNKS = 10  # files for fixgatectl
COUNT = 1000
COUNTS = {"FIX.4.2": 10000, "FIX.4.4": 10000}
DROP_IN = (1, 4, 7)  # while these are sent, the peer drops the connection


def in_step(gw, name, peer, count):
    """All of ours delivered, and all of the peer's stored?"""
    c = peer.count()
    if not c["on"] or min(c["delivered"], c["sent"]) < count:
        return False
    last = gw.last_row("FIX_IN", name)
    return last is not None and last["MSG_SEQ_NUM"] >= c["next_out"] - 1


def exchange(w, role, version, count):
    """One pair; role is ours."""
    tag = "%s-%s" % (role[:4], version.replace(".", ""))
    begin = qf.begin_string(version)
    keys = dict(qf.fixt_keys(version), HeartBtInt=HEART_BT_INT)
    name = begin + ":GATE->QF"
    port = fg.free_port()
    make = fg.acceptor if role == "acceptor" else fg.initiator
    gw = w.gateway(tag, sessions=[make("GATE", "QF", port, begin,
                                       **keys)])
    peer = qf.QuickFix(w, tag + "-qf", "initiator" if role == "acceptor" else
                       "acceptor", "QF", "GATE", port, begin, seed=SEED,
                       **keys)
    for p in (gw, peer) if role == "acceptor" else (peer, gw):
        p.start()
    peer.wait_line("logon")

    # Numbered by the peer while it is not logged on: these can only come by
    # resend. What we have on the wire when it drops must be resent by us.
    texts = qf.lines(version, tag, 0, count)
    peer.cmd("offline 1")
    peer.cmd("pace %d" % PACE)
    peer.cmd("send 0 %d" % count)
    drops = 0
    for chunk in range(CHUNKS):
        if chunk in DROP_IN:
            fg.wait_until(lambda: peer.count()["drops"] == drops, LIMIT,
                          "the drop before")
            drops += 1
            peer.cmd("dropat %d" % (count // CHUNKS // 3))
        gw.send_file(name, texts[chunk * count // CHUNKS:
                                 (chunk + 1) * count // CHUNKS])
    fg.wait_until(lambda: in_step(gw, name, peer, count), LIMIT,
                  "both sides in step", step=0.2)
    peer.cmd("logout")
    peer.wait_line("logout")
    peer.quit()

    journal = peer.journal()
    rows_in = gw.rows("FIX_IN", session=name)
    events = gw.rows("SESSION_EVENT", session=name)
    rows_out = gw.rows("FIX_OUT", session=name)
    gw.stop()
    assert qf.check_received(rows_in, events, journal) == count
    assert qf.check_sent(rows_out, journal) == count
    check_lines(rows_out, texts)
    dups_in = sum(bool(r["POSS_DUP"]) for r in rows_in if not r["ADMIN"])
    dups_out = sum(dup for _, dup, _ in journal.delivered)
    logons = sum(m.type == "A" for m in journal.came)
    assert dups_in > 0 and dups_out > 0, \
        "nothing was resent: %d in, %d out" % (dups_in, dups_out)
    print("%s %s: %d each way, %d logons, resent %d in, %d out" % (
        role, version, count, logons, dups_in, dups_out))


def check_lines(rows, lines):
    """The messages in FIX_OUT are those that were asked for, in order."""
    app = [r for r in rows if not r["ADMIN"]]
    for r, line in zip(app, lines, strict=True):
        m = fg.Msg(r["FIX_DATA"])
        if line.endswith("|"):
            want = line.rstrip("|").split("|")[1:]
            got = ["%d=%s" % f for f in m.fields if f[0] not in HEADER]
        else:
            want = [p.split("=")[1] for p in line.split()[1:]]
            got = [v for t, v in m.fields if t not in HEADER]
        assert sorted(got) == sorted(want), "%s in FIX_OUT for %s" % (m, line)


def one(*args):
    with fg.Work() as w:
        exchange(w, *args)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--count", type=int)
    p.add_argument("--build", default=fg.BUILD)
    args = p.parse_args()
    fg.BUILD = os.path.abspath(args.build)
    fg.need("fixgated", "fixgatectl")
    qf.build("qfpeer")
    start = time.monotonic()
    # Two at a time: much of it is waiting for a reconnect.
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one, role, version, args.count or
                                 COUNTS.get(version, COUNT))
                     for role in ("acceptor", "initiator")
                     for version in qf.VERSIONS]:
            done.result()
    print("%.1f s" % (time.monotonic() - start))


if __name__ == "__main__":
    main()
