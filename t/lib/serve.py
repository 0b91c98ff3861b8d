"""A serving end of the link protocol for tests: Server takes connections on a
unix socket and gives each request to a function; Streamer is a streamer in
memory, of which a test says what it does wrong."""
import os
import socket
import struct
import threading

from link import pack, unpack


class Conn:
    """One connection; send() may be called from any thread."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.lock = threading.Lock()
        self.open = True
        self.state = {}

    def send(self, kind, ref, **details):
        details = self.server.mangle(kind, details)
        b = pack({"MESSAGE_TYPE": kind, "SOURCE_REF": ref,
                  "DETAILS": details})
        with self.lock:
            try:
                self.sock.sendall(struct.pack(">I", len(b)) + b)
            except OSError:
                self.open = False

    def nack(self, ref, code, retry=False, text="as the test wants",
             kind="NACK"):
        self.send(kind, ref, CODE=code, TEXT=text, RETRY=retry)

    def cut(self):
        self.open = False
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def run(self):
        f = self.sock.makefile("rb")
        try:
            while True:
                head = f.read(4)
                if len(head) < 4:
                    break
                m, _ = unpack(f.read(struct.unpack(">I", head)[0]))
                self.take(m["MESSAGE_TYPE"], m["SOURCE_REF"], m["DETAILS"])
        except (OSError, UnicodeDecodeError):
            pass
        self.open = False
        self.server.gone(self)
        f.close()
        self.sock.close()

    def take(self, kind, ref, details):
        if kind == "HELLO":
            ack = {"VERSION": 1, "NAME": self.server.name,
                   "PROGRAM": "test", "STORE_UUID": "u",
                   "MAX_FRAME": 4 << 20, "READ_ONLY": False}
            if "HEARTBEAT" in details:
                ack["HEARTBEAT"] = details["HEARTBEAT"]
            self.name = details.get("NAME")
            self.send("HELLO_ACK", ref, **ack)
        elif kind == "HEARTBEAT":
            self.send("HEARTBEAT", 0)
        elif kind != "GOODBYE":
            with self.server.lock:
                self.server.request(self, kind, ref, details)


class Server:
    """Give it the path of a socket; a subclass has request()."""

    def __init__(self, path, name="SERVER"):
        self.path, self.name = path, name
        self.lock = threading.RLock()
        self.conns = []
        self.listener = None
        self.mangle = lambda kind, details: details

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(20)
        threading.Thread(target=self._accept, args=(self.listener,),
                         daemon=True).start()
        return self

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            conn = Conn(self, sock)
            with self.lock:
                self.conns.append(conn)
            threading.Thread(target=conn.run, daemon=True).start()

    def stop(self):
        """As if it were killed."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in list(self.conns):
            c.cut()

    def gone(self, conn):
        with self.lock:
            if conn in self.conns:
                self.conns.remove(conn)

    def request(self, conn, kind, ref, details):
        conn.nack(ref, "UNKNOWN_MESSAGE")


class Handler(Server):
    """A target: events are kept in .events; answer() says what they get."""

    def __init__(self, path, lanes=True, name="HANDLER"):
        super().__init__(path, name)
        self.lanes = {} if lanes else None
        self.events = []   # (kind, details), as they came
        self.held = []     # (conn, ref, details) without answer
        self.opened = []   # details of LANE_OPEN
        self.answer = lambda kind, details: None
        self.effects = []  # details of what came first on its lane
        self.before = lambda conn, kind, ref, d: False

    def is_new(self, d):
        """Is an event behind what its lane has handled? Then it is, now."""
        for lane in self.lanes.values() if self.lanes else ():
            if lane["LANE"] == d.get("LANE"):
                at = (d["SEQUENCE"], d["PART"])
                if at <= (lane["HANDLED"], lane["HANDLED_PART"]):
                    return False
                lane["HANDLED"], lane["HANDLED_PART"] = at
        self.effects.append(d)
        return True

    def request(self, conn, kind, ref, d):
        if self.before(conn, kind, ref, d):
            return
        if kind == "LANE_OPEN" and self.lanes is not None:
            self.opened.append(d)
            name = (d["CONSUMER"], d["KEY"], d["SEND"], d["SOURCE"])
            lane = self.lanes.setdefault(
                name, {"LANE": len(self.lanes) + 1, "TOKEN": 0,
                       "HANDLED": 0, "HANDLED_PART": 0})
            lane["TOKEN"] += 1
            conn.send("LANE_ACK", ref, **lane)
        elif kind.startswith("EVENT_") or kind in self.others():
            self.events.append((kind, d))
            what = self.answer(kind, d)
            if what is None:
                new = {} if self.is_new(d) else {"DUPLICATE": True}
                conn.send("EVENT_ACK", ref, **new)
            elif what == "hold":
                self.held.append((conn, ref, d))
            else:
                code, retry = what[:2]
                more = what[2] if len(what) > 2 else {}
                conn.send("EVENT_NACK", ref, CODE=code, RETRY=retry,
                          **dict({"TEXT": "as the test wants"}, **more))
        else:
            super().request(conn, kind, ref, d)

    def others(self):
        """Names of events that do not begin with EVENT_."""
        return ()

    def release(self):
        with self.lock:
            held, self.held = self.held, []
            self.answer = lambda kind, details: None
            for conn, ref, _ in held:
                conn.send("EVENT_ACK", ref)


class Streamer(Server):
    """One stream, "S", with the rows that add() gave it."""

    def __init__(self, path, columns=(("ID", "text"), ("QTY", "decimal")),
                 source="uuid/ORDERS/1"):
        super().__init__(path, "STREAMER")
        self.columns, self.source = [list(c) for c in columns], source
        self.maps, self.batch = False, 100
        self.rows = []        # [values], row n at n-1
        self.stamp = 1767603600 * 10**9
        self.cursors = {}     # (client, key): {SEQUENCE, SOURCE, ACKED}
        self.tokens = {}
        self.parked, self.pending, self.done = [], [], []
        self.logons = []      # (conn, ref, state)
        self.asked = []       # (kind, details) of all requests
        self.puts = 0
        self.oldest = 1
        self.where = lambda values, fields: True
        self.before = lambda conn, kind, ref, d: False

    def add(self, *rows):
        with self.lock:
            self.rows += rows  # lists, or with maps dicts
            self.feed()

    def feed(self):
        for conn, ref, s in list(self.logons):
            while s["credit"] > 0 and s["at"] < len(self.rows):
                rows = []
                while s["at"] < len(self.rows) and len(rows) < min(
                        self.batch, s["credit"]):
                    values = self.rows[s["at"]]
                    s["at"] += 1
                    if values is None or not self.where(values, s["fields"]):
                        continue
                    if self.maps:
                        rows.append([s["at"], self.stamp + s["at"], values])
                    else:
                        rows.append([s["at"], self.stamp + s["at"]] + values)
                s["credit"] -= len(rows)
                conn.send("STREAM_ROWS", ref, UPTO=s["at"],
                          OLDEST=self.oldest, VISIBLE=len(self.rows),
                          MORE=s["at"] < len(self.rows), ROWS=rows)

    def end(self, code, retry=False):
        """STREAM_END to all."""
        with self.lock:
            for conn, ref, _ in self.logons:
                conn.send("STREAM_END", ref, CODE=code, RETRY=retry,
                          TEXT="as the test wants")
            self.logons = []

    def gone(self, conn):
        super().gone(conn)
        with self.lock:
            self.logons = [x for x in self.logons if x[0] is not conn]

    def request(self, conn, kind, ref, d):
        self.asked.append((kind, d))
        if self.before(conn, kind, ref, d):
            return
        getattr(self, "do_" + kind.lower(), super().request)(
            *((conn, ref, d) if hasattr(self, "do_" + kind.lower())
              else (conn, kind, ref, d)))

    def do_stream_logon(self, conn, ref, d):
        if d["STREAM"] != "S":
            return conn.nack(ref, "NO_STREAM")
        same = [x for x in self.logons if x[2]["client"] == d["CLIENT"]]
        if same and not d.get("TAKEOVER"):
            return conn.nack(ref, "CLIENT_LOGGED_ON", True)
        for x in same:
            x[0].send("STREAM_END", x[1], CODE="FENCED", RETRY=False,
                      TEXT="another one")
            self.logons.remove(x)
        at = d.get("AFTER")
        if d.get("SOURCE", self.source) != self.source:
            return conn.nack(ref, "SOURCE_CHANGED")
        if d.get("FROM") == "beginning":
            at = self.oldest - 1
        elif d.get("FROM") == "live":
            at = len(self.rows)
        elif "TIME" in d:
            at = max(0, min(len(self.rows), d["TIME"] - self.stamp - 1))
        if at > len(self.rows):
            return conn.nack(ref, "AHEAD")
        if at < self.oldest - 1:
            return conn.nack(ref, "TRUNCATED")
        ack = {"STREAM": "S", "SOURCE": self.source, "AFTER": at,
               "OLDEST": self.oldest, "VISIBLE": len(self.rows)}
        if not self.maps:
            ack["COLUMNS"] = self.columns
        conn.send("STREAM_LOGON_ACK", ref, **ack)
        self.logons.append((conn, ref, {
            "client": d["CLIENT"], "at": at, "credit": d.get("CREDIT", 0),
            "fields": d.get("FIELDS", {})}))
        self.feed()

    def do_credit(self, conn, ref, d):
        for c, r, s in self.logons:
            if c is conn and r == ref:
                s["credit"] += d["ROWS"]
        self.feed()

    def do_stream_logoff(self, conn, ref, d):
        self.logons = [x for x in self.logons if x[:2] != (conn, ref)]
        conn.send("ACK", ref, TEXT="")

    def do_cursor_get(self, conn, ref, d):
        name = (d["CONSUMER"], d["KEY"])
        self.tokens[name] = self.tokens.get(name, 0) + 1
        c = self.cursors.get(name, {})
        conn.send("CURSOR_ACK", ref, SOURCE=self.source,
                  SEQUENCE=c.get("SEQUENCE"), STORED_SOURCE=c.get("SOURCE"),
                  ACKED=c.get("ACKED", {}), TOKEN=self.tokens[name])

    def do_cursor_put(self, conn, ref, d):
        name = (d["CONSUMER"], d["KEY"])
        c = self.cursors.setdefault(name, {"ACKED": {}})
        if d["TOKEN"] < self.tokens[name]:
            return conn.nack(ref, "FENCED")
        if d["SEQUENCE"] > len(self.rows):
            return conn.nack(ref, "AHEAD")
        if d["SEQUENCE"] < c.get("SEQUENCE", 0):
            return conn.nack(ref, "BACKWARDS")
        c.update(SEQUENCE=d["SEQUENCE"], SOURCE=d["SOURCE"])
        c["ACKED"].update(d.get("ACKED", {}))
        self.puts += 1
        conn.send("ACK", ref, TEXT="")

    def do_cursor_list(self, conn, ref, d):
        conn.send("CURSOR_LIST_ACK", ref, CURSORS=[
            {"CONSUMER": n[0], "KEY": n[1], "SOURCE": c["SOURCE"],
             "SEQUENCE": c["SEQUENCE"], "TIME": 1, "ACKED": c["ACKED"]}
            for n, c in self.cursors.items()])

    def do_event_park(self, conn, ref, d):
        self.parked.append(d)
        conn.send("EVENT_ACK", ref, PARKED=len(self.parked))

    def do_quarantine_pending(self, conn, ref, d):
        conn.send("QUARANTINE_PENDING_ACK", ref, MORE=False,
                  ROWS=self.pending)

    def do_quarantine_done(self, conn, ref, d):
        self.done.append(d)
        self.pending = [r for r in self.pending
                        if r["SEQUENCE"] != d["SEQUENCE"]]
        conn.send("ACK", ref, TEXT="")

    def cursor(self, client="C", key=None):
        with self.lock:
            return self.cursors.get((client, key or client), {}).get(
                "SEQUENCE")
