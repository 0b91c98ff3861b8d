#!/usr/bin/env python3
"""Very many sessions of one gateway at once: all log on at the same time, then
exchange orders and heartbeats; no number, heartbeat, order or report is missing
or there twice (t/long/many.c watches that).

FG_SESSIONS (default 100), FG_SECONDS (5), FG_RATE (orders a second in all, as
many as sessions), FG_HEARTBEAT (2 seconds), FG_DURABILITY (written), FG_SEED.
FG_TEMPLATE=Y: none of them is in the settings, their Logons make them."""

import os
import random
import resource
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")

SESSIONS = int(os.environ.get("FG_SESSIONS", "100"))
SECONDS = float(os.environ.get("FG_SECONDS", "5"))
RATE = float(os.environ.get("FG_RATE", str(SESSIONS)))
HEARTBEAT = int(os.environ.get("FG_HEARTBEAT", "2"))
DURABILITY = os.environ.get("FG_DURABILITY", "written")
SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
TEMPLATE = os.environ.get("FG_TEMPLATE", "N")
# A heartbeat that comes later than that is a missed one; with a sanitizer, and
# other tests beside it, all takes longer.
OVERDUE_MS = 1000 if os.environ.get("FG_SANITIZER", "no") in ("", "no") else 5000
MANY = os.path.join(fg.BUILD, "t", "long", "many")


def sessions(port):
    if TEMPLATE == "Y":
        return [fg.acceptor("GATE", "*", port, AcceptorTemplate="Y",
                            MaxTemplateSessions=SESSIONS)]
    return [fg.acceptor("GATE", "P%d" % i, port) for i in range(SESSIONS)]


def more_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = SESSIONS + 100
    if hard != resource.RLIM_INFINITY and hard < want:
        fg.skip("%d open files are not enough" % hard)
    if soft < want:
        resource.setrlimit(resource.RLIMIT_NOFILE, (want, hard))


def run(g, port):
    """What many printed, by name."""
    print("seed %d" % SEED)
    args = [MANY, "-p", port, "-l", g.socket, "-P", g.pid(), "-n", SESSIONS,
            "-s", SECONDS, "-b", HEARTBEAT, "-r", RATE, "-S", SEED]
    r = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=SECONDS + 600)
    assert r.returncode == 0, r.stderr.decode()
    return {k: float(v) for k, v in
            (line.split() for line in r.stdout.decode().splitlines())}


def check(g, got):
    """What the gateway counted is what they counted."""
    all_of = g.ctl_json("--json", "session", "show")
    assert len(all_of) == SESSIONS
    assert sum(s["NEXT_IN"] - 1 for s in all_of) == got["sent"]
    assert sum(s["NEXT_OUT"] - 1 for s in all_of) == got["received"]
    assert all(s["EPOCH"] == 1 and s["GAP_FROM"] == 0 and
               s["REJECTED"] == 0 and s["PENDING"] == 0 for s in all_of)
    with Link(g.socket) as link:
        rows = {t["TABLE"]: t["VISIBLE"] for t in
                link.ask("TABLES")[1]["TABLES"]}
    want = {"FIX_IN": got["sent"], "FIX_OUT": got["received"],
            "FIX_IN_OTHER": 0, "OUT_PENDING": 0, "QUARANTINE": 0}
    assert {t: rows[t] for t in want} == want, (rows, want)
    assert got["orders"] == got["reports"] > SESSIONS
    assert got["heartbeats"] > SESSIONS / 8
    assert got["heartbeat_overdue_ms"] < OVERDUE_MS, got


def main():
    more_files()
    with fg.Work() as w:
        port = fg.free_port()
        g = w.gateway("gw", gateway={"Durability": DURABILITY,
                                     "MaxUnauthenticated": SESSIONS + 10},
                      sessions=sessions(port)).start()
        got = run(g, port)
        check(g, got)
        assert g.stop() == 0, g.log()
        # Of so many lines that are alike some are only counted.
        bad = [line for line in g.log().splitlines() if
               ("error:" in line or "warn:" in line) and
               "more lines like this one were not logged" not in line]
        assert not bad, bad
    print("%d sessions, HeartBtInt %d s, Durability %s: all logged on within "
          "%.2f s (the slowest %.2f s)" % (
              SESSIONS, HEARTBEAT, DURABILITY, got["storm_s"],
              got["logon_max_s"]))
    print("in %.0f s: %.0f orders, as many reports, %.0f heartbeats received; "
          "no number, heartbeat, order or report missing or twice" % (
              got["run_s"], got["orders"], got["heartbeats"]))
    print("latest heartbeat %.0f ms overdue; order to report p50 %.2f, "
          "p99 %.2f, max %.1f ms" % (
              max(0, got["heartbeat_overdue_ms"]), got["lag_p50_ms"],
              got["lag_p99_ms"], got["lag_max_ms"]))
    print("resident %.1f MiB before, %.1f with all logged on (%.1f KiB per "
          "session), %.1f after the run, the store's cache with it; CPU %.2f s "
          "for the logons, %.2f s for the run (%.1f %% of a core)" % (
              got["idle_kib"] / 1024, got["logged_on_kib"] / 1024,
              got["logged_on_kib"] / SESSIONS, got["resident_kib"] / 1024,
              got["storm_cpu_s"], got["run_cpu_s"],
              100 * got["run_cpu_s"] / got["run_s"]))


main()
