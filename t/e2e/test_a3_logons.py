#!/usr/bin/env python3
"""Rows A3 of the feature map: who may log on, and one gateway at a time. One test for each,
named after it; t/e2e/rows.txt is the table. With names of tests as arguments,
only those.

Where fixgate does it in another way, or does not have what the row is about,
the test shows what it does instead; man/fixgate.conf.5 says so, too."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import a3
import fixgate as fg
from a3 import one, state, is_refused
from serve import Server

fg.need("fixgated", "fixgatectl")


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
                    LogonCheck="unix:" + judge.path, LogonTimeout=6),
        fg.acceptor("EXCH", "FREE", port, SessionName="FREE")],
        gateway={"LogonTimeout": 6}).start()

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
    assert h.wait() == 1
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
    assert time.monotonic() - start < fg.LIMIT
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


a3.run(globals())
