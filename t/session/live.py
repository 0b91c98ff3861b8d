"""The scenarios over real sockets: one fixgated with a session for each
scenario and version, a socket for the peer, fixgatectl for what the application
sends. Sent messages are compared field by field; only the times may differ
(their form may not), and with them nothing else: BodyLength and CheckSum are
held against the bytes. Arguments: the files to play, else all.

What cannot be played is named: an initiator's side, long waits, a time on the
very edge ("# clock"), rows given one by one, what an operator or the schedule
does in the middle. What a scenario says of rows and events is looked at when
the machine plays it, not here."""

import os
import re
import string
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

LONGEST = 40     # seconds of waiting that a scenario may ask for
ANSWER = fg.LIMIT  # seconds for an answer that is due at once
EARLY = 0.3      # seconds that a timer may seem early, seen from here
AT_ONCE = 150    # scenarios; most of them wait

HERE = Path(fg.SRC) / "t" / "session"
FIXT = ["5.0", "5.0SP1", "5.0SP2"]
GROUPS = {"all": ["4.0", "4.1", "4.2", "4.3", "4.4"] + FIXT, "fixt": FIXT}
APPL_VER_ID = {"5.0": "7", "5.0SP1": "8", "5.0SP2": "9"}
VERSION_OF = {v: k for k, v in APPL_VER_ID.items()}
SECOND = string.ascii_letters + string.digits
SORTED = (34, 43, 49, 50, 52, 56, 57, 97, 115, 116, 122, 128, 129, 144, 145)
# A session's second connection is refused by the gateway, the machine has one.
LOGON = ["< 35=A|34=1|98=0|108=30|$1137", "> 35=A|34=1|98=0|108=30|$1137"]
SECOND_CONNECTION = {
    "1b_DuplicateIdentity": ["versions all", "set ResetOnLogon=Y"] + LOGON +
                            ["second", "! close", "! connect"] + LOGON +
                            ["end"],
    "AlreadyLoggedOn": ["versions all", "set ResetOnLogon=Y"] + LOGON +
                       ["second", "end"],
}
REJECT = {
    0: "Invalid tag number", 1: "Required tag missing",
    2: "Tag not defined for this message type",
    4: "Tag specified without a value",
    5: "Value is incorrect (out of range) for this tag",
    6: "Incorrect data format for value", 9: "CompID problem",
    10: "SendingTime accuracy problem", 11: "Invalid MsgType",
    13: "Tag appears more than once",
    14: "Tag specified out of required order",
    16: "Incorrect NumInGroup count for repeating group",
}


def seconds(text):
    return float(text[:-2]) / 1000 if text.endswith("ms") else \
        float(text[:-1])


def waits(lines):
    return sum(seconds(l[2:]) for l in lines if l.startswith("+ "))


def why_not(lines):
    """Why it is not played here, or None."""
    if "role initiator" in lines:
        return "the initiator's side"
    if any(l.startswith("set PauseRows") for l in lines):
        return "rows one by one"
    if any(l.startswith("set LogonFields") for l in lines):
        return "fields of our Logon"
    if any(re.match("! (?!close$|connect$)", l) for l in lines):
        return "an operator or the schedule in the middle"
    if "# clock" in lines:
        return "a time on the edge"
    if waits(lines) > LONGEST:
        return "a wait of %g s" % waits(lines)
    return None


class Live:
    """One scenario in one version."""

    def __init__(self, case, lines, version, number):
        self.case, self.lines, self.version = case, lines, version
        # As long as "TW", and nobody's who is not to be known.
        self.id = string.ascii_lowercase[number // len(SECOND)] + \
            SECOND[number % len(SECOND)]
        self.sub = None     # ours
        self.name = "%s.%s" % (case, version)
        self.fixt = version in FIXT
        self.begin = "FIXT.1.1" if self.fixt else "FIX." + version
        self.appl = APPL_VER_ID.get(version)
        self.old = version in ("4.0", "4.1")
        self.peer = fg.Peer(self.id, "ISLD", self.begin)
        self.next_in = self.next_out = 1
        self.wait = 0       # seconds that pass until what comes next
        self.since = 0      # when they began, at the latest: seen from here
        self.moved = 0      # ... at the earliest, at the gateway

    def settings(self, port):
        # The order of a body is the gateway's, not the session machine's.
        keys = {"SessionName": self.name, "SendWhenLoggedOff": "number",
                "PreserveMessageFieldsOrder": "Y",
                "DataDictionary": None, "SocketAcceptPort": port,
                "ConnectionType": "acceptor", "HeartBtInt": None}
        for line in self.lines:
            if not line.startswith("set "):
                continue
            key, _, value = line[4:].partition("=")
            if key == "SenderSubID":
                self.sub = value
            if key != "Appl":
                keys[key] = value
                continue
            self.appl = value[0]
            for one in value[1:]:
                version = "FIX." + VERSION_OF[one]
                keys["AppDataDictionary." + version] = fg.dictionary(version)
        if self.fixt:
            keys["DefaultApplVerID"] = self.appl
        return fg.session("ISLD", self.id, self.begin, **keys)

    def fail(self, text):
        raise AssertionError("%s.fix:%d: FIX %s: %s" % (
            self.case, self.at, self.version, text))

    # fields

    def now(self, offset="0s"):
        text = fg.utc(self.instant + seconds(offset))
        return text[:17] if self.old else text

    def value(self, tag, text):
        if text.startswith("@"):
            return self.now(text[1:] or "0s")
        if tag in (49, 56) and text == "TW":
            return self.id
        return {"$V": self.begin,
                "$END": "999999" if self.old else "0"}.get(text, text)

    def read(self, line):
        """(tag, text) of each field; a left-out one has a negative tag."""
        out = []
        for f in line.split("|"):
            tag, eq, text = f.partition("=")
            if eq:
                out.append((int(re.match(r"-?\d+", tag)[0]), text))
            elif f == "$60":
                out += [] if self.old else [(60, "@")]
            elif f == "$1137":
                out += [(1137, self.appl)] if self.fixt else []
            else:
                out.append((-1000 + int(tag), ""))
        return out

    @staticmethod
    def fill(fields, tag, text):
        """Behind 35 and the header fields with lower tags."""
        if any(t in (tag, -1000 - tag) for t, _ in fields):
            return
        at = 1
        while at < len(fields) and fields[at][0] in SORTED and \
                fields[at][0] < tag:
            at += 1
        fields.insert(at, (tag, text))

    # lines

    def receive(self, line):
        self.instant = time.time()      # one for all times of the message
        fields = self.read(line)
        given = dict(fields).get(34)
        if given is not None:
            self.next_in = int(given) + 1
        else:
            self.fill(fields, 34, str(self.next_in))
            if all(t != -1034 for t, _ in fields):
                self.next_in += 1
        self.fill(fields, 49, self.id)
        self.fill(fields, 52, "@")
        self.fill(fields, 56, "ISLD")
        if self.sub is not None:
            self.fill(fields, 57, self.sub)
        own = {t: self.value(t, v) for t, v in fields if t in (8, 9, 10)}
        body = "".join("%d=%s\x01" % (t, self.value(t, v)) for t, v in fields
                       if t not in (8, 9, 10) and t > -1000)
        length = own.get(9, "+0")
        if length.startswith("+"):      # more than it is, or "+-1" less
            length = len(body) + int(length[1:])
        msg = "8=%s\x019=%s\x01%s" % (own.get(8, self.begin), length, body)
        total = "%03d" % (sum(msg.encode("latin-1")) % 256)
        msg += "10=%s\x01" % own.get(10, total)
        self.peer.raw(msg.encode("latin-1"))

    def receive_raw(self, line):
        """These very bytes, but for our name; a right CheckSum stays right."""
        was = fg.soh(line.replace("$V", self.begin))
        msg = was.replace("\x0149=TW\x01", "\x0149=%s\x01" % self.id)
        at = was.rindex("10=")
        if "%03d" % (sum(was[:at].encode("latin-1")) % 256) == was[at + 3:-1]:
            msg = msg[:at] + "10=%03d\x01" % (
                sum(msg[:at].encode("latin-1")) % 256)
        self.peer.raw(msg.encode("latin-1"))

    def due(self):
        """Seconds until what comes next may come."""
        wait, self.wait = self.wait, 0
        return wait

    def take(self):
        """The next message or None, and not before its time."""
        wait = self.due()
        m = self.peer.recv(wait + ANSWER)
        self.moved += wait
        if wait and time.monotonic() < self.moved - EARLY:
            self.fail("too early: %r" % m)
        return m

    def expect(self, line):
        fields = self.read(line)
        given = dict(fields)
        if 34 in given and 43 not in given:
            self.next_out = int(given[34])
        self.fill(fields, 34, str(self.next_out))
        if 43 not in given:
            self.next_out += 1
        self.fill(fields, 49, "ISLD")
        self.fill(fields, 52, "@")
        self.fill(fields, 56, self.id)
        m = self.take()
        if m is None:
            self.fail("closed instead of " + line)
        if fg.frame(m.get(8), m.raw[m.raw.index("\x0135=") + 1:
                                    m.raw.rindex("10=")]) != m.raw:
            self.fail("wrong BodyLength or CheckSum: %r" % m)
        have = [f for f in m.fields if f[0] not in (9, 10)]
        want = [(8, self.begin)] + fields
        if len(have) != len(want) or not all(map(self.same, want, have)):
            self.fail("wrong message\n  sent     %r\n  expected %s" % (
                m, "|".join("%d=%s" % f for f in want)))

    def same(self, want, have):
        if want[0] != have[0]:
            return False
        if want[1].startswith("@"):
            form = r"\d{8}-\d\d:\d\d:\d\d" + ("" if self.old else r"\.\d{3}")
            return re.fullmatch(form, have[1]) is not None
        return self.value(*want) == have[1]

    def reject(self, line):
        number, kind, code, tag, *head = line.split()
        text = REJECT[int(code)]
        out = "35=3|%s45=%s|58=" % (head[0] + "|" if head else "", number)
        if self.old:
            self.expect(out + text + ("" if tag == "-" else " (%s)" % tag))
            return
        out += text + ("" if tag == "-" else "|371=" + tag) + "|372=" + kind
        if self.version != "4.2" or int(code) <= 11:
            out += "|373=" + code
        self.expect(out)

    def closed(self):
        m = self.take()
        if m is not None:
            self.fail("not closed, but %r" % m)
        self.disconnect()

    def disconnect(self):
        self.peer.close()
        time.sleep(0.2)     # the gateway sees it before what follows

    def second(self):
        """The same Logon on another connection: closed without a byte."""
        with fg.Peer(self.id, "ISLD", self.begin) as other:
            other.connect(self.port)
            other.send("A", "98=0|108=30|" + (
                "1137=%s|" % self.appl if self.fixt else ""))
            m = other.recv(ANSWER)
            if m is not None:
                self.fail("the second connection got %r" % m)

    def settle(self):
        """Nothing may be left when anything else happens."""
        wait = self.due()
        if wait:
            time.sleep(max(0, self.since + wait - time.monotonic()))
        if self.peer.sock is None:
            return
        try:
            m = self.peer.recv(0.001)
        except fg.Timeout:
            return
        if m is not None:
            self.fail("sent and not expected: %r" % m)

    def macro(self, *lines):
        for line in lines:
            self.line(line)

    def line(self, line):
        kind, _, rest = line.partition(" ")
        if kind == ">":
            self.expect(rest)
        elif kind == "reject":
            self.reject(rest)
        elif kind == "x":
            self.closed()
        elif kind == "+":
            if not self.wait:
                self.settle()
                self.since = time.monotonic()
            self.wait += seconds(rest)
        elif kind == "second":
            self.second()
        elif kind == "logon":
            self.macro("< 35=A|98=0|108=30|$1137", "> 35=A|98=0|108=30|$1137")
        elif kind == "end":
            self.macro("< 35=5", "> 35=5", "x")
        elif kind in ("<", "<<", "s", "!"):
            self.settle()
            self.act(kind, rest)
        elif kind not in ("in", "other", "event", "no"):
            self.fail("unknown line: " + line)

    def act(self, kind, rest):
        self.moved = time.monotonic()
        if kind == "<":
            self.receive(rest)
        elif kind == "<<":
            self.receive_raw(rest)
        elif kind == "s":
            time.sleep(0.1)     # behind what the peer sent
            self.gw.ctl("send", self.name, "--raw", "35=" + rest)
        elif rest == "close":
            self.disconnect()
        else:
            self.peer.connect(self.port)

    def play(self, gw, port):
        self.gw, self.port = gw, port
        self.at = 0
        self.moved = time.monotonic()
        try:
            self.peer.connect(port)
            for self.at, line in enumerate(self.lines, 1):
                if line and not re.match("#|versions |set |role ", line):
                    self.line(line)
            self.settle()
        except (fg.Timeout, fg.CtlError, OSError) as e:
            self.fail(str(e))
        finally:
            self.peer.close()


def scenarios(paths):
    """All that can be played; the others are named."""
    plays, skipped = [], {}
    texts = {p.stem: p.read_text().splitlines() for p in paths}
    for name, lines in sorted({**SECOND_CONNECTION, **texts}.items()):
        why = why_not(lines)
        if why is not None:
            skipped.setdefault(why, []).append(name)
            continue
        versions = ["4.2", "4.4"]
        for line in lines:
            if line.startswith("versions "):
                versions = sum([GROUPS.get(w, [w])
                                for w in line.split()[1:]], [])
        for v in versions:
            plays.append(Live(name, lines, v, len(plays)))
    for why, names in sorted(skipped.items()):
        print("not played, %s: %s" % (why, " ".join(names)))
    return plays


def main():
    fg.need("fixgated", "fixgatectl")
    plays = scenarios([Path(a) for a in sys.argv[1:]] or
                      sorted(HERE.glob("*.fix")))
    failed = []
    lock = threading.Lock()

    def play(p):
        try:
            p.play(gw, port)
        except AssertionError as e:
            with lock:
                failed.append(str(e))

    with fg.Work() as work:
        port = fg.free_port()
        gw = work.gateway(
            "gw", gateway={"DictionaryPath": os.path.join(fg.SRC, "dict"),
                           "Durability": "written"},
            sessions=[p.settings(port) for p in plays]).start()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(play, sorted(plays, key=lambda p: -waits(p.lines))))
        print("%d played, %d failed" % (len(plays), len(failed)))
        if failed:
            print("\n".join(sorted(failed)))
            sys.exit(1)
        assert gw.stop() == 0


if __name__ == "__main__":
    main()
