#!/usr/bin/env python3
"""What the sources have and what the manual pages have are the same, in both
directions: events of the log, messages of links, their members and the codes of
refusals, the words of Lua files, commands and options, alarms and exit codes.
(Settings: t/conf/documented.sh; metrics, of running processes: t/e2e/
test_metrics*.py; options of commands: t/e2e/test_terminal.py.)

And each of these comparisons is tried: every name that both have is missed when it
is not in the pages, and when it is not in the sources.
"""

import glob
import os
import re
import sys

SRC = os.environ.get("FG_SRC") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))


class Tree:
    """Texts, read once; hide: words that they do not have."""

    texts = {}

    def __init__(self, hide=()):
        # Options are letters of a word.
        self.letters = hide and max(map(len, hide)) == 1 and \
            not hide[0].isdigit() and "[%s]:?" % "".join(hide)
        self.hide = hide and not self.letters and re.compile(
            r"^(\.S[hs] .*)|(?<![A-Za-z0-9_-])(?:%s)(?![A-Za-z0-9_-])" %
            "|".join(map(re.escape, hide)), re.M)

    def read(self, *patterns):
        if patterns not in self.texts:
            paths = []
            for pattern in patterns:
                paths += sorted(glob.glob(os.path.join(SRC, pattern)))
                assert paths, "no file is " + pattern
            text = ""
            for path in paths:
                with open(path) as f:
                    text += f.read() + "\n"
            self.texts[patterns] = text
        text = self.texts[patterns]
        # Headings stay: the checks go by them.
        if self.hide:
            text = self.hide.sub(lambda m: m[1] or "\x7f", text)
        if self.letters:
            text = re.sub(r'(?<=\bFl )\w+|(?<=argv, ")[A-Za-z:]+', lambda m:
                          re.sub(self.letters, "", m[0]), text)
        return text


def found(regex, text):
    return set(re.findall(regex, text, re.M))


def between(text, first, last):
    at = text.index(first)
    return text[at:text.index(last, at + len(first))]


def items(text, macro):
    """The words of the lines ".It macro a , b No ..." up to the first No."""
    got = set()
    for line in re.findall(r"^\.It %s (.*)" % macro, text, re.M):
        for word in re.split(r" (?:No|Ns|Oo|Ta)\b", line)[0].split():
            if word not in (",", "|"):
                got.add(word)
    return got


# Each: (name, what the code has, what the pages have). LOOSE ones, below, are
# names that the code may have or not where we look.

FRAME = {"MESSAGE_TYPE", "SOURCE_REF", "DETAILS"}  # values of a frame, by place


def event_code(t):
    return found(r'log_event\([^",]*LOG_LEVEL_\w+,\s*"([a-z-]+)"',
                 t.read("src/*/*.c")) | \
        found(r'^\s*X\(\w+, "([a-z-]+)"\)',
              between(t.read("src/session/session.h"),
                      "#define SESS_EVENTS", "enum sess_event")) | \
        found(r'"(unsaid)", NULL', t.read("src/log/log.c"))


def event_page(t):
    text = between(t.read("man/fixgated.8"), ".Ss The log", ".Ss Metrics")
    return items(text[text.index("in the column EVENT"):], "Li")


MAKERS = "server_answer|server_begin|server_ask_later|wire_begin|" \
    "wire_begin_ref|remote_ask|remote_begin|ctl_ask|ctl_begin"


def message_code(t):
    text = t.read("src/gateway/*.c", "src/streamer/*.c", "src/client/*.c",
                  "src/daemon/*.c", "src/ctl/*.c")
    return found(r'^\s*\{ "([A-Z_]+)", \w+, (?:SERVER_|0 )', text) | \
        found(r'strcmp\((?:m|w)->type, "([A-Z_]{3,})"\)', text) | \
        found(r'\b(?:%s)\((?:[\w>&*-]+, )*"([A-Z_]{3,})"' % MAKERS, text) | \
        found(r'strncmp\(a->type, "EVENT_", 6\) == 0 \? "(\w+)"', text)


def message_page(t):
    text = between(t.read("man/fixgate-link.7"), "\n.Sh DESCRIPTION",
                   ".Ss Codes")
    return found(r"^\.(?:It )?Cm ([A-Z_]+)(?: , [A-Z_]+)* No \{", text) | \
        found(r"^\.It Cm [A-Z_]+ , ([A-Z_]+) No \{", text)


def all_of_links(t):
    return t.read("src/gateway/*.c", "src/streamer/*.c", "src/client/*.c",
                  "src/daemon/*.c", "src/ctl/*.c", "src/store/*.c")


def member_code(t):
    """What is asked for or put by its name; and, for names of a page, any text
    that is one, such as a column's."""
    text = t.read("src/gateway/*.c", "src/streamer/*.c", "src/client/*.c",
                  "src/daemon/*.c")
    return found(r'\blink_(?:find\w*|key_\w+)\([^;"]*?"([A-Z][A-Z_0-9]*)"',
                 text) - {"ROW"} - FRAME | \
        member_page(Tree()) & (
            found(r'"([A-Z][A-Z_0-9]*)"', all_of_links(t)) |
            found(r"\bX\(([A-Z_]+), \d", t.read("src/store/store.h")))


def member_page(t):
    """All in Cm, and columns."""
    text = t.read("man/fixgate-link.7")
    got = set()
    for line in re.findall(r"^\.(?:It |Op |Oo )?Cm (.*)", text, re.M):
        got |= found(r"\b[A-Z][A-Z_0-9]+\b", line)
    for line in re.findall(r"^\.It ([A-Z_0-9 ,]+) Ta (?:int|text|time|bool|"
                           "fix)", text, re.M):
        got |= found(r"\b[A-Z][A-Z_0-9]+\b", line)
    return got - FRAME


def code_code(t):
    text = t.read("src/gateway/*.c", "src/streamer/*.c", "src/client/*.c",
                  "src/daemon/*.c")
    names = "server_nack|server_fail|event_refuse|logon_fail|put_nack|no_tail|" \
        "lane_stop|refuse|must"
    return found(r'\b(?:%s)\((?:[\w>&*-]+, )*"([A-Z][A-Z_]+)"' % names, text) | \
        code_page(Tree()) & found(r'"([A-Z][A-Z_]+)"', text)


def code_page(t):
    return found(r"^\.It ([A-Z_]+) Ta (?:yes|no) Ta",
                 t.read("man/fixgate-link.7"))


def lua_code(t):
    text = t.read("src/script/*.c", "src/script/dsl.h")
    return found(r'\{ "(\w+)", OPTION_', text) | \
        found(r'\bX\(\w+, "(\w+)"\)', text) | \
        found(r'\{ "(\w+)", (?:row|dec)_\w+ \}', text) - \
        found(r'"(__\w+)"', text) | \
        found(r'"(as|format|prefix)"', text) | \
        found(r'\{ "(\w+)", LOG_LEVEL_', text) | \
        found(r'lua_setfield\(L, -\d, "(print|xpcall)"\)', text) | \
        found(r'^#define TYPE_NAME "(\w+)"', t.read("src/script/luadec.c"))


def lua_page(t):
    text = t.read("man/fixgate-lua.5")
    got = found(r"^\.It Fn (?:\w+:)?(\w+)", text) | \
        found(r"^\.It Li (\w+)", text) | found(r"^\.Fn log\.(\w+)", text) | \
        found(r"^\.Fn (print|xpcall)\b", text)
    return got | found(r"\b(as|format|prefix|from|join|table|on) =", text)


def command_code(t):
    return found(r'^\t\{ "([a-z -]+)",\s', t.read("src/ctl/cmds.c"))


def command_page(t):
    text = t.read("man/fixgatectl.8")
    return {x.strip() for x in
            found(r"^\.It (?:Xo\n\.)?Cm ([a-z][a-z -]*?)(?= [A-Z|]|\n|$)", text)}


def options_of(program, source, page):
    def code(t):
        m = re.search(r'getopt\(argc, argv, "([^"]*)"', t.read(source))
        return set(m[1].replace(":", "")) if m else set()

    def in_page(t):
        return found(r"^\.It Fl ([A-Za-z])\b", t.read(page))

    def usage(t):
        text = t.read(page)
        text = between(text, ".Sh SYNOPSIS", ".Sh DESCRIPTION")
        return {c for word in re.findall(r"Fl (\w+)", text) for c in word}
    return [("options of " + program, code, in_page),
            ("synopsis of " + program, code, usage)]


def alarm_code(t):
    return found(r"alert: (\w+)", t.read("etc/prometheus/fixgate.rules.yml"))


def alarm_page(t):
    return found(r"^\.It Li (Fixgate\w+)", t.read("man/fixgate.7"))


def exit_code(t):
    return found(r"CTL_\w+ = (\d)", t.read("src/ctl/ctl.h"))


def exit_page(t):
    text = t.read("man/fixgatectl.8")
    return found(r"^\.It (\d)$", between(text, ".Sh EXIT STATUS", "\n.Sh "))


CHECKS = [
    ("events of the log", event_code, event_page),
    ("messages of links", message_code, message_page),
    ("members of messages", member_code, member_page),
    ("codes of refusals", code_code, code_page),
    ("words of Lua files", lua_code, lua_page),
    ("commands of fixgatectl", command_code, command_page),
    ("alarms", alarm_code, alarm_page),
    ("exit codes of fixgatectl", exit_code, exit_page),
] + options_of("fixgated", "src/gateway/main.c", "man/fixgated.8") + \
    options_of("fixgate-streamer", "src/daemon/start.c",
               "man/fixgate-streamer.8") + \
    options_of("fixgate-client", "src/daemon/start.c", "man/fixgate-client.8")


def differ(check, code, page):
    name, in_code, in_page = check
    return [(name, x, "is in no page") for x in sorted(
        in_code(code) - in_page(page))] + \
        [(name, x, "is in a page, and not in the sources") for x in sorted(
            in_page(page) - in_code(code))]


def tried(check, both):
    """Half of the names are removed, and then the other half, from the pages
    and from the sources: these are told."""
    bad = 0
    for hide in both[::2], both[1::2]:
        for code, page in (Tree(), Tree(hide)), (Tree(hide), Tree()):
            told = {f[1] for f in differ(check, code, page)} & set(both)
            for x in set(hide) - told:
                print("%s: %s would not be missed" % (check[0], x))
                bad += 1
    return bad


def main():
    whole, bad = Tree(), 0
    for check in CHECKS:
        faults = differ(check, whole, whole)
        for fault in faults:
            print("%s: %s %s" % fault)
        names = sorted(check[1](whole) & check[2](whole))
        assert len(names) > 2, check[0]
        bad += len(faults) + tried(check, names)
        print("%3d %s" % (len(names), check[0]))
    sys.exit(bad != 0)


main()
