#!/usr/bin/env python3
"""What an operator does about tables, cursors and QUARANTINE, with
fixgatectl."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")

TABLE = "\n[TABLE FILLS]\nColumns=ID string, QTY int, PRICE decimal, " \
    "AT timestamp, OK bool\nKey=ID\n"
EVENT = {"CONSUMER": "ROUTER", "KEY": "FILLS", "SEND": "book",
         "SOURCE": "x/FIX_IN/1", "PART": 0, "PROCESS": "exec:book",
         "EVENT": "FILL", "CODE": "NACK", "DETAILS": '{"n":1}'}


def refused(g, want, status, *args):
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket] +
                       [str(a) for a in args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                       timeout=fg.LIMIT)
    assert r.returncode == status, (args, r)
    assert want in r.stderr.decode(), (args, r.stderr)


def tables(g, link):
    for columns in ({"ID": "A 1", "QTY": 7, "PRICE": "1.50", "OK": True,
                     "AT": "20260105-09:00:00.25"}, {"ID": "B"},
                    {"ID": 'q"\\\x1b'}):
        kind, said = link.ask("EVENT_TABLE_INSERT", TABLE="FILLS",
                              COLUMNS=columns)
        assert kind == "EVENT_ACK", said
    lines = g.ctl("tail", "FILLS").splitlines()
    rest = [line.split(" ", 2) for line in lines]
    assert [r[0] for r in rest] == ["1", "2", "3"], lines
    assert rest[0][2] == 'ID="A 1" QTY=7 PRICE=1.50 ' \
        'AT=20260105-09:00:00.250000000 OK=yes', lines
    assert rest[1][2] == "ID=B", lines
    assert rest[2][2] == 'ID="q\\"\\\\\\x1b"', lines
    row = g.ctl_json("tail", "FILLS", "--json", "--after", 0)[0]
    del row["TIMESTAMP"]
    assert row == {"SEQUENCE": 1, "ID": "A 1", "QTY": 7, "PRICE": "1.50",
                   "AT": "20260105-09:00:00.250000000", "OK": True}, row
    lines = g.ctl("table", "list").splitlines()
    assert lines[0].split() == ["TABLE", "OLDEST", "NEWEST", "KEY",
                                "COLUMNS"], lines
    line = next(x for x in lines if x.startswith("FILLS"))
    assert line.split(None, 4) == [
        "FILLS", "1", "3", "ID", "SEQUENCE int, TIMESTAMP time, ID text, "
        "QTY int, PRICE decimal, AT time, OK bool"], line
    one = g.ctl_json("table", "list", "FILLS", "--json")
    assert len(one) == 1 and one[0]["SOURCE"].endswith("/FILLS/1"), one
    refused(g, "NO_TABLE", 3, "table", "list", "NONE")
    print("ok tables")


def cursors(g, link):
    who = {"CONSUMER": "BOOK", "KEY": "FILLS"}
    kind, got = link.ask("CURSOR_GET", TABLE="FILLS", **who)
    kind, said = link.ask("CURSOR_PUT", SOURCE=got["SOURCE"], SEQUENCE=2,
                          TOKEN=got["TOKEN"], ACKED={"1": 2}, **who)
    assert kind == "ACK", said
    title, line = g.ctl("cursor", "show").splitlines()
    assert line.split()[:3] == ["BOOK", "FILLS", "2"], line
    assert line.split()[4:] == ["1=2", got["SOURCE"]], line
    show = g.ctl_json("cursor", "show", "--json")
    assert show[0]["SEQUENCE"] == 2 and show[0]["TIME"][8] == "-", show
    args = ["cursor", "set", "BOOK", "FILLS", "FILLS", 1]
    refused(g, "--reason TEXT is needed", 1, *args)
    refused(g, "add --yes", 1, *args, "--reason", "again")
    refused(g, "AHEAD", 3, *args[:-1], 4, "--reason", "x", "--yes")
    refused(g, "NO_TABLE", 3, *args[:4], "NONE", 1, "--reason", "x",
            "--yes")
    refused(g, "must be a number", 1, *args[:-1], "x", "--reason", "x",
            "--yes")
    g.ctl(*args, "--reason", "again", "--yes")
    assert g.ctl_json("cursor", "show", "--json")[0]["SEQUENCE"] == 1
    assert "again" in g.log(), g.log()
    refused(g, "add --yes", 1, "cursor", "clear", "BOOK", "FILLS", "FILLS",
            "--reason", "over")
    refused(g, "client BOOK, key FILL has no cursor in FILLS; `fixgatectl "
            "cursor show` lists them (NO_CURSOR)", 3, "cursor", "clear",
            "BOOK", "FILL", "FILLS", "--reason", "over", "--yes")
    g.ctl("cursor", "clear", "BOOK", "FILLS", "FILLS", "--reason", "over",
          "--yes")
    assert g.ctl_json("cursor", "show", "--json") == []
    print("ok cursors")


def quarantine(g, link):
    parked = []
    for row in (1, 2, 3):
        kind, said = link.ask("EVENT_PARK", SEQUENCE=row,
                              REASON="no book\n%d" % row, **EVENT)
        assert kind == "EVENT_ACK", said
        parked.append(said["PARKED"])
    lines = g.ctl("quarantine", "list").splitlines()
    assert len(lines) == 4 and "no book\\x0a1" in lines[1], lines
    show = g.ctl("quarantine", "show", parked[0])
    assert [x.split(None, 1) for x in show.splitlines()][0] == \
        ["SEQUENCE", str(parked[0])], show
    assert 'DETAILS       {"n":1}' in show, show
    refused(g, "is no event in QUARANTINE", 3, "quarantine", "show", 99)
    drop = ["quarantine", "drop", parked[0]]
    refused(g, "--reason TEXT is needed", 1, *drop)
    refused(g, "add --yes", 1, *drop, "--reason", "x")
    g.ctl(*drop, "--reason", "typing error", "--yes")
    refused(g, "STATE", 3, *drop, "--reason", "x", "--yes")
    g.ctl("quarantine", "retry", parked[1], "--reason", "mended", "--yes")
    states = [r["STATE"] for r in
              g.ctl_json("quarantine", "list", "--all", "--json")]
    assert states == ["dropped", "retry", "parked"], states
    left = g.ctl_json("quarantine", "list", "--json")
    assert [r["SEQUENCE"] for r in left] == parked[1:], left
    line = g.ctl("tail", "QUARANTINE", "--lines", 1).splitlines()[0]
    assert "STATE=retry" in line and "REF=%d" % parked[1] in line, line
    print("ok quarantine")


def main():
    with fg.Work() as work:
        g = work.gateway("gw")
        g.configure(fg.settings(g.keys) + TABLE)
        g.start()
        with Link(g.socket) as link:
            tables(g, link)
            cursors(g, link)
            quarantine(g, link)
        assert g.stop() == 0


main()
