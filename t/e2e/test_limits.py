#!/usr/bin/env python3
"""What a session may send: how much, how big, how dear, which messages. What is
more is refused before it has a number; on a lane it goes to QUARANTINE."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")


def order(n=1, **more):
    fields = {"ClOrdID": str(n), "Symbol": "X", "Side": "1", "OrderQty": "1",
              "OrdType": "2", "Price": "1", "TransactTime":
              "20260105-09:00:00"}
    fields.update(more)
    return "D", {k: v for k, v in fields.items() if v is not None}


def cancel(n=1):
    return "F", {"OrigClOrdID": "1", "ClOrdID": "C%d" % n, "Symbol": "Z",
                 "Side": "1", "OrderQty": "99999999",
                 "TransactTime": "20260105-09:00:00"}


def replace(**more):
    kind, fields = order(**more)
    fields["OrigClOrdID"] = "1"
    return "G", fields


class sender:
    """A session S that is logged on, with these settings, and a link."""

    def __init__(self, work, **keys):
        self.g, self.p = cases.logged_on(work, **keys)
        self.link = Link(self.g.socket)
        self.lane = self.link.ask("LANE_OPEN", CONSUMER="C", KEY="K",
                                  SEND="1", SOURCE="s/T/1")[1]["LANE"]
        self.seq = 0

    def send(self, msg, **more):
        return self.link.ask("EVENT_FIX_SEND", SESSION="S", MSG_TYPE=msg[0],
                             FIELDS=msg[1], **more)

    def accepted(self, *msgs):
        for msg in msgs:
            got = self.send(msg)
            assert got[0] == "EVENT_ACK", (msg, got)
            self.p.expect(msg[0])

    def refused(self, msg, want, code="OVER_LIMIT"):
        """Without a lane, and on one; nothing leaves."""
        for more in {}, {"LANE": self.lane, "SEQUENCE": self.seq + 1,
                         "PART": 0}:
            kind, said = self.send(msg, **more)
            assert kind == "EVENT_NACK" and said["CODE"] == code, (msg, said)
            assert said["RETRY"] is (code == "OVER_RATE"), said
            assert said["TEXT"].startswith("S: ") and want in said["TEXT"], \
                (want, said)
        if code == "OVER_LIMIT":
            self.seq += 1
            rows = self.g.ctl_json("quarantine", "list", "--json")
            assert len(rows) == self.seq and rows[-1]["CODE"] == code, rows
            assert want in rows[-1]["REASON"], rows
        assert self.p.sync() == []


def MaxOrderQty(work):
    s = sender(work, MaxOrderQty="100")
    s.accepted(order(OrderQty="100"), order(OrderQty="100.000"),
               order(OrderQty="-5"), cancel(), replace(OrderQty="99.9"))
    s.refused(order(OrderQty="100.0000001"),
              "OrderQty(38)=100.0000001 is more than MaxOrderQty=100")
    s.refused(replace(OrderQty="101"), "MaxOrderQty")
    s.refused(("S", {"QuoteID": "1", "Symbol": "X", "BidPx": "1", "BidSize":
                     "101"}), "BidSize(134)=101")
    s.refused(("s", {"CrossID": "1", "CrossType": "1", "CrossPrioritization":
                     "0", "Symbol": "X", "OrdType": "2", "Price": "1",
                     "TransactTime": "20260105-09:00:00", "NoSides": [
                         {"Side": "1", "ClOrdID": "1", "OrderQty": "1"},
                         {"Side": "2", "ClOrdID": "2", "OrderQty": "101"}]}),
              "OrderQty(38)=101")
    # After all, once the limit is another.
    row = s.g.ctl_json("quarantine", "list", "--json")[0]["SEQUENCE"]
    s.link.close()
    with open(s.g.conf) as f:
        text = f.read().replace("MaxOrderQty=100", "MaxOrderQty=1000")
    with open(s.g.conf, "w") as f:
        f.write(text)
    s.g.ctl("reload")
    fg.wait_until(lambda: s.g.ctl("quarantine", "retry", row, "--reason",
                                  "x", "--yes", check=False) != "")
    assert s.g.rows("OUT_PENDING") or "100.0000001" in str(
        s.g.rows("FIX_OUT", admin=False))


def MaxPrice(work):
    s = sender(work, MaxPrice="99.95")
    s.accepted(order(Price="99.95"), order(Price="-1000"),
               order(Price=None, OrdType="1"))
    s.refused(order(Price="99.951"), "Price(44)=99.951 is more than "
              "MaxPrice=99.95")
    s.refused(order(StopPx="100"), "StopPx(99)=100")
    s.refused(("S", {"QuoteID": "1", "Symbol": "X", "BidPx": "1", "OfferPx":
                     "100"}), "OfferPx(133)=100")


def MaxNotional(work):
    s = sender(work, MaxNotional="1100")
    # 1.1 times 1000 has no exact binary form.
    s.accepted(order(OrderQty="1000", Price="1.1"),
               order(OrderQty=None, CashOrderQty="1100"), cancel())
    s.refused(order(OrderQty="1000", Price="1.1000001"),
              "OrderQty(38) times Price(44) is 1100.0001000, more than "
              "MaxNotional=1100")
    s.refused(order(OrderQty="1000", Price="-1.2"), "is 1200")
    s.refused(order(OrderQty="10", Price="12", ContractMultiplier="10"),
              "is 1200")
    s.refused(order(OrderQty=None, CashOrderQty="1101"), "CashOrderQty(152)")
    s.refused(order(OrderQty="1", Price=None, OrdType="1"),
              "there is no Price(44), so the value of OrderQty(38) is not "
              "known")
    s.refused(order(OrderQty="9" * 30, Price="9" * 30), "is no number that")
    # Of each order of a list.
    entry = {"ClOrdID": "1", "ListSeqNo": "1", "Symbol": "X", "Side": "1",
             "OrderQty": "100", "OrdType": "2", "Price": "10"}
    big = dict(entry, ClOrdID="2", ListSeqNo="2", Price="12")
    s.refused(("E", {"ListID": "1", "BidType": "1", "TotNoOrders": "2",
                     "NoOrders": [entry, big]}), "is 1200")
    s.accepted(("E", {"ListID": "1", "BidType": "1", "TotNoOrders": "2",
                      "NoOrders": [entry, dict(entry, ClOrdID="2")]}))


def SendMsgTypes(work):
    s = sender(work, SendMsgTypes="D, F")
    s.accepted(order(), cancel())
    s.refused(replace(), "MsgType G is none of SendMsgTypes")
    s.p.send("1", "112=x")  # the session's own messages are no matter of it
    s.p.expect("0", t112="x")


def SendSymbols(work):
    s = sender(work, SendSymbols="X, VOD*")
    s.accepted(order(), order(Symbol="VOD.L"), cancel())
    s.refused(order(Symbol="Y"), "Symbol(55)=Y is none of SendSymbols")
    s.refused(order(Symbol="XX"), "Symbol(55)=XX")
    s.refused(order(Symbol="X" * 300), "none of SendSymbols")


def rates(s, limit, make, text, code):
    """limit go within a second, no more; then again."""
    begin = time.monotonic()
    s.accepted(*[make(i) for i in range(limit)])
    kind, said = s.send(make(limit))
    if time.monotonic() - begin > 0.9:
        return False  # the machine was too slow to say anything
    assert kind == "EVENT_NACK" and said["CODE"] == code, said
    assert text in said["TEXT"], said
    fg.wait_until(lambda: s.send(make(0))[0] == "EVENT_ACK")
    assert time.monotonic() - begin > 0.9
    s.p.expect(make(0)[0])
    return True


def MaxSendRate(work):
    s = sender(work, MaxSendRate=5)
    for _ in range(40):
        if rates(s, 5, cancel, "more than MaxSendRate=5 messages within a "
                 "second", "OVER_LIMIT"):
            break
        time.sleep(1)
    else:
        assert False, "too slow"


def MaxOrderRate(work):
    s = sender(work, MaxOrderRate=3)
    for _ in range(40):
        if rates(s, 3, order, "more than MaxOrderRate=3 orders within a "
                 "second", "OVER_LIMIT"):
            break
        time.sleep(1)
    else:
        assert False, "too slow"
    # Cancels go out when orders do not; a list is as many as it has.
    s.accepted(*[cancel(i) for i in range(10)])
    entry = {"ClOrdID": "1", "ListSeqNo": "1", "Symbol": "X", "Side": "1",
             "OrderQty": "1", "OrdType": "1"}
    s.refused(("E", {"ListID": "1", "BidType": "1", "TotNoOrders": "4",
                     "NoOrders": [entry] * 4}), "MaxOrderRate=3")


def SendRateAction(work):
    """A lane waits, and goes on in its order."""
    s = sender(work, MaxOrderRate=3, SendRateAction="wait")
    for _ in range(40):
        if rates(s, 3, order, "MaxOrderRate", "OVER_RATE"):
            break
        time.sleep(1)
    else:
        assert False, "too slow"
    done, refused = 0, 0
    begin = time.monotonic()
    while done < 7:
        kind, said = s.send(order(done), LANE=s.lane, SEQUENCE=done + 1,
                            PART=0)
        if kind == "EVENT_ACK":
            done += 1
            s.p.expect("D")
        else:
            assert said["CODE"] == "OVER_RATE" and said["RETRY"], said
            refused += 1
            time.sleep(0.05)
    # Three of them within a second: who is slower by himself is not refused.
    took = time.monotonic() - begin
    assert took > 1 and (refused > 0 or took > 2), (refused, took)
    assert not s.g.ctl_json("quarantine", "list", "--json")


@cases.always
def Changed_while_logged_on(work):
    """Limits are obeyed at a reload, and the session stays."""
    s = sender(work, MaxOrderQty="100")
    s.refused(order(OrderQty="101"), "MaxOrderQty=100")

    def now(**keys):
        s.g.sessions[0].update(keys)
        s.g.configure()
        got = s.g.ctl_json("--json", "reload")[0]
        assert got["CHANGED"] == ["S"] and got["APPLIED"], got
        assert s.g.ctl_json("--json", "reload", "-n")[0]["UNTOUCHED"] == \
            ["S"]
    now(MaxOrderQty="200", MaxPrice="7")
    s.accepted(order(OrderQty="200"))
    s.refused(order(OrderQty="201"), "MaxOrderQty=200")
    s.refused(order(Price="8"), "MaxPrice=7")
    now(MaxOrderQty=None, MaxPrice=None, SendMsgTypes="D")
    s.accepted(order(OrderQty="1000", Price="8"))
    s.refused(cancel(), "SendMsgTypes")
    # Both at once; then what else may change does, too.
    s.g.sessions[0].update(SendMsgTypes=None, Enabled="N")
    s.g.configure()
    s.g.ctl("reload")
    s.p.expect("5")
    assert "(its limits)" in str(s.g.rows("SESSION_EVENT"))


@cases.always
def Mistakes(work):
    for line, want in (("MaxOrderQty=many", "a number above 0"),
                       ("MaxPrice=0", "a number above 0"),
                       ("MaxNotional=-3", "a number above 0"),
                       ("SendMsgTypes=D,,F", "message types"),
                       ("SendSymbols=,", "symbols with commas"),
                       ("SendRateAction=drop", "reject or wait"),
                       ("MaxSendRate=-1", "0 to 100000")):
        key, value = line.split("=")
        g = work.gateway("gw" + key, sessions=[fg.acceptor(
            "EXCH", "BANK", 1, **{key: value})])
        r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert r.returncode == 1 and want in r.stdout.decode(), (line, r)


cases.run(globals())
