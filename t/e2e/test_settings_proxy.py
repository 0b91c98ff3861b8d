#!/usr/bin/env python3
"""One case for each setting of an initiator's proxy; see t/lib/cases.py."""

import base64
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
import proxy
import tls

fg.need("fixgated", "fixgatectl")


def through(work, name="gw", peer=None, **keys):
    """What a proxy was asked on the way of a session to its counterparty."""
    with proxy.Proxy() as x, (peer or fg.Peer("EXCH", "BANK")) as p:
        port = p.listen()
        keys.setdefault("ProxyPort", x.port)
        g = work.gateway(name, sessions=[fg.initiator(
            "BANK", "EXCH", port, ProxyHost="localhost", SessionName="S",
            **keys)]).start()
        p.accept()
        p.answer_logon()
        p.sync()
        assert g.stop() == 0, g.log()
        if not x.said:
            return None
        target = x.said[0].pop("target")
        assert target.endswith(":%d" % port), target
        return dict(x.said[0], host=target.rsplit(":", 1)[0])


def refused(work, name, **keys):
    """What the log says of a proxy that does not want us."""
    with proxy.Proxy(refuse=True) as x:
        g = work.gateway(name, sessions=[fg.initiator(
            "BANK", "EXCH", 9, ProxyHost="127.0.0.1", ProxyPort=x.port,
            **keys)]).start()
        fg.wait_until(lambda: "the proxy" in g.log())
        g.stop()
        return g.log()


def ProxyType(work):
    """Either, also with TLS inside, and what a proxy says to us is told."""
    assert through(work, ProxyType="http") == \
        {"how": "HTTP/1.1", "host": "127.0.0.1", "login": None}
    assert through(work, "socks", ProxyType="socks")["how"] == "5"
    path = tls.certs(work)
    for kind in ("http", "socks"):
        assert through(work, "tls" + kind, tls.Peer(
            "EXCH", "BANK", tls.server(path)), ProxyType=kind, **tls.settings(
                path, own="client", TLSCheckHostName="N")) is not None
    assert "407 Who are you" in refused(work, "no", ProxyType="http")
    assert "connection refused" in refused(work, "no5", ProxyType="socks")
    assert "code 91" in refused(work, "no4", ProxyType="socks",
                                ProxyVersion="4")


def ProxyVersion(work):
    for version in ("4", "4a", "5"):
        got = through(work, "s" + version, ProxyType="socks",
                      ProxyVersion=version)
        # with an address of its own 4a is 4
        assert got["how"] == version.rstrip("a"), got
    got = through(work, "name", ProxyType="socks", ProxyVersion="4a",
                  SocketConnectHost1="localhost", SocketConnectPort1=9)
    assert got["how"] == "4", got
    got = through(work, "http", ProxyType="http", ProxyVersion="1.0")
    assert got["how"] == "HTTP/1.0", got


@cases.always
def ProxyHost(work):
    """Its name is looked up here, the counterparty's there."""
    with proxy.Proxy() as x:
        for n, version in enumerate(("4a", "5", "1.1")):
            g = work.gateway("gw" + version, sessions=[dict(fg.initiator(
                "BANK", "EXCH", 9, ProxyHost="localhost", ProxyPort=x.port,
                ProxyType="http" if version == "1.1" else "socks",
                ProxyVersion=version), SocketConnectHost="no.such.host")])
            g.configure()
            g.start()
            fg.wait_until(lambda: len(x.said) > n)
            g.stop()
            assert x.said[n]["target"] == "no.such.host:9", x.said
            x.said = x.said[:n + 1]


@cases.always
def ProxyPort(work):
    """Nobody is there; and one who says nothing is left after a while."""
    g = work.gateway("gw", sessions=[fg.initiator(
        "BANK", "EXCH", 9, ProxyType="http", ProxyHost="127.0.0.1",
        ProxyPort=fg.free_port())]).start()
    fg.wait_until(lambda: "refused" in g.log())
    with fg.Peer("X", "Y") as silent:
        g = work.gateway("silent", sessions=[fg.initiator(
            "BANK", "EXCH", 9, ProxyType="http", ProxyHost="127.0.0.1",
            ProxyPort=silent.listen(), SocketConnectTimeout=1)]).start()
        silent.accept()
        fg.wait_until(lambda: "did not connect us" in g.log())


def ProxyUser(work):
    assert through(work, ProxyType="socks", ProxyVersion="4",
                   ProxyUser="joe")["login"] == "joe"
    assert through(work, "five", ProxyType="socks",
                   ProxyUser="joe")["login"] == "joe:"


def ProxyPassword(work):
    got = through(work, ProxyType="http", ProxyUser="joe",
                  ProxyPassword="pass")
    assert base64.b64decode(got["login"] or "") == b"joe:pass", got
    assert through(work, "five", ProxyType="socks", ProxyUser="joe",
                   ProxyPassword="pass")["login"] == "joe:pass"


cases.run(globals())
