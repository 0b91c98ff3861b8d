#!/usr/bin/env python3
"""fixgatectl append: JSON lines become rows; with --as each line exactly once,
also when the gateway is killed in between. FG_SEED says at which rows,
FG_KILLS (default 4) how often."""

import json
import os
import random
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")

SEED = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
KILLS = int(os.environ.get("FG_KILLS", "4"))
STEP = 2500      # lines from one kill to the next, about
LINES = (KILLS + 4) * STEP
TABLE = "\n[TABLE FILLS]\nColumns=ID string, QTY int, PRICE decimal, " \
    "AT timestamp, OK bool\nKey=ID\n\n[TABLE ORDERS]\nColumns=N int\n"


def argv(g, *args):
    return [fg.program("fixgatectl"), "-s", g.socket, "append"] + list(args)


def append(g, text, *args):
    """Its exit status, and what it printed to both."""
    r = subprocess.run(argv(g, *args), input=text.encode(), timeout=fg.LIMIT,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def counts(out):
    """(appended, before, refused) of its --json."""
    said = json.loads(out)
    return said["APPENDED"], said["BEFORE"], said["REFUSED"]


def rows(g, table, after=0):
    return g.ctl_json("tail", table, "--json", "--after", after)


def plain(g):
    code, out, err = append(
        g, '{"ID": "A", "QTY": 7, "PRICE": 1.50, "OK": true, '
        '"AT": "20260105-09:00:00.25"}\n'
        '\n'
        '{"ID": "a \\u00e9 \\" , 1.50", "PRICE": 12345678901234567890.10}\n'
        '{"ID": "B", "PRICE": -0.000, "QTY": null}', "FILLS")
    assert (code, err) == (0, ""), (code, err)
    assert out.startswith("appended 3 (rows 1-3), there before 0, refused 0"),\
        out
    got = rows(g, "FILLS")
    assert [r["PRICE"] for r in got] == \
        ["1.50", "12345678901234567890.10", "-0.000"], got
    assert got[0]["QTY"] == 7 and got[0]["OK"] is True, got
    assert got[1]["ID"] == 'a \u00e9 " , 1.50', got
    assert got[2]["QTY"] is None, got
    code, out, err = append(g, "", "FILLS", "--json")
    assert (code, counts(out)) == (0, (0, 0, 0)), out
    print("ok plain")


def wrong(g):
    """Each wrong line is named, and costs no other."""
    before = len(rows(g, "FILLS"))
    lines = ['{"ID": "C1"}',
             '{"ID": "C2"',                       # 2
             '["C3"]',                            # 3
             '{"ID": "C4", "QTY": [1]}',          # 4
             '{"ID": "C5", "QTY": 1.5}',          # 5: the gateway says so
             '{"ID": "C6", "NONE": 1}',           # 6
             '{"ID": "C7", "ID": "C7"}',          # 7
             '{"ID": "' + "x" * (3 << 20) + '"}', # 8: no frame is so long
             '{"ID": "' + "y" * (5 << 19) + '"}', # 9
             '{"ID": "C10", "PRICE": 1e3}',       # 10
             '{"ID": "C11"}']
    code, out, err = append(g, "\n".join(lines), "FILLS", "--json")
    assert (code, counts(out)) == (3, (2, 0, 9)), (code, out, err[:2000])
    for n, why in ((2, "not JSON"), (3, "a row is an object"),
                   (4, "QTY: a value is text"), (5, "FILLS.QTY is of type "
                   "int"), (6, "no column NONE"), (7, "not JSON"),
                   (8, "too long"), (9, "too long"), (10, "no exponent")):
        assert any(x.startswith("fixgatectl: line %d: " % n) and why in x
                   for x in err.splitlines()), (n, why, err[:2000])
    assert [r["ID"] for r in rows(g, "FILLS", before)] == ["C1", "C11"]
    for args, code, why in ((["NONE"], 3, "NO_TABLE"),
                            (["FILLS", "--as", ""], 1, "NAME of 1 to 120"),
                            ([], 1, "one TABLE is needed")):
        got = append(g, '{"ID": "X"}\n', *args)
        assert got[0] == code and why in got[2], got
    got = subprocess.run([fg.program("fixgatectl"), "-s", g.socket + ".none",
                          "append", "FILLS"], stdin=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, timeout=fg.LIMIT)
    assert got.returncode == 2, got
    print("ok wrong")


def again(g):
    """The same input again appends nothing, a longer one its new lines."""
    before = len(rows(g, "FILLS"))
    lines = ['{"ID": "D%d"}' % i for i in range(1, 6)]
    lines[1], lines[2] = "{", '{"QTY": "x"}'
    code, out, err = append(g, "\n".join(lines), "FILLS", "--as", "FEED",
                            "--json")
    assert (code, counts(out)) == (3, (3, 0, 2)), (code, out, err)
    assert "line 3: " in err and "QUARANTINE as row 1" in err, err
    code, out, err = append(g, "\n".join(lines), "FILLS", "--as", "FEED",
                            "--json")
    assert (code, counts(out)) == (0, (0, 5, 0)), (code, out, err)
    code, out, err = append(g, "\n".join(lines + ['{"ID": "D6"}']), "FILLS",
                            "--as", "FEED", "--json")
    assert (code, counts(out)) == (0, (1, 5, 0)), (code, out, err)
    assert [r["ID"] for r in rows(g, "FILLS", before)] == \
        ["D1", "D4", "D5", "D6"]
    code, out, err = append(g, "\n".join(lines), "FILLS", "--as", "FEED")
    assert code == 1 and "line 6 was appended as FEED" in err, (code, err)
    # Another name, and another table under the same name, begin anew.
    code, out, err = append(g, lines[0], "FILLS", "--as", "OTHER", "--json")
    assert (code, counts(out)) == (0, (1, 0, 0)), (code, out, err)
    print("ok again")


def in_use(g):
    """Two at a time under one name: the second is refused; when the first one
    has gone, whatever way, the next goes on."""
    first = subprocess.Popen(argv(g, "FILLS", "--as", "TWO"),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    before = len(rows(g, "FILLS"))
    first.stdin.write(b'{"ID": "E1"}\n')
    first.stdin.flush()
    fg.wait_until(lambda: len(rows(g, "FILLS")) == before + 1, what="row")
    two = '{"ID": "E1"}\n{"ID": "E2"}\n'
    code, out, err = append(g, two, "FILLS", "--as", "TWO")
    assert code == 3 and "LANE_IN_USE" in err, (code, err)
    first.kill()
    first.communicate()
    code, out, err = append(g, two, "FILLS", "--as", "TWO", "--json")
    assert (code, counts(out)) == (0, (1, 1, 0)), (code, out, err)
    print("ok in use")


def stopped(g, work):
    """A passing reason stops it at a line, from which the next run goes on; so
    do too many wrong lines."""
    stat = os.statvfs(work.path())
    free = stat.f_bavail * stat.f_frsize >> 20
    if free * 4 >= 1 << 20:
        print("SKIP stopped: the disk is too large")
        return
    before = len(rows(g, "FILLS"))
    lines = ['{"ID": "S%d"}\n' % i for i in range(1, 1001)]
    p = subprocess.Popen(argv(g, "FILLS", "--as", "STOP", "--json"),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    p.stdin.write("".join(lines[:300]).encode())
    p.stdin.flush()
    fg.wait_until(lambda: len(rows(g, "FILLS")) == before + 300, what="rows")
    g.keys["MinDiskFree"] = free * 4
    g.configure(fg.settings(g.keys) + TABLE)
    g.ctl("reload")
    fg.wait_until(lambda: "MinDiskFree" in g.ctl("status", check=False),
                  what="the disk is low")
    out, err = p.communicate("".join(lines[300:]).encode(), timeout=fg.LIMIT)
    err = err.decode()
    assert p.returncode == 3 and "DISK_FULL" in err, (p.returncode, err)
    assert len(err.splitlines()) == 2, err
    assert "stopped at line 301: run the same command again" in err, err
    assert counts(out) == (300, 0, 1), (out, err)
    code, out, err = append(g, '{"ID": "T"}\n{"ID": "U"}\n', "FILLS")
    assert code == 3 and "stopped at line 1: append from there" in err, err
    assert "1 of the lines behind it, up to line 2, were refused" in err, err
    assert out.split(", ")[2] == "refused 2", out
    code, out, err = append(g, '{"ID": "T"}\n', "FILLS", "--as", "NEW")
    assert code == 3 and "DISK_FULL" in err, err
    g.keys["MinDiskFree"] = 0
    g.configure(fg.settings(g.keys) + TABLE)
    g.ctl("reload")
    fg.wait_until(lambda: "MinDiskFree" not in g.ctl("status", check=False),
                  what="there is room")
    code, out, err = append(g, "".join(lines), "FILLS", "--as", "STOP",
                            "--json")
    assert (code, counts(out)) == (0, (700, 300, 0)), (code, out, err)
    assert [r["ID"] for r in rows(g, "FILLS", before)] == \
        ["S%d" % i for i in range(1, 1001)]
    code, out, err = append(g, '{"QTY": "x"}\n' * 150, "FILLS", "--as", "BAD",
                            "--json")
    assert (code, counts(out)) == (3, (0, 0, 101)), (code, out, err[-500:])
    assert "stopped at line 101: " in err and "QUARANTINE_FULL" in err and \
        len(err.splitlines()) == 102, err
    print("ok stopped")


def pour(to, text):
    """And hold it open: the reader cannot be done."""
    try:
        to.write(text)
        to.flush()
    except (BrokenPipeError, ValueError):
        pass


def visible(g):
    with Link(g.socket) as link:
        return link.ask("TABLES", TABLE="ORDERS")[1]["TABLES"][0]["VISIBLE"]


def killed(g, rnd):
    text = "".join('{"N": %d}\n' % n for n in range(1, LINES + 1))
    unsure = 0
    for _ in range(KILLS):
        target = min(visible(g) + rnd.randrange(1, 2 * STEP), LINES)
        p = subprocess.Popen(argv(g, "ORDERS", "--as", "FEED"),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        t = threading.Thread(target=pour, args=(p.stdin, text.encode()))
        t.start()
        fg.wait_until(lambda: visible(g) >= target, what="rows",
                      step=0.001)
        g.kill()
        code = p.wait(fg.LIMIT)
        t.join()
        err = p.stderr.read().decode()
        for f in (p.stdout, p.stderr):
            f.close()
        try:
            p.stdin.close()
        except BrokenPipeError:
            pass
        assert code == 2, (code, err)
        unsure += "run the same command again, none is appended twice" in err
        g.start()
    code, out, err = append(g, text, "ORDERS", "--as", "FEED", "--json")
    assert code == 0, (code, err)
    appended, before, refused = counts(out)
    assert appended + before == LINES and refused == 0, out
    got = [r["N"] for r in rows(g, "ORDERS")]
    assert got == list(range(1, LINES + 1)), (len(got), got[:5])
    code, out, err = append(g, text, "ORDERS", "--as", "FEED", "--json")
    assert (code, counts(out)) == (0, (0, LINES, 0)), (code, out, err)
    print("ok killed: %d lines over %d kills, %d of them with lines in "
          "flight: none lost, none twice" % (LINES, KILLS, unsure))


def main():
    print("FG_SEED=%d" % SEED)
    with fg.Work() as work:
        g = work.gateway("gw")
        g.configure(fg.settings(g.keys) + TABLE)
        g.start()
        plain(g)
        wrong(g)
        again(g)
        in_use(g)
        stopped(g, work)
        killed(g, random.Random(SEED))
        assert g.stop() == 0


main()
