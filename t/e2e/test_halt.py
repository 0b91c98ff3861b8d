#!/usr/bin/env python3
"""halt and resume: of a halted session no message of an application leaves, by
whatever way, over restarts, too; everything else goes on."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")
SURE = ["--reason", "the algorithm is mad", "--yes"]


def order(n):
    return {"SESSION": "BANK", "MSG_TYPE": "D", "FIELDS": {
        "ClOrdID": str(n), "Symbol": "X", "Side": "1", "OrderQty": "1",
        "OrdType": "1", "TransactTime": "20260105-09:00:00"}}


def refused(g, want, status, *args):
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket] +
                       [str(a) for a in args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                       timeout=fg.LIMIT)
    assert r.returncode == status, (args, r)
    assert want in r.stderr.decode(), (args, r.stderr)


def sends(link, n):
    """The type and code of the answer."""
    kind, said = link.ask("EVENT_FIX_SEND", **order(n))
    return kind, said.get("CODE"), said.get("RETRY")


def on_lane(link, lane, n):
    return link.send("EVENT_FIX_SEND", LANE=lane, SEQUENCE=n, PART=0,
                     **order("L%d" % n))


def asked(g):
    """Who asks, and why, has to be said."""
    refused(g, "--reason TEXT is needed", 1, "halt", "BANK", "--yes")
    refused(g, "add --yes", 1, "halt", "BANK", "--reason", "x")
    refused(g, "SESSION, or all, is needed", 1, "halt", *SURE)
    refused(g, "NO_SESSION", 3, "halt", "NOBODY", *SURE)
    refused(g, "it is not halted", 3, "resume", "BANK", *SURE)
    refused(g, "they are not halted", 3, "resume", "all", *SURE)
    with Link(os.path.join(g.store, "status.sock")) as link:
        kind, said = link.ask("HALT", REASON="x")
        assert (kind, said["CODE"]) == ("NACK", "READ_ONLY"), said
    with Link(g.socket) as link:
        kind, said = link.ask("HALT")
        assert (kind, said["CODE"]) == ("NACK", "BAD_REQUEST"), said
    print("ok asked")


def logged_on(g, p, link):
    """Orders are refused, a lane waits, the session lives."""
    assert sends(link, 1)[0] == "EVENT_ACK"
    p.expect("D", t11="1")
    assert "halted" in g.ctl("halt", "BANK", *SURE)
    assert sends(link, 2) == ("EVENT_NACK", "HALTED", True)
    refused(g, "BANK is halted: fixgatectl (uid %d): the algorithm is mad" %
            os.getuid(), 3, "send", "BANK", "MsgType=D", "ClOrdID=2")
    kind, lane = link.ask("LANE_OPEN", CONSUMER="C", KEY="K", SEND="1",
                          SOURCE="s/T/1")
    assert kind == "LANE_ACK", lane
    ref = on_lane(link, lane["LANE"], 1)
    kind, got, said = link.recv()
    assert (kind, got, said["CODE"]) == ("EVENT_NACK", ref, "HALTED"), said
    p.sync()  # heartbeats come
    p.send("D", "11=A|55=X|54=1|38=1|40=1|60=" + fg.utc())
    assert [m.type for m in p.sync()] == []
    assert g.rows("FIX_IN", admin=False)[-1]["CL_ORD_ID"] == "A"

    # What is asked for again: what is the session's, up to the order.
    p.send("2", "7=1|16=0")
    p.send("1", "112=STILL")
    came = []
    while not came or came[-1].get(112) != "STILL":
        came.append(p.recv())
    assert "D" not in [m.type for m in came], came
    text = g.ctl("session", "show", "BANK")
    assert "(halted)" in text, text
    status = g.ctl_json("status", "--json", check=False)[0]
    advice = [a for a in status["ADVICE"] if a["SUBJECT"] == "BANK"]
    assert status["HEALTH"] == "WARNING" and len(advice) == 1, status
    assert "the algorithm is mad" in advice[0]["TEXT"], advice
    print("ok logged on")
    return lane["LANE"]


def resumed(g, p, link, lane):
    """All that waited comes, each once and in its order."""
    assert "resumed" in g.ctl("resume", "BANK", *SURE)
    came = []
    while not came or came[-1].type != "D":
        came.append(p.recv())
    assert came[-1][11] == "1" and came[-1].poss_dup, came
    ref = on_lane(link, lane, 1)
    kind, got, said = link.recv()
    assert (kind, got) == ("EVENT_ACK", ref), said
    p.expect("D", skip_types=("0", "4"), t11="L1")
    assert sends(link, 3)[0] == "EVENT_ACK"
    p.expect("D", t11="3")
    print("ok resumed")


def waiting(g, p, link, port):
    """Logged off: what was accepted before the halt waits for its end, not
    for the logon, whatever happens to the process."""
    p.logout()
    assert sends(link, 4)[0] == "EVENT_ACK"
    g.ctl("halt", "all", *SURE)
    assert sends(link, 5) == ("EVENT_NACK", "HALTED", True)
    g.kill()
    g.start()
    p.connect(port)
    p.logon()
    assert [m.type for m in p.sync() if m.type != "0"] == []
    refused(g, "all sessions are halted", 3, "resume", "BANK", *SURE)
    # One that comes later is as all.
    g.ctl("session", "create", "LATER", "BeginString=FIX.4.4",
          "SenderCompID=EXCH", "TargetCompID=LATER",
          "ConnectionType=acceptor", "SocketAcceptPort=%d" % port,
          "DataDictionary=" + fg.dictionary("FIX.4.4"))
    refused(g, "LATER is halted", 3, "send", "LATER", "MsgType=D",
            "ClOrdID=1")
    g.ctl("halt", "LATER", *SURE)
    g.ctl("resume", "all", *SURE)
    p.expect("D", t11="4")
    refused(g, "LATER is halted", 3, "send", "LATER", "MsgType=D",
            "ClOrdID=1")
    # Its name stays halted, with or without it.
    g.ctl("session", "delete", "LATER", *SURE)
    assert g.stop() == 0
    g.start()
    assert "BANK" in g.ctl("session", "show")
    print("ok waiting")


def cancels(work):
    """With --cancel: one request for all orders, in spite of the halt."""
    old, new = fg.free_port(), fg.free_port()
    g = work.gateway("c", sessions=[
        fg.acceptor("EXCH", "NEW", new, SessionName="NEW", SendMsgTypes="D"),
        fg.acceptor("EXCH", "OLD", old, "FIX.4.2", SessionName="OLD"),
        fg.acceptor("EXCH", "OFF", new, SessionName="OFF"),
        fg.acceptor("EXCH", "BARE", new, SessionName="BARE",
                    UseDataDictionary="N")])
    g.start()
    with fg.Peer("NEW", "EXCH") as p, fg.Peer("OLD", "EXCH", "FIX.4.2") as q:
        p.connect(new)
        p.logon()
        q.connect(old)
        q.logon()
        for name, why in (("OLD", "its dictionary (FIX.4.2) has no OrderMass"),
                          ("OFF", "it is not logged on"),
                          ("BARE", "it has no dictionary")):
            refused(g, "nothing was changed: the orders of %s cannot be "
                    "cancelled: %s" % (name, why), 3, "halt", name,
                    "--cancel", *SURE)
            assert "(halted)" not in g.ctl("session", "show", name)
        text = g.ctl("halt", "NEW", "--cancel", *SURE)
        m = p.expect("q", t530="7")
        assert m[11].startswith("MC2") and m[11] in text, (m, text)
        assert "halted; 1 asked to cancel all orders" in text, text
        event = g.last_row("SESSION_EVENT", "NEW")
        assert event["EVENT"] == "halted" and "mad; OrderMassCancelRequest " \
            + m[11] in event["TEXT"], event
        # Again, as it did not help; and with those that cannot.
        r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket, "halt",
                            "all", "--cancel", *SURE], timeout=fg.LIMIT,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = r.stdout.decode()
        assert r.returncode == 4, r
        assert "1 asked to cancel" in said and "OLD (its dictionary" in said \
            and "OFF (it is not logged on)" in said, said
        p.expect("q", t530="7")
        assert q.sync() == []
        for name in ("OLD", "OFF", "BARE", "NEW"):
            assert "(halted)" in g.ctl("session", "show", name), name
        refused(g, "unknown option", 1, "resume", "all", "--cancel", *SURE)
    assert g.stop() == 0
    print("ok cancels")


def told(g):
    """Each is an event, with who and why."""
    said = [(r["CONNECTION_NAME"], r["EVENT"], r["TEXT"])
            for r in g.rows("SESSION_EVENT")
            if r["EVENT"] in ("halted", "resumed")]
    assert [s[:2] for s in said] == [
        ("BANK", "halted"), ("BANK", "resumed"), ("BANK", "halted"),
        ("LATER", "halted"), ("BANK", "resumed"), ("LATER", "resumed")], said
    for s in said:
        assert "uid %d" % os.getuid() in s[2] and "mad" in s[2], s
    print("ok told")


with fg.Work() as work:
    at = fg.free_port()
    gate = work.gateway("g", sessions=[
        fg.acceptor("EXCH", "BANK", at, SessionName="BANK")])
    gate.start()
    asked(gate)
    with fg.Peer("BANK", "EXCH") as peer:
        peer.connect(at)
        peer.logon()
        with Link(gate.socket) as client:
            number = logged_on(gate, peer, client)
            resumed(gate, peer, client, number)
            waiting(gate, peer, client, at)
    told(gate)
    assert gate.stop() == 0
    cancels(work)
