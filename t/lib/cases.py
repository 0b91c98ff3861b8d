"""Run the cases of a test file: its functions of one argument, the work folder,
that are named after a setting, so begin with a capital letter, or after what
somebody asked for (e07_order_of_fields).

    test_x.py                     all of them
    test_x.py Name ...            only these
    test_x.py --without [Name...] each without its setting: then it must fail

A case whose setting cannot be taken away, because nothing runs without it, says
so with @always, and is left out of the last.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import fixgate as fg

AT_ONCE = 4  # cases: most of them wait


def always(case):
    case.always = True
    return case


def logged_on(work, begin="FIX.4.4", gateway=None, body="", **keys):
    """An acceptor, session S, with these settings, and a counterparty that is
    logged on to it."""
    port = fg.free_port()
    g = work.gateway("gw", gateway=gateway, sessions=[fg.acceptor(
        "EXCH", "BANK", port, begin, SessionName="S", **keys)]).start()
    p = fg.Peer("BANK", "EXCH", begin).connect(port)
    work.peers.append(p)
    p.port = port
    p.logon(body=body)
    return g, p


def dialled(work, begin="FIX.4.4", **keys):
    """The same the other way round: an initiator, its Logon not yet
    answered."""
    p = fg.Peer("EXCH", "BANK", begin)
    work.peers.append(p)
    p.port = p.listen()
    g = work.gateway("gw", sessions=[fg.initiator(
        "BANK", "EXCH", p.port, begin, SessionName="S", **keys)]).start()
    p.accept()
    return g, p


def order(more="", n=1):
    """The body of a NewOrderSingle."""
    return "11=%d|21=1|55=VOD.L|54=1|60=%s|38=100|40=2|44=1.5|%s" % (
        n, fg.utc(), more)


def changed(work, version, old, new, name):
    """Path of a shipped dictionary with a change."""
    with open(fg.dictionary(version), encoding="utf-8") as f:
        text = f.read()
    assert old in text, old
    with open(work.path(name), "w", encoding="utf-8") as f:
        f.write(text.replace(old, new, 1))
    return work.path(name)


def one(case):
    with fg.Work() as work:
        work.peers = []
        try:
            case(work)
        finally:
            for p in work.peers:
                p.__exit__()
    print("ok", case.__name__)
    sys.stdout.flush()


def without(case):
    """Does it fail when no settings file has its setting?"""
    name = case.__name__
    if getattr(case, "always", False):
        return True
    r = subprocess.run([sys.executable, sys.argv[0], name],
                       env=dict(os.environ, FG_WITHOUT=name),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    last = r.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
    print("%s without it: %s" % (name, "PASSES" if r.returncode == 0
                                 else " ".join(last)))
    sys.stdout.flush()
    return r.returncode != 0


def is_case(name):
    return name[0].isupper() or name[0] == "e" and name[1:3].isdigit()


def run(module):
    cases = {name: f for name, f in module.items()
             if is_case(name) and callable(f) and
             getattr(f, "__module__", None) == module["__name__"]}
    args = sys.argv[1:]
    proof = args[:1] == ["--without"]
    names = args[1:] if proof else args
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(without if proof else one, cases[name])
                for name in names or cases]
        failed = [r for r in runs if r.result() is False]
    sys.exit(1 if failed else 0)
