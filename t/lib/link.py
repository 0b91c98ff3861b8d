"""A client of the link protocol (fixgate-link(7)) for tests: MessagePack and
frames by hand, so that nothing but python3 is needed."""
import socket
import struct

import tls
from peer import LIMIT


def pack(v):
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return b"\xd3" + struct.pack(">q", v) if v < 0 \
            else b"\xcf" + struct.pack(">Q", v)
    if isinstance(v, str):
        v = v.encode()
        return b"\xdb" + struct.pack(">I", len(v)) + v
    if isinstance(v, bytes):
        return b"\xc6" + struct.pack(">I", len(v)) + v
    if isinstance(v, dict):
        return b"\xdf" + struct.pack(">I", len(v)) + b"".join(
            pack(k) + pack(x) for k, x in v.items())
    return b"\xdd" + struct.pack(">I", len(v)) + b"".join(map(pack, v))


def unpack(b, at=0):
    """One value and the place behind it."""
    t, at = b[at], at + 1
    if t < 0x80 or t >= 0xe0:
        return (t if t < 0x80 else t - 256), at
    if t in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[t], at
    if 0xca <= t <= 0xd3:
        form = ">" + "fdBHIQbhiq"[t - 0xca]
        return (struct.unpack_from(form, b, at)[0],
                at + struct.calcsize(form))
    if t >= 0xc4:
        kind, form = {
            0xc4: ("bin", "B"), 0xc5: ("bin", "H"), 0xc6: ("bin", "I"),
            0xd9: ("str", "B"), 0xda: ("str", "H"), 0xdb: ("str", "I"),
            0xdc: ("array", "H"), 0xdd: ("array", "I"),
            0xde: ("map", "H"), 0xdf: ("map", "I")}[t]
        n = struct.unpack_from(">" + form, b, at)[0]
        at += struct.calcsize(form)
    elif t < 0x90:
        kind, n = "map", t & 15
    elif t < 0xa0:
        kind, n = "array", t & 15
    else:
        kind, n = "str", t & 31
    if kind in ("str", "bin"):
        v = b[at:at + n]
        return (v.decode() if kind == "str" else v), at + n
    v = []
    for _ in range(n if kind == "array" else 2 * n):
        x, at = unpack(b, at)
        v.append(x)
    return (dict(zip(v[::2], v[1::2])) if kind == "map" else v), at


class Link:
    """A connection: send() and recv() messages, ask() for an answer."""

    def __init__(self, path, name="test", role="application", hello=True,
                 limit=LIMIT):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(limit)
        self.sock.connect(path)
        self.file = self.sock.makefile("rwb")
        self.ref = 0
        self.kept = []
        if hello:
            kind, self.hello = self.ask("HELLO", VERSION=1, ROLE=role,
                                        NAME=name)
            assert kind == "HELLO_ACK", self.hello

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        try:
            self.file.close()
        except OSError:  # what it still has is for nobody
            pass
        self.sock.close()

    def send(self, kind, ref=None, **details):
        """Its SOURCE_REF."""
        ref = self.put(kind, ref, **details)
        self.file.flush()
        return ref

    def put(self, kind, ref=None, **details):
        """The same, but it may wait for a flush of self.file."""
        if ref is None:
            self.ref += 1
            ref = self.ref
        b = pack({"MESSAGE_TYPE": kind, "SOURCE_REF": ref,
                  "DETAILS": details})
        self.file.write(struct.pack(">I", len(b)) + b)
        return ref

    def _read(self):
        head = self.file.read(4)
        if len(head) < 4:
            raise EOFError("the connection was closed")
        m, _ = unpack(self.file.read(struct.unpack(">I", head)[0]))
        return m["MESSAGE_TYPE"], m["SOURCE_REF"], m["DETAILS"]

    def recv(self):
        """The next message: type, ref, details."""
        return self.kept.pop(0) if self.kept else self._read()

    def ask(self, kind, **details):
        """Type and details of the answer; other messages wait for recv()."""
        ref = self.send(kind, **details)
        while True:
            m = self._read()
            if m[1] == ref:
                return m[0], m[2]
            self.kept.append(m)


class SecuredLink(Link):
    """A Link over TLS, with the certificate of that name."""

    def __init__(self, work, port, own):
        plain = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.sock = tls.client(tls.certs(work), own).wrap_socket(
            plain, server_hostname="localhost")
        self.file = self.sock.makefile("rwb")
        self.ref = 0
        self.kept = []
        self.hello = self.ask("HELLO", VERSION=1, ROLE="application",
                              NAME=own)[1]
