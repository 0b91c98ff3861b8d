#!/usr/bin/env python3
"""Links over TLS: gateway, streamers and clients on tls: addresses, each with a
certificate; who has none, or no good one, gets nowhere."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"),
                os.path.join(HERE, "..", "client")]
import cases
import fixgate as fg
import tls
from clients import Book
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
tls.need()


class secured_link(Link):
    """The same over TLS."""

    def __init__(self, port, ctx, name="test"):
        plain = socket.create_connection(("127.0.0.1", port), fg.LIMIT)
        self.sock = ctx.wrap_socket(plain, server_hostname="localhost")
        self.file = self.sock.makefile("rwb")
        self.ref = 0
        self.kept = []
        kind, self.hello = self.ask("HELLO", VERSION=1, ROLE="application",
                                    NAME=name)
        assert kind == "HELLO_ACK", self.hello


def gets_in(port, ctx):
    try:
        with secured_link(port, ctx):
            return True
    except (OSError, EOFError):
        return False


def folder(work, name, own):
    """What LinkCertificates and -T want."""
    path = tls.certs(work)
    to = work.path(name)
    os.makedirs(to, exist_ok=True)
    for a, b in ((own + ".pem", "cert.pem"), (own + ".key", "key.pem"),
                 ("ca.pem", "ca.pem")):
        shutil.copy(os.path.join(path, a), os.path.join(to, b))
    return to


def gateway(work, port, own="server", **keys):
    g = work.gateway("gw", gateway=dict({
        "LinkListen": "tls:127.0.0.1:%d" % port,
        "LinkCertificates": folder(work, "gw.tls", own)}, **keys),
        sessions=[fg.acceptor("EXCH", "BANK", fg.free_port(),
                              SessionName="S")])
    table(g)
    return g


def streamer(work, name, source, listen, certs, lua):
    s = Streamer(work, name, lua, args=("-T", certs))
    s.head = 'process("P", "tls:localhost:%d")\nlisten("unix:%s")\n' \
        'listen("tls:127.0.0.1:%d")\n' % (source, s.socket, listen)
    s.write(lua)
    return s


@cases.always
def The_whole_way(work):
    """Gateway, two streamers and a client, all over TLS."""
    at = [fg.free_port() for _ in range(3)]
    g = gateway(work, at[0]).start()
    certs = folder(work, "all.tls", "server")
    one = streamer(work, "one", at[0], at[1], certs,
                   'stream("A", "P.T") { maxLogons = 5 }\n').start()
    two = streamer(work, "two", at[1], at[2], certs,
                   'stream("B", "P.A") { }\n').start()
    two.wait_up()
    book = Book(work)
    path = work.path("c.lua")
    with open(path, "w") as f:
        f.write('process("S", "tls:localhost:%d")\nprocess("B", "%s")\n'
                'streamerClient("C") { dataSource = { "S", "A" }, '
                'startAt = "beginning", onMessage { send("B", "ROW") } }\n' %
                (at[1], book.address))
    c = work.proc("client", [fg.program("fixgate-client"), "-T",
                             folder(work, "client.tls", "client"),
                             path]).start()
    insert(g, 1, 2000)
    link = secured_link(at[2], tls.client(tls.certs(work)))
    logon = Logon(None, "B", link=link)
    assert [r[0] for r in logon.rows(2000)] == list(range(1, 2001))
    link.close()
    fg.wait_until(lambda: book.rows() == list(range(1, 2001)))
    # A gateway that goes and comes back.
    g.kill()
    g.start()
    insert(g, 2001, 2010)
    fg.wait_until(lambda: book.rows() == list(range(1, 2011)))
    for p in (c, two, one, g):
        assert p.stop() == 0, p.log()


def LinkListen(work):
    """Only who has a good certificate; the operator has its name."""
    port, path = fg.free_port(), tls.certs(work)
    g = gateway(work, port)
    with open(g.conf, "a") as f:
        f.write("\n[ROLE ops]\nCertificate=BANZAI\nRead=all\nOperate=Y\n")
    g.start()
    with secured_link(port, tls.client(path), name="ops") as link:
        assert link.ask("SESSION_RESET", SESSION="S",
                        REASON="a test")[0] == "ACK"
        for own in (None, "stranger", "expired"):
            assert not gets_in(port, tls.client(path, own))
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"\0\0\0\x10HELLOHELLOHELLO!")
            assert s.recv(100) == b""
        fg.wait_until(lambda: "speaks no TLS" in g.log())
        for want in ("the peer has no certificate", "unable to get local",
                     "certificate has expired", "speaks no TLS"):
            lines = [x for x in g.log().splitlines() if want in x]
            assert len(lines) == 1 and "link: 127.0.0.1:" in lines[0], lines
        assert link.ask("STATUS")[0] == "STATUS_ACK"
        # Many who say nothing leave room for those who have a certificate.
        quiet = [socket.create_connection(("127.0.0.1", port))
                 for _ in range(100)]
        fg.wait_until(lambda: "too many connections without" in g.log())
        for s in quiet:
            s.close()
        fg.wait_until(lambda: gets_in(port, tls.client(path)))
    said = [r["TEXT"] for r in g.rows("SESSION_EVENT") if r["EVENT"] ==
            "reset"]
    assert said == ["ops (O=Banzai Ltd,CN=BANZAI): a test"], said
    assert g.stop() == 0


def LinkCertificates(work):
    """New ones come without a break, and revoked ones are refused."""
    port, path = fg.free_port(), tls.certs(work)
    g = gateway(work, port)
    shutil.copy(path + "/crl.pem", work.path("gw.tls"))
    g.start()
    assert not gets_in(port, tls.client(path, "revoked"))
    with secured_link(port, tls.client(path)) as link:
        shutil.copy(path + "/renewed.pem", work.path("gw.tls", "cert.pem"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: "TLS of links: " in g.log() and
                      "the key is not that of the certificate" in g.log())
        shutil.copy(path + "/renewed.key", work.path("gw.tls", "key.pem"))
        g.ctl("reload")
        with secured_link(port, tls.client(path)) as other:
            assert (("commonName", "venue 2"),) in \
                other.sock.getpeercert()["subject"]
        assert link.ask("STATUS")[0] == "STATUS_ACK"
    assert g.stop() == 0


@cases.always
def A_streamer_with_the_wrong_certificates(work):
    """It says so once, and comes when they are right."""
    port = fg.free_port()
    g = gateway(work, port).start()
    certs = folder(work, "s.tls", "stranger")
    s = streamer(work, "s", port, fg.free_port(), certs,
                 'stream("A", "T") { }\n').start()
    fg.wait_until(lambda: s.log().count("refused by the peer: unknown CA"))
    folder(work, "s.tls", "server")
    s.signal(signal.SIGHUP)
    s.wait_up()
    assert s.log().count("refused by the peer") == 1, s.log()
    # A gateway that is not the one: another name in its certificate.
    g.stop()
    folder(work, "gw.tls", "elsewhere")
    g.start()
    fg.wait_until(lambda: "its certificate CN=elsewhere: hostname mismatch"
                  in s.log())
    assert s.stop() == 0 and g.stop() == 0


@cases.always
def What_cannot_be(work):
    path = tls.certs(work)
    g = gateway(work, 5001)

    def check(**keys):
        g.configure(**keys)
        r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return r.returncode, r.stdout.decode()
    assert check()[0] == 0, check()
    for keys, want in (
            ({"LinkListen": "tcp:0.0.0.0:5001"}, "everybody could send"),
            ({"LinkListen": "5001"}, "no address"),
            ({"LinkListen": "tls:*", "LinkCertificates": path},
             "it is tls:HOST:PORT"),
            ({"LinkListen": "tls:127.0.0.1:5001", "LinkCertificates": path},
             "cert.pem: No such file")):
        status, said = check(**keys)
        assert status == 1 and want in said, (keys, said)


def ctl(*args, stdin=b"", **env):
    """Status and output of fixgatectl, errors too."""
    r = subprocess.run([fg.program("fixgatectl"), *args], input=stdin,
                       env=dict(os.environ, **env), timeout=fg.LIMIT,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return r.returncode, r.stdout.decode()


@cases.always
def What_expires_is_told(work):
    """By a streamer in its metrics and log, too."""
    at, admin = fg.free_port(), fg.free_port()
    g = gateway(work, fg.free_port()).start()
    certs = folder(work, "s.tls", "month")
    s = Streamer(work, "s", 'stream("A", "P.T") { }\n', args=(
        "-T", certs, "-m", "127.0.0.1:%d" % admin))
    s.head = 'process("P", "unix:%s")\nlisten("unix:%s")\n' \
        'listen("tls:127.0.0.1:%d")\n' % (g.socket, s.socket, at)
    s.write('stream("A", "P.T") { }\n')
    s.start()
    said = "%s/cert.pem: the certificate CN=venue expires in " % certs
    fg.wait_until(lambda: said in s.log())
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % admin) as r:
        text = r.read().decode()
    days = re.search(r'^fixgate_certificate_days\{kind="own",name="%s/'
                     r'cert.pem"\} (\d+)$' % re.escape(certs), text, re.M)
    assert days and 18 <= int(days[1]) <= 20, text
    folder(work, "s.tls", "soon")
    s.signal(signal.SIGHUP)
    fg.wait_until(lambda: "error: " + said in s.log())
    assert s.stop() == 0 and g.stop() == 0


@cases.always
def The_operator_from_afar(work):
    """fixgatectl over TLS: all commands, under the rights of its
    certificate."""
    port, at = fg.free_port(), None
    g = gateway(work, port)
    with open(g.conf, "a") as f:
        f.write("\n[ROLE ops]\nCertificate=BANZAI\nRead=all\nAppend=all\n"
                "Send=all\nOperate=Y\n")
    g.start()
    at = "tls:localhost:%d" % port
    ops, other = folder(work, "ops.tls", "client"), \
        folder(work, "other.tls", "other")
    status, said = ctl("-a", at, "-T", ops, "session", "show", "S")
    assert status == 0 and "acceptor" in said, said
    status, said = ctl("-a", at, "session", "stop", "S",
                       FIXGATE_CERTIFICATES=ops)
    assert status == 0, said
    event = g.last_row("SESSION_EVENT", "S")["TEXT"]
    assert "CN=BANZAI" in event, event
    # Many rows, in both directions: more than one record of TLS.
    lines = "".join('{"ID": "%s"}\n' % (str(i) * 200) for i in range(2000))
    status, said = ctl("-a", at, "-T", ops, "append", "T",
                       stdin=lines.encode())
    assert status == 0 and "2000" in said, said
    status, said = ctl("-a", at, "-T", ops, "tail", "T", "--json",
                       "--after", "0")
    assert status == 0 and said.count("\n") == 2000, said[-1000:]
    # Who has not the right, not the right certificate, or asks another host.
    status, said = ctl("-a", at, "-T", other, "session", "start", "S")
    assert status == 3 and "Operate=Y" in said and "CN=OTHER" in said, said
    status, said = ctl("-a", at, "-T", folder(work, "x.tls", "stranger"),
                       "status")
    assert status == 2 and "refused by the peer" in said, said
    status, said = ctl("-a", at, "-T", work.path("none"), "status")
    assert status == 2 and "cert.pem" in said and "-T" in said, said
    status, said = ctl("-a", "tls:127.0.0.2:%d" % port, "-T", ops, "status")
    assert status == 2, said
    status, said = ctl("-a", "nonsense", "status")
    assert status == 1 and "tls:HOST:PORT" in said, said
    # The same at the socket of its own machine, and to a streamer.
    assert ctl("-a", "unix:" + g.socket, "table", "list")[0] == 0
    stream = fg.free_port()
    s = streamer(work, "s", port, stream, folder(work, "s.tls", "server"),
                 'stream("A", "P.T") { }\n').start()
    s.wait_up()
    status, said = ctl("-T", ops, "streams", "--process",
                       "tls:localhost:%d" % stream)
    assert status == 0 and "A" in said, said
    # A gateway with another's certificate is not believed.
    g.kill()
    folder(work, "gw.tls", "elsewhere")
    g.start()
    status, said = ctl("-a", at, "-T", ops, "status")
    assert status == 2 and "hostname mismatch" in said.lower(), said


cases.run(globals())
