#!/usr/bin/env python3
"""A process that says what no gateway says: a streamer takes no row of it that
is out of order or is none, asks again, and serves the streams of the others."""

import os
import random
import socket
import struct
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import pack, unpack
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

SEED = random.randrange(1 << 32)
COLUMNS = [["SEQUENCE", "int"], ["TIMESTAMP", "time"], ["ID", "text"]]
LUA = """
stream("BAD", "FAKE.T") { terminateOnError = false,
  where = function(row) return row.ID ~= "no" end }
stream("COPY", "FAKE.T") { terminateOnError = false }
stream("GOOD", "GW.T") { }
"""


def rows(values, upto=None, **more):
    """A ROWS, behind row 2."""
    said = {"TABLE": "T", "UPTO": values[-1][0] if upto is None else upto,
            "OLDEST": 1, "VISIBLE": 100, "MORE": True, "ROWS": values}
    said.update(more)
    return said


GOOD = [[3, 1, "a"], [4, 2, "b"]]
# What is sent behind rows 1 and 2, and may not reach a client.
WRONG = {
    "a row again": rows([[2, 1, "x"]]),
    "a row twice": rows([[3, 1, "a"], [3, 1, "x"]], upto=4),
    "UPTO that goes back": rows([], upto=1),
    "UPTO before its last row": rows(GOOD, upto=3),
    "rows that are no arrays": rows([{"SEQUENCE": 3}], upto=3),
    "rows without all columns": rows([[3, 1]]),
    "a sequence that is none": rows([["3", 1, "x"]], upto=3),
    "a value of no type": rows([[3, 1, {"A": {"B": 1}}]]),
    "no rows": {"UPTO": 4},
    "rows that are a text": rows([], upto=4, ROWS="abc"),
    "an empty row": rows([[]], upto=3),
    "noise": None,
}


class Fake(threading.Thread):
    """A gateway with one table; after rows 1 and 2 of a tail it sends what is
    wrong, once, and then the rows as they are."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.name, self.socket = "FAKE", path
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(5)
        self.wrong, self.tails, self.file = [], 0, None

    def send(self, kind, ref, details):
        b = pack({"MESSAGE_TYPE": kind, "SOURCE_REF": ref,
                  "DETAILS": details})
        self.file.write(struct.pack(">I", len(b)) + b)
        self.file.flush()

    def tail(self, ref, after):
        self.tails += 1
        self.send("TAIL_ACK", ref, {
            "TABLE": "T", "SOURCE": "fake/T/1", "AFTER": after, "OLDEST": 1,
            "VISIBLE": 100, "COLUMNS": COLUMNS})
        if after < 2:
            self.send("ROWS", ref, rows([[1, 1, "one"], [2, 1, "two"]]))
        if self.wrong:
            said = self.wrong.pop()
            if said is None:
                self.file.write(random.Random(SEED).randbytes(1000))
            else:
                self.send("ROWS", ref, said)
            # What comes behind it is of a connection that is over.
            self.send("ROWS", ref, rows([[4, 1, "wrong"]]))
        elif after < 4:
            self.send("ROWS", ref, rows([r for r in GOOD if r[0] > after],
                                        VISIBLE=4, MORE=False))

    def answer(self, kind, ref, details):
        if kind == "HELLO":
            self.send("HELLO_ACK", ref, {
                "VERSION": 1, "NAME": "FAKE", "PROGRAM": "x",
                "STORE_UUID": "fake", "MAX_FRAME": 1 << 22,
                "READ_ONLY": False})
        elif kind == "TABLES":
            self.send("TABLES_ACK", ref, {"TABLES": [
                7, {"TABLE": "T", "SOURCE": "fake/T/1", "OLDEST": 1,
                    "VISIBLE": 100, "KEY": None, "COLUMNS": COLUMNS}]})
        elif kind == "TAIL":
            self.tail(ref, details.get("AFTER", 0))

    def run(self):
        while True:
            conn, _ = self.listener.accept()
            self.file = conn.makefile("rwb")
            try:
                while True:
                    n = struct.unpack(">I", self.file.read(4))[0]
                    m, _ = unpack(self.file.read(n))
                    self.answer(m["MESSAGE_TYPE"], m["SOURCE_REF"],
                                m["DETAILS"])
            except (OSError, struct.error):
                conn.close()


def main():
    print("seed", SEED)
    with fg.Work() as work:
        g = work.gateway("GW")
        table(g)
        g.start()
        fake = Fake(work.path("FAKE.sock"))
        fake.start()
        s = Streamer(work, "ST", LUA, [g, fake]).start().wait_up()
        good = Logon(s, "GOOD", FROM="live")
        at = 0
        for what, said in WRONG.items():
            for stream in ("BAD", "COPY"):
                # A value is looked at only where a script wants to see it.
                if stream == "COPY" and what == "a value of no type":
                    continue
                fake.tails, fake.wrong = 0, [said]
                with Logon(s, stream, AFTER=0) as c:
                    got = c.rows(4)
                    assert [(r[0], r[4]) for r in got] == [
                        (1, "one"), (2, "two"), (3, "a"), (4, "b")], (
                            what, stream, got)
                    assert fake.tails == 2, (what, stream, fake.tails)
            at += 1
            insert(g, at, at)
            good.rows(at)
            assert len(good.got) == at, good.got
            print("ok", what)
        assert "are out of order" in s.log(), s.log()
        good.close()
        assert s.stop() == 0
        assert g.stop() == 0


main()
