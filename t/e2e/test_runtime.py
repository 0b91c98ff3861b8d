#!/usr/bin/env python3
"""Sessions that are created, deleted, enabled and disabled while the gateway
runs, and what a restart finds of that."""

import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


def names(g):
    return sorted(s["SESSION"] for s in g.ctl_json("--json", "session",
                                                   "show"))


def session(g, name):
    return g.ctl_json("--json", "session", "show", name)[0]


def events(g, name):
    return [(r["EVENT"], r["TEXT"]) for r in g.rows("SESSION_EVENT")
            if r["CONNECTION_NAME"] == name]


def refused(g, *args):
    """What it says."""
    try:
        g.ctl(*args)
    except fg.CtlError as e:
        return str(e)
    raise AssertionError("%s was not refused" % (args,))


def settings(target, port, **keys):
    return ["%s=%s" % kv for kv in fg.acceptor("EXCH", target, port,
                                               **keys).items()]


def a_created_session_is_like_any_other(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    said = g.ctl("session", "create", "B", *settings("B", port),
                 "--reason", "new client 17")
    assert said.strip() == "B: created", said
    assert names(g) == ["A", "B"]
    assert [session(g, n)["CREATED"] for n in "AB"] == [False, True]
    assert events(g, "B")[0][0] == "added"
    assert "new client 17" in events(g, "B")[0][1]
    assert "uid %d" % os.getuid() in events(g, "B")[0][1]
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        b.connect(port).logon()
        b.send("D", "11=1|55=X|54=1|38=10|40=1|60=" + fg.utc())
        b.sync()
        assert len(g.rows("FIX_IN", session="B", admin=False)) == 1
        # It is there again after a restart, with its numbers.
        for end in (g.stop, g.kill):
            end()
            g.start()
            assert names(g) == ["A", "B"]
            a.connect(port).logon()
            before = b.next_out
            b.connect(port).logon()
            assert session(g, "B")["NEXT_IN"] == before + 1
        # A reload leaves it alone.
        got = g.ctl_json("--json", "reload")[0]
        assert sorted(got["UNTOUCHED"]) == ["A", "B"], got
        assert b.sync() == []
        # Gone, for good.
        assert "--yes" in refused(g, "session", "delete", "B",
                                  "--reason", "gone")
        g.ctl("session", "delete", "B", "--reason", "gone", "--yes")
        b.expect("5")
        b.send("5")
        b.expect_closed()
        fg.wait_until(lambda: names(g) == ["A"])
        assert ("removed", "gone") in [
            (e, t.split(": ", 1)[1]) for e, t in events(g, "B") if ": " in t]
        a.sync()
        g.kill()
        g.start()
        assert names(g) == ["A"]
        b.connect(port)
        b.send("A", "98=0|108=30")
        b.expect_closed()
        # One of that name goes on with its numbers.
        g.ctl("session", "create", "B", *settings("B", port))
        b.next_out = session(g, "B")["NEXT_IN"]
        assert b.next_out > 5
        b.connect(port)
        m = b.logon()
        assert m.seq > 5, m
    assert g.stop() == 0, g.log()


def wrong_settings_are_refused_as_in_the_file(work):
    port, other = fg.free_port(), fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    bad = work.path("bad.xml")
    with open(bad, "w") as f:
        f.write("<fix major='4' minor='4'>\n<oops>\n</fix>\n")
    with fg.Peer("X", "Y") as squatter:
        taken = squatter.listen()
        for args, want in (
                (["A"] + settings("B", port), "already"),
                (["B"] + settings("A", port), "at line"),
                (["B"] + settings("B", port, HeartBtInt="many"),
                 "HeartBtInt"),
                (["B"] + settings("B", port, HearBtInt=1, HeartBtInt="x"),
                 "do you mean HeartBtInt"),
                (["B"] + settings("B", port, DataDictionary=bad), bad + ":"),
                (["B", "BeginString=FIX.4.4"], "SenderCompID"),
                (["B"] + settings("B", taken), str(taken)),
                (["B"] + settings("B", port) + ["[SESSION]"], "Key=Value"),
                (["B"] + settings("B", port) + ["X=1\nY=2"], "control"),
                (["B\x01"] + settings("B", port), "control")):
            said = refused(g, "session", "create", *args)
            assert want in said and "status 3" in said, (args, said)
    assert names(g) == ["A"]
    assert "uid" not in " ".join(t for _, t in events(g, "B"))
    # What is only a warning there is said here.
    said = g.ctl("session", "create", "B", *settings("B", other,
                                                     HearBtInt=30))
    assert "do you mean HeartBtInt" in said, said
    # [DEFAULT] holds for it, too.
    assert "settings file" in refused(g, "session", "delete", "A",
                                      "--reason", "x", "--yes")
    g.kill()
    g.start()
    assert names(g) == ["A", "B"]
    # The file takes its place: that is said, and nothing changes.
    g.sessions.append(fg.acceptor("EXCH", "B", port, SessionName="B"))
    g.configure()
    got = g.ctl_json("--json", "reload", check=False)[0]
    assert not got["APPLIED"] and got["FAULTS"][0]["FILE"] == "session B", got
    # A restart takes the file's, and says so.
    g.stop()
    g.start()
    assert names(g) == ["A", "B"]
    assert "session B: " in g.log() and "left out" in g.log(), g.log()
    assert g.stop() == 0, g.log()


def enabled_and_disabled_outlive_a_restart(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A"),
        fg.acceptor("EXCH", "OFF", port, SessionName="OFF",
                    Enabled="N")]).start()
    g.ctl("session", "create", "B", *settings("B", port))
    with fg.Peer("A", "EXCH") as a, fg.Peer("B", "EXCH") as b:
        a.connect(port).logon()
        b.connect(port).logon()
        for name, p in (("A", a), ("B", b)):
            g.ctl("session", "disable", name, "--reason", "too loud")
            p.expect("5")
            p.send("5")
            p.expect_closed()
            assert "disabled" in [e for e, t in events(g, name)
                                  if "too loud" in t]
        g.ctl("session", "enable", "OFF")
        for end in (g.kill, g.stop, None):
            if end:
                end()
                g.start()
            else:
                got = g.ctl_json("--json", "reload")[0]
                assert got["CHANGED"] == [], got
            assert [session(g, n)["ENABLED"] for n in ("A", "B", "OFF")] == \
                [False, False, True]
        # Start and stop are until the next restart only.
        g.ctl("session", "start", "A")
        a.connect(port).logon()
        a.logout()
        g.stop()
        g.start()
        assert not session(g, "A")["ENABLED"]
        g.ctl("session", "enable", "A")
        g.ctl("session", "enable", "B")
        g.ctl("session", "stop", "B")
        g.kill()
        g.start()
        a.connect(port)
        a.next_out = session(g, "A")["NEXT_IN"]
        a.logon()
        b.connect(port)
        b.next_out = session(g, "B")["NEXT_IN"]
        b.logon()
    assert g.stop() == 0, g.log()


def an_initiator_can_be_created(work):
    with fg.Peer("BANK", "US") as p:
        g = work.gateway("gw", sessions=[fg.acceptor(
            "EXCH", "A", fg.free_port(), SessionName="A")]).start()
        keys = fg.initiator("US", "BANK", p.listen())
        g.ctl("session", "create", "I", *["%s=%s" % kv
                                          for kv in keys.items()])
        p.accept()
        p.answer_logon()
        p.sync()
        assert g.stop() == 0, g.log()


def a_kill_finds_it_whole_or_not_at_all(work):
    """Create and delete all the time; after each kill -9 every session that
    is there is whole, and what was acknowledged holds."""
    port = fg.free_port()
    rounds = int(os.environ.get("FG_KILLS", "6"))
    rnd = random.Random(int(os.environ.get("FG_SEED", "5")))
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", port, SessionName="A")]).start()
    there, doubt, count = set(), set(), 0

    def churn(stop):
        nonlocal count
        while not stop.is_set():
            if there and rnd.random() < 0.4:
                name = rnd.choice(sorted(there))
                args = ("session", "delete", name, "--reason", "x", "--yes")
            else:
                count += 1
                name = "S%d" % count
                args = ("session", "create", name, *settings(name, port))
            doubt.add(name)
            try:
                g.ctl(*args)
            except fg.CtlError as e:
                if "status 3" in str(e):
                    raise
                return # killed meanwhile
            (there.add if args[1] == "create" else there.discard)(name)
            doubt.discard(name)

    for _ in range(rounds):
        doubt.clear()
        stop = threading.Event()
        t = threading.Thread(target=churn, args=(stop,))
        before = count
        t.start()
        fg.wait_until(lambda: count > before + 1)
        time.sleep(rnd.random() * 0.2) # the moment is random, no condition
        g.kill()
        stop.set()
        t.join(2 * fg.LIMIT)
        assert not t.is_alive()
        g.start()
        assert "cannot be read" not in g.log() and \
            "left out" not in g.log(), g.log()
        got = set(names(g)) - {"A"}
        assert got - doubt == there - doubt, (got, there, doubt)
        there.clear()
        there.update(got)
        for name in sorted(got & doubt) + sorted(got)[:2]:
            with fg.Peer(name, "EXCH") as p:
                p.next_out = session(g, name)["NEXT_IN"]
                p.connect(port).logon()
                p.sync()
    print("   %d sessions created, %d left" % (count, len(there)))
    assert g.stop() == 0, g.log()


fg.run_each((
    a_created_session_is_like_any_other,
    wrong_settings_are_refused_as_in_the_file,
    enabled_and_disabled_outlive_a_restart, an_initiator_can_be_created,
    a_kill_finds_it_whole_or_not_at_all))
