#!/usr/bin/env python3
"""One case for each setting of who talks to whom, and over which connection; see
t/lib/cases.py."""

import ctypes
import os
import socket
import stat
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import tls

fg.need("fixgated", "fixgatectl")

SYS_PIDFD_GETFD = 438


def next_try(g):
    """Seconds until session S tries again, once that is planned."""
    ms = fg.wait_until(lambda: g.ctl_json(
        "session", "show", "S", "--json")[0]["NEXT_TRY_MS"])
    return int(ms) / 1000


def names(g):
    return [s["SESSION"] for s in g.ctl_json("session", "show", "--json")]


def logon_of(work, **keys):
    """The Logon of an initiator with these settings, and its gateway."""
    with fg.Peer("EXCH", "BANK", keys.get("BeginString", "FIX.4.4")) as p:
        port = p.listen()
        g = work.gateway("gw", sessions=[
            fg.initiator("BANK", "EXCH", port, **keys)]).start()
        p.accept()
        return p.expect("A"), g


def is_let_in(port, sender, target, head="", begin="FIX.4.4", body=""):
    with fg.Peer(sender, target, begin) as p:
        p.connect(port)
        p.send("A", "98=0|108=30|" + body, head=head)
        m = p.recv()
        if m is not None:
            p.logout()
        return m is not None


def accepts(work, **keys):
    """An acceptor's port."""
    port = fg.free_port()
    work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="S", **keys)]).start()
    return port


def sockets_of(g):
    """Duplicates of the connected TCP sockets of a gateway."""
    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.pidfd_open(g.pid())
    found = []
    for fd in os.listdir("/proc/%d/fd" % g.pid()):
        copy = libc.syscall(SYS_PIDFD_GETFD, pid, int(fd), 0)
        if copy < 0:
            continue
        if not stat.S_ISSOCK(os.fstat(copy).st_mode):
            os.close(copy)
            continue
        s = socket.socket(fileno=copy)
        try:
            s.getpeername()
            if s.family in (socket.AF_INET, socket.AF_INET6):
                found.append(s)
        except OSError:
            pass  # it listens
    os.close(pid)
    return found


# ---- who ----

@cases.always
def BeginString(work):
    port = accepts(work, BeginString="FIX.4.2",
                   DataDictionary=fg.dictionary("FIX.4.2"))
    assert not is_let_in(port, "BANK", "EXCH", begin="FIX.4.4")
    assert is_let_in(port, "BANK", "EXCH", begin="FIX.4.2")


@cases.always
def SenderCompID(work):
    m, _ = logon_of(work, SenderCompID="GATE")
    assert m[49] == "GATE", m


@cases.always
def TargetCompID(work):
    port = accepts(work, TargetCompID="FUND")
    assert not is_let_in(port, "BANK", "EXCH")
    assert is_let_in(port, "FUND", "EXCH")


def SenderSubID(work):
    m, _ = logon_of(work, SenderSubID="DESK")
    assert m[50] == "DESK", m


def SenderLocationID(work):
    m, _ = logon_of(work, SenderLocationID="LDN")
    assert m[142] == "LDN", m


def TargetSubID(work):
    port = accepts(work, TargetSubID="DESK")
    assert not is_let_in(port, "BANK", "EXCH")
    assert not is_let_in(port, "BANK", "EXCH", head="50=ANOTHER|")
    assert is_let_in(port, "BANK", "EXCH", head="50=DESK|")


def TargetLocationID(work):
    port = accepts(work, TargetLocationID="LDN")
    assert not is_let_in(port, "BANK", "EXCH")
    assert is_let_in(port, "BANK", "EXCH", head="142=LDN|")


def SessionQualifier(work):
    """Two initiators that are alike else."""
    with fg.Peer("EXCH", "BANK") as a, fg.Peer("EXCH", "BANK") as b:
        one, two = (fg.initiator("BANK", "EXCH", p.listen(),
                                 SessionQualifier=q)
                    for p, q in ((a, "A"), (b, "B")))
        g = work.gateway("gw", sessions=[one, two]).start()
        for p in (a, b):
            p.accept()
            p.answer_logon()
            p.sync()
        assert names(g) == ["FIX.4.4:BANK->EXCH:A", "FIX.4.4:BANK->EXCH:B"]


def SessionName(work):
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", fg.free_port(), SessionName="DESK")]).start()
    assert names(g) == ["DESK"]


@cases.always
def DefaultApplVerID(work):
    with fg.Peer("EXCH", "BANK", "FIXT.1.1") as p:
        port = p.listen()
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, BeginString="FIXT.1.1",
            DefaultApplVerID="FIX.5.0SP1", DataDictionary=None,
            UseDataDictionary="N")]).start()
        p.accept()
        assert p.expect("A")[1137] == "8"


@cases.always
def ConnectionType(work):
    """The same settings, the other way round."""
    with fg.Peer("EXCH", "BANK") as p:
        both = {"SocketConnectHost": "127.0.0.1",
                "SocketConnectPort": p.listen(),
                "SocketAcceptPort": fg.free_port()}
        g = work.gateway("gw", sessions=[fg.session(
            "BANK", "EXCH", ConnectionType="initiator", **both)]).start()
        p.accept()
        assert p.expect("A").seq == 1
        g.stop()
        g.sessions[0]["ConnectionType"] = "acceptor"
        g.configure()
        g.start()
        assert is_let_in(both["SocketAcceptPort"], "EXCH", "BANK")


def Dialect(work):
    """QuickFIX/J tries again after 5 seconds, QuickFIX after 30."""
    g = work.gateway("gw", sessions=[fg.initiator(
        "BANK", "EXCH", fg.free_port(), Dialect="quickfixj",
        ReconnectInterval=None, SessionName="S")]).start()
    left = next_try(g)
    assert 0 < left <= 5, left


def Enabled(work):
    port = accepts(work, Enabled="N")
    assert not is_let_in(port, "BANK", "EXCH")


def template(work, **keys):
    """The port of an acceptor for whoever calls itself what it likes."""
    port = fg.free_port()
    work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "*", port, AcceptorTemplate="Y", **keys)]).start()
    return port


def AcceptorTemplate(work):
    port = template(work)
    assert is_let_in(port, "ONE", "EXCH") and is_let_in(port, "TWO", "EXCH")


def MaxTemplateSessions(work):
    port = template(work, MaxTemplateSessions=1)
    assert is_let_in(port, "ONE", "EXCH")
    assert not is_let_in(port, "TWO", "EXCH")


# ---- to whom we connect ----

@cases.always
def SocketConnectHost(work):
    """An alternate takes over when the first refuses the connection, and when
    it closes it before the Logon is answered (E12)."""
    with fg.Peer("EXCH", "BANK") as first, fg.Peer("EXCH", "BANK") as second:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", fg.free_port(),
            SocketConnectHost1="localhost", SocketConnectPort1=first.listen(),
            SocketConnectHost2="127.0.0.1", SocketConnectPort2=second.listen()
            )]).start()
        first.accept()
        first.expect("A")
        first.close()
        second.accept()
        second.answer_logon()
        second.sync()


@cases.always
def SocketConnectPort(work):
    with fg.Peer("EXCH", "BANK") as p:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", p.listen())]).start()
        p.accept()


def HostSelectionPolicy(work):
    """By priority the first host is tried again after the time that is set; in
    turn it would be the third's."""
    with fg.Peer("EXCH", "BANK") as first, fg.Peer("EXCH", "BANK") as second, \
            fg.Peer("EXCH", "BANK") as third:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", first.listen(), SocketConnectHost1="127.0.0.1",
            SocketConnectPort1=second.listen(),
            SocketConnectHost2="127.0.0.1", SocketConnectPort2=third.listen(),
            HostSelectionPolicy="PRIORITY",
            HostSelectionPolicyPriorityStartOverInterval=5)]).start()
        first.accept()
        first.expect("A")
        first.close()
        second.accept()
        second.answer_logon()
        second.sync()
        time.sleep(5)  # it is logged on for longer than the interval
        second.close()
        first.accept()
        first.expect("A")


def HostSelectionPolicyPriorityStartOverInterval(work):
    """So short that the first host is always tried again."""
    with fg.Peer("EXCH", "BANK") as first, fg.Peer("EXCH", "BANK") as second:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", first.listen(), SocketConnectHost1="127.0.0.1",
            SocketConnectPort1=second.listen(),
            HostSelectionPolicy="PRIORITY",
            HostSelectionPolicyPriorityStartOverInterval=1)]).start()
        for _ in range(3):
            first.accept()
            first.expect("A")
            first.close()


def SocketConnectTimeout(work):
    """To a listener whose queue is full nobody gets through."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.socket() for _ in range(4)]
        for s in held:
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", port, SocketConnectTimeout=1)]).start()
        fg.wait_until(lambda: "timed out" in g.log(), 20, "a timeout")
        for s in held:
            s.close()


def SocketConnectSourceHost(work):
    with fg.Peer("EXCH", "BANK") as p:
        work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", p.listen(),
            SocketConnectSourceHost="127.0.0.9")]).start()
        p.accept()
        assert p.sock.getpeername()[0] == "127.0.0.9"


def SocketConnectSourcePort(work):
    """Of each host its own, or the one without a number; and once more by its
    other name."""
    ports = [fg.free_port() for _ in range(3)]
    with fg.Peer("EXCH", "BANK") as a, fg.Peer("EXCH", "BANK") as b:
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", a.listen(), SocketConnectSourcePort=ports[0],
            SocketConnectHost1="127.0.0.1", SocketConnectPort1=b.listen(),
            SocketConnectSourcePort1=ports[1])]).start()
        for p, port in ((a, ports[0]), (b, ports[1])):
            p.accept()
            assert p.sock.getpeername()[1] == port
            p.close()
        g.stop()
        key = g.sessions[0]
        del key["SocketConnectSourcePort"]
        key["SocketLocalPort"] = ports[2]
        g.configure()
        g.start()
        a.accept()
        assert a.sock.getpeername()[1] == ports[2]


def ReconnectInterval(work):
    """Steps: one second, then for ever none that this test would wait for."""
    with fg.Peer("EXCH", "BANK") as p:
        g = work.gateway("gw", sessions=[fg.initiator(
            "BANK", "EXCH", p.listen(), ReconnectInterval="1x1;600",
            SessionName="S")]).start()
        for _ in range(2):
            p.accept()
            p.expect("A")
            p.close()
        left = next_try(g)
        assert 500 < left <= 600, left


# ---- who connects to us ----

def SocketAcceptHost(work):
    port = accepts(work, SocketAcceptHost="127.0.0.5")
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        raise AssertionError("it listens on another address, too")
    except ConnectionRefusedError:
        pass
    socket.create_connection(("127.0.0.5", port), 5).close()


@cases.always
def SocketAcceptPort(work):
    """Two sessions on one port, and one on a port of its own."""
    one, two = fg.free_port(), fg.free_port()
    work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "A", one), fg.acceptor("EXCH", "B", one),
        fg.acceptor("EXCH", "C", two)]).start()
    assert is_let_in(one, "A", "EXCH") and is_let_in(one, "B", "EXCH")
    assert is_let_in(two, "C", "EXCH")


def AllowedRemoteAddresses(work):
    port = accepts(work, AllowedRemoteAddresses="127.0.0.7, ::1")
    assert not is_let_in(port, "BANK", "EXCH")
    with fg.Peer("BANK", "EXCH") as p:
        p.sock = socket.create_connection(("127.0.0.1", port), 5,
                                          ("127.0.0.7", 0))
        p.logon()


def proxied(port, header, size=1 << 16):
    """Does a Logon behind this header get an answer? It comes in pieces."""
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        data = header + p.build("A", "98=0|108=30|")
        for at in range(0, len(data), size):
            p.raw(data[at:at + size])
        if p.recv() is None:
            return False
        p.logout()
        return True


def v2(command, family, addresses, more=b""):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes((command, family)) + struct.pack(
        ">H", len(addresses + more)) + addresses + more


def UseTCPProxy(work):
    """Who it is for, a balancer says before all else."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, UseTCPProxy="Y", SessionName="S", ResetOnLogon="Y",
        AllowedRemoteAddresses="192.0.2.1,2001:db8::1,127.0.0.1")]).start()
    four = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.9") + \
        struct.pack(">HH", 40000, port)
    six = socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + \
        struct.pack(">HH", 40001, port)
    v1 = b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 5001\r\n"
    for header, peer in (
            (v1, "192.0.2.1:40000"),
            (b"PROXY TCP6 2001:db8::1 ::1 40001 5001\r\n",
             "[2001:db8::1]:40001"),
            (b"PROXY UNKNOWN whatever\r\n", "127.0.0.1:"),
            (v2(0x21, 0x11, four), "192.0.2.1:40000"),
            (v2(0x21, 0x21, six, b"\x04\0\x01x"), "[2001:db8::1]:40001"),
            (v2(0x20, 0, b""), "127.0.0.1:")):
        for size in (1 << 16, 1):
            before = len(g.log())
            assert proxied(port, header, size), header
            assert "connection with " + peer in g.log()[before:], header
    for header in (b"", b"PROXY TCP4 192.0.2.7 192.0.2.9 40000 5001\r\n",
                   b"PROXY TCP4 hello there 1 2\r\n", b"PROXY " + b"x" * 200,
                   v2(0x22, 0x11, four), v2(0x21, 0x11, four[:8])):
        assert not proxied(port, header), header
    g.stop()
    g.sessions[0].update(tls.settings(tls.certs(work)))
    g.configure()
    g.start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.raw(v1)
        p.sock = tls.client(tls.certs(work)).wrap_socket(p.sock)
        p.send("A", "98=0|108=30|")
        assert p.sock.recv(4096).startswith(b"8=FIX.4.4")
    # Two sessions of a port that do not agree.
    g.stop()
    g.sessions.append(fg.acceptor("EXCH", "FUND", port))
    g.configure()
    fg.Proc.start(g)
    assert g.wait() == 1
    assert "another UseTCPProxy" in g.log(), g.log()


def RefusedLogon(work):
    """Whoever is known is told why, in a Logout with a number of the session;
    nobody else gets a byte."""
    port = fg.free_port()
    hour = time.gmtime().tm_hour
    keys = {"RefusedLogon": "logout"}
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "USER", port, AuthenticateLogonCredentials="Y",
                    **keys),
        fg.acceptor("EXCH", "OFF", port, Enabled="N", **keys),
        fg.acceptor("EXCH", "NIGHT", port, NonStopSession="N",
                    StartTime="%02d:00:00" % ((hour + 10) % 24),
                    EndTime="%02d:00:00" % ((hour + 12) % 24), **keys),
        fg.acceptor("EXCH", "FAR", port, AllowedRemoteAddresses="127.0.0.9",
                    Enabled="N", **keys)]).start()
    for name, text in (("USER", "Username or Password is missing"),
                       ("OFF", "the session is stopped"),
                       ("NIGHT", "outside its schedule")):
        for n in (1, 2):
            with fg.Peer(name, "EXCH") as p:
                p.connect(port)
                p.raw(p.build("A", "98=0|108=30|") + p.build("1", "112=x"))
                p.expect("5", t34=n, t58=text)
                p.expect_closed()
    with fg.Peer("USER", "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30|553=joe|554=secret|")
        p.expect("5", t34=3, t58="wrong Username or Password")
        p.expect_closed()
    for name in ("FAR", "STRANGER"):
        assert not is_let_in(port, name, "EXCH")
    assert "secret" not in g.log(), g.log()
    assert len(g.rows("FIX_OUT")) == 7


def UsersFile(work):
    """Nobody but those of the file; more in test_a3_logons.py."""
    with open(work.path("users"), "w") as f:
        f.write("# nobody yet\n")
    port = accepts(work, UsersFile=work.path("users"))
    assert not is_let_in(port, "BANK", "EXCH", body="553=joe|554=pass|")
    hashed = subprocess.run([fg.program("fixgatectl"), "password", "joe"],
                            input=b"pass\n", stdout=subprocess.PIPE,
                            check=True).stdout.decode()
    with open(work.path("users"), "w") as f:
        f.write(hashed)
    assert is_let_in(port, "BANK", "EXCH", body="553=joe|554=pass|")


def LogonCheck(work):
    """Nobody gets in while there is nobody to ask; more in test_a3_logons.py."""
    port = accepts(work, LogonCheck="unix:" + work.path("judge"),
                   LogonTimeout=2)
    assert not is_let_in(port, "BANK", "EXCH")


def LogMessageWhenSessionNotFound(work):
    """Its text is in the table, not in the log; noise is in both."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, LogMessageWhenSessionNotFound="N")]).start()
    assert not is_let_in(port, "STRANGER", "EXCH")
    fg.wait_until(lambda: "no such session" in g.log())
    assert "STRANGER" not in g.log(), g.log()
    assert "STRANGER" in str(g.rows("FIX_IN_OTHER"))


def MaxSendQueueBytes(work):
    """Who does not read is left long before the default."""
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, SessionName="S",
        MaxSendQueueBytes=65536)]).start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.logon()
        g.send_file("S", ["35=D|11=%d|58=%s|" % (n, "x" * 100000)
                          for n in range(200)])
        fg.wait_until(lambda: "not connected" in g.ctl("session", "show"))


def option(work, level, name, **keys):
    """An option of both ends' sockets of ours: an acceptor and an initiator."""
    got = []
    for role in (fg.acceptor, fg.initiator):
        with fg.Peer("BANK", "EXCH") as p:
            port = fg.free_port() if role is fg.acceptor else p.listen()
            g = work.gateway(role.__name__, sessions=[
                role("EXCH", "BANK", port, **keys)]).start()
            if role is fg.acceptor:
                p.connect(port)
                p.logon()
            else:
                p.accept()
                p.answer_logon()
                p.sync()
            for s in sockets_of(g):
                got.append(s.getsockopt(level, name))
                s.close()
    if not got:
        fg.skip("the sockets of another process may not be looked at")
    return got


def SocketNodelay(work):
    got = option(work, socket.IPPROTO_TCP, socket.TCP_NODELAY,
                 SocketNodelay="N")
    assert got == [0, 0], got


def SocketKeepAlive(work):
    got = option(work, socket.SOL_SOCKET, socket.SO_KEEPALIVE,
                 SocketKeepAlive="Y")
    assert got == [1, 1], got


def SocketTrafficClass(work):
    got = option(work, socket.IPPROTO_IP, socket.IP_TOS,
                 SocketTrafficClass=0xb8)
    assert got == [0xb8] * 2, got


def SocketSendBufferSize(work):
    """Linux says twice what it was told."""
    got = option(work, socket.SOL_SOCKET, socket.SO_SNDBUF,
                 SocketSendBufferSize=10000)
    assert got == [20000] * 2, got


def SocketReceiveBufferSize(work):
    got = option(work, socket.SOL_SOCKET, socket.SO_RCVBUF,
                 SocketReceiveBufferSize=10000)
    assert got == [20000] * 2, got


cases.run(globals())
