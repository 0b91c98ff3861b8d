"""Wrong frames on the link: truncated, oversized, random, of a wrong version,
replayed. Each is refused with a reason, its connection is closed, and nobody
else notices."""

import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.environ["FG_SRC"], "t", "lib"))
import fixgate as fg
import link
from streams import Streamer


def message(kind, ref=1, **details):
    return link.pack({"MESSAGE_TYPE": kind, "SOURCE_REF": ref,
                      "DETAILS": details})


def framed(body):
    return struct.pack(">I", len(body)) + body


HELLO = framed(message("HELLO", VERSION=1, NAME="wrong"))
SEED = random.randrange(1 << 32)


def noise(n):
    return random.Random(SEED).randbytes(n)


# What is sent, and what the ERROR says.
WRONG = [
    ("a frame shorter than its map", framed(message("STATUS")[:-3]),
     "BAD_REQUEST", ""),
    ("an empty frame", framed(b""), "BAD_REQUEST", ""),
    ("more than MAX_FRAME", struct.pack(">I", (4 << 20) + 1),
     "TOO_BIG", "MAX_FRAME"),
    ("4 GiB", b"\xff\xff\xff\xff", "TOO_BIG", "MAX_FRAME"),
    ("random bytes in a frame", framed(b"\xc1" + noise(500)),
     "BAD_REQUEST", ""),
    ("an array of 268 million", framed(b"\xdd\x10\x00\x00\x00"),
     "BAD_REQUEST", ""),
    ("a thousand levels", framed(b"\x91" * 1000), "BAD_REQUEST", "deep"),
    ("no map", framed(b"\x93\x01\x02\x03"), "BAD_REQUEST", "map"),
    ("bytes behind the map", framed(message("HELLO", VERSION=1) + b"\0"),
     "BAD_REQUEST", ""),
    ("version 0", framed(message("HELLO", VERSION=0)), "BAD_VERSION",
     "version 1"),
    ("version 2", framed(message("HELLO", VERSION=2)), "BAD_VERSION",
     "version 1"),
    ("no version", framed(message("HELLO")), "BAD_VERSION", "version 1"),
    ("no HELLO", framed(message("STATUS")), "BAD_REQUEST", "HELLO"),
    ("HELLO replayed", HELLO + HELLO, "BAD_REQUEST", "once"),
    ("a good frame, then garbage", HELLO + framed(b"\xc1"),
     "BAD_REQUEST", ""),
]


def talk(path, data):
    """Send it; all frames that come until the other end closes."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(fg.LIMIT)
        s.connect(path)
        s.sendall(data)
        got = b""
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
    frames = []
    while got:
        n = struct.unpack(">I", got[:4])[0]
        frames.append(link.unpack(got[4:4 + n])[0])
        got = got[4 + n:]
    return frames


def wrong_frames_are_refused(proc, path):
    with link.Link(path) as other:
        for what, data, code, text in WRONG:
            last = talk(path, data)[-1]
            assert last["MESSAGE_TYPE"] == "ERROR", (what, last)
            assert last["DETAILS"]["CODE"] == code, (what, last)
            assert last["DETAILS"]["FATAL"] is True, (what, last)
            assert text in last["DETAILS"]["TEXT"], (what, last)
            kind, _ = other.ask("NOTHING")
            assert kind == "NACK", kind
    # One line for each connection that sent no frame, none for good ones.
    lines = [s for s in proc.log().splitlines() if "link: " in s]
    garbled = [w for w in WRONG if w[2] != "BAD_VERSION" and
               "HELLO" not in w[3] and "once" not in w[3]]
    assert len(lines) == len(garbled), lines


def random_bytes_hurt_nobody(proc, path, rounds=200):
    """Whatever comes, the process lives and serves the others."""
    rnd = random.Random(SEED)
    with link.Link(path) as other:
        for i in range(rounds):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path)
                data = bytearray(rnd.choice((b"", HELLO)) + rnd.choice((
                    rnd.randbytes(rnd.randrange(400)),
                    framed(rnd.randbytes(rnd.randrange(400))), HELLO)))
                for _ in range(rnd.randrange(4)):
                    if data:
                        data[rnd.randrange(len(data))] = rnd.randrange(256)
                try:
                    s.sendall(data)
                except OSError:
                    pass
        kind, _ = other.ask("NOTHING")
        assert kind == "NACK", kind
    assert proc.running()


def half_a_frame_is_waited_for(proc, path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(fg.LIMIT)
        s.connect(path)
        s.sendall(HELLO[:20])
        with link.Link(path) as other:
            assert other.ask("NOTHING")[0] == "NACK"
        s.sendall(HELLO[20:])
        assert b"HELLO_ACK" in s.recv(65536)


def a_replayed_request_is_answered_again(proc, path):
    """A request is known by what it asks, not by its number; what must not
    be done twice has a lane."""
    with link.Link(path) as c:
        for _ in range(2):
            ref = c.send("NOTHING", ref=7)
            assert c.recv()[1] == ref


def silence_is_noticed(proc, path):
    """HEARTBEAT in HELLO: the other end says so when it is idle, and closes
    when nothing comes for three intervals."""
    with link.Link(path, hello=False) as c:
        kind, ack = c.ask("HELLO", VERSION=1, HEARTBEAT=1)
        assert kind == "HELLO_ACK" and ack["HEARTBEAT"] == 1, ack
        beats = 0
        try:
            while True:
                assert c.recv()[0] == "HEARTBEAT"
                beats += 1
        except EOFError:
            pass
        assert 1 <= beats <= 4, beats


def all_of_it(proc, path):
    for case in (wrong_frames_are_refused, random_bytes_hurt_nobody,
                 half_a_frame_is_waited_for,
                 a_replayed_request_is_answered_again, silence_is_noticed):
        case(proc, path)
        print("ok", proc.name, case.__name__)


def main():
    print("seed", SEED)
    with fg.Work() as work:
        g = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", fg.free_port())]).start()
        all_of_it(g, g.socket)
        s = Streamer(work, "st", 'stream("IN", "FIX_IN") { }', [g]).start()
        all_of_it(s, s.socket)
        assert s.stop() == 0
        assert g.stop() == 0


main()
