#!/usr/bin/env python3
"""A new user's evening, as fixgate(7) has it: install, edit the sample, check,
start by the init script, trade over FIXS, look, replace the certificate, change
the settings, stop. What is installed is used, and nothing else."""

import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import initscript
import tls
from initscript import Script

fg.need("fixgated", "fixgatectl")
initscript.need()
tls.need()


def install(w):
    """make install, into the work folder: {name: path} of what is there."""
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith("MAKE") and k != "MFLAGS"}
    r = subprocess.run(["make", "-s", "-C", fg.BUILD, "install",
                        "DESTDIR=" + w.path("root")], env=clean,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert r.returncode == 0, r.stdout.decode()
    got = {}
    for top, _, names in os.walk(w.path("root")):
        for name in names:
            got.setdefault(name, []).append(os.path.join(top, name))
    for name in ("fixgated", "fixgate-streamer", "fixgate-client"):
        places = "\n".join(got[name])
        assert "/sbin/" in places and "/init.d/" in places, places
        assert name + ".service" in got and name + ".8" in got, name
    assert "fixgate.7" in got and "FIX44.xml" in got
    return got


def one(got, name, folder):
    path = [p for p in got[name] if folder in p]
    assert len(path) == 1, (name, path)
    return path[0]


class Evening:
    def __init__(self, w):
        self.w = w
        got = install(w)
        self.daemon = one(got, "fixgated", "/sbin/")
        self.command = one(got, "fixgatectl", "/sbin/")
        self.sample = one(got, "fixgate.conf", "/doc/")
        self.dicts = os.path.dirname(one(got, "FIX44.xml", "/dict/"))
        self.init = os.path.dirname(one(got, "fixgated", "/init.d/"))
        self.conf = w.path("fixgate.conf")
        self.socket = w.path("gateway.sock")
        self.port = fg.free_port()
        os.chmod(w.dir, 0o777)  # the daemon is nobody, if we are root

    def run(self, want, *argv):
        """Print it as it would stand on the screen, and look at its status."""
        r = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120,
                           env=dict(os.environ, FIXGATE_SOCKET=self.socket))
        text = r.stdout.decode("utf-8", "replace")
        print("$ %s %s\n%s" % (os.path.basename(argv[0]),
                               " ".join(str(a) for a in argv[1:]), text))
        assert r.returncode == want, (r.returncode, argv)
        return text

    def ctl(self, *args, want=0):
        return self.run(want, self.command, *args)

    def edit(self, *changes):
        """In the settings file: (pattern, replacement), each once."""
        with open(self.conf) as f:
            text = f.read()
        for pattern, to in changes:
            text, n = re.subn(pattern, to, text, count=1, flags=re.M)
            assert n == 1, pattern
        with open(self.conf, "w") as f:
            f.write(text)


def main(e, w):
    # The sample as it is: only what it names is not there.
    shutil.copy(e.sample, e.conf)
    certs = tls.certs(w)
    for name in ("own.pem", "own.key"):
        shutil.copy("%s/server.%s" % (certs, name[4:]), w.path(name))
    shutil.copy(certs + "/ca.pem", w.path("ca.pem"))
    for name in ("own.pem", "own.key", "ca.pem"):
        os.chmod(w.path(name), 0o644)
    e.edit((r"^StorePath=.*", "StorePath=%s\nDictionaryPath=%s" % (
                w.path("store"), e.dicts)),
           (r"^LogTarget=.*", "LogTarget=" + w.path("gate.log")),
           (r"^ControlSocket=.*", "ControlSocket=" + e.socket),
           (r"^SocketAcceptPort=.*", "SocketAcceptPort=%d\nTLSProfile=FIXX\n"
            "SocketCertificateFile=own.pem\nSocketPrivateKeyFile=own.key\n"
            "CertificationAuthoritiesFile=ca.pem\n"
            "PeerCertificateName=BANZAI" % e.port))

    # A mistake is named with its line, and nothing starts.
    said = e.run(1, e.daemon, "-n", "-f", e.conf)
    with open(e.conf) as f:
        line = f.read().split("\n").index("TLSProfile=FIXX") + 1
    assert "fixgate.conf:%d: error: TLSProfile=FIXX" % line in said, said
    script = Script(w, "fixgated", e.conf, e.init, e.daemon)
    assert "has errors" in script("start", 1)
    e.edit((r"^TLSProfile=FIXX", "TLSProfile=FIXS"))
    said = e.run(0, e.daemon, "-n", "-f", e.conf)
    assert said.endswith("fixgate.conf: 2 sessions, no errors\n"), said

    try:
        assert script("start", 0) == "fixgated: started\n"
        trade(e, w, certs, script)
    finally:
        script.kill()


def trade(e, w, certs, script):
    # Nobody is there yet, and what to do about it.
    said = e.ctl("status", want=4)
    assert "WARNING" in said and "BROKER" in said, said
    with tls.Peer("BROKER", "GATE", tls.client(certs)) as peer:
        peer.connect(e.port)
        assert peer.sock.version() in ("TLSv1.2", "TLSv1.3")
        peer.logon()
        for i in range(3):
            peer.send("D", "11=ORDER%d|55=VOD.L|54=1|38=100|40=1|60=%s" % (
                i, fg.utc()))
        peer.sync()
        said = e.ctl("status")
        assert "HEALTHY" in said and "logged on" in said, said
        said = e.ctl("tail", "FIX_IN", "--pretty")
        assert "ClOrdID" in said and "ORDER2" in said and "BUY" in said, said
        said = e.ctl("send", "BROKER", "MsgType=ExecutionReport",
                     "OrderID=1", "ExecID=1", "ExecType=NEW", "OrdStatus=NEW",
                     "ClOrdID=ORDER0", "Symbol=VOD.L", "Side=BUY",
                     "LeavesQty=100", "CumQty=0", "AvgPx=0")
        assert re.match(r"sent: MsgSeqNum \d+, TX_SEQUENCE \d+\n", said), said
        peer.expect("8", t11="ORDER0", t39="0")

        # The certificate is replaced; who is logged on does not notice.
        for kind in ("key", "pem"):
            shutil.copy("%s/renewed.%s" % (certs, kind), w.path("own." + kind))
            os.chmod(w.path("own." + kind), 0o644)
        script("reload", 0)
        before = peer.sock.getpeercert()["serialNumber"]

        def renewed():
            with tls.Peer("X", "Y", tls.client(certs)) as p:
                p.connect(e.port)
                return p.sock.getpeercert()["serialNumber"] != before
        fg.wait_until(renewed)
        peer.sync()

        # Another session.
        with open(e.conf, "a") as f:
            f.write("\n[SESSION]\nSessionName=DESK\nTargetCompID=DESK\n"
                    "ConnectionType=acceptor\nSocketAcceptPort=%d\n" %
                    fg.free_port())
        assert "DESK" in e.ctl("reload", "-n")
        assert "DESK" not in e.ctl("session", "show")
        said = e.ctl("reload")
        assert "DESK" in said, said
        assert "DESK" in e.ctl("session", "show")
        peer.sync()

        # Stop: in order, with a Logout.
        child = subprocess.Popen([script.path, "stop"],
                                 stdout=subprocess.PIPE)
        peer.expect("5")
        peer.send("5")
        said = child.communicate(timeout=60)[0].decode()
        assert (child.returncode, said) == (0, "fixgated: stopped\n"), said
    assert "not running" in script("status", 3)
    e.ctl("status", want=2)
    with open(w.path("gate.log")) as f:
        last = f.read().splitlines()[-1]
    assert last.endswith(" level=info program=fixgated event=stopped "
                         "msg=stopped"), last


with fg.Work() as work:
    main(Evening(work), work)
