"""What the end-to-end tests share: a work folder, daemons, fixgatectl, and a
raw FIX counterparty on a socket. Standard library only.

    import sys, os
    sys.path.insert(0, os.path.join(os.environ["FG_SRC"], "t", "lib"))
    import fixgate as fg

    with fg.Work() as w:
        port = fg.free_port()
        gw = w.gateway("exchange", sessions=[fg.acceptor("EXCH", "BANK", port)])
        gw.start()
        with fg.Peer("BANK", "EXCH") as p:
            p.connect(port)
            p.logon()
            p.send("D", "11=1|55=X|54=1|38=10|40=1|60=" + fg.utc())
            fg.wait_until(lambda: gw.rows("FIX_IN", admin=False))
        gw.stop()

Leaving the block ends every process that was started in it, by its id; if the
test failed, the logs' last lines are shown first.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import logfmt
from peer import (HEART_BT_INT, LIMIT, SOH, Msg, Peer, Timeout, bar, frame,
                  soh, split, utc)

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.environ.get("FG_SRC") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("FG_BUILD") or os.getcwd()
# For other engines, which are the same whatever the build.
SHARED = os.environ.get("FG_SHARED") or BUILD

SKIPPED = 77  # automake's exit status for it

# By default AddressSanitizer keeps 256 MB of freed memory; Proc.memory() is to
# tell what the program keeps.
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=8")

# A test that is told to end leaves its blocks, and so ends what it started.
signal.signal(signal.SIGTERM, lambda signum, _: sys.exit(128 + signum))
# Who runs the tests in the background may ignore it; children must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


def skip(why):
    """Leave the test as not run, visibly."""
    print("SKIP: " + why)
    sys.exit(SKIPPED)


def program(name):
    """Path of a program of the build, or None."""
    for folder in ("", "src/gateway", "src/ctl", "src/daemon"):
        path = os.path.join(BUILD, folder, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def need(*names):
    """Skip unless the build has these programs."""
    for name in names:
        if program(name) is None:
            skip(name + " is not built")


def dictionary(version):
    """Path of the shipped dictionary, version as "FIX.4.4"."""
    name = version.replace(".", "") + ".xml"
    for top in (SRC, BUILD):
        path = os.path.join(top, "dict", name)
        if os.path.exists(path):
            return path
    skip("dict/" + name + " is not there")


_held = []  # sockets


def free_port():
    """A port that nobody listens on. It stays bound here until the test ends:
    what sets SO_REUSEADDR can listen on it, nobody else is given it."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    _held.append(s)
    return s.getsockname()[1]


def wait_until(cond, limit=LIMIT, what="", step=0.02):
    """Call cond until it gives something true; return that."""
    end = time.monotonic() + limit
    while True:
        got = cond()
        if got:
            return got
        if time.monotonic() > end:
            raise Timeout("not within %g s: %s" % (limit, what or cond))
        time.sleep(step)


# ---- settings ----

def is_dropped(key):
    """Is it the setting that a test is to do without (t/lib/cases.py)?"""
    name = os.environ.get("FG_WITHOUT", "").lower()
    return name != "" and key.lower().rstrip("0123456789") == name


def settings(gateway=None, default=None, sessions=()):
    """The text of a settings file out of dicts; a None value drops the key."""
    def section(name, keys):
        lines = ["[%s]" % name]
        lines += ["%s=%s" % kv for kv in keys.items()
                  if kv[1] is not None and not is_dropped(kv[0])]
        return "\n".join(lines) + "\n"
    parts = []
    if gateway:
        parts.append(section("GATEWAY", gateway))
    if default:
        parts.append(section("DEFAULT", default))
    parts += [section("SESSION", s) for s in sessions]
    return "\n".join(parts)


def session(sender, target, begin="FIX.4.4", **keys):
    """A [SESSION] without its connection; keys add or replace."""
    s = {
        "BeginString": begin,
        "SenderCompID": sender,
        "TargetCompID": target,
        "NonStopSession": "Y",
        "HeartBtInt": HEART_BT_INT,
        "DataDictionary": dictionary(begin),
    }
    s.update(keys)
    return s


def acceptor(sender, target, port, begin="FIX.4.4", **keys):
    return session(sender, target, begin, ConnectionType="acceptor",
                   SocketAcceptPort=port, **keys)


def initiator(sender, target, port, begin="FIX.4.4", **keys):
    keys.setdefault("ReconnectInterval", 1)
    return session(sender, target, begin, ConnectionType="initiator",
                   SocketConnectHost="127.0.0.1", SocketConnectPort=port,
                   **keys)


# ---- processes ----

class Proc:
    """A child process, its standard error (and output, if not piped) in a
    log file that is appended to over restarts."""

    def __init__(self, work, name, argv, pipe=False, cwd=None):
        self.name, self.argv, self.pipe = name, argv, pipe
        self.cwd = cwd or work.path()
        self.logfile = work.path(name + ".log")
        self.child = None
        work.procs.append(self)

    def start(self):
        assert not self.running(), self.name + " already runs"
        with open(self.logfile, "ab") as log:
            self.mark = log.tell()
            self.child = subprocess.Popen(
                self.argv, cwd=self.cwd,
                stdin=subprocess.PIPE if self.pipe else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.pipe else log, stderr=log)
        return self

    def running(self):
        return self.child is not None and self.child.poll() is None

    def pid(self):
        return self.child.pid

    def log(self, all_runs=False):
        """What it logged, since the last start, as with LogFormat=text; each
        line must be proper logfmt before that (t/lib/logfmt.py)."""
        return logfmt.plain(self.raw_log(all_runs))

    def raw_log(self, all_runs=False):
        try:
            with open(self.logfile, "rb") as log:
                log.seek(0 if all_runs else self.mark)
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def wait(self, limit=LIMIT):
        """Its exit status; below 0: the signal that ended it."""
        return self._end_of(self.child, limit)

    def _end_of(self, child, limit):
        try:
            return child.wait(limit)
        except subprocess.TimeoutExpired:
            raise Timeout("%s does not end" % self.name) from None
        finally:
            if child.returncode is not None:
                for f in (child.stdin, child.stdout):
                    if f:
                        f.close()

    def signal(self, signum):
        self.child.send_signal(signum)

    def stop(self, limit=LIMIT):
        """SIGTERM; its exit status."""
        return self._end(signal.SIGTERM, limit)

    def kill(self):
        """SIGKILL, in the middle of whatever it does."""
        return self._end(signal.SIGKILL, LIMIT)

    def _end(self, signum, limit):
        """Of this run: another thread may start the next one at once."""
        child = self.child
        child.send_signal(signum)
        return self._end_of(child, limit)

    def cpu(self):
        """Seconds that it has computed."""
        with open("/proc/%d/stat" % self.pid()) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident bytes."""
        with open("/proc/%d/status" % self.pid()) as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0


def valgrind():
    """What to run a daemon under: with FG_VALGRIND set, an error or a leak
    makes its exit status 99."""
    if not os.environ.get("FG_VALGRIND"):
        return []
    return ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", "--suppressions=" +
            os.path.join(SRC, "t", "valgrind.supp")]


class CtlError(Exception):
    pass


class Gateway(Proc):
    """A fixgated with its settings, store and control socket in the work
    folder."""

    def __init__(self, work, name, gateway=None, default=None, sessions=(),
                 conf=None):
        need("fixgated", "fixgatectl")
        self.conf = work.path(name + ".conf")
        self.socket = work.path(name + ".sock")
        self.store = work.path(name + ".store")
        super().__init__(work, name, valgrind() + [
            program("fixgated"), "-f", self.conf])
        self.keys = {"StorePath": self.store, "ControlSocket": self.socket,
                     "Durability": "written"}
        self.keys.update(gateway or {})
        self.default, self.sessions = default, sessions
        self.configure(conf)

    def configure(self, conf=None, **keys):
        """Write the settings for the next start: a text, or what they were
        with these keys of [GATEWAY]."""
        self.keys.update(keys)
        with open(self.conf, "w") as f:
            f.write(conf or settings(self.keys, self.default, self.sessions))

    def start(self, limit=LIMIT):
        """Run it and wait until it listens."""
        super().start()
        wait_until(self._is_ready, limit, self.name + " ready")
        return self

    def _is_ready(self):
        if not self.running():
            raise AssertionError("%s ended with status %d:\n%s" % (
                self.name, self.child.returncode, self.log()))
        return "ready" in self.log()

    def ctl(self, *args, check=True, limit=LIMIT):
        """Run fixgatectl on it: its standard output."""
        argv = [program("fixgatectl"), "-s", self.socket]
        argv += [str(a) for a in args]
        r = subprocess.run(argv, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                           timeout=limit)
        if check and r.returncode != 0:
            raise CtlError("%s: status %d: %s" % (
                " ".join(argv[3:]), r.returncode,
                r.stderr.decode("utf-8", "replace").strip()))
        return r.stdout.decode("latin-1")

    def ctl_json(self, *args, **kw):
        """The same for commands that print a JSON object per line."""
        return [json.loads(line) for line in self.ctl(*args, **kw).splitlines()
                if line.strip()]

    def rows(self, table, after=0, session=None, admin=None):
        """Rows of a table; admin=False: application messages only."""
        args = ["tail", table, "--json", "--all", "--after", after]
        if session is not None:
            args += ["--session", session]
        got = self.ctl_json(*args)
        if admin is not None:
            got = [r for r in got if bool(r["ADMIN"]) == admin]
        return got

    def last_row(self, table, session):
        """The newest row of a session, or None."""
        got = self.ctl_json("tail", table, "--json", "--all", "--lines", 1,
                            "--session", session)
        return got[0] if got else None

    def send_file(self, name, lines):
        """Send the messages through a file; what fixgatectl printed."""
        with tempfile.NamedTemporaryFile("w", dir=self.cwd, suffix=".send",
                                         encoding="latin-1") as f:
            f.write("\n".join(lines) + "\n")
            f.flush()
            return self.ctl("send", name, "--file", f.name)


class Work:
    """A temporary folder with the processes that live in it."""

    def __init__(self, keep=None):
        self.keep = os.environ.get("FG_KEEP") if keep is None else keep
        self.procs = []

    def __enter__(self):
        # Short, because the control socket's path is limited to 107 bytes.
        self.dir = tempfile.mkdtemp(prefix="fg.")
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and kind is not SystemExit:
            self.show_logs()
        for p in reversed(self.procs):
            if p.running():
                p.kill()
        if self.keep:
            print("kept: " + self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
        return False

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def gateway(self, name, **kw):
        return Gateway(self, name, **kw)

    def proc(self, name, argv, **kw):
        return Proc(self, name, argv, **kw)

    def show_logs(self, lines=30):
        """The end of each; and what a sanitizer says, from its beginning."""
        for p in self.procs:
            text = p.log(all_runs=True).splitlines()
            first = next((i for i, line in enumerate(text)
                          if "Sanitizer" in line), len(text) - lines)
            print("---- %s (last lines)" % os.path.basename(p.logfile))
            print("\n".join(text[max(0, min(first, len(text) - lines)):]))
        sys.stdout.flush()


def run_each(tests):
    """Each of these functions, with a Work of its own; of those that the
    command line names, if it does."""
    for test in tests:
        if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        with Work() as work:
            test(work)
        print("ok %-50s %6.2f s" % (test.__name__, time.monotonic() - began))
        sys.stdout.flush()
