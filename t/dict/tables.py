#!/usr/bin/env python3
"""The dictionaries of dict/ hold what the tables of facts and their errata say.

Two proofs: make-dict.py writes each file byte for byte, and the dump of each
loaded dictionary is the text that is computed here, from the tables, without
make-dict.py. The tables are not part of the tree: skipped where there are none
(FIXGATE_SPEC names their folder).
"""
import csv
import difflib
import filecmp
import os
import subprocess
import sys
import tempfile

SRC = os.environ.get('FG_SRC', '.')
BUILD = os.environ.get('FG_BUILD', '.')
TABLES = os.environ.get('FIXGATE_SPEC', os.path.join(SRC, '../shared/spec'))
SKIP = 77
SHOWN = 20  # lines of a difference

# Each subject of errata.tsv, by version, and how it is applied. A subject that
# is not here fails the test.
ERRATA = {
    'FIXT11': (
        ('component MsgTypeGrp (Logon A)', lambda d, all_: logon(d, all_)),
        ('message 5 Logout',
         lambda d, all_: d.parts['5'].append(Row('field',
                                                 'NextExpectedMsgSeqNum'))),
        ('enum 1128 ApplVerID', lambda d, all_: more(d, all_, 1128, '10')),
        ('enum 1409 SessionStatus',
         lambda d, all_: more(d, all_, 1409, '9', '10'))),
    'FIX44': (
        ('message AE group 552 NoSides',
         lambda d, all_: d.after('TrdCapRptSideGrp/NoSides', 'ClrInstGrp',
                                 'ClearingFeeIndicator')),
        ('messages s and t group 552 NoSides',
         lambda d, all_: d.after('SideCrossOrdModGrp/NoSides', 'ClOrdLinkID',
                                 'OrigOrdModTime')),
        ('AK 711 and 555; AL 453 and 702; AM 753 and 702; AN 453; AO 453; '
         'AP 753, 453 and 702; AW 753, 453 and 702',
         lambda d, all_: d.require('AK711 AK555 AL453 AL702 AM753 AM702 AN453 '
                                   'AO453 AP753 AP453 AP702 AW753 AW453 '
                                   'AW702')),
        ('enum 103 OrdRejReason',
         lambda d, all_: more(d, {'FIX50SP2': all_['FIX50']}, 103, '12',
                              label='SURVEILLANCE_OPTION')),
        ('type 674 LegAllocAcctIDSource', lambda d, all_: d.type(674, 'INT')),
        ('type 532 MassCancelRejectReason',
         lambda d, all_: d.type(532, 'INT')),
        ('enums of 221 305 368 372 456 459 487 525 538 564 587 603 606 661 '
         '674 677 758 759 761 776 783 784 786 805 807 888 950 951 954',
         lambda d, all_: siblings(d, all_['FIX50']))),
    'FIX42': (
        ('name 297', lambda d, all_: d.rename(297, 'QuoteAckStatus')),
        ('name 327 (also 4.3, 4.4, 5.0, 5.0SP1)', lambda d, all_: [
            all_[v].rename(327, 'HaltReason')
            for v in ('FIX42', 'FIX43', 'FIX44', 'FIX50', 'FIX50SP1')]),
        ('message names D, E, P', lambda d, all_: d.names.update(
            D='OrderSingle', E='OrderList', P='AllocationAck')),
        ('message i group 296/295 member 299 QuoteEntryID',
         lambda d, all_: d.find('i/NoQuoteSets/NoQuoteEntries/QuoteEntryID')
         .relax()),
        ('enum 166 SettlLocation (also 4.1)', lambda d, all_: [
            all_[v].unlist(166, 'ISO Country Code')
            for v in ('FIX41', 'FIX42')])),
    'FIX50': (
        ('enum 235 YieldType value (also 5.0SP1, 5.0SP2)', lambda d, all_: [
            all_[v].values[235].update({'VALUE1/32': 'VALUE1_32'})
            for v in ('FIX50', 'FIX50SP1', 'FIX50SP2')]),
        # The first place counts in any file.
        ('group 555 NoLegs of R, AB, AC, AE, AG, AR', lambda d, all_: None)),
    'FIX43': (
        ('message o RegistrationInstructions', lambda d, all_: None),),
    'FIX50SP2': (
        ('name 327', lambda d, all_: d.rename(327, 'HaltReason')),),
}

SIBLINGS = {
    22: '305 456 459 603 606 761', 35: '372', 63: '587', 77: '564', 88: '776',
    233: '888', 300: '368', 447: '525 758 783 950', 452: '538 759 784 951',
    660: '661 674', 803: '786 805 807 954',
}


class Row:
    def __init__(self, kind, name, required='N'):
        self.kind = kind
        self.name = name
        self.required = required == 'Y'
        self.rows = []

    def relax(self):
        self.required = False


class Facts:
    """One version: names, types, values, and the parts as trees of rows."""

    def __init__(self, version):
        self.version = version
        self.fields = {}    # tag: [name, type]
        self.values = {}    # tag: {value: label}
        self.open = set()
        self.length = {}
        self.names = {}     # type: name of the message
        self.parts = {'header': [], 'trailer': []}  # by type and by name, too
        self.required = set()  # (type, tag): so whatever the parts say

    def find(self, path):
        name, *inner = path.split('/')
        rows = self.parts[name]
        for name in inner:
            row = next(r for r in rows if r.name == name)
            rows = row.rows
        return row

    def after(self, path, before, name):
        rows = self.find(path).rows
        at = [r.name for r in rows].index(before)
        rows.insert(at + 1, Row('field', name))

    def require(self, what):
        for item in what.split():
            self.required.add((item[:2], int(item[2:])))

    def type(self, tag, name):
        self.fields[tag][1] = name

    def rename(self, tag, name):
        old, self.fields[tag][0] = self.fields[tag][0], name
        pending = [r for rows in self.parts.values() for r in rows]
        for row in pending:
            pending += row.rows
            if row.kind != 'component' and row.name == old:
                row.name = name

    def unlist(self, tag, value):
        del self.values[tag][value]
        self.open.add(tag)


def logon(d, all_):
    newest = all_['FIX50SP2']
    group = Row('group', 'NoMsgTypes')
    for tag in (384, 372, 385, 1130, 1406, 1131, 1410):
        d.fields[tag] = newest.fields[tag]
        if tag != 384:
            group.rows.append(Row('field', newest.fields[tag][0]))
    d.values[385] = newest.values[385]
    d.parts['MsgTypeGrp'] = [group]


def more(d, all_, tag, *values, label=None):
    newest = all_['FIX50SP2'].values[tag]
    d.values[tag].update({v: label or newest[v] for v in values})


def siblings(d, later):
    for tag in (221, 487):
        d.values[tag] = later.values[tag]
    d.values[677] = later.values[221]
    for tag, others in SIBLINGS.items():
        d.values.update({int(t): d.values[tag] for t in others.split()})
    d.open.add(372)


def table(name):
    path = os.path.join(TABLES, name + '.tsv')
    with open(path, encoding='utf-8', newline='') as f:
        yield from csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)


def read():
    all_ = {}
    for row in table('versions'):
        text = f'{row["type"]}.{row["major"]}.{row["minor"]}'
        if row['servicepack'] != '0':
            text += 'SP' + row['servicepack']
        all_[row['version']] = Facts(text)
    for row in table('fields'):
        all_[row['version']].fields[int(row['tag'])] = [row['name'],
                                                       row['type']]
    for row in table('enums'):
        values = all_[row['version']].values.setdefault(int(row['tag']), {})
        values.setdefault(row['value'], row['label'])
    for row in table('lengths'):
        all_[row['version']].length[int(row['data_tag'])] = row['length_tag']
    for row in table('layout'):
        d = all_[row['version']]
        part = row['msgtype'] or row['container'] or row['kind']
        if row['kind'] == 'message':
            d.names[part] = row['container']
        rows = d.parts.setdefault(part, [])
        for _ in range(int(row['depth'])):
            rows = rows[-1].rows
        if row['member'] != '-':
            rows.append(Row(row['member'], row['name'], row['required']))
    return all_


def correct(all_):
    for row in table('errata'):
        for subject, apply in ERRATA[row['version']]:
            if subject == row['subject']:
                apply(all_[row['version']], all_)
                break
        else:
            raise SystemExit(f'unknown erratum: {row}')


def flatten(d, rows, outer=True):
    """The members of one level: {name: [required, rows of a group]}."""
    out = {}
    for row in rows:
        required = outer and row.required
        if row.kind == 'component':
            found = flatten(d, d.parts[row.name], required)
        else:
            found = {row.name: [required, row.rows]}
        for name, (required, inner) in found.items():
            member = out.setdefault(name, [False, inner])
            member[0] |= required
    return out


def put_members(d, out, tags, part, rows, depth=1):
    for name, (required, inner) in flatten(d, rows).items():
        line = '\t' * depth + f'{tags[name]}\t{name}'
        if required or (part, tags[name]) in d.required:
            line += '\trequired'
        out.append(line)
        put_members(d, out, tags, part, inner, depth + 1)


def dump(d):
    out = [f'version\t{d.version}']
    tags = {}
    for tag, (name, kind) in sorted(d.fields.items()):
        tags[name] = tag
        line = f'field\t{tag}\t{name}\t{kind}'
        if tag in d.open:
            line += '\topen'
        if tag in d.length:
            line += f'\tlength\t{d.length[tag]}'
        out.append(line)
        for value, label in sorted(d.values.get(tag, {}).items(),
                                   key=lambda v: v[0].encode()):
            out.append(f'\tvalue\t{value}\t{label}')
    for part in ('header', 'trailer'):
        out.append(part)
        put_members(d, out, tags, part, d.parts[part])
    for kind, name in sorted(d.names.items(),
                             key=lambda m: (len(m[0]), m[0].encode())):
        out.append(f'message\t{kind}\t{name}')
        put_members(d, out, tags, kind, d.parts[kind])
    return out


def compare(version, facts):
    path = os.path.join(SRC, 'dict', version + '.xml')
    run = subprocess.run([os.path.join(BUILD, 't/dict/dump'), path],
                         stdout=subprocess.PIPE, encoding='utf-8', check=False)
    text, expected = run.stdout.splitlines(), dump(facts)
    print(f'{version}: {len(text)} lines')
    if text == expected:
        return True
    for i, line in enumerate(difflib.unified_diff(expected, text, 'tables',
                                                  path, lineterm='')):
        if i < SHOWN:
            print(line)
    return False


def regenerate(versions):
    same = True
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([sys.executable, os.path.join(SRC, 'dict/make-dict.py'),
                        TABLES, out], check=True)
        for version in versions:
            name = version + '.xml'
            if not filecmp.cmp(os.path.join(out, name),
                               os.path.join(SRC, 'dict', name), False):
                print(f'{name} is not what make-dict.py writes')
                same = False
    return same


def main():
    if not os.path.exists(os.path.join(TABLES, 'layout.tsv')):
        print(f'SKIP: no tables of facts at {TABLES} (set FIXGATE_SPEC)')
        return SKIP
    all_ = read()
    correct(all_)
    results = [compare(version, facts) for version, facts in all_.items()]
    return 0 if regenerate(all_) and all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
