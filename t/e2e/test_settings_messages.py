#!/usr/bin/env python3
"""One case for each setting of what is validated, sent and kept; see
t/lib/cases.py. Most of the session's own are in t/session/."""

import base64
import hmac
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg
from link import Link

fg.need("fixgated", "fixgatectl")

FIELDS = {"Symbol": "X", "ClOrdID": "A", "Side": "1", "OrderQty": 10,
          "OrdType": "1", "TransactTime": "20260105-09:00:00"}


order, changed = cases.order, cases.changed


def is_taken(work, body, begin="FIX.4.4", msg_type="D", **keys):
    """Does a session with these settings take the order, or reject it?"""
    g, p = cases.logged_on(work, begin, **keys)
    p.send(msg_type, body)
    came = p.sync()
    if came:
        assert [m.type for m in came] in (["3"], ["j"]), came
        return False
    return len(g.rows("FIX_IN", admin=False)) == 1


def sent_by(work, *args, begin="FIX.4.4", **keys):
    """A message that was sent with fixgatectl."""
    g, p = cases.logged_on(work, begin, **keys)
    g.ctl("send", "S", *args)
    return p.expect("D")


# ---- validation ----

def ValidateFieldsOutOfOrder(work):
    assert is_taken(work, order("50=DESK|"), ValidateFieldsOutOfOrder="N")


def ValidateFieldsHaveValues(work):
    assert is_taken(work, order("58=|"), ValidateFieldsHaveValues="N")


def ValidateUserDefinedFields(work):
    assert is_taken(work, order("9999=x|"), ValidateUserDefinedFields="N")


def AllowUnknownMsgFields(work):
    """AvgPx (6) is none of an order's."""
    assert is_taken(work, order("6=1.5|"), AllowUnknownMsgFields="Y")


def AllowUnknownEnumValues(work):
    assert is_taken(work, order("59=Z|"), AllowUnknownEnumValues="Y")


def ValidateUnorderedGroupFields(work):
    assert is_taken(work, order("453=1|448=A|452=3|447=D|"),
                    ValidateUnorderedGroupFields="N")


def FirstFieldInGroupIsDelimiter(work):
    assert is_taken(work, order("453=2|447=D|448=A|452=3|447=D|448=B|452=3|"),
                    ValidateUnorderedGroupFields="N",
                    FirstFieldInGroupIsDelimiter="Y")


def ValidationProfile(work):
    """QuickFIX does not look at the values of a group's members."""
    assert is_taken(work, order("453=1|448=A|447=%|452=3|"),
                    ValidationProfile="quickfix")


def AcceptMsgTypes(work):
    _, p = cases.logged_on(work, AcceptMsgTypes="8,F")
    p.send("D", order())
    m = p.expect("j")
    assert (m[372], m[380]) == ("D", "3"), m


def ValidateLengthAndChecksum(work):
    _, p = cases.logged_on(work, ValidateLengthAndChecksum="N")
    m = p.build("1", "112=cut")
    at = m.index(b"\x019=") + 3
    end = m.index(b"\x01", at)
    p.raw(m[:at] + b"%d" % (int(m[at:end]) - 1) + m[end:])
    p.expect("0", skip_types=(), t112="cut")


def ValidateChecksum(work):
    _, p = cases.logged_on(work, ValidateChecksum="N")
    m = p.build("1", "112=sum")
    p.raw(m[:-4] + (b"000" if m[-4:-1] != b"000" else b"001") + b"\x01")
    p.expect("0", skip_types=(), t112="sum")


def DataDictionary(work):
    """One that knows a field 9999 in an order."""
    with open(fg.dictionary("FIX.4.4"), encoding="utf-8") as f:
        lines = f.read().split("\n")
    at = next(i for i, s in enumerate(lines) if "NewOrderSingle" in s)
    lines.insert(at + 1, "   <field name='Own' required='N'/>")
    at = next(i for i, s in enumerate(lines) if "<fields>" in s)
    lines.insert(at + 1, "  <field number='9999' name='Own' type='STRING'/>")
    with open(work.path("own.xml"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    assert is_taken(work, order("9999=x|"),
                    DataDictionary=work.path("own.xml"))


def fixt(work, **keys):
    """A counterparty over FIXT.1.1, with our dictionaries but for these."""
    keys.setdefault("AppDataDictionary", fg.dictionary("FIX.5.0SP2"))
    keys.setdefault("TransportDataDictionary", fg.dictionary("FIXT.1.1"))
    return cases.logged_on(
        work, "FIXT.1.1", body="1137=9|", DataDictionary=None,
        gateway={"DictionaryPath": os.path.dirname(fg.dictionary("FIXT.1.1"))},
        DefaultApplVerID="FIX.5.0SP2", **keys)[1]


def TransportDataDictionary(work):
    """One in which OnBehalfOfCompID (115) is field 9999."""
    p = fixt(work, TransportDataDictionary=changed(
        work, "FIXT.1.1", 'number="115"', 'number="9999"', "t.xml"))
    p.send("0", "9999=x|")
    assert p.sync() == []


def AppDataDictionary(work):
    """One in which Text (58) is field 9999."""
    p = fixt(work, AppDataDictionary=changed(
        work, "FIX.5.0SP2", 'number="58"', 'number="9999"', "a.xml"))
    p.send("D", order("9999=x|"))
    assert p.sync() == []


def MaxMessageSize(work):
    g, p = cases.logged_on(work, MaxMessageSize=2048)
    p.send("D", order("58=%s|" % ("x" * 4096)))
    p.send("0")
    p.expect("2")  # its number is missing
    assert g.rows("FIX_IN", admin=False) == []
    assert "dropped" in g.log(), g.log()


def MaxEarlyBytes(work):
    """Of three early messages two are kept; the third is asked for again."""
    g, p = cases.logged_on(work, MaxEarlyBytes=65536, MaxMessageSize=65536)
    for n in (4, 5, 6):
        p.send("D", order("58=%s|" % ("x" * 30000), n), seq=n)
    p.expect("2", t7=2)
    for n in (2, 3):
        p.send("D", order(n=n), seq=n)
    p.send("0", seq=7)
    p.expect("2", t7=6)
    assert [r["MSG_SEQ_NUM"] for r in g.rows("FIX_IN", admin=False)] == \
        [2, 3, 4, 5]


# ---- output ----

def TimestampPrecision(work):
    m = sent_by(work, "MsgType=D", "ClOrdID=1", TimestampPrecision=9)
    assert len(m[52]) == len("20260105-09:00:00.123456789"), m


def MillisecondsInTimeStamp(work):
    m = sent_by(work, "MsgType=D", "ClOrdID=1", MillisecondsInTimeStamp="N")
    assert len(m[52]) == len("20260105-09:00:00"), m


SECRET = b"squeamish ossifrage"


def signed_logon(work, **keys):
    """Our Logon, with a key in a file."""
    with open(work.path("logon.key"), "wb") as f:
        f.write(base64.b64encode(SECRET) + b"\n")
    settings = {"LogonSignature": "hmac-sha256-base64",
                "LogonSignatureKeyFile": work.path("logon.key"),
                "LogonTag": "553=me", "LogonTag1": "554=secret"}
    settings.update(keys)
    _, p = cases.dialled(work, **settings)
    return p.expect("A")


def default_text(m):
    return "\x01".join([m[52], "A", m[34], "BANK", "EXCH", "secret"])


def signature(text, secret=SECRET):
    return hmac.new(secret, text.encode(), "sha256")


def LogonSignature(work):
    m = signed_logon(work)
    want = base64.b64encode(signature(default_text(m)).digest()).decode()
    assert m[96] == want and m[95] == str(len(want)), m
    g = work.procs[0]
    row = fg.wait_until(lambda: g.rows("FIX_OUT"))[0]
    assert want not in row["FIX_DATA"], row
    g.stop()
    g.sessions[0]["LogonSignature"] = "hmac-sha256"
    g.configure()
    work.peers[0].close()
    g.start()
    m = work.peers[0].accept().expect("A")
    want = signature(default_text(m), base64.b64encode(SECRET)).digest()
    assert m[96] == base64.b64encode(want).decode(), m


def LogonSignatureKeyFile(work):
    """An Ed25519 key; another one takes its place at the next Logon."""
    key, public = work.path("key.pem"), work.path("public.pem")
    for n in range(2):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out",
                        public], check=True)
        m = signed_logon(work, LogonSignature="ed25519",
                         LogonSignatureKeyFile=key) if n == 0 else \
            work.peers[0].accept().expect("A")
        for name, data in (("text", default_text(m).encode()),
                           ("signature", base64.b64decode(m[96]))):
            with open(work.path(name), "wb") as f:
                f.write(data)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
                        public, "-rawin", "-in", work.path("text"), "-sigfile",
                        work.path("signature")], check=True,
                       stdout=subprocess.DEVNULL)
        work.peers[0].close()


def LogonSignatureTemplate(work):
    m = signed_logon(work, LogonSignatureTemplate="GET|{553}-{34}{98}")
    want = signature("GET\x01me-%s0" % m[34]).digest()
    assert m[96] == base64.b64encode(want).decode(), m


def LogonSignatureTag(work):
    m = signed_logon(work, LogonSignatureTag=5001)
    want = signature(default_text(m)).digest()
    assert m[5001] == base64.b64encode(want).decode(), m
    assert m.get(95) is None and m.get(96) is None, m


def LogonSignatureEncoding(work):
    m = signed_logon(work, LogonSignatureEncoding="hex")
    assert m[96] == signature(default_text(m)).hexdigest(), m


def MaskTags(work):
    """Of the session, or of [GATEWAY] for those that have none."""
    _, p = cases.dialled(work, LogonTag="58=hidden", MaskTags="58,1408")
    p.expect("A", t58="hidden")
    g = work.procs[0]
    row = fg.wait_until(lambda: g.rows("FIX_OUT"))[0]
    assert "58=******|" in fg.bar(row["FIX_DATA"]), row
    g.stop()
    g.sessions[0]["MaskTags"] = None
    if not os.environ.get("FG_WITHOUT"):
        g.keys["MaskTags"] = 58
    g.configure()
    g.start()
    p.accept()
    p.expect("A", t58="hidden")
    row = fg.wait_until(lambda: g.rows("FIX_OUT")[1:])[0]
    assert "58=******|" in fg.bar(row["FIX_DATA"]), row


def MaxResendRate(work):
    """E8: twenty at ten a second, and a TestRequest is answered meanwhile."""
    g, p = cases.logged_on(work, MaxResendRate=10)
    g.send_file("S", ["35=D|11=%d|55=X|" % n for n in range(20)])
    for n in range(20):
        p.expect("D", t11=n)
    begun = time.monotonic()
    p.raw(p.build("2", "7=1|16=0|") + p.build("1", "112=NOW"))
    came = []
    while "21" not in [m.get(34) for m in came if m.type == "D"]:
        came.append(p.recv())
    assert time.monotonic() - begun > 1.5
    got = [m[11] for m in came if m.type == "D"]
    assert got == [str(n) for n in range(20)], got
    at = [m.get(112) for m in came].index("NOW")
    assert at < 10, "the TestRequest waited for the resend"


def PreserveMessageFieldsOrder(work):
    raw = "35=D|55=X|11=1|40=1|54=1|38=1|60=20260105-09:00:00|"
    m = sent_by(work, "--raw", raw, PreserveMessageFieldsOrder="Y")
    assert [t for t, _ in m.fields][7:-1] == [55, 11, 40, 54, 38, 60], m


def OutboundRoutingTag(work):
    g, p = cases.logged_on(work, OutboundRoutingTag=5700)
    with Link(g.socket) as link:
        kind, said = link.ask("EVENT_FIX_SEND", SESSION="S", MSG_TYPE="D",
                              FIELDS=FIELDS, SOURCE_ID="desk 7")
        assert kind == "EVENT_ACK", said
    assert p.expect("D")[5700] == "desk 7"


def IsOutboundInHeader(work):
    g, p = cases.logged_on(work, OutboundRoutingTag=5700,
                           IsOutboundInHeader="N")
    with Link(g.socket) as link:
        link.ask("EVENT_FIX_SEND", SESSION="S", MSG_TYPE="D", FIELDS=FIELDS,
                 SOURCE_ID="desk 7")
    tags = [t for t, _ in p.expect("D").fields]
    assert tags.index(5700) > tags.index(11), tags


def InboundRoutingTag(work):
    g, p = cases.logged_on(work, InboundRoutingTag=58)
    p.send("D", order("58=algo 3|"))
    p.sync()
    row = g.rows("FIX_IN", admin=False)[0]
    assert row["INTERNAL_TARGET"] == "algo 3", row


# ---- while logged off ----

def SendWhenLoggedOff(work):
    """Refused; or numbered at once, and sent when it is asked for."""
    g, p = cases.logged_on(work, SendWhenLoggedOff="number")
    p.logout()
    g.ctl("send", "S", "MsgType=D", "ClOrdID=1")
    p.connect(p.port)
    assert p.logon().seq == 4
    p.send("2", "7=3|16=3|")
    assert p.expect("D", t34=3)[43] == "Y"
    g.stop()
    g.sessions[0]["SendWhenLoggedOff"] = "reject"
    g.configure()
    g.start()
    try:
        g.ctl("send", "S", "MsgType=D", "ClOrdID=2")
        raise AssertionError("taken")
    except fg.CtlError as e:
        assert "not logged on" in str(e), e


def MaxQueuedAge(work):
    g, p = cases.logged_on(work, MaxQueuedAge=1)
    p.logout()
    g.ctl("send", "S", "MsgType=D", "ClOrdID=1")
    time.sleep(2.1)  # whole seconds, so that it is older than one
    p.connect(p.port)
    p.logon()
    assert p.sync() == []
    assert "expired" in [r["EVENT"] for r in g.rows("SESSION_EVENT")]


def MaxEventAge(work):
    """Without it, an order of a row of a second ago is sent."""
    g, p = cases.logged_on(work, MaxEventAge=1)
    with Link(g.socket) as link:
        kind, said = link.ask(
            "EVENT_FIX_SEND", SESSION="S", MSG_TYPE="D", FIELDS=FIELDS,
            TIMESTAMP=int((time.time() - 5) * 1e9))
        assert said.get("CODE") == "TOO_OLD", (kind, said)
    assert p.sync() == []


# ---- logon and logout ----

def HeartBtInt(work):
    _, p = cases.dialled(work, HeartBtInt=17)
    p.expect("A", t108=17)


def LogonTag(work):
    """Several, one of them a secret."""
    g, p = cases.dialled(work, LogonTag="553=user", LogonTag1="554=pass",
                         LogonTag2="58=hello")
    p.expect("A", t553="user", t554="pass", t58="hello")
    row = fg.wait_until(lambda: g.rows("FIX_OUT"))[0]
    assert "|554=****|" in fg.bar(row["FIX_DATA"]), row


def LogonTimeout(work):
    """Of an initiator; of [GATEWAY]: of who connects."""
    _, p = cases.dialled(work, LogonTimeout=1)
    p.expect("A")
    p.expect_closed(6)
    port = fg.free_port()
    work.gateway("in", gateway={"LogonTimeout": 1}, sessions=[
        fg.acceptor("EXCH", "BANK", port)]).start()
    with fg.Peer("BANK", "EXCH") as stranger:
        stranger.connect(port)
        stranger.expect_closed(6)


def CancelOnDisconnect(work):
    """Of either kind, as a row that can be streamed."""
    g, p = cases.logged_on(work, CancelOnDisconnect="both")

    def said():
        return [r["TEXT"] for r in g.rows("SESSION_EVENT", session="S")
                if r["EVENT"] == "cancel-on-disconnect"]
    p.close()
    fg.wait_until(lambda: len(said()) == 1)
    p.connect(p.port)
    p.logon()
    p.logout()
    fg.wait_until(lambda: len(said()) == 2)
    assert "connection was lost" in said()[0], said()
    assert "logged out" in said()[1], said()
    for n in (3, 3):  # the gateway dies; it is said once
        if n > len(said()):
            p.connect(p.port)
            p.logon()
        g.kill()
        g.start()
        fg.wait_until(lambda: len(said()) >= n)
    assert len(said()) == 3 and "connection was lost" in said()[2], said()


def LogoutTimeout(work):
    """It waits for so long: the default is shorter."""
    g, p = cases.logged_on(work, LogoutTimeout=4)
    begun = time.monotonic()
    g.ctl("session", "stop", "S")
    p.expect("5")
    p.expect_closed()
    assert time.monotonic() - begun > 3.5


def ResetOnLogon(work):
    """Acceptor: both numbers are 1 again."""
    g, p = cases.logged_on(work, ResetOnLogon="Y")
    p.logout()
    p.next_out = 1
    p.connect(p.port)
    assert p.logon().seq == 1
    assert p.sync() == []


def ResetOnLogout(work):
    g, p = cases.logged_on(work, ResetOnLogout="Y")
    p.logout()
    p.next_out = 1
    p.connect(p.port)
    assert p.logon().seq == 1


def ResetOnDisconnect(work):
    g, p = cases.logged_on(work, ResetOnDisconnect="Y")
    p.connect(p.port)
    p.next_out = 1
    assert p.logon().seq == 1


cases.run(globals())
