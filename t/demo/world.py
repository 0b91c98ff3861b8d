"""The processes of the demo: a broker and an exchange, each a gateway, a streamer
and a client, with the files of etc/examples, in a work folder."""

import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import fixgate as fg
from tap import Tap

EXAMPLES = os.path.join(fg.SRC, "etc", "examples")
SYMBOLS = ("VOD.L", "BARC.L", "HSBA.L", "BP.L", "AZN.L")


def order(i):
    """A row of ORDERS_OUT."""
    return {"ORDER_ID": "ORD-%06d" % i, "SYMBOL": SYMBOLS[i % 5],
            "SIDE": "BUY" if i % 2 else "SELL", "QUANTITY": i % 9 * 100 + 100,
            "PRICE": "%d.%02d" % (100 + i % 50, i % 100)}


class Daemon(fg.Proc):
    """A program with a file of etc/examples, adapted to the work folder."""

    def __init__(self, world, program, file, *changes):
        text = open(os.path.join(EXAMPLES, file)).read()
        for old, new in changes + (("/run/fixgate", world.dir),
                                   ("/var/lib/fixgate", world.dir),
                                   ("/etc/fixgate", EXAMPLES)):
            text = text.replace(old, new)
        with open(world.path(file), "w") as f:
            f.write(text)
        self.kills = 0
        argv = [fg.program(program), world.path(file)]
        if program == "fixgated":
            argv.insert(1, "-f")
        super().__init__(world, file.partition(".")[0], argv)


class World(fg.Work):
    def __enter__(self):
        super().__enter__()
        port = fg.free_port()
        self.tap = Tap(port)
        dicts = ("[GATEWAY]", "[GATEWAY]\nDictionaryPath=" +
                 os.path.join(fg.SRC, "dict"))
        self.daemons = [
            Daemon(self, "fixgated", "exchange.conf", dicts,
                   ("9880", str(port))),
            Daemon(self, "fixgate-streamer", "exchange-streamer.lua"),
            Daemon(self, "fixgate-client", "exchange-client.lua"),
            Daemon(self, "fixgated", "broker.conf", dicts,
                   ("9880", str(self.tap.port))),
            Daemon(self, "fixgate-streamer", "broker-streamer.lua"),
            Daemon(self, "fixgate-client", "broker-client.lua"),
        ]
        return self

    def start(self):
        """All at once: no order of start is needed."""
        for d in self.daemons:
            d.start()

    def stop(self):
        """In order; their exit statuses."""
        return {d.name: d.stop() for d in reversed(self.daemons)}

    def kill(self, rng):
        """kill -9 one of them, and start it again at once; its name."""
        d = rng.choice(self.daemons)
        d.kill()
        d.kills += 1
        d.start()
        return d.name

    def check_running(self):
        for d in self.daemons:
            if not d.running():
                raise AssertionError("%s ended by itself, status %d" % (
                    d.name, d.child.returncode))

    def ctl(self, who, *args, limit=120, **kw):
        """Run fixgatectl on broker or exchange."""
        return subprocess.run(
            [fg.program("fixgatectl"), "-s", self.path(who + ".sock"), *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=limit, **kw)

    def table(self, who, name):
        """The rows of a table that can be read."""
        r = self.ctl(who, "tail", name, "--json", "--all", "--after", "0")
        assert r.returncode == 0, r.stderr
        return [json.loads(line) for line in r.stdout.splitlines()]

    def book(self):
        """The events of the book, without those that came again."""
        seen, events, repeats = set(), [], 0
        for line in open(self.path("book")):
            try:
                e = json.loads(line)
            except ValueError:
                continue  # cut short by a crash
            key = tuple(e[k] for k in ("source", "client", "key", "send",
                                       "seq", "part"))
            if key in seen:
                repeats += 1
            else:
                seen.add(key)
                events.append(e)
        return events, repeats

    def book_lines(self):
        """How many lines it has: cheap, while it runs."""
        try:
            return int(subprocess.run(["wc", "-l", self.path("book")],
                                      stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL,
                                      check=True).stdout.split()[0])
        except subprocess.CalledProcessError:
            return 0


class Desk(threading.Thread):
    """The application: feeds orders to `fixgatectl append` at a steady rate,
    and runs it again from the first order on until it has said that all are
    there: what is there already is not appended again."""

    def __init__(self, world, orders, seconds):
        super().__init__(daemon=True)
        self.world, self.orders, self.seconds = world, orders, seconds
        self.begun = time.monotonic()
        self.entered = self.runs = 0
        self.said = ""  # by its last run
        self.trouble = None

    def due(self):
        """How many orders should have been entered by now."""
        past = time.monotonic() - self.begun
        return min(self.orders, int(self.orders * past / self.seconds) + 1)

    def run(self):
        try:
            while not self.append():
                time.sleep(0.1)
        except Exception as e:  # for the thread that waits
            self.trouble = e

    def append(self):
        """Once; did it do all?"""
        self.runs += 1
        with open(self.world.path("append.log"), "a+b") as log:
            child = subprocess.Popen(
                [fg.program("fixgatectl"), "-s",
                 self.world.path("broker.sock"), "append", "ORDERS_OUT",
                 "--as", "desk"], stdin=subprocess.PIPE, stdout=log,
                stderr=log)
            done = 0
            try:
                while done < self.orders:
                    upto = self.due()
                    child.stdin.write(b"".join(
                        json.dumps(order(i)).encode() + b"\n"
                        for i in range(done + 1, upto + 1)))
                    child.stdin.flush()
                    done = upto
                    self.entered = max(self.entered, done)
                    time.sleep(0.02)
                child.stdin.close()
            except BrokenPipeError:
                pass
            return child.wait(fg.LIMIT) == 0
