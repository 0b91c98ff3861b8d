#!/usr/bin/env python3
"""Whatever an operator changes is a row of SESSION_EVENT, with who it was and
why; what is dangerous wants a reason and a yes. All commands, over both kinds
of links."""

import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import tls
from link import Link
from streams import table

fg.need("fixgated", "fixgatectl")
tls.need()
WHY = "ticket 4711"
SURE = ["--reason", WHY, "--yes"]
# What changes something, but is an application's, not an operator's.
APPLICATIONS = {"CURSOR_GET", "CURSOR_PUT", "EVENT_FIX_SEND", "EVENT_PARK",
                "EVENT_TABLE_INSERT", "LANE_OPEN", "QUARANTINE_DONE"}
# Changes nothing, but is no secret for everybody; or work that has a log of
# its own.
QUIET = {"USER_LIST", "ARCHIVE", "BACKUP", "VERIFY", "CANCEL"}


class World:
    def __init__(self, work):
        self.port = fg.free_port()
        self.link_port = fg.free_port()
        self.certs = work.path("tls")
        os.mkdir(self.certs)
        for a, b in (("server.pem", "cert.pem"), ("server.key", "key.pem"),
                     ("ca.pem", "ca.pem")):
            shutil.copy(os.path.join(tls.certs(work), a),
                        os.path.join(self.certs, b))
        self.ours = work.path("ours")
        os.mkdir(self.ours)
        for a, b in (("client.pem", "cert.pem"), ("client.key", "key.pem"),
                     ("ca.pem", "ca.pem")):
            shutil.copy(os.path.join(tls.certs(work), a),
                        os.path.join(self.ours, b))
        self.g = work.gateway("g", gateway={
            "LinkListen": "tls:127.0.0.1:%d" % self.link_port,
            "LinkCertificates": self.certs}, sessions=[
                fg.acceptor("EXCH", "BANK", self.port, SessionName="S",
                            AuthenticateLogonCredentials="Y")])
        table(self.g)
        with open(self.g.conf, "a") as f:
            f.write("\n[ROLE ops]\nCertificate=BANZAI\nOperate=Y\nRead=all\n"
                    "Send=all\nAppend=all\n")
        self.g.start()
        self.seen = 0
        self.far = False

    def run(self, *args, stdin=b""):
        where = ["-a", "tls:localhost:%d" % self.link_port, "-T", self.ours] \
            if self.far else ["-s", self.g.socket]
        return subprocess.run([fg.program("fixgatectl")] + where +
                              [str(a) for a in args], input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=fg.LIMIT)

    def events(self):
        """Those since the last call."""
        rows = self.g.rows("SESSION_EVENT", after=self.seen)
        if rows:
            self.seen = rows[-1]["SEQUENCE"]
        return rows

    def told(self, event, words, *args, stdin=b"", session="S", why=WHY):
        """It is done, and there is a row about it."""
        self.events()
        r = self.run(*args, stdin=stdin)
        assert r.returncode == 0, (args, r)
        rows = []

        def come():
            rows.extend(self.events())
            return [x for x in rows if x["EVENT"] == event]
        row = fg.wait_until(come, what="%s of %s: %s" % (event, args, rows))[0]
        who = "CN=BANZAI" if self.far else "uid %d" % os.getuid()
        for w in words + [who, why]:
            assert w in row["TEXT"], (args, w, row)
        assert (row["CONNECTION_NAME"] or None) == session, (args, row)


def dangerous(o):
    """Neither without a reason nor without a yes; nothing is changed."""
    o.events()
    for args in (("session", "reset", "S"), ("session", "delete", "S"),
                 ("session", "seq", "S", "--next-in", "5"), ("halt", "S"),
                 ("halt", "all", "--cancel"), ("resume", "S"),
                 ("cursor", "set", "C", "K", "T", "0"),
                 ("cursor", "clear", "C", "K", "T"),
                 ("quarantine", "retry", "1"), ("quarantine", "drop", "1"),
                 ("user", "remove", "S", "joe")):
        for more, want in ((["--yes"], "--reason"),
                           (["--reason", "x"], "add --yes"),
                           (["--reason", "", "--yes"], "--reason")):
            r = o.run(*args, *more)
            assert r.returncode == 1 and want in r.stderr.decode(), (args, r)
    assert o.events() == []
    with Link(o.g.socket) as link:
        for kind in ("SESSION_RESET", "SESSION_SEQ", "SESSION_DELETE", "HALT",
                     "RESUME", "CURSOR_CLEAR", "USER_REMOVE"):
            _, said = link.ask(kind, SESSION="S", USER="x", CONSUMER="C",
                               KEY="K", TABLE="T", NEXT_IN=1)
            assert said.get("CODE") == "BAD_REQUEST" and \
                "REASON" in said["TEXT"], (kind, said)


def park(o):
    """An event that is in QUARANTINE: its row."""
    with Link(o.g.socket) as link:
        kind, said = link.ask("EVENT_PARK", CONSUMER="C", KEY="K", SEND="1",
                              SOURCE="s/T/1", SEQUENCE=o.g.seq, PART=0,
                              PROCESS="X", EVENT="E", CODE="C", REASON="r",
                              DETAILS=b"")
        assert kind == "EVENT_ACK", said
        o.g.seq += 1
        return said["PARKED"]


def commands(o):
    """The requests that were made, for complete()."""
    o.told("stopped", [], "session", "stop", "S", "--reason", WHY)
    o.told("started", [], "session", "start", "S", "--reason", WHY)
    o.told("disabled", [], "session", "disable", "S", "--reason", WHY)
    o.told("enabled", [], "session", "enable", "S", "--reason", WHY)
    o.told("reset", [], "session", "reset", "S", *SURE)
    o.told("sequence-set", [], "session", "seq", "S", "--next-out", "7",
           *SURE)
    o.told("halted", [], "halt", "S", *SURE)
    o.told("resumed", [], "resume", "S", *SURE)
    o.told("added", [], "session", "create", "NEW", "BeginString=FIX.4.4",
           "SenderCompID=EXCH", "TargetCompID=NEW", "ConnectionType=acceptor",
           "SocketAcceptPort=%d" % o.port, "UseDataDictionary=N", "--reason",
           WHY, session="NEW")
    o.told("removed", [], "session", "delete", "NEW", *SURE, session="NEW")
    o.told("user", ["joe of S has a new password"], "user", "set", "S", "joe",
           "--reason", WHY, stdin=b"secret7\n")
    assert "secret7" not in str(o.g.rows("SESSION_EVENT")) + o.g.log()
    o.told("user", ["joe of S was removed"], "user", "remove", "S", "joe",
           *SURE)
    o.told("cursor", ["cursor of C K in", "/T/", "set to 0"], "cursor", "set",
           "C", "K", "T", "0", *SURE, session=None)
    o.told("cursor", ["cursor of C K in T cleared, it was behind row 0"],
           "cursor", "clear", "C", "K", "T", *SURE, session=None)
    row = park(o)
    o.told("quarantine", ["row %d is tried again" % row], "quarantine",
           "retry", row, *SURE, session=None)
    row = park(o)
    o.told("quarantine", ["row %d is dropped" % row], "quarantine", "drop",
           row, *SURE, session=None)
    with open(o.g.conf) as f:
        text = f.read()
    with open(o.g.conf, "w") as f:
        f.write(text.replace("LogonTimeout=10\n", "") if "LogonTimeout" in text
                else text.replace("[GATEWAY]\n",
                                  "[GATEWAY]\nLogonTimeout=10\n", 1)
                .replace("LogonTimeout=10", "LogonTimeout=%d" % (
                    9 if o.far else 8)))
    o.told("reloaded", ["0 sessions added, 0 changed, 0 removed"], "reload",
           "--reason", WHY, session=None)
    # What is sent by hand: once for a command, not for each message.
    o.told("by-hand", ["sends on S"], "send", "S", "MsgType=D", "ClOrdID=1",
           why="by hand")
    o.told("by-hand", ["appends to T"], "append", "T", session=None,
           stdin=b'{"ID": "1"}\n{"ID": "2"}\n', why="by hand")
    o.events()
    with Link(o.g.socket, name="app") as link:
        assert link.ask("EVENT_TABLE_INSERT", TABLE="T",
                        COLUMNS={"ID": "x"})[0] == "EVENT_ACK"
    assert o.events() == []


def complete():
    """There is no other request that changes something."""
    with open(os.path.join(fg.SRC, "src", "gateway", "control.c")) as f:
        text = f.read()
    table_of = dict(re.findall(r'^\t\{ "([A-Z_]+)", \w+,\s*([^}]+) \}', text,
                               re.M))
    assert len(table_of) > 30, table_of
    changes = {k for k, v in table_of.items() if "SERVER_READS" not in v}
    made = {"SESSION_STOP", "SESSION_START", "SESSION_DISABLE",
            "SESSION_ENABLE", "SESSION_RESET", "SESSION_SEQ", "HALT",
            "RESUME", "SESSION_CREATE", "SESSION_DELETE", "USER_SET",
            "USER_REMOVE", "CURSOR_CLEAR", "QUARANTINE_RETRY",
            "QUARANTINE_DROP", "RELOAD"}
    left = changes - made - APPLICATIONS - QUIET
    assert not left, "is it told in SESSION_EVENT who did it? %s" % left


def main():
    complete()
    with fg.Work() as work:
        o = World(work)
        o.g.seq = 1
        dangerous(o)
        print("ok dangerous")
        commands(o)
        print("ok commands")
        o.far = True
        commands(o)
        print("ok from another machine")
        assert o.g.stop() == 0


main()
