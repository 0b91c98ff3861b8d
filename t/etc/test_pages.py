#!/usr/bin/env python3
"""The examples of the manual pages, taken from the pages as they are and done as
they are printed. Only the places differ: /etc/fixgate, /run/fixgate and
/var/lib/fixgate are folders of the test, and ports are free ones. Every example
must have been done, so a new one needs a line here."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
import tls
from link import unpack

fg.need("fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client")
tls.need()

MAN = os.path.join(fg.SRC, "man")
left = {}  # (page, text): not done yet


def plain(line):
    """A line of mdoc as it is printed."""
    return line.replace("\\e", "\\").replace("\\&", "").replace("\\(dq", '"')


def examples(page):
    """The literal blocks and lines, in their order."""
    with open(os.path.join(MAN, page)) as f:
        text = f.read()
    got = [m[1] or m[2] + "\n" for m in re.finditer(
        r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$|^\.Dl (.*)$", text, re.M)]
    got = [plain(x) for x in got]
    left.update({(page, x): True for x in got})
    return got


PAGES = {p: examples(p) for p in sorted(os.listdir(MAN))
         if re.search(r"\.[578]$", p)}


def take(page, begin):
    """The example of a page that begins so."""
    got = [x for x in PAGES[page] if x.lstrip().startswith(begin)]
    assert len(got) == 1, (page, begin, got)
    left.pop((page, got[0]))
    return got[0]


class Machine:
    """A gateway of the sessions BROKER and EXCHANGE, with a peer for each."""

    def __init__(self, w):
        self.w = w
        for folder in "etc", "run", "lib", "bin":
            os.mkdir(w.path(folder))
        for name in ("fixgated", "fixgatectl", "fixgate-streamer",
                     "fixgate-client"):
            os.symlink(fg.program(name), w.path("bin", name))
        self.env = dict(os.environ, FIX_PASSWORD="secret", PATH=w.path("bin") +
                        ":" + os.environ["PATH"],
                        FIXGATE_SOCKET=w.path("run", "gateway.sock"))

    def here(self, text):
        for was, now in ("/etc/fixgate", "etc"), ("/run/fixgate", "run"), \
                ("/var/lib/fixgate", "lib"):
            text = text.replace(was, self.w.path(now))
        return text

    def write(self, name, text):
        with open(self.w.path("etc", name), "w") as f:
            f.write(self.here(text))

    def run(self, line, want=0, text=None, limit=fg.LIMIT):
        """A command line of a page: its output."""
        r = subprocess.run(["bash", "-o", "pipefail", "-c", self.here(line)],
                           env=self.env, cwd=self.w.path("etc"), input=text,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=limit, universal_newlines=True)
        assert r.returncode == want, (line, r.returncode, r.stdout)
        return r.stdout

    def session(self, text):
        """What a page shows: commands behind "$ ", and what they print."""
        parts = re.split(r"^\$ ", text, flags=re.M)
        assert parts[0] == "", text
        for part in parts[1:]:
            lines = part.split("\n")
            n = 1
            while lines[n - 1].endswith("\\"):
                n += 1
            out = self.run("\n".join(lines[:n]))
            want = "\n".join(lines[n:])
            # How many rows there are already differs.
            row = r"TX_SEQUENCE \d+"
            assert re.sub(row, "", out).endswith(re.sub(row, "", want)), (
                part, out)

    def follow(self, line, word):
        """A command that goes on: until it prints a word."""
        p = self.w.proc("follow", ["bash", "-c", "exec " + self.here(line)])
        p.argv = ["env", "PATH=" + self.env["PATH"], "FIXGATE_SOCKET=" +
                  self.env["FIXGATE_SOCKET"]] + p.argv
        p.start()
        fg.wait_until(lambda: word in p.log(), what=word)
        p.signal(15)
        p.wait()


def settings(m):
    """fixgate.conf(5), fixgated(8)."""
    w = m.w
    text = take("fixgate.conf.5", "[GATEWAY]")
    m.write("fixgate.conf", text.replace("[GATEWAY]", "[GATEWAY]\n"
            "DictionaryPath=" + os.path.join(fg.SRC, "dict")))
    said = m.run("fixgated -n -f fixgate.conf")
    assert said.endswith("fixgate.conf: 2 sessions, no errors\n"), said
    m.write("roles.conf", text.replace("[GATEWAY]", "[GATEWAY]\n"
            "DictionaryPath=" + os.path.join(fg.SRC, "dict")) +
            take("fixgate.conf.5", "[ROLE desk]"))
    said = m.run("fixgated -n -f roles.conf")
    assert said.endswith("roles.conf: 2 sessions, no errors\n"), said
    assert "ROLE" not in said and "Send" not in said, said
    # FIXS, with certificates there.
    certs = tls.certs(w)
    for was, name in ("server.pem", "venue.pem"), ("server.key", "venue.key"), \
            ("ca.pem", "members.pem"), ("revoked.crl", "revoked.pem"):
        if os.path.exists(os.path.join(certs, was)):
            shutil.copy(os.path.join(certs, was), w.path("etc", name))
    if not os.path.exists(w.path("etc", "revoked.pem")):
        crl = [n for n in sorted(os.listdir(certs)) if "crl" in n]
        shutil.copy(os.path.join(certs, crl[0]), w.path("etc", "revoked.pem"))
    text = take("fixgate.conf.5", "[DEFAULT]")
    m.write("venue.conf", "[GATEWAY]\nStorePath=%s\nDictionaryPath=%s\n\n" % (
        w.path("lib"), os.path.join(fg.SRC, "dict")) + text)
    said = m.run("fixgated -n -f venue.conf")
    assert said.endswith("venue.conf: 2 sessions, no errors\n"), said
    # A calendar.
    m.write("days", take("fixgate.conf.5", "# what is open"))
    m.write("day.conf", "[GATEWAY]\nStorePath=/var/lib/fixgate\n"
            "DictionaryPath=%s\n[SESSION]\nBeginString=FIX.4.4\n"
            "SenderCompID=A\nTargetCompID=B\nConnectionType=acceptor\n"
            "SocketAcceptPort=5001\nStartTime=08:00:00\nEndTime=17:00:00\n"
            "HolidayCalendar=days\n" % os.path.join(fg.SRC, "dict"))
    said = m.run("fixgated -n -f day.conf")
    assert said.endswith("day.conf: 1 sessions, no errors\n"), said
    # fixgate-dict(5): two application dictionaries.
    shutil.copy(os.path.join(fg.SRC, "dict", "FIX50SP2.xml"),
                w.path("etc", "venue50sp2.xml"))
    shutil.copy(os.path.join(fg.SRC, "dict", "FIX50.xml"), w.path("etc"))
    m.write("five.conf", "[GATEWAY]\nStorePath=/var/lib/fixgate\n"
            "DictionaryPath=%s\n[SESSION]\nBeginString=FIXT.1.1\n"
            "SenderCompID=A\nTargetCompID=B\nConnectionType=acceptor\n"
            "SocketAcceptPort=5001\n" % os.path.join(fg.SRC, "dict") +
            take("fixgate-dict.5", "DefaultApplVerID"))
    m.run("fixgated -n -f five.conf")
    # fixgated(8) EXAMPLES: the first command and what it prints; the second
    # is start(), below.
    m.write("exchange.conf", "[GATEWAY]\nStorePath=/var/lib/fixgate\n"
            "DictionaryPath=%s\n[SESSION]\nBeginString=FIX.4.4\n"
            "SenderCompID=A\nTargetCompID=B\nConnectionType=acceptor\n"
            "SocketAcceptPort=5001\n" % os.path.join(fg.SRC, "dict"))
    text = take("fixgated.8", "$ fixgated -n")
    at = text.rindex("$ ")
    m.session(text[:at])
    return text[at + 2:].strip()


def start(m, command):
    """With the settings of fixgate.conf(5), and the page's command."""
    w = m.w
    with open(w.path("etc", "fixgate.conf")) as f:
        text = f.read()
    m.port = fg.free_port()
    m.exchange = fg.Peer("EXCH", "GATE")
    text = text.replace("[DEFAULT]", "ControlSocket=/run/fixgate/gateway.sock\n"
                        "[TABLE ORDERS]\nColumns=ID string, QTY int, PRICE "
                        "decimal, AT timestamp\n[TABLE ORDERS_OUT]\nColumns=ORDER_ID "
                        "string, SYMBOL string, QUANTITY int, ACCOUNT_ID string\n"
                        "[TABLE ACCOUNTS]\nColumns=ID string\nKey=ID\n"
                        "[DEFAULT]", 1)
    for was, now in ("=5001", "=%d" % m.port), \
            ("fix.example.com", "127.0.0.1"), \
            ("=9880", "=%d" % m.exchange.listen()):
        assert was in text
        text = text.replace(was, now)
    m.write("exchange.conf", text)
    argv = command.split(" ")
    p = w.proc("gateway", ["env", "FIX_PASSWORD=secret", fg.program(argv[0])] +
               argv[1:], cwd=w.path("etc")).start()
    fg.wait_until(lambda: "ready" in p.log())
    m.gate = p
    # The password of the page came from the environment.
    m.exchange.accept()
    logon = m.exchange.answer_logon()
    assert (logon[553], logon[554]) == ("gate", "secret"), logon
    m.broker = fg.Peer("BROKER", "GATE")
    m.broker.connect(m.port).logon()


def operate(m):
    """fixgatectl(8)."""
    page = "fixgatectl.8"
    m.session(take(page, "$ fixgatectl status"))
    m.broker.send("D", "11=ONE|21=1|55=X|54=1|38=10|40=1|60=" + fg.utc())
    m.broker.sync()
    m.follow(take(page, "$ fixgatectl tail FIX_IN")[2:].strip(), "ONE")
    text = take(page, "$ fixgatectl send EXCHANGE MsgType")
    m.session(text)
    got = m.exchange.expect("D")
    assert got[11] == "A1" and got[54] == "1", got
    line = take(page, "$ generate |")[2:].replace(
        "generate", "printf '%s\\n' '35=D|11=A2|55=X|54=1|38=1|40=1|"
        "60=20260105-09:00:00|'")
    m.run(line)
    assert m.exchange.expect("D")[11] == "A2"
    if shutil.which("jq") is None:
        with open(m.w.path("bin", "jq"), "w") as f:
            f.write("#!%s\nimport json, sys\nfor line in sys.stdin:\n"
                    "  print(json.loads(line)[sys.argv[2][1:]])\n"
                    % sys.executable)
        os.chmod(m.w.path("bin", "jq"), 0o755)
    out = m.run(take(page, "$ fixgatectl tail FIX_OUT")[2:].replace(
        "--after 1000", "--after 1"))
    assert "A1\n" in out and "A2\n" in out, out
    with open(m.w.path("etc", "orders.jsonl"), "w") as f:
        f.write(take(page, '{"ID": "A1"'))
    text = take(page, "$ fixgatectl append")
    m.session(text)
    m.session(text) # "and again after a crash, each line once"
    rows = [json.loads(x) for x in m.run(
        "fixgatectl tail ORDERS --all --json").splitlines()]
    assert [r["ID"] for r in rows] == ["A1"], rows
    text = take(page, "$ fixgatectl session stop")
    first = text.index("$ fixgatectl session reset")
    stop = m.w.proc("stop", ["env", "PATH=" + m.env["PATH"], "FIXGATE_SOCKET=" +
                             m.env["FIXGATE_SOCKET"], "bash", "-c",
                             text[2:first].strip()]).start()
    assert m.broker.expect("5")[58] == "numbers are reset"
    m.broker.send("5", "")
    assert stop.wait() == 0, stop.log()
    fg.wait_until(lambda: json.loads(m.run(
        "fixgatectl session show BROKER --json"))[
            "STATE"] == "not connected", what="its connection ends")
    m.run(take("fixgate-store.5", "fixgatectl session seq").replace(
        "SESSION", "BROKER").replace(" N ", " 7 "))
    assert json.loads(m.run("fixgatectl session show BROKER --json"))[
        "NEXT_OUT"] == 7
    m.session(text[first:])
    m.broker = fg.Peer("BROKER", "GATE")
    m.broker.connect(m.port).logon()


def store(m, closed):
    """fixgate-store(5): a backup while it is open; then the closed store."""
    def line(begin, **words):
        text = take("fixgate-store.5", begin).strip()
        for was, now in words.items():
            text = re.sub(r"\b%s\b" % was, m.w.path(now), text)
        return text
    if not closed:
        m.run("fixgatectl backup " + m.w.path("backup"))
        return
    m.run(line("fixgatectl recover", STORE="lib", DIRECTORY="backup"))
    m.run(line("fixgatectl restore", BACKUP="backup", DIRECTORY="again",
               STORE="lib"))
    m.run("fixgatectl verify --store " + m.w.path("again"))


def dictionaries(m):
    """fixgate-dict(5)."""
    page = "fixgate-dict.5"
    with open(os.path.join(fg.SRC, "dict", "FIX44.xml")) as f:
        text = f.read()
    m.write("old.xml", text)
    m.write("new.xml", text)
    m.session(take(page, "$ fixgatectl dict check"))
    m.session(take(page, "$ fixgatectl dict diff"))
    m.session(take(page, "$ fixgatectl dict dry-run").replace(
        "VENUE", "BROKER"))
    # The picture of a file, its members put in.
    text = take(page, "<fix type")
    body = re.sub(r" +members +", "  ", text)
    body = body.replace('<component name="Instrument">  </', '<component '
                        'name="Instrument"><field name="Symbol" required="Y"/>'
                        '</').replace(
        '<group name="NoLegs" required="N">  </group>',
        '<group name="NoLegs" required="N"><field name="LegSymbol" '
        'required="N"/></group>')
    fields = "".join('<field number="%d" name="%s" type="%s"/>' % x for x in (
        (8, "BeginString", "STRING"), (9, "BodyLength", "LENGTH"),
        (35, "MsgType", "STRING"), (10, "CheckSum", "STRING"),
        (11, "ClOrdID", "STRING"), (55, "Symbol", "STRING"),
        (555, "NoLegs", "NUMINGROUP"), (600, "LegSymbol", "STRING")))
    body = body.replace("<fields>", "<fields>" + fields)
    body = re.sub(r"<header>\s*</", "<header>" + "".join(
        '<field name="%s" required="Y"/>' % x
        for x in ("BeginString", "BodyLength", "MsgType")) + "</", body)
    body = re.sub(r"<trailer>\s*</", '<trailer><field name="CheckSum" '
                  'required="Y"/></', body)
    m.write("own.xml", body)
    m.run("fixgatectl dict check own.xml")


def scripts(m):
    """fixgate-lua(5), fixgate-streamer(8), fixgate-client(8)."""
    w = m.w
    streams = take("fixgate-lua.5", "process(\"GATEWAY\", \"unix")
    roles = take("fixgate-lua.5", 'role("desk")')
    assert '{ "root", "ops" }' in roles, roles
    roles = roles.replace('{ "root", "ops" }', str(os.getuid()))
    m.write("orders.lua", streams + '\nstream("ORDERS_OUT", "ORDERS_OUT") { maxLogons = 2 }\n' + roles)
    m.write("quotes.lua", 'process("GATEWAY", "unix:/run/fixgate/gateway.sock")'
            '\nstream("PRICES", "ORDERS") {\n' + re.sub(
                "FIX_DATA|SENDER_ID", "ID",
                take("fixgate-lua.5", "fields = { \"FIX_DATA\"")) + "}\n")
    line = take("fixgate-streamer.8", "fixgate-streamer -p").strip()
    argv = m.here(line).split(" ")
    st = w.proc("streamer", [fg.program(argv[0])] + argv[1:],
                cwd=w.path("etc")).start()
    fg.wait_until(lambda: "ready" in st.log())
    clients = take("fixgate-lua.5", "process(\"STREAMER\"")
    m.write("orders.lua", clients)
    handler = take("fixgate-client.8", "import json, sys")
    with open(w.path("etc", "handler.py"), "w") as f:
        f.write("import sys\ndef handle(seq, details):\n"
                "    print(seq, details, file=sys.stderr)\n" + handler)
    m.write("fills.lua", 'process("STREAMER", "unix:/run/fixgate/streamer.sock")'
            '\nprocess("BOOK", "exec:%s -u handler.py")\n'
            'streamerClient("FILLS") { dataSource = { "STREAMER", "ORDERS_OUT" '
            '},\n  startAt = "beginning",\n  onMessage { send("BOOK", "FILL") } '
            '}\n' % sys.executable)
    line = take("fixgate-client.8", "fixgate-client -p").strip()
    argv = m.here(line).split(" ")
    cl = w.proc("client", [fg.program(argv[0])] + argv[1:],
                cwd=w.path("etc")).start()
    fg.wait_until(lambda: "ready" in cl.log())
    fg.wait_until(lambda: "logged on to stream" in cl.log())
    m.run("fixgatectl append ORDERS_OUT", text='{"ORDER_ID": "L1", "SYMBOL": '
          '"VOD.L", "QUANTITY": 7, "ACCOUNT_ID": "ME"}\n')
    got = m.broker.expect("D")
    assert got[11] == "L1" and got[453] == "1" and got[448] == "ME", got
    fg.wait_until(lambda: "L1" in cl.log(), what="the handler")
    for p in cl, st:
        assert p.stop() == 0, p.log()
    # What the lines between look like: t/client/test_features.py has them.
    for begin in '{"n":17', '{"ack":17}':
        text = take("fixgate-client.8", begin)
        for x in re.split(r"(?<=\})\n(?=\{)", text.strip()):
            json.loads(x)


def links(m):
    """fixgate-link(7): the frame in hexadecimal digits, and the talk."""
    page = "fixgate-link.7"
    take(page, "0        4 ")
    raw = b""
    for line in take(page, "00 00 00 46").splitlines():
        raw += bytes.fromhex(re.match(r"((?:[0-9a-f]{2} ?)+)(?= |$)", line)[1])
    assert len(raw) == 4 + 0x46, len(raw)
    s = Talk(m.env["FIXGATE_SOCKET"])
    s.sock.sendall(raw)
    assert s.recv()[0] == "HELLO_ACK"
    s.sock.close()
    talk = take(page, '> HELLO 1 {"VERSION": 1, "ROLE": "application", "NAME": '
                '"desk"}\n< HELLO_ACK 1 {"VERSION": 1, "NAME": "GATEWAY"')
    other = take(page, '> HELLO 1 {"VERSION": 1, "ROLE": "application", "NAME": '
                 '"desk"}\n< HELLO_ACK 1 {"VERSION": 1, "NAME": "streamer"')
    s = Talk(m.env["FIXGATE_SOCKET"])
    for way, kind, ref, text in said(talk):
        if way == ">":
            details = json.loads(text)
            if kind == "EVENT_FIX_SEND":
                m.broker.send("D", "11=TWO|21=1|55=X|54=1|38=10|40=1|60=" +
                              fg.utc())
            s.send(kind, int(ref), details)
        else:
            got = s.recv_kind(kind, int(ref))
            names = set(re.findall(r'"([A-Z_]+)":', text))
            assert names <= set(got), (kind, names - set(got))
    s.sock.close()
    assert m.broker.expect("D")[11] == "A1"
    st = m.w.proc("streamer2", [fg.program("fixgate-streamer"),
                                m.w.path("etc", "ex.lua")])
    m.write("ex.lua", 'process("GATEWAY", "unix:/run/fixgate/gateway.sock")\n'
            'listen("unix:/run/fixgate/ex.sock")\n'
            'fixStream("EXECUTIONS", "NewOrderSingle") { fields = { "ClOrdID", '
            'LastPx = "OrderQty" } }\n')
    st.start()
    fg.wait_until(lambda: "ready" in st.log())
    s = Talk(m.w.path("run", "ex.sock"))
    for way, kind, ref, text in said(other):
        if way == ">":
            details = json.loads(text)
            if "AFTER" in details: # another store than the page's
                details.update(AFTER=0)
                del details["SOURCE"]
            s.send(kind, int(ref), details)
        else:
            got = s.recv_kind(kind, int(ref))
            names = set(re.findall(r'"([A-Z_]+)":', text)) - {"DECIMAL"}
            assert names <= set(got), (kind, names - set(got))
    assert st.stop() == 0, st.log()


def said(text):
    """The lines of a talk: way, type, ref, details."""
    for x in re.split(r"\n(?=[<>] )", text.strip()):
        yield re.match(r"([<>]) ([A-Z_]+) (\d+) (.*)", " ".join(
            y.strip() for y in x.split("\n"))).groups()


class Talk:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(fg.LIMIT)
        self.sock.connect(path)
        self.early = []

    def send(self, kind, ref, details):
        from link import pack
        self.asked = kind, ref, details
        b = pack({"MESSAGE_TYPE": kind, "SOURCE_REF": ref, "DETAILS": details})
        self.sock.sendall(len(b).to_bytes(4, "big") + b)

    def bytes(self, n):
        b = b""
        while len(b) < n:
            more = self.sock.recv(n - len(b))
            assert more, "closed"
            b += more
        return b

    def recv(self):
        m = unpack(self.bytes(int.from_bytes(self.bytes(4), "big")))[0]
        return m["MESSAGE_TYPE"], m["SOURCE_REF"], m["DETAILS"]

    def recv_kind(self, kind, ref):
        """The next of this type and question; others keep. What is refused for
        now, as by a streamer that does not know its tables yet, is asked again."""
        end = time.monotonic() + fg.LIMIT
        while True:
            for got in self.early:
                if got[:2] == (kind, ref):
                    self.early.remove(got)
                    return got[2]
            self.early.append(self.recv())
            k, _, details = self.early[-1]
            if k == "NACK" and details["RETRY"] and time.monotonic() < end:
                self.early.pop()
                self.send(*self.asked)
                continue
            assert k not in ("NACK", "ERROR", "EVENT_NACK"), (k, details)


# Not to be done: what needs a registry (container.py looks at it), pictures of
# bytes, lines of a log, a line of what verify says.
PICTURES = ("$ podman build", "time=2026-", "20260105-09:00:00.123",
            "FIX_IN, row 1203", "version 1, table 1", "hash = SHA-256",
            '"fixgate chain', "fixgate-head 1 TIME", '"fgarc" CR LF')


def main():
    with fg.Work() as w:
        m = Machine(w)
        command = settings(m)
        start(m, command)
        operate(m)
        dictionaries(m)
        scripts(m)
        links(m)
        store(m, False)
        m.gate.signal(15)
        m.exchange.expect("5")
        m.exchange.send("5", "")
        m.broker.expect("5")
        m.broker.send("5", "")
        assert m.gate.wait() == 0, m.gate.log()
        store(m, True)
    for page, text in left:
        if page == "fixgate.7": # pictures; its commands: test_evening.py
            continue
        assert text.startswith(PICTURES), "%s: not done: %s" % (page, text)
    print("ok: %d examples" % sum(map(len, PAGES.values())))


main()
