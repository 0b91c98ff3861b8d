"""A fixgated and another engine on the two ends of a connection: traffic with
drops, a reset of the numbers, and the comparison of what both have kept.
"""

import qf
from qf import fg

HEART_BT_INT = 3  # seconds; the last numbers may be lost with a connection,
                  # and then a heartbeat brings the sides in step
LIMIT = 240  # seconds, for one exchange of everything
HEADER = (8, 9, 10, 34, 35, 43, 49, 52, 56, 97, 122)
PACE_MAX = 10   # of the peer's messages, a millisecond
SHORTEST = 500  # milliseconds that its messages take: some meet a drop
CHUNKS = 8  # files for fixgatectl
AGAIN = 30  # times the same, where nothing was on its way at a drop


class Pair:
    """A fixgated with one session, and its counterparty. role is ours.
    engine(name, role, port, keys) makes the other one, whose CompID is PEER; it
    drops the connection while these chunks are sent, and may deliver messages
    as they come."""

    def __init__(self, w, role, version, engine, drop_in=(1, 5),
                 as_they_come=False):
        self.drop_in, self.as_they_come = drop_in, as_they_come
        self.role, self.version = role, version
        self.tag = "%s-%s" % (role[:4], version.replace(".", ""))
        begin = qf.begin_string(version)
        self.name = begin + ":GATE->PEER"
        keys = dict(qf.fixt_keys(version), HeartBtInt=HEART_BT_INT)
        port = fg.free_port()
        make = fg.acceptor if role == "acceptor" else fg.initiator
        self.gw = w.gateway(self.tag, sessions=[
            make("GATE", "PEER", port, begin, **keys)])
        self.peer = engine(
            self.tag + "-peer", "initiator" if role == "acceptor" else
            "acceptor", port, keys)
        self.texts = []
        self.drops = 0

    def start(self):
        both = (self.gw, self.peer)
        for p in both if self.role == "acceptor" else reversed(both):
            p.start()
        self.peer.wait_line("logon")

    def in_step(self):
        """All of ours delivered, and all of the peer's stored?"""
        c = self.peer.count()
        if not c["on"] or min(c["delivered"], c["sent"]) < len(self.texts):
            return False
        last = self.gw.last_row("FIX_IN", self.name)
        return last is not None and last["MSG_SEQ_NUM"] >= c["next_out"] - 1

    def traffic(self, count):
        """So many more each way. Numbered by the peer while it is not logged
        on, these can only come by resend; what we have on the wire when it
        drops must be resent by us."""
        first = len(self.texts)
        texts = qf.lines(self.version, self.tag, first, count)
        self.texts += texts
        self.peer.cmd("offline 1")
        self.peer.cmd("pace %d" % min(PACE_MAX, max(1, count // SHORTEST)))
        self.peer.cmd("send %d %d" % (first, count))
        for chunk in range(CHUNKS):
            if chunk in self.drop_in:
                fg.wait_until(lambda: self.peer.count()["drops"] == self.drops,
                              LIMIT, "the drop before")
                self.drops += 1
                self.peer.cmd("dropat %d" % (count // CHUNKS // 3))
            self.gw.send_file(self.name,
                              texts[chunk * count // CHUNKS:
                                    (chunk + 1) * count // CHUNKS])
        fg.wait_until(self.in_step, LIMIT, "both sides in step", step=0.2)
        self.peer.cmd("offline 0")

    def status(self):
        (s,) = self.gw.ctl_json("session", "show", self.name, "--json")
        return s

    def restart(self, **keys):
        """With these keys in the session."""
        assert self.gw.stop() == 0
        self.gw.sessions[0].update(keys)
        self.gw.configure()
        self.gw.start()

    def reset(self):
        """The initiator's, or, as FIX.4.0 has no ResetSeqNumFlag, the
        operators' of both sides."""
        epoch = self.status()["EPOCH"]
        if self.version == "FIX.4.0":
            self.gw.ctl("session", "stop", self.name)
            fg.wait_until(lambda: not self.peer.count()["on"], LIMIT, "off")
            self.gw.ctl("session", "reset", self.name, "--reason", "agreed",
                        "--yes")
            self.peer.cmd("renumber")
            self.gw.ctl("session", "start", self.name)
        elif self.role == "acceptor":
            self.peer.cmd("reset")
            self.drops += 1
        else:
            self.restart(ResetOnLogon="Y")
        fg.wait_until(lambda: self.status()["EPOCH"] == epoch + 1 and
                      self.peer.count()["on"], LIMIT, "the reset")
        if self.role == "initiator":
            self.restart(ResetOnLogon="N")
            fg.wait_until(lambda: self.peer.count()["on"], LIMIT, "logon")

    def resent(self):
        """How many copies came from the peer, and how many from us."""
        return (sum(bool(r["POSS_DUP"]) and not r["ADMIN"] for r in
                    self.gw.rows("FIX_IN", session=self.name)),
                sum(dup for j in self.peer.journals()
                    for _, dup, _ in j.delivered))

    def until_resent(self, count):
        """What a drop meets is chance: more traffic until it met both sides'
        messages."""
        for _ in range(AGAIN):
            if all(self.resent()):
                return
            self.traffic(count)

    def finish(self):
        self.peer.cmd("logout")
        fg.wait_until(lambda: not self.peer.count()["on"], LIMIT, "logout")
        self.peer.quit()

    def check(self):
        """Both sides have the same, in each epoch."""
        rows = [{}, {}, {}]
        for by_epoch, table in zip(rows, ("FIX_IN", "FIX_OUT",
                                          "SESSION_EVENT")):
            for r in self.gw.rows(table, session=self.name):
                by_epoch.setdefault(r["EPOCH"], []).append(r)
        rows_in, rows_out, events = rows
        journals = self.peer.journals()
        assert len(rows_in) == len(rows_out) == len(journals), (
            list(rows_in), list(rows_out), len(journals))
        got = sent = 0
        for epoch, journal in zip(sorted(rows_in), journals):
            got += qf.check_received(rows_in[epoch], events.get(epoch, []),
                                     journal)
            sent += qf.check_sent(rows_out[epoch], journal, self.as_they_come)
        assert got == sent == len(self.texts), (got, sent, len(self.texts))
        check_lines(sum((rows_out[e] for e in sorted(rows_out)), []),
                    self.texts)
        logons = sum(m.type == "A" for j in journals for m in j.came)
        resent = self.resent()
        assert all(resent), "nothing was resent: %d in, %d out" % resent
        print("%s %s: %d each way, %d logons, %d resets, resent %d in, %d out"
              % (self.role, self.version, got, logons, len(journals) - 1,
                 *resent))


def check_lines(rows, lines):
    """The messages in FIX_OUT are those that were asked for, in order."""
    app = [r for r in rows if not r["ADMIN"]]
    for r, line in zip(app, lines, strict=True):
        m = fg.Msg(r["FIX_DATA"])
        if line.endswith("|"):
            want = line.rstrip("|").split("|")[1:]
            got = ["%d=%s" % f for f in m.fields if f[0] not in HEADER]
        else:
            want = [p.split("=")[1] for p in line.split()[1:]]
            got = [v for t, v in m.fields if t not in HEADER]
        assert sorted(got) == sorted(want), "%s in FIX_OUT for %s" % (m, line)
