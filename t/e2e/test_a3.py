#!/usr/bin/env python3
"""The rows A3 of the feature map (t/e2e/rows.txt): what a FIX gateway does, one
test for each, named after it. With names of tests as arguments, only those.

Where fixgate does it in another way, or does not have what the row is about,
the test shows what it does instead; man/fixgate.conf.5 says so, too."""

import os
import random
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from serve import Server

fg.need("fixgated", "fixgatectl")

FIELDS = {"Symbol": "X", "Side": "BUY", "OrderQty": 10, "OrdType": "MARKET",
          "TransactTime": "20260105-09:00:00"}


def order(n, more=""):
    return "11=%s|55=X|54=1|38=10|40=1|60=%s|%s" % (n, fg.utc(), more)


def one(work, name="A", gateway=None, **keys):
    """A gateway with one acceptor, and where it listens."""
    port = fg.free_port()
    g = work.gateway("gw%d" % port, gateway=gateway, sessions=[
        fg.acceptor("EXCH", name, port, SessionName=name, **keys)])
    g.port = port
    return g.start()


def state(g, name="A"):
    return g.ctl_json("session", "show", name, "--json")[0]


def check(g):
    """What fixgated -n says of the settings: status and text."""
    r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=60)
    return r.returncode, r.stdout.decode()


def is_refused(work, key, value, want):
    """With the setting fixgated does not start, and says what to do."""
    g = work.gateway("no-" + key, sessions=[
        fg.acceptor("EXCH", "A", fg.free_port(), **{key: value})])
    code, text = check(g)
    assert code == 1 and key in text and want in text, (code, text)


def sent(link, name="A", **more):
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=dict(FIELDS, ClOrdID="S", **more))
    assert kind == "EVENT_ACK", said
    return said


# ---- sessions ----

def a3_1_a_quickfix_file(work):
    """Sessions of a QuickFIX/J file share one port, and each can be stopped
    and started."""
    port = fg.free_port()
    g = work.gateway("gw", conf="""
[DEFAULT]
FileStorePath=target/data/banzai
FileLogPath=target/log
ConnectionType=acceptor
StartTime=00:00:00
EndTime=00:00:00
HeartBtInt=30
SocketAcceptPort=%d
BeginString=FIX.4.4
SenderCompID=EXCH
DataDictionary=%s

[SESSION]
TargetCompID=A

[SESSION]
TargetCompID=B

[GATEWAY]
StorePath=%s
ControlSocket=%s
Durability=written
""" % (port, fg.dictionary("FIX.4.4"), work.path("store"),
       work.path("gw.sock"))).start()
    a, b = "FIX.4.4:EXCH->A", "FIX.4.4:EXCH->B"
    with fg.Peer("A", "EXCH") as x, fg.Peer("B", "EXCH") as y:
        x.connect(port).logon()
        y.connect(port).logon()
        g.ctl("session", "stop", a)
        x.expect("5")
        x.send("5")
        x.expect_closed()
        y.sync()
        assert state(g, b)["STATE"] == "logged on", state(g, b)
        g.ctl("session", "start", a)
        x.connect(port).logon()


def a3_2_templates(work):
    """[DEFAULT] is the template of the sessions that are made at run time."""
    port = fg.free_port()
    g = work.gateway("gw", default={
        "ConnectionType": "acceptor", "SocketAcceptPort": port,
        "BeginString": "FIX.4.4", "SenderCompID": "EXCH",
        "DataDictionary": fg.dictionary("FIX.4.4"), "HeartBtInt": 7,
        "HeartBtIntOverride": "Y"}).start()
    g.ctl("session", "create", "A", "TargetCompID=A")
    g.ctl("session", "create", "B", "TargetCompID=B", "HeartBtInt=9")
    for name, heart in (("A", "7"), ("B", "9")):
        with fg.Peer(name, "EXCH") as p:
            p.connect(port)
            assert p.logon()[108] == heart


def a3_3_either_origin_is_switched_off(work):
    """Enabled in [DEFAULT] for those of the file; each that was created by
    `session disable`."""
    port = fg.free_port()
    g = work.gateway("gw", default={"Enabled": "N"}, sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    made = fg.acceptor("EXCH", "B", port, Enabled="Y")
    g.ctl("session", "create", "B", *["%s=%s" % kv for kv in made.items()])
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).send("A", "98=0|108=30")
        a.expect_closed()
        b.connect(port).logon()
        g.ctl("session", "disable", "B")
        b.expect("5")
        g.stop()
        g.start()
        b.connect(port).send("A", "98=0|108=30")
        b.expect_closed()
    is_refused(work, "DisableConfigGateways", "Y", "Enabled=N")
    is_refused(work, "DisableDatabaseGateways", "Y", "session disable")


def a3_4_sessions_at_run_time(work):
    """All that names a session, its schedule and its place; while running it
    is created, stopped, started, changed and deleted."""
    port = fg.free_port()
    g = work.gateway("gw").start()
    keys = fg.acceptor(
        "EXCH", "A", port, SenderSubID="SS", SenderLocationID="SL",
        TargetSubID="TS", TargetLocationID="TL", HeartBtInt=11,
        HeartBtIntOverride="Y", NonStopSession="N", StartTime="00:00:00",
        EndTime="23:59:59", TimeZone="Europe/Berlin", Enabled="Y")
    args = ["%s=%s" % kv for kv in keys.items()]
    g.ctl("session", "create", "A", *args)
    them = "50=TS|142=TL|57=SS|143=SL"
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).send("A", "98=0|108=30", head=them.replace("TS", "X"))
        p.expect_closed()
        p.next_out = 1
        edges = {(e["TIME"][9:17], e["EDGE"].split(",")[0])
                 for e in g.ctl_json("session", "schedule", "A", "--json")}
        assert edges & {("22:00:00", "start"), ("23:00:00", "start")}, edges
        p.connect(port).send("A", "98=0|108=30", head=them)
        m = p.expect("A")
        assert (m[50], m[142], m[57], m[143]) == ("SS", "SL", "TS", "TL"), m
        assert m[108] == "11", m
        p.send("D", order(1), head=them)
        fg.wait_until(lambda: g.rows("FIX_IN", admin=False), what="row")
        number = state(g)["NEXT_IN"]
        g.ctl("session", "delete", "A", "--reason", "change", "--yes")
        p.expect("5")
        p.send("5", head=them)
        p.expect_closed()
        assert g.ctl_json("session", "show", "--json") == []
        g.ctl("session", "create", "A", *[
            a for a in args if "SubID" not in a and "LocationID" not in a])
        assert state(g)["NEXT_IN"] >= number, state(g)
        p.connect(port).logon()
    is_initiator = fg.initiator("EXCH", "OUT", port + 1)
    g.ctl("session", "create", "OUT", *["%s=%s" % kv for kv in
                                        is_initiator.items()])
    assert state(g, "OUT")["ROLE"] == "initiator"


# ---- routing ----

def a3_5_outbound_routing_tag(work):
    """SOURCE_ID of the event is in tag 50 of the header, or in another one, or
    in the body."""
    for keys, tag, last in (({}, 50, False),
                            ({"OutboundRoutingTag": 58,
                              "IsOutboundInHeader": "N"}, 58, True)):
        g = one(work, **keys)
        with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
            p.connect(g.port).logon()
            link.ask("EVENT_FIX_SEND", SESSION="A", MSG_TYPE="D",
                     SOURCE_ID="desk", FIELDS=dict(FIELDS, ClOrdID="1"))
            m = p.expect("D")
            assert m.get(tag) == "desk", m
            tags = [t for t, _ in m.fields]
            assert (tags.index(tag) > tags.index(55)) == last, m
            assert g.last_row("FIX_OUT", "A")["SOURCE_ID"] == "desk"


def a3_6_inbound_routing_tag(work):
    """The value of tag 57, or another one, wherever it stands, is
    INTERNAL_TARGET of the row."""
    for keys, head, body in (({"CheckCompID": "Y"}, "57=algo", ""),
                             ({"InboundRoutingTag": 58}, "", "58=algo|")):
        g = one(work, **keys)
        with fg.Peer("A", "EXCH") as p:
            p.connect(g.port).logon()
            p.send("D", order(1, body), head=head)
            p.sync()
            row = g.last_row("FIX_IN", "A")
            rows = g.rows("FIX_IN", admin=False)
            assert [r["INTERNAL_TARGET"] for r in rows] == ["algo"], row


# ---- the store ----

def a3_7_rows_always_persist(work):
    """FIX_IN and FIX_OUT are what the sessions live of: they are written
    whatever is asked for, and that is said."""
    g = one(work, IsPersistToFixIn="N", IsPersistToFixOut="N")
    assert "IsPersistToFixIn" in check(g)[1] or "meaningless" in check(g)[1] \
        or "no meaning" in check(g)[1], check(g)
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        p.send("D", order("in"))
        sent(link)
        p.expect("D")
        p.sync()
    assert [r["CL_ORD_ID"] for r in g.rows("FIX_IN", admin=False)] == ["in"]
    assert [r["CL_ORD_ID"] for r in g.rows("FIX_OUT", admin=False)] == ["S"]


def a3_8_columns_of_the_tables(work):
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        raw = p.send("F", "11=2|41=1|55=X|54=1|60=%s" % fg.utc(),
                     head="57=me").decode()
        p.sync()
    row = g.rows("FIX_IN", admin=False)[0]
    want = {"CONNECTION_NAME": "A", "SENDER_ID": "A", "TARGET_ID": "EXCH",
            "CL_ORD_ID": "2", "ORIG_CL_ORD_ID": "1", "INTERNAL_TARGET": "me",
            "SIZE": len(raw), "FIX_DATA": raw}
    assert {k: row[k] for k in want} == want, row
    tables = {t["TABLE"]: [c[0] for c in t["COLUMNS"]]
              for t in g.ctl_json("table", "list", "--json")}
    assert tables["FIX_IN"][0] == "RX_SEQUENCE", tables
    assert set(want) <= set(tables["FIX_IN"]), tables
    assert tables["FIX_OUT"][0] == "TX_SEQUENCE", tables
    assert set(want) - {"INTERNAL_TARGET"} | {"SOURCE_ID"} <= \
        set(tables["FIX_OUT"]), tables


def a3_9_one_sequence_for_all_sessions(work):
    """RX_SEQUENCE has no gaps over all sessions and restarts, and rises with
    the time."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", n, port, SessionName=n) for n in "AB"]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        for _ in range(2):
            for p in (a, b):
                p.connect(port).logon()
            for i in range(20):
                (a if i % 3 else b).send("D", order(i))
            for p in (a, b):
                p.sync()
            g.kill()
            g.start()
    rows = g.rows("FIX_IN")
    assert [r["RX_SEQUENCE"] for r in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 40 and {r["CONNECTION_NAME"] for r in rows} == {
        "A", "B"}
    times = [r["TIMESTAMP"] for r in rows]
    assert times == sorted(times)


def numbers(g):
    return [r["MSG_SEQ_NUM"] for r in g.rows("FIX_IN")]


def a3_10_batches_lose_nothing(work):
    """What one wake-up takes is one transaction, with the number that is
    expected next: after kill -9 both agree, and the counterparty is asked for
    the rest."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        burst = b"".join(p.build("D", order(i)) for i in range(400))
        p.raw(burst[:random.Random(10).randrange(len(burst) // 4, len(burst))])
        fg.wait_until(lambda: len(numbers(g)) > 20, what="rows")
        g.kill()
        g.start()
        got = numbers(g)
        assert got == list(range(1, len(got) + 1)), got
        assert state(g)["NEXT_IN"] == len(got) + 1, (state(g), len(got))
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        m = p.expect("2")
        assert int(m[7]) == len(got) + 1, (m, len(got))


def a3_11_no_row_waits_for_a_batch(work):
    """A row is there when its message is taken, not when a batch is full or
    200 ms old."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        link.ask("TAIL", TABLE="FIX_IN", ADMIN=False, CREDIT=1000)
        start = time.monotonic()
        for i in range(50):
            p.send("D", order(i))
            rows = []
            while not rows:
                rows = link.recv()[2]["ROWS"]
            assert len(rows) == 1, rows
        took = time.monotonic() - start
        assert took < 50 * 0.2, took


def a3_12_a_store_that_takes_nothing(work):
    """Then nobody is logged on; what was not stored is asked for when it is
    better. (A disk that fails, at every write: t/store/faults, t/gateway.)"""
    g = one(work)
    free = os.statvfs(work.path()).f_bavail * \
        os.statvfs(work.path()).f_frsize >> 20
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        p.send("D", order(1))
        p.sync()
        if free * 4 >= 1 << 20:
            print("SKIP a3_12: the disk is too large")
            return
        g.configure(MinDiskFree=free * 4)
        g.ctl("reload")
        p.expect("5", limit=30)
        p.send("5")
        p.expect_closed()
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect_closed()
        p.next_out += 1  # an order that did not get through
        g.configure(MinDiskFree=0)
        g.ctl("reload")
        fg.wait_until(lambda: "store" not in [
            a["SUBJECT"] for a in g.ctl_json(
                "status", "--json", check=False)[0]["ADVICE"]],
                      what="better")
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        assert int(p.expect("2")[7]) == 5, state(g)


def a3_13_the_number_of_the_last_row(work):
    """The number that is expected at the logon is that behind the last row: it
    was committed with it."""
    g = one(work)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        for i in range(5):
            p.send("D", order(i))
        fg.wait_until(lambda: len(numbers(g)) == 6, what="rows")
        g.kill()
        g.start()
        p.next_out += 3  # sent, and lost on the way
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect("A")
        m = p.expect("2")
        assert m[7] == "7", m
        assert numbers(g)[-1] == 6, numbers(g)


def a3_14_message_size(work):
    """A message is one row, however long; one over MaxMessageSize is none."""
    g = one(work, MaxMessageSize=200000)
    text = "x" * 150000
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        raw = p.send("D", order(1, "58=%s|" % text)).decode()
        p.sync()
        row, = g.rows("FIX_IN", admin=False)
        assert row["FIX_DATA"] == raw and row["SIZE"] == len(raw)
        sent(link, Text=text)
        assert p.expect("D")[58] == text
        row, = g.rows("FIX_OUT", admin=False)
        assert row["FIX_DATA"].count("x" * 150000) == 1
        long = p.next_out
        p.send("D", order(2, "58=%s|" % ("y" * 250000)))
        p.send("1", "112=behind")
        assert int(p.expect("2")[7]) == long
        assert len(g.rows("FIX_IN", admin=False)) == 1
        other = g.rows("FIX_IN_OTHER")
        assert any("long" in r["TEXT"] + r["REASON"] for r in other), other


def a3_15_the_store_is_always_there(work):
    """MessageStoreImpl has no meaning: after a restart the numbers go on, and
    everything can be resent."""
    g = one(work, MessageStoreImpl="MEMORY")
    with fg.Peer("A", "EXCH") as p, Link(g.socket) as link:
        p.connect(g.port).logon()
        sent(link)
        first = p.expect("D")
        g.kill()
        g.start()
        p.connect(g.port)
        assert p.logon().seq == first.seq + 1
        p.send("2", "7=%d|16=%d" % (first.seq, first.seq))
        again = p.expect("D")
        assert again.poss_dup and again.content() == first.content(), again


def a3_16_logs(work):
    """The raw messages are the tables; the process has a log of its own, in a
    file, at stderr or in syslog."""
    logfile = work.path("gw.log.txt")
    port = fg.free_port()
    g = work.gateway("gw", gateway={"LogTarget": logfile}, sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A", FileLogPath="log",
                    IsFixLoggingEnabled="N", LogFactoryImpl="NONE")])
    fg.Proc.start(g)

    def text():
        try:
            with open(logfile) as f:
                return f.read()
        except FileNotFoundError:
            return ""
    fg.wait_until(lambda: "ready" in text(), what="ready")
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).logon()
        raw = p.send("1", "112=raw").decode()
        p.expect("0")
    for table in ("FIX_IN", "FIX_OUT"):
        types = [r["MSG_TYPE"] for r in g.rows(table)]
        assert types[:1] == ["A"] and len(types) == 2, types
    assert fg.bar(raw) in g.ctl("tail", "FIX_IN", "--all")
    os.rename(logfile, logfile + ".1")
    g.signal(signal.SIGHUP)
    fg.wait_until(text, 10, "a new log file", step=0.05)
    assert g.stop() == 0


def a3_17_one_session_does_not_hold_up_another(work):
    """There is one thread for the sessions, and back pressure by TCP: a
    counterparty that only sends, and never reads, costs the others nothing."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", n, port, SessionName=n, ThreadModel="SINGLE")
        for n in "AB"]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        b.connect(port).logon()
        a.sock.setblocking(False)
        flood = b"".join(a.build("1", "112=%d" % i) for i in range(30000))
        at = 0
        for _ in range(40):
            try:
                at += a.sock.send(flood[at:at + 65536])
            except BlockingIOError:
                pass
            assert b.sync() == []
        assert at > 0


# ---- health ----

def a3_18_a_session_that_is_off(work):
    """A session that is not logged on within its schedule is a WARNING, with
    its name; outside, it is healthy."""
    def hour(n):
        return time.strftime("%H:%M:%S", time.gmtime(time.time() + n * 3600))

    g = one(work)
    status = g.ctl_json("status", "--json", check=False)[0]
    assert status["HEALTH"] == "WARNING", status
    assert [a["SUBJECT"] for a in status["ADVICE"]] == ["A"], status
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        status = g.ctl_json("status", "--json")[0]
        assert status["HEALTH"] == "HEALTHY", status
    g = one(work, "B", NonStopSession="N", StartTime=hour(2), EndTime=hour(3))
    status = g.ctl_json("status", "--json")[0]
    assert status["HEALTH"] == "HEALTHY", status
    is_refused(work, "DisableProcessStatusCheck", "Y", "session stop")


def user_line(password, *words):
    r = subprocess.run([fg.program("fixgatectl"), "password", *words],
                       input=password.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=60)
    assert r.returncode == 0, r
    return r.stdout.decode()


def try_logon(p, port, user=None, password=None):
    """The answer to a Logon with these; None: it was closed, without any."""
    body = "98=0|108=30|"
    if user:
        body += "553=%s|" % user
    if password:
        body += "554=%s|" % password
    p.connect(port).send("A", body)
    return p.recv()


def gets_in(p, port, user, password):
    """Once the wrong ones of before are forgiven."""
    seq = p.next_out

    def once():
        p.next_out = seq
        return try_logon(p, port, user, password)
    return fg.wait_until(once, step=0.3)


def a3_19_credentials(work):
    """Username and Password of a Logon are those of a line of UsersFile, which
    may say who may be that user; it is read each time."""
    users = work.path("users")
    with open(users, "w") as f:
        f.write("# of the desk\n\n" + user_line("open sesame", "alice") +
                user_line("bob's", "bob", "B", "C") + "carol nothing\n")
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", n, port, SessionName=n, UsersFile=users)
        for n in "AB"] + [
        fg.acceptor("EXCH", "FREE", port, SessionName="FREE"),
        fg.acceptor("EXCH", "*", port, AcceptorTemplate="Y",
                    UsersFile=users)]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b, \
            fg.Peer("FREE", "EXCH") as free, fg.Peer("NEW", "EXCH") as new:
        free.connect(port).logon()
        for user, password in (
                ("alice", "open sesam"), ("alice", "x"), ("alic", "open"),
                ("alice", None), (None, "open sesame"), (None, None),
                ("bob", "bob's"), ("carol", "nothing"), ("#", "of"),
                ("ALICE", "open sesame")):
            assert try_logon(a, port, user, password) is None, user
            assert try_logon(new, port, user, password) is None, user
            assert free.sync() == []
        assert sorted(s["SESSION"] for s in g.ctl_json(
            "session", "show", "--json")) == ["A", "B", "FREE"]
        a.next_out = b.next_out = new.next_out = 1
        assert gets_in(a, port, "alice", "open sesame").type == "A"
        assert try_logon(b, port, "bob", "bob's").type == "A"
        assert try_logon(new, port, "alice", "open sesame").type == "A"
        assert a.sync() == b.sync() == new.sync() == []
        events = [r["TEXT"] for r in g.rows("SESSION_EVENT", session="A")
                  if r["EVENT"] == "refused"]
        assert "wrong Username or Password" in events, events
        assert len(events) < 10, events
        for table in ("FIX_IN", "FIX_IN_OTHER"):
            for row in g.rows(table):
                assert "sesam" not in str(row), row
        assert "sesam" not in g.log() and "bob's" not in g.log(), g.log()
        # Another password holds at once; without the file nobody gets in.
        a.logout()
        with open(users, "w") as f:
            f.write(user_line("changed", "alice"))
        assert try_logon(a, port, "alice", "open sesame") is None
        a.next_out -= 1
        assert try_logon(a, port, "alice", "changed").type == "A"
        a.logout()
        os.unlink(users)
        assert try_logon(a, port, "alice", "changed") is None
        a.next_out -= 1
        with open(users, "w") as f:
            f.write(user_line("changed", "alice"))
        # Many at once, that leave before they are checked: nobody waits.
        flood = [fg.Peer("A", "EXCH").connect(port) for _ in range(12)]
        for p in flood:
            p.send("A", "98=0|108=30|553=alice|554=wrong|")
        assert free.sync() == []
        for p in flood[::2]:
            p.close()
        assert gets_in(a, port, "alice", "changed").type == "A"
        for p in flood:
            p.close()
    assert g.stop() == 0
    # Or with the users in the store; t/e2e/test_passwords.py has all of it.
    g = one(work, AuthenticateLogonCredentials="Y", PasswordSalt="pepper")
    subprocess.run([fg.program("fixgatectl"), "-s", g.socket, "user", "set",
                    "A", "joe"], input=b"secret\n", check=True,
                   stdout=subprocess.DEVNULL)
    with fg.Peer("A", "EXCH") as p:
        assert try_logon(p, g.port, "joe", "other") is None
        p.next_out = 1
        assert try_logon(p, g.port, "joe", "secret").type == "A"


class Judge(Server):
    """A process of LogonCheck: say(details) gives OK and TEXT, or None for no
    answer."""

    asked, say = (), staticmethod(lambda details: (True, ""))

    def request(self, conn, kind, ref, details):
        assert kind == "LOGON_CHECK", kind
        self.asked = self.asked + (details,)
        said = self.say(details)
        if said is not None:
            conn.send("LOGON_CHECK_ACK", ref, OK=said[0], TEXT=said[1])


def a3_20_who_may_log_on(work):
    """No code of the user runs in the gateway: another process is asked, which
    sees all of the Logon; without its word nobody is let in. And a Logon is
    refused by its address, and by what the settings say."""
    judge = Judge(work.path("j.sock")).start()
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A",
                    LogonCheck="unix:" + judge.path, LogonTimeout=2),
        fg.acceptor("EXCH", "FREE", port, SessionName="FREE")],
        gateway={"LogonTimeout": 2}).start()

    fg.wait_until(lambda: "LogonCheck at unix:%s: connected" % judge.path in
                  g.log(), what="the gateway can ask")
    with fg.Peer("A", "EXCH") as a, fg.Peer("FREE", "EXCH") as free:
        free.connect(port).logon()
        judge.say = lambda d: (d["PASSWORD"] == "yes", "not today")
        assert try_logon(a, port, "me", "no") is None
        events = [r["TEXT"] for r in g.rows("SESSION_EVENT", session="A")]
        assert "refused by LogonCheck: not today" in events, events
        a.next_out = 1
        assert try_logon(a, port, "me", "yes").type == "A"
        asked = judge.asked[-1]
        assert (asked["SESSION"], asked["COMP_ID"], asked["USERNAME"]) == (
            "A", "A", "me"), asked
        assert asked["ADDRESS"].startswith("127.0.0.1:"), asked
        assert asked["CERTIFICATE"] is None and \
            b"\x01553=me\x01" in asked["FIX_DATA"], asked
        a.logout()
        # No answer: LogonTimeout; meanwhile nobody else waits.
        judge.say = lambda d: None
        a.connect(port).send("A", "98=0|108=30|553=me|554=yes|")
        assert free.sync() == []
        a.expect_closed()
        # It goes while it is asked, and is not there.
        a.next_out -= 1
        asked = len(judge.asked)
        a.connect(port).send("A", "98=0|108=30|553=me|554=yes|")
        fg.wait_until(lambda: len(judge.asked) > asked, what="question")
        judge.stop()
        a.expect_closed()
        a.next_out -= 1
        a.connect(port).send("A", "98=0|108=30|553=me|554=yes|")
        a.expect_closed()
        assert "is not reached" in str(g.rows("SESSION_EVENT"))
        assert free.sync() == []
        judge.say = lambda d: (True, "")
        judge.start()
        a.next_out -= 1
        fg.wait_until(lambda: judge.conns, what="the gateway comes back")

        def lets_in():
            m = try_logon(a, port, "me", "yes")
            if m is None:
                a.next_out -= 1
            return m
        assert fg.wait_until(lets_in, what="logon").type == "A"
    assert g.stop() == 0
    judge.stop()
    g = one(work, AllowedRemoteAddresses="192.0.2.1")
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).send("A", "98=0|108=30")
        p.expect_closed()
    g = one(work, HeartBtIntMin=20)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).send("A", "98=0|108=10")
        m = p.recv()
        assert m is None or m.type == "5", m
        fg.wait_until(lambda: "HeartBtInt" in str(g.rows("SESSION_EVENT")),
                      what="the reason")
    for address, why in (("tcp:192.0.2.1:5", "over the network"),
                         ("here", "is no address")):
        g = one(work, LogonCheck=address)
        assert why in g.log() and "nobody can log on" in g.log(), g.log()
        with fg.Peer("A", "EXCH") as p:
            p.connect(g.port).send("A", "98=0|108=30")
            p.expect_closed()


def one_owner(work):
    """A store has one gateway: a second one does not start."""
    g = one(work)
    h = work.gateway("second%d" % g.port, gateway={"StorePath": g.store})
    fg.Proc.start(h)
    assert h.wait(20) == 1
    assert "in use" in h.log() or "another" in h.log(), h.log()
    assert g.ctl_json("status", "--json", check=False)


def a3_21_two_nodes_are_never_active(work):
    one_owner(work)
    is_refused(work, "ValidateSessionStatusOnLogon", "Y", "one gateway")


def a3_22_no_stamps(work):
    """The owner is known by the lock of its store, which ends with it: there
    is nothing to stamp, nor to wait for."""
    g = one(work, UpdateSessionStatusInterval=500)
    g.kill()
    start = time.monotonic()
    g.start()
    assert time.monotonic() - start < 30
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()


def a3_23_no_stale_stamps(work):
    """The same, and another gateway on the store has it at once."""
    g = one(work, SessionStatusValidityPeriod=3600000)
    with fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        g.kill()
        h = work.gateway("next", gateway={"StorePath": g.store},
                         sessions=g.sessions).start()
        p.connect(g.port).logon()
        assert state(h)["STATE"] == "logged on"


# ---- what programs hear and say ----

def tail(link, table, **more):
    kind, said = link.ask("TAIL", TABLE=table, FROM="beginning", CREDIT=1000,
                          **more)
    assert kind == "TAIL_ACK", said
    return link.ref, [c[0] for c in said["COLUMNS"]]


def listen(link, tails, want, limit=fg.LIMIT):
    """Take rows until want(list of (table, row)) is true; the list."""
    heard = []
    end = time.monotonic() + limit
    while not want(heard):
        assert time.monotonic() < end, heard
        _, ref, said = link.recv()
        table, columns = tails[ref]
        heard += [(table, dict(zip(columns, v))) for v in said["ROWS"]]
    return heard


def a3_24_message_listeners(work):
    """What listeners hear are rows: onCreate, onLogon and onLogoff of
    SESSION_EVENT, fromApp and fromAdmin of FIX_IN, toApp and toAdmin of
    FIX_OUT; who listens cannot block a session."""
    g = one(work)
    with Link(g.socket) as link, Link(g.socket) as ear, \
            fg.Peer("A", "EXCH") as p:
        tails = {}
        for table in ("FIX_IN", "FIX_OUT", "SESSION_EVENT"):
            ref, columns = tail(ear, table, **(
                {} if table == "SESSION_EVENT" else {"ADMIN": True}))
            tails[ref] = (table, columns)
        p.connect(g.port).logon()
        p.send("D", order("in"))
        sent(link)
        p.expect("D")
        p.logout()

        heard = listen(ear, tails, lambda h: len(h) >= 4 + 3 + 3)
        said = [r["EVENT"] for t, r in heard if t == "SESSION_EVENT"]
        assert said == ["connected", "logged-on", "logged-out",
                        "disconnected"], said
        for table, types in (("FIX_IN", ["A", "D", "5"]),
                             ("FIX_OUT", ["A", "D", "5"])):
            got = [(r["MSG_TYPE"], r["ADMIN"]) for t, r in heard if t == table]
            assert got == [(x, x != "D") for x in types], got
        # One that does not read takes nothing from the session.
        with Link(g.socket) as deaf:
            tail(deaf, "FIX_IN")
            p.connect(g.port).logon()
            for i in range(200):
                p.send("D", order(i))
            assert p.sync() == []


def a3_25_message_publishers(work):
    """Any program finds the sessions, hears them, and sends on them: one that
    may use the socket; one of the other socket only hears."""
    g = one(work, gateway={"ReadOnlyControlSocket": work.path("ro.sock")})
    assert os.stat(g.socket).st_mode & 0o777 == 0o660
    with Link(work.path("ro.sock")) as link:
        kind, said = link.ask("EVENT_FIX_SEND", SESSION="A", MSG_TYPE="D",
                              FIELDS=FIELDS)
        assert (kind, said["CODE"]) == ("EVENT_NACK", "READ_ONLY"), said
    with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        kind, said = link.ask("SESSIONS")
        assert [(s["SESSION"], s["STATE"]) for s in said["SESSIONS"]] == \
            [("A", "logged on")], said
        kind, said = link.ask("SESSIONS", SESSION="B")
        assert (kind, said["CODE"]) == ("NACK", "NO_SESSION"), said
        ref, columns = tail(link, "FIX_IN", SESSION="A", ADMIN=False)
        p.send("D", order("in"))
        heard = listen(link, {ref: ("FIX_IN", columns)}, len)
        assert heard[0][1]["CL_ORD_ID"] == "in"
        assert sent(link)["MSG_SEQ_NUM"] == p.expect("D").seq


def a3_26_the_message_store(work):
    """What a message store can do: a range of messages; next numbers, read and
    set; when it was made; reset."""
    g = one(work)
    with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
        p.connect(g.port).logon()
        for _ in range(5):
            sent(link)
            p.expect("D")
        kind, said = link.ask("READ", TABLE="FIX_OUT", AFTER=2, MAX_ROWS=2)
        assert [r[0] for r in said["ROWS"]] == [3, 4], said
        assert (state(g)["NEXT_IN"], state(g)["NEXT_OUT"]) == (2, 7)
        p.logout()
        fg.wait_until(lambda: state(g)["STATE"] != "logged on" and
                      g.ctl("session", "seq", "A", "--next-in", 50,
                            "--next-out", 60, "--reason", "x", "--yes",
                            check=False), what="set")
        assert (state(g)["NEXT_IN"], state(g)["NEXT_OUT"]) == (50, 60)
        p.next_out = 50
        p.connect(g.port)
        assert p.logon().seq == 60
        epoch = state(g)["EPOCH"]
        p.logout()
        g.ctl("session", "reset", "A", "--reason", "new", "--yes")
        got = state(g)
        assert (got["NEXT_IN"], got["NEXT_OUT"]) == (1, 1), got
        assert got["EPOCH"] == epoch + 1, got
        made = [r["TIMESTAMP"] for r in g.rows("SESSION_EVENT")
                if r["EVENT"] == "reset" and r["EPOCH"] == epoch]
        assert len(made) == 1, g.rows("SESSION_EVENT")


def a3_27_bytes_stay_what_they_are(work):
    """No charset: what came is stored, and sent again, byte for byte."""
    g = one(work)
    for text in (b"caf\xe9", "caf\u00e9 \u20ac".encode(), b"\x80\xff"):
        with Link(g.socket) as link, fg.Peer("A", "EXCH") as p:
            p.next_out = state(g)["NEXT_IN"]
            p.connect(g.port).logon()
            raw = p.send("D", order(1, "58=%s|" % text.decode("latin-1")))
            p.sync()
            row = [r for r in g.rows("FIX_IN", admin=False)][-1]
            assert row["FIX_DATA"].encode("latin-1") == raw, row
            kind, said = link.ask(
                "EVENT_FIX_SEND", SESSION="A", MSG_TYPE="D",
                FIELDS=[[k, v] for k, v in FIELDS.items()] +
                [["ClOrdID", "S"], ["Text", text]])
            assert kind == "EVENT_ACK", said
            first = p.expect("D")
            assert first[58].encode("latin-1") == text, first
            p.send("2", "7=%d|16=%d" % (first.seq, first.seq))
            assert p.expect("D").content() == first.content()


def main():
    tests = {name: f for name, f in globals().items()
             if re.match(r"a3_\d+_", name)}
    for name in sys.argv[1:] or sorted(
            tests, key=lambda n: int(n.split("_")[1])):
        start = time.monotonic()
        with fg.Work() as work:
            tests[name](work)
        print("ok %s %.1f s" % (name, time.monotonic() - start))
        sys.stdout.flush()


main()
