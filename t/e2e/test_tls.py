#!/usr/bin/env python3
"""TLS as a whole: peers that do it wrong harm nobody else, new certificates come
without anybody leaving, gateways among themselves, openssl's own client."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import logfmt
import tls

fg.need("fixgated", "fixgatectl")
tls.need()


def refusals(g, address):
    return [line for line in g.log().splitlines()
            if "%s:%d: refused: " % address in line]


def refused(g, address, want):
    """There is one line about this connection, with this reason."""
    got = fg.wait_until(lambda: refusals(g, address))
    assert len(got) == 1 and want in got[0], got


def until_closed(sock):
    sock.settimeout(fg.LIMIT)
    try:
        while sock.recv(4096):
            pass
    except (ConnectionError, ssl.SSLError):
        pass


def wrong_peers_harm_nobody(work):
    path, port = tls.certs(work), fg.free_port()
    keys = tls.settings(path, CertificateRevocationListFile=path + "/crl.pem")
    g = work.gateway("gw", gateway={"LogonTimeout": 5}, sessions=[
        fg.acceptor("EXCH", "GOOD", port, **keys),
        fg.acceptor("EXCH", "BANK", port, **keys)]).start()
    with tls.Peer("GOOD", "EXCH", tls.client(path)) as good:
        good.connect(port).logon()
        good.sync()
        for data, want in (
                (b"8=FIX.4.4\x019=70\x0135=A\x0149=BANK\x0156=EXCH\x01554=x\x01",
                 'speaks no TLS, it sent "8=FIX.4.4|9=70|35=A|49=B"'),
                (b"GET / HTTP/1.0\r\n\r\n", "speaks no TLS"),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 600,
                 "TLS: "),
                (b"\x16\x03\x01\xff\xff" + b"\0" * 2000, "TLS: "),
                (os.urandom(1) * 5000, "TLS: ")):
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(data)
                until_closed(s)
                address = s.getsockname()
            refused(g, address, want)
        for own, want in (
                (None, "the peer has no certificate"),
                ("stranger", "its certificate CN=BANZAI: unable to get local "
                 "issuer certificate"),
                ("expired", "its certificate CN=BANZAI: certificate has "
                 "expired"),
                ("revoked", "its certificate CN=BANZAI: certificate revoked")):
            with socket.create_connection(("127.0.0.1", port)) as s:
                try:
                    s2 = tls.client(path, own).wrap_socket(s)
                except ssl.SSLError:
                    s2 = s
                until_closed(s2)
                line = fg.wait_until(lambda: [x for x in
                                              g.log().splitlines()
                                              if want in x])
                assert len(line) == 1, line
                s2.close()
        # One that begins and then says nothing has LogonTimeout and no more.
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"\x16\x03\x01\x02\x00\x01")
            until_closed(s)
            address = s.getsockname()
        refused(g, address, "no Logon within LogonTimeout")
        assert 4.5 < time.monotonic() - began < fg.LIMIT
        # One that leaves in the middle.
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(b"\x16\x03")
            s.shutdown(socket.SHUT_WR)
            until_closed(s)
            address = s.getsockname()
        refused(g, address, "the peer closed the connection")
        good.sync()
        rows = g.rows("FIX_IN_OTHER")
        assert len(rows) == 11, rows
        assert all(r["TEXT"] for r in rows), rows
        assert "554=" not in str(rows), rows
    assert g.stop() == 0


def TLS_where_none_is_expected(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor("EXCH", "BANK",
                                                 port)]).start()
    assert not tls.is_let_in(port, tls.client(tls.certs(work)))
    fg.wait_until(lambda: "refused: TLS, but this port has SocketUseSSL=N"
                  in g.log())


def a_handshake_in_single_bytes(work):
    path, port = tls.certs(work), fg.free_port()
    work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, **tls.settings(path))]).start()
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    t = tls.client(path).wrap_bio(back, there)

    def move(s):
        for b in there.read():
            s.sendall(bytes([b]))
        s.setblocking(False)
        try:
            back.write(s.recv(65536))
        except BlockingIOError:
            pass
        s.setblocking(True)

    def do(s, fn, *args):
        end = time.monotonic() + fg.LIMIT
        while time.monotonic() < end:
            try:
                got = fn(*args)
                move(s)
                return got
            except ssl.SSLWantReadError:
                move(s)
        raise fg.Timeout("TLS in single bytes")

    p = fg.Peer("BANK", "EXCH")
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        do(s, t.do_handshake)
        do(s, t.write, p.build("A", "98=0|108=30"))
        assert b"\x0135=A\x01" in do(s, t.read, 65536)


def openssl_itself(work):
    path, port = tls.certs(work), fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="S",
                    **tls.settings(path, TLSProfile="FIXS"))]).start()
    r = subprocess.run(
        ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port,
         "-cert", path + "/client.pem", "-key", path + "/client.key",
         "-CAfile", path + "/ca.pem", "-verify_return_error",
         "-verify_hostname", "localhost"],
        input=fg.Peer("BANK", "EXCH").build("A", "98=0|108=30"),
        stdout=subprocess.PIPE, timeout=fg.LIMIT)
    assert b"Verified peername: localhost" in r.stdout, r.stdout
    fg.wait_until(lambda: "disconnected: closed by peer" in g.log())
    assert "logged-on" in g.log(), g.log()
    assert "certificate of O=Banzai Ltd,CN=BANZAI" in g.log(), g.log()


def subject(p):
    return dict(x[0] for x in p.sock.getpeercert()["subject"])["commonName"]


def new_certificates_and_lists_without_a_break(work):
    path, port = tls.certs(work), fg.free_port()
    for name in ("own.pem", "own.key"):
        shutil.copy(path + name.replace("own", "/server"), work.path(name))
    shutil.copy(path + "/ca.pem", work.path("trust.pem"))
    keys = {"SocketUseSSL": "Y", "SocketCertificateFile": "own.pem",
            "SocketPrivateKeyFile": "own.key",
            "CertificationAuthoritiesFile": "trust.pem"}
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "KEPT", port, **keys),
        fg.acceptor("EXCH", "BANK", port, ResetOnLogon="Y",
                    **keys)]).start()
    with tls.Peer("KEPT", "EXCH", tls.client(path)) as kept, \
            tls.Peer("BANK", "EXCH", tls.client(path)) as p:
        kept.connect(port).logon()
        assert subject(kept) == "venue"
        # Half of the new pair is there: all is as it was.
        shutil.copy(path + "/renewed.pem", work.path("own.pem"))
        assert "own.key: the key is not that of the certificate" in \
            g.ctl("reload", check=False)
        p.connect(port)
        assert subject(p) == "venue"
        # A dry run changes nothing either.
        shutil.copy(path + "/renewed.key", work.path("own.key"))
        got = g.ctl_json("--json", "reload", "-n")[0]
        assert sorted(got["UNTOUCHED"]) == ["FIX.4.4:EXCH->BANK",
                                            "FIX.4.4:EXCH->KEPT"], got
        p.connect(port)
        assert subject(p) == "venue"
        got = g.ctl_json("--json", "reload")[0]
        assert not got["CHANGED"], got
        p.connect(port)
        assert subject(p) == "venue 2"
        p.logon()
        p.logout()
        # By the signal, and whom to trust.
        shutil.copy(path + "/rogue.pem", work.path("trust.pem"))
        g.signal(signal.SIGHUP)
        fg.wait_until(lambda: not tls.is_let_in(
            port, tls.client(path), "BANK"))
        assert tls.is_let_in(port, tls.client(path, "stranger"), "BANK")
        # Who was there did not notice.
        kept.sync()
        assert g.ctl_json("session", "show", "FIX.4.4:EXCH->KEPT",
                          "--json")[0]["STATE"] == "logged on"
    assert g.stop() == 0


def a_port_goes_from_plain_to_TLS(work):
    path, port = tls.certs(work), fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, ResetOnLogon="Y")]).start()
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()
        g.sessions = [fg.acceptor("EXCH", "BANK", port, ResetOnLogon="Y",
                                  **tls.settings(path))]
        g.configure()
        g.ctl("reload")
        p.expect("5")
        p.send("5")
        p.expect_closed()
        fg.wait_until(lambda: "other settings of TLS from now on" in g.log())
    assert tls.is_let_in(port, tls.client(path))
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30")
        p.expect_closed()
    # And without: no restart either.
    g.sessions = [fg.acceptor("EXCH", "BANK", port, ResetOnLogon="Y")]
    g.configure()
    g.ctl("reload")
    fg.wait_until(lambda: "without TLS from now on" in g.log())
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port).logon()


def gateways_among_themselves(work):
    """Both roles under FIXS, each other's names checked, much to send."""
    path, port = tls.certs(work), fg.free_port()
    n = 5000
    venue = work.gateway("venue", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="S",
                    PeerCertificateName="O=Banzai Ltd,CN=BANZAI",
                    **tls.settings(path, TLSProfile="FIXS"))]).start()
    session = fg.initiator("BANK", "EXCH", port, SessionName="S",
                           PeerCertificateName="venue",
                           **tls.settings(path, "client", TLSProfile="FIXS"))
    session["SocketConnectHost"] = "localhost"
    bank = work.gateway("bank", sessions=[session]).start()
    fg.wait_until(lambda: "logged on" in bank.log())
    lines = ["35=D|11=%d|55=X|54=1|38=10|40=1|60=20260101-00:00:00" % i
             for i in range(n)]
    bank.send_file("S", lines)
    fg.wait_until(lambda: (venue.last_row("FIX_IN", "S") or
                           {"MSG_SEQ_NUM": 0})["MSG_SEQ_NUM"] >= n + 1)
    got = [fg.Msg(r["FIX_DATA"]) for r in
           venue.rows("FIX_IN", session="S", admin=False)]
    assert [int(m[11]) for m in got] == list(range(n))
    # The other side is killed: the session comes back by itself.
    venue.kill()
    fg.wait_until(lambda: "disconnected" in bank.log())
    venue.start()
    fg.wait_until(lambda: bank.log().count("logged on") >= 2)
    assert bank.stop() == 0 and venue.stop() == 0


def nobody_logs_on_as_another(work):
    path, port = tls.certs(work), fg.free_port()
    keys = tls.settings(path)
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANZAI", port, ResetOnLogon="Y",
                    PeerCertificateName="BANZAI", **keys),
        fg.acceptor("EXCH", "*", port, AcceptorTemplate="Y",
                    PeerCertificateName="*", **keys)]).start()
    mine, other = tls.client(path), tls.client(path, "other")
    assert tls.is_let_in(port, mine, "BANZAI")
    assert not tls.is_let_in(port, other, "BANZAI")
    assert "the certificate is not that of PeerCertificateName" in g.log()
    # A session is made only for whom it is.
    assert not tls.is_let_in(port, mine, "OTHER")
    assert [s["SESSION"] for s in g.ctl_json("session", "show",
            "--json")] == ["FIX.4.4:EXCH->BANZAI"]
    assert tls.is_let_in(port, other, "OTHER")
    fg.wait_until(lambda: "OTHER: disconnected" in g.log())
    assert not tls.is_let_in(port, mine, "OTHER")
    assert g.stop() == 0


def what_expires_soon_is_said(work):
    """In the status, the metrics and the log: WARNING for a month, ERROR for a
    week; of ours, those between, authorities, lists, links and peers."""
    path, port, link = tls.certs(work), fg.free_port(), fg.free_port()
    folder = work.path("link")
    os.mkdir(folder)

    def own(name, file="own", to=None):
        for end in (".pem", ".key"):
            shutil.copy(path + "/" + name + end,
                        work.path(file + end) if to is None else
                        os.path.join(folder, to + end))
    own("server")
    own("server", to="cert")
    os.rename(os.path.join(folder, "cert.key"),
              os.path.join(folder, "key.pem"))
    for name in "ca.pem", "crl.pem":
        shutil.copy(os.path.join(path, name), work.path(name))
    shutil.copy(path + "/ca.pem", os.path.join(folder, "ca.pem"))
    g = work.gateway("gw", gateway={
        "AdminListen": "127.0.0.1:0", "LinkCertificates": folder,
        "LinkListen": "tls:127.0.0.1:%d" % link}, sessions=[fg.acceptor(
            "EXCH", "BANK", port, SessionName="S", StartTime="00:00:00",
            EndTime="00:00:00", **tls.settings(
                path, SocketCertificateFile=work.path("own.pem"),
                SocketPrivateKeyFile=work.path("own.key"),
                CertificationAuthoritiesFile=work.path("ca.pem"),
                CertificateRevocationListFile=work.path("crl.pem")))]).start()
    admin = int(re.search(r"metrics on port (\d+)", g.log())[1])

    def days():
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % admin,
                                    timeout=fg.LIMIT) as r:
            got = re.findall(r'^fixgate_certificate_days\{kind="(\w+)",'
                             r'name="([^"]+)"\} (-?\d+)$',
                             r.read().decode(), re.M)
        assert len({x[:2] for x in got}) == len(got), got
        return {(k, n): int(d) for k, n, d in got}

    def advice(kind, subject, level, *words):
        """It is said of the subject, and nothing of another."""
        got = g.ctl_json("status", "--json", check=False)[0]
        said = [a for a in got["ADVICE"] if "certificate" in a["TEXT"] or
                "authority" in a["TEXT"] or "revocation" in a["TEXT"]]
        if level is None:
            assert said == [], said
            return
        assert [(a["SUBJECT"], a["LEVEL"]) for a in said] == [
            (subject, level)], (subject, said)
        assert got["HEALTH"] == level, got
        for w in words:
            assert w in said[0]["TEXT"], (w, said)
        left = re.search(r"in (\d+) day", said[0]["TEXT"])
        if left:
            assert days()[kind, subject] == int(left[1]), (days(), said)

    def logged(level, text):
        return any(x["event"] == "certificate" and x["level"] == level and
                   text in x["msg"] for x in logfmt.read(g.raw_log()))
    advice(None, None, None)
    assert sorted(days()) == sorted([
        ("own", work.path("own.pem")), ("authority", work.path("ca.pem")),
        ("list", work.path("crl.pem")), ("own", folder + "/cert.pem"),
        ("authority", folder + "/ca.pem")]), days()
    assert "expires" not in g.log(), g.log()
    # Ours; the log has it when they are read.
    for name, level, word, words in (
            ("month", "WARNING", "warn", ["the certificate CN=venue expires "
                                          "in ", "Replace it and its key"]),
            ("soon", "ERROR", "error", ["expires in ", "fixgatectl reload"]),
            ("short", "WARNING", "warn", ["CN=Brief CA expires in "])):
        own(name)
        g.ctl("reload")
        advice("own", work.path("own.pem"), level, *words)
        fg.wait_until(lambda: logged(word, words[0]))
    own("server")
    # That of links.
    shutil.copy(path + "/month.pem", folder + "/cert.pem")
    shutil.copy(path + "/month.key", folder + "/key.pem")
    g.ctl("reload")
    advice("own", folder + "/cert.pem", "WARNING", "CN=venue expires in ")
    shutil.copy(path + "/server.pem", folder + "/cert.pem")
    shutil.copy(path + "/server.key", folder + "/key.pem")
    # An authority; an old one beside another does no harm.
    with open(work.path("ca.pem"), "w") as f:
        for name in "ca", "expired":
            with open(path + "/" + name + ".pem") as part:
                f.write(part.read())
    g.ctl("reload")
    advice(None, None, None)
    shutil.copy(path + "/brief.pem", work.path("ca.pem"))
    g.ctl("reload")
    advice("authority", work.path("ca.pem"), "WARNING",
           "the authority CN=Brief CA expires in ")
    shutil.copy(path + "/ca.pem", work.path("ca.pem"))
    # A list.
    shutil.copy(path + "/crl-old.pem", work.path("crl.pem"))
    g.ctl("reload")
    advice("list", work.path("crl.pem"), "ERROR",
           "the revocation list has expired")
    assert days()["list", work.path("crl.pem")] < -1000
    shutil.copy(path + "/crl.pem", work.path("crl.pem"))
    g.ctl("reload")
    # A counterparty's, while it is connected.
    with tls.Peer("BANK", "EXCH", tls.client(path, "leaving")) as p:
        p.connect(port)
        p.logon()
        advice("peer", "S", "WARNING", "CN=LEAVING expires in ", "Tell it")
        p.logout()
    fg.wait_until(lambda: ("peer", "S") not in days())
    assert g.stop() == 0


TESTS = [what_expires_soon_is_said, TLS_where_none_is_expected,
         wrong_peers_harm_nobody, a_handshake_in_single_bytes, openssl_itself,
         new_certificates_and_lists_without_a_break,
         a_port_goes_from_plain_to_TLS, gateways_among_themselves,
         nobody_logs_on_as_another]

fg.run_each(TESTS)
