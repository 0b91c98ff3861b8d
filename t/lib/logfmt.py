"""The log of a daemon, read strictly: each line that is one has these keys in
this order and nothing else. What else stands in a file (of a sanitizer, say) is
left as it is.

    for line in logfmt.read(text):
        print(line["event"], line["msg"])
    logfmt.plain(text)   # as LogFormat=text has it
"""

import re

KEYS = "time level program session event msg".split()
LEVELS = "error warn info debug".split()

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
_PAIR = re.compile(
    r'(?P<key>[a-z]+)=(?:(?P<word>[^\s"=\\\x00-\x20\x7f-\U0010ffff]+)|'
    r'"(?P<text>(?:[^"\\\x00-\x1f\x7f-\x9f\ufffd]|\\["\\nrt]|\\u00[0-9a-f]{2})*)")'
    r'(?: |$)')
_LETTER = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Fault(Exception):
    pass


def _unquote(text):
    return re.sub(r'\\(u00..|.)', lambda m: _LETTER.get(
        m.group(1)) or chr(int(m.group(1)[1:], 16)), text)


def parse(line):
    """The keys of one line; Fault: it is no logfmt, or not ours."""
    got, at = {}, 0
    while at < len(line):
        m = _PAIR.match(line, at)
        if not m:
            raise Fault("no key=value at %d: %r" % (at, line))
        if m.group("key") in got:
            raise Fault("twice %s: %r" % (m.group("key"), line))
        got[m.group("key")] = m.group("word") or _unquote(m.group("text"))
        at = m.end()
    if line.endswith(" ") or list(got) != [k for k in KEYS if k in got] or \
            set(KEYS) - set(got) > {"session"}:
        raise Fault("other keys: %r" % line)
    if not _TIME.match(got["time"]) or got["level"] not in LEVELS:
        raise Fault("no time or level: %r" % line)
    if not re.match("^[a-z][a-z-]*$", got["event"]):
        raise Fault("no name of an event: %r" % line)
    return got


def read(text):
    """Of all lines of the log in a text. The last may not be whole yet."""
    whole = text[:text.rfind("\n") + 1]
    return [parse(line) for line in whole.split("\n")
            if line.startswith("time=")]


def _plain(line):
    if not line.startswith("time="):
        return line
    p = parse(line)
    return "%s %s %s: %s%s" % (
        p["time"][:-1].replace("-", "").replace("T", "-"), p["program"],
        p["level"], p["session"] + ": " if "session" in p else "", p["msg"])


def plain(text):
    end = text.rfind("\n") + 1
    return "\n".join(_plain(line) for line in text[:end].split("\n")) + \
        text[end:]
