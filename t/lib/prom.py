"""The text that Prometheus reads, read strictly, and HTTP to get it."""
import http.client
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s)(?:,%s)*)\})? (\S+)\Z" % (
    NAME, LABEL, LABEL))


def parse(text):
    """The text format 0.0.4, nothing but what it allows: ({(name, labels):
    value}, {name: type})."""
    got, types, helps, done, last = {}, {}, set(), set(), None
    assert text.endswith("\n"), "the last line does not end"
    for line in text[:-1].split("\n"):
        m = re.fullmatch(r"# HELP (%s) (.+)" % NAME, line)
        if m:
            assert m[1] not in helps and m[1] not in types, line
            helps.add(m[1])
            continue
        m = re.fullmatch(r"# TYPE (%s) (counter|gauge|histogram)" % NAME,
                         line)
        if m:
            assert m[1] in helps and m[1] not in types, line
            types[m[1]] = m[2]
            continue
        m = SAMPLE.match(line)
        assert m, "no sample: " + line
        name, labels = m[1], re.findall(LABEL, m[2] or "")
        family = re.sub(r"_(bucket|sum|count)\Z", "", name)
        if types.get(family) != "histogram":
            family = name
        assert family in types, "no TYPE before: " + line
        # All of one family stand together.
        if family != last:
            assert family not in done, "scattered: " + line
            done.add(family)
            last = family
        if types[family] == "counter":
            assert name.endswith("_total"), line
        key = (name, tuple(labels))
        assert key not in got, "twice: " + line
        got[key] = float(m[m.lastindex])
    for name, kind in types.items():
        if kind != "histogram":
            continue
        sets = {}
        for key, v in got.items():
            if key[0] == name + "_bucket":
                assert key[1][-1][0] == "le", key
                sets.setdefault(key[1][:-1], []).append(
                    (float(key[1][-1][1]), v))
        assert sets, name
        for labels, buckets in sets.items():
            assert buckets == sorted(buckets), name
            assert [v for _, v in buckets] == sorted(
                v for _, v in buckets), name
            assert buckets[-1] == (float("inf"),
                                   got[name + "_count", labels]), name
            assert (name + "_sum", labels) in got, name
    return got, types


def ask(port, path="/metrics", method="GET", host="127.0.0.1"):
    c = http.client.HTTPConnection(host, port, timeout=120)
    c.request(method, path)
    r = c.getresponse()
    body = r.read().decode("utf-8")
    c.close()
    return r.status, dict(r.getheaders()), body
