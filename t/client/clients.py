"""What the tests of fixgate-client share: a client with a streamer and handlers
that do as the test wants."""
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from link import Link
from serve import Handler, Streamer

fg.need("fixgate-client")

# A program that keeps what it gets, and answers: ack, or what the file "say"
# holds, a text for each line with N for the event's number.
BOOK = """#!/usr/bin/env python3
import json, os, sys
open("%(path)s.pid", "w").write(str(os.getpid()))
print("book is there", file=sys.stderr, flush=True)
for line in sys.stdin:
    open("%(path)s.out", "a").write(line)
    m = json.loads(line)
    try:
        say = open("%(path)s.say").read()
    except FileNotFoundError:
        say = '{"ack": N}'
    rule = json.loads(say) if say.startswith("[") else None
    if rule and m["seq"] in rule[0]:
        say = rule[1]
    elif rule:
        say = '{"ack": N}'
    for text in say.splitlines():
        print(text.replace("N", str(m["n"])), flush=True)
"""


class Book:
    """An exec: handler."""

    def __init__(self, work, name="book"):
        self.path = work.path(name)
        with open(self.path, "w") as f:
            f.write(BOOK % {"path": self.path})
        os.chmod(self.path, 0o755)
        self.address = "exec:" + self.path

    def say(self, text=None, rows=None):
        """Answer with this text; or only for these rows; None: ack."""
        if text is None:
            if os.path.exists(self.path + ".say"):
                os.unlink(self.path + ".say")
            return
        with open(self.path + ".new", "w") as f:
            f.write(text if rows is None else json.dumps([rows, text]))
        os.rename(self.path + ".new", self.path + ".say")

    def lines(self):
        try:
            with open(self.path + ".out") as f:
                return [json.loads(x) for x in f if x.endswith("\n")]
        except FileNotFoundError:
            return []

    def clear(self):
        """Forget what it got."""
        if os.path.exists(self.path + ".out"):
            os.unlink(self.path + ".out")

    def rows(self):
        return [m["seq"] for m in self.lines()]

    def pid(self):
        with open(self.path + ".pid") as f:
            return int(f.read())

    def freeze(self):
        os.kill(self.pid(), signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid(), signal.SIGCONT)

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)


class World:
    """A streamer S, a handler G with lanes, a program B; client() runs a
    file."""

    def __init__(self, work, lanes=True, **streamer):
        self.work = work
        self.streamer = Streamer(work.path("s.sock"), **streamer).start()
        self.gateway = Handler(work.path("g.sock"), lanes).start()
        self.book = Book(work)
        self.n = 0

    def head(self):
        return ('process("S", "unix:%s")\nprocess("G", "unix:%s")\n'
                'process("B", "%s")\n' % (self.streamer.path,
                                          self.gateway.path,
                                          self.book.address))

    def write(self, text, head=True):
        self.n += 1
        path = self.work.path("c%d.lua" % self.n)
        with open(path, "w") as f:
            f.write((self.head() if head else "") + text)
        return path

    def client(self, text, *args, start=True):
        path = self.write(text)
        c = self.work.proc("client%d" % self.n, fg.valgrind() + [
            fg.program("fixgate-client"), *args, path])
        return c.start() if start else c

    def check(self, text, head=True):
        """Status and all output of -n."""
        r = subprocess.run(
            [fg.program("fixgate-client"), "-n", self.write(text, head)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=fg.LIMIT)
        return r.returncode, r.stdout.decode()

    def simple(self, options="", sends='send("B", "ROW")',
               start='startAt = "beginning"', name="C"):
        """The text of one client of stream S."""
        return ('streamerClient("%s") { dataSource = { "S", "S" }, %s\n%s\n'
                'onMessage { %s } }\n' % (
                    name, start + "," if start else "",
                    options + "," if options else "", sends))

    def fill(self, first, last):
        self.streamer.add(*[["R%d" % i, "%d.50" % i]
                            for i in range(first, last + 1)])

    def wait(self, cond, what, limit=fg.LIMIT):
        fg.wait_until(cond, limit, what)

    def wait_cursor(self, at, client="C", key=None, limit=fg.LIMIT):
        self.wait(lambda: self.streamer.cursor(client, key) == at,
                  "the cursor of %s is at %d" % (client, at), limit)

    def close(self):
        self.streamer.stop()
        self.gateway.stop()


AT_ONCE = 1 if fg.valgrind() else 6  # tests: most of them wait


def one(test):
    with fg.Work() as work:
        test(work)
        for p in work.procs:
            if p.running():
                status = p.stop()
                assert status == 0, (p.name, status, p.log())
    print("ok %s: %s" % (test.__name__, " ".join(test.__doc__.split())))
    sys.stdout.flush()


def run(tests):
    """Each with a world of its own; FG_TEST names some."""
    names = os.environ.get("FG_TEST", "").split()
    tests = [t for t in tests if not names or t.__name__ in names]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(one, t) for t in tests]:
            done.result()
