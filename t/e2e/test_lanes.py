#!/usr/bin/env python3
"""Exactly once at a real gateway: lanes, cursors and QUARANTINE over the link,
with the gateway killed in between."""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated")

SOURCE = "6f1c2a00-0000-4000-8000-000000000000/ORDERS_OUT/1"
LANE = {"CONSUMER": "ROUTER", "KEY": "ORDERS", "SEND": "1",
        "SOURCE": SOURCE}
TABLE = "\n[TABLE FILLS]\nColumns=ID string, QTY int\n"


def fields(row):
    return {"Symbol": "VOD.L", "ClOrdID": "R%d" % row, "Side": "BUY",
            "OrderQty": 100, "OrdType": "MARKET",
            "TransactTime": "20260105-09:00:00"}


def send(link, lane, row, **more):
    """EVENT_FIX_SEND of a row; its SOURCE_REF."""
    details = {"SESSION": "BROKER", "MSG_TYPE": "NewOrderSingle",
               "FIELDS": fields(row), "LANE": lane, "SEQUENCE": row,
               "PART": 0, "ATTEMPT": 0}
    details.update(more)
    return link.send("EVENT_FIX_SEND", **details)


def answers(link, n):
    """The next n answers: {row: (kind, details)}."""
    got = {}
    for _ in range(n):
        kind, _, said = link.recv()
        got[said["SEQUENCE"]] = (kind, said)
    return got


def ok(kind_said, kind="ACK"):
    assert kind_said[0] == kind, kind_said
    return kind_said[1]


def nack(kind_said, code, retry):
    kind, said = kind_said
    assert kind in ("NACK", "EVENT_NACK"), kind_said
    assert (said["CODE"], said["RETRY"]) == (code, retry), said
    return said


def parse(row):
    return fg.Msg(fg.soh(row["FIX_DATA"]))


def orders(peer, n):
    return [peer.expect("D").get(11) for _ in range(n)]


def lanes(gw, port, peer):
    """Duplicates, a stopped lane, fencing, a kill."""
    a = Link(gw.socket, name="a")
    lane = ok(a.ask("LANE_OPEN", **LANE), "LANE_ACK")
    assert (lane["HANDLED"], lane["HANDLED_PART"]) == (0, 0), lane
    n = lane["LANE"]
    # What is of another type is not passed over: a part would be taken for the
    # first one, and so for one that came before.
    for wrong in ({"PART": "1"}, {"ATTEMPT": -1}):
        send(a, n, 1, **wrong)
        nack(a.recv()[::2], "BAD_REQUEST", False)
    nack(a.ask("LANE_OPEN", **dict(LANE, ACKED="3")), "BAD_REQUEST", False)
    for row in (1, 2, 3):
        send(a, n, row)
    got = answers(a, 3)
    assert [k for k, _ in got.values()] == ["EVENT_ACK"] * 3, got
    assert orders(peer, 3) == ["R1", "R2", "R3"]
    number = got[3][1]["MSG_SEQ_NUM"]

    send(a, n, 3)
    said = ok(a.recv()[::2], "EVENT_ACK")
    assert said == {"DUPLICATE": True, "LANE": n, "SEQUENCE": 3,
                    "PART": 0}, said
    print("ok a row that comes again is acknowledged, and not sent")

    b = Link(gw.socket, name="b")
    nack(b.ask("LANE_OPEN", **LANE), "LANE_IN_USE", True)
    nack(b.ask("LANE_OPEN", TAKEOVER=False, **LANE), "LANE_IN_USE", True)
    theirs = ok(b.ask("LANE_OPEN", TAKEOVER=True, **LANE), "LANE_ACK")
    assert theirs["TOKEN"] > lane["TOKEN"] and theirs["HANDLED"] == 3, theirs
    kind, _, said = a.recv()
    assert (kind, said["CODE"]) == ("ERROR", "FENCED"), said
    try:
        send(a, n, 4)
        a.recv()
        raise AssertionError("the fenced connection is open")
    except (EOFError, OSError):
        pass
    send(b, theirs["LANE"], 4)
    assert ok(b.recv()[::2], "EVENT_ACK")["SEQUENCE"] == 4
    assert orders(peer, 1) == ["R4"]
    print("ok who lost the lane is closed")

    gw.kill()
    gw.start()
    c = Link(gw.socket, name="c")
    lane = ok(c.ask("LANE_OPEN", ACKED=4, **LANE), "LANE_ACK")
    assert lane["HANDLED"] == 4 and lane["TOKEN"] > theirs["TOKEN"], lane
    nack(c.ask("LANE_OPEN", ACKED=5, **LANE), "DESTINATION_WENT_BACK", False)
    for row in (3, 4, 5):
        send(c, lane["LANE"], row)
    got = answers(c, 3)
    assert "DUPLICATE" in got[3][1] and "DUPLICATE" in got[4][1], got
    assert got[5][1].get("PENDING"), got
    peer.connect(port)
    peer.logon()
    assert orders(peer, 1) == ["R5"]
    sent = [parse(r) for r in gw.rows("FIX_OUT", admin=False)]
    assert [m.get(11) for m in sent] == ["R%d" % i for i in range(1, 6)], sent
    assert sent[2].seq == number, sent
    print("ok after kill -9 it goes on where it was")
    return c, lane["LANE"]


def stopped(link, n, peer, gw):
    """A session that refuses for now stops the lane, and nothing is lost."""
    for row in (6, 7, 8):
        send(link, n, row, SESSION="STRICT" if row == 6 else "BROKER")
    got = answers(link, 3)
    nack(got[6], "LOGGED_OFF", True)
    for row in (7, 8):
        said = nack(got[row], "LANE_STOPPED", True)
        assert (said["FROM"], said["FROM_PART"]) == (6, 0), said
    for row in (6, 7, 8):
        send(link, n, row)
    got = answers(link, 3)
    assert [k for k, _ in got.values()] == ["EVENT_ACK"] * 3, got
    assert orders(peer, 3) == ["R6", "R7", "R8"]
    print("ok a retryable refusal stops the lane")


def quarantine(link, n, peer, gw):
    """What never can be done is put aside, once, and can be tried again."""
    send(link, n, 9, FIELDS=dict(fields(9), Side="NO_SIDE"))
    send(link, n, 10)
    got = answers(link, 2)
    parked = nack(got[9], "BAD_FIELD", False)["PARKED"]
    assert got[10][0] == "EVENT_ACK", got
    assert orders(peer, 1) == ["R10"]
    send(link, n, 9)
    assert ok(link.recv()[::2], "EVENT_ACK")["DUPLICATE"]
    rows = ok(link.ask("QUARANTINE_LIST"), "QUARANTINE_LIST_ACK")["ROWS"]
    assert len(rows) == 1, rows
    row = rows[0]
    advice = ok(link.ask("STATUS"), "STATUS_ACK")["ADVICE"]
    assert "1 event could" in [a["TEXT"] for a in advice
                               if a["SUBJECT"] == "quarantine"][0], advice
    assert (row["SEQUENCE"], row["CONSUMER"], row["ROW_SEQUENCE"],
            row["EVENT"], row["PROCESS"], row["CODE"], row["STATE"]) == (
        parked, "ROUTER", 9, "EVENT_FIX_SEND", "GATEWAY", "BAD_FIELD",
        "parked"), row

    said = nack(link.ask("QUARANTINE_RETRY", SEQUENCE=parked,
                         REASON="again"), "BAD_FIELD", False)
    assert "NO_SIDE" in said["TEXT"], said
    nack(link.ask("QUARANTINE_DROP", SEQUENCE=parked), "BAD_REQUEST", False)
    ok(link.ask("QUARANTINE_DROP", SEQUENCE=parked, REASON="typing error"))
    nack(link.ask("QUARANTINE_DROP", SEQUENCE=parked, REASON="x"), "STATE",
         False)
    print("ok an event that cannot be done is in QUARANTINE")

    send(link, n, 11, SESSION="NOBODY")
    parked = nack(link.recv()[::2], "NO_SESSION", False)["PARKED"]
    send(link, n, 12, TIMESTAMP=1, AGE=60)
    old = nack(link.recv()[::2], "TOO_OLD", False)["PARKED"]
    assert ok(link.ask("QUARANTINE_RETRY", SEQUENCE=old,
                       REASON="still good"))["TX_SEQUENCE"] > 0
    assert orders(peer, 1) == ["R12"]
    gw.kill()
    gw.start()
    with Link(gw.socket) as again:
        rows = ok(again.ask("QUARANTINE_LIST"),
                  "QUARANTINE_LIST_ACK")["ROWS"]
        assert [r["SEQUENCE"] for r in rows] == [parked], rows
        rows = ok(again.ask("QUARANTINE_LIST", ALL=True),
                  "QUARANTINE_LIST_ACK")["ROWS"]
        assert [r["STATE"] for r in rows] == \
            ["dropped", "parked", "retried"], rows
        assert rows[2]["ATTEMPT"] == 1, rows
    print("ok what became of it is known after kill -9")


def expired(gw, port):
    """What waited too long for a logon, and what is too old to be sent."""
    order = {"SESSION": "SLOW", "MSG_TYPE": "D"}
    with Link(gw.socket) as link, fg.Peer("SLOW", "EXCHANGE") as peer:
        nack(link.ask("EVENT_FIX_SEND", FIELDS=fields(1), TIMESTAMP=1,
                      **order), "TOO_OLD", False)
        said = ok(link.ask("EVENT_FIX_SEND", FIELDS=fields(1),
                           TIMESTAMP=1, AGE=0, **order), "EVENT_ACK")
        assert said["PENDING"], said
        queued = time.time()
        fg.wait_until(lambda: time.time() > queued + 1.1)
        peer.connect(port)
        peer.logon()
        peer.sync()
        row = ok(link.ask("QUARANTINE_LIST"),
                 "QUARANTINE_LIST_ACK")["ROWS"][-1]
        assert (row["EVENT"], row["CODE"]) == ("OUT_PENDING", "TOO_OLD"), row
        assert "expired" in [r["EVENT"] for r in gw.rows("SESSION_EVENT")]
        ok(link.ask("QUARANTINE_RETRY", SEQUENCE=row["SEQUENCE"],
                    REASON="send it"))
        assert orders(peer, 1) == ["R1"]
        state = ok(link.ask("QUARANTINE_LIST", SEQUENCE=row["SEQUENCE"]),
                   "QUARANTINE_LIST_ACK")["ROWS"][0]["STATE"]
        assert state == "retried", state
    print("ok what is too old is not sent, but may be")


def parked_by_client(gw):
    """EVENT_PARK: of handlers that are not the gateway."""
    event = dict(LANE, SEND="exec", SEQUENCE=7, PART=1, PROCESS="exec:book",
                 EVENT="FILL", CODE="NACK", REASON="no such book",
                 DETAILS='{"n":1}')
    with Link(gw.socket) as link:
        first = ok(link.ask("EVENT_PARK", **event), "EVENT_ACK")
        again = ok(link.ask("EVENT_PARK", **event), "EVENT_ACK")
        assert again == {"PARKED": first["PARKED"], "DUPLICATE": True}, again
        event["PART"] = 2
        more = ok(link.ask("EVENT_PARK", **event), "EVENT_ACK")["PARKED"]
        assert more == first["PARKED"] + 1, more
        before = dict(event, SEQUENCE=5, PART=0)
        late = ok(link.ask("EVENT_PARK", **before), "EVENT_ACK")
        assert late == {"PARKED": more + 1}, late
        again = ok(link.ask("EVENT_PARK", **before), "EVENT_ACK")
        assert again == {"PARKED": more + 1, "DUPLICATE": True}, again
        pending = {"CONSUMER": "ROUTER"}
        assert ok(link.ask("QUARANTINE_PENDING", **pending),
                  "QUARANTINE_PENDING_ACK")["ROWS"] == []
        ok(link.ask("QUARANTINE_RETRY", SEQUENCE=more, REASON="mended"))
        rows = ok(link.ask("QUARANTINE_PENDING", **pending),
                  "QUARANTINE_PENDING_ACK")["ROWS"]
        assert [(r["SEQUENCE"], r["DETAILS"]) for r in rows] == \
            [(more, b'{"n":1}')], rows
        assert ok(link.ask("QUARANTINE_PENDING", CONSUMER="OTHER"),
                  "QUARANTINE_PENDING_ACK")["ROWS"] == []
        ok(link.ask("QUARANTINE_DONE", SEQUENCE=more, OK=False, TEXT="no"))
        ok(link.ask("QUARANTINE_RETRY", SEQUENCE=more, REASON="now"))
        ok(link.ask("QUARANTINE_DONE", SEQUENCE=more, OK=True, TEXT=""))
        nack(link.ask("QUARANTINE_DONE", SEQUENCE=more, OK=True), "STATE",
             False)
    print("ok a client parks once, and is told what to send again")


def cursors(gw):
    who = {"CONSUMER": "BOOK", "KEY": "FILLS"}
    with Link(gw.socket) as link:
        got = ok(link.ask("CURSOR_GET", TABLE="FIX_IN", **who),
                 "CURSOR_ACK")
        assert got["SEQUENCE"] is None and got["STORED_SOURCE"] is None, got
        source, token = got["SOURCE"], got["TOKEN"]
        assert source == link.hello["STORE_UUID"] + "/FIX_IN/1", source
        put = dict(who, SOURCE=source, TOKEN=token)
        ok(link.ask("CURSOR_PUT", SEQUENCE=1, ACKED={"1": 1}, **put))
        nack(link.ask("CURSOR_PUT", SEQUENCE=0, **put), "BACKWARDS", False)
        nack(link.ask("CURSOR_PUT", SEQUENCE=10**9, **put), "AHEAD", False)
        nack(link.ask("CURSOR_PUT", SEQUENCE=2,
                      **dict(put, SOURCE="x/FIX_IN/1")), "SOURCE_CHANGED",
             False)
        # Two in one wake-up are seen in order.
        link.send("CURSOR_PUT", SEQUENCE=2, ACKED={"1": 3, "2": 2}, **put)
        nack(link.ask("CURSOR_PUT", SEQUENCE=1, **put), "BACKWARDS", False)
        ok(link.recv()[::2])
        gw.kill()
        gw.start()
    with Link(gw.socket) as link:
        rows = ok(link.ask("CURSOR_LIST"), "CURSOR_LIST_ACK")["CURSORS"]
        assert len(rows) == 1 and rows[0]["TIME"] > 0, rows
        assert (rows[0]["CONSUMER"], rows[0]["SEQUENCE"],
                rows[0]["ACKED"]) == ("BOOK", 2, {"1": 3, "2": 2}), rows
        got = ok(link.ask("CURSOR_GET", TABLE="FIX_IN", **who),
                 "CURSOR_ACK")
        assert (got["SEQUENCE"], got["ACKED"], got["STORED_SOURCE"]) == \
            (2, {"1": 3, "2": 2}, source), got
        nack(link.ask("CURSOR_PUT", SEQUENCE=4, **put), "FENCED", False)
        ok(link.ask("CURSOR_PUT", SEQUENCE=1, FORCE=True, REASON="replay",
                    ACKED={"2": 1}, **dict(who, SOURCE=source)))
        got = ok(link.ask("CURSOR_GET", TABLE="FIX_IN", **who),
                 "CURSOR_ACK")
        assert (got["SEQUENCE"], got["ACKED"]) == (1, {"2": 1}), got
        ok(link.ask("CURSOR_CLEAR", TABLE="FIX_IN", REASON="over", **who))
        got = ok(link.ask("CURSOR_GET", TABLE="FIX_IN", **who),
                 "CURSOR_ACK")
        assert got["SEQUENCE"] is None and got["ACKED"] == {}, got
        assert ok(link.ask("CURSOR_LIST"),
                  "CURSOR_LIST_ACK")["CURSORS"] == []
    print("ok cursors are kept, and go back only by force")


def inserts(gw):
    lane = dict(LANE, SEND="table")
    with Link(gw.socket) as link:
        n = ok(link.ask("LANE_OPEN", **lane), "LANE_ACK")["LANE"]
        for row in (1, 2, 2):
            link.send("EVENT_TABLE_INSERT", TABLE="FILLS", LANE=n,
                      SEQUENCE=row, PART=0,
                      COLUMNS={"ID": "F%d" % row, "QTY": 10 * row})
        got = [link.recv()[2] for _ in range(3)]
        assert [g.get("ROW_SEQUENCE") for g in got] == [1, 2, None], got
        bad = link.send("EVENT_TABLE_INSERT", TABLE="FILLS", LANE=n,
                        SEQUENCE=3, COLUMNS={"QUANTITY": 1})
        kind, ref, said = link.recv()
        assert ref == bad
        parked = nack((kind, said), "BAD_FIELD", False)["PARKED"]
        nack(link.ask("EVENT_TABLE_INSERT", TABLE="NONE", COLUMNS={}),
             "NO_TABLE", False)
        ok(link.ask("EVENT_TABLE_INSERT", TABLE="FILLS",
                    COLUMNS={"ID": "free"}), "EVENT_ACK")
        rows = ok(link.ask("READ", TABLE="FILLS"), "ROWS")["ROWS"]
        assert [r[2] for r in rows] == ["F1", "F2", "free"], rows
        assert parked
        nack(link.ask("EVENT_TABLE_INSERT", TABLE="FILLS", LANE=10**6,
                      SEQUENCE=1, COLUMNS={}), "NO_LANE", False)
    print("ok rows of a table are inserted once")


def main():
    port = fg.free_port()
    with fg.Work() as work:
        gw = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", port, SessionName="BROKER"),
            fg.acceptor("EXCHANGE", "SLOW", port, SessionName="SLOW",
                        MaxQueuedAge=1),
            fg.acceptor("EXCHANGE", "STRICT", port, SessionName="STRICT",
                        SendWhenLoggedOff="reject")])
        gw.configure(fg.settings(gw.keys, sessions=gw.sessions) + TABLE)
        gw.start()
        with fg.Peer("BROKER", "EXCHANGE") as peer:
            peer.connect(port)
            peer.logon()
            link, n = lanes(gw, port, peer)
            stopped(link, n, peer, gw)
            quarantine(link, n, peer, gw)
        expired(gw, port)
        parked_by_client(gw)
        cursors(gw)
        inserts(gw)
        assert gw.stop() == 0


main()
