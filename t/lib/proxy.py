"""A proxy for tests: HTTP CONNECT and SOCKS 4, 4a and 5, on a thread.

    with proxy.Proxy() as x:
        ... ProxyPort=x.port ...
        x.said      what it was asked, one dict for each connection
"""

import socket
import struct
import threading


def take(s, n):
    data = b""
    while len(data) < n:
        got = s.recv(n - len(data))
        if not got:
            raise OSError("closed")
        data += got
    return data


def until(s, end):
    data = b""
    while not data.endswith(end):
        data += take(s, 1)
    return data


class Proxy:
    def __init__(self, refuse=False):
        self.refuse = refuse
        self.said = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.open = []
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *exc):
        for s in [self.listener] + self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        return False

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,),
                             daemon=True).start()

    def serve(self, s):
        self.open.append(s)
        try:
            first = take(s, 1)
            how = {b"\4": self.socks4, b"\5": self.socks5}.get(first,
                                                               self.http)
            host, port = how(s)
            if self.refuse:
                return s.close()
            there = socket.create_connection((host, port), 5)
            self.open.append(there)
            threading.Thread(target=self.relay, args=(there, s),
                             daemon=True).start()
            self.relay(s, there)
        except OSError:
            s.close()

    def relay(self, a, b):
        try:
            while True:
                data = a.recv(1 << 16)
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def http(self, s):
        lines = ("C" + until(s, b"\r\n\r\n").decode()).split("\r\n")
        target = lines[0].split()[1]
        host, port = target.rsplit(":", 1)
        self.said.append({"how": lines[0].split()[2], "target": target,
                          "login": next((x.split()[-1] for x in lines if
                                         x.startswith("Proxy-Auth")), None)})
        s.sendall(b"HTTP/1.1 407 Who are you\r\n\r\n" if self.refuse
                  else b"HTTP/1.1 200 OK\r\nVia: test\r\n\r\n")
        return host, int(port)

    def socks4(self, s):
        _, port, host = struct.unpack(">BH4s", take(s, 7))
        user = until(s, b"\0")[:-1].decode()
        name = socket.inet_ntoa(host)
        how = "4"
        if host[:3] == b"\0\0\0":
            how, name = "4a", until(s, b"\0")[:-1].decode()
        self.said.append({"how": how, "target": "%s:%d" % (name, port),
                          "login": user})
        s.sendall(b"\0\x5b" if self.refuse else b"\0\x5a")
        s.sendall(b"\0" * 6)
        return name, port

    def socks5(self, s):
        methods = take(s, take(s, 1)[0])
        login = None
        if b"\2" in methods:
            s.sendall(b"\5\2")
            take(s, 1)
            user = take(s, take(s, 1)[0]).decode()
            login = user + ":" + take(s, take(s, 1)[0]).decode()
            s.sendall(b"\1\0")
        else:
            s.sendall(b"\5\0")
        kind = take(s, 4)[3]
        if kind == 1:
            name = socket.inet_ntoa(take(s, 4))
        elif kind == 4:
            name = socket.inet_ntop(socket.AF_INET6, take(s, 16))
        else:
            name = take(s, take(s, 1)[0]).decode()
        port = struct.unpack(">H", take(s, 2))[0]
        self.said.append({"how": "5", "target": "%s:%d" % (name, port),
                          "login": login})
        for byte in (b"\5\5\0\1" if self.refuse else b"\5\0\0\1") + b"\0" * 6:
            s.sendall(bytes((byte,)))
        return name, port
