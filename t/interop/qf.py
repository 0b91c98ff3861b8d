"""QuickFIX as the other side: building and driving qfpeer, and comparing what
both sides have kept.
"""

import fcntl
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from xml.etree import ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "lib"))
import fixgate as fg

# When its day begins, and its numbers with it: not while a test is at work.
DAY_BEGINS = time.strftime("%H:%M:%S", time.gmtime(time.time() + 12 * 3600))
HEADERS = ("/usr/include/quickfix", "/usr/local/include/quickfix")


def headers():
    """Where QuickFIX's headers are, or None."""
    for path in HEADERS:
        if os.path.exists(os.path.join(path, "Session.h")):
            return path
    return None


def build(name, folder="interop", link=()):
    """Compile t/FOLDER/NAME.cpp if it changed, with these files of the build;
    its path. Skips the test where there is no compiler or no QuickFIX."""
    cxx = shutil.which(os.environ.get("CXX", "g++"))
    if cxx is None or headers() is None:
        fg.skip("g++ and libquickfix-dev are needed")
    source = os.path.join(fg.SRC, "t", folder, name + ".cpp")
    out = os.path.join(fg.BUILD if link else fg.SHARED, "t", folder, name)
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        link = [os.path.join(fg.BUILD, f) for f in link]
        if not os.path.exists(out) or os.path.getmtime(out) < max(
                os.path.getmtime(f) for f in [source] + link):
            # Its headers use exception specifications, which C++17 dropped.
            subprocess.run([cxx, "-std=c++14", "-O2", "-w",
                            "-DHAVE_SSL=1", "-isystem", headers(), "-o", out + ".new", source] + link +
                           ["-lquickfix", "-lssl", "-lcrypto",
                            "-lpthread"], check=True)
            os.rename(out + ".new", out)
    return out


class Journal:
    """What a qfpeer logged of one run of numbers: from a reset to the next."""

    def __init__(self):
        self.came = []       # Msg from the counterparty, in order
        self.sent = []       # Msg handed to the socket, in order
        self.delivered = []  # (seq, dup, type) given to the application
        self.numbered = {}   # seq -> index of our application message
        self.events = []

    def add(self, kind, rest):
        if kind == "I":
            self.came.append(fg.Msg(rest))
        elif kind == "O":
            self.sent.append(fg.Msg(rest))
        elif kind == "D":
            seq, dup, msg_type = rest.split()
            self.delivered.append((int(seq), dup == "1", msg_type))
        elif kind == "S":
            seq, index = rest.split()
            assert int(seq) not in self.numbered, "number used twice"
            self.numbered[int(seq)] = int(index)
        else:
            self.events.append(rest)

    def is_answered(self):
        """Does it begin with a Logon that resets, and the answer?"""
        return bool(self.came and self.sent)


def read_journals(path):
    """One for each run of numbers: a Logon with 141=Y and its answer begin one,
    and a reset by command."""
    out = [Journal()]
    with open(path, encoding="latin-1", newline="\n") as f:
        for line in f:
            kind, rest = line[0], line[2:].rstrip("\n")
            if kind == "R":
                out.append(Journal())
                continue
            if kind in "IO" and fg.Msg(rest).get(141) == "Y" and \
                    (out[-1].is_answered() or len(out) == 1):
                out.append(Journal())
            out[-1].add(kind, rest)
    return out


def settings(s):
    """A settings file for QuickFIX out of one session's keys: some of them
    count for it only as defaults."""
    s = {k: v for k, v in s.items() if v is not None}
    s.update(StartTime=DAY_BEGINS, EndTime=DAY_BEGINS)
    del s["NonStopSession"]
    own = {k: s.pop(k) for k in ("BeginString", "SenderCompID",
                                 "TargetCompID")}
    return fg.settings(default=s, sessions=[own])


def shortened(work, path):
    """The dictionary with those messages only that a qfpeer gets: it reads that
    of 5.0SP2 for five seconds otherwise."""
    tree = ElementTree.parse(path)
    messages = tree.getroot().find("messages")
    for m in list(messages):
        if m.get("msgtype") not in ("D", "8"):
            messages.remove(m)
    out = work.path("short-" + os.path.basename(path))
    tree.write(out)
    return out


class Engine(fg.Proc):
    """A program that talks for an engine: commands on its standard input,
    answers on its output, a journal (see qfpeer.cpp)."""

    def __init__(self, work, name, argv):
        self.journal_path = work.path(name + ".journal")
        super().__init__(work, name, [a or self.journal_path for a in argv],
                         pipe=True)

    def start(self):
        super().start()
        self._lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.child.stdout,
                         self._lines), daemon=True).start()
        self.wait_line("ready")
        return self

    @staticmethod
    def _read(pipe, lines):
        try:
            for line in pipe:
                lines.put(line.decode().rstrip("\n"))
        except ValueError:
            pass  # closed by wait()
        lines.put(None)

    def cmd(self, text):
        self.child.stdin.write(text.encode() + b"\n")
        self.child.stdin.flush()

    def wait_line(self, prefix, limit=fg.LIMIT):
        """Read its output until a line begins with prefix; that line."""
        while True:
            try:
                line = self._lines.get(timeout=limit)
            except queue.Empty:
                raise fg.Timeout("%s: no %r" % (self.name, prefix)) from None
            assert line is not None, self.name + " ended"
            if line.startswith(prefix):
                return line

    def count(self):
        self.cmd("count")
        pairs = re.findall(r"(\w+)=(\d+)", self.wait_line("count"))
        return {k: int(v) for k, v in pairs}

    def quit(self):
        self.cmd("quit")
        status = self.wait()
        assert status == 0, "%s: status %d" % (self.name, status)

    def journals(self):
        return read_journals(self.journal_path)

    def journal(self):
        (one,) = self.journals()
        return one


class QuickFix(Engine):
    """A qfpeer with its settings, store and log in the work folder."""

    def __init__(self, work, name, role, sender, target, port, begin="FIX.4.4",
                 seed=1, **keys):
        conf = work.path(name + ".cfg")
        make = fg.initiator if role == "initiator" else fg.acceptor
        s = make(sender, target, port, begin)
        s.update({
            "FileStorePath": work.path(name + ".qfstore"),
            "ReconnectInterval": 1,
            "SocketNodelay": "Y",
            "UseDataDictionary": "Y",
        })
        s.update(keys)
        if s.get("AppDataDictionary"):
            s["AppDataDictionary"] = shortened(work, s["AppDataDictionary"])
        with open(conf, "w") as f:
            f.write(settings(s))
        super().__init__(work, name, [build("qfpeer"), conf, None, str(seed)])


# ---- what both sides have kept ----

def by_number(messages):
    out = {}
    for m in messages:
        out.setdefault(m.seq, []).append(m)
    return out


def is_gap_fill(m):
    return m.type == "4" and m.get(123) == "Y"


def check_in_order(rows, what):
    """Each number at most once, ascending, all in one epoch."""
    last = 0
    for r in rows:
        assert r["MSG_SEQ_NUM"] > last, \
            "%s: number %d after %d" % (what, r["MSG_SEQ_NUM"], last)
        last = r["MSG_SEQ_NUM"]
    assert len({r["EPOCH"] for r in rows}) <= 1, what + ": several epochs"


def skipped(events):
    """The numbers that SESSION_EVENT says the counterparty skipped."""
    gone = []
    for e in events:
        if e["EVENT"] == "numbers-skipped":
            gone += range(e["FIRST"], e["LAST"] + 1)
    return gone


def check_received(rows, events, journal):
    """FIX_IN of a session (what was processed in sequence) against what its
    counterparty sent: every number that it used once, in order, with its
    bytes, or in a numbers-skipped event. Returns how many application messages
    these are."""
    check_in_order(rows, "FIX_IN")
    sent = by_number(journal.sent)
    have = {r["MSG_SEQ_NUM"]: r for r in rows}
    for n, r in have.items():
        assert any(m.raw == r["FIX_DATA"] for m in sent.get(n, ())), \
            "FIX_IN %d is not what was sent: %s, sent %r" % (
                n, fg.bar(r["FIX_DATA"]), sent.get(n))
    used = sorted(list(have) + skipped(events))
    assert used == list(range(1, len(used) + 1)), \
        "numbers twice or missing: %r" % sorted(
            set(used) ^ set(range(1, max(used) + 1)))[:10]
    # A Logon that comes while the numbers are being reset is refused.
    late = [n for n in sent if n > len(used)
            and any(m.type != "A" for m in sent[n])]
    assert not late, "FIX_IN ends before %r" % late
    app = [n for n, r in have.items() if not r["ADMIN"]]
    assert sorted(journal.numbered) == app, \
        "application messages: %r" % sorted(
            set(journal.numbered) ^ set(app))[:10]
    return len(app)


def check_one_content(journal):
    """No number of ours was seen with two contents."""
    for n, messages in by_number(journal.came).items():
        if len(messages) == 1:
            continue
        seen = {m.content() for m in messages if not is_gap_fill(m)}
        assert len(seen) <= 1, "number %d with two contents: %r" % (n, messages)


def skipped_by_logouts(missing, journal):
    """QuickFIX counts a Logout as the next number even if it is a later one:
    when we log out while it waits for a resend, it never asks for the number
    that it then expected. Are the missing ones such numbers: never delivered,
    one for each such Logout at most, and asked for from the next one on?"""
    logouts = [m.seq for m in journal.came if m.type == "5"]
    events = "\n".join(journal.events)
    return len(missing) <= len(logouts) and all(
        any(seq > n for seq in logouts) and
        "expecting %d but received" % (n + 1) in events for n in missing)


def check_sent(rows, journal, as_they_come=False):
    """FIX_OUT of a session against what its counterparty received: every
    application message delivered there once, in order, with its content; or,
    by an engine that delivers them as they come, at least once. Returns how
    many these are."""
    check_in_order(rows, "FIX_OUT")
    check_one_content(journal)
    came = by_number(journal.came)
    app = [r for r in rows if not r["ADMIN"]]
    got = [seq for seq, _, _ in journal.delivered]
    if as_they_come:
        got = sorted(set(got))
    missing = {r["MSG_SEQ_NUM"] for r in app} - set(got)
    if missing and skipped_by_logouts(missing, journal):
        print("skipped by QuickFIX at a Logout: %r" % sorted(missing))
        app = [r for r in app if r["MSG_SEQ_NUM"] not in missing]
    assert got == [r["MSG_SEQ_NUM"] for r in app], \
        "delivered are not the numbers of FIX_OUT: %r" % (
            sorted(set(got) ^ {r["MSG_SEQ_NUM"] for r in app})[:10])
    for r in app:
        kept = fg.Msg(r["FIX_DATA"])
        for m in came[r["MSG_SEQ_NUM"]]:
            if m.raw != kept.raw and not is_gap_fill(m):
                assert m.content() == kept.content(), \
                    "FIX_OUT %d is not what came: %r" % (m.seq, m)
    return len(app)


# ---- messages of ours, as lines for fixgatectl send ----

# A version is a BeginString, or for FIXT.1.1 the version of what it carries.
VERSIONS = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIX.5.0",
            "FIX.5.0SP1", "FIX.5.0SP2")
OLD = VERSIONS[:2]
TIME = "20260105-09:00:00"


def begin_string(version):
    return "FIXT.1.1" if version.startswith("FIX.5.0") else version


def fixt_keys(version):
    """The keys of a session that a version over FIXT.1.1 needs; the same ones
    for QuickFIX and for us."""
    if begin_string(version) == version:
        return {}
    return {"DataDictionary": None, "DefaultApplVerID": version,
            "TransportDataDictionary": fg.dictionary("FIXT.1.1"),
            "AppDataDictionary": fg.dictionary(version)}


def order_line(version, prefix, index):
    """Even indices as NAME=VALUE pairs, odd ones raw."""
    values = [("ClOrdID", 11, "%s-%d" % (prefix, index)),
              ("HandlInst", 21, "1"),
              ("OrderQty", 38, str(100 + index % 900)),
              ("OrdType", 40, "2"),
              ("Price", 44, "%d.%02d" % (1 + index % 500, index % 100)),
              ("Side", 54, "12"[index % 2]),
              ("Symbol", 55, "SYM%d" % (index % 97))]
    if version not in OLD:
        values.append(("TransactTime", 60, TIME + ".000"))
    if index % 4 == 0:
        return "MsgType=D " + " ".join("%s=%s" % (n, v) for n, _, v in values)
    return "35=D|" + "".join("%d=%s|" % (t, v) for _, t, v in values)


def report_line(version, prefix, index):
    name = "%s-%d" % (prefix, index)
    # ExecID is a number in FIX.4.0.
    values = [(6, "0"), (11, name), (14, "0"),
              (17, str(index) if version == "FIX.4.0" else "E" + name),
              (37, "O" + name), (38, "1000"), (39, "0"), (54, "1"),
              (55, "SYM%d" % (index % 89))]
    if version in VERSIONS[:3]:
        values.append((20, "0"))
    if version in OLD:
        values += [(31, "0"), (32, "0")]
    else:
        values.append((60, TIME + ".000"))
    if version != "FIX.4.0":
        values += [(150, "0"), (151, "1000")]
    return "35=8|" + "".join("%d=%s|" % v for v in values)


def lines(version, prefix, first, count):
    """Orders and reports in turn."""
    return [(report_line if i % 2 else order_line)(version, prefix, i)
            for i in range(first, first + count)]
