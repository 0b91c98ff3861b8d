#!/usr/bin/env python3
"""One case for each setting of TLS; see t/lib/cases.py."""

import os
import ssl
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import tls

fg.need("fixgated", "fixgatectl")
tls.need()


def accepts(work, own="server", **keys):
    """An acceptor's port."""
    port = fg.free_port()
    keys = tls.settings(tls.certs(work), own, **keys)
    work.gateway("gw", sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="S",
                    ResetOnLogon="Y", **keys)]).start()
    return port


def connects(work, ctx, own="client", **keys):
    """What an initiator with these settings makes of this server: the
    connection's socket with its Logon, or None; and its gateway."""
    path = tls.certs(work)
    keys = tls.settings(path, own, **keys)
    with tls.Peer("EXCH", "BANK", ctx) as p:
        port = p.listen()
        session = fg.initiator("BANK", "EXCH", port, SessionName="S",
                               ResetOnLogon="Y")
        session.update(keys)
        g = work.gateway("gw", sessions=[session]).start()
        try:
            p.accept()
            if p.recv() is None:
                return None, g
            p.send("A", "98=0|108=30|141=Y")
            fg.wait_until(lambda: "logged on" in g.log())
        except (ssl.SSLError, ConnectionError):
            return None, g
        return (p.sock.version(), p.sock.cipher()[0],
                p.sock.getpeercert()), g


def subject(port, ctx):
    with tls.Peer("BANK", "EXCH", ctx) as p:
        p.connect(port)
        return dict(x[0] for x in p.sock.getpeercert()["subject"])["commonName"]


def SocketUseSSL(work):
    path = tls.certs(work)
    port = accepts(work)
    assert tls.is_let_in(port, tls.client(path))
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(port)
        p.send("A", "98=0|108=30")
        p.expect_closed()


def TLSProfile(work):
    """Strong ciphers and certificates of both sides, without another word."""
    path = tls.certs(work)
    port = accepts(work, TLSProfile="FIXS", SocketUseSSL=None)
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, None))
    ctx = tls.client(path)
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    ctx.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    assert not tls.is_let_in(port, ctx)
    ctx.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    assert tls.is_let_in(port, ctx)


@cases.always
def Weak_ciphers_only_without_FIXS(work):
    path = tls.certs(work)
    port = accepts(work)
    ctx = tls.client(path)
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    ctx.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    assert tls.is_let_in(port, ctx)


def SocketCertificateFile(work):
    path = tls.certs(work)
    assert subject(accepts(work), tls.client(path)) == "venue"


def SocketPrivateKeyFile(work):
    path = tls.certs(work)
    port = accepts(work)
    assert tls.is_let_in(port, tls.client(path))


def ServerCertificateFile(work):
    """Of an acceptor, before the one of both roles."""
    path = tls.certs(work)
    port = accepts(work, ServerCertificateFile=path + "/renewed.pem",
                   ServerCertificateKeyFile=path + "/renewed.key",
                   ClientCertificateFile=path + "/client.pem")
    assert subject(port, tls.client(path)) == "venue 2"


def ServerCertificateKeyFile(work):
    ServerCertificateFile(work)


def ClientCertificateFile(work):
    path = tls.certs(work)
    got, _ = connects(work, tls.server(path), "other",
                      ClientCertificateFile=path + "/client.pem",
                      ClientCertificateKeyFile=path + "/client.key",
                      ServerCertificateFile=path + "/server.pem",
                      ServerCertificateKeyFile=path + "/server.key")
    assert (("commonName", "BANZAI"),) in got[2]["subject"], got


def ClientCertificateKeyFile(work):
    ClientCertificateFile(work)


def SocketKeyStore(work):
    path = tls.certs(work)
    port = accepts(work, SocketCertificateFile=None, SocketPrivateKeyFile=None,
                   SocketKeyStore=path + "/server.p12",
                   SocketKeyStorePassword="secret")
    assert subject(port, tls.client(path)) == "venue"


def SocketKeyStorePassword(work):
    """Also of a PEM file."""
    path = tls.certs(work)
    port = accepts(work, SocketPrivateKeyFile=path + "/locked.key",
                   SocketKeyStorePassword="secret")
    assert tls.is_let_in(port, tls.client(path))


def SocketTrustStore(work):
    path = tls.certs(work)
    port = accepts(work, CertificationAuthoritiesFile=None,
                   SocketTrustStore=path + "/trust.p12",
                   SocketTrustStorePassword="secret")
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "stranger"))
    assert not tls.is_let_in(port, tls.client(path, None))


def SocketTrustStorePassword(work):
    SocketTrustStore(work)


def CertificationAuthoritiesFile(work):
    path = tls.certs(work)
    port = accepts(work)
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "stranger"))


def CertificationAuthoritiesDirectory(work):
    path = tls.certs(work)
    port = accepts(work, CertificationAuthoritiesFile=None,
                   CertificationAuthoritiesDirectory=path + "/trusted")
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "stranger"))


def CertificateRevocationListFile(work):
    path = tls.certs(work)
    port = accepts(work, CertificateRevocationListFile=path + "/crl.pem")
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "revoked"))


def CertificateRevocationListDirectory(work):
    path = tls.certs(work)
    port = accepts(work, CertificateRevocationListDirectory=path + "/lists")
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "revoked"))


def CertificateVerifyLevel(work):
    """2: who has a certificate has a good one."""
    path = tls.certs(work)
    port = accepts(work, CertificateVerifyLevel=2)
    assert tls.is_let_in(port, tls.client(path))
    assert tls.is_let_in(port, tls.client(path, None))
    assert not tls.is_let_in(port, tls.client(path, "stranger"))


@cases.always
def Whoever_answers_is_believed_at_level_0(work):
    path = tls.certs(work)
    got, g = connects(work, tls.server(path, "stranger"),
                      CertificateVerifyLevel=0, TLSCheckHostName="N")
    assert got is not None, g.log()


def NeedClientAuth(work):
    path = tls.certs(work)
    port = accepts(work, NeedClientAuth="N")
    assert tls.is_let_in(port, tls.client(path))
    assert tls.is_let_in(port, tls.client(path, None))


def PeerCertificateName(work):
    """One of the names, whichever kind it is."""
    path = tls.certs(work)
    port = accepts(work, PeerCertificateName="somebody",
                   PeerCertificateName1="fix:banzai")
    assert tls.is_let_in(port, tls.client(path))
    assert not tls.is_let_in(port, tls.client(path, "other"))


@cases.always
def The_server_has_the_name_too(work):
    path = tls.certs(work)
    got, g = connects(work, tls.server(path), PeerCertificateName="venue")
    assert got is not None, g.log()
    g.stop()
    got, g = connects(work, tls.server(path, "renewed"),
                      PeerCertificateName="venue")
    assert got is None
    fg.wait_until(lambda: "cannot connect: the certificate is not that of "
                  "PeerCertificateName" in g.log())


def SSLProtocol(work):
    path = tls.certs(work)
    port = accepts(work, SSLProtocol="all -SSLv2 -TLSv1.3")
    with tls.Peer("BANK", "EXCH", tls.client(path)) as p:
        p.connect(port)
        assert p.sock.version() == "TLSv1.2"


def SocketMinimumTLSVersion(work):
    path = tls.certs(work)
    port = accepts(work, SocketMinimumTLSVersion="TLS13")
    ctx = tls.client(path)
    assert tls.is_let_in(port, ctx)
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    assert not tls.is_let_in(port, ctx)


def cipher(port, ctx):
    with tls.Peer("BANK", "EXCH", ctx) as p:
        p.connect(port)
        return p.sock.cipher()[0]


def SSLCipherSuite(work):
    ctx = tls.client(tls.certs(work))
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    port = accepts(work, SSLCipherSuite="ECDHE-ECDSA-CHACHA20-POLY1305")
    assert cipher(port, ctx) == "ECDHE-ECDSA-CHACHA20-POLY1305"


def TLSCipherSuites(work):
    port = accepts(work, TLSCipherSuites="TLS_AES_128_GCM_SHA256")
    assert cipher(port, tls.client(tls.certs(work))) == \
        "TLS_AES_128_GCM_SHA256"


def CipherSuites(work):
    """QuickFIX/J's, by the standards' names."""
    port = accepts(work, CipherSuites="TLS_RSA_WITH_AES_128_CBC_SHA256, "
                   "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    assert cipher(port, tls.client(tls.certs(work))) == \
        "ECDHE-ECDSA-AES256-GCM-SHA384"


def TLSCheckHostName(work):
    """It is checked unless told otherwise."""
    path = tls.certs(work)
    got, g = connects(work, tls.server(path, "elsewhere"),
                      TLSCheckHostName="N")
    assert got is not None, g.log()


@cases.always
def A_server_of_another_name_is_refused(work):
    path = tls.certs(work)
    got, g = connects(work, tls.server(path, "elsewhere"))
    assert got is None
    fg.wait_until(lambda: "cannot connect: TLS: its certificate CN=elsewhere: "
                  "IP address mismatch" in g.log())


def SSLServerName(work):
    path = tls.certs(work)
    got, g = connects(work, tls.server(path, "elsewhere"),
                      SSLServerName="example.com")
    assert got is not None, g.log()


def asked_for(work, **keys):
    """The name that an initiator asks for."""
    names = []
    ctx = tls.server(tls.certs(work))
    ctx.sni_callback = lambda s, name, c: names.append(name)
    got, g = connects(work, ctx, **keys)
    assert got is not None, g.log()
    g.stop()
    return names[0]


def SNIHostName(work):
    assert asked_for(work, SNIHostName="fix.example.com") == "fix.example.com"


def UseSNI(work):
    assert asked_for(work, SocketConnectHost="localhost", UseSNI="N") is None


@cases.always
def The_host_is_asked_for_unless_it_is_a_number(work):
    assert asked_for(work, SocketConnectHost="localhost") == "localhost"
    assert asked_for(work) is None


cases.run(globals())
