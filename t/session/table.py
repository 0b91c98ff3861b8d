"""The table of t/session/README.md: each case of the session standard, and the
versions for which a scenario here plays it. Without an argument: is the page
what it should be? "table.py write" writes it."""

import os
import sys
from pathlib import Path

HERE = Path(os.environ.get("FG_SRC", ".")) / "t/session"
OLD = ["4.0", "4.1", "4.2", "4.3", "4.4"]
FIXT = ["5.0", "5.0SP1", "5.0SP2"]
ALL = OLD + FIXT
FROM_42 = ALL[2:]

# (what the standard's cases leave out, the tests that have it)
BEYOND = [
    ("the initiator's side", "t/session/initiator_*.fix "
     "t/interop/test_interop.py t/interop/test_jspurefix.py t/sim/sim.c"),
    ("numbers over a reconnect", "t/session/initiator_ReconnectGoesOn.fix "
     "t/session/acceptor_LogonTooLow.fix t/e2e/test_beyond.py"),
    ("numbers and messages over a restart and a kill", "t/e2e/test_beyond.py "
     "t/interop/test_kill.py t/sim/sim.c"),
    ("369", "t/session/EnableLastMsgSeqNumProcessed*.fix"),
    ("789", "t/session/SendNextExpectedMsgSeqNum*.fix"),
    ("1128 in a message", "t/session/FIXT_ApplVerID*.fix t/e2e/test_fixt.py"),
    ("ResendRequests in chunks", "t/session/ResendRequestChunkSize.fix"),
    ("packets that end at every byte", "t/e2e/test_beyond.py "
     "t/e2e/test_flow.py t/fix/check_frame.c"),
    ("a side closed right behind the last messages",
     "t/e2e/test_beyond.py t/net/check_conn.c"),
    ("messages kept behind a ResendRequest",
     "t/session/early_BehindResendRequest.fix t/e2e/test_beyond.py"),
    ("several messages in a packet", "t/e2e/test_beyond.py "
     "t/e2e/test_flow.py"),
    ("141=Y with another number", "t/session/acceptor_ResetNeedsOne.fix"),
    ("a reset by the other side, and agreed ones",
     "t/session/initiator_PeerResets.fix t/session/acceptor_OperatorReset.fix "
     "t/interop/test_interop.py"),
    ("PossResend", "t/session/19*.fix"),
    ("resends of both sides at once",
     "t/session/20_SimultaneousResendRequest.fix t/session/gap_*.fix "
     "t/interop/test_interop.py"),
    ("storms of logons", "t/e2e/test_beyond.py t/e2e/test_peers.py"),
    ("data fields", "t/fix/check_msg.c t/dict/validation/data.txt "
     "t/session/send_DataOfTheDictionary.fix t/e2e/test_fixt.py "
     "t/e2e/test_beyond.py"),
    ("nested groups", "t/dict/validation/groups.txt t/e2e/test_beyond.py"),
    ("load, and peers that read slowly or not at all", "t/e2e/test_flow.py "
     "t/e2e/test_peers.py t/net/check_conn.c"),
    ("session times: the edges, resets at them while connected, clocks that "
     "change", "t/session/schedule_*.fix t/e2e/test_schedule.py "
     "t/schedule/*.c"),
    ("encryption, which is refused", "t/session/acceptor_Encryption.fix"),
]

# The machine has one connection.
REFUSED = ("1b_DuplicateIdentity", "AlreadyLoggedOn")

# (the start of the files' names, the versions that have the case)
ROWS = [
    ("Logon and refusal", [
        ("1a_ValidLogonWithCorrectMsgSeqNum", ALL),
        ("1a_ValidLogonMsgSeqNumTooHigh", ALL),
        ("1b_DuplicateIdentity", ALL),
        ("AlreadyLoggedOn", ALL),
        ("1c_InvalidSenderCompID", ALL),
        ("1c_InvalidTargetCompID", ALL),
        ("1d_InvalidLogonBadSendingTime", ALL),
        ("1d_InvalidLogonLengthInvalid", ALL),
        ("1d_InvalidLogonWrongBeginString", ALL),
        ("1d_InvalidLogonNoDefaultApplVerID", FIXT),
        ("1e_NotLogonMessage", ALL),
        ("SessionReset", ["4.4"] + FIXT),
    ]),
    ("Receiving: numbers, duplicates, header", [
        ("2a_MsgSeqNumCorrect", ALL),
        ("2b_MsgSeqNumTooHigh", ALL),
        ("2c_MsgSeqNumTooLow", ALL),
        ("2d_GarbledMessage", ALL),
        ("3c_GarbledMessage", ALL),
        ("3b_InvalidChecksum", ALL),
        ("2e_PossDupAlreadyReceived", ALL),
        ("2e_PossDupNotReceived", ALL),
        ("2f_PossDupOrigSendingTimeTooHigh", ALL),
        ("2g_PossDupNoOrigSendingTime", ALL),
        ("2i_BeginStringValueUnexpected", ALL),
        ("2k_CompIDDoesNotMatchProfile", ALL),
        ("2m_BodyLengthValueNotCorrect", ALL),
        ("2o_SendingTimeValueOutOfRange", ALL),
        ("2q_MsgTypeNotValid", ALL),
        ("2r_UnregisteredMsgType", ALL),
        ("2t_FirstThreeFieldsOutOfOrder", ALL),
    ]),
    ("Heartbeat and TestRequest", [
        ("4a_NoDataSentDuringHeartBtInt", ALL),
        ("4b_ReceivedTestRequest", ALL),
        ("6_SendTestRequest", ALL),
    ]),
    ("Reject and Logout received", [
        ("7_ReceiveRejectMessage", ALL),
        ("13b_UnsolicitedLogoutMessage", ALL),
    ]),
    ("Resend requests, gap fill, sequence reset", [
        ("8_OnlyAdminMessages", ALL),
        ("8_OnlyApplicationMessages", ALL),
        ("8_AdminAndApplicationMessages", ALL),
        ("20_SimultaneousResendRequest", ALL),
        ("10_MsgSeqNumEqual", ALL),
        ("10_MsgSeqNumGreater", ALL),
        ("10_MsgSeqNumLess", ALL),
        ("11a_NewSeqNoGreater", ALL),
        ("11b_NewSeqNoEqual", ALL),
        ("11c_NewSeqNoLess", ALL),
        ("RejectResentMessage", ALL),
    ]),
    ("Validation", [
        ("14a_BadField", ALL),
        ("14b_RequiredFieldMissing", ALL),
        ("14c_TagNotDefinedForMsgType", ALL),
        ("14d_TagSpecifiedWithoutValue", ALL),
        ("14e_IncorrectEnumValue", ALL),
        ("14f_IncorrectDataFormat", ALL),
        ("14g_HeaderBodyTrailerFieldsOutOfOrder", ALL),
        ("14h_RepeatedTag", ALL),
        ("14i_RepeatingGroupCountNotEqual", FROM_42),
        ("15_HeaderAndBodyFieldsOrderedDifferently", ALL),
        ("21_RepeatingGroupSpecifierWithValueOfZero", FROM_42),
        ("CheckFieldsHaveValues", ["4.4"]),
    ]),
    ("PossResend", [
        ("19a_PossResendMessageThatHAsAlreadyBeenSent", ALL),
        ("19b_PossResendMessageThatHasNotBeenSent", ALL),
    ]),
    ("Routing fields in Rejects", [
        ("ReverseRoute", ALL),
        ("ReverseRouteWithEmptyRoutingTags", ALL),
    ]),
]

HEAD = """\
# The session machine's tests

`scenario.c` says how a scenario (`.fix`) is written; `check_session.c` has what
needs no dictionary, `check_pair.c` two machines that talk to each other over a
bad line. `live.py` plays the scenarios over real sockets against a fixgated,
and names those that it cannot play. A file that is named after a setting shows
what the setting does.

`blackbox.py` plays the cases of the session standard once more, from a
description of their own (`blackbox.txt`) and from outside alone: one fixgated,
one port, a session for each version, and an application that echoes orders.
It leaves the two cases that wait for heartbeats to `--all`.

The cases of the session standard and the versions for which they are played:
**x** by a scenario on the machine and by `blackbox.py`, **s** by `blackbox.py`
(and `live.py`) alone, because it is the gateway that refuses a second
connection, - the version does not have the case, **!** it is missing in one of
both. The table is written by `table.py write`, and held against the files by
`table.py`.

"""


TAIL = """\
What these cases leave out, and where it is tested.

| what | tests |
|---|---|
"""


def blackbox():
    """The versions that each case is played for over sockets."""
    out = {}
    for line in (HERE / "blackbox.txt").read_text().splitlines():
        if line.startswith("== "):
            case, *words = line[3:].split()
            for w in words:
                out.setdefault(case, set()).update(
                    {"all": ALL, "fixt": FIXT, "TW": ["4.4"]}.get(w, [w]))
    return out


def mark(v, case, wanted, machine, sockets):
    """What the table says of a case in a version."""
    if v in sockets and (v in machine or case in REFUSED):
        return "x" if v in machine else "s"
    return "!" if v in wanted else "-"


def versions_of(path):
    """As scenario.c reads them."""
    words = ["4.2", "4.4"]
    for line in path.read_text().splitlines():
        if line.startswith("versions "):
            words = line.split()[1:]
    out = set()
    for w in words:
        out |= {"all": set(ALL), "fixt": set(FIXT)}.get(w, {w})
    return out


def files_of(case, cases):
    """Those of a longer case whose name begins alike are not this one's."""
    longer = [c for c in cases if c != case and c.startswith(case)]
    return [p for p in HERE.glob(case + "*.fix")
            if p.stem == case or p.stem[len(case)] == "_"
            and not any(p.stem.startswith(c) for c in longer)]


def page():
    cases = [c for _, rows in ROWS for c, _ in rows]
    out = [HEAD]
    over_sockets = blackbox()
    for title, rows in ROWS:
        out.append(f"| {title} | " + " | ".join(ALL) + " |\n")
        out.append("|---" * (len(ALL) + 1) + "|\n")
        for case, wanted in rows:
            have = set()
            for p in files_of(case, cases):
                have |= versions_of(p)
            marks = [mark(v, case, wanted, have, over_sockets.get(case, ()))
                     for v in ALL]
            out.append(f"| {case} | " + " | ".join(marks) + " |\n")
        out.append("\n")
    out.append(TAIL)
    for what, paths in BEYOND:
        for p in paths.split():
            if not any(HERE.parent.parent.glob(p)):
                sys.exit(f"{p}: is not there")
        out.append(f"| {what} | " +
                   ", ".join(f"`{p}`" for p in paths.split()) + " |\n")
    return "".join(out)


def main():
    readme = HERE / "README.md"
    want = page()
    if sys.argv[1:] == ["write"]:
        readme.write_text(want)
    elif readme.read_text() != want:
        sys.exit(f"{readme} is not current: table.py write")
    elif " ! " in want:
        sys.exit(f"{readme}: a case is not played for all its versions")


if __name__ == "__main__":
    main()
