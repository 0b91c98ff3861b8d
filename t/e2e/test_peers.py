#!/usr/bin/env python3
"""Connections of counterparties that come and go at the wrong moment. Real
processes, real sockets."""

import os
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


class FullPort:
    """A listener whose queue is full: who connects waits until open()."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.fill = []
        for _ in range(2):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
            self.fill.append(s)

    def open(self):
        """Take the fillers out of the queue."""
        self.sock.settimeout(fg.LIMIT)
        self.sock.listen(5)
        for s in self.fill:
            ours = s.getsockname()
            c, who = self.sock.accept()
            assert who == ours, (who, ours)
            c.close()
            s.close()


def status_says_why_it_cannot_connect(work):
    """Not in the log only, and it counts as off since it was."""
    g = work.gateway("gw", sessions=[
        fg.initiator("BANK", "EXCHANGE", fg.free_port(),
                     SessionName="EXCHANGE", ReconnectInterval=1)]).start()

    def last():
        return g.ctl_json("session", "show", "--json")[0]["LAST_EVENT"]

    fg.wait_until(lambda: last().startswith("cannot connect: "))
    assert "refused" in last(), last()
    assert "cannot connect" in g.ctl("status", check=False)
    assert g.stop() == 0


def stopped_and_started_while_it_connects(work):
    """One connection comes of it, and a stopped session makes none."""
    full = FullPort()
    g = work.gateway("gw", sessions=[
        fg.initiator("BANK", "EXCHANGE", full.port, SessionName="EXCHANGE",
                     SocketConnectTimeout=60)]).start()
    g.ctl("session", "stop", "EXCHANGE")
    g.ctl("session", "start", "EXCHANGE")
    g.ctl("session", "stop", "EXCHANGE")
    g.ctl("session", "start", "EXCHANGE")
    full.open()
    with fg.Peer("EXCHANGE", "BANK") as peer:
        peer.listener = full.sock
        peer.accept()
        peer.answer_logon()
        peer.sync()
        full.sock.settimeout(2)
        try:
            full.sock.accept()
            raise AssertionError("there is a second connection")
        except socket.timeout:
            pass
        g.ctl("session", "stop", "EXCHANGE")
    assert g.stop() == 0, g.log()


def order(n, text=""):
    return ("11=%d|21=1|55=VOD.L|54=1|60=%s|38=100|40=2|44=1.5|58=%s|" %
            (n, fg.utc(), text or "none"))


def sessions_of_one_port_differ_in_size(work):
    """MaxMessageSize is the session's, not that of the port's first."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "SMALL", port, MaxMessageSize=8192),
        fg.acceptor("EXCHANGE", "LARGE", port,
                    MaxMessageSize=1 << 20)]).start()
    with fg.Peer("LARGE", "EXCHANGE") as peer:
        peer.connect(port)
        peer.logon()
        peer.send("D", order(1, "x" * 500000))
        peer.sync()
        peer.logout()
    rows = g.rows("FIX_IN", admin=False)
    assert len(rows) == 1 and rows[0]["SIZE"] > 500000, len(rows)
    with fg.Peer("SMALL", "EXCHANGE") as peer:
        peer.connect(port)
        peer.logon()
        peer.send("D", order(1, "x" * 9000), seq=2)
        peer.sync()
        peer.logout()
    assert len(g.rows("FIX_IN", admin=False)) == 1
    assert g.stop() == 0


def no_password_is_told(work):
    """Not of a Logon that is refused, nor of one that is garbled, nor of one
    that is taken."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port)]).start()
    secret = "98=0|108=30|553=joe|554=hunter2|"
    with fg.Peer("NOBODY", "EXCHANGE") as peer:
        peer.connect(port)
        peer.send("A", secret)
        peer.expect_closed()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(port)
        peer.raw(peer.build("A", secret, seq=1).replace(b"553=j", b"553=J"))
        peer.expect_closed()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(port)
        peer.logon(body=secret[len("98=0|108=30|"):])
        peer.raw(peer.build("A", secret, seq=2).replace(b"553=j", b"553=J"))
        peer.sync()
        peer.logout()
    for table in ("FIX_IN", "FIX_IN_OTHER", "SESSION_EVENT"):
        for row in g.rows(table):
            assert "hunter2" not in str(row), row
    assert "553=" in g.log() and "hunter2" not in g.log(), g.log()
    assert g.stop() == 0


def a_long_resend_to_a_slow_peer(work):
    """70 MB go out as fast as they are read; the connection lives."""
    n, size = 700, 100000
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER",
                    SendWhenLoggedOff="number",
                    ValidateIncomingMessage="N")]).start()
    g.send_file("BROKER", ["35=B|148=%d|95=%d|96=%s|" % (
        i, size, "x" * size) for i in range(n)])
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(port)
        answer = peer.logon()
        assert answer.seq == n + 1, answer.seq
        before = g.memory()
        peer.send("2", "7=1|16=0|")
        time.sleep(2)  # the slow peer itself: it does not read
        assert g.memory() - before < 30 << 20, g.memory() - before
        for i in range(n):
            m = peer.expect("B")
            assert m.poss_dup and m.seq == i + 1, m.seq
        peer.expect("4")
        peer.sync()
        peer.logout()
    assert g.stop() == 0


def many_rejects_are_few_lines_of_the_log(work):
    """Each is a row of SESSION_EVENT all the same."""
    n = 3000
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port)]).start()
    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(port)
        peer.logon()
        began = time.monotonic()
        peer.raw(b"".join(peer.build("0", "4999=x|") for _ in range(n)))
        assert len([m for m in peer.sync() if m.type == "3"]) == n
        took = time.monotonic() - began
        peer.logout()
    rows = g.rows("SESSION_EVENT")
    assert len([r for r in rows if r["EVENT"] == "rejected"]) == n
    lines = g.log().count("rejected:")
    assert lines <= 100 * (took + 2), (lines, took)
    assert g.stop() == 0


def what_is_rejected_is_counted_by_tag(work):
    """And status names the tag that is most of it, and what lets it in; from
    one logon to the next."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port, SessionName="S")]).start()

    def rejects():
        return [(r["TAG"], r["REASON"], r["MESSAGES"]) for r in
                g.ctl_json("session", "show", "--json")[0]["REJECTS"]]

    with fg.Peer("BROKER", "EXCHANGE") as p:
        p.connect(port)
        p.logon()
        assert rejects() == []
        assert g.ctl("status") and "tag" not in g.ctl("status")
        for body in ("6001=x|", "55=X|", "6001=y|", "112=|"):
            p.send("0", body)
            p.expect("3")
        assert rejects() == [(6001, 0, 2), (55, 2, 1), (112, 4, 1)]
        said = " ".join(g.ctl("status").split())
        assert "2 for: Invalid tag number (tag 6001)" in said, said
        assert "write ValidateUserDefinedFields=N" in said, said
        p.logout()
        p.connect(port)
        p.logon()
        assert rejects() == []
        p.logout()
    assert g.stop() == 0


def a_clock_that_all_others_differ_from_is_said(work):
    """Three of them; when they agree again, that too."""
    port = fg.free_port()
    names = ("A", "B", "C")
    g = work.gateway("gw", sessions=[fg.acceptor("EXCHANGE", name, port)
                                     for name in names]).start()
    peers = [fg.Peer(name, "EXCHANGE") for name in names]

    def say(p, msg_type, body, seconds):
        text = "35=%s|34=%d|49=%s|52=%s|56=EXCHANGE|%s" % (
            msg_type, p.next_out, p.sender, fg.utc(time.time() + seconds),
            body)
        p.next_out += 1
        p.raw(fg.frame(p.begin, fg.soh(text)).encode())

    for p in peers[:2]:
        p.connect(port)
        say(p, "A", "98=0|108=600|", 60)
        p.expect("A")
    peers[2].connect(port)
    say(peers[2], "A", "98=0|108=600|", 60)
    peers[2].expect("A")
    fg.wait_until(lambda: "the clocks of 3 counterparties" in g.log())
    assert "s ahead of that of this machine" in g.log(), g.log()
    assert g.log().count("the clocks of") == 1
    for p in peers[:2]:
        say(p, "0", "", 0)
    fg.wait_until(lambda: "agree with that of this machine" in g.log())
    for p in peers:
        p.close()
    assert g.stop() == 0


def a_reset_that_waits_for_the_logout_says_so(work):
    """And is done when the connection ends."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER",
                    LogoutTimeout=60)]).start()

    def reset():
        return g.ctl("session", "reset", "BROKER", "--yes", "--reason", "x")

    with fg.Peer("BROKER", "EXCHANGE") as peer:
        peer.connect(port)
        peer.logon()
        said = reset()
        assert "is being logged out" in said, said
        assert "is being logged out" in reset()
        peer.expect("5")
        assert g.last_row("SESSION_EVENT", "BROKER")["EVENT"] != "reset"
        peer.send("5")
        peer.expect_closed()
    fg.wait_until(lambda: g.last_row("SESSION_EVENT", "BROKER")["EVENT"] ==
                  "reset")
    said = reset()
    assert "numbers are 1" in said and "logged out" not in said, said
    assert g.stop() == 0


def who_comes_back_at_once_is_let_in(work):
    """Also while the old connection, which it has closed, is not read to its
    end; but nobody is while the old one is there."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER",
                    ResetOnLogon="Y")]).start()
    for _ in range(200):
        with fg.Peer("BROKER", "EXCHANGE").connect(port) as peer:
            peer.logon()
            for _ in range(5):
                peer.send("0")
    with fg.Peer("BROKER", "EXCHANGE").connect(port) as peer:
        peer.logon()
        with fg.Peer("BROKER", "EXCHANGE").connect(port) as other:
            other.send("A", "98=0|108=30|")
            other.expect_closed()
        peer.sync()
    assert g.stop() == 0


def main():
    for case in (status_says_why_it_cannot_connect,
                 stopped_and_started_while_it_connects,
                 sessions_of_one_port_differ_in_size,
                 no_password_is_told,
                 a_long_resend_to_a_slow_peer,
                 who_comes_back_at_once_is_let_in,
                 a_reset_that_waits_for_the_logout_says_so,
                 many_rejects_are_few_lines_of_the_log,
                 what_is_rejected_is_counted_by_tag,
                 a_clock_that_all_others_differ_from_is_said):
        with fg.Work() as work:
            case(work)
        print("ok", case.__name__)


main()
