#!/usr/bin/env python3
"""The audit as something to ask: READ of rows with a value, and fixgatectl's
find, chain, show, export and replay."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")


def order(peer, cl_ord_id, **more):
    fields = {"11": cl_ord_id, "55": "VOD.L", "54": "1", "60": fg.utc(),
              "38": "100", "40": "1"}
    fields.update({str(k)[1:]: v for k, v in more.items()})
    peer.send("D", "".join("%s=%s|" % kv for kv in fields.items()))


def read(link, **how):
    """Sequences, and the last DETAILS, of READ after READ."""
    got, how = [], dict({"TABLE": "FIX_IN", "AFTER": 0}, **how)
    while True:
        kind, said = link.ask("READ", **how)
        if kind != "ROWS":
            return said["CODE"], said
        got += [r[0] for r in said["ROWS"]]
        if not said["MORE"]:
            return got, said
        how["AFTER"] = said["UPTO"]


def questions(g):
    """Rows 1 (a Logon), 2 to 41 (orders)."""
    with Link(g.socket) as link:
        assert read(link, TAG=11, VALUE="C7")[0] == [9]
        assert read(link, TAG=11, VALUE="C")[0] == []
        assert read(link, TAG=55, VALUE="VOD.L", AFTER=30)[0] == \
            list(range(31, 42))
        assert read(link, TAG=58, VALUE="even", MSG_TYPE="D")[0] == \
            list(range(2, 42, 2))
        assert read(link, TAG=58, VALUE="even", MSG_TYPE="G")[0] == []
        assert read(link, MSG_TYPE="A")[0] == [1]
        assert read(link, ADMIN=False)[0] == list(range(2, 42))
        assert read(link, SESSION="OTHER", TAG=11, VALUE="C7")[0] == []
        one = link.ask("READ", TABLE="FIX_IN", TAG=58, VALUE="even",
                       MAX_ROWS=3)[1]
        assert (len(one["ROWS"]), one["UPTO"], one["MORE"]) == (3, 6, True)
        rows = link.ask("READ", TABLE="FIX_IN")[1]["ROWS"]
        at = rows[19][1]
        assert read(link, SINCE=at)[0] == [
            r[0] for r in rows if r[1] >= at]
        assert read(link, UNTIL=at, TAG=58, VALUE="even")[0] == [
            r[0] for r in rows if r[1] < at and r[0] % 2 == 0]
        assert read(link, SINCE=at + 10**15)[0] == []
        for bad in (dict(TAG=11), dict(VALUE="x"), dict(TAG=0, VALUE="x"),
                    dict(TAG=2**31, VALUE="x"), dict(TAG=11, VALUE=""),
                    dict(TAG=11, VALUE="x" * 300), dict(MSG_TYPE=""),
                    dict(TABLE="SESSION_EVENT", TAG=11, VALUE="x")):
            assert read(link, **bad)[0] == "BAD_REQUEST", bad
    print("ok questions")


def main():
    with fg.Work() as work:
        port = fg.free_port()
        g = work.gateway("gw", sessions=[
            fg.acceptor("EXCH", "BANK", port, SessionName="BANK"),
            fg.acceptor("EXCH", "OTHER", port, SessionName="OTHER")]).start()
        with fg.Peer("BANK", "EXCH") as peer:
            peer.connect(port)
            peer.logon()
            for i in range(40):
                order(peer, "C%d" % i, _58="odd" if i % 2 else "even")
            fg.wait_until(lambda: len(g.rows("FIX_IN", admin=False)) == 40)
            questions(g)
        assert g.stop() == 0


if __name__ == "__main__":
    main()
