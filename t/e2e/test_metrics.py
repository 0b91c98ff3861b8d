#!/usr/bin/env python3
"""AdminListen: /metrics, read strictly, /healthz, and what is wrong with a
request. promtool looks at it, too, where it is installed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import fixgate as fg
from prom import ask, parse

fg.need("fixgated", "fixgatectl")

def metrics(port):
    status, head, body = ask(port)
    assert status == 200, body
    assert head["Content-Type"] == \
        "text/plain; version=0.0.4; charset=utf-8", head
    return parse(body)[0]


def port_of(g):
    return int(re.search(r"metrics on port (\d+)", g.log()).group(1))


def numbers(g, fix, port):
    """They are what fixgatectl says."""
    def of(name, session="BANK"):
        return got["fixgate_session_" + name, (("session", session),)]

    got = metrics(port)
    assert of("logged_on") == of("connected") == of("health") - 1 == 0, got
    assert ("fixgate_session_last_received_seconds",
            (("session", "BANK"),)) not in got
    assert got["fixgate_health", ()] == 1
    # A name that has to be escaped, and bytes that are no UTF-8.
    assert of("enabled", 'a\\"b\\\\c??') == 0, got
    with fg.Peer("BANK", "EXCH") as p:
        p.connect(fix)
        p.logon()
        for i in range(10):
            p.send("D", "11=%d|55=X|54=1|38=10|40=1|60=%s" % (i, fg.utc()))
        p.send("D", "11=11")
        p.send("2", "7=1|16=0")
        p.sync()
        p.send("0", seq=p.next_out + 5)
        p.expect("2", skip_types=("0", "3", "4"))
        got = metrics(port)
        show = g.ctl_json("session", "show", "BANK", "--json")[0]
        for key in ("next_in", "next_out", "epoch"):
            assert of(key) == show[key.upper()], (key, show)
        for key in ("received", "sent", "rejected"):
            assert of(key + "_total") == show[key.upper()], (key, show)
        assert of("received_total") >= 14 and of("rejected_total") == 1, got
        assert of("resends_total") == 1, got
        assert of("gap") == 1 and of("health") == 1, got
        assert of("logged_on") == of("connected") == 1, got
        assert of("last_received_seconds") > 1e9, got
        assert got["fixgate_table_newest", (("table", "FIX_IN"),)] == \
            g.rows("FIX_IN")[-1]["RX_SEQUENCE"], got
        assert got["fixgate_store_commits_total", ()] >= 3
        assert got["fixgate_store_wait_seconds_count", ()] >= 3
        assert got["fixgate_store_bytes", ()] > 10000
        assert got["fixgate_store_free_bytes", ()] > 0
        assert got["process_resident_memory_bytes", ()] > 1e6
        assert got["process_open_fds", ()] > 5
        assert got["fixgate_links", ()] == 0
    print("ok numbers")


def health(g, port):
    status, _, body = ask(port, "/healthz")
    assert (status, body) == (200, "WARNING\n"), (status, body)
    assert ask(port, "/")[0] == 404
    assert ask(port, "/metrics/x")[0] == 404
    status, head, _ = ask(port, "/metrics", "POST")
    assert status == 405 and head["Allow"] == "GET, HEAD", head
    status, head, body = ask(port, "/metrics", "HEAD")
    assert status == 200 and body == "", (status, body)
    # A store that cannot be written is nothing to send orders to.
    g.configure(MinDiskFree=1048576)
    g.ctl("reload")
    fg.wait_until(lambda: ask(port, "/healthz")[0] == 503)
    assert ask(port, "/healthz")[2] == "ERROR\n"
    assert metrics(port)["fixgate_store_health", ()] == 2
    g.configure(MinDiskFree=0)
    g.ctl("reload")
    fg.wait_until(lambda: ask(port, "/healthz")[0] == 200)
    # A request without an end is cut off.
    s = socket.create_connection(("127.0.0.1", port), 20)
    s.sendall(b"GET /metrics HTTP/1.1\r\n" + b"x" * 100000)
    s.settimeout(fg.LIMIT)
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    s.close()
    assert ask(port, "/healthz")[0] == 200
    print("ok health")


RULES = os.path.join(fg.SRC, "etc", "prometheus", "fixgate.rules.yml")


def promtool(port):
    tool = shutil.which("promtool")
    if tool is None:
        print("not there, and so not tried: promtool")
        return
    for argv, data in ((["metrics"], ask(port)[2].encode()),
                       (["rules", RULES], None)):
        r = subprocess.run([tool, "check"] + argv, timeout=60, input=data,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert r.returncode == 0, r.stdout
    print("ok promtool")


def alarms(port):
    """They ask for what there is, and fixgate(7) has each."""
    with open(RULES) as f:
        text = f.read()
    types = set(parse(ask(port)[2])[1])
    for page in ("fixgate-streamer.8", "fixgate-client.8"):
        with open(os.path.join(fg.SRC, "man", page)) as f:
            types |= set(re.findall(r"^\.It Li (\w+)", f.read(), re.M))
    used = set(re.findall(r"\bfixgate_\w+", "".join(
        re.findall(r"^ +expr: (.*)$", text, re.M))))
    assert used and used <= types, used - types
    with open(os.path.join(fg.SRC, "man", "fixgate.7")) as f:
        page = set(re.findall(r"^\.It Li (Fixgate\w+)", f.read(), re.M))
    names = set(re.findall(r"alert: (\w+)", text))
    assert names == page, names ^ page
    print("ok alarms")


def scraped(w, port):
    """Prometheus itself takes them, and has an alarm for what is wrong."""
    server = shutil.which("prometheus")
    if server is None:
        print("not there, and so not tried: prometheus")
        return
    with open(w.path("prometheus.yml"), "w") as f:
        f.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                "rule_files: ['%s']\nscrape_configs:\n"
                "  - job_name: fixgate\n    static_configs:\n"
                "      - targets: ['127.0.0.1:%d']\n" % (RULES, port))
    own = fg.free_port()
    p = w.proc("prometheus", [
        server, "--config.file=" + w.path("prometheus.yml"),
        "--storage.tsdb.path=" + w.path("tsdb"),
        "--web.listen-address=127.0.0.1:%d" % own]).start()

    def query(path):
        try:
            status, _, body = ask(own, path)
        except OSError:
            assert p.running(), p.log()
            return []
        return json.loads(body)["data"] if status == 200 else []
    got = fg.wait_until(lambda: (query(
        "/api/v1/query?query=fixgate_session_enabled") or
        {"result": []})["result"])
    assert {m["metric"]["session"]: m["value"][1] for m in got}["BANK"] == \
        "1", got
    # On a busy machine one of them may not be in time.
    fg.wait_until(lambda: [t for t in query("/api/v1/targets")["activeTargets"]
                           if t["health"] == "up" and not t["lastError"]])
    fg.wait_until(lambda: [a for a in (query("/api/v1/alerts") or
                                       {"alerts": []})["alerts"]
                           if a["labels"]["alertname"] == "FixgateSessionOff"
                           and a["labels"]["session"] == "BANK"])
    p.stop()
    print("ok scraped")


def documented(port):
    """fixgated(8) has each, and no other."""
    types = parse(ask(port)[2])[1]
    with open(os.path.join(fg.SRC, "man", "fixgated.8")) as f:
        page = set(re.findall(r"^\.It Li (fixgate_\w+)", f.read(), re.M))
    mine = {n for n in types if n.startswith("fixgate_")}
    assert mine == page, (mine ^ page)
    print("ok documented")


def wrong(w):
    """An address that is taken, and those that are none."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        g = w.gateway("taken", gateway={
            "AdminListen": "127.0.0.1:%d" % s.getsockname()[1]})
        g.configure("[GATEWAY]\n" + "".join(
            "%s=%s\n" % kv for kv in g.keys.items()))
        fg.Proc.start(g)
        assert g.wait() == 1
        assert "cannot listen: Address already in use" in g.log(), g.log()
    for bad in ("9464", "localhost:9464", "127.0.0.1:", "127.0.0.1:65536",
                "::1:9464", "[::1:9464", "[127.0.0.1]:9464", "a" * 90 + ":1"):
        g.configure("[GATEWAY]\nAdminListen=%s\n" % bad)
        r = subprocess.run([fg.program("fixgated"), "-n", "-f", g.conf],
                           stderr=subprocess.PIPE, timeout=60)
        assert r.returncode == 1, bad
        assert b"an IP address of this host and a port" in r.stderr, r.stderr
    print("ok wrong")


with fg.Work() as work:
    fix = fg.free_port()
    gate = work.gateway("g", gateway={"AdminListen": "127.0.0.1:0",
                                      "MinDiskFree": 0}, sessions=[
        fg.acceptor("EXCH", "BANK", fix, SessionName="BANK"),
        fg.acceptor("EXCH", "OTHER", fix, SessionName='a"b\\c\xfc',
                    Enabled="N")])
    gate.start()
    at = port_of(gate)
    numbers(gate, fix, at)
    health(gate, at)
    promtool(at)
    alarms(at)
    scraped(work, at)
    documented(at)
    assert gate.stop() == 0
    gate.configure(AdminListen="[::1]:0")
    try:
        gate.start()
    except AssertionError:
        assert "cannot listen" in gate.log(), gate.log()
        print("not there, and so not tried: IPv6")
    else:
        assert ask(port_of(gate), "/healthz", host="::1")[0] == 200
        assert gate.stop() == 0
    wrong(work)
