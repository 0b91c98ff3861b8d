#!/usr/bin/env python3
"""One case for each setting of [GATEWAY] and [TABLE]; see t/lib/cases.py."""

import os
import pwd
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import logfmt

fg.need("fixgated", "fixgatectl")


def order(n, more=""):
    return "11=%s|21=1|55=VOD.L|54=1|60=%s|38=100|40=2|44=1.5|%s" % (
        n, fg.utc(), more)


def refused(g):
    """Why it does not start."""
    fg.Proc.start(g)
    assert g.wait() == 1, g.log()
    return g.log()


def of_store(g, what):
    """The files of the store whose names begin so."""
    return sorted(f for f in os.listdir(g.store) if f.startswith(what))


def in_log_of_store(g, what):
    for name in of_store(g, "log."):
        with open(os.path.join(g.store, name), "rb") as f:
            if what in f.read():
                return True
    return False


def cpu(g):
    """Seconds of CPU that it has used."""
    with open("/proc/%d/stat" % g.pid()) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


# ---- the store ----

def StorePath(work):
    g, p = cases.logged_on(work, gateway={"StorePath": work.path("here")})
    assert os.path.exists(work.path("here", "FORMAT"))
    assert g.stop() == 0


def Durability(work):
    """What a kill or a power cut leaves of each is shown in t/store/."""
    g, p = cases.logged_on(work, gateway={"Durability": "written"})
    p.send("D", order("WRITTEN"))
    p.sync()
    assert in_log_of_store(g, b"11=WRITTEN")
    assert g.ctl_json("status", "--json", check=False)[0][
        "DURABILITY"] == "written"


def AllowDurabilityNone(work):
    cases.logged_on(work, gateway={"Durability": "none",
                                   "AllowDurabilityNone": "Y"})


def heads(path, table):
    """The fields of its heads."""
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [line.split() for line in f if line.split()[4] == table]


def ChainHeadFile(work):
    g, p = cases.logged_on(work, gateway={
        "ChainHeadFile": work.path("heads"), "ChainHeadSeconds": 1})
    p.send("D", order("HEAD"))
    p.sync()
    fg.wait_until(lambda: heads(work.path("heads"), "FIX_IN"), what="a head")
    assert g.stop() == 0
    here = os.path.join(g.store, "CHAIN", "HEADS")
    assert heads(work.path("heads"), "FIX_IN") == heads(here, "FIX_IN")
    assert heads(here, "FIX_IN")[-1][-1] == "-"


def ChainHeadSeconds(work):
    g, p = cases.logged_on(work, gateway={"ChainHeadSeconds": 1})
    path = os.path.join(g.store, "CHAIN", "HEADS")
    fg.wait_until(lambda: heads(path, "FIX_IN"), what="a head")
    n = len(heads(path, "FIX_IN"))
    p.send("D", order("MORE"))
    fg.wait_until(lambda: len(heads(path, "FIX_IN")) > n, what="one more")
    assert int(heads(path, "FIX_IN")[-1][6]) >= 2


def ChainKey(work):
    key, public = work.path("key.pem"), work.path("public.pem")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                    key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public],
                   check=True)
    g, p = cases.logged_on(work, gateway={"ChainKey": key})
    p.sync()
    assert g.stop() == 0
    assert len(heads(os.path.join(g.store, "CHAIN", "HEADS"),
                     "FIX_IN")[-1][-1]) == 88
    assert "complete up to the head signed at" in g.ctl(
        "verify", "--store", g.store, "--key", public)
    subprocess.run(["openssl", "genpkey", "-algorithm", "rsa", "-out", key],
                   stderr=subprocess.DEVNULL, check=True)
    assert "is no Ed25519 key" in refused(g)


def SegmentMB(work):
    g, p = cases.logged_on(work, gateway={"SegmentMB": 1})
    for n in range(60):
        p.send("D", order(n, "58=%s|" % ("x" * 20000)))
    p.sync()
    fg.wait_until(lambda: len(of_store(g, "FIX_IN.")) > 1, what="a segment")


def CacheMB(work):
    """What does not fit into the cache is in the file of the table."""
    g, p = cases.logged_on(work, gateway={"CacheMB": 1})
    for n in range(100):
        p.send("D", order(n, "58=%s|" % ("x" * 30000)))
    p.sync()
    assert os.path.getsize(os.path.join(
        g.store, of_store(g, "FIX_IN.")[0])) > 1 << 20


def IndexTags(work):
    """What it does is shown by t/e2e/test_find.py."""
    g, _ = cases.logged_on(work, gateway={"IndexTags": "none"})
    assert "indexed to" not in g.ctl("status")
    assert not os.path.exists(os.path.join(g.store, "INDEX"))


def CheckpointMB(work):
    """The store's log from before a checkpoint is removed."""
    g, p = cases.logged_on(work, gateway={"CheckpointMB": 8})
    first = of_store(g, "log.")[0]

    def is_removed():
        """Behind so many MB that one comes, and not by default."""
        if p.next_out < 220:
            p.send("D", order(p.next_out, "58=%s|" % ("x" * 1000000)))
            p.sync()
        return first not in of_store(g, "log.")
    fg.wait_until(is_removed, what=first + " is removed")


def LogKeepMB(work):
    """The log since the last backup is kept, up to so much."""
    g, p = cases.logged_on(work, gateway={"CheckpointMB": 8, "LogKeepMB": 100})
    first = of_store(g, "log.")[0]
    g.ctl("backup", work.path("backup"))

    def is_removed():
        if p.next_out < 440:
            p.send("D", order(p.next_out, "58=%s|" % ("x" * 1000000)))
            p.sync()
        return "over LogKeepMB" in g.ctl("status", check=False)
    fg.wait_until(is_removed, what="status says that the log was cut")
    assert first not in of_store(g, "log.")


def MinDiskFree(work):
    """Above what there is: nothing new is taken."""
    s = os.statvfs(work.path())
    free = s.f_bavail * s.f_frsize >> 20
    if free * 3 // 2 > 1 << 20:
        print("SKIP MinDiskFree: the disk is too large")
        return
    g, p = cases.logged_on(work, gateway={"MinDiskFree": free * 3 // 2})
    try:
        g.ctl("send", "S", "MsgType=D", "ClOrdID=1")
        raise AssertionError("taken")
    except fg.CtlError as e:
        assert "disk" in str(e), e


# ---- the process ----

def ControlSocket(work):
    g, _ = cases.logged_on(work)
    assert "S" in g.ctl("session", "show")


def ReadOnlyControlSocket(work):
    g, _ = cases.logged_on(work, gateway={
        "ReadOnlyControlSocket": work.path("ro.sock")})
    g.socket = work.path("ro.sock")
    assert "S" in g.ctl("session", "show")
    try:
        g.ctl("session", "stop", "S")
        raise AssertionError("stopped")
    except fg.CtlError:
        pass


def PidFile(work):
    g, _ = cases.logged_on(work, gateway={"PidFile": work.path("pid")})
    with open(work.path("pid")) as f:
        assert int(f.read()) == g.pid()


def AdminListen(work):
    """What it says is in test_metrics.py."""
    port = fg.free_port()
    cases.logged_on(work, gateway={"AdminListen": "127.0.0.1:%d" % port})
    with socket.create_connection(("127.0.0.1", port), fg.LIMIT) as s:
        s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in s.recv(4096).splitlines()[0]


def User(work):
    """Root becomes nobody; nobody else may change."""
    port = fg.free_port()
    g = work.gateway("gw", gateway={"User": "nobody"}, sessions=[
        fg.acceptor("EXCH", "BANK", port)])
    if os.geteuid() != 0 or fg.valgrind():
        assert "nobody" in refused(g), g.log()
        return
    os.chmod(work.path(), 0o777)
    g.start()
    with open("/proc/%d/status" % g.pid()) as f:
        uids = re.search(r"Uid:\s+(.*)", f.read()).group(1).split()
    assert set(uids) == {str(pwd.getpwnam("nobody").pw_uid)}, uids
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()


def LogTarget(work):
    g = work.gateway("gw", gateway={"LogTarget": work.path("log")}, sessions=[
        fg.acceptor("EXCH", "BANK", fg.free_port())])
    fg.Proc.start(g)

    def said():
        return os.path.exists(work.path("log")) and \
            "ready" in open(work.path("log")).read()
    fg.wait_until(said, what="a line in the file")
    assert "ready" not in g.log()


def LogFormat(work):
    """logfmt unless text is asked for; a reload changes it."""
    port = fg.free_port()
    g = work.gateway("gw", gateway={"LogFormat": "text"}, sessions=[
        fg.acceptor("EXCH", "BANK", port)])
    g.start()
    assert re.search(r"^\d{8}-[0-9:.]+ fixgated info: ready: ", g.raw_log(),
                     re.M), g.raw_log()
    assert not logfmt.read(g.raw_log())
    g.configure(LogFormat=None)
    g.ctl("reload")
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()
        p.sync()
    fg.wait_until(lambda: [x for x in logfmt.read(g.raw_log())
                           if x["event"] == "logged-on"])
    line = [x for x in logfmt.read(g.raw_log()) if x["event"] == "logged-on"]
    assert line[0]["session"] and line[0]["program"] == "fixgated", line


def LogLevel(work):
    """Information is logged by default."""
    port = fg.free_port()
    g = work.gateway("gw", gateway={"LogLevel": "warn"}, sessions=[
        fg.acceptor("EXCH", "BANK", port)])
    fg.Proc.start(g)

    def is_up():
        try:
            socket.create_connection(("127.0.0.1", port), fg.LIMIT).close()
            return True
        except ConnectionRefusedError:
            return False
    fg.wait_until(is_up, what="the port")
    with fg.Peer("WHO", "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30|")
        p.expect_closed()
    fg.wait_until(lambda: "refused" in g.log())
    assert " info: " not in g.log(), g.log()


def DictionaryPath(work):
    folder = os.path.dirname(fg.dictionary("FIX.4.4"))
    _, p = cases.logged_on(work, gateway={"DictionaryPath": folder},
                           DataDictionary=None)
    p.send("D", order(1, "9999=x|"))
    p.expect("3", t371=9999)


def MaxUnauthenticated(work):
    port = fg.free_port()
    work.gateway("gw", gateway={"MaxUnauthenticated": 1,
                                "LogonTimeout": 300}, sessions=[
        fg.acceptor("EXCH", "BANK", port)]).start()
    with fg.Peer("A", "EXCH") as one, fg.Peer("B", "EXCH") as two:
        one.connect(port)
        two.connect(port)
        two.expect_closed()


def IdleStrategy(work):
    """It sleeps at once, whatever SpinMicros says."""
    g, p = cases.logged_on(work, gateway={"IdleStrategy": "block",
                                          "SpinMicros": 1000000})
    begun = cpu(g)
    for _ in range(30):
        p.sync()
        time.sleep(0.1)
    assert cpu(g) - begun < 0.5 or fg.valgrind(), cpu(g) - begun


def SpinMicros(work):
    g, p = cases.logged_on(work, gateway={"SpinMicros": 1000000})
    begun = cpu(g)
    for _ in range(100):
        p.sync()
        time.sleep(0.1)
        if cpu(g) - begun > 0.5:
            return
    raise AssertionError("it used %g s of CPU" % (cpu(g) - begun))


# ---- tables ----

def table(work, **keys):
    """What is known of a table with these settings."""
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", fg.free_port())])
    with open(g.conf, "a") as f:
        f.write("[TABLE ORDERS]\n" + "".join(
            "%s=%s\n" % kv for kv in keys.items()
            if not fg.is_dropped(kv[0])))
    g.start()
    return next(t for t in g.ctl_json("table", "list", "--json")
                if t["TABLE"] == "ORDERS")


def Columns(work):
    t = table(work, Columns="ID string, QTY int, PRICE decimal")
    assert [c[0] for c in t["COLUMNS"][2:]] == ["ID", "QTY", "PRICE"], t


def Key(work):
    assert table(work, Columns="ID string", Key="ID")["KEY"] == "ID"


cases.run(globals())
