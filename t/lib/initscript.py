"""The System V scripts, run for real and without root: their own settings file
is the only thing of them that stands elsewhere. FG_INIT may name the folder of
an installed package."""
import os
import re
import shutil
import signal
import subprocess

import fixgate as fg

SCRIPTS = os.environ.get("FG_INIT") or os.path.join(fg.BUILD, "etc/init.d")


def need():
    """Skip where they cannot run."""
    if shutil.which("start-stop-daemon",
                    path="/usr/sbin:/sbin:/usr/bin") is None:
        fg.skip("no start-stop-daemon: the System V scripts were not run")


class Script:
    """A script of the folder, and a daemon, both of the build unless told."""

    def __init__(self, w, name, config, folder=None, daemon=None):
        self.w, self.name = w, name
        self.daemon = daemon or fg.program(name)
        with open(os.path.join(folder or SCRIPTS, name)) as f:
            text = f.read()
        # One change: where its own settings are.
        text, n = re.subn(r"/[-./\w]*/default/" + name,
                          w.path("default-" + name), text)
        assert n >= 2, "the script does not read its settings"
        self.path = w.path("init-" + name)
        with open(self.path, "w") as f:
            f.write(text)
        os.chmod(self.path, 0o755)
        self.config, self.pidfile = config, w.path(name + ".pid")
        self.settle()

    def settle(self, **more):
        keys = {"DAEMON": self.daemon, "CONFIG": self.config,
                "PIDFILE": self.pidfile, "SOCKETS": self.w.path(),
                "RUN_AS": nobody(), "START_LIMIT": 60, "STOP_LIMIT": 20}
        keys.update(more)
        with open(self.w.path("default-" + self.name), "w") as f:
            f.write("".join("%s='%s'\n" % kv for kv in keys.items()))

    def __call__(self, action, want):
        r = subprocess.run([self.path, action], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120,
                           stdin=subprocess.DEVNULL)
        said = r.stdout.decode("utf-8", "replace")
        assert r.returncode == want, (action, r.returncode, said)
        return said

    def pid(self):
        with open(self.pidfile) as f:
            return int(f.read())

    def kill(self):
        """Not to be left behind when the test fails."""
        if os.path.exists(self.pidfile):
            try:
                os.kill(self.pid(), signal.SIGKILL)
            except ProcessLookupError:
                pass


def nobody():
    """Root's scripts become this user, if that may run what was built; others
    stay who they are."""
    if os.getuid() != 0:
        return "not used"
    try:
        subprocess.run([fg.program("fixgated"), "-V"], user="nobody",
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        return "root"
    return "nobody"
