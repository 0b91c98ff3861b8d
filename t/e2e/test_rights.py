#!/usr/bin/env python3
"""[ROLE]: who may read which tables, append to which, send on which sessions,
and operate: by the user at a unix socket and by the certificate over TLS."""

import os
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import tls
from link import Link, SecuredLink
from streams import table

fg.need("fixgated", "fixgatectl")
ME = str(os.getuid())


def certificates(work):
    to = work.path("gw.tls")
    os.makedirs(to, exist_ok=True)
    for a, b in (("server.pem", "cert.pem"), ("server.key", "key.pem"),
                 ("ca.pem", "ca.pem")):
        shutil.copy(os.path.join(tls.certs(work), a), os.path.join(to, b))
    return to


def role(name, **keys):
    return "\n[ROLE %s]\n" % name + "".join(
        "%s=%s\n" % kv for kv in keys.items() if not fg.is_dropped(kv[0]))


def gateway(work, roles, gateway=None):
    """With the sessions A and B and the tables T and U."""
    g = work.gateway("gw", gateway=gateway, sessions=[
        fg.acceptor("EXCH", name, fg.free_port(), SessionName=name)
        for name in "AB"])
    table(g)
    table(g, "U")
    with open(g.conf) as f:
        g.text = f.read()
    configure(g, roles)
    return g.start()


def configure(g, roles):
    with open(g.conf, "w") as f:
        f.write(g.text + roles)


def send(link, session):
    return link.ask("EVENT_FIX_SEND", SESSION=session, MSG_TYPE="D", FIELDS={
        "ClOrdID": "1", "Symbol": "X", "Side": "1", "OrderQty": "1",
        "OrdType": "1", "TransactTime": "20260105-09:00:00"})


def insert(link, name):
    return link.ask("EVENT_TABLE_INSERT", TABLE=name, COLUMNS={"ID": "x"})


def refused(got, *want):
    """NO_RIGHT, with these words, and no use to try again."""
    kind, said = got
    assert kind in ("NACK", "EVENT_NACK"), got
    assert said["CODE"] == "NO_RIGHT" and not said["RETRY"], got
    for w in want:
        assert w in said["TEXT"], (w, said)


def done(got):
    assert got[0] not in ("NACK", "EVENT_NACK", "ERROR"), got


def operates(link):
    return link.ask("SESSION_STOP", SESSION="B", TEXT="test")


def Users(work):
    """The user of the process at the socket; * is who has no other role, and
    without that one everybody may all."""
    g = gateway(work, role("ops", Users=ME, Read="T") + role(
        "rest", Users="*", Operate="Y"))
    with Link(g.socket) as link:
        done(link.ask("READ", TABLE="T"))
        refused(operates(link), "SESSION_STOP needs the right Operate=Y",
                "uid %s has [ROLE ops]" % ME, "fixgate.conf")
        configure(g, role("ops", Users="4294967294", Read="T") +
                  role("rest", Users="*", Operate="Y"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: operates(link)[0] == "ACK")
        refused(link.ask("READ", TABLE="T"), "Read=T", "[ROLE rest]")
        configure(g, role("ops", Users="4294967294", Read="T"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: link.ask("READ", TABLE="T")[0] == "ROWS")
        done(operates(link))
    # It is told once, not for each request.
    with Link(g.socket) as link:
        configure(g, role("ops", Users=ME, Send="A"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: operates(link)[0] == "NACK")
        before = g.log().count("refused: ")
        for _ in range(20):
            refused(operates(link))
        assert g.log().count("refused: ") == before


def Certificate(work):
    """Its name over TLS. Who has no role may all but operate; who has one, what
    it says."""
    tls.need()
    port = fg.free_port()
    roles = role("ops", Users="4294967294", Certificate="BANZAI",
                 Operate="Y") + role("rest", Users="4294967294",
                                     Certificate1="*", Read="T")
    g = gateway(work, "", {"LinkListen": "tls:127.0.0.1:%d" % port,
                           "LinkCertificates": certificates(work)})
    with SecuredLink(work, port, "client") as link, \
            SecuredLink(work, port, "other") as other:
        for o in (link, other):
            done(o.ask("READ", TABLE="T"))
            done(send(o, "A"))
            for kind in ("SESSION_STOP", "SESSION_RESET", "HALT", "RELOAD",
                         "USER_SET", "USER_LIST", "CURSOR_CLEAR",
                         "QUARANTINE_DROP"):
                refused(o.ask(kind, SESSION="A", REASON="x"), "Operate=Y",
                        "has no [ROLE]", "CN=")
        configure(g, roles)
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: operates(link)[0] == "ACK")
        refused(link.ask("READ", TABLE="T"), "[ROLE ops]")
        done(other.ask("READ", TABLE="T"))
        refused(operates(other), "[ROLE rest]")
        refused(send(other, "A"))
    assert "CN=OTHER" in g.log()


def Read(work):
    g = gateway(work, role("r", Users=ME, Read="T, FIX_*"))
    with Link(g.socket) as link:
        for name in ("T", "FIX_IN", "FIX_OUT"):
            done(link.ask("READ", TABLE=name))
            done(link.ask("TAIL", TABLE=name))
        for kind in ("READ", "TAIL"):
            for name in ("U", "SESSION_EVENT", "QUARANTINE"):
                refused(link.ask(kind, TABLE=name), "Read=" + name)
        refused(link.ask("QUARANTINE_LIST"), "Read=QUARANTINE")
        refused(link.ask("TAIL", TABLE="T", JOIN={
            "u": {"TABLE": "U", "ON": "ID"}}), "Read=U")
        source = link.ask("TABLES", TABLE="T")[1]["TABLES"][0]["SOURCE"]
        done(link.ask("CURSOR_GET", CONSUMER="C", KEY="K", TABLE="T"))
        done(link.ask("CURSOR_PUT", CONSUMER="C", KEY="K", SOURCE=source,
                      SEQUENCE=0))
        refused(link.ask("CURSOR_PUT", CONSUMER="C", KEY="K", SOURCE=source,
                         SEQUENCE=0, FORCE=True, REASON="x"), "Operate=Y")
        refused(link.ask("CURSOR_PUT", CONSUMER="C", KEY="K",
                         SOURCE=source.replace("/T/", "/U/"), SEQUENCE=0),
                "Read=U")
        done(link.ask("STATUS"))
        refused(send(link, "A"))
        refused(insert(link, "T"), "Append")
        refused(link.ask("LANE_OPEN", CONSUMER="C", KEY="K", SEND="1",
                         SOURCE="s/T/1"), "Append= or Send=")
        configure(g, role("r", Users=ME, Read="all"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: link.ask("READ", TABLE="U")[0] == "ROWS")
        configure(g, role("r", Users=ME, Read="all", Operate="Y"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: "SETTINGS_NOW" in link.ask(
            "RELOAD", DRY_RUN=True)[1])
        configure(g, "")
        assert link.ask("RELOAD", DRY_RUN=True)[1]["SETTINGS_NOW"] == \
            ["[ROLE]"]


def Append(work):
    g = gateway(work, role("r", Users=ME, Append="U,V*", Read="QUARANTINE"))
    with Link(g.socket) as link:
        done(insert(link, "U"))
        refused(insert(link, "T"), "Append=T")
        refused(send(link, "A"), "Send=A")
        # On a lane, it is put aside and can be done when the right is there.
        lane = link.ask("LANE_OPEN", CONSUMER="C", KEY="K", SEND="1",
                        SOURCE="s/T/1")[1]["LANE"]
        got = link.ask("EVENT_TABLE_INSERT", TABLE="T", COLUMNS={"ID": "x"},
                       LANE=lane, SEQUENCE=1, PART=0)
        refused(got, "Append=T")
        done(link.ask("EVENT_TABLE_INSERT", TABLE="U", COLUMNS={"ID": "y"},
                      LANE=lane, SEQUENCE=2, PART=0))
    # The operator's rights count for what he does.
    parked = str(got[1]["PARKED"])
    sure = ["--reason", "x", "--yes"]
    configure(g, role("r", Users=ME, Read="all", Operate="Y"))
    g.signal(signal.SIGHUP)
    fg.wait_until(lambda: "stopped" in g.ctl("session", "stop", "A",
                                             check=False).lower())
    try:
        g.ctl("quarantine", "retry", parked, *sure)
        assert False, "it is done"
    except fg.CtlError as e:
        assert "Append=T" in str(e), e
    configure(g, "")
    g.signal(signal.SIGHUP)
    fg.wait_until(lambda: g.ctl("quarantine", "retry", parked, *sure,
                                check=False))
    assert len(g.rows("T")) == 1, g.rows("T")


def Send(work):
    g = gateway(work, role("r", Users=ME, Send="A, X"))
    with Link(g.socket) as link:
        done(send(link, "A"))
        refused(send(link, "B"), "EVENT_FIX_SEND needs the right Send=B")
        refused(link.ask("READ", TABLE="T"))
        refused(operates(link))
        done(link.ask("SESSIONS"))
    r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert r.returncode == 0, r
    assert b"note: Send: the file has no session X" in r.stdout, r.stdout


def Operate(work):
    """Two roles of one peer are taken together."""
    g = gateway(work, role("a", Users=ME, Read="T") +
                role("b", Users=ME + ", root", Operate="Y"))
    with Link(g.socket) as link:
        done(operates(link))
        done(link.ask("READ", TABLE="T"))
        refused(send(link, "A"), "[ROLE a], [ROLE b]")
    text = subprocess.run([fg.program("fixgated"), "-nv", "-f", g.conf],
                          stdout=subprocess.PIPE, check=True).stdout.decode()
    assert "[ROLE b]\nUsers=%s, root\n" % ME in text, text


@cases.always
def A_tail_that_may_not_be_read_any_more(work):
    """Its connection is ended with what is missing; others go on."""
    g = gateway(work, role("r", Users=ME, Read="T, U", Append="T,U"))
    with Link(g.socket) as one, Link(g.socket) as two:
        ref = one.send("TAIL", TABLE="T", CREDIT=10)
        assert one.recv()[:2] == ("TAIL_ACK", ref)
        done(two.ask("TAIL", TABLE="U", CREDIT=10))
        done(insert(two, "T"))
        kind, at, said = one.recv()
        assert (kind, at, len(said["ROWS"])) == ("ROWS", ref, 1), said
        configure(g, role("r", Users=ME, Read="U", Append="T,U"))
        g.signal(signal.SIGHUP)
        kind, at, said = one.recv()
        assert (kind, at, said["CODE"], said["FATAL"]) == (
            "ERROR", ref, "NO_RIGHT", True), (kind, said)
        assert "Read=T" in said["TEXT"], said
        try:
            one.recv()
            assert False, "the connection is still there"
        except (EOFError, OSError):
            pass
        two.send("EVENT_TABLE_INSERT", TABLE="U", COLUMNS={"ID": "y"})
        kinds = {two.recv()[0], two.recv()[0]}
        assert kinds == {"EVENT_ACK", "ROWS"}, kinds
    assert g.stop() == 0


@cases.always
def Nothing(work):
    """A role without rights gives none; not even the names of sessions."""
    g = gateway(work, role("r", Users="*"))
    with Link(g.socket) as link:
        for kind in ("STATUS", "SESSIONS", "TABLES", "CURSOR_LIST"):
            refused(link.ask(kind), "needs the right Read=, Append=")
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket, "status"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert r.returncode == 3 and b"NO_RIGHT" in r.stderr, r


@cases.always
def Mistakes(work):
    """Each is named with its line."""
    g = work.gateway("gw", sessions=[fg.acceptor("EXCH", "A", 1)])
    with open(g.conf) as f:
        head = f.read()
    for text, want in (
            ("[ROLE a b]\nUsers=*\n", "is no name of a role"),
            ("[ROLE]\nUsers=*\n", "is no name of a role"),
            ("[ROLE a]\nRead=all\n", "nobody has it"),
            ("[ROLE a]\nUsers=*\n[ROLE a]\nUsers=*\n", "is there twice"),
            ("[ROLE a]\nUsers=no-such-user\n", "has no user no-such-user"),
            ("[ROLE a]\nUsers=*\nRead=T\n", "there is no table T"),
            ("[ROLE a]\nUsers=*\nAppend=T,,U\n", "commas between them"),
            ("[ROLE a]\nUsers=*\nOperate=maybe\n", "write Y or N"),
            ("[ROLE a]\nUsers=*\nHeartBtInt=3\n", "is a setting of"),
            ("[GATEWAY]\nOperate=Y\n", "is a setting of [ROLE NAME]")):
        with open(g.conf, "w") as f:
            f.write(head + "\n" + text)
        r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert r.returncode == 1 and want in r.stdout.decode(), (text, r)


cases.run(globals())
