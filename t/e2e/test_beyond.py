#!/usr/bin/env python3
"""What the standard's cases leave out: packets that end anywhere, data fields
and nested groups, numbers over reconnects and restarts for both roles, storms
of logons. Real processes, real sockets."""

import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import link

fg.need("fixgated", "fixgatectl")

NAME = "FIX.4.4:GATE->PEER"
STORM = 100     # connections at once
SESSIONS = 20
LONG = 1000     # messages of a resend
MANY = 6000     # more than a connection takes at once
ROUNDS = 5
# An end of message within a data field, and sub-groups in a group.
ORDER = ("11=id-%d|55=SYM|54=1|60=20260105-09:00:00.000|38=100|40=1|453=2|"
         "448=A|447=D|452=1|802=2|523=x|803=1|523=y|803=2|448=B|447=D|452=3|"
         "354=19|355=a|10=000|8=FIX.4.4||")


def acceptor(w, gateway=None, **keys):
    port = fg.free_port()
    gw = w.gateway("gate", gateway=gateway, sessions=[
        fg.acceptor("GATE", "PEER", port, LogoutTimeout=1, **keys)])
    return gw.start(), port


def app_rows(gw, table="FIX_IN"):
    return [r["FIX_DATA"] for r in gw.rows(table, admin=False)]


def cut_at_every_byte(w):
    """Two messages in two packets, the first of which ends anywhere. An answer
    on the link shows that it has been read before the second one comes."""
    gw, port = acceptor(w)
    sent = []
    with fg.Peer("PEER", "GATE") as p, link.Link(gw.socket) as side:
        p.connect(port)
        p.logon()
        cut = 1
        while True:
            pair = [p.build("D", ORDER % n) for n in range(2)]
            joined = b"".join(pair)
            if cut == len(joined):
                break
            p.raw(joined[:cut])
            assert side.ask("STATUS")[0] == "STATUS_ACK"
            p.raw(joined[cut:])
            sent += [m.decode() for m in pair]
            cut += 1
        p.next_out -= 2     # of the pair that was not sent
        assert not [m for m in p.sync() if m.type != "0"]
    assert cut > 400 and app_rows(gw) == sent
    assert not gw.rows("FIX_IN_OTHER")
    assert gw.stop() == 0


def joined_in_every_number(w):
    """1, 2, 3 ... messages in a packet, of the application and of the session:
    each TestRequest is answered in its place."""
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        for n in range(1, 40):
            p.raw(b"".join(p.build("1", "112=%d" % i) if i % 2 else
                           p.build("D", ORDER % i) for i in range(n)))
            for i in range(1, n, 2):
                p.expect("0", skip_types=(), t112=i)
        p.sync()
    assert len(app_rows(gw)) == sum((n + 1) // 2 for n in range(1, 40))
    assert gw.stop() == 0


def joined_behind_a_resend_request(w):
    """What stands behind a ResendRequest in the same packet is answered after
    it, and a Logout does not cut it off: the peer may log out for good."""
    for durability in ("written", "synced"):
        gw, port = acceptor(w, ResetOnLogon="Y",
                            gateway={"Durability": durability})
        with fg.Peer("PEER", "GATE") as p:
            p.connect(port)
            p.logon()
            for n in range(3):
                gw.ctl("send", NAME, "--raw", "35=D|" + ORDER % n)
                p.expect("D", t34=n + 2)
            p.raw(p.build("2", "7=1|16=0") + p.build("1", "112=x") +
                  p.build("2", "7=3|16=3") + p.build("5"))
            p.expect("4", skip_types=(), t34=1, t36=2, t43="Y")
            take(p, (2, 3, 4))
            p.expect("0", skip_types=(), t34=5, t112="x")
            take(p, (3,))
            p.expect("5", skip_types=(), t34=6)
            p.close()
        assert gw.stop() == 0


def answered_though_it_has_closed_its_side(w):
    """Who closes its side right behind its last messages, and reads on, gets
    all that answers them, and then our end: also when that waits for the disk,
    and when it is a long resend."""
    for durability in ("written", "synced"):
        gw, port = acceptor(w, ResetOnLogon="Y",
                            gateway={"Durability": durability})
        with fg.Peer("PEER", "GATE") as p:
            for n in range(10):
                p.next_out = 1
                p.connect(port)
                p.raw(p.build("A", "98=0|108=30") + p.build("1", "112=x") +
                      p.build("D", "11=1") + p.build("1", "112=y"))
                p.sock.shutdown(socket.SHUT_WR)
                p.expect("A", t34=1)
                p.expect("0", skip_types=(), t34=2, t112="x")
                p.expect("3", t34=3, t45=3)
                p.expect("0", skip_types=(), t34=4, t112="y")
                p.expect_closed()
            p.next_out = 1
            p.connect(port)
            p.logon()
            gw.send_file(NAME, ["35=D|" + ORDER % n for n in range(LONG)])
            for n in range(LONG):
                p.expect("D", t34=n + 2)
            p.raw(p.build("2", "7=1|16=0") + p.build("1", "112=x"))
            p.sock.shutdown(socket.SHUT_WR)
            while (m := p.recv()) is not None:
                last = m if m.type != "0" else last
            assert last.seq == LONG + 1 and last.poss_dup, repr(last)
        fg.wait_until(lambda: "closed by peer" in
                      gw.rows("SESSION_EVENT")[-1]["TEXT"])
        assert gw.stop() == 0


def back_at_once_though_answers_wait(w):
    """It has closed its side, does not read, and logs on again: the old
    connection goes, whatever was still to be sent there."""
    gw, port = acceptor(w, ResetOnLogon="Y")
    with fg.Peer("PEER", "GATE") as old, fg.Peer("PEER", "GATE") as p:
        old.connect(port)
        old.logon()
        gw.send_file(NAME, ["35=D|58=%s|" % ("x" * 10000) + ORDER % n
                            for n in range(LONG)])
        for n in range(LONG):
            old.expect("D", t34=n + 2)
        old.raw(b"".join(old.build("2", "7=1|16=%d" % (LONG - n))
                         for n in range(10)))
        old.sock.shutdown(socket.SHUT_WR)
        fg.wait_until(lambda: "has closed its side" in gw.log())
        p.connect(port)
        p.logon()
        p.sync()
        p.logout()
    assert gw.stop() == 0


def kept_messages_behind_a_resend_request(w):
    """A ResendRequest that closes a gap is answered before what was kept behind
    it."""
    for durability in ("written", "synced"):
        gw, port = acceptor(w, ResetOnLogon="Y",
                            gateway={"Durability": durability})
        with fg.Peer("PEER", "GATE") as p:
            p.connect(port)
            p.logon()
            gw.ctl("send", NAME, "--raw", "35=D|" + ORDER % 1)
            p.expect("D", t34=2)
            p.raw(p.build("1", "112=a", seq=3) + p.build("1", "112=b", seq=4))
            p.expect("2", t34=3, t7=2)
            p.raw(p.build("2", "7=1|16=0", seq=2) +
                  p.build("1", "112=c", seq=5))
            p.expect("4", skip_types=(), t34=1, t36=2, t43="Y")
            take(p, (2,))
            p.expect("4", skip_types=(), t34=3, t36=4, t43="Y")
            for n, text in enumerate("abc"):
                p.expect("0", skip_types=(), t34=4 + n, t112=text)
            p.next_out = 6
            p.logout()
        assert gw.stop() == 0


def a_logout_does_not_cut_a_long_resend(w):
    """What was asked for in front of it comes first, all of it."""
    gw, port = acceptor(w, ResetOnLogon="Y")
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        gw.send_file(NAME, ["35=D|" + ORDER % n for n in range(MANY)])
        for n in range(MANY):
            p.expect("D", t34=n + 2)
        p.raw(p.build("2", "7=1|16=0") + p.build("1", "112=x") + p.build("5"))
        p.expect("4", skip_types=(), t34=1, t36=2, t43="Y")
        take(p, range(2, MANY + 2))
        p.expect("5", t34=MANY + 3)
        p.expect_closed()
    assert gw.stop() == 0


def take(p, numbers):
    """The resent application messages with these numbers, in order."""
    out = []
    for n in numbers:
        m = p.expect("D", skip_types=("0", "4"))
        assert m.seq == n and m.poss_dup, repr(m)
        out.append(m)
    return out


def an_acceptor_goes_on_after_a_restart(w):
    """Whether it was told to end or killed: both numbers go on, and what it had
    sent comes again, with data and nested groups as they were."""
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        for i in range(5):
            p.send("D", ORDER % i)
        p.sync()
        gw.send_file(NAME, ["35=D|" + ORDER % i for i in range(3)])
        first = [p.expect("D") for _ in range(3)]
        last = first[-1].seq
        for end in (gw.stop, gw.kill):
            end()
            p.close()
            gw.start()
            p.connect(port)
            m = p.logon()
            assert m.seq > last, "%r after %d" % (m, last)
            last = m.seq
            p.send("2", "7=%d|16=%d" % (first[0].seq, first[-1].seq))
            again = take(p, [m.seq for m in first])
            assert [m.content() for m in again] == \
                [m.content() for m in first]
            assert [m[122] for m in again] == [m[52] for m in first]
            p.send("D", ORDER % 9)
            p.sync()
            last = gw.last_row("FIX_OUT", NAME)["MSG_SEQ_NUM"]
        assert len(app_rows(gw)) == 7
        assert len({r["EPOCH"] for r in gw.rows("FIX_IN")}) == 1
    assert gw.stop() == 0


def an_initiator_goes_on_after_a_restart(w):
    """The same for the other role; what the peer missed meanwhile it can ask
    for."""
    with fg.Peer("PEER", "GATE") as p:
        port = p.listen()
        gw = w.gateway("gate", sessions=[
            fg.initiator("GATE", "PEER", port, LogoutTimeout=1,
                         SendWhenLoggedOff="number")]).start()
        p.accept()
        assert p.answer_logon().seq == 1
        p.send("D", ORDER % 0)
        p.sync()
        for end in (p.close, gw.kill, gw.stop):
            number = gw.last_row("FIX_OUT", NAME)["MSG_SEQ_NUM"]
            end()
            p.close()
            if not gw.running():
                gw.start()
            p.accept()
            m = p.expect("A")
            # It may log on again, and a heartbeat may be lost, in between.
            assert m.seq > number, "%r after %d" % (m, number)
            p.send("A", "98=0|108=30")
            p.sync()
            gw.ctl("send", NAME, "--raw", "35=D|" + ORDER % 1)
            sent = p.expect("D")
            p.send("2", "7=%d|16=%d" % (sent.seq, sent.seq))
            (again,) = take(p, [sent.seq])
            assert again.content() == sent.content()
        assert len({r["EPOCH"] for r in gw.rows("FIX_OUT")}) == 1
    assert gw.stop() == 0


def one_of_a_storm_gets_in(w):
    """Many log on to one session at the same time: one is answered, the others
    are closed without a byte, and it is not disturbed."""
    gw, port = acceptor(w, ResetOnLogon="Y")
    peers = [fg.Peer("PEER", "GATE") for _ in range(STORM)]
    for p in peers:
        p.connect(port)
    for p in peers:
        p.send("A", "98=0|108=30")
    answered = [p for p in peers if p.recv() is not None]
    assert len(answered) == 1, len(answered)
    answered[0].sync()
    answered[0].logout()
    for p in peers:
        p.close()
    assert len(gw.rows("FIX_IN", session=NAME)) == 3
    assert gw.stop() == 0


def sessions_storm_in_and_out(w):
    """All sessions drop and come back at once, again and again: each is let in,
    and each message is there once."""
    port = fg.free_port()
    gw = w.gateway("gate", sessions=[
        fg.acceptor("GATE", "P%d" % i, port) for i in range(SESSIONS)]).start()
    peers = [fg.Peer("P%d" % i, "GATE") for i in range(SESSIONS)]
    for n in range(ROUNDS):
        for p in peers:
            p.connect(port)
            p.send("A", "98=0|108=30")
        for p in peers:
            p.expect("A")
            p.send("D", ORDER % n)
        for p in peers:
            p.sync()
        for p in peers:
            p.close()
    assert len(app_rows(gw)) == SESSIONS * ROUNDS
    for i in range(SESSIONS):
        rows = gw.rows("FIX_IN", session="FIX.4.4:GATE->P%d" % i)
        assert [r["MSG_SEQ_NUM"] for r in rows] == \
            list(range(1, 3 * ROUNDS + 1))
    assert gw.stop() == 0


CASES = (cut_at_every_byte, joined_in_every_number,
         joined_behind_a_resend_request,
         answered_though_it_has_closed_its_side,
         back_at_once_though_answers_wait,
         kept_messages_behind_a_resend_request,
         a_logout_does_not_cut_a_long_resend,
         an_acceptor_goes_on_after_a_restart,
         an_initiator_goes_on_after_a_restart, one_of_a_storm_gets_in,
         sessions_storm_in_and_out)


if __name__ == "__main__":
    fg.run_each(CASES)
