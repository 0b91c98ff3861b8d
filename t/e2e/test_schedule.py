#!/usr/bin/env python3
"""Schedules on a living gateway: windows of seconds around now. What must be
done before an edge says so; a machine that is too slow for it gets the same
case again, with longer windows."""

import contextlib
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")


def at(moment):
    """A time of day, UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(moment))


def until(moment):
    time.sleep(max(0, moment - time.time()))


def soon(seconds):
    """A whole second, at least that far away."""
    return math.ceil(time.time()) + seconds


class TooSlow(Exception):
    pass


@contextlib.contextmanager
def before(moment):
    """What is not done before then says nothing, whether it went well or not."""
    try:
        yield
    except (AssertionError, OSError, fg.CtlError) as e:
        if time.time() < moment:
            raise
        raise TooSlow(e) from None
    if time.time() >= moment:
        raise TooSlow


def edge_of(p, moment, msg_type, **tags):
    """What the gateway sends at an edge, and not before."""
    m = p.expect(msg_type, max(0, moment - time.time()) + fg.LIMIT, **tags)
    assert time.time() >= moment, "too early: %r" % m
    return m


def window(start, end, **keys):
    return dict(keys, NonStopSession=None, StartTime=at(start),
                EndTime=at(end), SessionName="S")


def epoch(g):
    return g.ctl_json("--json", "session", "show", "S")[0]["EPOCH"]


def events(g, name):
    return [r["TEXT"] for r in g.rows("SESSION_EVENT", session="S")
            if r["EVENT"] == name]


def an_acceptor_is_closed_then_open_then_closed(work, unit):
    port = fg.free_port()
    start = soon(unit)
    end = start + unit
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, **window(start, end))]).start()
    with fg.Peer("BANK", "EXCH") as p:
        with before(start):
            for _ in range(2):
                p.connect(port)
                p.send("A", "98=0|108=30", seq=1)
                p.expect_closed()
            text = g.ctl("status")
            refused = events(g, "refused")
            rows = [r["TEXT"] for r in g.rows("FIX_IN_OTHER")]
        assert refused == ["outside its schedule"], refused
        assert rows == ["outside its schedule"] * 2, rows
        assert "HEALTHY" in text and "outside its schedule until" in text, \
            text
        with before(end):
            fg.wait_until(lambda: events(g, "started"), unit + fg.LIMIT)
            assert time.time() >= start, "too early"
            p.connect(port)
            p.logon()
            p.sync()
        m = edge_of(p, end, "5")
        assert m.get(58) is None, m
        p.send("5")
        p.expect_closed()
        p.connect(port)
        p.send("A", "98=0|108=30")
        p.expect_closed()
    assert events(g, "started") == ["by its schedule"]
    assert events(g, "stopped") == ["by its schedule"]
    assert g.stop() == 0, g.log()


def a_new_window_begins_while_logged_on(work, unit):
    """24 hours: the session ends, and begins again at 1."""
    port = fg.free_port()
    edge = soon(unit)
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, **window(edge, edge))]).start()
    with fg.Peer("BANK", "EXCH") as p:
        with before(edge):
            p.connect(port)
            p.logon()
            p.logout()
            was = epoch(g)
            p.connect(port)
            m = p.logon()
        assert m.seq == 3, m
        edge_of(p, edge, "5")
        p.send("5")
        p.expect_closed()
        p.next_out = 1
        p.connect(port)
        m = p.logon()
        assert m.seq == 1, m
        p.sync()
    assert epoch(g) == was + 1
    assert events(g, "reset") == ["a new window of the schedule"]
    assert g.stop() == 0, g.log()


def a_restart_keeps_the_numbers_of_its_window_only(work, _):
    port = fg.free_port()
    now = time.time()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, **window(now - 3600, now + 3600))]).start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.logon()
        p.logout()
        assert g.stop() == 0, g.log()
        g.start()
        p.connect(port)
        m = p.logon()
        assert m.seq == 3, m
        p.logout()
        was = epoch(g)
        assert g.stop() == 0, g.log()
        # It was down when this window began.
        start = soon(0)
        g.sessions = [fg.acceptor("EXCH", "BANK", port,
                                  **window(start, now + 3600))]
        g.configure()
        until(start + 1)
        g.start()
        p.next_out = 1
        p.connect(port)
        m = p.logon()
        assert m.seq == 1, m
        assert epoch(g) == was + 1
    assert g.stop() == 0, g.log()


def an_initiator_connects_in_its_window_only(work, unit):
    start = soon(unit)
    end = start + unit
    with fg.Peer("EXCH", "BANK") as p:
        port = p.listen()
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, **window(
                start - 1, end + 3600, LogonTime=at(start),
                LogoutTime=at(end)))]).start()
        with before(end):
            p.accept(unit + fg.LIMIT)
            assert time.time() >= start, "it connected too early"
            p.answer_logon()
            p.sync()
        edge_of(p, end, "5")
        p.send("5")
        p.expect_closed()
        text = g.ctl("status")
        assert "outside its schedule until" in text, text
        try:
            p.accept(2.5)   # more than two of its ReconnectInterval
            raise AssertionError("it connected again")
        except OSError:
            pass
        assert g.stop() == 0, g.log()


def what_is_sent_outside_waits_for_the_window(work, unit):
    """E13."""
    start = soon(unit)
    with fg.Peer("EXCH", "BANK") as p:
        port = p.listen()
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, **window(start, start + 3600))]).start()
        with before(start):
            g.ctl("send", "S", "--raw",
                  "35=D|11=early|55=X|54=1|38=1|40=1|60=" + fg.utc())
        p.accept(unit + fg.LIMIT)
        m = p.answer_logon()
        assert m.seq == 1, m
        m = p.expect("D")
        assert m.seq == 2 and m[11] == "early", m
        assert g.stop() == 0, g.log()


def an_initiator_begins_again_on_the_open_connection(work, unit):
    reset = soon(unit)
    with fg.Peer("EXCH", "BANK") as p:
        port = p.listen()
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, SessionName="S",
            ResetSeqTime=at(reset))]).start()
        with before(reset):
            p.accept()
            p.answer_logon()
            p.sync()
        m = edge_of(p, reset, "A", t34=1, t141="Y")
        p.next_out = 1
        p.send("A", "98=0|108=%s|141=Y" % m[108])
        p.sync()
        assert events(g, "reset") == ["ResetSeqTime"]
        assert g.stop() == 0, g.log()


def a_reset_without_an_answer_is_asked_for_again(work, unit):
    """The counterparty may not know of it: its numbers are the old ones."""
    reset = soon(unit)
    with fg.Peer("EXCH", "BANK") as p:
        port = p.listen()
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, SessionName="S",
            ResetSeqTime=at(reset))]).start()
        with before(reset):
            p.accept()
            p.answer_logon()
            p.sync()
        edge_of(p, reset, "A", t34=1, t141="Y")
        p.accept() # the connection is lost
        p.expect("A", t34=1, t141="Y")
        g.kill() # and the gateway
        g.start()
        p.accept()
        m = p.expect("A", t34=1, t141="Y")
        p.next_out = 1
        p.send("A", "98=0|108=%s|141=Y" % m[108])
        assert p.sync() == []
        p.accept()
        m = p.answer_logon()
        assert m.seq == 3 and m.get(141) is None, m
        p.sync()
        assert g.stop() == 0, g.log()


def the_next_edges_are_shown(work, _):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, NonStopSession=None,
                    SessionName="S", StartTime="08:00:00 Europe/London",
                    EndTime="16:30:00 Europe/London", Weekdays="Mon",
                    ResetSeqTime="12:00:00"),
        fg.acceptor("EXCH", "FUND", port, SessionName="ALWAYS")]).start()
    edges = g.ctl_json("--json", "session", "schedule", "S")
    assert len(edges) == 20, edges
    assert {e["EDGE"] for e in edges} == {"start", "end", "reset"}, edges
    times = [e["TIME"] for e in edges]
    now = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
    assert times == sorted(set(times)) and times[0] > now, (now, times)
    text = g.ctl("session", "schedule", "S")
    assert len(text.splitlines()) == 21, text
    assert text.splitlines()[1].split()[1] in ("start", "end", "reset")
    text = g.ctl("session", "schedule", "ALWAYS")
    assert text == "always open\n", text
    assert g.stop() == 0, g.log()


def a_session_that_never_opens_says_so(work, _):
    """By the clocks of two zones LogonTime is never within the window."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, NonStopSession=None,
                    SessionName="S", StartTime="08:00:00", EndTime="09:00:00",
                    LogonTime="08:00:00 Asia/Tokyo")]).start()
    text = g.ctl("status")
    assert "outside its schedule, for a year at least" in text, text
    assert g.stop() == 0, g.log()


CASES = (an_acceptor_is_closed_then_open_then_closed,
         a_new_window_begins_while_logged_on,
         a_restart_keeps_the_numbers_of_its_window_only,
         an_initiator_connects_in_its_window_only,
         what_is_sent_outside_waits_for_the_window,
         an_initiator_begins_again_on_the_open_connection,
         a_reset_without_an_answer_is_asked_for_again,
         the_next_edges_are_shown,
         a_session_that_never_opens_says_so)


def play(case):
    for unit in (4, 10, 30, 90):
        try:
            with fg.Work() as work:
                case(work, unit)
            print("ok", case.__name__)
            return
        except TooSlow as e:
            print("too slow for windows of", unit, "s:", case.__name__, e)
    raise AssertionError("too slow to tell")


def main():
    """Side by side: they wait most of the time."""
    with ThreadPoolExecutor(len(CASES)) as pool:
        list(pool.map(play, CASES))


main()
