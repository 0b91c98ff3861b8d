#!/usr/bin/env python3
"""SIGHUP: the files are read again. What did not change goes on, what did is
exchanged, and a fault in any file leaves all as it is."""
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from streams import Logon, Streamer, insert, table

fg.need("fixgated", "fixgate-streamer")

ODD = 'stream("ODD", "T") { where = function(row) return row.QTY % 2 == 1 end }\n'
EVEN = ODD.replace("== 1", "== 0")
BAD = 'stream("ODD", "T") { where = function(row) return row.QTY.X.Y end }\n'


class Two(Streamer):
    """A streamer of two files: lua is the first, more the second."""

    def __init__(self, work, name, lua, more, sources):
        self.more = work.path(name + "-more.lua")
        super().__init__(work, name, lua, sources, args=[self.more])
        self.write_more(more)

    def write_more(self, lua):
        with open(self.more, "w") as f:
            f.write(self.head.split("listen")[0] + lua)

    def hangup(self, says="the files were read again"):
        """Send SIGHUP; wait for this in the log, once more."""
        before = self.log().count(says)
        self.signal(signal.SIGHUP)
        fg.wait_until(lambda: self.log().count(says) > before, what=says)


def world(work, lua=ODD, more='stream("ALL", "T") {}\n'):
    g = work.gateway("GW")
    table(g)
    g.start()
    return g, Two(work, "ST", lua, more, [g]).start().wait_up()


def logon_at(s, stream, client="C", **how):
    """Log on as soon as the stream can be."""
    def there():
        c = Logon(s, stream, client, **how)
        if c.code is None:
            kept.append(c)
            return True
        assert c.ack["RETRY"], c.ack
        c.close()
        return False
    kept = []
    fg.wait_until(there, what="the logon to " + stream)
    return kept[0]


def test_exchange(work):
    """a stream whose file changed ends with STREAM_CHANGED and is there again
    with the new script; one of another file goes on with its logons"""
    g, s = world(work)
    insert(g, 1, 4)
    with Logon(s, "ODD") as odd, Logon(s, "ALL") as all_:
        assert [r[0] for r in odd.rows(4)] == [1, 3]
        all_.rows(4)
        s.write(EVEN)
        s.hangup()
        end = odd.ended()
        assert (end["CODE"], end["RETRY"]) == ("STREAM_CHANGED", True), end
        with logon_at(s, "ODD", AFTER=4) as even:
            insert(g, 5, 8)
            assert [r[0] for r in even.rows(8)] == [6, 8]
        assert [r[0] for r in all_.rows(8)] == list(range(1, 9))
        assert all_.end is None
    assert "of 2 streams 1 go on, and 1 are new or changed" in s.log()


def test_nothing(work):
    """without a change nothing ends"""
    g, s = world(work)
    with Logon(s, "ODD") as odd, Logon(s, "ALL") as all_:
        for _ in range(3):
            s.hangup()
        insert(g, 1, 4)
        assert [r[0] for r in odd.rows(4)] == [1, 3]
        all_.rows(4)
    assert "of 2 streams 2 go on, and 0 are new or changed" in s.log()


def test_faults(work):
    """a fault in any file: all of them are logged, and nothing is changed"""
    g, s = world(work)
    with Logon(s, "ODD") as odd, Logon(s, "ALL") as all_:
        s.write(EVEN)
        s.write_more('stream("ALL", "T") { wehre = 1 }\nstream(\n')
        s.hangup("the files have faults: nothing was changed")
        assert s.more + ":" in s.log(), s.log()
        os.unlink(s.more)
        s.hangup("the files have faults: nothing was changed")
        assert s.more + ": cannot be read" in s.log(), s.log()
        insert(g, 1, 4)
        assert [r[0] for r in odd.rows(4)] == [1, 3]
        all_.rows(4)


def test_new_and_gone(work):
    """streams that are new can be logged on to, with their cursors; those that
    are gone end with NO_STREAM, for good"""
    g, s = world(work)
    insert(g, 1, 4)
    with Logon(s, "ALL") as all_:
        all_.rows(4)
        s.write_more('stream("MORE", "T") {}\n')
        s.hangup()
        end = all_.ended()
        assert (end["CODE"], end["RETRY"]) == ("NO_STREAM", False), end
        with Logon(s, "ALL") as again:
            assert again.code == "NO_STREAM", again.ack
    with logon_at(s, "MORE") as more:
        more.rows(4)
        source = more.ack["SOURCE"]
    with Link(s.socket) as link:
        token = link.ask("CURSOR_GET", STREAM="MORE", CONSUMER="C",
                         KEY="C")[1]["TOKEN"]
        kind, said = link.ask("CURSOR_PUT", STREAM="MORE", CONSUMER="C",
                              KEY="C", SOURCE=source, SEQUENCE=3, TOKEN=token)
        assert kind == "ACK", said
    s.write_more('stream("MORE", "T") { batchSize = 2 }\n')
    s.hangup()
    # Not even the first one may be refused for good.
    with logon_at(s, "MORE", FROM="resume") as more:
        assert more.ack["AFTER"] == 3, more.ack
    assert sorted(s.list()) == ["MORE", "ODD"]


def test_revive(work):
    """a stream that terminateOnError ended is there again when its file has
    changed, and not before"""
    g, s = world(work, BAD)
    insert(g, 1, 1)
    with Logon(s, "ODD") as bad:
        assert bad.ended()["CODE"] == "STREAM_ENDED"
    s.hangup()
    with Logon(s, "ODD") as bad:
        assert bad.code == "STREAM_ENDED" and "SIGHUP" in bad.ack["TEXT"]
    s.write(ODD)
    s.hangup()
    with logon_at(s, "ODD") as odd:
        assert [r[0] for r in odd.rows(1)] == [1]
    assert s.list()["ODD"]["HEALTH"] == "HEALTHY"


def test_process(work):
    """a process at another address is asked from then on; one that is gone no
    more; a request that waits for its answer is told"""
    g, s = world(work)
    other = work.gateway("OTHER")
    table(other, "U")
    other.start()
    insert(other, 1, 2, "U")
    s.write_more('process("OTHER", "unix:%s")\nstream("U", "OTHER.U") {}\n' %
                 other.socket)
    s.hangup()
    with logon_at(s, "U") as u:
        u.rows(2)
        assert [p["PROCESS"] for p in status(s)] == ["GW", "OTHER"]
        other.signal(signal.SIGSTOP)
        with Link(s.socket) as link:
            ref = link.send("CURSOR_LIST", STREAM="U")
            link.ask("STATUS")  # it was read
            s.write_more('stream("ALL", "T") {}\n')
            s.hangup()
            kind, got, said = link.recv()
            assert (kind, got, said["CODE"]) == ("NACK", ref, "SOURCE_DOWN")
        other.signal(signal.SIGCONT)
        assert u.ended()["CODE"] == "NO_STREAM"
    assert [p["PROCESS"] for p in status(s)] == ["GW"]


def status(s):
    with Link(s.socket) as link:
        return link.ask("STATUS")[1]["PROCESSES"]


def test_view(work):
    """a view of another file that changes takes its streams with it"""
    g = work.gateway("GW")
    table(g)
    g.configure(open(g.conf).read() + "Key=ID\n")
    g.start()
    view = 'view("V", { from = "T", join = { T2 = { table = "T", on = "ID" } } })\n'
    s = Two(work, "ST", 'stream("W", "V") {}\nstream("ODD", "T") {}\n', view,
            [g]).start().wait_up()
    with logon_at(s, "W") as w, logon_at(s, "ODD") as odd:
        s.write_more(view + "-- other text\n")
        s.hangup()
        assert w.ended()["CODE"] == "STREAM_CHANGED"
        insert(g, 1, 1)
        odd.rows(1)
        with logon_at(s, "W") as again:
            again.rows(1)


def test_behind(work):
    """a client of a streamer behind it does not notice: it goes on with the
    rows of the new script"""
    g, s = world(work)
    edge = Streamer(work, "EDGE", 'stream("E", "ODD") {}\n', [s]).start()
    edge.wait_up()
    with logon_at(edge, "E") as e:
        insert(g, 1, 4)
        assert [r[0] for r in e.rows(4)] == [1, 3]
        s.write(EVEN)
        s.hangup()
        insert(g, 5, 8)
        assert [r[0] for r in e.rows(8)] == [1, 3, 6, 8]


def test_listen(work):
    """an address that is new is said to need a restart"""
    g, s = world(work)
    s.write_more('listen("unix:%s")\nstream("ALL", "T") {}\n' %
                 work.path("new.sock"))
    s.hangup()
    assert "is new: it is listened there after a restart only" in s.log()
    assert not os.path.exists(work.path("new.sock"))


def main():
    names = os.environ.get("FG_TEST", "").split()
    for name, test in sorted(globals().items()):
        if name.startswith("test_") and (not names or name in names):
            with fg.Work() as work:
                test(work)
                for p in work.procs:
                    if p.running():
                        assert p.stop() == 0, (p.name, p.log())
            print("ok %s: %s" % (name, " ".join(test.__doc__.split())))


main()
