#!/usr/bin/env python3
"""QuickFIX over TLS against fixgated, on both ends of the connection, with the
keys that QuickFIX has for it, which are ours, too: traffic each way, drops,
resends, a reset; then both sides must have kept the same. QuickFIX takes RSA
keys only."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import qf
from qf import fg
from pair import Pair
import tls

fg.need("fixgated", "fixgatectl")
tls.need()
COUNT = 500


def keys(path, own):
    """One side's; both files are written with them."""
    return {"SocketUseSSL": "Y",
            "ServerCertificateFile": "%s/%s.pem" % (path, own),
            "ServerCertificateKeyFile": "%s/%s.key" % (path, own),
            "ClientCertificateFile": "%s/%s.pem" % (path, own),
            "ClientCertificateKeyFile": "%s/%s.key" % (path, own),
            "CertificationAuthoritiesFile": path + "/ca.pem",
            "CertificateVerifyLevel": 1, "SSLProtocol": "all -SSLv2"}


def one(role, version):
    with fg.Work() as w:
        path = tls.certs(w)
        pair = Pair(w, role, version, lambda name, other, port, more:
                    qf.QuickFix(w, name, other, "PEER", "GATE", port,
                                qf.begin_string(version), seed=7,
                                **dict(more, **keys(path, "rsa-server" if
                                       other == "acceptor" else "rsa-client"))))
        session, = pair.gw.sessions
        session.update(keys(path, "server" if role == "acceptor" else
                            "client"))
        session["PeerCertificateName"] = "BANZAI" if role == "acceptor" \
            else "venue"
        pair.gw.configure()
        pair.start()
        pair.traffic(COUNT)
        pair.reset()
        pair.traffic(COUNT // 2)
        pair.until_resent(COUNT // 2)
        pair.finish()
        pair.check()
        log = pair.gw.log()
        assert "TLSv1." in log and "certificate of " in log, log
        assert pair.gw.stop() == 0
    print("ok", role, version)
    sys.stdout.flush()


qf.build("qfpeer")
for role in ("acceptor", "initiator"):
    one(role, "FIX.4.4")
