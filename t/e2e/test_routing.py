#!/usr/bin/env python3
"""Routing inside: SOURCE_ID of what is sent and INTERNAL_TARGET of what is
received are in the fields that the session has for them."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated")

ORDER = "11=%s|55=X|54=1|38=10|40=1|60=20260105-09:00:00|"
FIELDS = {"Symbol": "X", "ClOrdID": "A", "Side": "1", "OrderQty": 10,
          "OrdType": "1", "TransactTime": "20260105-09:00:00"}
# Settings; tags of a sent message with SOURCE_ID, but for 8 9 10 34 35 49 52 56
CASES = [
    ("STANDARD", {}, 50, [50, 11, 38, 40, 54, 55, 60], 57),
    ("HEADER", {"OutboundRoutingTag": 5700, "InboundRoutingTag": 5701}, 5700,
     [5700, 11, 38, 40, 54, 55, 60], 5701),
    ("BODY", {"OutboundRoutingTag": 5700, "IsOutboundInHeader": "N",
              "InboundRoutingTag": 1}, 5700,
     [11, 38, 40, 54, 55, 60, 5700], 1),
]
OWN = (8, 9, 10, 34, 35, 49, 52, 56)


def tags(msg):
    return [tag for tag, _ in msg.fields if tag not in OWN]


def sent(g, link, peer, name, tag, order):
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=FIELDS, SOURCE_ID="desk 7")
    assert kind == "EVENT_ACK", said
    msg = peer.expect("D")
    assert msg.get(tag) == "desk 7" and tags(msg) == order, msg.fields
    assert g.last_row("FIX_OUT", name)["SOURCE_ID"] == "desk 7"
    number = msg.get(34)
    peer.send("2", "7=%s|16=%s|" % (number, number))
    again = peer.expect("D")
    assert [t for t in tags(again) if t not in (43, 122)] == order, \
        again.fields
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=dict(FIELDS, **{str(tag): "x"}),
                          SOURCE_ID="y")
    assert said.get("CODE") == "BAD_FIELD", said
    assert "is given as SOURCE_ID, too" in said["TEXT"], said
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=FIELDS, SOURCE_ID="")
    assert said.get("CODE") == "BAD_FIELD", said
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=FIELDS)
    assert kind == "EVENT_ACK", said
    assert peer.expect("D").get(tag) is None
    assert g.last_row("FIX_OUT", name)["SOURCE_ID"] is None


def received(g, peer, name, tag):
    before = "%d=algo 3|" % tag if tag != 1 else ""
    after = "%d=algo 3|" % tag if tag == 1 else ""
    peer.send("D", before + ORDER % "B" + after)
    row = fg.wait_until(
        lambda: next((r for r in g.rows("FIX_IN", session=name, admin=False)
                      if r["CL_ORD_ID"] == "B"), None), what="the order")
    assert row["INTERNAL_TARGET"] == "algo 3", row


def main():
    ports = [fg.free_port() for _ in CASES]
    with fg.Work() as work:
        g = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", c[0], port, SessionName=c[0],
                        ValidateUserDefinedFields="N", **c[1])
            for c, port in zip(CASES, ports)]).start()
        with Link(g.socket) as link:
            for (name, _, out, order, into), port in zip(CASES, ports):
                with fg.Peer(name, "EXCHANGE") as peer:
                    peer.connect(port)
                    peer.logon()
                    sent(g, link, peer, name, out, order)
                    received(g, peer, name, into)
                print("ok", name)
        assert g.stop() == 0
        # A row is read by the tag that it was stored with.
        g.sessions = [dict(s, InboundRoutingTag=11) for s in g.sessions]
        g.configure()
        g.start()
        for c in CASES:
            assert g.last_row("FIX_IN", c[0]) is not None
            rows = g.rows("FIX_IN", session=c[0], admin=False)
            assert rows[-1]["INTERNAL_TARGET"] == "algo 3", rows
        assert g.stop() == 0


main()
