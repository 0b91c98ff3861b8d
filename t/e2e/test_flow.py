#!/usr/bin/env python3
"""Counterparties that are slow, that flood, that ask again and again, or that
say nothing: what fixgated has taken is never lost, and it keeps its bounds.

    test_flow.py [CASE ...]
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "lib"))
import fixgate as fg

NAME = "FIX.4.4:GATE->PEER"
ORDER = "11=%d|55=X|54=1|38=10|40=1|60=20260105-09:00:00.000|"
MIB = 1 << 20


def acceptor(w, **keys):
    port = fg.free_port()
    gw = w.gateway("gate", sessions=[
        fg.acceptor("GATE", "PEER", port, **keys)])
    return gw.start(), port


def numbers(gw):
    """The numbers of the application messages in FIX_IN."""
    return [r["MSG_SEQ_NUM"] for r in gw.rows("FIX_IN", admin=False)]


def take(peer, count):
    """Read until count different application numbers have come: how many
    application messages these were."""
    seen, total = set(), 0
    while len(seen) < count:
        m = peer.recv()
        assert m is not None, "closed after %d" % len(seen)
        if m.type == "D":
            seen.add(m.seq)
            total += 1
    return total


def one_byte_at_a_time(w):
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        for byte in b"".join(p.build("D", ORDER % i) for i in range(10)):
            p.raw(bytes([byte]))
        p.sync()
    assert numbers(gw) == list(range(2, 12))
    assert gw.stop() == 0


def many_in_one_packet(w):
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.raw(p.build("A", "98=0|108=30") + b"".join(
            p.build("D", ORDER % i) for i in range(2000)))
        p.expect("A")
        p.sync()
    assert numbers(gw) == list(range(2, 2002))
    assert gw.stop() == 0


def a_reader_that_stops(w):
    """What it does not read waits in its connection, in memory of bounded size;
    nothing else waits for it."""
    gw, port = acceptor(w)
    before = gw.memory()
    lines = ["35=D|" + ORDER % i for i in range(50000)]
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        gw.send_file(NAME, lines)
        assert gw.memory() - before < 64 * MIB, (before, gw.memory())
        assert take(p, len(lines)) == len(lines)
    assert gw.stop() == 0


def asks_for_all_again(w):
    """A resend of everything comes whole, and new messages behind it."""
    gw, port = acceptor(w)
    lines = ["35=D|" + ORDER % i for i in range(20000)]
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        gw.send_file(NAME, lines)
        take(p, len(lines))
        p.send("2", "7=1|16=0")
        gw.send_file(NAME, lines[:5])
        seen = []
        while len(seen) < len(lines) + 5:
            m = p.recv()
            if m.type == "D":
                assert m.poss_dup == (len(seen) < len(lines)), repr(m)
                seen.append(m.seq)
        assert seen == sorted(seen), "out of order"
    assert gw.stop() == 0


def asks_and_asks(w):
    """Each of many ResendRequests in one packet is answered."""
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        gw.send_file(NAME, ["35=D|" + ORDER % i for i in range(500)])
        take(p, 500)
        p.raw(b"".join(p.build("2", "7=%d|16=%d" % (n, n + 4))
                       for n in range(2, 500, 10)))
        want = {n + i for n in range(2, 500, 10) for i in range(5)}
        seen = set()
        while not want <= seen:  # what is between them may come, too
            m = p.recv()
            assert m is not None and m.poss_dup, repr(m)
            seen.add(m.seq)
    assert gw.stop() == 0


def floods_above_a_gap(w):
    """More than is kept above a gap is dropped, asked for again, and each
    number is there once in the end."""
    gw, port = acceptor(w)
    count = 12000  # MaxEarlyMessages is 10000
    with fg.Peer("PEER", "GATE") as p:
        def again(first):
            p.raw(b"".join(p.build("D", ORDER % n, n, head="43=Y|122=" +
                                   fg.utc()) for n in range(first, count)))
        p.connect(port)
        p.logon()
        p.raw(b"".join(p.build("D", ORDER % n, n) for n in range(3, count)))
        p.next_out = count
        m = p.expect("2", t7="2")
        p.raw(p.build("D", ORDER % 2, 2, head="43=Y|122=" + fg.utc()))
        p.send("0")
        m = p.expect("2")
        assert int(m[7]) > 10000, repr(m)
        again(int(m[7]))
        p.raw(p.build("0", "", count, head="43=Y|122=" + fg.utc()))
        p.sync()
    assert numbers(gw) == list(range(2, count))
    assert gw.stop() == 0


def does_not_answer_the_logon(w):
    """The initiator gives up and tries again."""
    with fg.Peer("PEER", "GATE") as p:
        port = p.listen()
        gw = w.gateway("gate", sessions=[
            fg.initiator("GATE", "PEER", port, LogonTimeout=4)]).start()
        p.accept()
        assert p.recv().type == "A"
        p.expect_closed()
        p.accept()
        p.answer_logon()
        p.sync()
    assert gw.stop() == 0


def does_not_answer_the_logout(w):
    """fixgated stops all the same."""
    gw, port = acceptor(w)
    with fg.Peer("PEER", "GATE") as p:
        p.connect(port)
        p.logon()
        assert gw.stop() == 0
        p.expect("5")


CASES = (one_byte_at_a_time, many_in_one_packet, a_reader_that_stops,
         asks_for_all_again, asks_and_asks, floods_above_a_gap,
         does_not_answer_the_logon, does_not_answer_the_logout)


if __name__ == "__main__":
    fg.need("fixgated", "fixgatectl")
    fg.run_each(CASES)
