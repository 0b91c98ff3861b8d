#!/usr/bin/env python3
"""installed.py PACKAGE: the Debian package is installed with dpkg, its services
are started by their System V scripts and talked to, it is installed once more
(an upgrade), removed and purged.

All that in namespaces of its own, over the files of this machine: what is
written goes into memory and is gone with them, no port of the machine is used,
and no process is left. It needs to be root, and dpkg; else it says that nothing
was installed, and exits with 77.
"""

import fcntl
import json
import os
import pwd
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import fixgate as fg

DAEMONS = ("fixgated", "fixgate-streamer", "fixgate-client")
SECRET_MODE = 0o750
ORDER = "11=A1|21=1|55=VOD.L|54=1|38=10|40=1|60="

STREAMER = """
process("GATEWAY", "unix:/run/fixgate/gateway.sock")
listen("unix:/run/fixgate/streamer.sock")
stream("ORDERS", "FIX_IN") { }
"""

CLIENT = """
process("STREAMER", "unix:/run/fixgate/streamer.sock")
process("GATEWAY", "unix:/run/fixgate/gateway.sock")
listen("unix:/run/fixgate/client.sock")
streamerClient("BACK") { dataSource = { "STREAMER", "ORDERS" },
  startAt = "beginning",
  onMessage { send("GATEWAY", "EVENT_FIX_SEND", function(row)
    return { SESSION = "BROKER", MsgType = "News", Headline = "there it is",
      NoLinesOfText = { { Text = row.FIX_DATA:match("11=(%w+)") } } } end) } }
"""


def skip(why):
    print("SKIP: %s: the package was not installed" % why)
    sys.exit(77)


# ---- outside ----

def enter(package):
    """The same script, in namespaces of its own."""
    if os.getuid() != 0:
        skip("not root")
    for p in ("unshare", "dpkg", "chroot", "mount", "start-stop-daemon"):
        if shutil.which(p, path="/usr/sbin:/sbin:/usr/bin:/bin") is None:
            skip("no " + p)
    if os.path.exists("/usr/sbin/fixgated"):
        skip("fixgate is installed on this machine")
    alone = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork",
             "--kill-child"]
    r = subprocess.run(alone + ["true"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    if r.returncode != 0:
        skip(r.stdout.decode().strip())
    with tempfile.TemporaryDirectory() as top:
        r = subprocess.run(alone + [sys.executable, os.path.abspath(__file__),
                                    "--root", top, package])
    return r.returncode


def mount(*args):
    r = subprocess.run(["mount", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    if r.returncode != 0:
        skip("no mount %s: %s" % (" ".join(args), r.stdout.decode().strip()))


def loopback():
    with socket.socket() as s:
        name = struct.pack("16sh", b"lo", 0x1)  # IFF_UP
        fcntl.ioctl(s, 0x8914, name)            # SIOCSIFFLAGS


def root(top, package):
    """The machine's files below a layer of memory, as the root."""
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "tmpfs", top)
    at = {k: os.path.join(top, k) for k in ("up", "work", "root")}
    for path in at.values():
        os.mkdir(path)
    mount("-t", "overlay", "overlay", "-o", "lowerdir=/,upperdir=%s,workdir="
          "%s" % (at["up"], at["work"]), at["root"])
    mount("-t", "proc", "proc", at["root"] + "/proc")
    for folder in ("/dev", "/run", "/tmp"):
        mount("-t", "tmpfs", "tmpfs", at["root"] + folder)
    os.symlink("/proc/self/fd", at["root"] + "/dev/fd")
    for device in ("/dev/null", "/dev/urandom"):
        open(at["root"] + device, "w").close()
        mount("--bind", device, at["root"] + device)
    for folder in (fg.SRC, os.path.dirname(package)):
        os.makedirs(at["root"] + folder, exist_ok=True)
        mount("--bind", "-o", "ro", folder, at["root"] + folder)
    loopback()
    os.chroot(at["root"])
    os.chdir("/")
    # Where packages are built, services are not to be stopped or started.
    if os.path.exists("/usr/sbin/policy-rc.d"):
        os.unlink("/usr/sbin/policy-rc.d")
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    for key in ("FIXGATE_SOCKET", "FIXGATE_CERTIFICATES", "NOTIFY_SOCKET"):
        os.environ.pop(key, None)


def first_process():
    """Who is process 1 gets those whose parents are gone, and has to wait for
    them; all else is done by its child."""
    child = os.fork()
    while child != 0:
        done, status = os.wait()
        if done == child:
            os._exit(os.waitstatus_to_exitcode(status))


# ---- inside ----

def run(*argv, want=0):
    """What it says, errors too."""
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=fg.LIMIT)
    said = r.stdout.decode("utf-8", "replace")
    assert r.returncode == want, (argv, r.returncode, said)
    return said


def install(package):
    """With what images leave out, too."""
    return run("dpkg", "--path-include=*", "-i", package)


def init(name, action, want=0):
    return run("/etc/init.d/" + name, action, want=want)


def pid(name):
    with open("/run/%s.pid" % name) as f:
        return int(f.read())


def is_there(n):
    try:
        os.kill(n, 0)
    except ProcessLookupError:
        return False
    return True


def ctl(*args):
    return [json.loads(x) for x in run("fixgatectl", "--json",
                                       *args).splitlines()]


def files():
    """What the folders have that a package writes to."""
    return {os.path.join(top, name)
            for start in ("/etc", "/lib", "/opt", "/run", "/usr", "/var")
            for top, folders, names in os.walk(start)
            for name in folders + names
            if not top.startswith(("/var/lib/dpkg", "/var/cache"))}


def has(path, mode, user, group):
    s = os.stat(path)
    g = (stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid)
    assert g == (mode, user, group), (path, oct(g[0]), g)


def is_installed(package):
    """Nothing runs yet; what is there is the right people's."""
    said = install(package)
    assert "write /etc/fixgate/fixgate.conf" in said, said
    who = pwd.getpwnam("fixgate")
    assert who.pw_shell.endswith(("nologin", "false")), who
    has("/etc/fixgate", SECRET_MODE, 0, who.pw_gid)
    has("/var/lib/fixgate", SECRET_MODE, who.pw_uid, who.pw_gid)
    has("/var/log/fixgate", SECRET_MODE, who.pw_uid, who.pw_gid)
    for name in DAEMONS:
        assert "not running" in init(name, "status", 3)
        assert "there is no /etc/fixgate/" in init(name, "start", 6)
    assert os.path.exists("/usr/share/man/man7/fixgate.7.gz")
    return who


def write(path, text, who):
    with open(path, "w") as f:
        f.write(text)
    os.chown(path, 0, who.pw_gid)
    os.chmod(path, 0o640)


def runs(who):
    """From the sample to three services, of their own user."""
    with open("/usr/share/doc/fixgate/fixgate.conf") as f:
        text = f.read()
    assert "LogTarget=syslog" in text
    write("/etc/fixgate/fixgate.conf", text.replace(
        "LogTarget=syslog", "LogTarget=/var/log/fixgate/fixgated.log"), who)
    write("/etc/fixgate/streamer.lua", STREAMER, who)
    write("/etc/fixgate/client.lua", CLIENT, who)
    assert "no errors" in run("fixgated", "-n")
    for name in DAEMONS:
        assert "started" in init(name, "start")
        assert "running" in init(name, "status")
        assert "already running" in init(name, "start")
        assert os.stat("/proc/%d" % pid(name)).st_uid in (0, who.pw_uid)
        with open("/proc/%d/status" % pid(name)) as f:
            uids = [x.split()[1:] for x in f if x.startswith("Uid:")][0]
        assert set(uids) == {str(who.pw_uid)}, (name, uids)
    has("/run/fixgate", SECRET_MODE, who.pw_uid, who.pw_gid)


def works(peer, n):
    """A Logon, an order; through streamer and client comes the answer."""
    peer.connect(5001)
    peer.logon()
    peer.send("D", ORDER.replace("A1", "A%d" % n) + fg.utc())
    m = peer.expect("B")
    assert m.get(58) == "A%d" % n, m
    found = ctl("find", "ClOrdID=A%d" % n)
    assert [r["TABLE"] for r in found] == ["FIX_IN"], found


def is_upgraded(package):
    """What runs goes on, and is restarted when the operator says so."""
    before = [pid(name) for name in DAEMONS]
    said = install(package)
    assert "are still those of version" in said, said
    assert [pid(name) for name in DAEMONS] == before
    assert all(map(is_there, before))
    assert "started" in init("fixgated", "restart")
    assert pid("fixgated") != before[0]
    init("fixgated", "reload")
    for name in DAEMONS:
        assert "running" in init(name, "status")


def is_removed():
    """It is stopped, and settings and store are there."""
    before = [pid(name) for name in DAEMONS]
    run("dpkg", "-r", "fixgate")
    assert not any(map(is_there, before)), before
    assert not os.path.exists("/usr/sbin/fixgated")
    for path in ("/etc/fixgate/fixgate.conf", "/etc/init.d/fixgated",
                 "/var/lib/fixgate/FORMAT"):
        assert os.path.exists(path), path


def is_purged(before):
    """The store is kept, the settings that somebody wrote, and nothing else of
    it; its user, too, who owns the store."""
    said = run("dpkg", "-P", "fixgate")
    assert "the store in /var/lib/fixgate was kept" in said, said
    left = {p for p in files() - before
            if not p.startswith(("/var/lib/fixgate", "/etc/fixgate"))}
    # Not those of other programs, which go on below: their names have others.
    strange = {p for p in left if "fixgate" in p}
    assert not strange, sorted(strange)
    assert os.path.exists("/var/lib/fixgate/FORMAT")


def again(package, who, peer):
    """And from the store that was kept it goes on."""
    install(package)
    assert pwd.getpwnam("fixgate") == who
    init("fixgated", "start")
    s = [x for x in ctl("session", "show") if x["SESSION"] == "BROKER"][0]
    assert s["NEXT_IN"] == peer.next_out, (s, peer.next_out)
    assert ctl("find", "ClOrdID=A1")
    init("fixgated", "stop")


def inside(package):
    before = files()
    who = is_installed(package)
    print("ok it is installed, and nothing runs")
    runs(who)
    peer = fg.Peer("BROKER", "GATE")
    works(peer, 1)
    print("ok its services run, as user fixgate, and work")
    peer.logout()
    is_upgraded(package)
    works(peer, 2)
    peer.logout()
    print("ok an upgrade stops nothing")
    is_removed()
    print("ok removed: stopped; store and settings are there")
    is_purged(before)
    print("ok purged: store and settings are there, and nothing else")
    again(package, who, peer)
    print("ok installed again: it goes on with its store")


def main():
    if sys.argv[1] != "--root":
        return enter(os.path.abspath(sys.argv[1]))
    first_process()
    root(sys.argv[2], sys.argv[3])
    r = subprocess.run(["dpkg", "-i", "--dry-run", sys.argv[3]],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if b"dependency problems" in r.stdout:
        print(r.stdout.decode())
        skip("libraries are missing")
    inside(sys.argv[3])
    return 0


sys.exit(main())
