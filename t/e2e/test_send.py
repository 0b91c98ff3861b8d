#!/usr/bin/env python3
"""EVENT_FIX_SEND over the link: repeating groups as lists, in the order of the
dictionary however they are given; what is wrong with them is said."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated")

ORDER = {"Symbol": "VOD.L", "ClOrdID": "A1", "Side": "BUY", "OrderQty": 100,
         "OrdType": "MARKET", "TransactTime": "20260105-09:00:00"}


def body(msg):
    """The application's part of a message."""
    own = (8, 9, 35, 34, 49, 52, 56, 10)
    return "".join("%d=%s;" % (tag, value) for tag, value in msg.fields
                   if tag not in own)


PLAIN = "11=A1;38=100;40=1;54=1;55=VOD.L;60=20260105-09:00:00;"
PARTIES = [{"PartyRole": 3, "PartyID": "ME", "PartyIDSource": "D",
            "NoPartySubIDs": [{"PartySubIDType": 1, "PartySubID": "x"},
                              {"PartySubID": "y", "PartySubIDType": 2}]},
           [["PartyID", "YOU"], ["PartyRole", 1]]]
SENT = [
    ("a map", ORDER, PLAIN),
    ("pairs", list(ORDER.items()), PLAIN),
    ("groups in groups", dict(ORDER, NoPartyIDs=PARTIES),
     PLAIN + "453=2;448=ME;447=D;452=3;802=2;523=x;803=1;523=y;803=2;"
     "448=YOU;452=1;"),
    ("an empty group", dict(ORDER, NoPartyIDs=[]), PLAIN),
    ("a group by its tag", list(ORDER.items()) + [
        [453, [[[452, 3], [448, "ME"]]]]], PLAIN + "453=1;448=ME;452=3;"),
]
REFUSED = [
    ("fields that are a text", "11=x", "neither an array"),
    ("fields that are a number", 11, "neither an array"),
    ("an entry without its first field",
     dict(ORDER, NoPartyIDs=[{"PartyID": "A"}, {"PartyRole": 3}]),
     "entry 2 of NoPartyIDs needs PartyID (448)"),
    ("a field of another group",
     dict(ORDER, NoPartyIDs=[{"PartyID": "A", "AllocAccount": "x"}]),
     "field 79 is not in the dictionary's group NoPartyIDs"),
    ("an entry that is none", dict(ORDER, NoPartyIDs=["A"]),
     "entry 1 of a group has no fields"),
    ("a misspelt member", dict(ORDER, NoPartyIDs=[{"PartyIdd": "A"}]),
     "did you mean PartyID"),
    ("no value", dict(ORDER, NoPartyIDs=None), "neither text nor a number"),
]


def main():
    port = fg.free_port()
    with fg.Work() as work:
        g = work.gateway("gw", sessions=[
            fg.acceptor("EXCHANGE", "BROKER", port,
                        SessionName="BROKER")]).start()
        with fg.Peer("BROKER", "EXCHANGE") as peer, Link(g.socket) as link:
            peer.connect(port)
            peer.logon()
            for name, fields, want in SENT:
                kind, said = link.ask("EVENT_FIX_SEND", SESSION="BROKER",
                                      MSG_TYPE="NewOrderSingle",
                                      FIELDS=fields)
                assert kind == "EVENT_ACK", (name, said)
                got = body(peer.expect("D"))
                assert got == want, (name, got, want)
                print("ok", name)
            for name, fields, want in REFUSED:
                kind, said = link.ask("EVENT_FIX_SEND", SESSION="BROKER",
                                      MSG_TYPE="NewOrderSingle",
                                      FIELDS=fields)
                assert kind == "EVENT_NACK", (name, said)
                assert said["CODE"] == "BAD_FIELD", (name, said)
                assert want in said["TEXT"], (name, said)
                print("ok", name)
        assert g.stop() == 0


main()
