"""What the tests of the rows A3 of the feature map share (t/e2e/rows.txt)."""

import re
import subprocess
import sys
import time

import fixgate as fg

FIELDS = {"Symbol": "X", "Side": "BUY", "OrderQty": 10, "OrdType": "MARKET",
          "TransactTime": "20260105-09:00:00"}


def order(n, more=""):
    return "11=%s|55=X|54=1|38=10|40=1|60=%s|%s" % (n, fg.utc(), more)


def one(work, name="A", gateway=None, **keys):
    """A gateway with one acceptor, and where it listens."""
    port = fg.free_port()
    g = work.gateway("gw%d" % port, gateway=gateway, sessions=[
        fg.acceptor("EXCH", name, port, SessionName=name, **keys)])
    g.port = port
    return g.start()


def state(g, name="A"):
    return g.ctl_json("session", "show", name, "--json")[0]


def check(g):
    """What fixgated -n says of the settings: status and text."""
    r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=60)
    return r.returncode, r.stdout.decode()


def is_refused(work, key, value, want):
    """With the setting fixgated does not start, and says what to do."""
    g = work.gateway("no-" + key, sessions=[
        fg.acceptor("EXCH", "A", fg.free_port(), **{key: value})])
    code, text = check(g)
    assert code == 1 and key in text and want in text, (code, text)


def sent(link, name="A", **more):
    kind, said = link.ask("EVENT_FIX_SEND", SESSION=name, MSG_TYPE="D",
                          FIELDS=dict(FIELDS, ClOrdID="S", **more))
    assert kind == "EVENT_ACK", said
    return said


def run(names):
    """The tests of this file, or those that the command names."""
    tests = {name: f for name, f in names.items()
             if re.match(r"a3_\d+_", name)}
    for name in sys.argv[1:] or sorted(
            tests, key=lambda n: int(n.split("_")[1])):
        start = time.monotonic()
        with fg.Work() as work:
            tests[name](work)
        print("ok %s %.1f s" % (name, time.monotonic() - start))
        sys.stdout.flush()
