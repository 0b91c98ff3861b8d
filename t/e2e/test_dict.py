#!/usr/bin/env python3
"""The dict commands of fixgatectl: on files alone, on the dictionaries of a
living fixgated, and on the traffic that it has stored."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "dict"))
import fixgate as fg
import orchestra

fg.need("fixgated", "fixgatectl")

FIX44 = fg.dictionary("FIX.4.4")
SRC = fg.SRC


def run(*args, sock="/nowhere.sock"):
    """(exit status, standard output, standard error)"""
    r = subprocess.run([fg.program("fixgatectl"), "-s", sock] + list(args),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=fg.LIMIT)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def expect(got, status, *texts):
    assert got[0] == status, got
    for text in texts:
        assert text in got[1] + got[2], (text, got)
    return got[1]


def changed(work, name, *pairs, source=FIX44):
    """A copy of a dictionary with texts replaced, each everywhere."""
    with open(source) as f:
        text = f.read()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path = work.path(name)
    with open(path, "w") as f:
        f.write(text)
    return path


def order(n, side):
    return "11=%d|21=1|55=VOD.L|54=%s|60=%s|38=100|40=1|" % (
        n, side, fg.utc())


# ---- cases ----

def usage(work):
    for args in (("check",), ("check", "--what", "x"), ("show",),
                 ("show", FIX44), ("show", FIX44, "D", "--session", "B"),
                 ("diff", FIX44), ("convert",), ("dry-run",),
                 ("dry-run", FIX44, "--since", "yesterday"),
                 ("dry-run", FIX44, "--since", "20260105-09:00:00",
                  "--after", "1")):
        expect(run("dict", *args), 1, "usage: fixgatectl dict " + args[0])
    for args in (("show", "D"), ("dry-run", FIX44)):
        expect(run("dict", *args), 2)
    for args in (("show", "no/such.xml", "D"), ("diff", FIX44, "no.xml"),
                 ("convert", "no.xml"), ("dry-run", "no.xml"),
                 ("show", FIX44, "Nobody")):
        expect(run("dict", *args), 3)


def check_tells_every_fault_of_every_file(work):
    expect(run("dict", "check", FIX44), 0,
           "FIX44.xml: good: FIX.4.4, 93 messages, 912 fields\n")
    bad = changed(work, "bad.xml", ('field name="Side"', 'field name="Sude"'),
                  ('"OrdType" required', '"OrdTypo" required'))
    out = expect(run("dict", "check", bad, FIX44), 1, "FIX44.xml: good")
    with open(bad) as f:
        for number, line in enumerate(f, 1):
            if 'name="Sude"' in line or 'name="OrdTypo"' in line:
                assert "bad.xml:%d: error: " % number in out, (number, out)
    assert "bad.xml: bad: " in out, out
    soft = changed(work, "soft.xml", ('field name="Account" required="N"',
                                      'field name="Accord" required="N"'))
    expect(run("dict", "check", soft), 1)
    expect(run("dict", "check", "--lenient", soft), 0, ": warning: ", "good")
    expect(run("dict", "check", work.path("none.xml")), 1, "none.xml")


def diff_and_convert(work):
    assert run("dict", "diff", FIX44, FIX44) == (0, "", "")
    new = changed(work, "new.xml",
                  ('<value enum="2" description="SELL"/>\n', ''))
    out = expect(run("dict", "diff", FIX44, new), 1)
    assert out == "~ field 54 Side\n    - 2 SELL\n", out
    for version in ("FIX.4.2", "FIX.5.0SP2", "FIXT.1.1"):
        source = fg.dictionary(version)
        path = work.path("converted.xml")
        with open(path, "w") as f:
            f.write(expect(run("dict", "convert", source), 0))
        assert run("dict", "diff", source, path) == (0, "", "")


def every_oddity_that_loads_converts_to_the_same(work):
    """But for a length that only Orchestra can name."""
    folder = os.path.join(SRC, "t", "dict", "oddities")
    converted = 0
    for name in sorted(os.listdir(folder)):
        path, new = os.path.join(folder, name), work.path("new.xml")
        status, text, _ = run("dict", "convert", path)
        if status != 0:
            continue
        with open(new, "w") as f:
            f.write(text)
        out = run("dict", "diff", path, new)
        if name == "orchestra-length-id.xml":
            assert "length field 2000 -> 0" in out[1], out
        else:
            assert out == (0, "", ""), (name, out)
        converted += 1
    assert converted > 20, converted


def orchestra_becomes_quickfix(work):
    """The file of dict/ and its Orchestra form convert to the same."""
    path, new = work.path("orchestra.xml"), work.path("new.xml")
    with open(path, "w") as f:
        f.write(orchestra.Orchestra(FIX44, "2024").text())
    with open(new, "w") as f:
        f.write(expect(run("dict", "convert", path), 0, "<fix type="))
    assert run("dict", "diff", FIX44, new) == (0, "", "")
    expect(run("dict", "convert", path, "--version", "FIX.5.0SP2"), 0,
           '<fix type="FIX" major="5" minor="0" servicepack="2">')
    odd = os.path.join(SRC, "t", "dict", "oddities",
                       "orchestra-version-unknown.xml")
    expect(run("dict", "convert", odd), 3, "add --version")
    expect(run("dict", "convert", odd, "--version", "FIX.4.4"), 0)
    expect(run("dict", "convert", path, "--version", "nonsense"), 3,
           "not the name of a version")


def show_from_files_and_sessions(work):
    out = expect(run("dict", "show", FIX44, "NewOrderSingle"), 0)
    assert out.startswith("message D NewOrderSingle\n"), out
    ports = fg.free_port(), fg.free_port()
    g = work.gateway("gw", gateway={
        "DictionaryPath": os.path.dirname(FIX44)}, sessions=[
        fg.acceptor("EXCHANGE", "OLD", ports[0], SessionName="OLD"),
        fg.acceptor("EXCHANGE", "NEW", ports[1], "FIXT.1.1",
                    SessionName="NEW", DataDictionary=None,
                    DefaultApplVerID="FIX.5.0SP2")]).start()

    def show(*args):
        return run("dict", "show", *args, sock=g.socket)
    assert expect(show("--session", "OLD", "D"), 0) == out
    expect(show("D"), 3, "add --session NAME")
    expect(show("--session", "NOBODY", "D"), 3, "no session NOBODY")
    expect(show("--session", "OLD", "TimeInForce=C"), 3, "no message")
    expect(show("--session", "NEW", "TimeInForce=C", "59"), 0,
           "field 59 TimeInForce, CHAR")
    # What only the transport has.
    expect(show("--session", "NEW", "Logon"), 0, "message A Logon")
    assert g.stop() == 0


def dry_run_lists_what_would_be_rejected(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "A", port, SessionName="A"),
        fg.acceptor("EXCHANGE", "B", port, SessionName="B"),
        fg.acceptor("EXCHANGE", "C", port, "FIX.4.2", SessionName="C")])
    g.start()
    for name, sides, begin in (("A", "112", "FIX.4.4"), ("B", "225",
                               "FIX.4.4"), ("C", "2", "FIX.4.2")):
        with fg.Peer(name, "EXCHANGE", begin).connect(port) as peer:
            peer.logon()
            for n, side in enumerate(sides):
                peer.send("D", order(n, side))
            peer.sync()
            peer.logout()
        if name == "A":
            time.sleep(0.02)  # a later millisecond
            between = fg.utc()
    rows = [r for r in g.rows("FIX_IN", admin=False) if
            r["CONNECTION_NAME"] != "C" and "\x0154=2\x01" in r["FIX_DATA"]]
    seqs = [r["RX_SEQUENCE"] for r in rows]
    assert len(seqs) == 3, rows

    def dry(*args):
        return run("dict", "dry-run", *args, sock=g.socket)

    def listed(out):
        lines = out.split("RX_SEQUENCE")[1].splitlines()[1:]
        return [int(x.split()[0]) for x in lines if x[0] == " "]
    expect(dry(FIX44), 0, "0 of ", "of other versions were not looked at")
    new = changed(work, "new.xml",
                  ('<value enum="2" description="SELL"/>\n', ''),
                  ('<value enum="5" description="SELL_SHORT"/>\n', ''))
    out = expect(dry(new), 1, "4 of ", "           4  Value is incorrect "
                 "(out of range) for this tag: 54 Side\n")
    assert set(seqs) < set(listed(out)) and len(listed(out)) == 4, out
    assert listed(expect(dry(new, "--session", "A"), 1)) == seqs[:1]
    expect(dry(new, "--session", "C"), 1)
    assert seqs[0] not in listed(expect(dry(new, "--since", between), 1, "3 "
                                        "of "))
    assert seqs[0] not in listed(expect(dry(new, "--after", str(seqs[0])), 1))
    assert listed(expect(dry(new, "--limit", "2"), 1, "(2 more:")) == seqs[:2]
    expect(dry(new, "--after", str(seqs[-1] + 100)), 0, "0 of 0")
    expect(dry(new, "--session", "NOBODY"), 3)
    both = changed(work, "both.xml", ('<field name="Price" required="N"/>',
                                      '<field name="Price" required="Y"/>'),
                   source=new)
    expect(dry(both), 1, "6 of ", "Required tag missing: 44 Price")
    assert g.stop() == 0


def dry_run_uses_the_switches_of_the_session(work):
    port = fg.free_port()
    g = work.gateway("gw", sessions=[
        fg.acceptor("EXCHANGE", "A", port, SessionName="A",
                    ValidateUserDefinedFields="N"),
        fg.acceptor("EXCHANGE", "B", port, SessionName="B",
                    AllowUnknownEnumValues="Y")]).start()
    for name, more in (("A", "9999=1|"), ("B", "59=Z|")):
        with fg.Peer(name, "EXCHANGE").connect(port) as peer:
            peer.logon()
            peer.send("D", order(1, "1") + more)
            peer.sync()
            peer.logout()
    assert len(g.rows("FIX_IN", admin=False)) == 2
    expect(run("dict", "dry-run", FIX44, sock=g.socket), 0, "0 of ")
    assert g.stop() == 0


def dry_run_of_fixt(work):
    """An application dictionary is tried with the session's transport, a
    transport with the application dictionaries that the rows have."""
    port = fg.free_port()
    g = work.gateway("gw", gateway={
        "DictionaryPath": os.path.dirname(FIX44)}, sessions=[
        fg.acceptor("EXCHANGE", "A", port, "FIXT.1.1", SessionName="A",
                    DataDictionary=None, DefaultApplVerID="FIX.5.0SP2",
                    **{"AppDataDictionary.FIX.5.0": fg.dictionary(
                        "FIX.5.0")})]).start()
    with fg.Peer("A", "EXCHANGE", "FIXT.1.1").connect(port) as peer:
        # Data that only the transport knows of.
        peer.logon(body="1401=3|1402=a|b|1137=9|")
        peer.send("D", "115=X|" + order(1, "1"))
        peer.send("D", "1128=7|" + order(2, "2"))
        peer.sync()
        peer.logout()

    def dry(path):
        return run("dict", "dry-run", path, sock=g.socket)
    sell = ('<value enum="2" description="SELL"/>\n', '')
    for version, status, count in (("FIX.5.0SP2", 0, "0 of 1 "),
                                   ("FIX.5.0", 1, "1 of 1 ")):
        expect(dry(fg.dictionary(version)), 0, "0 of 1 ")
        expect(dry(changed(work, "new.xml", sell,
                           source=fg.dictionary(version))), status, count)
    transport = fg.dictionary("FIXT.1.1")
    expect(dry(transport), 0, "0 of 5 ")
    new = changed(work, "t.xml", (
        '<field name="OnBehalfOfCompID" required="N"/>', ''),
        source=transport)
    expect(dry(new), 1, "1 of 5 ", "115")
    assert g.stop() == 0


fg.run_each((
    usage, check_tells_every_fault_of_every_file, diff_and_convert,
    every_oddity_that_loads_converts_to_the_same,
    orchestra_becomes_quickfix, show_from_files_and_sessions,
    dry_run_lists_what_would_be_rejected,
    dry_run_uses_the_switches_of_the_session, dry_run_of_fixt))
