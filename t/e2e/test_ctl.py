#!/usr/bin/env python3
"""fixgatectl against a living fixgated: what each command prints as text and
as JSON, its exit status, and the control sockets themselves."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")

REPORT = ["MsgType=ExecutionReport", "OrderID=O1", "ExecID=E1",
          "ExecType=NEW", "OrdStatus=NEW", "Side=BUY", "Symbol=VOD.L",
          "LeavesQty=10", "CumQty=0", "AvgPx=0"]


def gateway(work, **keys):
    port = fg.free_port()
    keys = dict({"SessionName": "BROKER"}, **keys)
    g = work.gateway("gw", gateway={
        "ReadOnlyControlSocket": work.path("ro.sock")},
        sessions=[fg.acceptor("EXCHANGE", "BROKER", port, **keys)])
    g.port = port
    return g.start()


def run(g, *args, stdin=b"", sock=None, limit=fg.LIMIT):
    """(exit status, standard output, standard error)"""
    r = subprocess.run(
        [fg.program("fixgatectl"), "-s", sock or g.socket] + list(args),
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=limit)
    return r.returncode, r.stdout.decode("latin-1"), r.stderr.decode("latin-1")


def expect(got, status, out="", err=""):
    assert got[0] == status, got
    assert out in got[1], got
    assert err in got[2], got
    return got[1]


def logged_on(g):
    peer = fg.Peer("BROKER", "EXCHANGE").connect(g.port)
    peer.logon()
    return peer


def order(n, text="hello"):
    return "11=%d|21=1|55=VOD.L|54=1|60=%s|38=100|40=1|58=%s|" % (
        n, fg.utc(), text)


# ---- cases ----

def usage_is_told_without_a_gateway(work):
    none = work.path("none.sock")
    for args, err in (
            ((), "a command is needed"),
            (("dance",), "unknown command"),
            (("-x", "status"), "unknown option"),
            (("status", "now"), "it takes no arguments"),
            (("tail",), "exactly one TABLE"),
            (("tail", "FIX_IN", "--lines", "x"), "needs a number"),
            (("tail", "FIX_IN", "--what"), "unknown option '--what'"),
            (("tail", "FIX_IN", "--pretty", "--json"), "not both"),
            (("session", "start"), "exactly one SESSION"),
            (("session", "reset", "B", "--yes"), "--reason TEXT is needed"),
            (("session", "reset", "B", "--reason", "x"), "add --yes"),
            (("session", "seq", "B", "--reason", "x", "--yes"), "--next-in"),
            (("session", "seq", "B", "--reason", "x", "--yes", "--next-in",
              "0"), "begin at 1"),
            (("send",), "a SESSION is needed"),
            (("send", "B"), "exactly one of"),
            (("send", "B", "ClOrdID=1"), "MsgType is missing"),
            (("send", "B", "35=D", "--raw", "35=D|"), "exactly one of")):
        expect(run(None, *args, sock=none), 1, err=err)
    expect(run(None, "help", sock=none), 0, "session reset SESSION")
    expect(run(None, "help", "tail", sock=none), 0, "--follow")
    expect(run(None, "help", "dance", sock=none), 1)
    expect(run(None, "version", sock=none), 0, "fixgatectl ")


def a_gateway_that_is_not_there(work):
    expect(run(None, "status", sock=work.path("none.sock")), 2,
           err="Is fixgated running?")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(work.path("dead.sock"))
    dead.close()
    expect(run(None, "status", sock=work.path("dead.sock")), 2,
           err="start fixgated")
    expect(run(None, "status", sock="/" + "x" * 200), 2, err="characters")


def settings_are_listed(work):
    """Each row of the table, without a gateway."""
    def ask(*args):
        r = subprocess.run([fg.program("fixgatectl"), *args],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return r.returncode, r.stdout.decode(), r.stderr.decode()

    expect(ask("settings", "heartbtint"), 0,
           "HeartBtInt                             0 to 86400 seconds "
           "(SESSION)\n")
    expect(ask("settings", "FileStorePath"), 0, "meaningless here")
    expect(ask("settings", "ProxyDomain"), 0, "not supported: let the")
    expect(ask("settings", "HeartBtIn"), 3, err="did you mean HeartBtInt")
    expect(ask("settings", "a", "b"), 1, err="one name at most")
    status, out, _ = ask("--json", "settings")
    rows = {r["NAME"]: r for r in map(json.loads, out.splitlines())}
    assert status == 0
    assert rows["Durability"]["VALUE"] == "none|written|synced", rows
    assert rows["Durability"]["WHERE"] == "GATEWAY"
    assert rows["SLF4J*"]["CLASS"] == "meaningless"
    with open(os.path.join(fg.SRC, "src", "conf", "schema.def"),
              encoding="ascii") as f:
        names = re.findall(r"^(?:BOOL|INT|STR|PATH|WORD|ALIAS|IGNORED|FAMILY|"
                           r"REFUSED)\((\w+),", f.read(), re.M)
    assert len(rows) == len(names), (len(rows), len(names))


def status_says_what_to_do(work):
    g = gateway(work)
    out = expect(run(g, "status"), 4, "WARNING  fixgated ")
    assert "BROKER" in out and "What to look at:" in out, out
    with logged_on(g) as peer:
        out = expect(run(g, "status"), 0, "HEALTHY  fixgated ")
        assert "What to look at" not in out, out
        (s,) = g.ctl_json("status", "--json")
        assert s["HEALTH"] == "HEALTHY" and s["ADVICE"] == [], s
        assert s["SESSIONS"][0]["STATE"] == "logged on", s
        assert s["DURABILITY"] == "written" and s["STARTED"], s
        assert {t["TABLE"]: t["VISIBLE"] for t in s["TABLES"]}["FIX_IN"] == 1
        peer.logout()
    expect(run(g, "session", "stop", "BROKER"), 0)
    expect(run(g, "status"), 0, "HEALTHY")
    assert g.stop() == 0


def sessions_are_shown(work):
    g = gateway(work)
    with logged_on(g):
        expect(run(g, "session", "show"), 0, "BROKER  acceptor")
        out = expect(run(g, "session", "show", "BROKER"), 0, "next in")
        assert "127.0.0.1:" in out, out
        (s,) = g.ctl_json("--json", "session", "show", "BROKER")
        assert (s["SESSION"], s["NEXT_IN"], s["NEXT_OUT"], s["EPOCH"],
                s["ENABLED"], s["HEART_BT_INT"]) == \
            ("BROKER", 2, 2, 1, True, fg.HEART_BT_INT), s
        expect(run(g, "session", "show", "NOBODY"), 3, err="(NO_SESSION)")
    assert g.stop() == 0


def numbers_are_set_and_recorded(work):
    g = gateway(work)
    seq = ["session", "seq", "BROKER", "--next-in", "7", "--next-out", "9",
           "--reason", "as agreed", "--yes"]
    with logged_on(g) as peer:
        expect(run(g, *seq), 3, err="(STATE)")
        expect(run(g, "session", "stop", "BROKER", "--text", "enough"), 0,
               "BROKER: stopped")
        peer.expect("5", t58="enough")
        peer.send("5")
        peer.expect_closed()
    fg.wait_until(lambda: run(g, *seq)[0] == 0, what="not connected")
    (s,) = g.ctl_json("--json", "session", "show")
    assert (s["NEXT_IN"], s["NEXT_OUT"], s["ENABLED"]) == (7, 9, False), s
    with fg.Peer("BROKER", "EXCHANGE").connect(g.port) as peer:
        peer.send("A", "98=0|108=30|", seq=7)
        peer.expect_closed(skip_types=("5",))
    expect(run(g, "session", "reset", "BROKER", "--reason", "as agreed",
               "--yes"), 0, "new epoch")
    expect(run(g, "session", "start", "BROKER"), 0, "started")
    with logged_on(g) as peer:
        peer.logout()
    events = {e["EVENT"]: e for e in g.rows("SESSION_EVENT")}
    for name, why in (("sequence-set", "as agreed"), ("reset", "as agreed"),
                      ("stopped", "enough"), ("started", "session start")):
        assert "fixgatectl (uid %d): %s" % (os.getuid(), why) in \
            events[name]["TEXT"], events
    assert events["logged-on"]["EPOCH"] == 2, events
    expect(run(g, "session", "start", "NOBODY"), 3, err="(NO_SESSION)")
    assert g.stop() == 0


def messages_are_sent_by_name(work):
    g = gateway(work)
    with logged_on(g) as peer:
        expect(run(g, "send", "BROKER", *REPORT, "Text=two words"), 0,
               "sent: MsgSeqNum 2, TX_SEQUENCE 2")
        m = peer.expect("8", t39="0", t150="0", t54="1", t58="two words")
        (a,) = [json.loads(run(g, "--json", "send", "BROKER", *REPORT)[1])]
        assert (a["SESSION"], a["MSG_SEQ_NUM"], a["TX_SEQUENCE"]) == \
            ("BROKER", 3, 3), a
        peer.expect("8")
        # A message of a log, as it stands: the session's fields are ours.
        expect(run(g, "send", "BROKER", "--raw", fg.bar(m.raw)), 0)
        again = peer.expect("8", t34="4")
        assert again.content()[4:] == m.content()[4:], again
        for args, err in (
                (["Sde=1"], "did you mean Side (54)?"),
                (["Side=BYU"], "1=BUY"),
                (["MsgSeqNum=9"], "written by the session")):
            expect(run(g, "send", "BROKER", "35=8", *args), 3,
                   err=err)
        expect(run(g, "send", "BROKER", "MsgType=Nonsense"), 3,
               err="no message Nonsense")
        expect(run(g, "send", "BROKER", "35=0", "112=x"), 3)
        expect(run(g, "send", "NOBODY", "35=8"), 3, err="(NO_SESSION)")
        peer.sync()
        assert len(g.rows("FIX_OUT", admin=False)) == 3
    assert g.stop() == 0


def a_file_of_messages_is_sent(work):
    g = gateway(work)
    n = 2000
    lines = ["# comes first", ""]
    lines += [" ".join(REPORT + ["Text='number %d'" % i]) for i in range(n)]
    lines[10] = "Side=1"
    lines[11] = "35=8 Sde=1"
    path = work.path("messages")
    with open(path, "w") as f:
        f.write("\n".join(lines))
    with logged_on(g) as peer:
        got = run(g, "send", "BROKER", "--file", path)
        expect(got, 3, "sent %d (TX_SEQUENCE 2-%d), refused 2" % (n - 2, n - 1))
        assert path + ":11: MsgType is missing" in got[2], got[2]
        assert path + ":12: the dictionary has no field Sde" in got[2], got[2]
        texts = [peer.expect("8")[58] for _ in range(n - 2)]
        assert texts == ["number %d" % i for i in range(n)
                         if i not in (8, 9)]
        got = run(g, "--json", "send", "BROKER", "--file", "-",
                  stdin=b"35=8|37=1|17=2|150=0|39=0|54=1|55=X|151=0|14=0|6=0")
        assert json.loads(got[1])["SENT"] == 1, got
        expect(run(g, "send", "BROKER", "--file", work.path("none")), 1,
               err="No such file")
    assert g.stop() == 0


def a_stop_in_the_middle_of_a_file_is_told(work):
    g = gateway(work)
    send = subprocess.Popen(
        [fg.program("fixgatectl"), "-s", g.socket, "send", "BROKER",
         "--file", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    line = (" ".join(REPORT) + "\n").encode()
    send.stdin.write(line * 5000)
    send.stdin.flush()
    fg.wait_until(lambda: g.rows("OUT_PENDING"))
    assert g.stop() == 0
    out, err = send.communicate()
    assert send.returncode == 2, (out, err)
    assert b"closed the connection" in err, err
    assert b"waiting for a logon " in out, out


def messages_wait_for_the_logon(work):
    g = gateway(work)
    expect(run(g, "send", "BROKER", *REPORT), 0, "when BROKER is logged on")
    (s,) = g.ctl_json("--json", "session", "show")
    assert s["PENDING"] == 1, s
    (row,) = g.rows("OUT_PENDING")
    assert row["MSG_TYPE"] == "8", row
    with logged_on(g) as peer:
        peer.expect("8")
    assert g.stop() == 0


def messages_are_refused_when_off(work):
    g = gateway(work, SendWhenLoggedOff="reject")
    path = work.path("messages")
    with open(path, "w") as f:
        f.write((" ".join(REPORT) + "\n") * 600)
    expect(run(g, "send", "BROKER", *REPORT), 3, err="(LOGGED_OFF)")
    got = expect(run(g, "send", "BROKER", "--file", path), 3, "sent 0")
    assert "refused 600" not in got, got
    assert g.stop() == 0


def tables_are_read(work):
    g = gateway(work)
    with logged_on(g) as peer:
        for i in range(30):
            peer.send("D", order(i))
        peer.sync()
        peer.send("D", order(99, "caf\xe9"))
        peer.sync()
        out = expect(run(g, "tail", "FIX_IN"), 0)
        assert len(out.splitlines()) == 20, out
        assert "|11=99|" in out and "|35=D|" in out, out
        assert "|35=1|" not in out and "|35=A|" not in out, out
        out = expect(run(g, "tail", "FIX_IN", "--lines", "2"), 0)
        assert [("|11=29|" in l, "|11=99|" in l) for l in out.splitlines()] \
            == [(True, False), (False, True)], out
        out = expect(run(g, "tail", "FIX_IN", "--all", "--after", "0"), 0)
        assert len(out.splitlines()) == 34, out
        out = expect(run(g, "tail", "FIX_IN", "--after", "3", "--lines", "4",
                         "--session", "BROKER"), 0)
        assert [int(l.split()[0]) for l in out.splitlines()] == [4, 5, 6, 7]
        r = g.ctl_json("tail", "FIX_IN", "--json", "--lines", "1")[0]
        assert (r["CL_ORD_ID"], r["SENDER_ID"], r["TARGET_ID"],
                r["CONNECTION_NAME"], r["MSG_TYPE"], r["ADMIN"]) == \
            ("99", "BROKER", "EXCHANGE", "BROKER", "D", False), r
        assert fg.SOH + "58=caf\xe9" + fg.SOH in r["FIX_DATA"], r
        assert len(r["FIX_DATA"]) == r["SIZE"], r
        out = expect(run(g, "tail", "FIX_IN", "--pretty", "--lines", "1"), 0)
        assert "ClOrdID" in out and "BUY" in out, out
        expect(run(g, "tail", "SESSION_EVENT"), 0, "BROKER logged-on")
        expect(run(g, "tail", "NOTHING"), 3, err="(NO_TABLE)")
        expect(run(g, "tail", "FIX_IN", "--session", "X"), 3,
               err="(NO_SESSION)")
    assert g.stop() == 0


def secrets_are_not_shown(work):
    g = gateway(work)
    with fg.Peer("BROKER", "EXCHANGE").connect(g.port) as peer:
        peer.logon(body="553=me|554=hunter2|")
        for args in ([], ["--json"], ["--pretty"]):
            out = expect(run(g, "tail", "FIX_IN", "--all", *args), 0, "553")
            assert "hunter2" not in out, out
    assert g.stop() == 0


def a_tail_follows_and_ends_in_peace(work):
    g = gateway(work)
    with logged_on(g) as peer:
        follow = subprocess.Popen(
            [fg.program("fixgatectl"), "-s", g.socket, "tail", "FIX_IN",
             "--follow", "--after", "0", "--json"], stdout=subprocess.PIPE)
        for i in range(3000):
            peer.send("D", order(i))
        ids = [json.loads(follow.stdout.readline())["CL_ORD_ID"]
               for _ in range(3000)]
        assert ids == [str(i) for i in range(3000)], ids[:5]
        follow.send_signal(signal.SIGINT)
        assert follow.wait(fg.LIMIT) == 0
        follow.stdout.close()
        # The reader leaves, as head does.
        follow = subprocess.Popen(
            [fg.program("fixgatectl"), "-s", g.socket, "tail", "FIX_IN",
             "--follow", "--after", "0"], stdout=subprocess.PIPE)
        follow.stdout.readline()
        follow.stdout.close()
        peer.send("D", order(3000))
        assert follow.wait(fg.LIMIT) == 0
        # The gateway leaves.
        follow = subprocess.Popen(
            [fg.program("fixgatectl"), "-s", g.socket, "tail", "FIX_IN",
             "--follow", "--lines", "1"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        follow.stdout.readline()
        g.kill()
        assert follow.wait(fg.LIMIT) == 2
        assert b"closed the connection" in follow.stderr.read()
        follow.stdout.close()
        follow.stderr.close()


def the_read_only_socket_reads(work):
    g = gateway(work)
    ro = work.path("ro.sock")
    with logged_on(g) as peer:
        peer.send("D", order(1))
        peer.sync()
        expect(run(g, "status", sock=ro), 0, "HEALTHY")
        expect(run(g, "session", "show", sock=ro), 0, "BROKER")
        expect(run(g, "tail", "FIX_IN", "--pretty", sock=ro), 0, "ClOrdID")
        for args in (["session", "start", "BROKER"],
                     ["session", "stop", "BROKER"],
                     ["session", "reset", "BROKER", "--yes", "--reason", "x"],
                     ["session", "seq", "BROKER", "--yes", "--reason", "x",
                      "--next-in", "5"],
                     ["send", "BROKER"] + REPORT):
            expect(run(g, *args, sock=ro), 3, err="(READ_ONLY)")
        peer.sync()
    assert g.stop() == 0


def bad_frames_end_only_their_connection(work):
    g = gateway(work)
    hello = (b"\x83\xacMESSAGE_TYPE\xa5HELLO\xaaSOURCE_REF\x01"
             b"\xa7DETAILS\x81\xa7VERSION")
    status = b"\x81\xacMESSAGE_TYPE\xa6STATUS"
    for data, says in ((struct.pack(">I", 1 << 30), b"TOO_BIG"),
                       (struct.pack(">I", 3) + b"\xc1\xc1\xc1",
                        b"BAD_REQUEST"),
                       (struct.pack(">I", len(status)) + status,
                        b"HELLO must come first"),
                       (struct.pack(">I", len(hello) + 1) + hello + b"\x09",
                        b"BAD_VERSION")):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(fg.LIMIT)
            s.connect(g.socket)
            s.sendall(data)
            got = b""
            while True:
                more = s.recv(4096)
                if not more:
                    break
                got += more
            assert says in got, (data, got)
    expect(run(g, "session", "show"), 0, "BROKER")
    assert g.stop() == 0


def a_client_that_does_not_read_grows_nothing(work):
    """It asks for more rows than it ever reads: the others are served, and
    the gateway does not keep them for it."""
    g = gateway(work)
    with logged_on(g) as peer:
        for i in range(2000):
            peer.send("D", order(i, "x" * 2000))
        peer.sync()
    hello = b"\x82\xacMESSAGE_TYPE\xa5HELLO\xa7DETAILS\x81\xa7VERSION\x01"
    tail = (b"\x83\xacMESSAGE_TYPE\xa4TAIL\xa7DETAILS\x83\xa5TABLE\xa6FIX_IN"
            b"\xa5AFTER\x00\xa6CREDIT\xce\xff\xff\xff\xff\xaaSOURCE_REF")
    read = (b"\x82\xacMESSAGE_TYPE\xa4READ\xa7DETAILS"
            b"\x81\xa5TABLE\xa6FIX_IN")
    tails = 16
    bodies = [hello] + [tail + bytes([i]) for i in range(tails)] + [read] * 500
    frames = b"".join(struct.pack(">I", len(b)) + b for b in bodies)
    before = g.memory()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(g.socket)
        s.sendall(frames)
        expect(run(g, "session", "show"), 0, "BROKER")
        expect(run(g, "tail", "FIX_IN", "--lines", "1"), 0, "|11=1999|")
        assert g.memory() - before < 32 << 20, (before, g.memory())
        # Once it reads, it gets all.
        s.settimeout(fg.LIMIT)
        got = 0
        while got < 2000 * 2000 * tails:
            more = s.recv(1 << 20)
            assert more
            got += len(more)
    assert g.stop() == 0


fg.run_each((
    usage_is_told_without_a_gateway, a_gateway_that_is_not_there,
    settings_are_listed, status_says_what_to_do, sessions_are_shown,
    numbers_are_set_and_recorded, messages_are_sent_by_name,
    a_file_of_messages_is_sent, a_stop_in_the_middle_of_a_file_is_told,
    messages_wait_for_the_logon, messages_are_refused_when_off,
    tables_are_read, secrets_are_not_shown,
    a_tail_follows_and_ends_in_peace, the_read_only_socket_reads,
    bad_frames_end_only_their_connection,
    a_client_that_does_not_read_grows_nothing))
