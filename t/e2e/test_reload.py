#!/usr/bin/env python3
"""The settings file is read again while sessions are logged on."""

import os
import shutil
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


def lists(got):
    return {k: sorted(got[k]) for k in
            ("ADDED", "CHANGED", "REMOVED", "UNTOUCHED")}


def reload(g, *args, **kw):
    got = g.ctl_json("--json", "reload", *args, **kw)
    assert len(got) == 1, got
    return got[0]


def session(g, name):
    return g.ctl_json("--json", "session", "show", name)[0]


def names(g):
    return sorted(s["SESSION"] for s in g.ctl_json("--json", "session",
                                                   "show"))


def events(g, name):
    return [r["EVENT"] for r in g.rows("SESSION_EVENT", session=name)]


def only_what_changed_is_touched(work):
    port, other = fg.free_port(), fg.free_port()

    def acceptor(name, at=port, **keys):
        return fg.acceptor("EXCH", name, at, SessionName=name, **keys)

    g = work.gateway("gw", sessions=[
        acceptor("KEPT", HeartBtInt=5), acceptor("CHANGED"),
        acceptor("GONE", other)]).start()
    with fg.Peer("KEPT", "EXCH") as kept, fg.Peer("CHANGED", "EXCH") as \
            changed, fg.Peer("GONE", "EXCH") as gone, \
            fg.Peer("NEW", "EXCH") as new:
        kept.connect(port).logon(5)
        changed.connect(port).logon()
        changed.sync()
        gone.connect(other).logon()
        new.connect(port)
        new.send("A", "98=0|108=30", seq=1)
        new.expect_closed()
        g.sessions = [acceptor("KEPT", HeartBtInt=5),
                      acceptor("CHANGED", MaxMessageSize=70000),
                      acceptor("NEW")]
        g.configure()
        want = {"ADDED": ["NEW"], "CHANGED": ["CHANGED"],
                "REMOVED": ["GONE"], "UNTOUCHED": ["KEPT"]}
        kept.send("0")
        got = reload(g, "-n")
        assert lists(got) == want and not got["APPLIED"], got
        assert names(g) == ["CHANGED", "GONE", "KEPT"]
        assert changed.sync() == []
        before = session(g, "KEPT")
        kept.send("0")
        got = reload(g)
        assert lists(got) == want and got["APPLIED"], got
        kept.send("0")
        # Who changed or went is logged out in order.
        m = changed.expect("5")
        assert "settings" in m[58], m
        changed.send("5")
        changed.expect_closed()
        m = gone.expect("5")
        gone.send("5")
        gone.expect_closed()
        # Who did not goes on: the same connection, numbers and heartbeats.
        m = kept.expect("0", skip_types=("1",))
        kept.sync()
        after = session(g, "KEPT")
        for key in ("ADDRESS", "EPOCH", "LOGGED_ON_AT"):
            assert before[key] == after[key], (before, after)
        assert after["NEXT_OUT"] > before["NEXT_OUT"]
        assert "5" not in [r["MSG_TYPE"] for r in
                           g.rows("FIX_OUT", session="KEPT")]
        kept.close()
        # The changed one is back with its numbers, the new one is there.
        fg.wait_until(lambda: names(g) == ["CHANGED", "KEPT", "NEW"])
        m = changed.connect(port).logon()
        assert m.seq == 5, m
        new.connect(port)
        new.next_out = 1
        new.logon()
        new.sync()
        assert "changed" in events(g, "CHANGED")
        assert events(g, "NEW")[0] == "added"
        row = [r for r in g.rows("SESSION_EVENT") if r["EVENT"] == "removed"]
        assert len(row) == 1 and row[0]["CONNECTION_NAME"] == "GONE" and \
            "uid" in row[0]["TEXT"], row
        # Nobody listens on its port any more.
        try:
            gone.connect(other)
            raise AssertionError("the port of a removed session is open")
        except ConnectionRefusedError:
            pass
        # Nothing more to do.
        got = reload(g)
        assert lists(got) == {"ADDED": [], "CHANGED": [], "REMOVED": [],
                              "UNTOUCHED": ["CHANGED", "KEPT", "NEW"]}, got
    assert g.stop() == 0, g.log()


def an_error_changes_nothing(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).logon()
        first = dict(g.sessions[0])
        bad = work.path("bad.xml")
        with open(bad, "w") as f:
            f.write("<fix major='4' minor='4'>\n<oops>\n</fix>\n")
        for keys, where, what in (
                ({"HeartBtInt": "many"}, g.conf, "HeartBtInt"),
                ({"DataDictionary": bad}, bad, "")):
            g.sessions = [dict(first, **keys), fg.acceptor(
                "EXCH", "B", port, SessionName="B")]
            g.configure()
            for flag in ((), ("-n",)):
                got = reload(g, *flag, check=False)
                assert not got["APPLIED"] and got["ERRORS"] >= 1, got
                f = [f for f in got["FAULTS"] if f["SEVERITY"] == "error"][0]
                assert f["FILE"] == where and f["LINE"] > 0, got
                assert what in f["TEXT"], got
            try:
                g.ctl("reload")
                raise AssertionError("no error")
            except fg.CtlError as e:
                assert "status 3" in str(e), e
            assert "%s:%d: error: " % (where, f["LINE"]) in \
                g.ctl("reload", check=False)
            assert names(g) == ["A"]
        # A port that somebody else has.
        with fg.Peer("X", "Y") as squatter:
            taken = squatter.listen()
            g.sessions = [first, fg.acceptor("EXCH", "B", taken,
                                             SessionName="B")]
            g.configure()
            got = reload(g, check=False)
            assert not got["APPLIED"] and got["ERRORS"] == 1, got
            assert str(taken) in got["FAULTS"][0]["TEXT"], got
            assert names(g) == ["A"]
        # The same by a signal: into the log.
        g.sessions = [dict(first, HeartBtInt="many")]
        g.configure()
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: "nothing was changed" in g.log())
        assert "%s:" % g.conf in g.log()
        p.sync()
    assert g.stop() == 0, g.log()


def a_signal_does_it_too(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        g.sessions = g.sessions + [
            fg.acceptor("EXCH", "B", port, SessionName="B")]
        g.configure()
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: names(g) == ["A", "B"])
        b.connect(port).logon()
        a.sync()
    assert g.stop() == 0, g.log()


def another_dictionary_text_is_a_change(work):
    port = fg.free_port()
    mine = work.path("mine.xml")
    shutil.copy(fg.dictionary("FIX.4.4"), mine)
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A", DataDictionary=mine),
        fg.acceptor("EXCH", "B", port, SessionName="B")]).start()
    os.utime(mine)
    assert lists(reload(g))["UNTOUCHED"] == ["A", "B"]
    before = {n: session(g, n)["DICT_ID"] for n in "AB"}
    with open(mine, "a") as f:
        f.write("<!-- another text -->\n")
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        b.connect(port).logon()
        got = lists(reload(g))
        assert got["CHANGED"] == ["A"] and got["UNTOUCHED"] == ["B"], got
        a.expect("5")
        a.send("5")
        a.expect_closed()
        b.sync()
        fg.wait_until(lambda: session(g, "A")["DICT_ID"] != before["A"])
        assert session(g, "B")["DICT_ID"] == before["B"]
    assert g.stop() == 0, g.log()


def settings_of_the_gateway(work):
    port = fg.free_port()
    g = work.gateway("gw", gateway={"LogLevel": "info"}, sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    g.configure(LogLevel="error", SegmentMB=7)
    got = reload(g)
    assert got["SETTINGS_NOW"] == ["LogLevel"], got
    assert got["SETTINGS_AT_RESTART"] == ["SegmentMB"], got
    assert lists(got)["UNTOUCHED"] == ["A"], got
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).logon()
        p.sync()
    assert "logged-on" not in g.log()
    with open(g.conf, "a") as f:
        f.write("[TABLE MINE]\nColumns=ID int\n")
    got = reload(g)
    assert got["SETTINGS_NOW"] == [], got
    assert got["SETTINGS_AT_RESTART"] == ["SegmentMB", "[TABLE]"], got
    assert g.stop() == 0, g.log()


def who_is_stopped_stays_so(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    g.ctl("session", "stop", "A")
    g.sessions = [dict(g.sessions[0], MaxMessageSize=70000)]
    g.configure()
    assert lists(reload(g))["CHANGED"] == ["A"]
    assert session(g, "A")["ENABLED"] is False
    g.sessions = [dict(g.sessions[0], Enabled="N")]
    g.configure()
    reload(g)
    g.sessions = [dict(g.sessions[0], Enabled="Y")]
    g.configure()
    fg.wait_until(lambda: reload(g)["CHANGED"] == ["A"])
    fg.wait_until(lambda: session(g, "A")["ENABLED"])
    assert g.stop() == 0, g.log()


def a_silent_peer_does_not_hold_it_up(work):
    """A new change while the old one is under way waits for LogoutTimeout."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "A", port, SessionName="A", LogoutTimeout=4)]).start()
    with fg.Peer("A", "EXCH") as p:
        p.connect(port).logon()
        first = dict(g.sessions[0])
        g.sessions = [dict(first, MaxMessageSize=70000)]
        g.configure()
        assert lists(reload(g))["CHANGED"] == ["A"]
        try:
            g.ctl("reload")
            raise AssertionError("two at a time")
        except fg.CtlError as e:
            assert "try again" in str(e), e
        g.sessions = [dict(first, MaxMessageSize=80000)]
        g.configure()
        g.signal(signal.SIGHUP) # this one waits by itself
        p.expect("5")
        p.expect_closed()
        fg.wait_until(lambda: len(re.findall(
            "0 sessions added, 1 changed.*untouched", g.log())) == 2)
        fg.wait_until(lambda: names(g) == ["A"])
        p.connect(port).logon()
    assert g.stop() == 0, g.log()


def an_initiator_is_moved(work):
    with fg.Peer("BANK", "US") as p, fg.Peer("BANK", "US") as q:
        g = work.gateway("gw", sessions=[fg.initiator(
            "US", "BANK", p.listen(), SessionName="I")]).start()
        p.accept()
        p.answer_logon()
        p.sync()
        g.sessions = [fg.initiator("US", "BANK", q.listen(),
                                   SessionName="I")]
        g.configure()
        assert lists(reload(g))["CHANGED"] == ["I"]
        p.expect("5")
        p.send("5")
        p.expect_closed()
        q.accept()
        q.next_out = p.next_out
        m = q.answer_logon()
        assert m.seq == 4, m
        q.sync()
        assert g.stop() == 0, g.log()


def who_did_not_change_does_not_notice_under_load(work):
    """All the time others come, change and go, and a template: those that stay
    lose no number, no heartbeat and no order."""
    n, port = int(os.environ.get("FG_SESSIONS", "50")), fg.free_port()
    stay = [fg.acceptor("GATE", "P%d" % i, port, SessionName="P%d" % i)
            for i in range(n)]
    g = work.gateway("gw", gateway={"MaxUnauthenticated": n + 10},
                     sessions=stay).start()
    many = subprocess.Popen(
        [os.path.join(fg.BUILD, "t", "long", "many"), "-p", str(port), "-l",
         g.socket, "-P", str(g.pid()), "-n", str(n), "-s", "5", "-b", "2",
         "-r", str(4 * n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    rounds = 0
    try:
        while many.poll() is None:
            g.sessions = stay + [
                fg.acceptor("GATE", "X%d" % i, port, SessionName="X%d" % i,
                            MaxLatency=100 + rounds)
                for i in range(rounds % 4)]
            if rounds % 3 == 0:
                g.sessions.append(fg.acceptor(
                    "GATE", "*", port, SessionName="T", AcceptorTemplate="Y",
                    MaxLatency=100 + rounds))
            g.configure(LogLevel=("info", "debug")[rounds % 2])
            got = reload(g)
            assert got["APPLIED"], got
            assert {s["SessionName"] for s in stay} <= \
                set(got["UNTOUCHED"]), got
            rounds += 1
        out, err = (b.decode() for b in many.communicate())
    finally:
        if many.poll() is None:
            many.kill()
            many.wait()
    assert many.returncode == 0, err
    got = dict(line.split() for line in out.splitlines())
    assert int(got["orders"]) == int(got["reports"]) > n and rounds > 1
    late = 1000 if os.environ.get("FG_SANITIZER", "no") in ("", "no") else 5000
    assert float(got["heartbeat_overdue_ms"]) < late, got
    print("   %d reloads, %s orders, at most %s ms from order to report" % (
        rounds, got["orders"], got["lag_max_ms"]))
    assert g.stop() == 0, g.log()


fg.run_each((
    only_what_changed_is_touched, an_error_changes_nothing,
    a_signal_does_it_too, another_dictionary_text_is_a_change,
    settings_of_the_gateway, who_is_stopped_stays_so,
    a_silent_peer_does_not_hold_it_up, an_initiator_is_moved,
    who_did_not_change_does_not_notice_under_load))
