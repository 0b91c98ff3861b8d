#!/usr/bin/env python3
"""role() of Lua files: who may read which streams, keep cursors and operate at a
fixgate-streamer, and ask a fixgate-client, by user and by certificate."""

import os
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"),
                os.path.join(HERE, "..", "client")]
import cases
import fixgate as fg
import tls
from clients import Book
from link import Link, SecuredLink
from streams import Client, Logon, Streamer, insert, table

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
ME = str(os.getuid())
STREAMS = 'stream("ORDERS", "g.T") { maxLogons = 9 }\n' \
    'stream("OTHERS", "g.U") { maxLogons = 9 }\n'
NOBODY = 'users = 4294967294'
# What a streamer answers, and what somebody needs for it: read of a stream, of
# all, anything, or operate.
OPERATES = ("CURSOR_CLEAR", "QUARANTINE_RETRY", "QUARANTINE_DROP")
READS = ("CURSOR_GET", "CURSOR_PUT", "EVENT_PARK", "QUARANTINE_DONE",
         "QUARANTINE_LIST", "QUARANTINE_PENDING", "STREAM_LOGON")
ANY = ("CURSOR_LIST", "SESSIONS", "STATUS", "STREAM_LIST", "TABLES")


def streamer(work, roles, args=(), listen="", rights=""):
    """Of a gateway with the tables T and U."""
    g = work.gateway("g", sessions=[
        fg.acceptor("EXCH", "A", fg.free_port(), SessionName="A")])
    table(g)
    table(g, "U")
    with open(g.conf, "a") as f:
        f.write(rights)
    fg.Proc.start(g)
    fg.wait_until(lambda: os.path.exists(g.socket) and
                  "ready" in g.log())
    s = Streamer(work, "s", "", [g], args)
    s.head += listen
    s.g = g
    s.write(roles + STREAMS)
    return s.start().wait_up()


def again(s, roles, text=STREAMS):
    """SIGHUP, with other roles; the streams are in the same file."""
    before = s.log().count("files were read again")
    s.write(roles + text)
    s.signal(signal.SIGHUP)
    fg.wait_until(lambda: s.log().count("files were read again") > before)


def refused(got, *want):
    kind, said = got
    assert kind in ("NACK", "EVENT_NACK"), got
    assert said["CODE"] == "NO_RIGHT" and not said["RETRY"], got
    for w in want:
        assert w in said["TEXT"], (w, said)


def allowed(got):
    assert got[1].get("CODE") != "NO_RIGHT", got


def logon(link, stream, client="C"):
    return link.ask("STREAM_LOGON", STREAM=stream, CLIENT=client,
                    FROM="beginning", CREDIT=1)


def gets_on(link, stream, client="C"):
    """A stream that was exchanged has to find its table first."""
    fg.wait_until(lambda: logon(link, stream, client)[0] ==
                  "STREAM_LOGON_ACK")


def source(s, name="ORDERS"):
    fg.wait_until(lambda: s.list()[name]["SOURCE"])
    return s.list()[name]["SOURCE"]


@cases.always
def Without_roles(work):
    """At the socket everything; over TLS everything but operate."""
    tls.need()
    port = fg.free_port()
    to = work.path("tls")
    os.mkdir(to)
    for a, b in (("server.pem", "cert.pem"), ("server.key", "key.pem"),
                 ("ca.pem", "ca.pem")):
        shutil.copy(os.path.join(tls.certs(work), a), os.path.join(to, b))
    s = streamer(work, "", ("-T", to), 'listen("tls:127.0.0.1:%d")\n' % port)
    with Link(s.socket) as near, SecuredLink(work, port, "client") as far:
        for kind in OPERATES + READS + ANY:
            allowed(near.ask(kind, CONSUMER="C", STREAM="ORDERS"))
        for kind in READS + ANY:
            allowed(far.ask(kind, CONSUMER="C", STREAM="ORDERS"))
        for kind in OPERATES:
            refused(far.ask(kind, STREAM="ORDERS"), "operate = true",
                    "CN=BANZAI", "has no role", "role() of its Lua files")
        refused(far.ask("CURSOR_PUT", STREAM="ORDERS", CONSUMER="C", KEY="K",
                        SOURCE=source(s), SEQUENCE=0, FORCE=True),
                "operate = true")
        # By its name; * is for those that no other role names.
        again(s, 'role("desk") { certificates = { "X", "BANZAI" }, '
              'read = "OTHERS" }\n'
              'role("rest") { certificates = "*", operate = true }\n')
        with SecuredLink(work, port, "other") as other:
            gets_on(far, "OTHERS", "D")
            refused(logon(far, "ORDERS"), 'read = "ORDERS"', "role desk")
            refused(logon(other, "OTHERS"), "CN=OTHER", "role rest")
            allowed(other.ask("CURSOR_CLEAR", STREAM="ORDERS"))
            allowed(other.ask("STREAM_LIST"))
        # Nobody has a user there, and the roles name no user.
        gets_on(near, "ORDERS", "E")


@cases.always
def Streams(work):
    """read: what is listed, and nothing about others."""
    s = streamer(work, 'role("r") { users = %s, read = { "ORDERS", "X*" } }\n'
                 'role("rest") { users = "*", read = "all", operate = true }\n'
                 % ME)
    insert(s.g, 1, 3)
    with Link(s.socket) as link:
        gets_on(link, "ORDERS")
        refused(logon(link, "OTHERS"), 'read = "OTHERS"',
                "uid %s has role r" % ME)
        for kind in ANY:
            allowed(link.ask(kind))
        for kind in OPERATES:
            refused(link.ask(kind, STREAM="ORDERS"), "operate = true")
        refused(link.ask("QUARANTINE_LIST", STREAM="ORDERS"),
                'read = "QUARANTINE"')
        # Its own cursors only: of its stream, by whatever word.
        own, strange = source(s), source(s, "OTHERS")
        who = {"CONSUMER": "C", "KEY": "K"}
        put = dict(who, SEQUENCE=1)
        assert link.ask("CURSOR_PUT", STREAM="ORDERS", SOURCE=own,
                        **put)[0] == "ACK"
        kind, said = link.ask("CURSOR_GET", STREAM="ORDERS", TABLE="U", **who)
        assert kind == "CURSOR_ACK" and said["SOURCE"] == own, said
        refused(link.ask("CURSOR_PUT", STREAM="ORDERS", SOURCE=strange, **put))
        refused(link.ask("CURSOR_PUT", STREAM="OTHERS", SOURCE=own, **put))
        refused(link.ask("CURSOR_PUT", SOURCE=own, **put), 'read = "*"')
        refused(link.ask("CURSOR_GET", TABLE="T", **who))
        refused(link.ask("CURSOR_PUT", STREAM="ORDERS", SOURCE=own,
                         FORCE=True, REASON="x", **put), "operate = true")
        for kind in ("EVENT_PARK", "QUARANTINE_DONE", "QUARANTINE_PENDING"):
            allowed(link.ask(kind, STREAM="ORDERS", SOURCE=own, **who))
            refused(link.ask(kind, STREAM="OTHERS", **who))
            refused(link.ask(kind, **who))
        refused(link.ask("EVENT_PARK", STREAM="ORDERS", SOURCE=strange, **who))
        # Told once for a right, not each time.
        n = s.log().count("refused: STREAM_LOGON")
        for _ in range(20):
            refused(logon(link, "OTHERS"))
        assert n <= 1 and s.log().count("refused: STREAM_LOGON") == n
    # Two roles are taken together.
    again(s, 'role("r") { users = %s, read = "ORDERS" }\n'
          'role("q") { users = { "root", %s }, read = { "OTHERS" } }\n' %
          (ME, ME))
    with Link(s.socket) as link:
        gets_on(link, "ORDERS")
        gets_on(link, "OTHERS")
        refused(link.ask("CURSOR_CLEAR"), "role r, role q")


@cases.always
def A_right_is_taken_away(work):
    """Who is logged on is logged off; others do not notice."""
    s = streamer(work, "", listen='listen("unix:%s")\n' % work.path("s2"))
    # The streams stay in their file, as they are.
    roles = work.path("roles.lua")
    with open(roles, "w") as f:
        f.write("")
    s.stop()
    s.argv.append(roles)
    s.start().wait_up()
    with Logon(s, "ORDERS") as one, Logon(s, "OTHERS") as two:
        insert(s.g, 1, 3)
        assert len(one.rows(3)) == 3
        before = s.log().count("files were read again")
        with open(roles, "w") as f:
            f.write('role("r") { users = %s, read = "OTHERS" }\n' % ME)
        s.signal(signal.SIGHUP)
        fg.wait_until(lambda: s.log().count("files were read again") > before)
        end = one.ended()
        assert end["CODE"] == "NO_RIGHT" and 'read = "ORDERS"' in end["TEXT"]
        insert(s.g, 1, 2, "U")
        assert len(two.rows(2)) == 2
    assert s.list().keys() == {"ORDERS", "OTHERS"}


@cases.always
def A_client_of_the_streamer(work):
    """fixgate-client says why it does not get on, and does when it may. The
    streamer itself needs no more at the gateway than to read the table: what
    the client puts aside gets there."""
    s = streamer(work, 'role("r") { %s, read = "all" }\n'
                 'role("q") { users = %s, read = "OTHERS" }\n' % (NOBODY, ME))
    insert(s.g, 1, 3)
    with open(s.g.conf, "a") as f:
        f.write("\n[ROLE s]\nUsers=%s\nRead=T, QUARANTINE\n" % ME)
    s.g.signal(signal.SIGHUP)
    with Link(s.g.socket) as link:
        fg.wait_until(lambda: link.ask("READ", TABLE="U")[0] == "NACK")
    book = Book(work)
    book.say('{"nack": N, "text": "no"}', [2])
    c = Client(work, "c", 'streamerClient("C") { dataSource = { "S", "ORDERS" '
               '}, startAt = "beginning", onMessage { send("B", "ROW") } }\n',
               {"S": "unix:" + s.socket, "B": book.address}).start()
    fg.wait_until(lambda: 'needs the right read = "ORDERS"' in c.log())
    assert not book.rows()
    again(s, 'role("q") { users = %s, read = "ORDERS" }\n' % ME)
    fg.wait_until(lambda: book.rows() == [1, 2, 3] and c.is_live("C"))
    parked = s.g.ctl_json("quarantine", "list", "--json")
    assert [(r["CONSUMER"], r["ROW_SEQUENCE"]) for r in parked] == \
        [("C", 2)], parked
    assert c.stop() == 0


@cases.always
def Clients(work):
    """Who may ask a client how it is."""
    s = streamer(work, "")
    c = Client(work, "c", "", {"S": "unix:" + s.socket,
                               "G": "unix:" + s.g.socket})
    text = 'streamerClient("C") { dataSource = { "S", "ORDERS" }, startAt = ' \
        '"beginning", onMessage { send("G", "EVENT_TABLE_INSERT", ' \
        'function(r) return { TABLE = "U", ID = r.ID } end) } }\n'
    c.write('role("r") { users = %s, operate = true }\n' % ME + text)
    c.start()
    fg.wait_until(lambda: c.state("C") != "")

    def ask(*args):
        r = subprocess.run([fg.program("fixgatectl"), *args],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=60)
        return r.returncode, r.stdout.decode()
    at = ("--process", "unix:" + c.socket)
    with Link(c.socket) as link:
        for kind in ("CLIENT_LIST", "STATUS"):
            assert link.ask(kind)[0] == kind + "_ACK"
        for roles in ('role("r") { %s, operate = true }\n'
                      'role("rest") { users = "*" }\n' % NOBODY,
                      'role("r") { users = %s }\n' % ME):
            c.write(roles + text)
            c.signal(signal.SIGHUP)
            fg.wait_until(lambda: link.ask("STATUS")[0] == "NACK")
            for kind in ("CLIENT_LIST", "STATUS"):
                refused(link.ask(kind), "read or operate", "uid " + ME)
            status, said = ask("clients", *at)
            assert status == 3 and "NO_RIGHT" in said, said
            c.write(text)
            c.signal(signal.SIGHUP)
            fg.wait_until(lambda: link.ask("STATUS")[0] == "STATUS_ACK")


@cases.always
def Mistakes(work):
    """Each is named with its line."""
    for program, tail in (
            ("fixgate-streamer", 'stream("A", "g.T") { }\n'),
            ("fixgate-client", 'streamerClient("C") { dataSource = { "g", '
             '"A" }, startAt = "live", onMessage { send("g", "E") } }\n')):
        path = work.path("bad.lua")
        for text, want in (
                ('role("a") { read = "all" }' if "streamer" in program else
                 'role("a") { operate = true }', "nobody has it"),
                ('role("a")', "{ ... } is missing"),
                ('role() { users = "*" }', "the name is missing"),
                ('role("a") { users = "*", reads = "A" }', 'no option "reads"'),
                ('role("a") { users = "no-such-user" }',
                 "has no user no-such-user"),
                ('role("a") { users = { } }', "the list is empty"),
                ('role("a") { users = { "root", {} } }', "must be a text"),
                ('role("a") { users = "root, me" }', "is not one name"),
                ('role("a") { users = "*", operate = "Y" }', "true or false"),
                ('role("a") { certificates = 1 }', "must be a text"),
                ('role("a") { users = "*" } role("a") { users = "*" }',
                 "declared twice (first in ")):
            with open(path, "w") as f:
                f.write('process("g", "unix:x")\nlisten("unix:y")\n' + text +
                        "\n" + tail)
            r = subprocess.run([fg.program(program), "-n", path],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=60)
            said = r.stdout.decode()
            assert r.returncode == 1 and want in said and \
                "bad.lua:3: " in said, (program, text, said)


cases.run(globals())
