#!/usr/bin/env python3
"""The log: one line for each event, in logfmt that is read strictly, of all
three daemons; what a counterparty sends makes no line and no key of its own."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import logfmt

fg.need("fixgated", "fixgate-streamer", "fixgate-client")

HOSTILE = 'X\nlevel=error event=store msg="all is lost"\r\t\\x\x1b[2J\x9b'


def keys_of_a_session(w):
    port = fg.free_port()
    g = w.gateway("gate", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="THE BANK")]).start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()
        p.logout()
    fg.wait_until(lambda: "logged-out" in g.log())
    assert g.stop() == 0
    lines = logfmt.read(g.raw_log())
    assert [x["event"] for x in lines if "session" not in x] == \
        ["listening", "ready", "stopping", "stopped"], lines
    bank = [x for x in lines if x.get("session") == "THE BANK"]
    assert [x["event"] for x in bank] == \
        ["connection", "connected", "logged-on", "logged-out",
         "disconnected"], bank
    # Nothing else is in the file: a line is an event.
    assert len(lines) == len(g.raw_log().splitlines())


def hostile_bytes_stay_in_their_value(w):
    port = fg.free_port()
    g = w.gateway("gate", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="BANK")]).start()
    start = len(logfmt.read(g.raw_log()))

    def said():
        return logfmt.read(g.raw_log())[start:]
    with fg.Peer(HOSTILE, "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30|")
        p.expect_closed()
    fg.wait_until(said, what="a line")
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.raw(HOSTILE.encode("latin-1") * 3)
        p.expect_closed()
    fg.wait_until(lambda: len(said()) >= 2, what="another line")
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()
        p.raw(b"8=FIX.4.4\x019=5\x01" +
              HOSTILE.encode("latin-1") * 3 + b"\x0110=000\x01")
        p.sync()
        p.logout()
    fg.wait_until(lambda: [x for x in said() if x["event"] == "logged-out"])
    got = said()
    assert [x["event"] for x in got if x["level"] == "warn"] == \
        ["refused", "refused", "dropped", "dropped"], got
    assert not [x for x in got if x["event"] == "store"], got
    raw = g.raw_log().encode()
    assert b"\x1b" not in raw and b"\x9b" not in raw and b"\r" not in raw
    assert "level=error event=store" in got[0]["msg"] + got[1]["msg"], got
    assert g.stop() == 0


def streamer_and_client_alike(w):
    """Both by default, and as text if they are told so."""
    g = w.gateway("gate", sessions=[
        fg.acceptor("EXCH", "BANK", fg.free_port())]).start()
    lua = w.path("s.lua")
    with open(lua, "w") as f:
        f.write('process("gate", "unix:%s")\nlisten("unix:%s")\n'
                'stream("S", "FIX_IN") {}\n'
                % (g.socket, w.path("s.sock")))
    with open(w.path("c.lua"), "w") as f:
        f.write('process("s", "unix:%s")\nprocess("gate", "unix:%s")\n'
                'streamerClient("C") { dataSource = { "s", "S" },\n'
                '  onMessage { send("gate", "EVENT_FIX_SEND") } }\n'
                % (w.path("s.sock"), g.socket))
    for name, path in ("fixgate-streamer", lua), \
            ("fixgate-client", w.path("c.lua")):
        for form in [], ["-L", "logfmt"], ["-L", "text"]:
            p = w.proc(name + "".join(form), [fg.program(name)] + form +
                       [path]).start()
            fg.wait_until(lambda: "ready" in p.log())
            p.stop()
            lines = logfmt.read(p.raw_log())
            if form == ["-L", "text"]:
                assert not lines and " %s info: stopped\n" % name in p.log()
                continue
            assert {x["program"] for x in lines} == {name}, lines
            assert [x["event"] for x in lines][-1] == "stopped", lines
            assert "ready" in [x["event"] for x in lines], lines
        bad = w.proc(name + "bad", [fg.program(name), "-L", "xml", path])
        bad.start()
        assert bad.wait() == 2 and "usage: " in bad.log(), bad.log()
    g.stop()


fg.run_each((
    keys_of_a_session, hostile_bytes_stay_in_their_value,
    streamer_and_client_alike))
