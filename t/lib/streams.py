"""A fixgate-streamer, and clients of its streams, for tests."""
import fixgate as fg
from link import Link


class Streamer(fg.Proc):
    """A fixgate-streamer whose file is the text lua; it listens on a socket in
    the work folder, and reads from gateways and streamers by name."""

    def __init__(self, work, name, lua, sources=(), args=(), sock=None):
        fg.need("fixgate-streamer")
        self.socket = sock or work.path(name + ".sock")
        self.file = work.path(name + ".lua")
        self.head = "".join('process("%s", "unix:%s")\n' % (s.name, s.socket)
                            for s in sources)
        self.head += 'listen("unix:%s")\n' % self.socket
        super().__init__(work, name, fg.valgrind() + [
            fg.program("fixgate-streamer"), *args, self.file])
        self.write(lua)

    def write(self, lua):
        """The file of the next start."""
        with open(self.file, "w") as f:
            f.write(self.head + lua)

    def start(self, limit=fg.LIMIT):
        super().start()
        fg.wait_until(self._is_ready, limit, self.name + " ready")
        return self

    def _is_ready(self):
        if not self.running():
            raise AssertionError("%s ended with status %d:\n%s" % (
                self.name, self.child.returncode, self.log()))
        return "ready: " in self.log()

    def list(self):
        """STREAM_LIST: streams by name."""
        with Link(self.socket) as link:
            kind, said = link.ask("STREAM_LIST")
            assert kind == "STREAM_LIST_ACK", said
            return {s["STREAM"]: s for s in said["STREAMS"]}

    def wait_up(self):
        """Until all its processes are there."""
        def up():
            with Link(self.socket) as link:
                return all(p["UP"] for p in
                           link.ask("STATUS")[1]["PROCESSES"])
        fg.wait_until(up, what=self.name + " has its processes")
        return self


def table(gateway, name="T", columns="ID string, QTY int, PRICE decimal"):
    """Declare a table, beside those that were, for the next start."""
    gateway.tables = dict(getattr(gateway, "tables", {}), **{name: columns})
    text = fg.settings(gateway.keys, gateway.default, gateway.sessions)
    for name, columns in gateway.tables.items():
        text += "\n[TABLE %s]\nColumns=%s\n" % (name, columns)
    gateway.configure(text)


def insert(gateway, first, last, name="T", **columns):
    """Rows ID=first..last, QTY the same, PRICE its half; many in flight."""
    with Link(gateway.socket) as link:
        refs = set()
        for i in range(first, last + 1):
            values = {"ID": "r%d" % i, "QTY": i, "PRICE": "%d.%d" % (
                i // 2, i % 2 * 5)}
            values.update(columns)
            refs.add(link.put("EVENT_TABLE_INSERT", TABLE=name,
                              COLUMNS=values))
            if len(refs) >= 500 or i == last:
                link.file.flush()
                while refs:
                    kind, ref, said = link.recv()
                    assert kind == "EVENT_ACK", said
                    refs.discard(ref)


class Logon:
    """A client of one stream, on a connection of its own. Its rows are read
    with rows(); what came is kept in got, messages in messages."""

    def __init__(self, streamer, stream, client="C", link=None, credit=10**6,
                 name="test", **how):
        self.link = link or Link(streamer.socket, name=name)
        if not any(k in how for k in ("FROM", "AFTER", "TIME")):
            how["FROM"] = "beginning"
        self.got, self.messages, self.end = [], [], None
        self.ref = self.link.send("STREAM_LOGON", STREAM=stream,
                                  CLIENT=client, CREDIT=credit, **how)
        while True:
            kind, ref, said = self.link.recv()
            if ref == self.ref:
                break
        self.kind, self.ack = kind, said
        self.upto = said["AFTER"] if kind == "STREAM_LOGON_ACK" else None
        self.more = None

    @property
    def code(self):
        """Of the NACK; None: it is logged on."""
        return self.ack["CODE"] if self.kind == "NACK" else None

    def columns(self):
        return [c[0] for c in self.ack["COLUMNS"]]

    def step(self):
        """One message of this logon."""
        kind, ref, said = self.link.recv()
        assert ref == self.ref, (kind, ref, said)
        self.messages.append((kind, said))
        if kind == "STREAM_END":
            self.end = said
        elif kind == "STREAM_ROWS":
            assert said["UPTO"] >= self.upto, (said["UPTO"], self.upto)
            for r in said["ROWS"]:
                assert self.upto < r[0] <= said["UPTO"], (r, self.upto)
                self.upto = r[0]
            self.upto, self.more = said["UPTO"], said["MORE"]
            self.got += said["ROWS"]
        return kind, said

    def rows(self, upto):
        """Read on until everything up to there was looked at: all rows."""
        while self.upto < upto:
            kind, said = self.step()
            assert kind == "STREAM_ROWS", (kind, said)
        return self.got

    def maps(self, upto):
        """The same as dicts by column."""
        names = self.columns()
        return [dict(zip(names, r[2:])) for r in self.rows(upto)]

    def ended(self):
        """Read on until STREAM_END; it."""
        while self.end is None:
            self.step()
        return self.end

    def credit(self, rows):
        self.link.send("CREDIT", ref=self.ref, ROWS=rows)

    def logoff(self):
        self.link.send("STREAM_LOGOFF", ref=self.ref)
        while True:
            kind, ref, said = self.link.recv()
            if ref == self.ref and kind == "ACK":
                return

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Client(fg.Proc):
    """A fixgate-client whose file is the text lua, behind the addresses of
    processes by name; it listens on a socket in the work folder."""

    def __init__(self, work, name, lua, processes, args=()):
        fg.need("fixgate-client")
        self.socket = work.path(name + ".sock")
        self.file = work.path(name + ".lua")
        self.head = "".join('process("%s", "%s")\n' % p
                            for p in processes.items())
        self.head += 'listen("unix:%s")\n' % self.socket
        super().__init__(work, name, fg.valgrind() + [
            fg.program("fixgate-client"), *args, self.file])
        self.write(lua)

    def write(self, lua):
        """The file of the next start."""
        with open(self.file, "w") as f:
            f.write(self.head + lua)

    def list(self):
        """CLIENT_LIST: clients by name."""
        with Link(self.socket) as link:
            kind, said = link.ask("CLIENT_LIST")
            assert kind == "CLIENT_LIST_ACK", said
            return {c["CLIENT"]: c for c in said["CLIENTS"]}

    def state(self, name):
        """Of the client of that name; "": it does not listen."""
        try:
            return self.list()[name]["STATE"]
        except OSError:
            return ""

    def is_live(self, name):
        """Has the client of that name seen, and settled, all there is?"""
        try:
            c = self.list()[name]
        except OSError:
            return False
        return c["STATE"] == "live" and all(
            b["CURSOR"] == c["VISIBLE"] for b in c["BLOCKS"])
