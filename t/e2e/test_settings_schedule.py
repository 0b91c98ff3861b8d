#!/usr/bin/env python3
"""One case for each setting of the schedule; see t/lib/cases.py. How sessions
keep to it is in test_schedule.py, what clocks do to it in t/schedule/."""

import datetime
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import cases
import fixgate as fg

fg.need("fixgated", "fixgatectl")

TOKYO = "/usr/share/zoneinfo/Asia/Tokyo"
NIGHT = {"StartTime": "22:00:00", "EndTime": "05:00:00"}


def edges(work, prefix=(), **keys):
    """The next edges, (what, weekday, "HH:MM:SS", date), in UTC."""
    keys.setdefault("NonStopSession", None)
    g = work.gateway("gw", sessions=[fg.acceptor(
        "EXCH", "BANK", fg.free_port(), SessionName="S", **keys)])
    g.argv = list(prefix) + g.argv
    g.start()
    got = []
    for e in g.ctl_json("session", "schedule", "S", "--json"):
        t = datetime.datetime.strptime(e["TIME"][:17], "%Y%m%d-%H:%M:%S")
        got.append((e["EDGE"], t.strftime("%a"), t.strftime("%X"), t.date()))
    return got


def of(got, what):
    """Weekdays and times of one kind of edge."""
    return {(e[1], e[2]) for e in got if what in e[0].split(", ")}


def times(got, what):
    return {t for _, t in of(got, what)}


def StartTime(work):
    got = edges(work, StartTime="07:30:00", EndTime="17:00:00")
    assert times(got, "start") == {"07:30:00"}, got


def EndTime(work):
    got = edges(work, StartTime="07:30:00", EndTime="17:00:00")
    assert times(got, "end") == {"17:00:00"}, got


WEEK = dict(NIGHT, StartDay="Monday", EndDay="Friday")


def StartDay(work):
    got = edges(work, **WEEK)
    assert of(got, "start") == {("Mon", "22:00:00")}, got


def EndDay(work):
    got = edges(work, **WEEK)
    assert of(got, "end") == {("Fri", "05:00:00")}, got


def Weekdays(work):
    """E16: a window that begins on one of the days ends on the next one."""
    got = edges(work, Weekdays="Mon,Wed", **NIGHT)
    assert {d for d, _ in of(got, "start")} == {"Mon", "Wed"}, got
    assert {d for d, _ in of(got, "end")} == {"Tue", "Thu"}, got


def NonStopSession(work):
    assert edges(work, NonStopSession="Y", **NIGHT) == []


def LogonTime(work):
    got = edges(work, LogonTime="23:00:00", **NIGHT)
    assert times(got, "logon") == {"23:00:00"}, got


def LogoutTime(work):
    got = edges(work, LogoutTime="04:00:00", **NIGHT)
    assert times(got, "logout") == {"04:00:00"}, got


def LogonDay(work):
    got = edges(work, LogonTime="09:00:00", LogonDay="Tuesday", **WEEK)
    assert of(got, "logon") == {("Tue", "09:00:00")}, got


def LogoutDay(work):
    got = edges(work, LogoutTime="21:00:00", LogoutDay="Thursday", **WEEK)
    assert of(got, "logout") == {("Thu", "21:00:00")}, got


def TimeZone(work):
    got = edges(work, TimeZone="Asia/Tokyo", **NIGHT)
    assert times(got, "start") == {"13:00:00"}, got


def UseLocalTime(work):
    """Where a mount of our own can make the host one in Tokyo."""
    in_tokyo = ["unshare", "-rm", "sh", "-c", "mount --bind %s "
                "$(readlink -f /etc/localtime) && exec \"$@\"" % TOKYO, "sh"]
    try:
        can = subprocess.run(in_tokyo + ["true"],
                             stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        can = False
    got = edges(work, in_tokyo if can else (), UseLocalTime="Y", **NIGHT)
    if not can:
        print("UseLocalTime: only the zone of this host")
        want = {"%02d:00:00" % ((22 + time.timezone // 3600) % 24),
                "%02d:00:00" % ((22 + time.altzone // 3600) % 24)}
        assert times(got, "start") <= want, got
    else:
        assert times(got, "start") == {"13:00:00"}, got


def ResetSeqTime(work):
    got = edges(work, ResetSeqTime="12:00:00")
    assert times(got, "reset") == {"12:00:00"}, got


def EnableResetSeqTime(work):
    got = edges(work, ResetSeqTime="12:00:00", EnableResetSeqTime="N")
    assert got == [], got


def HolidayCalendar(work):
    """No window tomorrow, a short one the day after."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    off, short = (today + datetime.timedelta(n) for n in (1, 2))
    with open(work.path("calendar"), "w") as f:
        f.write("%s off\n%s 12:00:00\n" % (off, short))
    got = edges(work, HolidayCalendar=work.path("calendar"),
                StartTime="08:00:00", EndTime="17:00:00")
    assert off not in [e[3] for e in got], got
    assert [e[2] for e in got if e[3] == short] == ["08:00:00", "12:00:00"], \
        got


cases.run(globals())
