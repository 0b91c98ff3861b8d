#!/usr/bin/env python3
"""jspurefix (npm) against fixgated over FIX.4.4, on both ends of the line:
orders and reports each way, drops in the middle, resends both ways, a reset of
the numbers, and the same once more. peer.js says what the engine does
otherwise than the standard. It is installed into the build folder; without
node, npm or a network the test is skipped.

    test_jspurefix.py [--count N] [--build DIR]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import qf
from qf import fg
from pair import Pair

VERSION = "FIX.4.4"
INSTALL = ["install", "--no-package-lock", "--ignore-scripts", "--no-audit",
           "--no-fund", "--omit=dev", "--fetch-retries=1",
           "--fetch-timeout=30000", "--no-update-notifier"]
INSTALL_LIMIT = 300  # seconds


def install():
    """The folder of the modules."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        fg.skip("node and npm are needed for jspurefix")
    source = os.path.join(fg.SRC, "t", "interop", "jspurefix", "package.json")
    folder = os.path.join(fg.SHARED, "t", "interop", "npm")
    with open(source) as f:
        wanted = json.load(f)["dependencies"]["jspurefix"]
    package = os.path.join(folder, "node_modules", "jspurefix", "package.json")
    if os.path.exists(package):
        with open(package) as f:
            if json.load(f)["version"] == wanted:
                return os.path.join(folder, "node_modules")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(source, folder)
    try:
        r = subprocess.run([npm] + INSTALL, cwd=folder, timeout=INSTALL_LIMIT,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        fg.skip("npm install jspurefix: not within %d s" % INSTALL_LIMIT)
    if r.returncode != 0:
        print(r.stdout.decode("utf-8", "replace"))
        fg.skip("npm cannot install jspurefix " + wanted)
    return os.path.join(folder, "node_modules")


def engine(work, name, role, port, keys):
    conf = work.path(name + ".json")
    with open(conf, "w") as f:
        json.dump({"role": role, "host": "127.0.0.1", "port": port,
                   "sender": "PEER", "target": "GATE",
                   "heartBtInt": keys["HeartBtInt"]}, f)
    return qf.Engine(work, name, [
        "node", os.path.join(fg.SRC, "t", "interop", "jspurefix", "peer.js"),
        conf, None])


def exchange(role, count):
    """A resend that is cut off is not asked for again by the peer: one drop,
    then both sides get in step."""
    with fg.Work() as w:
        pair = Pair(w, role, VERSION, lambda *args: engine(w, *args),
                    drop_in=(3,), as_they_come=True)
        pair.start()
        pair.traffic(count)
        pair.traffic(count)
        pair.reset()
        pair.traffic(count)
        pair.until_resent(count)
        pair.finish()
        pair.check()
        assert pair.gw.stop() == 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--count", type=int, default=400)
    p.add_argument("--build", default=fg.BUILD)
    args = p.parse_args()
    fg.BUILD = os.path.abspath(args.build)
    fg.need("fixgated", "fixgatectl")
    os.environ["NODE_PATH"] = install()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(exchange, role, args.count)
                     for role in ("acceptor", "initiator")]:
            done.result()


if __name__ == "__main__":
    main()
