#!/usr/bin/env python3
"""Bad input from the wire, a file, an operator: each a clear message, no crash,
nothing lost. Real processes, real sockets."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


def gateway(work, name="gw", **keys):
    port = fg.free_port()
    g = work.gateway(name, gateway=keys, sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER")])
    g.port = port
    return g


def run_to_end(g):
    """Start it, expecting that it refuses; what it said."""
    fg.Proc.start(g)
    status = g.wait()
    assert status == 1, "status %d:\n%s" % (status, g.log())
    return g.log()


def order(n):
    return ("11=%d|21=1|55=VOD.L|54=1|60=%s|38=100|40=2|44=1.5|" %
            (n, fg.utc()))


def others(g):
    return g.rows("FIX_IN_OTHER")


def wrong_sum(msg):
    return msg[:-4] + (b"000" if msg[-4:-1] != b"000" else b"001") + b"\x01"


def garbage_on_a_session_loses_nothing(work):
    """Noise and a wrong CheckSum between orders: dropped, stored apart."""
    g = gateway(work).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(g.port)
        peer.logon()
        peer.send("D", order(1))
        peer.raw(b"\x00\xff noise \r\n\x01\x01")
        good = peer.build("D", order(2))
        peer.raw(wrong_sum(good))
        peer.raw(good)
        peer.sync()
        peer.logout()
    rows = g.rows("FIX_IN", admin=False)
    assert [r["CL_ORD_ID"] for r in rows] == ["1", "2"], rows
    assert [r["MSG_SEQ_NUM"] for r in rows] == [2, 3], rows
    log = g.log()
    assert "CheckSum (10) is wrong" in log, log
    assert any("CheckSum" in str(r) for r in others(g)), others(g)
    assert g.stop() == 0


def checksums_are_the_business_of_each_session(work):
    """ValidateLengthAndChecksum=N and ValidateChecksum=N of two sessions, with a
    third one on the same port that checks both."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BOTH", port),
        fg.acceptor("EXCHANGE", "NONE", port, ValidateLengthAndChecksum="N"),
        fg.acceptor("EXCHANGE", "LENGTH", port, ValidateChecksum="N")])
    g.start()
    for name, sum_ok, length_ok in (("NONE", True, True),
                                    ("LENGTH", True, False),
                                    ("BOTH", False, False)):
        with fg.Peer(name, "EXCHANGE") as peer:
            peer.connect(port)
            peer.raw(wrong_sum(peer.build("A", "98=0|108=30|")))
            if not sum_ok:
                peer.expect_closed()
                continue
            peer.expect("A")
            peer.raw(wrong_sum(peer.build("1", "112=sum")))
            peer.expect("0", skip_types=(), t112="sum")
            bad = peer.build("1", "112=length", seq=peer.next_out)
            at = bad.index(b"\x019=") + 3
            end = bad.index(b"\x01", at)
            bad = bad[:at] + b"%d" % (int(bad[at:end]) - 1) + bad[end:]
            peer.raw(bad)
            if length_ok:
                peer.next_out += 1
                peer.expect("0", skip_types=(), t112="length")
            peer.sync()
            peer.logout()
    assert "BodyLength or CheckSum is wrong" in g.log(), g.log()
    assert g.stop() == 0


def ten_megabytes_without_soh(work):
    """Neither grows the process nor hurts the other session's life."""
    g = gateway(work).start()
    before = g.memory()
    with fg.Peer("BROKER", "EXCHANGE") as peer, \
            fg.Peer("BROKER", "EXCHANGE") as stranger:
        peer.connect(g.port)
        peer.logon()
        stranger.connect(g.port)
        line = b"8=FIX.4.4" + b"A" * (10 << 20)
        try:
            stranger.raw(line)
        except OSError:
            pass  # refused before all of it was taken
        stranger.expect_closed()
        peer.raw(b"8=FIX.4.4" + b"B" * (10 << 20))
        peer.send("D", order(1))
        peer.sync()
        peer.logout()
    rows = g.rows("FIX_IN", admin=False)
    assert [r["CL_ORD_ID"] for r in rows] == ["1"], rows
    if os.environ.get("FG_SANITIZER", "no") == "no" and not fg.valgrind():
        assert g.memory() - before < 32 << 20, (before, g.memory())
    assert "dropped" in g.log() and "refused" in g.log(), g.log()
    assert g.stop() == 0


def strangers_get_no_byte(work):
    """Unknown CompIDs, no Logon first, noise first, a second connection."""
    g = gateway(work).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(g.port)
        peer.logon()
        for sender, target, kind in (("WHO", "EXCHANGE", "A"),
                                     ("BROKER", "OTHER", "A"),
                                     ("BROKER", "EXCHANGE", "0"),
                                     ("BROKER", "EXCHANGE", "A")):
            with fg.Peer(sender, target) as p:
                p.connect(g.port)
                p.send(kind, "98=0|108=30|" if kind == "A" else "")
                p.expect_closed()
        with fg.Peer("X", "Y") as p:
            p.connect(g.port)
            p.raw(b"GET / HTTP/1.1\r\n\r\n")
            p.close()
        peer.sync()
        peer.logout()
    for text in ("no such session", "not a Logon", "connected already"):
        assert text in g.log(), (text, g.log())
    assert g.stop() == 0


def a_dictionary_with_an_unknown_field(work):
    xml = work.path("bad.xml")
    with open(fg.dictionary("FIX.4.4"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    at = next(i for i, s in enumerate(lines) if "NewOrderSingle" in s)
    lines.insert(at + 1, "   <field name='NoSuchField' required='N'/>")
    with open(xml, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    g = work.gateway("dict", sessions=[
        fg.acceptor("A", "B", fg.free_port(), DataDictionary=xml)])
    log = run_to_end(g)
    assert "%s:%d:" % (xml, at + 2) in log and "NoSuchField" in log, log
    check = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert check.returncode == 1
    assert b"NoSuchField" in check.stdout, check.stdout


def five_mistakes_in_the_settings(work):
    g = work.gateway("five", conf="\n".join((
        "[GATEWAY]", "StorePath=" + work.path("five.store"),
        "Durability=maybe", "[SESSION]", "ConnectionType=acceptor",
        "BeginString=FIX.4.4", "MaxLatency=never", "SenderCompID=A", "TargetCompID=B",
        "SocketAcceptPort=70000", "CheckLatency=perhaps",
        "DataDictionary=/no/such/file.xml", "")))
    log = run_to_end(g)
    for line in (3, 7, 10, 11, 12):
        assert "%s:%d: error:" % (g.conf, line) in log, (line, log)
    check = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert check.returncode == 1
    assert check.stdout.decode().count(": error:") == 5, check.stdout
    assert not os.path.exists(work.path("five.store"))


def a_store_that_cannot_be_written(work):
    blocked = work.path("file")
    with open(blocked, "w") as f:
        f.write("not a folder")
    for path in (blocked, blocked + "/store", "/proc/fixgate-store"):
        g = work.gateway("blocked", gateway={"StorePath": path}, sessions=[
            fg.acceptor("A", "B", fg.free_port())])
        log = run_to_end(g)
        assert path in log, (path, log)
    if os.geteuid() != 0:
        folder = work.path("readonly")
        os.mkdir(folder, 0o500)
        g = work.gateway("blocked", gateway={"StorePath": folder + "/s"},
                         sessions=[fg.acceptor("A", "B", fg.free_port())])
        assert folder in run_to_end(g)


def a_second_fixgated_on_the_same_store(work):
    g = gateway(work).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(g.port)
        peer.logon()
        second = gateway(work, "second", StorePath=g.store)
        log = run_to_end(second)
        assert g.store in log and str(g.pid()) in log, log
        peer.send("D", order(1))
        peer.sync()
        peer.logout()
    assert len(g.rows("FIX_IN", admin=False)) == 1
    assert g.stop() == 0


def a_port_that_is_taken(work):
    g = gateway(work).start()
    second = work.gateway("second", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", g.port)])
    log = run_to_end(second)
    assert str(g.port) in log and "in use" in log, log
    assert g.stop() == 0


def megabytes_free(path):
    s = os.statvfs(path)
    return s.f_bavail * s.f_frsize >> 20


def a_disk_that_is_nearly_full(work):
    """Below MinDiskFree nothing new is taken; below half nobody is on."""
    free = megabytes_free(work.path())
    if free * 4 >= 1 << 20:
        print("SKIP a_disk_that_is_nearly_full: the disk is too large")
        return
    low = gateway(work, "low", MinDiskFree=free * 3 // 2).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(low.port)
        peer.logon()
        try:
            low.ctl("send", "BROKER", "MsgType=D", "ClOrdID=1")
            raise AssertionError("taken on a disk that is low")
        except fg.CtlError as e:
            assert "disk" in str(e), e
        peer.send("D", order(1))
        peer.sync()
        peer.logout()
    assert "MinDiskFree" in low.ctl("status", check=False)
    assert len(low.rows("FIX_IN", admin=False)) == 1
    assert low.stop() == 0
    out = gateway(work, "out", MinDiskFree=free * 4).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(out.port)
        peer.send("A", "98=0|108=30|")
        peer.expect_closed()
    assert "the disk of the store is full" in out.log(), out.log()
    assert "logged out" in out.ctl("status", check=False)
    assert out.stop() == 0


fg.run_each((
    a_disk_that_is_nearly_full, garbage_on_a_session_loses_nothing,
    checksums_are_the_business_of_each_session, ten_megabytes_without_soh,
    strangers_get_no_byte, a_dictionary_with_an_unknown_field,
    five_mistakes_in_the_settings, a_store_that_cannot_be_written,
    a_second_fixgated_on_the_same_store, a_port_that_is_taken))
