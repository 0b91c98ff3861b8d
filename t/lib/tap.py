"""A tap on a FIX connection: it listens in the place of an acceptor, passes
everything on in both directions, and keeps each whole message."""

import select
import socket
import threading

import fixgate as fg


class Tap:
    """Messages from who connected are in sent, those to it in received."""

    def __init__(self, target):
        self.target = target  # port of the acceptor
        self.sent, self.received = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()  # the acceptor is not there
                continue
            threading.Thread(target=self._pass, args=(near, far),
                             daemon=True).start()

    def _pass(self, near, far):
        """One connection, until either side ends it."""
        ways = {near: (far, self.sent), far: (near, self.received)}
        rest = {near: b"", far: b""}
        for s in ways:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with near, far:
            while True:
                for s in select.select(list(ways), [], [])[0]:
                    other, kept = ways[s]
                    try:
                        data = s.recv(1 << 16)
                        if not data:
                            return
                        messages, rest[s] = fg.split(rest[s] + data)
                        kept += messages
                        other.sendall(data)
                    except OSError:
                        return
