#!/usr/bin/env python3
"""The Containerfile, as far as it can be looked at without a registry: its
instructions are ones, what it copies is there, its packages are those that the
programs were built and linked with, it does not end as root, and fixgated finds
its settings where the volume is. It is not built here."""

import json
import os
import re
import shutil
import subprocess
import sys

SRC = os.environ["FG_SRC"]
BUILD = os.environ["FG_BUILD"]
WORDS = "FROM RUN COPY WORKDIR VOLUME USER STOPSIGNAL HEALTHCHECK ENTRYPOINT"


def read(*path):
    with open(os.path.join(SRC, *path)) as f:
        return f.read()


def instructions():
    """[(word, rest)], comments out and lines joined."""
    text = "\n".join(x for x in read("etc", "container", "Containerfile")
                     .split("\n") if not x.startswith("#"))
    got = []
    for line in re.sub(r"\\\n\s*", " ", text).split("\n"):
        if line:
            word, rest = line.split(" ", 1)
            assert word in WORDS.split(), "no instruction: " + line
            assert not line.endswith("\\"), "goes on behind its end: " + line
            got.append((word, rest))
    return got


def packages(run):
    m = re.search(r"--no-install-recommends ([a-z0-9.+\s-]+?)(?: &&|$)", run)
    return set(m[1].split())


def stages(all_of_it):
    got = []
    for word, rest in all_of_it:
        if word == "FROM":
            got.append([])
        got[-1].append((word, rest))
    return got


def linked():
    """The packages of the libraries that the programs themselves name."""
    got = set()
    for name in "fixgated", "fixgatectl", "fixgate-streamer", "fixgate-client":
        path = os.path.join(BUILD, name)
        if not os.path.exists(path):
            continue
        need = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(
            ["readelf", "-d", path], stdout=subprocess.PIPE, check=True,
            universal_newlines=True).stdout)
        where = subprocess.run(["ldd", path], stdout=subprocess.PIPE,
                               check=True, universal_newlines=True).stdout
        for lib in need:
            m = re.search(re.escape(lib) + r" => (/\S+)", where)
            if m is None or re.match(r"lib(c|m|gcc_s|pthread|dl)\.so", lib):
                continue
            owner = subprocess.run(
                ["dpkg", "-S", os.path.realpath(m[1])],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                universal_newlines=True).stdout
            if owner:
                got.add(owner.split(":")[0])
    return got


def main():
    lines = instructions()
    for word, rest in lines:
        if word in ("VOLUME", "ENTRYPOINT"):
            assert all(isinstance(x, str) for x in json.loads(rest)), rest
        if word == "HEALTHCHECK":
            json.loads(rest[rest.index("["):])
        if word == "RUN": # the shell reads it
            subprocess.run(["sh", "-n", "-c", rest], check=True)
    build, run = stages(lines)

    # Built with what debian/control has, too.
    control = read("debian", "control")
    depends = set(re.findall(r"\b(lib[a-z0-9.]+-dev)\b", control))
    has = [packages(r) for w, r in build if w == "RUN" and "apt-get" in r][0]
    assert depends == {p for p in has if p.startswith("lib")}, depends ^ has

    has = [packages(r) for w, r in run if w == "RUN" and "apt-get" in r][0]
    if shutil.which("dpkg") and shutil.which("readelf") and \
            os.path.exists("/etc/debian_version") and \
            read("/etc/debian_version").startswith("12") and \
            not os.environ.get("FG_SANITIZER"):
        want = linked()
        assert want | {"tzdata"} == has, want ^ has
    else:
        print("no Debian 12, or sanitizers: libraries not compared")

    # Who it is, and where things are.
    assert [r for w, r in run if w == "USER"] == ["10001:10001"]
    assert [w for w, _ in run][-4:] == ["USER", "STOPSIGNAL", "HEALTHCHECK",
                                        "ENTRYPOINT"]
    assert [r for w, r in run if w == "VOLUME"] == \
        ['["/etc/fixgate", "/var/lib/fixgate"]']
    assert "--sysconfdir=/etc " in [r for w, r in build if "configure" in r][0]
    prefix = {"usr/sbin": "fixgated", "usr/share/fixgate": "dict",
              "usr/share/doc/fixgate": "fixgate.conf"}
    for word, rest in run:
        if word == "COPY":
            m = re.fullmatch(r"--from=build /root-of-it/(\S+) /\1", rest)
            assert m and prefix.pop(m[1]), rest
    assert not prefix, prefix
    print("ok: %d instructions; not built" % len(lines))


sys.exit(main())
