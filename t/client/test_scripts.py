#!/usr/bin/env python3
"""Bad client scripts: what can be seen beforehand is told by -n with its line;
what comes with a row puts that row aside, and the process, its other clients
and its other rows go on."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import World, run

HEAD = 'streamerClient("C") { dataSource = { "S", "S" },\n'

# What -n says about each: a file (behind three lines), line, text.
FAULTS = [
    ("sned()", 4, "did you mean send"),
    ("streamerClient('C')", 4, "not finished"),
    (HEAD + "onMessage {} }", 5, "it sends nothing"),
    (HEAD + "onMessage { send('X', 'E') } }", 5, 'no process("X", ...)'),
    (HEAD + "onMessage { send('B', 'E'), send('B', 'E') } }", 5,
     "two sends have the id"),
    (HEAD + "eventHandlerBuffer = 0, onMessage { send('B', 'E') } }", 5,
     "eventHandlerBuffer"),
    (HEAD + "eventHandlerBufer = 5, onMessage { send('B', 'E') } }", 5,
     "eventHandlerBuffer"),
    (HEAD + "startAt = 'tomorrow', onMessage { send('B', 'E') } }", 5,
     "startAt must be"),
    ("while true do end", 4, "step"),
    ("x = string.rep('x', 1e9)", 4, "memory"),
    ("os.execute('true')", 4, "execute"),
    ("listen('tcp:nowhere')", 4, "listen"),
    (HEAD + "onMessage { send('B', 'E') }", 5, "'}' expected"),
    ("process('D', 'exec')", 4, "exec:COMMAND"),
    (HEAD + "quarantineLimit = { 1 << 60, 60 }, onMessage { send('B', 'E') } }",
     5, "quarantineLimit must be { rows, seconds }, 1 to 1000000"),
    (HEAD + "quarantineLimit = { 5, 6, 7 }, onMessage { send('B', 'E') } }", 5,
     "quarantineLimit must be { rows, seconds }"),
    (HEAD + "logon = { A = { { B = 1 } } }, onMessage { send('B', 'E') } }", 5,
     "logon: A is a list"),
    (HEAD + "isReplayable = false, startAt = 5, onMessage { send('B', 'E') } }",
     4, "startAt has no meaning"),
    (HEAD.replace('"C"', "string.rep('C', 128)") +
     "onMessage { send('B', 'E') } }", 4, "the name is longer than 127 bytes"),
    (HEAD + "onMessage { key = 'a\\tb', send('B', 'E') } }", 5,
     "key may not have control characters"),
    (HEAD + "onMessage { send('B', 'E', { id = string.rep('i', 128) }) } }", 5,
     "id is longer than 127 bytes"),
    (HEAD + "onMessage { send('B', 'E', { id = '#B/E' }) } }", 5,
     "an id may not begin with #"),
    (HEAD + "onMessage { send('G', 'E', { id = 'A', laneOn = 'X' }), "
     "send('G', 'F', { id = 'A/B' }) } }", 5, "what a lane of the send \"A\""),
    (HEAD + "onMessage { send('G', 'GOODBYE') } }", 5, "of the link itself"),
]

# A function of a send that fails on row 2, and what is said of it.
FAILURES = [
    ("while true do end", "steps"),
    ("local s = 'x' while true do s = s .. s end", "memory"),
    ("return string.rep('x', 1e9)", "memory"),
    ("local function f() return f() + 1 end return f()", "memory"),
    ("error({ 1 })", ""),
    ("return r.QUANTITY", "QUANTITY"),
    ("return 17", "must return a table"),
    ("return { A = function() end }", "cannot be sent"),
    ("return { A = r.ID .. nil }", "concatenate"),
    ("r.ID = 'x' return {}", "row"),
    ("return { A = r.QTY / 0 }", ""),
    ("os.execute('true')", ""),
]


def faults_are_told(work):
    """each with its line; nothing is started"""
    w = World(work)
    for text, line, said in FAULTS:
        status, out = w.check(text)
        where = "c%d.lua:%d: " % (w.n, line)
        assert status == 1 and where in out and said in out, (text, out)
        c = w.client(text)
        assert c.wait() == 1, text
    status, out = w.check(w.simple())
    assert status == 0 and "1 clients, no errors" in out, out


def rows_are_put_aside(work):
    """the process, the other client and the other rows go on"""
    w = World(work)
    text, names = w.simple(name="GOOD", sends='send("G", "EVENT_A")'), []
    for i, (body, _) in enumerate(FAILURES):
        names.append("BAD%d" % i)
        text += w.simple(name=names[-1], sends="""
            send("B", "E%d", function(r)
              if r.ID ~= "R2" then return { ID = r.ID } end
              %s end)""" % (i, body))
    c = w.client(text)
    w.fill(1, 4)
    for name in names + ["GOOD"]:
        w.wait_cursor(4, name)
    assert [d["SEQUENCE"] for _, d in w.gateway.events] == [1, 2, 3, 4]
    for i, (_, said) in enumerate(FAILURES):
        got = [m["seq"] for m in w.book.lines() if m["event"] == "E%d" % i]
        assert got == [1, 3, 4], (FAILURES[i], got)
        d, = [d for d in w.streamer.parked if d["CONSUMER"] == names[i]]
        assert d["SEQUENCE"] == 2 and d["CODE"] == "SCRIPT_ERROR" and \
            said in d["REASON"] and "row 2" in d["REASON"], (FAILURES[i], d)
    assert c.memory() < 200 << 20, c.memory()


def changes_are_told(work):
    """-n asks for the cursors, and says which are no longer used"""
    w = World(work)
    text = """streamerClient("C") { dataSource = { "S", "S" }, %s
        onMessage("A") { send("G", "EVENT_A"%s) },
        onMessage("%s") { send("B", "E") } }"""
    w.fill(1, 3)
    c = w.client(text % ('startAt = "beginning",', "", "B"))
    w.wait_cursor(3, key="A")
    w.wait_cursor(3, key="B")
    assert c.stop() == 0
    status, out = w.check(text % ("", "", "B"))
    assert status == 0 and "note" not in out, out
    status, out = w.check(text % ("", ', { id = "NEW" }', "NEWKEY"))
    assert status == 0, out
    assert "c3.lua:5: note: client C (key A): no send has the id G/EVENT_A " \
        "any more" in out, out
    assert "c3.lua:4: note: client C: no block has the key B any more, whose " \
        "cursor is at row 3" in out, out
    assert "c3.lua:6: note: client C (key NEWKEY) has no cursor yet: it does " \
        "not start" in out, out
    w.streamer.stop()
    status, out = w.check(text % ("", "", "B"))
    assert status == 0 and "its cursors cannot be asked for: process S is " \
        "not there" in out, out


run([faults_are_told, rows_are_put_aside, changes_are_told])
