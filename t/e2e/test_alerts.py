#!/usr/bin/env python3
"""The example that tells somebody of what happens to sessions: alerts.lua and
page.sh as they are, but for the places of files."""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from streams import Streamer

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
EXAMPLES = os.path.join(fg.SRC, "etc", "examples")


def told(path):
    try:
        with open(path) as f:
            return [json.loads(line)["details"] for line in f]
    except FileNotFoundError:
        return []


with fg.Work() as work:
    port = fg.free_port()
    g = work.gateway("GATEWAY", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="BANK")]).start()
    s = Streamer(work, "s", 'stream("EVENTS", "GATEWAY.SESSION_EVENT") { }\n',
                 [g]).start().wait_up()
    # A pager that is broken at first: nothing is lost.
    out, works = work.path("paged"), work.path("works")
    with open(work.path("pager"), "w") as f:
        f.write('#!/bin/sh\ntouch %s\n[ -e %s ] && echo "$1" >>%s\n' % (
            work.path("tried"), works, out))
    os.chmod(work.path("pager"), 0o755)
    os.environ["PAGE"] = work.path("pager")
    with open(os.path.join(EXAMPLES, "alerts.lua")) as f:
        text = f.read()
    for old, new in (
            ('"unix:/run/fixgate/streamer.sock"', '"unix:%s"' % s.socket),
            ("exec:/usr/local/lib/fixgate/page.sh",
             "exec:sh %s/page.sh" % EXAMPLES)):
        assert text.count(old) == 1 or old.startswith('"unix'), old
        text = text.replace(old, new)
    with open(work.path("alerts.lua"), "w") as f:
        f.write(text)
    c = work.proc("c", [fg.program("fixgate-client"),
                        work.path("alerts.lua")]).start()
    fg.wait_until(lambda: "logged on to stream EVENTS" in c.log())
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.logon()
        p.send("0", seq=9)  # 2 to 8 are missing
        p.expect("2")
        fg.wait_until(lambda: os.path.exists(work.path("tried")))
        g.ctl("halt", "BANK", "--reason", "as a test", "--yes")
        open(works, "w").close()
        got = fg.wait_until(lambda: len(told(out)) >= 2 and told(out))
        assert [(e["SESSION"], e["EVENT"]) for e in got] == [
            ("BANK", "gap-open"), ("BANK", "halted")], got
        assert "as a test" in got[1]["TEXT"], got
    assert c.stop() == 0 and s.stop() == 0 and g.stop() == 0
print("ok")
