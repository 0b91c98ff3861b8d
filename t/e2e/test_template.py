#!/usr/bin/env python3
"""AcceptorTemplate: sessions that a Logon makes: whom, how many, and what a
restart, a reload and an operator make of them."""

import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


def template(port, **keys):
    return fg.acceptor("EXCH", keys.pop("TargetCompID", "*"), port,
                       AcceptorTemplate="Y", **keys)


def sessions(g):
    """Name to all about it."""
    return {s["SESSION"]: s for s in g.ctl_json("--json", "session", "show")}


def made(target):
    return "FIX.4.4:EXCH->" + target


def refused(g, port, peer, why, head=""):
    """The Logon is refused without a byte, and the log says why."""
    before = g.log().count(why)
    had = set(sessions(g))
    peer.connect(port)
    peer.send("A", "98=0|108=30", head=head, seq=1)
    peer.expect_closed()
    fg.wait_until(lambda: g.log().count(why) > before, what=why)
    assert set(sessions(g)) == had


def a_logon_makes_a_session_that_stays(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "KNOWN", port, SessionName="KNOWN"),
        template(port, SessionName="T", HeartBtInt=17)]).start()
    assert list(sessions(g)) == ["KNOWN"]
    with fg.Peer("NEW", "EXCH") as p, fg.Peer("KNOWN", "EXCH") as known:
        known.connect(port).logon()
        assert list(sessions(g)) == ["KNOWN"] # it has its own
        p.connect(port).logon()
        s = sessions(g)
        assert sorted(s) == [made("NEW"), "KNOWN"]
        assert s[made("NEW")]["TEMPLATE"] == "T" and \
            s[made("NEW")]["CREATED"], s
        assert s["KNOWN"]["TEMPLATE"] == ""
        assert "template         T\n" in g.ctl("session", "show", made("NEW"))
        assert made("NEW") in g.ctl("session", "show")
        said = [r["TEXT"] for r in g.rows("SESSION_EVENT",
                                          session=made("NEW"))
                if r["EVENT"] == "added"]
        assert len(said) == 1 and "template T" in said[0] and \
            "127.0.0.1:" in said[0], said
        p.send("D", "11=1|55=X|54=1|38=10|40=1|60=" + fg.utc())
        p.sync()
        assert len(g.rows("FIX_IN", session=made("NEW"), admin=False)) == 1
        # Others can speak to it at once.
        g.ctl("send", made("NEW"), "--raw",
              "35=8|37=1|17=1|150=0|39=0|55=X|54=1|151=10|14=0|6=0|")
        p.expect("8")
        for end in (g.stop, g.kill):
            end()
            g.start()
            assert sorted(sessions(g)) == [made("NEW"), "KNOWN"]
            assert sessions(g)[made("NEW")]["TEMPLATE"] == "T"
            before = p.next_out
            p.connect(port).logon()
            assert sessions(g)[made("NEW")]["NEXT_IN"] == before + 1
        # An operator keeps it out.
        g.ctl("session", "disable", made("NEW"))
        p.expect("5")
        p.send("5")
        p.expect_closed()
        g.kill()
        g.start()
        s = sessions(g)[made("NEW")]
        assert not s["ENABLED"] and s["TEMPLATE"] == "T", s
        p.connect(port)
        p.send("A", "98=0|108=30")
        p.expect_closed()
        g.ctl("session", "enable", made("NEW"))
        p.next_out = sessions(g)[made("NEW")]["NEXT_IN"]
        p.connect(port).logon()
    assert g.stop() == 0, g.log()


def every_id_may_be_a_wildcard(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        template(port, SessionName="LOOSE", TargetSubID="*"),
        template(port, SessionName="CLOSE", TargetCompID="VIP",
                 TargetSubID="*", TargetLocationID="*"),
        template(port, SessionName="OWN", SenderCompID="*", SenderSubID="*",
                 SenderLocationID="*", TargetCompID="ANY",
                 SessionQualifier="*")]).start()
    with fg.Peer("A", "EXCH") as p:
        # * is some value, not none.
        refused(g, port, p, "no such session")
        for sub in ("x", "y"):
            p.connect(port)
            p.send("A", "98=0|108=30", head="50=" + sub, seq=1)
            m = p.expect("A")
            assert m[57] == sub, m
        assert {n: s["TEMPLATE"] for n, s in sessions(g).items()} == {
            made("A/x"): "LOOSE", made("A/y"): "LOOSE"}
    with fg.Peer("VIP", "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30", head="50=x|142=NY", seq=1)
        m = p.expect("A")
        assert (m[57], m[143]) == ("x", "NY"), m
        assert sessions(g)[made("VIP/x/NY")]["TEMPLATE"] == "CLOSE"
    with fg.Peer("ANY", "HERE") as p:
        p.connect(port)
        p.send("A", "98=0|108=30", head="57=desk|143=LN", seq=1)
        m = p.expect("A")
        assert (m[49], m[50], m[142]) == ("HERE", "desk", "LN"), m
        assert sessions(g)["FIX.4.4:HERE/desk/LN->ANY"]["TEMPLATE"] == "OWN"
    assert g.stop() == 0, g.log()


def who_may_not_makes_none(work):
    port, other = fg.free_port(), fg.free_port()
    g = work.gateway("gw", sessions=[
        template(port, SessionName="FEW", MaxTemplateSessions=2,
                 SenderCompID="FEW"),
        template(port, SessionName="FAR", SenderCompID="FAR",
                 AllowedRemoteAddresses="127.0.0.9"),
        template(port, SessionName="OFF", SenderCompID="OFF", Enabled="N"),
        template(port, SessionName="NIGHT", SenderCompID="NIGHT",
                 NonStopSession=None,
                 StartTime=fg.utc(time.time() + 3600)[9:17],
                 EndTime=fg.utc(time.time() + 7200)[9:17]),
        fg.initiator("EXCH2", "BANK", other)]).start()
    assert list(sessions(g)) == ["FIX.4.4:EXCH2->BANK"]
    for target, why in (("FAR", "the address is not in"),
                        ("OFF", "template OFF: the template is not enabled"),
                        ("NIGHT", "template NIGHT: outside its schedule"),
                        ("NOBODY", "no such session")):
        with fg.Peer("A", target) as p:
            refused(g, port, p, why)
    for value in (" A", "A ", "*", "${HOME}", "A\tB", "A\nEnabled=N", "a/b",
                  "\xe4", "A\x7f"):
        with fg.Peer(value, "FEW") as p:
            refused(g, port, p, "could be no TargetCompID")
    with fg.Peer("A" * 120, "FEW") as p:
        refused(g, port, p, "template FEW: ")
    with fg.Peer("A", "FEW", begin="FIX.4.2") as p:
        refused(g, port, p, "no such session")
    with fg.Peer("A", "FEW") as p:
        p.connect(port)
        p.raw(p.build("A", "98=0|108=30")[:-4] + b"999\x01")
        p.expect_closed()
        assert len(sessions(g)) == 1
        p.next_out = 1
    # Two, and no more until one goes.
    for name in ("A", "B"):
        with fg.Peer(name, "FEW") as p:
            p.connect(port).logon()
            p.logout()
    with fg.Peer("C", "FEW") as p:
        refused(g, port, p, "MaxTemplateSessions=2")
        advice = [a for a in g.ctl_json("--json", "status", check=False)[0][
            "ADVICE"] if a["SUBJECT"] == "FEW"]
        assert len(advice) == 1 and advice[0]["LEVEL"] == "WARNING" and \
            "nobody new is let in" in advice[0]["TEXT"], advice
        g.kill()
        g.start()
        refused(g, port, p, "MaxTemplateSessions=2")
        g.ctl("session", "delete", "FIX.4.4:FEW->A", "--reason", "gone",
              "--yes")
        fg.wait_until(lambda: "FIX.4.4:FEW->A" not in sessions(g))
        p.next_out = 1
        p.connect(port).logon()
    assert g.stop() == 0, g.log()


def a_reload_obeys_a_changed_template(work):
    port, other = fg.free_port(), fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()

    def reload(*units):
        g.sessions = [fg.acceptor("EXCH", "A", port, SessionName="A"),
                      *units]
        g.configure()
        got = g.ctl_json("--json", "reload", check=False)[0]
        assert got["APPLIED"], got
        return {k: sorted(got[k]) for k in ("ADDED", "CHANGED", "REMOVED",
                                            "UNTOUCHED")}

    with fg.Peer("N", "EXCH") as p, fg.Peer("M", "EXCH") as q:
        refused(g, port, p, "no such session")
        # It comes, on a port of its own.
        assert reload(template(other, SessionName="T")) == {
            "ADDED": ["T"], "CHANGED": [], "REMOVED": [], "UNTOUCHED": ["A"]}
        p.connect(other).logon()
        # A higher limit is nobody's change, another setting is theirs.
        assert reload(template(other, SessionName="T",
                               MaxTemplateSessions=1)) == {
            "ADDED": [], "CHANGED": ["T"], "REMOVED": [],
            "UNTOUCHED": ["A", made("N")]}
        assert p.sync() == []
        refused(g, other, q, "MaxTemplateSessions=1")
        assert reload(template(other, SessionName="T", MaxLatency=77)) == {
            "ADDED": [], "CHANGED": [made("N"), "T"], "REMOVED": [],
            "UNTOUCHED": ["A"]}
        p.expect("5")
        p.send("5")
        p.expect_closed()
        fg.wait_until(lambda: made("N") in sessions(g))
        p.connect(other).logon()
        # The file has a session for it now: that one holds, and goes on.
        seq = p.next_out
        got = reload(template(other, SessionName="T", MaxLatency=77),
                     fg.acceptor("EXCH", "N", other, MaxLatency=78))
        assert got["CHANGED"] == [made("N")], got
        p.expect("5")
        p.send("5")
        p.expect_closed()
        fg.wait_until(lambda: sessions(g).get(made("N"), {}).get(
            "TEMPLATE") == "")
        p.connect(other).logon()
        assert p.next_out == seq + 2
        # Gone: so are those that were made of it.
        q.connect(other).logon()
        got = reload()
        assert got["REMOVED"] == [made("M"), made("N"), "T"], got
        for peer in (p, q):
            peer.expect("5")
            peer.send("5")
            peer.expect_closed()
        fg.wait_until(lambda: list(sessions(g)) == ["A"])
        fg.wait_until(lambda: "no longer listening" in g.log())
    assert g.stop() == 0, g.log()


def many_at_once(work):
    """A storm of Logons that all make a session."""
    port, n = fg.free_port(), 60
    g = work.gateway("gw", sessions=[template(port, SessionName="T")]).start()
    peers = [fg.Peer("C%d" % i, "EXCH") for i in range(n)]
    for p in peers:
        p.connect(port)
        p.send("A", "98=0|108=30")
    for p in peers:
        p.expect("A")
    assert len(sessions(g)) == n
    g.kill()
    g.start()
    assert len(sessions(g)) == n
    for p in peers:
        p.connect(port)
        p.send("A", "98=0|108=30")
    for p in peers:
        p.expect("A")
        p.close()
    assert g.stop() == 0, g.log()


def a_kill_finds_them_whole_or_not_at_all(work):
    """Killed in the middle of a storm, again and again: who was answered is
    there after it, and nobody is there in part."""
    port, count = fg.free_port(), 0
    seed = int(os.environ.get("FG_SEED", str(random.randrange(1 << 32))))
    print("   seed %d" % seed)
    rnd = random.Random(seed)
    g = work.gateway("gw", sessions=[template(port, SessionName="T")]).start()
    there = {}
    for _ in range(int(os.environ.get("FG_KILLS", "5"))):
        peers = [fg.Peer("C%d" % (count + i), "EXCH") for i in range(40)]
        count += len(peers)
        for p in peers:
            p.connect(port)
            p.send("A", "98=0|108=30")
        for p in peers[:rnd.randrange(len(peers))]:
            p.expect("A")
            there[made(p.sender)] = p
        g.kill()
        for p in peers:
            p.close()
        g.start()
        assert "cannot be read" not in g.log() and \
            "left out" not in g.log(), g.log()
        got = sessions(g)
        assert set(there) <= set(got), (sorted(there), sorted(got))
        for name in got:
            if name in there:
                assert got[name]["NEXT_IN"] == there[name].next_out, name
                continue
            there[name] = fg.Peer(name.split("->")[1], "EXCH")
            there[name].next_out = got[name]["NEXT_IN"]
        name = rnd.choice(sorted(there))
        there[name].connect(port).logon()
        assert there[name].sync() == []
        there[name].close()
    print("   %d of %d sessions were made" % (len(there), count))
    assert g.stop() == 0, g.log()


fg.run_each((
    a_logon_makes_a_session_that_stays, every_id_may_be_a_wildcard,
    who_may_not_makes_none, a_reload_obeys_a_changed_template, many_at_once,
    a_kill_finds_them_whole_or_not_at_all))
