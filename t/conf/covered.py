#!/usr/bin/env python3
"""Each setting that is obeyed has a test that is named after it: coverage.txt
says which. That test is one that `make check` runs, and a scenario fails
without the line that sets it. (That the cases of t/e2e/test_settings_*.py do,
these show with --without: "t/long/run without".) The same for what users of
other engines asked for: asked_for.txt."""

import os
import re
import subprocess
import sys
import tempfile

SRC, BUILD = os.environ["FG_SRC"], os.environ["FG_BUILD"]
SCENARIO = os.path.join(BUILD, "t", "session", "scenario")
faults = []


def fault(text):
    faults.append(text)
    print(text)


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


def is_run(path):
    """Is the file in the TESTS of its folder?"""
    folder = os.path.dirname(path)
    program = path[:-2] if path.endswith(".c") else path
    return re.search(r"(^|\s)%s(\s|$)" % re.escape(program),
                     read(os.path.join(folder, "local.mk")), re.M)


def has_test(path, name):
    form = {".py": r"^def %s\(", ".c": r"^START_TEST\(%s\)"}
    return re.search(form[os.path.splitext(path)[1]] % re.escape(name),
                     read(path), re.M)


def passes(text):
    with tempfile.NamedTemporaryFile("w", suffix=".fix",
                                     encoding="latin-1") as f:
        f.write(text)
        f.flush()
        return subprocess.run([SCENARIO, f.name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0


def check_scenario(key, path):
    line = re.compile(r"^set %s=.*\n" % re.escape(key), re.M)
    text = read(path)
    if key not in os.path.basename(path):
        fault("%s: %s is not named after it" % (key, path))
    elif not line.search(text):
        fault("%s: %s does not set it" % (key, path))
    elif not passes(text):
        fault("%s: %s fails" % (key, path))
    elif passes(line.sub("", text)):
        fault("%s: %s passes without it" % (key, path))


def check(key, path, name, is_named):
    if not os.path.exists(os.path.join(SRC, path)):
        fault("%s: there is no %s" % (key, path))
    elif not is_run(path):
        fault("%s: make check does not run %s" % (key, path))
    elif path.endswith(".fix"):
        if is_named:
            check_scenario(key, path)
    elif is_named and key not in name:
        fault("%s: the test %s is not named after it" % (key, name))
    elif not has_test(path, name):
        fault("%s: %s has no test %s" % (key, path, name))


def entries(path):
    """Lines of "KEY FILE [NAME]"; without a name it is KEY."""
    for line in read(path).splitlines():
        if line.strip() and not line.startswith("#"):
            words = line.split()
            yield words[0], words[1], (words + words[:1])[2]


def settings():
    got = subprocess.run([os.path.join(BUILD, "t", "conf", "confcheck"),
                          "-o"], stdout=subprocess.PIPE, check=True)
    obeyed = got.stdout.decode().split()
    seen = set()
    for key, path, name in entries("t/conf/coverage.txt"):
        if key not in obeyed:
            fault("%s is no setting that is obeyed" % key)
        seen.add(key)
        check(key, path, name, True)
    for key in obeyed:
        if key not in seen:
            fault("%s: no test: write one, and a line in coverage.txt" % key)
    return len(obeyed)


def asked_for():
    """Items 1 to 35, in their order."""
    n = 0
    for key, path, name in entries("t/conf/asked_for.txt"):
        n += 1
        if key != "E%d" % n:
            fault("asked_for.txt: E%d is missing before %s" % (n, key))
        if path == "-":
            continue
        if not name.startswith("e%02d_" % n):
            fault("%s: the test %s is not named after it" % (key, name))
        check(key, path, name, False)
    if n != 35:
        fault("asked_for.txt: %d items, not 35" % n)
    return n


def main():
    n = settings()
    asked = asked_for()
    if not faults:
        print("%d settings and %d items, each with its test" % (n, asked))
    sys.exit(1 if faults else 0)


main()
