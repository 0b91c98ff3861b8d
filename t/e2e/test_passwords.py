#!/usr/bin/env python3
"""AuthenticateLogonCredentials: users and passwords of sessions: who gets in, that
nobody learns which of both was wrong, that guessing is slow, and that no password
stands anywhere."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")


def gateway(work, *sessions, gateway=None, **keys):
    port = fg.free_port()
    g = work.gateway("gw", gateway=gateway, sessions=[
        fg.acceptor("EXCH", name, port, SessionName=name, ResetOnLogon="Y",
                    AuthenticateLogonCredentials="Y", **keys)
        for name in sessions])
    g.port = port
    return g


def passwd(g, session, user, password, check=True):
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket, "user", "set",
                        session, user], input=password.encode("latin-1") +
                       b"\n", stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=fg.LIMIT)
    assert not check or r.returncode == 0, r.stdout
    return r.stdout.decode()


def is_let_in(g, name, fields, limit=fg.LIMIT):
    with fg.Peer(name, "EXCH") as p:
        p.connect(g.port)
        p.send("A", "98=0|108=30|141=Y|" + fields)
        m = p.recv(limit)
        if m is not None:
            assert m.type == "A", m
            p.logout()
        return m is not None


def AuthenticateLogonCredentials(work):
    g = gateway(work, "A", "B").start()
    assert not is_let_in(g, "A", "553=joe|554=secret")
    passwd(g, "A", "joe", "secret")
    passwd(g, "A", "ann", "other")
    assert is_let_in(g, "A", "553=joe|554=secret")
    assert is_let_in(g, "A", "553=ann|554=other")
    # The user is one of this session.
    assert not is_let_in(g, "B", "553=joe|554=secret")
    for fields in ("553=joe|554=Secret", "553=ann|554=secret",
                   "553=joe|554=secret2", "553=joe|554=secre"):
        assert not is_let_in(g, "A", fields)
        assert is_let_in(g, "A", "553=joe|554=secret")
    for fields in ("", "553=joe", "554=secret", "553=|554="):
        assert not is_let_in(g, "A", fields), fields
    assert g.ctl_json("user", "list", "--json") == [
        {"SESSION": "A", "USER": "ann"}, {"SESSION": "A", "USER": "joe"}]
    # They are there after a crash, and gone when they are to go.
    g.kill()
    g.start()
    assert is_let_in(g, "A", "553=joe|554=secret")
    g.ctl("user", "remove", "A", "joe", "--reason", "x", "--yes")
    assert not is_let_in(g, "A", "553=joe|554=secret")
    assert is_let_in(g, "A", "553=ann|554=other")
    assert g.stop() == 0


@cases.always
def Wrong_password_and_unknown_user_look_alike(work):
    """To the peer, in the log, in the rows; and take as long."""
    g = gateway(work, "A").start()
    passwd(g, "A", "joe", "secret")

    def spent():
        """Seconds of a processor that the gateway has used."""
        with open("/proc/%d/stat" % g.pid()) as f:
            return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) \
                / os.sysconf("SC_CLK_TCK")

    def seconds(fields):
        took = 0
        for _ in range(5):
            is_let_in(g, "A", "553=joe|554=secret")  # forgets the wrong ones
            began = spent()
            assert not is_let_in(g, "A", fields)
            took += spent() - began
        return took
    wrong, unknown = seconds("553=joe|554=wrong1"), \
        seconds("553=jim|554=wrong1")
    assert wrong / 3 < unknown < wrong * 3, (wrong, unknown)
    said = {line.split("refused: ")[1].split(":")[0]
            for line in g.log().splitlines() if "warn: 127" in line}
    assert said == {"wrong Username or Password"}, said
    rows = g.rows("FIX_IN_OTHER")
    assert {r["TEXT"] for r in rows} == {"wrong Username or Password"}, rows
    assert g.stop() == 0
    # No password anywhere, whoever sent it and whether it was right.
    for name in ("secret", "wrong1"):
        r = subprocess.run(["grep", "-r", "-l", name, g.store, g.logfile])
        assert r.returncode == 1, name


@cases.always
def A_new_password(work):
    """NewPassword(925): kept with the Logon that gives the right old one."""
    g = gateway(work, "A", UseDataDictionary="N", DataDictionary=None).start()
    passwd(g, "A", "joe", "old one")
    assert not is_let_in(g, "A", "553=joe|554=wrong|925=mine")
    assert not is_let_in(g, "A", "553=joe|554=mine")
    assert not is_let_in(g, "A", "553=joe|554=old one|925=")
    assert is_let_in(g, "A", "553=joe|554=old one|925=new one")
    g.kill()
    g.start()
    assert not is_let_in(g, "A", "553=joe|554=old one")
    assert is_let_in(g, "A", "553=joe|554=new one")
    assert g.stop() == 0
    r = subprocess.run(["grep", "-r", "-l", "new one", g.store, g.logfile])
    assert r.returncode == 1


@cases.always
def Guessing_is_slow_and_harms_nobody(work):
    g = gateway(work, "A", "B").start()
    passwd(g, "B", "ann", "fine")
    passwd(g, "A", "joe", "secret")
    with fg.Peer("B", "EXCH") as b:
        b.connect(g.port).logon(body="553=ann|554=fine|")
        for _ in range(8):
            assert not is_let_in(g, "A", "553=joe|554=guess")
        # From here on nobody looks: not even the right one helps at once.
        assert not is_let_in(g, "A", "553=joe|554=secret")
        assert "too many wrong passwords from this address" in g.log()
        # Many at once: the others are served as ever.
        peers = []
        for _ in range(100):
            p = fg.Peer("A", "EXCH")
            p.connect(g.port)
            p.send("A", "98=0|108=30|553=joe|554=guess", seq=1)
            peers.append(p)
        began = time.monotonic()
        b.sync()
        assert time.monotonic() - began < 20
        for p in peers:
            p.expect_closed()
            p.close()
        # Then there is another chance.
        fg.wait_until(lambda: is_let_in(g, "A", "553=joe|554=secret"),
                      step=0.5)
        b.sync()
    assert g.stop() == 0


@cases.always
def Users_of_a_template(work):
    """They log on any session that is made of it; without a password none is
    made. A session that is deleted takes its own along."""
    g = gateway(work, "T")
    g.sessions[0].update(TargetCompID="*", AcceptorTemplate="Y")
    g.configure()
    g.start()
    passwd(g, "T", "joe", "secret")
    assert not is_let_in(g, "NEW", "553=joe|554=wrong")
    assert g.ctl_json("session", "show", "--json") == []
    assert is_let_in(g, "NEW", "553=joe|554=secret")
    one, = g.ctl_json("session", "show", "--json")
    passwd(g, one["SESSION"], "ann", "own")
    assert is_let_in(g, "NEW", "553=ann|554=own")
    assert is_let_in(g, "NEW", "553=joe|554=secret")
    assert not is_let_in(g, "OTHER", "553=ann|554=own")
    g.ctl("session", "delete", one["SESSION"], "--reason", "test", "--yes")
    assert [u["USER"] for u in g.ctl_json("user", "list", "--json")] == ["joe"]
    assert g.stop() == 0


@cases.always
def What_cannot_be_set(work):
    g = gateway(work, "A").start()
    assert "no session" in passwd(g, "NOBODY", "joe", "x", check=False)
    assert "two different" in passwd(g, "A", "joe", "", check=False) or \
        "no password" in passwd(g, "A", "joe", "", check=False)
    assert "1 to" in passwd(g, "A", "joe", "x" * 1025, check=False)
    assert "1 to" in passwd(g, "A", "x" * 65, "x", check=False) or \
        "too long" in passwd(g, "A", "x" * 65, "x", check=False)
    passwd(g, "A", "x" * 64, "y" * 1024)
    assert is_let_in(g, "A", "553=%s|554=%s" % ("x" * 64, "y" * 1024))
    assert not is_let_in(g, "A", "553=%s|554=%s" % ("x" * 64, "y" * 1025))
    try:
        g.ctl("user", "remove", "A", "nobody", "--reason", "x", "--yes")
        raise AssertionError("removed nobody")
    except fg.CtlError as e:
        assert "has no user" in str(e), e
    # Who leaves while his password is looked at.
    for _ in range(5):
        with fg.Peer("A", "EXCH") as p:
            p.connect(g.port)
            p.send("A", "98=0|108=30|553=joe|554=x", seq=1)
    # Nor does an operator who waits keep it from stopping.
    with Link(g.socket) as link:
        for i in range(20):
            link.send("USER_SET", SESSION="A", USER="u%d" % i, PASSWORD="p")
        assert g.stop() == 0
    g.start()
    # Not on the socket that is for reading.
    with Link(os.path.join(g.store, "status.sock")) as link:
        kind, said = link.ask("USER_LIST")
        assert (kind, said["CODE"]) == ("NACK", "READ_ONLY"), said
    assert g.stop() == 0


cases.run(globals())
