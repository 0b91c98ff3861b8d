#!/usr/bin/env python3
"""The audit as something to ask: READ of rows with a value, and fixgatectl's
find, chain, show, export and replay."""

import csv
import io
import os
import subprocess
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


def ctl(g, *args):
    r = subprocess.run([fg.program("fixgatectl"), "-s", g.socket, *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=fg.LIMIT)
    return r.returncode, r.stdout.decode("latin-1"), r.stderr.decode("latin-1")


def indexed(g):
    """Until the index has all rows."""
    def done():
        return all(t["INDEXED"] == t["VISIBLE"]
                   for t in g.ctl_json("status", "--json", check=False)[0]["TABLES"]
                   if "INDEXED" in t)
    fg.wait_until(done, what="the index has all")


def find(g, *args):
    """(table, sequence) of what is found."""
    return [(r["TABLE"], r.get("RX_SEQUENCE", r.get("TX_SEQUENCE")))
            for r in g.ctl_json("find", "--json", *args)]


def finding(g, peer, port):
    for how in ("ClOrdID=C7", "11=C7"):
        assert find(g, how) == [("FIX_IN", 9)], how
    assert find(g, "ClOrdID=C") == []
    # by a dictionary, and a value by its name
    even = [("FIX_IN", n) for n in range(2, 42, 2)]
    assert find(g, "Text=even") == even
    assert find(g, "Side=BUY", "Text=even") == even
    assert find(g, "Text=even", "ClOrdID=C8") == [("FIX_IN", 10)]
    assert find(g, "Text=even", "ClOrdID=C7") == []
    assert find(g, "Text=even", "--type", "8") == []
    assert find(g, "Text=even", "--session", "OTHER") == []
    rows = g.ctl_json("find", "--json", "Text=even")
    at = rows[5]["TIMESTAMP"]
    since = [("FIX_IN", r["RX_SEQUENCE"]) for r in rows
             if r["TIMESTAMP"] >= at]
    assert find(g, "Text=even", "--since", at) == since
    assert find(g, "Text=even", "--until", at) == even[:-len(since)]
    # what is sent is found as well, behind what it answers
    g.ctl("send", "BANK", "MsgType=ExecutionReport", "OrderID=O7",
          "ClOrdID=C7", "ExecID=E1", "ExecType=NEW", "OrdStatus=NEW",
          "Side=BUY", "Symbol=VOD.L", "LeavesQty=10", "CumQty=0", "AvgPx=0",
          'Text=said "so", and more')
    both = [t for t, _ in find(g, "ClOrdID=C7")]
    assert both == ["FIX_IN", "FIX_OUT"], both
    indexed(g)
    assert [t for t, _ in find(g, "ClOrdID=C7")] == both
    # what is not in the index yet
    for i in range(100, 110):
        order(peer, "C%d" % i)
        peer.sync()
        assert len(find(g, "ClOrdID=C%d" % i)) == 1, i
    text = g.ctl("find", "ClOrdID=C7")
    assert text.startswith("FIX_IN  9 ") and "|11=C7|" in text, text
    assert "11 ClOrdID C7" in " ".join(
        g.ctl("find", "ClOrdID=C7", "--pretty").split())
    for args, status, err in (
            (("find",), 1, "a FIELD=VALUE is needed"),
            (("find", "x"), 1, "is no FIELD=VALUE"),
            (("find", "11="), 1, "is no FIELD=VALUE"),
            (("find", "Nonsense=1"), 3, "no dictionary"),
            (("find", "11=x", "--since", "yesterday"), 1, "--since needs"),
            (("find", "11=x", "--session", "NOBODY"), 3, "no session NOBODY"),
            (("show", "FIX_IN"), 1, "are needed"),
            (("show", "FIX_IN", "9999"), 3, "has no row 9999"),
            (("show", "FIX_WHAT", "1"), 3, "TABLE must be"),
            (("export", "X"), 1, "TABLE must be"),
            (("export", "--format", "xml"), 1, "--format needs")):
        got = ctl(g, *args)
        assert got[0] == status and err in got[2], (args, got)
    print("ok finding")


def showing(g):
    text = " ".join(g.ctl("show", "FIX_IN", "9").split())
    assert "11 ClOrdID C7" in text and "54 Side 1 (BUY)" in text, text
    row = g.ctl_json("show", "FIX_IN", "9", "--json")[0]
    assert row["RX_SEQUENCE"] == 9 and row["FIELDS"]["ClOrdID"] == "C7", row
    print("ok showing")


def exporting(g):
    rows = g.rows("FIX_IN") + g.rows("FIX_OUT")
    rows.sort(key=lambda r: r["TIMESTAMP"])
    want = [r["FIX_DATA"] for r in rows]
    fix = g.ctl("export")
    assert sorted(fix.split("\n")[:-1]) == sorted(want)
    as_json = g.ctl_json("export", "--json")
    assert [r["TIMESTAMP"] for r in as_json] == [r["TIMESTAMP"] for r in rows]
    assert g.ctl_json("export", "--format", "json") == as_json
    only = g.ctl("export", "FIX_OUT", "--type", "8")
    assert only.count("\n") == 1 and 'said "so", and more' in only, only
    text = g.ctl("export", "--format", "csv", "--type", "8")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [r["TABLE"] for r in table] == ["FIX_OUT"], table
    assert table[0]["FIX_DATA"].replace("|", "\1") + "\n" == only
    assert table[0]["CL_ORD_ID"] == "C7" and table[0]["ADMIN"] == "N"
    at = rows[10]["TIMESTAMP"]
    assert len(g.ctl_json("export", "--json", "--since", at)) == \
        sum(r["TIMESTAMP"] >= at for r in rows)
    print("ok exporting")


def chaining(g, peer):
    """New, acknowledged, replaced, filled in parts, and a cancel that comes too
    late; another order is left out."""
    def report(**fields):
        g.ctl("send", "BANK", "MsgType=ExecutionReport", "Side=BUY",
              "Symbol=VOD.L", "OrderID=X1",
              *("%s=%s" % f for f in fields.items()))
    order(peer, "K1", _44="12.5", _40="2")
    order(peer, "OTHER")
    peer.sync()
    report(ClOrdID="K1", ExecID="1", ExecType="NEW", OrdStatus="NEW",
           LeavesQty=100, CumQty=0, AvgPx=0)
    peer.send("G", "41=K1|11=K2|55=VOD.L|54=1|60=%s|38=200|40=2|44=13|"
              % fg.utc())
    peer.sync()
    report(ClOrdID="K2", OrigClOrdID="K1", ExecID="2", ExecType="REPLACED",
           OrdStatus="NEW", OrderQty=200, Price=13, LeavesQty=200,
           CumQty=0, AvgPx=0)
    report(ClOrdID="K2", ExecID="3", ExecType="TRADE",
           OrdStatus="PARTIALLY_FILLED", LastQty=50, LastPx=13, LeavesQty=150,
           CumQty=50, AvgPx=13)
    report(ClOrdID="K2", ExecID="4", ExecType="TRADE", OrdStatus="FILLED",
           LastQty=150, LastPx="12.75", LeavesQty=0, CumQty=200, AvgPx=13)
    peer.send("F", "41=K2|11=K3|55=VOD.L|54=1|60=%s|38=200|" % fg.utc())
    peer.sync()
    g.ctl("send", "BANK", "MsgType=OrderCancelReject", "OrderID=X1",
          "ClOrdID=K3", "OrigClOrdID=K2", "OrdStatus=FILLED",
          "CxlRejResponseTo=1", "Text=too late")
    want = [("in", "K1", "new order: buy 100 VOD.L @ 12.5"),
            ("out", "K1", "acknowledged"),
            ("in", "K2 (of K1)", "replace: buy 200 VOD.L @ 13"),
            ("out", "K2 (of K1)", "replaced: 200 @ 13"),
            ("out", "K2", "partial fill 50@13, done 50, left 150"),
            ("out", "K2", "fill 150@12.75, done 200, left 0"),
            ("in", "K3 (of K2)", "cancel: buy 200 VOD.L"),
            ("out", "K3 (of K2)", "cancel rejected: too late")]
    for start in ("K1", "K2", "K3"):
        got = [line.split(None, 2)[1:] for line in
               g.ctl("chain", start).splitlines()]
        got = [(way, *rest.split("  ", 1)[1].split(": ", 1))
               for way, rest in got]
        assert got == want, (start, got)
    rows = g.ctl_json("chain", "K3", "--json", "--session", "BANK")
    assert [r["WORDS"] for r in rows] == [w for _, _, w in want], rows
    assert rows[2]["ORIG_CL_ORD_ID"] == "K1" and rows[1]["ORDER_ID"] == "X1"
    for args, status, err in (
            (("chain",), 1, "exactly one CLORDID"),
            (("chain", "NONE-SUCH"), 3, "no message has"),
            (("chain", "K1", "--session", "OTHER"), 3, "no message has")):
        got = ctl(g, *args)
        assert got[0] == status and err in got[2], (args, got)
    print("ok chaining")


def replaying(work, g):
    """Into another gateway, whose counterparty gets the orders once more."""
    port = fg.free_port()
    test = work.gateway("test", sessions=[
        fg.acceptor("BANK", "EXCH", port, SessionName="UP")]).start()
    rows = [r for r in g.rows("FIX_IN", admin=False)]
    with fg.Peer("EXCH", "BANK") as peer:
        peer.connect(port)
        peer.logon()
        got = ctl(g, "replay", "FIX_IN", "--to", "BANK")
        assert got[0] == 3 and "of this very gateway" in got[2], got
        got = ctl(g, "replay", "FIX_IN", "--to", "BANK", "--process",
                  "unix:" + g.socket)
        assert got[0] == 3 and "of this very gateway" in got[2], got
        there = ("--process", "unix:" + test.socket)
        test.ctl("status", check=False)
        sent = g.ctl_json("replay", "FIX_IN", "--to", "UP", "--json", *there)
        assert sent[0]["SENT"] == len(rows), (sent, len(rows))
        said = [[r["MSG_TYPE"], r["CL_ORD_ID"], r["ORIG_CL_ORD_ID"]]
                for r in test.rows("FIX_OUT", admin=False)]
        assert said == [[r["MSG_TYPE"], r["CL_ORD_ID"], r["ORIG_CL_ORD_ID"]]
                        for r in rows]
        after = rows[-3]["RX_SEQUENCE"]
        g.ctl("replay", "FIX_IN", "--to", "UP", "--type", "D", "--after",
              str(after), *there)
        assert len(test.rows("FIX_OUT", admin=False)) == len(rows) + \
            sum(r["MSG_TYPE"] == "D" for r in rows[-2:])
        for args, status, err in (
                (("replay", "FIX_IN"), 1, "--to SESSION is needed"),
                (("replay", "--to", "X"), 1, "exactly one TABLE"),
                (("replay", "QUARANTINE", "--to", "X"), 1, "TABLE must be"),
                (("replay", "FIX_IN", "--to", "NOBODY", *there), 3,
                 "no session NOBODY")):
            got = ctl(g, *args)
            assert got[0] == status and err in got[2], (args, got)
    before = len(g.rows("FIX_OUT", admin=False))
    g.ctl("replay", "FIX_OUT", "--to", "BANK", "--same", "--type", "9")
    assert len(g.rows("FIX_OUT", admin=False)) == before + 1
    assert test.stop() == 0
    print("ok replaying")


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
            finding(g, peer, port)
            showing(g)
            exporting(g)
            chaining(g, peer)
            replaying(work, g)
        assert g.stop() == 0


if __name__ == "__main__":
    main()
