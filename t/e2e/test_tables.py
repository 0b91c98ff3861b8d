#!/usr/bin/env python3
"""Declared tables: they are in the store from the first start, columns may come
later, and any other change keeps the gateway from starting."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link

fg.need("fixgated")

COLUMNS = "ID string, QTY int, PRICE decimal, AT timestamp, OK bool"
ON_LINK = [["SEQUENCE", "int"], ["TIMESTAMP", "time"], ["ID", "text"],
           ["QTY", "int"], ["PRICE", "decimal"], ["AT", "time"],
           ["OK", "bool"]]


def settings(g, columns, key=None, name="ORDERS"):
    """With one table."""
    g.configure(fg.settings(g.keys) + "\n[TABLE %s]\nColumns=%s\n" %
                (name, columns) + ("Key=%s\n" % key if key else ""))


def tables(link):
    kind, said = link.ask("TABLES")
    assert kind == "TABLES_ACK", said
    return {t["TABLE"]: t for t in said["TABLES"]}


def declared(g):
    settings(g, COLUMNS, "ID")
    g.start()
    with Link(g.socket) as link:
        all_of = tables(link)
        assert sorted(all_of) == ["FIX_IN", "FIX_IN_OTHER", "FIX_OUT",
                                  "ORDERS", "OUT_PENDING", "QUARANTINE",
                                  "SESSION_EVENT"], sorted(all_of)
        t = all_of["ORDERS"]
        assert t["COLUMNS"] == ON_LINK, t
        assert t["KEY"] == "ID" and t["VISIBLE"] == 0, t
        uuid, name, incarnation = t["SOURCE"].split("/")
        assert uuid == link.hello["STORE_UUID"] and name == "ORDERS", t
        assert incarnation == "1", t
        assert all_of["FIX_IN"]["KEY"] is None
        assert all_of["FIX_IN"]["COLUMNS"][0] == ["RX_SEQUENCE", "int"]
        kind, one = link.ask("TABLES", TABLE="ORDERS")
        assert one["TABLES"] == [t], one
        kind, said = link.ask("TABLES", TABLE="NONE")
        assert (kind, said["CODE"]) == ("NACK", "NO_TABLE"), said
        kind, said = link.ask("TAIL", TABLE="ORDERS")
        assert kind == "TAIL_ACK" and said["COLUMNS"] == ON_LINK, said
        kind, said = link.ask("READ", TABLE="ORDERS")
        assert kind == "ROWS" and said["ROWS"] == [], said
    assert g.stop() == 0
    return t["SOURCE"]


def refused(g, columns, key, want):
    settings(g, columns, key)
    fg.Proc.start(g)
    assert g.wait() == 1
    line = len(fg.settings(g.keys).splitlines()) + 2
    assert "%s:%d: [TABLE ORDERS]: %s" % (g.conf, line, want) in g.log(), \
        g.log()
    print("ok refused:", want)


def main():
    with fg.Work() as work:
        g = work.gateway("gw")
        source = declared(g)
        refused(g, COLUMNS.replace("QTY int", "QTY decimal"), "ID",
                "column 2 is QTY decimal now, but QTY int in the store")
        refused(g, COLUMNS.replace(", OK bool", ""), "ID",
                "column 5, OK bool, is gone")
        refused(g, COLUMNS, None, "its key is no Key now, but ID")
        settings(g, COLUMNS + ", MORE string", "ID")
        g.start()
        with Link(g.socket) as link:
            t = tables(link)["ORDERS"]
            assert t["COLUMNS"] == ON_LINK + [["MORE", "text"]], t
            assert t["SOURCE"] == source, t
        assert g.stop() == 0
        # One that the settings do not have any more can still be read.
        settings(g, "A int", None, "OTHER")
        g.start()
        with Link(g.socket) as link:
            all_of = tables(link)
            assert all_of["ORDERS"] == t, all_of
            assert all_of["OTHER"]["COLUMNS"][2:] == [["A", "int"]]
        assert g.stop() == 0


main()
