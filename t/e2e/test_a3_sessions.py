#!/usr/bin/env python3
"""Rows A3 of the feature map: sessions and where messages go. One test for each,
named after it; t/e2e/rows.txt is the table. With names of tests as arguments,
only those.

Where fixgate does it in another way, or does not have what the row is about,
the test shows what it does instead; man/fixgate.conf.5 says so, too."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import a3
import fixgate as fg
from a3 import FIELDS, order, one, state, is_refused
from link import Link

fg.need("fixgated", "fixgatectl")


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
    is_initiator = fg.initiator("EXCH", "OUT", fg.free_port())
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


a3.run(globals())
