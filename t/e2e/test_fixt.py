#!/usr/bin/env python3
"""FIXT.1.1 over real sockets: a transport dictionary and several application
dictionaries in one session, each message judged by its own, each row stored
with the dictionary that it was accepted under; and many sessions that share
few dictionaries."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")

FIXT = "FIXT.1.1"


def fixt(target, port, **keys):
    keys = dict({"DataDictionary": None, "SessionName": target,
                 "DefaultApplVerID": "FIX.5.0SP2"}, **keys)
    return fg.acceptor("EXCHANGE", target, port, FIXT, **keys)


def gateway(work, *sessions):
    dicts = os.path.dirname(fg.dictionary("FIX.4.4"))
    return work.gateway("gw", gateway={"DictionaryPath": dicts},
                        sessions=sessions)


def app_file(version):
    return fg.dictionary(version)


def order(n, time_in_force, head=""):
    return "%s11=%d|55=VOD.L|54=1|60=%s|38=100|40=1|59=%s|" % (
        head, n, fg.utc(), time_in_force)


def names(g):
    """The file names of the dictionaries of FIX_IN, by MsgSeqNum."""
    return {r["MSG_SEQ_NUM"]: r["DICT_ID"] for r in g.rows("FIX_IN")}


# ---- cases ----

def each_message_is_judged_by_its_version(work):
    port = fg.free_port()
    g = gateway(work, fixt("BROKER", port, **{
        "AppDataDictionary.FIX.5.0SP1": app_file("FIX.5.0SP1"),
        "AppDataDictionary.FIX.5.0": app_file("FIX.5.0")})).start()
    (s,) = g.ctl_json("session", "show", "BROKER", "--json")
    default, transport = s["DICT_ID"], s["TRANSPORT_DICT_ID"]
    assert default and transport and default != transport, s
    with fg.Peer("BROKER", "EXCHANGE", FIXT).connect(port) as peer:
        peer.logon(body="1137=9|")
        peer.send("D", order(2, "A"))
        peer.send("D", order(3, "8", "1128=8|"))
        peer.send("D", order(4, "A", "1128=8|"))
        peer.expect("3", t45=4, t371=59, t372="D", t373=5)
        peer.send("D", order(5, "7", "1128=7|"))
        peer.send("D", order(6, "8", "1128=7|"))
        peer.expect("3", t45=6, t371=59, t372="D", t373=5)
        peer.send("D", order(7, "0", "1128=6|"))
        peer.expect("3", t45=7, t371=1128, t372="D", t373=5)
        peer.sync()
        peer.logout()
    ids = names(g)
    assert ids[1] == transport and ids[2] == default, ids
    assert len({transport, default, ids[3], ids[5]}) == 4, ids
    assert not {4, 6, 7} & set(ids), ids
    other = {r["MSG_SEQ_NUM"]: r["DICT_ID"] for r in g.rows("FIX_IN_OTHER")}
    assert other == {4: ids[3], 6: ids[5], 7: default}, other
    assert {r["DICT_ID"] for r in g.rows("FIX_OUT")} == {transport}
    assert g.stop() == 0


def the_logon_names_the_version_of_what_follows(work):
    port = fg.free_port()
    g = gateway(work, fixt("BROKER", port, **{
        "AppDataDictionary.FIX.5.0": app_file("FIX.5.0")})).start()
    with fg.Peer("BROKER", "EXCHANGE", FIXT).connect(port) as peer:
        answer = peer.logon(body="1137=7|")
        assert answer[1137] == "9", answer
        peer.send("D", order(2, "7"))
        peer.send("D", order(3, "A"))
        peer.expect("3", t45=3, t371=59, t373=5)
        peer.send("D", order(4, "A", "1128=9|"))
        g.ctl("send", "BROKER", "MsgType=Email", "EmailThreadID=1",
              "EmailType=NEW", "Subject=s", "NoLinesOfText=1", "Text=t")
        peer.expect("C")
        peer.sync()
        peer.logout()
    (s,) = g.ctl_json("session", "show", "BROKER", "--json")
    ids = names(g)
    assert ids[4] == s["DICT_ID"] != ids[2], ids
    (sent,) = g.rows("FIX_OUT", admin=False)
    assert sent["DICT_ID"] == s["DICT_ID"], sent
    assert g.stop() == 0


def a_logon_for_a_version_without_dictionary_is_refused(work):
    port = fg.free_port()
    g = gateway(work, fixt("BROKER", port)).start()
    with fg.Peer("BROKER", "EXCHANGE", FIXT).connect(port) as peer:
        peer.send("A", "98=0|108=30|1137=8|")
        peer.expect_closed()
    (s,) = g.ctl_json("session", "show", "BROKER", "--json")
    assert "no AppDataDictionary for the DefaultApplVerID" in \
        s["LAST_EVENT"] + str(g.rows("FIX_IN_OTHER")), s
    assert g.stop() == 0


def data_fields_of_every_dictionary_may_hold_soh(work):
    """1525/1527 exist in SP2 only, 95/96 in the Logon of the transport."""
    port = fg.free_port()
    g = gateway(work, fixt("BROKER", port, **{
        "DefaultApplVerID": "FIX.5.0",
        "AppDataDictionary.FIX.5.0SP2": app_file("FIX.5.0SP2")})).start()
    with fg.Peer("BROKER", "EXCHANGE", FIXT).connect(port) as peer:
        peer.logon(body="95=3|96=a|b|1137=7|")
        peer.send("C", "1128=9|164=1|94=0|147=s|33=1|58=t|354=3|355=x|y|")
        peer.sync()
        peer.logout()
    rows = {r["MSG_SEQ_NUM"]: r["FIX_DATA"] for r in g.rows("FIX_IN")}
    assert "355=x\x01y\x01" in rows[2], rows
    assert g.stop() == 0


def many_sessions_share_few_dictionaries(work):
    """500 sessions on 5 dictionaries hold 5 copies: the memory is that of few
    sessions, and a little for each more."""
    versions = ("FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2")

    def resident(n):
        port = fg.free_port()
        g = work.gateway("gw%d" % n, gateway={
            "DictionaryPath": os.path.dirname(app_file("FIX.4.4"))},
            sessions=[fg.acceptor("EXCHANGE", "B%d" % i, port) if i % 4 == 3
                      else fixt("B%d" % i, port, SessionName=None,
                                DefaultApplVerID=versions[i % 4])
                      for i in range(n)])
        g.start()
        used = g.memory()
        assert g.stop() == 0
        return used
    few, many = resident(4), resident(500)
    print("resident bytes: %d with 4 sessions, %d with 500" % (few, many))
    assert many - few < 60 << 20, (few, many)


fg.run_each((
    each_message_is_judged_by_its_version,
    the_logon_names_the_version_of_what_follows,
    a_logon_for_a_version_without_dictionary_is_refused,
    data_fields_of_every_dictionary_may_hold_soh,
    many_sessions_share_few_dictionaries))
