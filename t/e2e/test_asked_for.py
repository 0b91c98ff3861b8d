#!/usr/bin/env python3
"""What users of other engines asked for in vain, each closed by a case of its
number; t/conf/asked_for.txt has the list. See t/lib/cases.py."""

import datetime
import os
import signal
import socket
import struct
import sys
import time
import zoneinfo

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import tls
from link import Link

fg.need("fixgated", "fixgatectl")

order = cases.order


def session(g):
    return g.ctl_json("session", "show", "S", "--json")[0]


def schedule(g):
    """Edges of session S: (what, time)."""
    return [(e["EDGE"].split(", "), datetime.datetime.strptime(
        e["TIME"][:17], "%Y%m%d-%H:%M:%S").replace(
            tzinfo=datetime.timezone.utc))
            for e in g.ctl_json("session", "schedule", "S", "--json")]


def scheduled(work, **keys):
    return work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", fg.free_port(), SessionName="S", NonStopSession=None,
        **keys)]).start()


def send(g, n, text=""):
    """As many orders, with ClOrdIDs from 0 on."""
    g.send_file("S", ["35=D|11=%d|55=X|58=%s|" % (i, text or i)
                      for i in range(n)])


def reset(sock):
    """Close with RST, not with FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


# ---- resends ----

def e01_chunked_resend_requests(work):
    _, p = cases.logged_on(work, ResendRequestChunkSize=2)
    p.send("0", seq=6)
    p.expect("2", t7=2, t16=3)
    p.send("0", seq=2)
    p.send("0", seq=3)
    p.expect("2", t7=4, t16=5)
    p.send("0", seq=4)
    p.send("0", seq=5)
    p.next_out = 7
    assert p.sync() == []


def e08_rate_of_resends(work):
    g, p = cases.logged_on(work, MaxResendRate=5)
    send(g, 5)
    for _ in range(5):
        p.expect("D")
    begun = time.monotonic()
    p.send("2", "7=1|16=0|")
    for n in range(5):
        p.expect("D", skip_types=("4",), t11=n)
    assert time.monotonic() - begun > 0.75


def e09_a_request_to_infinity(work):
    """It is read in pieces, and can be capped."""
    g, p = cases.logged_on(work, MaxResendMessages=10000)
    send(g, 20000, "x" * 1000)
    for _ in range(20000):
        p.recv()
    before = g.memory()
    p.send("2", "7=1|16=0|")
    m = p.expect("4")
    assert (m.seq, m[36], m[123]) == (1, "10002", "Y"), m
    for n in range(10000, 20000):
        p.expect("D", t11=n, t43="Y")
    if os.environ.get("FG_SANITIZER", "no") == "no" and not fg.valgrind():
        assert g.memory() - before < 8 << 20, (before, g.memory())


def e10_early_messages_are_bounded(work):
    g, p = cases.logged_on(work, MaxEarlyMessages=100)
    for n in range(3, 1003):
        p.send("D", order(n=n), seq=n)
    p.expect("2", t7=2)
    p.send("D", order(n=2), seq=2)
    p.send("0", seq=1003)
    p.expect("2", t7=103)
    for n in range(103, 1003):
        p.send("D", order(n=n), seq=n, head="43=Y|122=%s|" % fg.utc())
    p.next_out = 1004
    p.sync()
    assert len(g.rows("FIX_IN", admin=False)) == 1001


def e17_a_resend_request_that_was_lost(work):
    """The connection went with it: the next one asks again."""
    g, p = cases.logged_on(work)
    p.send("0", seq=5)
    p.expect("2", t7=2)
    reset(p.sock)
    p.sock = None
    fg.wait_until(lambda: g.ctl_json("--json", "session", "show", "S")[0][
        "STATE"] != "logged on", what="the loss")
    p.connect(p.port)
    p.send("A", "98=0|108=30|", seq=6)
    p.expect("A")
    p.expect("2", t7=2)


def e18_a_damaged_store_sends_no_damaged_order(work):
    """It is found at the start."""
    g, p = cases.logged_on(work)
    send(g, 3, "UNDAMAGED")
    for _ in range(3):
        p.expect("D")
    p.logout()
    assert g.stop() == 0
    for name in os.listdir(g.store):
        if name.startswith("FIX_OUT."):
            with open(os.path.join(g.store, name), "r+b") as f:
                text = f.read()
                f.seek(0)
                f.write(text.replace(b"UNDAMAGED", b"ZZDAMAGED"))
    fg.Proc.start(g)
    assert g.wait() == 1
    assert "FIX_OUT" in g.log() and "recover" in g.log(), g.log()


def e19_session_messages_are_never_resent(work):
    g, p = cases.logged_on(work)
    for _ in range(3):
        p.sync()
    send(g, 1)
    p.expect("D", t34=5)
    p.send("2", "7=1|16=0|")
    p.expect("4", t34=1, t36=5, t123="Y")
    p.expect("D", t34=5)


def e23_one_request_on_a_busy_feed(work):
    g, p = cases.logged_on(work)
    for n in range(4, 200):
        p.send("D", order(n=n), seq=n)
    p.expect("2", t7=2)
    for n in (2, 3):
        p.send("D", order(n=n), seq=n, head="43=Y|122=%s|" % fg.utc())
    p.next_out = 200
    assert p.sync() == []
    assert len(g.rows("FIX_IN", admin=False)) == 198


def e24_named_4_1_but_resends_like_4_2(work):
    """It asks with 16=0, and is asked with the last missing number."""
    g, p = cases.logged_on(work, "FIX.4.1", ClosedResendInterval="Y")
    send(g, 2)
    for _ in range(2):
        p.expect("D")
    p.send("2", "7=2|16=0|")
    for n in range(2):
        p.expect("D", t11=n, t43="Y")
    p.send("0", seq=5)
    p.expect("2", t7=3, t16=4)


def e29_a_test_request_in_a_long_resend(work):
    g, p = cases.logged_on(work, MaxResendRate=10)
    send(g, 40)
    for _ in range(40):
        p.expect("D")
    p.raw(p.build("2", "7=1|16=0|") + p.build("1", "112=THERE?"))
    n = 0
    while True:
        m = p.recv()
        if m.type == "0" and m.get(112) == "THERE?":
            break
        n += m.type == "D"
    assert n < 40, "it waited for the resend"
    while n < 40:
        n += p.recv().type == "D"
    assert p.sync() == []


# ---- numbers ----

def e14_a_heartbeat_beside_a_reset(work):
    """The answer to a Logon that resets is number 1, whatever else is due."""
    _, p = cases.logged_on(work, HeartBtIntOverride="Y", HeartBtInt=2)
    for _ in range(3):
        time.sleep(1.95)  # a Heartbeat is due about now
        p.next_out = 1
        # Where we are late it may ask whether we are there.
        p.send("A", "98=0|108=2|141=Y|")
        assert p.expect("A", skip_types=("0", "1"), t141="Y").seq == 1
        p.send("1", "112=X")
        seq = 2
        while True:
            m = p.recv()
            assert m.seq == seq and m.type in ("0", "1"), m
            if m.get(112) == "X":
                break
            seq += 1


def e35_a_reset_is_said(work):
    _, p = cases.logged_on(work, ResetOnLogon="Y", Echo141="always")
    p.logout()
    p.next_out = 1
    p.connect(p.port)
    assert p.logon()[141] == "Y"


# ---- sessions that come and go ----

def e02_an_acceptor_session_without_a_file(work):
    g, _ = cases.logged_on(work)
    port = fg.free_port()
    g.ctl("session", "create", "NEW", *(
        "%s=%s" % kv for kv in fg.acceptor("EXCH", "FUND", port).items()))
    with fg.Peer("FUND", "EXCH") as p:
        p.connect(port).logon()
        p.sync()


def e26_wildcard_acceptors(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "*", port, AcceptorTemplate="Y")]).start()
    for name in ("ONE", "TWO"):
        with fg.Peer(name, "EXCH") as p:
            p.connect(port).logon()
            p.sync()
    assert "FIX.4.4:EXCH->TWO" in g.ctl("session", "show")


def e33_sessions_are_managed_at_run_time(work):
    g, p = cases.logged_on(work)
    assert session(g)["STATE"] == "logged on"
    g.ctl("session", "stop", "S")
    p.expect("5")
    p.send("5")
    p.expect_closed()
    fg.wait_until(lambda: session(g)["STATE"] == "not connected")
    g.ctl("session", "reset", "S", "--reason", "test", "--yes")
    g.ctl("session", "start", "S")
    p.next_out = 1
    p.connect(p.port)
    assert p.logon().seq == 1


def e12_the_next_host_when_reset_during_logon(work):
    with fg.Peer("EXCH", "BANK") as first, fg.Peer("EXCH", "BANK") as second:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", first.listen(), SocketConnectHost1="127.0.0.1",
            SocketConnectPort1=second.listen())]).start()
        first.accept()
        first.expect("A")
        reset(first.sock)
        first.sock = None
        second.accept()
        second.answer_logon()
        second.sync()


# ---- the schedule ----

def e04_work_days(work):
    """On another day an initiator does not even connect."""
    today = datetime.datetime.now(datetime.timezone.utc)
    day = (today + datetime.timedelta(3)).strftime("%a")
    with fg.Peer("EXCH", "BANK") as p:
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", p.listen(), SessionName="S", NonStopSession=None,
            StartTime="00:00:00", EndTime="23:59:59", Weekdays=day)]).start()
        assert {t.strftime("%a") for _, t in schedule(g)} == {day}
        try:
            p.accept(2)
            raise AssertionError("it connected")
        except TimeoutError:
            pass


def e13_sent_outside_the_window(work):
    """It is kept for the next one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    later = now + datetime.timedelta(hours=2)
    port = fg.free_port()
    keys = {"NonStopSession": None, "SessionName": "S",
            "EndTime": (now + datetime.timedelta(hours=4)).strftime("%X")}
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, StartTime=later.strftime("%X"), **keys)]).start()
    g.ctl("send", "S", "MsgType=D", "ClOrdID=EARLY")
    assert g.stop() == 0
    begun = now - datetime.timedelta(seconds=2)
    g.sessions[0]["StartTime"] = begun.strftime("%X")
    g.configure()
    g.start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()
        m = p.expect("D", t11="EARLY")
        assert m.get(43) is None, m


def e15_start_and_end_in_two_zones(work):
    """When clocks change: t/schedule/."""
    new_york, london = (zoneinfo.ZoneInfo(z) for z in
                        ("America/New_York", "Europe/London"))
    g = scheduled(work, StartTime="17:00:00 America/New_York",
                  EndTime="21:30:00 Europe/London")
    for what, t in schedule(g):
        if "start" in what:
            assert t.astimezone(new_york).strftime("%X") == "17:00:00", t
        if "end" in what:
            assert t.astimezone(london).strftime("%X") == "21:30:00", t


def e16_weekdays_and_the_night(work):
    """A window that begins on Friday ends on Saturday."""
    g = scheduled(work, StartTime="22:00:00", EndTime="05:00:00",
                  Weekdays="Fri")
    got = {(w, t.strftime("%a %X")) for what, t in schedule(g) for w in what}
    assert got == {("start", "Fri 22:00:00"), ("end", "Sat 05:00:00")}, got


# ---- dictionaries ----

def e05_switches_without_a_dictionary(work):
    """Nothing is validated: no switch is needed, and none is ignored."""
    g, p = cases.logged_on(work, UseDataDictionary="N", DataDictionary=None,
                           ValidateFieldsHaveValues="N",
                           ValidateFieldsOutOfOrder="N")
    p.send("D", order("58=|50=DESK|9999=x|"))
    assert p.sync() == []
    assert len(g.rows("FIX_IN", admin=False)) == 1


def parties(work, **keys):
    """The tags of an order whose group was given in any order."""
    g, p = cases.logged_on(work, **keys)
    with Link(g.socket) as link:
        kind, said = link.ask("EVENT_FIX_SEND", SESSION="S", MSG_TYPE="D",
                              FIELDS={"ClOrdID": "A", "NoPartyIDs": [
                                  {"PartyRole": 3, "PartyID": "ME",
                                   "PartyIDSource": "D"}]})
        assert kind == "EVENT_ACK", said
    return [t for t, _ in p.expect("D").fields if t in (447, 448, 452)]


def e07_order_of_fields(work):
    """Whatever order they are given in, or just that."""
    raw = "35=D|55=X|11=1|38=1|"
    g, p = cases.logged_on(work)
    g.ctl("send", "S", "--raw", raw)
    m = p.expect("D")
    assert [t for t, _ in m.fields][7:-1] == [11, 38, 55], m
    p.logout()
    g.stop()
    g.sessions[0]["PreserveMessageFieldsOrder"] = "Y"
    g.configure()
    g.start()
    p.connect(p.port)
    p.logon()
    g.ctl("send", "S", "--raw", raw)
    m = p.expect("D")
    assert [t for t, _ in m.fields][7:-1] == [55, 11, 38], m


def e30_order_of_a_group_by_the_dictionary(work):
    assert parties(work) == [448, 447, 452]


def e21_a_custom_dictionary_is_the_one_that_checks(work):
    """Of FIXT: in the application's Text (58) is 9999, in the transport's
    OnBehalfOfCompID (115) is 9998."""
    app = cases.changed(work, "FIX.5.0SP2", 'number="58"', 'number="9999"',
                        "app.xml")
    transport = cases.changed(work, "FIXT.1.1", 'number="115"',
                              'number="9998"', "transport.xml")
    _, p = cases.logged_on(
        work, "FIXT.1.1", body="1137=9|", DataDictionary=None,
        DefaultApplVerID="FIX.5.0SP2", AppDataDictionary=app,
        TransportDataDictionary=transport)
    p.send("D", order("9999=x|"), head="9998=A|")
    assert p.sync() == []
    p.send("D", order("58=x|"))
    p.expect("3", t371=58)


def e22_order_inside_nested_groups(work):
    _, p = cases.logged_on(work)
    group = "453=1|448=A|447=D|452=3|802=1|%s|%s|"
    p.send("D", order(group % ("523=X", "803=1")))
    assert p.sync() == []
    p.send("D", order(group % ("803=1", "523=X")))
    p.expect("3")


def e34_unordered_groups(work):
    g, p = cases.logged_on(work, ValidateUnorderedGroupFields="N")
    p.send("D", order("453=2|448=A|452=3|447=D|448=B|447=D|452=1|"))
    assert p.sync() == []
    assert len(g.rows("FIX_IN", admin=False)) == 1


# ---- the store, the log, secrets ----

def e31_tls_without_a_tunnel(work):
    tls.need()
    path = tls.certs(work)
    with tls.Peer("EXCH", "BANK", tls.server(path)) as p:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", p.listen(),
            **tls.settings(path, own="client"))]).start()
        p.accept()
        p.answer_logon()
        p.sync()

def e20_a_store_is_used_by_one(work):
    """What a full disk does is in t/store/ and test_bad_input.py."""
    g, p = cases.logged_on(work)
    second = work.gateway("second", gateway={"StorePath": g.store}, sessions=[
        fg.acceptor("EXCH", "BANK", fg.free_port())])
    fg.Proc.start(second)
    assert second.wait() == 1
    assert str(g.pid()) in second.log(), second.log()
    assert p.sync() == []


def e27_a_new_log_file(work):
    log = work.path("log")
    g = work.gateway("gw", gateway={"LogTarget": log}, sessions=[
        fg.acceptor("EXCH", "BANK", fg.free_port())])
    fg.Proc.start(g)
    fg.wait_until(lambda: os.path.exists(log) and "ready" in open(log).read())
    os.rename(log, log + ".1")
    g.signal(signal.SIGHUP)
    fg.wait_until(lambda: os.path.exists(log))
    g.stop()
    assert open(log).read() != ""


def e25_no_password_in_the_log(work):
    g, p = cases.logged_on(work)
    with fg.Peer("WHO", "EXCH") as stranger:
        stranger.connect(p.port)
        stranger.send("A", "98=0|108=30|553=joe|554=hunter2|")
        stranger.expect_closed()
    fg.wait_until(lambda: "refused" in g.log())
    assert "553=joe" in g.log() and "hunter2" not in g.log(), g.log()


def e28_a_password_in_the_logon(work):
    os.environ["FG_PASSWORD"] = "hunter2"
    _, p = cases.dialled(work, LogonTag="553=joe",
                         LogonTag1="554=${FG_PASSWORD}")
    p.expect("A", t553="joe", t554="hunter2")


cases.run(globals())
