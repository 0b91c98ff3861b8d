"""A raw FIX counterparty on a socket, and FIX text. Tests import it with
fixgate."""

import os
import select
import socket
import time

SOH = "\x01"
# Seconds for what is due at once: never reached where it works.
LIMIT = 900 if os.environ.get("FG_VALGRIND") else 120
HEART_BT_INT = 300  # seconds: no test is so slow that a Heartbeat comes unasked


class Timeout(AssertionError):
    pass


def utc(at=None):
    """A UTCTimestamp with milliseconds."""
    at = time.time() if at is None else at
    return time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(at)) + \
        ".%03d" % (int(at * 1000) % 1000)


# ---- FIX text ----

def soh(text):
    """'|' to SOH."""
    return text.replace("|", SOH)


def bar(text):
    """SOH to '|'."""
    return text.replace(SOH, "|")


def frame(begin, body):
    """Add 8, 9 and 10 to fields that each end with SOH."""
    head = "8=%s\x019=%d\x01" % (begin, len(body))
    msg = head + body
    return msg + "10=%03d\x01" % (sum(msg.encode("latin-1")) % 256)


class Msg:
    """A received or stored message: its text, and its fields in order. Split
    only when a field is asked for: tests read very many of them."""

    __slots__ = ("raw", "_fields")

    def __init__(self, raw):
        self.raw = raw
        self._fields = None

    @property
    def fields(self):
        if self._fields is None:
            self._fields = []
            for f in self.raw.rstrip(SOH).split(SOH):
                tag, _, value = f.partition("=")
                self._fields.append((int(tag), value))
        return self._fields

    def get(self, tag, default=None):
        """The value of the first such field."""
        key = "%s%d=" % (SOH, tag)
        at = self.raw.find(key)
        if at < 0:
            return self.fields[0][1] if tag == 8 else default
        at += len(key)
        return self.raw[at:self.raw.index(SOH, at)]

    def all(self, tag):
        return [v for t, v in self.fields if t == tag]

    def __getitem__(self, tag):
        v = self.get(tag)
        if v is None:
            raise KeyError(tag)
        return v

    @property
    def type(self):
        return self.get(35)

    @property
    def seq(self):
        return int(self.get(34, "0"))

    @property
    def poss_dup(self):
        return self.get(43) == "Y"

    def content(self):
        """What may not differ between two sendings of one number."""
        return tuple((t, v) for t, v in self.fields
                     if t not in (8, 9, 10, 43, 52, 97, 122))

    def __repr__(self):
        return bar(self.raw)


def split(data):
    """Take whole messages off bytes: (list of Msg, rest)."""
    out = []
    while True:
        start = data.find(b"8=FIX")
        if start < 0:
            return out, data
        nine = data.find(b"\x019=", start)
        end = data.find(b"\x01", nine + 1)
        if nine < 0 or end < 0:
            return out, data[start:]
        stop = end + 1 + int(data[nine + 3:end]) + len("10=000\x01")
        if len(data) < stop:
            return out, data[start:]
        out.append(Msg(data[start:stop].decode("latin-1")))
        data = data[stop:]


class Peer:
    """A counterparty that does only what it is told: no timers, no answers
    of its own. Numbers count up unless given."""

    ADMIN = ("0", "1", "2", "3", "4", "5", "A")

    def __init__(self, sender, target, begin="FIX.4.4"):
        self.sender, self.target, self.begin = sender, target, begin
        self.next_out = 1
        self.sock = self.listener = None
        self._rest = b""
        self._queue = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
        if self.listener:
            self.listener.close()
        return False

    # the connection

    def connect(self, port, limit=LIMIT):
        """Connect to an acceptor."""
        self.close()
        self.sock = socket.create_connection(("127.0.0.1", port), limit)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def listen(self):
        """Wait for an initiator: the port; then accept()."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(5)
        return self.listener.getsockname()[1]

    def accept(self, limit=LIMIT):
        self.close()
        self.listener.settimeout(limit)
        self.sock, _ = self.listener.accept()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def close(self):
        """Drop the connection without a word."""
        if self.sock:
            self.sock.close()
        self.sock, self._rest, self._queue = None, b"", []

    # sending

    def build(self, msg_type, body="", seq=None, head=""):
        """The bytes of a message; body and head are "tag=value|..." text."""
        if seq is None:
            seq = self.next_out
            self.next_out += 1
        text = "35=%s|34=%d|49=%s|52=%s|56=%s|" % (
            msg_type, seq, self.sender, utc(), self.target)
        for part in (head, body):
            if part:
                text += part if part.endswith("|") else part + "|"
        return frame(self.begin, soh(text)).encode("latin-1")

    def send(self, msg_type, body="", seq=None, head=""):
        """Send a message; the bytes sent."""
        msg = self.build(msg_type, body, seq, head)
        self.raw(msg)
        return msg

    def raw(self, data):
        self.sock.sendall(data)

    # receiving

    def recv(self, limit=LIMIT):
        """The next message, or None when the other side closed."""
        end = time.monotonic() + limit
        while not self._queue:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise Timeout("no message within %g s" % limit)
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            got, self._rest = split(self._rest + data)
            self._queue += got
        return self._queue.pop(0)

    def expect(self, msg_type, limit=LIMIT, skip_types=("0",), **tags):
        """The next message but those of skip_types must be of this type, with
        these values (t58="text"); returns it."""
        while True:
            m = self.recv(limit)
            assert m is not None, "closed instead of 35=" + msg_type
            if m.type == msg_type or m.type not in skip_types:
                break
        assert m.type == msg_type, "35=%s expected: %r" % (msg_type, m)
        for tag, value in tags.items():
            got = m.get(int(tag[1:]))
            assert got == str(value), \
                "%s=%s expected: %r" % (tag[1:], value, m)
        return m

    def expect_closed(self, limit=LIMIT, skip_types=()):
        """The other side closes, sending nothing else."""
        while True:
            m = self.recv(limit)
            if m is None:
                return
            assert m.type in skip_types, "close expected: %r" % m

    # common exchanges

    def logon(self, heart_bt_int=HEART_BT_INT, body="", limit=LIMIT):
        """As initiator: send a Logon, return its answer."""
        self.send("A", "98=0|108=%d|%s" % (heart_bt_int, body))
        return self.expect("A", limit)

    def answer_logon(self, body="", limit=LIMIT):
        """As acceptor: wait for the Logon and answer it; returns it."""
        m = self.expect("A", limit)
        self.send("A", "98=0|108=%s|%s" % (m[108], body))
        return m

    def sync(self, limit=LIMIT):
        """Wait until all that was sent has been processed: a TestRequest and
        its Heartbeat. Returns the messages that came before that."""
        name = "SYNC%d" % self.next_out
        self.send("1", "112=" + name)
        came = []
        while True:
            m = self.recv(limit)
            assert m is not None, "closed instead of a Heartbeat"
            if m.type == "0" and m.get(112) == name:
                return came
            came.append(m)

    def logout(self, limit=LIMIT):
        """End the session in order."""
        self.send("5")
        self.expect("5", limit)
        self.close()
