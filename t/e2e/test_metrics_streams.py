#!/usr/bin/env python3
"""The metrics of fixgate-streamer and fixgate-client: what they say is so, and
their manual pages have each."""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from prom import ask, parse
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")


def port_of(p):
    return int(re.search(r"metrics on port (\d+)", p.log())[1])


def metrics(p):
    status, _, body = ask(port_of(p))
    assert status == 200, body
    return parse(body)


def value(p, name, **labels):
    return metrics(p)[0].get(("fixgate_" + name, tuple(labels.items())))


def documented(p, page):
    types = metrics(p)[1]
    with open(os.path.join(fg.SRC, "man", page)) as f:
        items = set(re.findall(r"^\.It Li (fixgate_\w+)", f.read(), re.M))
    mine = {n for n in types if n.startswith("fixgate_")}
    assert mine == items, mine ^ items


with fg.Work() as w:
    g = w.gateway("g")
    table(g)
    table(g, "U")
    g.start()
    s = Streamer(w, "s", 'stream("ROWS", "g.T") { maxLogons = 9 }\n'
                 'stream("BAD", "g.T") { where = function(r) '
                 'error("bad") end }\n', [g],
                 args=("-m", "127.0.0.1:0")).start().wait_up()
    with open(w.path("c.lua"), "w") as f:
        f.write('process("S", "unix:%s")\nprocess("G", "unix:%s")\n'
                'streamerClient("COPY") { dataSource = { "S", "ROWS" }, '
                'startAt = "beginning", onMessage { send("G", '
                '"EVENT_TABLE_INSERT", function(r) return { TABLE = "U", '
                'ID = r.ID } end) } }\n' % (s.socket, g.socket))
    c = w.proc("c", [fg.program("fixgate-client"), "-m", "127.0.0.1:0",
                     w.path("c.lua")]).start()
    fg.wait_until(lambda: "logged on to stream" in c.log())
    insert(g, 1, 50)
    fg.wait_until(lambda: value(c, "client_cursor", client="COPY",
                                key="COPY") == 50)
    assert value(c, "client_lag", client="COPY", key="COPY") == 0
    assert value(c, "client_health", client="COPY") == 0
    got = metrics(c)[0]
    sends = {dict(k[1])["send"]: v for k, v in got.items()
             if k[0] == "fixgate_send_up"}
    assert len(sends) == 1 and list(sends)[0].startswith("COPY/"), sends
    assert list(sends.values()) == [1], sends
    assert value(c, "client_seen", client="COPY", key="COPY") == 50
    assert value(c, "send_handled", client="COPY", send=list(sends)[0]) == 50

    # Each row once, in its order: made, sent; sent again, answered.
    made, sent = (value(s, "stream_%s_seconds_count" % n, stream="ROWS")
                  for n in ("made", "sent"))
    assert made == sent == 50, (made, sent)
    assert 0 < value(s, "stream_made_seconds_sum", stream="ROWS") < \
        value(s, "stream_sent_seconds_sum", stream="ROWS")
    of = {"client": "COPY", "send": list(sends)[0]}
    first, answered = (value(c, "send_%s_seconds_count" % n, **of)
                       for n in ("sent", "answered"))
    assert first == answered == 50, (first, answered)
    assert 0 < value(c, "send_sent_seconds_sum", **of) < \
        value(c, "send_answered_seconds_sum", **of)
    assert value(s, "stream_made_seconds_count", stream="BAD") == 0

    slow = Logon(s, "ROWS", client='SL"OW', credit=10)
    slow.rows(10)
    assert value(s, "stream_client_upto", stream="ROWS",
                 client='SL\\"OW') == 10
    assert value(s, "stream_client_lag", stream="ROWS",
                 client='SL\\"OW') == 40
    assert value(s, "stream_client_replaying", stream="ROWS",
                 client='SL\\"OW') == 1
    assert value(s, "stream_client_lag", stream="ROWS", client="COPY") == 0
    assert value(s, "stream_client_replaying", stream="ROWS",
                 client="COPY") == 0
    assert value(s, "stream_logons", stream="ROWS") == 2
    assert value(s, "stream_sent_seconds_count", stream="ROWS") == 60
    assert value(s, "stream_newest", stream="ROWS") == 50
    assert value(s, "process_up", process="g") == 1
    assert ask(port_of(s), "/healthz")[2] == "HEALTHY\n"
    bad = Logon(s, "BAD", client="B")
    bad.ended()
    assert value(s, "stream_health", stream="BAD") == 2
    assert ask(port_of(s), "/healthz")[::2] == (200, "ERROR\n")
    documented(s, "fixgate-streamer.8")
    documented(c, "fixgate-client.8")
    assert g.stop() == 0
    fg.wait_until(lambda: value(s, "process_up", process="g") == 0)
    fg.wait_until(lambda: value(c, "send_health", client="COPY",
                                send=list(sends)[0]) is not None)
    assert c.stop() == 0 and s.stop() == 0
    # An address that is none, or taken by somebody.
    for at, want in (("9465", "write an IP address"),
                     ("127.0.0.1:99999", "write an IP address"),
                     ("192.0.2.1:9465", "cannot listen")):
        p = w.proc("x", [fg.program("fixgate-streamer"), "-m", at, s.file])
        p.start()
        assert p.wait() == 1 and want in p.log(), p.log()
print("ok")
