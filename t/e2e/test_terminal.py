#!/usr/bin/env python3
"""fixgatectl at a terminal: what bash completes, status --watch, how far long
work is; and its manual page has every command and option."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg

fg.need("fixgated", "fixgatectl")
CTL = fg.program("fixgatectl")
STUB = os.path.join(fg.SRC, "etc", "bash-completion", "fixgatectl")


def commands():
    """{name: arguments} as help shows them."""
    text = subprocess.run([CTL, "help"], stdout=subprocess.PIPE, check=True,
                          timeout=fg.LIMIT).stdout.decode()
    got, at = {}, None
    for line in text.splitlines():
        m = re.match(r"  ([a-z].*)", line)
        if m:
            words = m[1].split(" ")
            n = 1
            while n < len(words) and re.fullmatch(r"[a-z][a-z-]*", words[n]):
                n += 1
            at = " ".join(words[:n])
            got[at] = " ".join(words[n:])
        elif at and "[" in line and line.startswith(" " * 10):
            got[at] += " " + line.strip()
    assert len(got) > 25, got
    return got


def complete(*words, socket="/nonexistent"):
    """What bash makes of the line, its last word not yet whole."""
    script = """
        . "$0"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _fixgatectl
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    r = subprocess.run(["bash", "-c", script, STUB, CTL] + list(words),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       env=dict(os.environ, FIXGATE_SOCKET=socket),
                       timeout=fg.LIMIT)
    assert r.returncode == 0 and r.stderr == b"", r
    return [x for x in r.stdout.decode().split("\n") if x]


def completion(g, table):
    first = sorted({name.split(" ")[0] for name in table})
    assert complete("") == first, complete("")
    assert complete("sta") == ["status"]
    assert complete("x") == []
    for name in first:
        second = sorted(n.split(" ", 1)[1] for n in table
                        if n.startswith(name + " "))
        if second:
            assert complete(name, "") == second, name
    # Every option of every command.
    for name, args in table.items():
        want = re.findall(r"--[a-z-]+", args) + ["--json"]
        got = complete(*name.split(" "), "--")
        if name == "complete":
            continue
        assert sorted(set(got)) == sorted(set(want)), (name, got, want)
    asks = {"socket": g.socket}
    names = ["BANK", "BROKER", "ODD\\ ONE"]
    assert complete("session", "show", "", **asks) == names
    assert complete("session", "stop", "B", **asks) == names[:2]
    assert complete("session", "stop", "BANK", "", **asks) == []
    assert complete("send", "BR", **asks) == ["BROKER"]
    assert complete("tail", "FIX_IN", "--session", "BA", **asks) == ["BANK"]
    assert complete("tail", "FIX_I", **asks) == ["FIX_IN", "FIX_IN_OTHER"]
    assert complete("tail", "--follow", "--lines", "5", "FIX_O",
                    **asks) == ["FIX_OUT"]
    assert complete("-s", g.socket, "session", "show", "BR") == ["BROKER"]
    assert complete("--json", "stat") == ["status"]
    assert complete("-") == ["--json", "-T", "-a", "-s"]
    assert complete("help", "ses") == ["session"]
    here = os.path.join(fg.SRC, "man", "fixgatectl.")
    assert complete("dict", "check", here) == [here + "8"]
    assert complete("-s", here) == [here + "8"]
    # Without a gateway there are no names, and no noise.
    assert complete("session", "show", "") == []
    print("ok completion")


def documented(table):
    with open(os.path.join(fg.SRC, "man", "fixgatectl.8")) as f:
        page = f.read()
    items = {}
    for m in re.finditer(r"^\.It (Xo\n(?:.*\n)*?\.Xc|Cm .*)\n"
                         r"((?:(?!\.It (?:Xo|Cm [a-z])).*\n)*)", page, re.M):
        head = m[1]
        name = re.search(r"Cm ([a-z -]+?)(?= [A-Z]|\n|\Z)", head)[1].strip()
        items.setdefault(name, "")
        items[name] += head
    assert set(items) == set(table), set(items) ^ set(table)
    for name, args in table.items():
        want = set(re.findall(r"--([a-z-]+)", args))
        got = set(re.findall(r"Fl -([a-z-]+)", items[name]))
        assert want - {"json"} == got - {"json"}, (name, want ^ got)
    print("ok documented")


class Terminal:
    """A command whose output and errors are a terminal."""

    def __init__(self, argv, stdin=subprocess.DEVNULL, only_stderr=False):
        self.fd, slave = pty.openpty()
        self.child = subprocess.Popen(
            argv, stdin=stdin, stderr=slave,
            stdout=subprocess.DEVNULL if only_stderr else slave)
        os.close(slave)
        self.got = b""

    def read_until(self, want, limit=fg.LIMIT):
        end = time.monotonic() + limit
        while not re.search(want, self.got):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise fg.Timeout("no %r in %r" % (want, self.got))
            try:
                more = os.read(self.fd, 65536)
            except OSError:  # its last process is gone
                more = b""
            assert more, "no %r in %r" % (want, self.got)
            self.got += more

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.fd)


def watch(g):
    t = Terminal([CTL, "-s", g.socket, "status", "--watch", "--every", "1"])
    clear = rb"\x1b\[H\x1b\[2J"
    t.read_until(clear + rb"[^\x1b]*BANK[^\x1b]*" + clear + rb"[^\x1b]*BANK")
    g.stop()
    t.read_until(rb"cannot|no gateway|refused|No such file")
    t.got = b""
    g.start()
    t.read_until(clear + rb"[^\x1b]*BANK")
    t.child.send_signal(signal.SIGINT)
    assert t.child.wait(fg.LIMIT) == -signal.SIGINT
    t.close()
    # Into a pipe there is nothing but text.
    p = subprocess.Popen([CTL, "-s", g.socket, "status", "--every", "1"],
                         stdout=subprocess.PIPE)
    got = b""
    while got.count(b"BROKER") < 2:
        more = os.read(p.stdout.fileno(), 65536)
        assert more
        got += more
    assert b"\x1b" not in got, got
    # It ends when nobody reads any more.
    p.stdout.close()
    p.wait(fg.LIMIT)
    for bad in ("0", "3601", "x"):
        r = subprocess.run([CTL, "-s", g.socket, "status", "--every", bad],
                           stderr=subprocess.PIPE, timeout=fg.LIMIT)
        assert r.returncode == 1, r
    print("ok watch")


def progress(g, w):
    """Standard input is slow: a line, and then nothing for a while."""
    line = b'{"ID":"%d"}\n'
    argv = [CTL, "-s", g.socket, "append", "FILLS"]
    t = Terminal(argv, stdin=subprocess.PIPE, only_stderr=True)
    n = 0
    end = time.monotonic() + fg.LIMIT
    while not re.search(rb"append: \d+ lines, \d+ in a second", t.got):
        assert time.monotonic() < end, t.got
        t.child.stdin.write(line % n)
        t.child.stdin.flush()
        n += 1
        if select.select([t.fd], [], [], 0.05)[0]:
            t.got += os.read(t.fd, 65536)
    # A complaint has a line of its own.
    t.child.stdin.write(b"nonsense\n")
    t.child.stdin.flush()
    t.read_until(rb"\r\x1b\[Kfixgatectl: line \d+: [^\r\x1b]*\r?\n")
    t.child.stdin.close()
    assert t.child.wait(fg.LIMIT) == 3
    t.close()
    # A file has an end that is known: the bar.
    path = w.path("orders")
    with open(path, "w") as f:
        for i in range(300000):
            f.write("MsgType=D ClOrdID=%d Symbol=X Side=1 OrderQty=1 "
                    "OrdType=1\n" % i)
    argv = [CTL, "-s", g.socket, "send", "BANK", "--file", path]
    t = Terminal(argv, only_stderr=True)
    t.read_until(rb"\rsend \[#* *\] \d+ %, \d+ s left\x1b\[K")
    t.close()
    # None into a pipe.
    r = subprocess.run([CTL, "-s", g.socket, "append", "FILLS"],
                       input=b"".join(line % i for i in range(50000)),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=fg.LIMIT)
    assert r.returncode == 0 and r.stderr == b"", r.stderr
    print("ok progress")


with fg.Work() as work:
    port = fg.free_port()
    gate = work.gateway("g", gateway={"MinDiskFree": 0}, sessions=[
        fg.acceptor("EXCH", "BANK", port, SessionName="BANK"),
        fg.acceptor("EXCH", "BROKER", port, SessionName="BROKER"),
        fg.acceptor("EXCH", "ODD", port, SessionName="ODD ONE")])
    with open(gate.conf, "a") as conf:
        conf.write("\n[TABLE FILLS]\nColumns=ID string\n")
    gate.start()
    all_commands = commands()
    if shutil.which("bash") is None:
        print("not there, and so not tried: bash")
    else:
        completion(gate, all_commands)
    documented(all_commands)
    watch(gate)
    progress(gate, work)
    assert gate.stop() == 0
