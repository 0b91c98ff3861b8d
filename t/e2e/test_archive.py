#!/usr/bin/env python3
"""Old rows go to the archive, and are read as before: fixgatectl archive, with
what somebody still needs, and RetainDays, ArchiveDays, ArchivePath."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")

ROWS = 20000  # of find_load, of January 2026
SEGMENT = "FIX_IN.%020d" % 1


def mix(x):
    """As in t/long/find_load.c."""
    m = (1 << 64) - 1
    x = (x + 0x9e3779b97f4a7c15) & m
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & m
    x = (x ^ x >> 27) * 0x94d049bb133111eb & m
    return x ^ x >> 31


def fill(g):
    subprocess.run([os.path.join(fg.BUILD, "t", "long", "find_load"), g.store,
                    str(ROWS)], check=True)


def gateway(work, name, **keys):
    g = work.gateway(name, gateway=keys, sessions=[
        fg.acceptor("SERVER", "CLIENT", fg.free_port())])
    fill(g)
    return g.start()


def archives(folder):
    return sorted(f for f in os.listdir(folder) if f.endswith(".arc")) \
        if os.path.isdir(folder) else []


def oldest(g, table):
    return [t for t in g.ctl_json("table", "list", "--json")
            if t["TABLE"] == table][0]["OLDEST"]


def refused(g, *args):
    try:
        g.ctl(*args)
    except fg.CtlError as e:
        return str(e)
    raise AssertionError("not refused: %s" % (args,))


def status(g):
    return g.ctl_json("--json", "status", check=False)[0]["ARCHIVE"]


def all_there(g):
    assert oldest(g, "FIX_IN") == oldest(g, "FIX_OUT") == 1
    for i in (0, 1234, ROWS // 2 - 1):
        out = g.ctl("find", "ClOrdID=%016x" % mix(i))
        assert len(out.splitlines()) == 2, (i, out)
    assert "%016x" % mix(777) in g.ctl("show", "FIX_IN", "778")
    out = g.ctl("export", "FIX_IN", "--format", "csv")
    assert len(out.splitlines()) == ROWS // 2 + 1, len(out.splitlines())
    assert "%016x" % mix(9) in g.ctl("chain", "%016x" % mix(9))


def command(work):
    g = gateway(work, "command")
    where = os.path.join(g.store, "ARCHIVE")
    for args, why in (([], "--days N or --before"),
                      (["--days", "1", "--before", "20260101-00:00:00"],
                       "not both"), (["--before", "x"], "needs a time"),
                      (["--days", "1", "--force"], "--yes"),
                      (["FIX_IN", "--days", "1"], "nothing to name")):
        assert why in refused(g, "archive", *args), args
    assert "archive  " not in g.ctl("status", check=False)
    out = g.ctl("archive", "--before", "20260105-00:00:00")
    assert "0 archived" in out, out
    out = g.ctl("archive", "--days", "1", "--dry-run")
    assert "FIX_IN: rows 1 to 10000, from 20260105-09:00:00" in out, out
    assert "2 would be archived" in out, out
    assert archives(where) == []
    # A client that has got to row 500 needs the rest.
    with Link(g.socket) as link:
        who = dict(CONSUMER="APP", KEY="k", TABLE="FIX_IN")
        kind, said = link.ask("CURSOR_GET", **who)
        assert kind == "CURSOR_ACK", said
        kind, said = link.ask("CURSOR_PUT", SEQUENCE=500,
                              SOURCE=said["SOURCE"], TOKEN=said["TOKEN"],
                              ACKED={}, **who)
        assert kind == "ACK", (kind, said)
        out = g.ctl("archive", "--days", "1")
        assert "FIX_IN: rows from 1 on stay: client APP" in out, out
        assert "needs row 501" in out and "1 archived" in out, out
        assert archives(where) == ["FIX_OUT.%020d.arc" % 1]
        all_there(g)
        got = status(g)
        assert got["FILES"] == 1 and got["ROWS"] == ROWS // 2, got
        assert got["BYTES"] == os.path.getsize(os.path.join(
            where, "FIX_OUT.%020d.arc" % 1)), got
        assert got["SINCE"].startswith("20260105-09:00:00."), got
        assert got["RESULT"] == "1 segments archived, 0 deleted", got
        assert got["RAN"] and not got["DUE"] and not got["FAILED"], got
        assert got["HELD"].startswith("FIX_IN: rows from 1 on stay: client "
                                      "APP"), got
        assert got["HELD"].endswith("needs row 501"), got
        out = g.ctl("status", check=False)
        assert "1 files of 1 MB, %d rows since 20260105-09:00:00" % (
            ROWS // 2) in out and "client APP" in out, out
    for at, held in ((ROWS // 2, False), (500, True)):
        g.ctl("cursor", "set", "APP", "k", "FIX_IN", at, "--reason", "a test",
              "--yes")
        assert (status(g)["HELD"] != "") == held, status(g)
    out = g.ctl("archive", "--days", "1", "--force", "--yes")
    assert status(g)["HELD"] == "", status(g)
    assert "FIX_IN: rows 1 to 10000" in out, out
    assert SEGMENT + ".arc" in archives(where)
    assert not os.path.exists(os.path.join(g.store, SEGMENT))
    all_there(g)
    g.stop()
    g.start()
    all_there(g)
    out = g.ctl("archive", "--delete-days", "1")
    assert "FIX_IN: rows from 1 on stay" in out and "1 deleted" in out, out
    out = g.ctl("archive", "--delete-days", "1", "--force", "--yes")
    assert "FIX_IN: rows 1 to 10000 are deleted" in out, out
    assert oldest(g, "FIX_IN") > ROWS // 2
    assert not archives(where), archives(where)
    # Its chain goes on from there.
    for more in (False, True):
        g.ctl("verify")
        g.stop()
        g.ctl("verify", "--store", g.store)
        if more:
            fill(g)
        g.start(60)
    out = g.ctl("verify")
    assert int(out.split()[0]) > ROWS, out
    print("ok command")


def moved(work):
    """Archives that are elsewhere, without a gateway."""
    g = gateway(work, "moved")
    g.ctl("archive", "--days", "1")
    g.stop()
    where = work.path("elsewhere")
    os.rename(os.path.join(g.store, "ARCHIVE"), where)
    one = os.path.join(where, SEGMENT + ".arc")
    out = g.ctl("export", "--archive", where)
    assert len(out.splitlines()) == ROWS, len(out.splitlines())
    out = g.ctl("export", "FIX_OUT", "--archive", where, "--type", "8",
                "--until", "20260105-09:00:00.5")
    assert len(out.splitlines()) == 5000, len(out.splitlines())
    assert all("\x0135=8\x01" in line for line in out.splitlines())
    assert g.ctl("export", "--archive", where, "--session", "OTHER") == ""
    out = g.ctl("find", "ClOrdID=%016x" % mix(77), "--archive", where)
    assert len(out.splitlines()) == 2 and "FIX_IN 78 20260105-09:00:00." in \
        out and "FIX.4.4:SERVER->CLIENT" in out, out
    out = g.ctl("find", "11=%016x" % mix(77), "--type", "D", "--archive", one)
    assert len(out.splitlines()) == 1, out
    assert "%016x" % mix(9998) in g.ctl("show", "FIX_IN", "9999", "--archive",
                                        one)
    assert "has no row 10001" in refused(g, "show", "FIX_IN", "10001",
                                         "--archive", one)
    assert "the format is fix" in refused(g, "export", "--archive", one,
                                          "--format", "csv")
    with open(one, "r+b") as f:
        f.truncate(os.path.getsize(one) - 1)
    assert "damaged" in refused(g, "export", "--archive", one)
    assert "not found" in refused(g, "export", "--archive", one + "x")
    g.start()
    assert oldest(g, "FIX_IN") > ROWS // 2
    g.stop()
    print("ok moved")


def RetainDays(work):
    g = gateway(work, "retain", RetainDays=30)
    fg.wait_until(lambda: len(archives(os.path.join(g.store, "ARCHIVE"))) >= 2,
                  what="old rows are archived by themselves")
    all_there(g)
    fg.wait_until(lambda: status(g)["RAN"] and status(g)["DUE"],
                  what="told")
    h = gateway(work, "not", RetainDays=36500)
    fg.wait_until(lambda: "archive" in h.log(), what="it looked")
    assert archives(os.path.join(h.store, "ARCHIVE")) == []
    print("ok RetainDays")


def ArchiveDays(work):
    g = gateway(work, "delete", RetainDays=30, ArchiveDays=60)
    fg.wait_until(lambda: oldest(g, "FIX_IN") > ROWS // 2 and
                  oldest(g, "FIX_OUT") > ROWS // 2,
                  what="old archives are deleted by themselves")
    fg.wait_until(lambda: not archives(os.path.join(g.store, "ARCHIVE")),
                  what="their files are gone")
    print("ok ArchiveDays")


def changed(work):
    """A reload, or SIGHUP, of a gateway at work."""
    g = gateway(work, "changed")
    where = os.path.join(g.store, "ARCHIVE")
    g.configure(RetainDays=30, ArchivePath=work.path("elsewhere"))
    got = g.ctl_json("--json", "reload")[0]
    assert got["SETTINGS_NOW"] == ["RetainDays"], got
    assert got["SETTINGS_AT_RESTART"] == ["ArchivePath"], got
    fg.wait_until(lambda: "archive done" in g.log(),
                  what="they are archived")
    assert len(archives(where)) >= 2, archives(where)
    all_there(g)
    g.configure(ArchiveDays=60)
    g.signal(signal.SIGHUP)
    fg.wait_until(lambda: not any(a.startswith("FIX_")
                                  for a in archives(where)),
                  what="deleted")
    g.configure(ArchiveDays=0, RetainDays=0)
    got = g.ctl_json("--json", "reload")[0]
    assert sorted(got["SETTINGS_NOW"]) == ["ArchiveDays", "RetainDays"], got
    g.stop()
    print("ok changed")


def metrics(port):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port) as r:
        return r.read().decode()


def ArchivePath(work):
    elsewhere = work.path("elsewhere")
    port = fg.free_port()
    g = gateway(work, "path", ArchivePath=elsewhere,
                AdminListen="127.0.0.1:%d" % port)
    assert "archive_files{" not in metrics(port)
    # Another store has its archives there, too.
    os.mkdir(elsewhere)
    alien = os.path.join(elsewhere, SEGMENT + ".arc")
    with open(alien, "wb") as f:
        f.write(b"fgarc\r\n\x1a" + bytes(8) +
                b"11111111-2222-4333-8444-555555555555")
    assert "11111111-2222" in refused(g, "archive", "--days", "1")
    assert status(g)["FAILED"] and "of its own" in status(g)["RESULT"]
    out = g.ctl("status", check=False)
    assert "WARNING archive: old rows could not be archived" in out, out
    os.unlink(alien)
    g.ctl("archive", "--days", "1")
    text = metrics(port)
    assert 'fixgate_archive_files{table="FIX_IN"} 1' in text, text
    n = os.path.getsize(os.path.join(elsewhere, SEGMENT + ".arc"))
    assert 'fixgate_archive_bytes{table="FIX_IN"} %d' % n in text, text
    assert SEGMENT + ".arc" in archives(elsewhere)
    assert not os.path.exists(os.path.join(g.store, "ARCHIVE"))
    all_there(g)
    print("ok ArchivePath")


def backup(work):
    """Archives that are not in the store are in its backup."""
    where = work.path("where")
    g = gateway(work, "backup", ArchivePath=where)
    g.ctl("archive", "--days", "1")
    had = archives(where)
    assert len(had) >= 2, had
    with open(os.path.join(where, "FIX_IN.%020d.arc" % 77), "wb") as f:
        f.write(b"fgarc\r\n\x1a" + bytes(8) +
                b"11111111-2222-4333-8444-555555555555")
    to = work.path("to")
    out = g.ctl("backup", to, "--without-archives")
    assert "%d archives in %s are not in it" % (len(had), where) in out, out
    assert archives(os.path.join(to, "ARCHIVE")) == []
    out = g.ctl("backup", to)
    assert "are not in it" not in out, out
    assert archives(os.path.join(to, "ARCHIVE")) == had
    before = os.stat(os.path.join(to, "ARCHIVE", had[0])).st_ino
    g.ctl("backup", to)
    assert os.stat(os.path.join(to, "ARCHIVE", had[0])).st_ino == before
    g.ctl("backup", to, "--logs")
    g.stop()
    put = work.path("put")
    h = work.gateway("restored", gateway={"ArchivePath": put}, sessions=[
        fg.acceptor("SERVER", "CLIENT", fg.free_port())])
    # One is there already, and must not be another one.
    os.mkdir(put)
    one = os.path.join(put, had[0])
    with open(one, "w") as f:
        f.write("x")
    assert "is there, and another" in refused(
        h, "restore", to, h.store, "--complete", "--archives", put)
    shutil.rmtree(h.store)
    shutil.copy(os.path.join(where, had[0]), one)
    h.ctl("restore", to, h.store, "--complete", "--archives", put)
    assert archives(put) == had
    assert not os.path.exists(os.path.join(h.store, "ARCHIVE"))
    h.start(60)
    all_there(h)
    h.stop()
    # By default into the store.
    shutil.rmtree(h.store)
    h.ctl("restore", to, h.store, "--complete")
    assert archives(os.path.join(h.store, "ARCHIVE")) == had
    print("ok backup")


if __name__ == "__main__":
    for case in (command, moved, RetainDays, ArchiveDays, changed,
                 ArchivePath, backup):
        with fg.Work() as w:
            case(w)
