#!/usr/bin/env python3
"""The table in fixgate(7), SECURITY: each row has a test here of its name."""

import http.client
import os
import re
import shutil
import socket
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import logfmt
import tls
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
tls.need()
SECRET = "Tr0ub4dor&3"
READS = {"CREDIT", "CURSOR_LIST", "DICT_GET", "QUARANTINE_LIST",
         "QUARANTINE_PENDING", "READ", "SESSIONS", "SESSION_SCHEDULE",
         "STATUS", "TABLES", "TAIL", "UNTAIL", "HELLO", "HEARTBEAT",
         "GOODBYE", "VERIFY"}
# What a client does with rows that it may read.
CONSUMES = {"EVENT_PARK", "QUARANTINE_DONE"}
ROWS = {}


def row(name):
    def keep(test):
        ROWS[name] = test
        return test
    return keep


class World:
    """A gateway with sessions of all kinds, a streamer and a client."""

    def __init__(self, w):
        self.w = w
        self.certs = tls.certs(w)
        self.folder = w.path("tls")
        os.mkdir(self.folder)
        for a, b in (("server.pem", "cert.pem"), ("server.key", "key.pem"),
                     ("ca.pem", "ca.pem")):
            shutil.copy(os.path.join(self.certs, a),
                        os.path.join(self.folder, b))
        with open(w.path("users"), "w") as f:
            f.write(subprocess.run(
                [fg.program("fixgatectl"), "password", "joe"], check=True,
                input=SECRET.encode() + b"\n",
                stdout=subprocess.PIPE).stdout.decode())
        self.port, self.tls_port, self.link_port = (
            fg.free_port() for _ in range(3))
        self.stream_port = fg.free_port()
        self.g = w.gateway("g", gateway={
            "LogonTimeout": 10, "AdminListen": "127.0.0.1:0",
            "LinkListen": "tls:127.0.0.1:%d" % self.link_port,
            "LinkCertificates": self.folder,
            "LogTarget": w.path("gate.log")}, sessions=[
            fg.acceptor("EXCH", "BANK", self.port, SessionName="BANK"),
            fg.acceptor("EXCH", "OTHER", self.port, SessionName="OTHER"),
            fg.acceptor("EXCH", "FAR", self.port, SessionName="FAR",
                        AllowedRemoteAddresses="192.0.2.1"),
            fg.acceptor("EXCH", "USER", self.port, SessionName="USER",
                        UsersFile=w.path("users")),
            fg.acceptor("EXCH", "BANZAI", self.tls_port, SessionName="TLS",
                        **tls.settings(self.certs,
                                       PeerCertificateName="BANZAI")),
            fg.initiator("EXCH", "VENUE", fg.free_port(),
                         SessionName="VENUE", LogonTag="554=${FG_PASS}")])
        table(self.g)
        table(self.g, "U")
        with open(self.g.conf, "a") as f:
            f.write("\n[ROLE audit]\nCertificate=OTHER\n"
                    "Read=SESSION_EVENT\n")
        os.environ["FG_PASS"] = SECRET
        fg.Proc.start(self.g)
        fg.wait_until(lambda: "ready" in self.log())
        self.s = Streamer(w, "s", 'stream("ROWS", "g.T") { maxLogons = 9 }\n',
                          [self.g], args=("-T", self.folder))
        self.s.head += 'listen("tls:127.0.0.1:%d")\nrole("audit") { ' \
            'certificates = "OTHER", read = "X*" }\n' % self.stream_port
        self.s.write('stream("ROWS", "g.T") { maxLogons = 9 }\n')
        self.s.start().wait_up()
        self.c = self.client("c", "unix:" + self.g.socket)

    def client(self, name, to, send='"EVENT_TABLE_INSERT"'):
        """A fixgate-client that sends each row to the address."""
        path = self.w.path(name + ".lua")
        with open(path, "w") as f:
            f.write('process("S", "unix:%s")\nprocess("TO", "%s")\n'
                    'listen("unix:%s")\nrole("none") { users = "*" }\n'
                    'streamerClient("%s") { dataSource = { "S", "ROWS" }, '
                    'startAt = "beginning", onMessage { send("TO", %s, '
                    'function(r) return { TABLE = "U", ID = r.ID } end) } '
                    '}\n' % (self.s.socket, to, self.w.path(name + ".sock"),
                             name, send))
        c = self.w.proc(name, [fg.program("fixgate-client"), path]).start()
        fg.wait_until(lambda: "ready" in c.log())
        return c

    def log(self):
        try:
            with open(self.w.path("gate.log")) as f:
                return logfmt.plain(f.read())
        except FileNotFoundError:
            return ""


def answered(port, target="BANK", body="", ctx=None):
    """Is the Logon answered? If not, no byte came."""
    p = tls.Peer(target, "EXCH", ctx) if ctx else fg.Peer(target, "EXCH")
    with p:
        try:
            p.connect(port)
            p.send("A", "98=0|108=30|141=Y|" + body)
            m = p.recv()
        except OSError:
            return False
        if m is not None:
            assert m.type == "A", m
            p.logout()
        return m is not None


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def requests():
    """The requests that the gateway has, by the manual page."""
    with open(os.path.join(fg.SRC, "src", "gateway", "control.c")) as f:
        got = set(re.findall(r'^\t\{ "([A-Z_]+)", control_', f.read(), re.M))
    assert len(got) > 25, got
    return got


def may_not_enter(path):
    """Somebody who is neither the user nor in the group; None: it cannot be
    tried, as only root can be somebody else."""
    if os.getuid() != 0:
        return None
    code = "import socket, sys; s = socket.socket(socket.AF_UNIX)\n" \
        "try: s.connect(sys.argv[1])\n" \
        "except PermissionError: sys.exit(7)"
    # Its folder is open: the socket itself is asked.
    os.chmod(os.path.dirname(path), 0o755)
    try:
        r = subprocess.run(["/usr/bin/python3", "-c", code, path],
                           user="nobody", group="nogroup", extra_groups=[],
                           timeout=60)
    except (PermissionError, LookupError, FileNotFoundError):
        return None
    finally:
        os.chmod(os.path.dirname(path), 0o700)
    return None if r.returncode in (126, 127) else r.returncode == 7


@row("the FIX port")
def fix_port(o):
    assert answered(o.port)
    assert not answered(o.port, "NOBODY")
    assert not answered(o.port, "FAR")
    assert not answered(o.port, "USER")
    assert not answered(o.port, "USER", "553=joe|554=wrong|")
    assert answered(o.port, "USER", "553=joe|554=%s|" % SECRET)
    assert not answered(o.tls_port, "BANZAI")
    assert not answered(o.tls_port, "BANZAI",
                        ctx=tls.client(o.certs, "stranger"))
    assert not answered(o.tls_port, "BANZAI",
                        ctx=tls.client(o.certs, "other"))
    assert answered(o.tls_port, "BANZAI", ctx=tls.client(o.certs))
    with socket.create_connection(("127.0.0.1", o.port)) as s:
        s.settimeout(fg.LIMIT)
        assert s.recv(1) == b"", "LogonTimeout"


@row("ControlSocket")
def control_socket(o):
    assert mode(o.g.socket) == 0o660, oct(mode(o.g.socket))
    assert may_not_enter(o.g.socket) in (True, None)
    o.g.ctl("session", "stop", "OTHER", "--text", "for the day")
    event = o.g.last_row("SESSION_EVENT", "OTHER")
    assert "uid %d" % os.getuid() in event["TEXT"], event
    o.g.ctl("session", "start", "OTHER")


@row("ReadOnlyControlSocket")
def read_only(o):
    path = os.path.join(o.g.store, "status.sock")
    assert mode(path) == 0o666 and mode(o.g.store) & 0o007 == 0
    with Link(path) as link:
        assert link.hello["READ_ONLY"] is True
        for kind in sorted(requests()):
            _, said = link.ask(kind, SESSION="BANK", REASON="x", TABLE="T")
            code = said.get("CODE")
            assert (code == "READ_ONLY") == (kind not in READS), (kind, said)


@row("AdminListen")
def admin(o):
    port = int(re.search(r"metrics on port (\d+)", o.log())[1])

    def ask(method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=fg.LIMIT)
        c.request(method, path, body)
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, text
    status, text = ask("GET", "/metrics")
    assert status == 200 and 'session="BANK"' in text
    assert "35=" not in text and SECRET not in text
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(method, "/metrics", "x")[0] == 405, method
    assert ask("GET", "/../../etc/passwd")[0] == 404


def over_tls(port, ctx):
    """A HELLO over TLS is answered."""
    try:
        s = ctx.wrap_socket(socket.create_connection(
            ("127.0.0.1", port), fg.LIMIT), server_hostname="localhost")
    except OSError:
        return False
    link = Link.__new__(Link)
    link.sock, link.file, link.ref, link.kept = s, s.makefile("rwb"), 0, []
    try:
        return link.ask("HELLO", VERSION=1, ROLE="application",
                        NAME="x")[0] == "HELLO_ACK"
    except (OSError, EOFError):
        return False
    finally:
        s.close()


def asks_for_certificates(o, port):
    assert over_tls(port, tls.client(o.certs))
    assert not over_tls(port, tls.client(o.certs, "stranger"))
    assert not over_tls(port, tls.client(o.certs, None))
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"\x00\x00\x00\x01\x80")
        s.settimeout(fg.LIMIT)
        try:
            assert s.recv(64)[:1] in (b"", b"\x15"), "it speaks without TLS"
        except ConnectionError:
            pass


@row("LinkListen")
def link_listen(o):
    asks_for_certificates(o, o.link_port)
    with far_link(o, "client") as link:
        assert link.ask("READ", TABLE="FIX_IN")[0] == "ROWS"
        kind, said = link.ask("SESSION_STOP", SESSION="BANK")
        assert said["CODE"] == "NO_RIGHT", said
    path = o.w.path("open.conf")
    for address in ("tcp:0.0.0.0:5001", "tcp:192.0.2.1:5001"):
        with open(path, "w") as f:
            f.write("[GATEWAY]\nStorePath=%s\nLinkListen=%s\n" % (
                o.w.path("none"), address))
        r = subprocess.run([fg.program("fixgated"), "-n", "-f", path],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert r.returncode == 1, (address, r)


class far_link(Link):
    """To LinkListen, or another port, with a certificate."""

    def __init__(self, o, own, port=None):
        plain = socket.create_connection(("127.0.0.1", port or o.link_port),
                                         fg.LIMIT)
        self.sock = tls.client(o.certs, own).wrap_socket(
            plain, server_hostname="localhost")
        self.file = self.sock.makefile("rwb")
        self.ref, self.kept = 0, []
        self.hello = self.ask("HELLO", VERSION=1, ROLE="application",
                              NAME=own)[1]


@row("a role")
def a_role(o):
    with far_link(o, "other") as link:
        for kind in sorted(requests() - READS - CONSUMES):
            _, said = link.ask(
                kind, SESSION="BANK", REASON="x", TABLE="U", CONSUMER="C",
                KEY="K", SEQUENCE=0, SOURCE=link.ask(
                    "TABLES", TABLE="U")[1]["TABLES"][0]["SOURCE"])
            assert said.get("CODE") == "NO_RIGHT", (kind, said)
        kind, said = link.ask("READ", TABLE="FIX_IN")
        assert said.get("CODE") == "NO_RIGHT", said
        assert link.ask("READ", TABLE="SESSION_EVENT")[0] == "ROWS"
    fg.wait_until(lambda: "CN=OTHER has [ROLE audit]" in o.log())
    # The same at a streamer, and a client.
    with far_link(o, "other", o.stream_port) as link:
        for kind in ("STREAM_LOGON", "CURSOR_GET", "CURSOR_PUT", "EVENT_PARK",
                     "CURSOR_CLEAR", "QUARANTINE_LIST", "QUARANTINE_DONE",
                     "QUARANTINE_RETRY", "QUARANTINE_DROP"):
            _, said = link.ask(kind, STREAM="ROWS", CLIENT="C", CONSUMER="C")
            assert said.get("CODE") == "NO_RIGHT", (kind, said)
        assert link.ask("STREAM_LIST")[0] == "STREAM_LIST_ACK"
    fg.wait_until(lambda: "CN=OTHER has role audit" in o.s.log())
    with Link(o.w.path("c.sock")) as link:
        for kind in ("STATUS", "CLIENT_LIST"):
            _, said = link.ask(kind)
            assert said.get("CODE") == "NO_RIGHT", (kind, said)


@row("listen of a streamer or client")
def listen(o):
    assert mode(o.s.socket) == 0o660 and mode(o.w.path("c.sock")) == 0o660
    assert may_not_enter(o.s.socket) in (True, None)
    asks_for_certificates(o, o.stream_port)
    insert(o.g, 1, 3)
    assert [m["ID"] for m in Logon(o.s, "ROWS").maps(3)] == \
        ["r1", "r2", "r3"]
    with Link(o.s.socket) as link:
        for kind in ("EVENT_FIX_SEND", "SESSION_RESET", "SESSION_STOP",
                     "HALT", "RELOAD", "EVENT_TABLE_INSERT"):
            _, said = link.ask(kind, SESSION="BANK", REASON="x")
            assert said["CODE"] == "UNKNOWN_MESSAGE", (kind, said)
    path = o.w.path("open.lua")
    with open(path, "w") as f:
        f.write('listen("tcp:0.0.0.0:5001")\nprocess("g", "unix:x")\n'
                'stream("A", "g.T") { }\n')
    r = subprocess.run([fg.program("fixgate-streamer"), path],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=fg.LIMIT)
    assert r.returncode == 1 and b"other machines" in r.stdout, r


def contents(folder):
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as f:
                    yield path, f.read()


@row("the files of the store")
def store(o):
    assert answered(o.port, "BANK", "553=me|554=%s|" % SECRET)
    found = 0
    for path, data in contents(o.g.store):
        assert mode(path) & 0o027 == 0, (path, oct(mode(path)))
        assert SECRET.encode() not in data, path
        found += b"553=me" in data
    assert found, "the Logon is not there at all"
    logon = [r for r in o.g.rows("FIX_IN", session="BANK")
             if "553=me" in r["FIX_DATA"]][-1]["FIX_DATA"]
    assert "554=" + "*" * len(SECRET) in logon, logon


@row("the settings")
def settings(o):
    r = subprocess.run([fg.program("fixgated"), "-nv", "-f", o.g.conf],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert r.returncode == 0 and b"LogonTag=554=" in r.stdout, r
    assert SECRET.encode() not in r.stdout, r.stdout
    with open(o.g.conf) as f:
        assert SECRET not in f.read()
    with open(os.path.join(fg.SRC, "debian", "fixgate.postinst")) as f:
        text = f.read()
    assert "chown root:fixgate /etc/fixgate" in text
    assert "chmod 0750 /etc/fixgate" in text


@row("the log")
def log(o):
    assert mode(o.w.path("gate.log")) == 0o640
    assert not answered(o.port, "STRANGER", "553=x|554=%s|" % SECRET)
    fg.wait_until(lambda: "STRANGER" in o.log())
    assert SECRET not in o.log()


def is_confined(p, programs=False):
    """What the kernel says of the process. Under a sanitizer, or valgrind,
    there is no filter."""
    with open("/proc/%d/status" % p.pid()) as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f
                      if ":\t" in line)
    with open("/proc/%d/limits" % p.pid()) as f:
        assert re.search(r"^Max core file size +0 +0 ", f.read(), re.M)
    # Not its own user's: it is not dumpable.
    assert os.stat("/proc/%d/mem" % p.pid()).st_uid == 0
    if os.environ.get("FG_SANITIZER", "no") not in ("", "no", "none") or \
            os.environ.get("FG_VALGRIND"):
        return
    assert (status["Seccomp"], status["NoNewPrivs"]) == \
        (("0", "0") if programs else ("2", "1")), status


@row("fixgated")
def broken_gateway(o):
    is_confined(o.g)


@row("fixgate-streamer")
def broken_streamer(o):
    is_confined(o.s)
    # One without cursors, at the socket for reading.
    s = Streamer(o.w, "ro", 'stream("ROWS", "RO.T") { }\n')
    s.head = 'process("RO", "unix:%s/status.sock")\n' % o.g.store + s.head
    s.write('stream("ROWS", "RO.T") { }\n')
    s.start().wait_up()
    assert len(Logon(s, "ROWS").rows(3)) >= 3
    with Link(s.socket) as link:
        kind, said = link.ask("CURSOR_PUT", STREAM="ROWS", CONSUMER="C",
                              KEY="K", SOURCE="x/T/1", SEQUENCE=1)
        assert kind == "NACK", said


@row("fixgate-client")
def broken_client(o):
    is_confined(o.c)


@row("a program of exec:")
def program(o):
    out = o.w.path("who")
    c = o.client("e", "exec:id -u >%s; cat >/dev/null" % out, '"ROW"')
    fg.wait_until(lambda: os.path.exists(out) and os.path.getsize(out) > 0)
    with open(out) as f:
        assert int(f.read()) == os.getuid()
    is_confined(c, programs=True)


@row("a Lua file")
def lua(o):
    for line in ('io.open("/etc/passwd")', 'os.execute("id")',
                 'require("socket")', 'load("x = 1")', 'dofile("/x")',
                 'debug.getinfo(1)', 'while true do end',
                 'string.rep("x", 1 << 40)'):
        path = o.w.path("bad.lua")
        with open(path, "w") as f:
            f.write(line + '\nprocess("g", "unix:x")\nlisten("unix:y")\n'
                    'stream("A", "g.T") { }\n')
        r = subprocess.run([fg.program("fixgate-streamer"), "-n", path],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=fg.LIMIT)
        assert r.returncode == 1 and b"bad.lua:1" in r.stderr, (line, r)


@row("a session")
def session(o):
    with fg.Peer("BANK", "EXCH") as p, fg.Peer("OTHER", "EXCH") as other:
        p.connect(o.port)
        p.next_out = next(s["NEXT_IN"] for s in o.g.ctl_json(
            "session", "show", "--json") if s["SESSION"] == "BANK")
        p.logon()
        other.connect(o.port)
        other.logon()
        # In another's name; then the session is over, the other one's not.
        p.sender = "OTHER"
        p.send("D", "11=FAKE|55=X|54=1|38=1|40=1|60=" + fg.utc())
        m = p.recv()
        while m is not None and m.type != "5":
            m = p.recv()
        other.sync()
        rows = o.g.rows("FIX_IN", session="OTHER")
        assert "FAKE" not in str(rows), rows
        other.logout()


def main():
    with open(os.path.join(fg.SRC, "man", "fixgate.7")) as f:
        page = f.read().split(".Sh SECURITY")[1].split(".Sh ")[0]
    items = re.findall(r"^\.It (.*)$", page, re.M)
    assert items == list(ROWS), set(items) ^ set(ROWS)
    with fg.Work() as w:
        o = World(w)
        for name, test in ROWS.items():
            test(o)
            print("ok " + name)
        assert o.c.stop() == 0 and o.s.stop() == 0 and o.g.stop() == 0


main()
