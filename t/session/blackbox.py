"""A fixgated with all sessions on one port, an echo of orders behind it that
tails FIX_IN and sends through the link, and blackbox.txt played against it over
real sockets: byte by byte but for the times, case after case on the same
session, the versions side by side. Arguments: the cases to play, else all but
the slow ones, or --all."""

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live
from live import fg
import link

NAMES = dict([(v, "TW" + v.replace(".", "")) for v in live.GROUPS["all"]],
             TW="TW", NO_CHECK_FIELDS_HAVE_VALUES="NO_CHECK_FIELDS_HAVE_VALUES")
TIME = "60=20260105-09:00:00"    # a given one: the echo must have the same
ECHOED = ("D", "d", "C")
DROPPED = (8, 9, 10, 34, 35, 43, 49, 52, 56, 122)


class Case(live.Live):
    """A case on the session of a version, or on one of the named ones."""

    def __init__(self, name, lines, which):
        version = which if which in live.GROUPS["all"] else "4.4"
        super().__init__(name, lines, version, 0)
        self.id = NAMES[which]
        self.peer = fg.Peer(self.id, "ISLD", self.begin)

    def value(self, tag, text):
        if text == "$OTHER":
            return "FIX.4.0" if self.version == "4.1" else "FIX.4.1"
        if text == "$TYPE":
            return "FUT" if self.version == "4.2" else "CS"
        return super().value(tag, text)

    def disconnect(self):
        """The next connection may follow at once."""
        self.peer.close()

    def rejected(self, number, kind, code, tag):
        text = live.REJECT[int(code)]
        if self.old:
            return "45=%s|58=%s%s" % (
                number, text, "" if tag == "-" else " (%s)" % tag)
        return "45=%s|58=%s%s|372=%s%s" % (
            number, text, "" if tag == "-" else "|371=" + tag, kind,
            "" if self.version == "4.2" and int(code) > 11 else
            "|373=" + code)

    def read(self, line):
        at = "" if self.old else "|" + TIME
        line = re.sub(r"\$R:(\w+):(.):(\d+):(-?\d+|-)",
                      lambda m: self.rejected(*m.groups()), line)
        line = line.replace("$D", "11=id|21=1|38=100|40=1|54=1|55=INTC" + at)
        line = line.replace("$W", "11=id|21=1|38=100|40=w|54=1|55=INTC" + at)
        line = line.replace("|$F60", at)
        return super().read(line)

    def line(self, line):
        kind, _, rest = line.partition(" ")
        if kind == "logon":
            logon = "35=A|34=1|98=0|108=%s|$1137" % (rest or "30")
            self.macro("< " + logon, "> " + logon)
        elif kind == "end":
            self.macro("< 35=5", "> 35=5|34=" + rest, "x")
        else:
            super().line(line)


class Echo(threading.Thread):
    """The application: sends back what it gets, but not what says that it may
    have come before and has."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.link = link.Link(path, "echo", limit=None)
        kind, ack = self.link.ask("TAIL", TABLE="FIX_IN", CREDIT=1000000)
        assert kind == "TAIL_ACK", ack
        self.known = set()

    def run(self):
        try:
            while True:
                kind, _, details = self.link.recv()
                assert kind in ("ROWS", "EVENT_ACK", "EVENT_NACK"), kind
                if kind == "ROWS":
                    names = [c[0] for c in details["COLUMNS"]]
                    for row in details["ROWS"]:
                        self.row(dict(zip(names, row)))
        except (OSError, EOFError, ValueError):
            pass    # closed at the end

    def row(self, row):
        if row["MSG_TYPE"] not in ECHOED:
            return
        data = row["FIX_DATA"]
        m = fg.Msg(data.decode("latin-1") if isinstance(data, bytes) else data)
        key = (row["CONNECTION_NAME"], row["EPOCH"], m.get(11))
        if m.get(97) == "Y" and key in self.known:
            return
        self.known.add(key)
        body = "".join("%d=%s\x01" % f for f in m.fields
                       if f[0] not in DROPPED)
        self.link.send("EVENT_FIX_SEND",
                       SESSION=row["CONNECTION_NAME"],
                       MSG_TYPE=row["MSG_TYPE"],
                       FIX_DATA=body.encode("latin-1"))


def cases(wanted):
    """The plays of each session, in the order of the file."""
    plays = {which: [] for which in NAMES}
    named = wanted and wanted != ["--all"]
    with open(live.HERE / "blackbox.txt") as f:
        parts = re.split(r"^== ", f.read(), flags=re.M)[1:]
    for part in parts:
        head, *lines = part.splitlines()
        name, *words = head.split()
        slow = "slow" in words
        if name not in wanted if named else slow and "--all" not in wanted:
            continue
        for which in sum([live.GROUPS.get(w, [w]) for w in words
                          if w != "slow"], []):
            plays[which].append(Case(name, lines, which))
    return plays


def session(which, port):
    case = Case("", [], which)
    keys = {"SessionName": case.id, "ConnectionType": "acceptor",
            "SocketAcceptPort": port, "DataDictionary": None,
            "HeartBtInt": None, "ResetOnLogon": "Y", "LogoutTimeout": 2,
            "AcceptMsgTypes": "D,d,C", "SendWhenLoggedOff": "reject"}
    if case.fixt:
        keys["DefaultApplVerID"] = case.appl
    if which.startswith("NO_CHECK"):
        keys["ValidateFieldsHaveValues"] = "N"
    return fg.session("ISLD", case.id, case.begin, **keys)


def main():
    fg.need("fixgated")
    plays = cases(sys.argv[1:])
    failed = []

    def play(which):
        for case in plays[which]:
            try:
                case.play(gw, port)
            except AssertionError as e:
                failed.append(str(e))

    with fg.Work() as work:
        port = fg.free_port()
        gw = work.gateway(
            "gw", gateway={"DictionaryPath": os.path.join(fg.SRC, "dict")},
            sessions=[session(which, port) for which in NAMES]).start()
        Echo(gw.socket).start()
        with ThreadPoolExecutor(len(NAMES)) as pool:
            list(pool.map(play, NAMES))
        print("%d played, %d failed" % (sum(map(len, plays.values())),
                                        len(failed)))
        if failed:
            print("\n".join(sorted(failed)))
            sys.exit(1)
        assert gw.stop() == 0


if __name__ == "__main__":
    main()
