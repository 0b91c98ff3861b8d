#!/usr/bin/env python3
"""stunnel as the other end of TLS, in both roles: what many of those who speak
plain FIX put in front of it."""

import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import tls

fg.need("fixgated", "fixgatectl")
tls.need()
STUNNEL = shutil.which("stunnel4") or shutil.which("stunnel")
if STUNNEL is None:
    fg.skip("no stunnel")


def stunnel(work, name, path, own, accept, connect, **keys):
    """It listens at the port accept, and connects to the other one."""
    conf = work.path(name + ".conf")
    keys = dict({"cert": "%s/%s.pem" % (path, own),
                 "key": "%s/%s.key" % (path, own),
                 "CAfile": path + "/ca.pem", "verifyChain": "yes",
                 "accept": "127.0.0.1:%d" % accept,
                 "connect": "127.0.0.1:%d" % connect}, **keys)
    with open(conf, "w") as f:
        f.write("foreground = yes\npid =\n[fix]\n" + "".join(
            "%s = %s\n" % kv for kv in keys.items()))
    p = work.proc(name, [STUNNEL, conf]).start()
    fg.wait_until(lambda: "Configuration successful" in p.log())
    return p


def as_client(work):
    """A plain counterparty behind it logs on to us."""
    path, port, plain = tls.certs(work), fg.free_port(), fg.free_port()
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", port, ResetOnLogon="Y",
        PeerCertificateName="BANZAI", **tls.settings(
            path, TLSProfile="FIXS"))]).start()
    for versions in ({"sslVersion": "TLSv1.2"}, {"sslVersion": "TLSv1.3"}):
        s = stunnel(work, "client" + versions["sslVersion"], path, "client",
                    plain, port, client="yes", checkHost="localhost",
                    **versions)
        with fg.Peer("BANK", "EXCH") as p:
            p.connect(plain).logon()
            for i in range(500):
                p.send("D", "11=%d|55=X|54=1|38=10|40=1|60=20260101-00:00:00"
                       % i)
            assert p.sync() == []
            p.logout()
        assert versions["sslVersion"] + " " in g.log(), g.log()
        s.stop()
    got = g.rows("FIX_IN", admin=False)
    assert len(got) == 1000, len(got)
    assert g.stop() == 0


def as_server(work):
    """We log on to a plain counterparty behind it; it goes and comes back."""
    path, port = tls.certs(work), fg.free_port()
    with fg.Peer("EXCH", "BANK") as p:
        s = stunnel(work, "server", path, "server", port, p.listen())
        session = fg.initiator("BANK", "EXCH", port, SessionName="S",
                               ResetOnLogon="Y", PeerCertificateName="venue",
                               **tls.settings(path, "client",
                                              TLSProfile="FIXS"))
        session["SocketConnectHost"] = "localhost"
        g = work.gateway("gw", sessions=[session]).start()
        p.accept()
        p.answer_logon("141=Y")
        assert p.sync() == []
        g.send_file("S", ["35=D|11=%d|55=X|54=1|38=10|40=1|"
                          "60=20260101-00:00:00" % i for i in range(500)])
        for i in range(500):
            assert p.expect("D")[11] == str(i)
        s.stop()
        fg.wait_until(lambda: "S: disconnected" in g.log())
        p.close()
        s.start()
        p.accept()
        p.next_out = 1
        p.answer_logon("141=Y")
        assert p.sync() == []
        assert g.stop() == 0


for test in (as_client, as_server):
    with fg.Work() as work:
        test(work)
    print("ok", test.__name__)
    sys.stdout.flush()
