#!/usr/bin/env python3
"""fixgatectl streams and clients: what a streamer and a client say of
themselves, from processes that are only that answer."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import pack, unpack

fg.need("fixgatectl")

AT = 1767603600123456789  # 20260105-09:00:00.123
STREAMS = [
    {"STREAM": "EXECS", "PROCESS": "GW", "TABLE": "FIX_IN",
     "HEALTH": "HEALTHY", "TEXT": "", "SOURCE": "u/FIX_IN/1",
     "VISIBLE": 120, "LOGONS": [
         {"CLIENT": "BLOTTER", "KEY": "", "UPTO": 118, "MORE": False,
          "LAG": 2, "SINCE": AT},
         {"CLIENT": "AUDIT", "KEY": "", "UPTO": 7, "MORE": True,
          "LAG": 113, "SINCE": AT}]},
    {"STREAM": "ORDERS", "PROCESS": "GW", "TABLE": "ORDERS_OUT",
     "HEALTH": "ERROR", "TEXT": "orders.lua:7: no column QTYX: mend it, "
     "then restart", "SOURCE": "u/ORDERS_OUT/1", "VISIBLE": 5, "LOGONS": []},
]
SEND = {"SEND": "BROKER/EVENT_FIX_SEND", "PROCESS": "BROKER",
        "HEALTH": "WARNING", "UNANSWERED": 50, "QUEUED": 9, "HANDLED": 66,
        "TEXT": "no answer for 7 s: is the process BROKER up?"}
CLIENTS = [
    {"CLIENT": "ROUTER", "PROCESS": "STREAMS", "STREAM": "ORDERS",
     "STATE": "LIVE", "HEALTH": "WARNING", "TEXT": "a send is slow",
     "BLOCKS": [{"KEY": "ROUTER", "CURSOR": 66, "SEEN": 125, "HELD": 3,
                 "SENDS": [SEND]}]},
    {"CLIENT": "IDLE", "PROCESS": "STREAMS", "STREAM": "EXECS",
     "STATE": "WAITING", "HEALTH": "HEALTHY", "TEXT": "", "BLOCKS": []},
]


class Process(threading.Thread):
    """Answers HELLO and one request; any other with NACK."""

    def __init__(self, where, kind, details):
        super().__init__(daemon=True)
        self.where, self.kind, self.details = where, kind, details
        self.asked = []
        if isinstance(where, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.bind(where)
        else:
            self.sock = socket.socket()
            self.sock.bind(where)
        self.sock.listen(5)
        self.start()

    def run(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            self.serve(conn.makefile("rwb"))
            conn.close()

    def serve(self, f):
        while True:
            head = f.read(4)
            if len(head) < 4:
                return
            m, _ = unpack(f.read(struct.unpack(">I", head)[0]))
            kind, details = "NACK", {"CODE": "UNKNOWN_MESSAGE", "TEXT": "?"}
            if m["MESSAGE_TYPE"] == "HELLO":
                kind, details = "HELLO_ACK", {"VERSION": 1, "NAME": "X"}
            elif m["MESSAGE_TYPE"] + "_ACK" == self.kind:
                kind, details = self.kind, self.details
            body = pack({"MESSAGE_TYPE": kind, "SOURCE_REF": m["SOURCE_REF"],
                         "DETAILS": details})
            f.write(struct.pack(">I", len(body)) + body)
            f.flush()


def ctl(*args):
    r = subprocess.run([fg.program("fixgatectl")] + list(args), timeout=fg.LIMIT,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def split(out):
    """The tables: lists of lists of words."""
    return [[line.split() for line in table.splitlines()]
            for table in out.split("\n\n")]


def streams(where):
    code, out, err = ctl("streams", "--process", where)
    assert (code, err) == (4, ""), (code, err)
    table, logons = split(out)
    assert table == [
        ["STREAM", "PROCESS", "TABLE", "HEALTH", "NEWEST", "SOURCE"],
        ["EXECS", "GW", "FIX_IN", "HEALTHY", "120", "u/FIX_IN/1"],
        ["ORDERS", "GW", "ORDERS_OUT", "ERROR", "5", "u/ORDERS_OUT/1"]], out
    assert logons[:3] == [
        ["STREAM", "CLIENT", "KEY", "ROW", "LAG", "REPLAY", "SINCE"],
        ["EXECS", "BLOTTER", "-", "118", "2", "no", "20260105-09:00:00.123"],
        ["EXECS", "AUDIT", "-", "7", "113", "yes",
         "20260105-09:00:00.123"]], out
    assert out.endswith("\nERROR ORDERS: orders.lua:7: no column QTYX: mend "
                        "it, then restart\n"), out
    code, out, err = ctl("streams", "--json", "--process", where)
    assert code == 4, err
    got = [json.loads(line) for line in out.splitlines()]
    for stream in got:
        for logon in stream["LOGONS"]:
            assert logon["SINCE"] == "20260105-09:00:00.123456789", logon
            logon["SINCE"] = AT
    assert got == STREAMS, got
    print("ok streams", where.split(":")[0])


def clients(where):
    code, out, err = ctl("clients", "--process", where)
    assert (code, err) == (4, ""), (code, err)
    table, blocks, sends = split(out)
    assert table == [
        ["CLIENT", "PROCESS", "STREAM", "STATE", "HEALTH"],
        ["ROUTER", "STREAMS", "ORDERS", "LIVE", "WARNING"],
        ["IDLE", "STREAMS", "EXECS", "WAITING", "HEALTHY"]], out
    assert blocks == [
        ["CLIENT", "KEY", "CURSOR", "SEEN", "LAG", "HELD"],
        ["ROUTER", "ROUTER", "66", "125", "59", "3"]], out
    assert sends[1] == ["ROUTER", "ROUTER", "BROKER/EVENT_FIX_SEND",
                        "BROKER", "WARNING", "50", "9", "66"], out
    assert out.endswith("\nWARNING ROUTER BROKER/EVENT_FIX_SEND: no answer "
                        "for 7 s: is the process BROKER up?\n"
                        "WARNING ROUTER: a send is slow\n"), out
    code, out, err = ctl("clients", "--json", "--process", where)
    assert code == 4, err
    assert [json.loads(line) for line in out.splitlines()] == CLIENTS, out
    print("ok clients", where.split(":")[0])


def wrong(work, where):
    for args, want, why in (
            (["streams", "--process", "nowhere"], 2, "is no address"),
            (["streams", "--process", "unix:" + work.path("none")], 2,
             "Is fixgate-streamer running"),
            (["clients", "--process", "tcp:127.0.0.1:%d" % fg.free_port()],
             2, "Is fixgate-client running"),
            (["clients", "--process", where], 3, "UNKNOWN_MESSAGE"),
            (["clients", "x"], 1, "takes no arguments"),
            (["streams", "--nope"], 1, "unknown option")):
        code, out, err = ctl(*args)
        assert code == want and why in err and out == "", (args, code, err)
    print("ok wrong")


def main():
    with fg.Work() as work:
        path = work.path("s.sock")
        Process(path, "STREAM_LIST_ACK", {"STREAMS": STREAMS})
        streams("unix:" + path)
        wrong(work, "unix:" + path)
        tcp = Process(("127.0.0.1", 0), "STREAM_LIST_ACK",
                      {"STREAMS": STREAMS})
        streams("tcp:localhost:%d" % tcp.sock.getsockname()[1])
        path = work.path("c.sock")
        Process(path, "CLIENT_LIST_ACK", {"CLIENTS": CLIENTS})
        clients("unix:" + path)
        path = work.path("h.sock")
        Process(path, "STREAM_LIST_ACK", {"STREAMS": STREAMS[:1]})
        code, out, err = ctl("streams", "--process", "unix:" + path)
        assert code == 0, (code, out, err)
        path = work.path("e.sock")
        Process(path, "CLIENT_LIST_ACK", {"CLIENTS": []})
        code, out, err = ctl("clients", "--process", "unix:" + path)
        assert code == 0 and len(out.splitlines()) == 1, (code, out, err)


main()
