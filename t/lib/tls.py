"""Certificates, and a counterparty that speaks TLS: Python's ssl, so OpenSSL's
own way to use itself is on the other side.

    dir = tls.certs(work)                         t/lib/certs.sh
    keys = tls.settings(dir)                      of a session of the gateway
    with tls.Peer("BANK", "EXCH", tls.client(dir, "client")) as p:
        p.connect(port).logon()
"""

import atexit
import functools
import os
import select
import shutil
import ssl
import subprocess
import tempfile
import threading
import time

import fixgate as fg


def need():
    if shutil.which("openssl") is None:
        fg.skip("no openssl command")


@functools.cache
def _made():
    """A folder of certificates, for all of this process."""
    path = tempfile.mkdtemp(prefix="fg.")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    r = subprocess.run(["sh", os.path.join(fg.HERE, "certs.sh"), path])
    assert r.returncode == 0, open(os.path.join(path, "openssl.log")).read()
    return path


_lock = threading.Lock()


def certs(work):
    """A folder of certificates of its own."""
    path = work.path("certs")
    if not os.path.isdir(path):
        with _lock:
            made = _made()
        shutil.copytree(made, path, symlinks=True)
    return path


def settings(path, own="server", **keys):
    """TLS with a certificate, and for whom has one of the same authority."""
    got = {"SocketUseSSL": "Y",
           "SocketCertificateFile": "%s/%s.pem" % (path, own),
           "SocketPrivateKeyFile": "%s/%s.key" % (path, own),
           "CertificationAuthoritiesFile": path + "/ca.pem"}
    got.update(keys)
    return got


def context(purpose, path, own, ca):
    c = ssl.SSLContext(purpose)
    c.check_hostname = False
    c.load_verify_locations("%s/%s.pem" % (path, ca))
    c.verify_mode = ssl.CERT_REQUIRED
    if own:
        c.load_cert_chain("%s/%s.pem" % (path, own), "%s/%s.key" % (path, own))
    return c


def client(path, own="client", ca="ca"):
    return context(ssl.PROTOCOL_TLS_CLIENT, path, own, ca)


def server(path, own="server", ca="ca"):
    return context(ssl.PROTOCOL_TLS_SERVER, path, own, ca)


class Peer(fg.Peer):
    """A counterparty over TLS; context says which side it is."""

    def __init__(self, sender, target, ctx, begin="FIX.4.4"):
        super().__init__(sender, target, begin)
        self.ctx = ctx

    def connect(self, port, limit=fg.LIMIT):
        super().connect(port, limit)
        self.sock = self.ctx.wrap_socket(self.sock,
                                         server_hostname="localhost")
        return self

    def accept(self, limit=fg.LIMIT):
        super().accept(limit)
        self.sock = self.ctx.wrap_socket(self.sock, server_side=True)
        return self

    def recv(self, limit=fg.LIMIT):
        """None when the other side closed, or refused us."""
        end = time.monotonic() + limit
        while not self._queue:
            left = end - time.monotonic()
            if left <= 0 or not (self.sock.pending() or select.select(
                    [self.sock], [], [], left)[0]):
                raise fg.Timeout("no message within %g s" % limit)
            try:
                data = self.sock.recv(1 << 16)
            except (ConnectionResetError, ssl.SSLError):
                data = b""
            if not data:
                return None
            got, self._rest = fg.split(self._rest + data)
            self._queue += got
        return self._queue.pop(0)


def is_let_in(port, ctx, sender="BANK", target="EXCH"):
    """Does a Logon get an answer?"""
    with Peer(sender, target, ctx) as p:
        try:
            p.connect(port)
            p.send("A", "98=0|108=30")
        except (OSError, ssl.SSLError):
            return False
        m = p.recv()
        if m is not None:
            assert m.type == "A", m
            p.logout()
        return m is not None
