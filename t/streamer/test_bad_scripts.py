#!/usr/bin/env python3
"""Bad scripts: what is wrong with a file is said before anything starts, all of
it at once; what shows with the first row ends its own stream only, with the
place, the row and the reason, while the others go on."""

import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

ROWS = 200
BUSY = 8000  # rows for a script that spins
HEAD = 'process("GW", "unix:/none")\nlisten("unix:/none/s")\n'
GOOD = 'stream("GOOD", "T") { }\n'

# A file, and what is said of it: line, text.
FILES = [
    ("a syntax error", HEAD + 'stream("A", "T") { where = function(row }',
     3, "')' expected near '}'"),
    ("a missing comma", HEAD + 'stream("A", "T") { batchSize = 1\n'
     'maxLogons = 2 }', 4, "'}' expected"),
    ("an unknown option", HEAD + 'stream("A", "T") { batchsise = 5 }',
     3, "did you mean batchSize?"),
    ("an unknown word", HEAD + 'steam("A", "T") { }', 3,
     "did you mean stream?"),
    ("an option of another type", HEAD + 'stream("A", "T") { batchSize = '
     '"many" }', 3, "stream A: batchSize must be a whole number, not a "
     "string"),
    ("an option out of range", HEAD + 'stream("A", "T") { maxLogons = 0 }',
     3, "maxLogons must be 1 to 10000, not 0"),
    ("an endless loop", HEAD + GOOD + 'while true do end', 4, "steps"),
    ("a text of 1 GB", HEAD + GOOD + 'local s = ("x"):rep(1 << 30)', 4,
     ""),
    ("a process that is none", HEAD + 'stream("A", "GATE.T") { }', 3,
     'there is no process("GATE", ...)'),
    ("no body", HEAD + 'stream("A", "T")', 3, "stream is not finished"),
    ("one name twice", HEAD + GOOD + GOOD, 4, "stream GOOD is declared twice"),
    ("fields and toRow", HEAD + 'stream("A", "T") { fields = { "ID" }, '
     'toRow = function(r) return r end }', 3, "not both"),
    ("no address", 'process("GW", "unix:/none")\nlisten("here")\n' + GOOD, 2,
     'listen: "here" is no address'),
    ("an address for everybody", 'process("GW", "unix:/none")\n'
     'listen("tcp:0.0.0.0:5001")\n' + GOOD, 2, "127.0.0.1"),
    ("a file that is read", HEAD + 'local f = io.open("/etc/passwd")', 3,
     "io"),
    ("a view of nothing", HEAD + GOOD + 'view("V", { join = { X = { table = '
     '"X", on = "ID" } } })', 4, 'view V: from = "TABLE" is missing'),
    ("a view without a join", HEAD + GOOD + 'view("V", { from = "T" })', 4,
     "view V: join = { NAME = { table = ..., on = ... } } is missing"),
    ("a view of too many", HEAD + GOOD + 'local j = {} for i = 1, 17 do j["J" '
     '.. i] = { table = "X", on = "ID" } end view("V", { from = "T", join = j '
     '})', 4, "it joins 17 tables, and may join 16"),
    ("a name that is too long", HEAD + 'stream(("x"):rep(128), "T") { }', 3,
     "the name is longer than 127 bytes"),
    ("a name of two lines", HEAD + 'stream("A\\nB", "T") { }', 3,
     "the name may not have control characters"),
    ("a view that is called as a stream", HEAD + GOOD +
     'view("GOOD", { from = "T", join = { X = { table = "X", on = "ID" } } })',
     4, "there is a stream of this name"),
]

# Options of a stream, and what its clients and the log are told at row 50.
STREAMS = {
    "LOOP": ("where = function(row) if row.QTY == 50 then while true do end "
             "end return true end", "steps"),
    "SWALLOWS": ("where = function(row) if row.QTY == 50 then while pcall("
                 "function() while true do end end) do end end return true "
                 "end", "steps"),
    "HUGE": ("where = function(row) return row.QTY ~= 50 or "
             "#(('x'):rep(1 << 30)) > 0 end", "over the memory limit"),
    "HOARDS": ("where = function(row) local t = {} while row.QTY == 50 do "
               "t[#t + 1] = ('x'):rep(1 << 20) end return true end",
               "the call"),
    "RAISES": ("where = function(row) return row.QTY ~= 50 or error('boo') "
               "end", "boo"),
    "NUMBER": ("where = function(row) return row.QTY ~= 50 or 1 end",
               "where must return true or false, not a number"),
    "UNKNOWN": ("where = function(row) return row.QTY ~= 50 or row.QUANT "
                "end", 'the row has no field "QUANT"'),
    "TYPES": ("where = function(row) return row.QTY ~= 50 or row.ID > 1 end",
              "attempt to compare"),
    "TO_ROW": ("toRow = function(row) return row.QTY ~= 50 and {} or 7 end",
               "toRow must return a table or nil, not a number"),
    "FUNCTION": ("toRow = function(row) return { X = row.QTY == 50 and print "
                 "or 1 } end", "a function cannot be sent"),
    "FORMAT": ("fields = { { 'QTY', format = function(v) return v == 50 and "
               "nil .. v or v end } }", "attempt to concatenate"),
    "WRITES": ("where = function(row) if row.QTY == 50 then row.QTY = 1 end "
               "return true end", "cannot be changed"),
    "KEEPS": ("where = function(row) if row.QTY == 49 then kept = row end "
              "return row.QTY ~= 50 or kept.QTY > 0 end",
              "valid only during the call"),
    "PATTERN": ("where = function(row) return row.QTY ~= 50 or (('a'):rep(400)"
                "):find('.-.-.-.-.-b') ~= nil end", "steps"),
}


def check(work, text):
    """What -n says: its exit status, its lines, the file."""
    path = work.path("x.lua")
    with open(path, "w") as f:
        f.write(text)
    r = subprocess.run([fg.program("fixgate-streamer"), "-n", path],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=fg.LIMIT)
    return r.returncode, r.stdout.decode(), path


def files_are_checked(work):
    for what, text, line, want in FILES:
        status, said, path = check(work, text)
        assert status == 1, (what, status, said)
        lines = [x for x in said.splitlines()
                 if x.startswith("%s:%d: " % (path, line))]
        assert lines and want in lines[0], (what, said)
        print("ok", what + ":", lines[0][len(path):])
    status, said, path = check(work, 'process("GW", "unix:/none")\n' + GOOD)
    assert status == 1 and 'listen("ADDRESS") is missing' in said, said
    status, said, path = check(work, HEAD)
    assert status == 1 and "no stream is declared" in said, said
    status, said, path = check(work, HEAD + GOOD)
    assert status == 0 and said == path + ": 1 stream, no errors\n", said
    # All faults at once.
    status, said, path = check(work, HEAD + 'stream("A", "T") { x = 1 }\n'
                               'stream("B", "T") { batchSize = "" }\n')
    assert status == 1 and len(said.splitlines()) == 2, said


def files_do_not_start(work):
    s = Streamer(work, "BAD", HEAD + 'stream("A", "T") { x = 1 }')
    fg.Proc.start(s)
    assert s.wait() == 1
    assert ": stream A: " in s.log(), s.log()
    assert not os.path.exists(s.socket)


def run(*args):
    """The exit status and what was said."""
    r = subprocess.run([fg.program("fixgate-streamer"), *args],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=fg.LIMIT)
    return r.returncode, r.stdout.decode()


def the_command_line(work, g):
    status, said = run("-V")
    assert status == 0 and said.startswith("fixgate-streamer "), said
    for args in ((), ("-x", "a.lua"), ("-N", "", "a.lua"), ("-n",)):
        status, said = run(*args)
        assert status == 2 and "usage: fixgate-streamer" in said, (args, said)
    status, said = run("-n", work.path("none.lua"))
    assert status == 1 and "none.lua: cannot be read: not found" in said, said
    pid, log = work.path("pid"), work.path("log")
    s = Streamer(work, "OPT", GOOD, [g], args=["-p", pid, "-l", log,
                                               "-N", "NAMED"])
    fg.Proc.start(s)

    def logged(text):
        with open(log) as f:
            return text in f.read()
    fg.wait_until(lambda: os.path.exists(log) and logged("ready: 1 stream"))
    with open(pid) as f:
        assert int(f.read()) == s.pid()
    with Link(s.socket) as link:
        assert link.hello["NAME"] == "NAMED", link.hello
        assert "STORE_UUID" not in link.hello, link.hello
    status, said = run("-p", pid, s.file)
    assert status == 1 and "already running, pid %d" % s.pid() in said, said
    other = Streamer(work, "OPT2", GOOD, [g], sock=s.socket)
    fg.Proc.start(other)
    assert other.wait() == 1 and "listen: " in other.log(), other.log()
    os.rename(log, log + ".1")
    s.signal(signal.SIGHUP)
    fg.wait_until(lambda: os.path.exists(log))
    assert s.stop() == 0 and logged("stopped") and not os.path.exists(pid)
    print("ok the command line")


def rows_end_their_own_stream(work, g):
    lua = GOOD + "".join('stream("%s", "T") { %s }\n' % (name, options)
                         for name, (options, want) in STREAMS.items())
    s = Streamer(work, "ST", "kept = false\n" + lua, [g]).start().wait_up()
    good = Logon(s, "GOOD", FROM="live")
    at = ROWS
    for name, (options, want) in STREAMS.items():
        with Logon(s, name) as c:
            end = c.ended()
            line = 4 + list(STREAMS).index(name) + 1
            assert end["CODE"] == "STREAM_ENDED", (name, end)
            assert end["TEXT"].startswith("%s:%d: stream %s, row 50: " % (
                s.file, line, name)), (name, end)
            assert want in end["TEXT"], (name, end)
            assert c.upto == 49 and len(c.got) == 49, (name, c.upto)
            assert end["TEXT"] in s.log()
            print("ok", name + ":", end["TEXT"][len(s.file):])
        at += 1
        insert(g, at, at)
        good.rows(at)
    assert [r[0] for r in good.got] == list(range(ROWS + 1, at + 1))
    listed = s.list()
    assert listed["GOOD"]["HEALTH"] == "HEALTHY", listed["GOOD"]
    assert all(listed[name]["HEALTH"] == "ERROR" for name in STREAMS)
    good.close()
    assert s.stop() == 0
    return at


def a_slow_script_leaves_time(work, g, at):
    """A script that takes all its steps for each row, again and again, is slow
    for its own clients only."""
    s = Streamer(work, "SLOW", GOOD + """
stream("SPINS", "T") { terminateOnError = false,
  where = function(row) while true do end end }""", [g]).start().wait_up()
    insert(g, at + 1, at + BUSY)
    at += BUSY
    with Logon(s, "SPINS") as spins, Logon(s, "GOOD", FROM="live") as good:
        spins.step()
        for i in range(1, 21):
            insert(g, at + i, at + i)
            good.rows(at + i)
        said = s.list()["SPINS"]
        upto = said["LOGONS"][0]["UPTO"]
        assert 0 < said["ERRORS"] <= upto and spins.got == [], said
        # At its own pace it would have had them all by now: a row takes it
        # milliseconds, and the others wait for eight of them at most.
        assert upto < at, (upto, at)
    print("ok 20 live rows came while another stream's script was spinning "
          "(%d of %d rows)" % (upto, at))
    assert s.stop() == 0


def main():
    with fg.Work() as work:
        files_are_checked(work)
        files_do_not_start(work)
        g = work.gateway("GW")
        table(g)
        g.start()
        the_command_line(work, g)
        insert(g, 1, ROWS)
        at = rows_end_their_own_stream(work, g)
        a_slow_script_leaves_time(work, g, at)
        assert g.stop() == 0


main()
