#!/usr/bin/env python3
"""The System V scripts for real, without root: only their folders are others.
FG_INIT may name a folder with scripts of an installed package."""

import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import initscript
from initscript import Script

fg.need("fixgated", "fixgatectl")
initscript.need()


def header(script):
    """What insserv and others read."""
    with open(script.path) as f:
        text = f.read()
    block = re.search(r"^### BEGIN INIT INFO\n((?:#.*\n)*?)### END INIT INFO$",
                      text, re.M)
    assert block, "no LSB header"
    keys = dict(re.findall(r"^# ([\w-]+): +(.*)$", block.group(1), re.M))
    assert keys["Provides"] == script.name, keys
    assert keys["Default-Start"] == "2 3 4 5", keys
    for key in ("Required-Start", "Required-Stop"):
        assert "$network" in keys[key] and "$syslog" in keys[key], keys
    assert keys["Short-Description"], keys
    assert "@" not in text.replace('"$@"', ""), "something is not filled in"
    r = subprocess.run(["sh", "-n", script.path], timeout=60)
    assert r.returncode == 0, "it is no shell script"


def run_through(w, s, write_config, is_good):
    """All actions, with the exit statuses of the LSB."""
    header(s)
    assert "usage:" in s("", 2) and "usage:" in s("dance", 2)
    assert "not running" in s("status", 3)
    s("stop", 0)
    assert "there is no " + s.config in s("start", 6)
    s.settle(DAEMON="/nonexistent")
    assert "/nonexistent is not installed" in s("start", 5)
    s.settle()
    write_config("bad")
    assert "has errors" in s("start", 1)
    assert "not running" in s("status", 3)

    write_config("good")
    assert "started" in s("start", 0)
    is_good()
    pid = s.pid()
    assert "pid %d" % pid in s("status", 0)
    assert "already running" in s("start", 0)
    assert s.pid() == pid
    s("reopen", 0)

    # A mistake in the file stops nothing.
    write_config("bad")
    assert "left as it is" in s("restart", 1)
    assert "left as it is" in s("force-reload", 1)
    assert "left as it is" in s("reload", 1)
    assert s.pid() == pid
    write_config("good")
    s("reload", 0)
    s("force-reload", 0)
    assert s.pid() == pid
    s("restart", 0)
    assert s.pid() != pid
    is_good()
    pid = s.pid()
    s("try-restart", 0)
    assert s.pid() != pid

    # It died, and left its file.
    os.kill(s.pid(), signal.SIGKILL)
    fg.wait_until(lambda: "dead" in subprocess.run(
        [s.path, "status"], stdout=subprocess.PIPE).stdout.decode())
    s("status", 1)
    s("start", 0)
    is_good()
    s("stop", 0)
    s("status", 3)
    assert not os.path.exists(s.pidfile)
    s("stop", 0)
    s("try-restart", 0)
    s("reopen", 7)
    s("status", 3)
    print("ok " + s.name)


def gateway(w):
    port = fg.free_port()
    g = w.gateway("g", gateway={"LogTarget": w.path("gate.log")},
                  sessions=[fg.acceptor("GATE", "PEER", port)])
    os.unlink(g.conf)
    s = Script(w, "fixgated", g.conf)
    # The gateway runs as nobody if root runs the test.
    os.chmod(w.dir, 0o777)

    def write(kind):
        g.configure("[SESSION\n" if kind == "bad" else None)

    def trades():
        with fg.Peer("PEER", "GATE") as p:
            p.connect(port)
            p.next_out = g.ctl_json("session", "show", "--json")[0]["NEXT_IN"]
            p.logon()
            p.logout()

    try:
        run_through(w, s, write, trades)
        # A log that was rotated away is made again.
        s("start", 0)
        os.rename(w.path("gate.log"), w.path("gate.log.1"))
        s("reopen", 0)
        fg.wait_until(lambda: os.path.exists(w.path("gate.log")))
        s("stop", 0)
        with open(w.path("gate.log")) as f:
            assert "stopped" in f.read()
    finally:
        s.kill()


def lua(w, name, good):
    """fixgate-streamer or -client: nobody is there for them, and they start."""
    if fg.program(name) is None:
        print("not built, and so not tried: " + name)
        return
    path = w.path(name + ".lua")
    s = Script(w, name, path)
    with open(s.path) as f:
        assert "-l syslog" in f.read()

    def write(kind):
        with open(path, "w") as f:
            f.write("nonsense(" if kind == "bad" else good)

    def listens():
        assert os.path.exists(w.path(name + ".sock"))

    try:
        run_through(w, s, write, listens)
    finally:
        s.kill()


with fg.Work() as work:
    gateway(work)
    lua(work, "fixgate-streamer", """
process("GATEWAY", "unix:/nonexistent/g.sock")
listen("unix:%s")
stream("ORDERS", "GATEWAY.FIX_IN") { }
""" % work.path("fixgate-streamer.sock"))
    lua(work, "fixgate-client", """
process("S", "unix:/nonexistent/s.sock")
process("B", "exec:cat >/dev/null")
listen("unix:%s")
streamerClient("C") { dataSource = { "S", "ORDERS" }, startAt = "beginning",
    onMessage { send("B", "ROW") } }
""" % work.path("fixgate-client.sock"))
