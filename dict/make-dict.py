#!/usr/bin/env python3
"""Write the dictionaries of this folder from tables of facts.

usage: make-dict.py TABLES OUT [VERSION ...]

TABLES is a folder with versions.tsv, fields.tsv, enums.tsv and layout.tsv
(one heading line, columns by tab, rows in the order of the documents), OUT
the folder to write FIX40.xml ... FIXT11.xml into. Fields come out by tag.
The functions at the end correct the tables where they differ from the
official standard; see NOTICE.
"""
import csv
import os
import sys
from xml.sax.saxutils import escape


class Member:
    """A row of header, trailer, message, component or group."""

    def __init__(self, kind, name, required='N', members=None):
        self.kind = kind
        self.name = name
        self.required = required
        self.members = members or []


class Dictionary:
    def __init__(self, attributes):
        self.attributes = attributes
        self.fields = {}       # tag: [name, type]
        self.values = {}       # tag: {value: label}
        self.open = set()      # tags whose values are not all known
        self.header = []
        self.trailer = []
        self.messages = {}     # type: (name, category, members)
        self.components = {}   # name: members


def rows(folder, table):
    path = os.path.join(folder, table + '.tsv')
    with open(path, encoding='utf-8', newline='') as f:
        yield from csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)


def read_tables(folder):
    dicts = {}
    for row in rows(folder, 'versions'):
        keys = ('type', 'major', 'minor', 'servicepack')
        dicts[row['version']] = Dictionary({k: row[k] for k in keys})
    for row in rows(folder, 'fields'):
        dicts[row['version']].fields[int(row['tag'])] = [row['name'],
                                                        row['type']]
    for row in rows(folder, 'enums'):
        values = dicts[row['version']].values.setdefault(int(row['tag']), {})
        values.setdefault(row['value'], row['label'])
    for row in rows(folder, 'layout'):
        read_member(dicts[row['version']], row)
    return dicts


def read_member(d, row):
    """Rows of one container follow each other; depth says in which group."""
    if row['kind'] == 'header':
        level = d.header
    elif row['kind'] == 'trailer':
        level = d.trailer
    elif row['kind'] == 'component':
        level = d.components.setdefault(row['container'], [])
    else:
        level = d.messages.setdefault(
            row['msgtype'], (row['container'], row['msgcat'], []))[2]
    if row['member'] == '-':
        return
    for _ in range(int(row['depth'])):
        level = [m for m in level if m.kind == 'group'][-1].members
    level.append(Member(row['member'], row['name'], row['required']))


def quote(text):
    return '"' + escape(text, {'"': '&quot;'}) + '"'


def write_members(out, members, indent):
    tabs = '\t' * indent
    for m in members:
        line = f'{tabs}<{m.kind} name={quote(m.name)}'
        if m.required:
            line += f' required={quote(m.required)}'
        if m.members:
            out.append(line + '>')
            write_members(out, m.members, indent + 1)
            out.append(f'{tabs}</{m.kind}>')
        else:
            out.append(line + '/>')


def write_container(out, opening, members):
    name = opening.split()[0]
    if not members:
        out.append(f'\t\t<{opening}/>')
        return
    out.append(f'\t\t<{opening}>')
    write_members(out, members, 3)
    out.append(f'\t\t</{name}>')


def write_fields(out, d):
    for tag, (name, kind) in sorted(d.fields.items()):
        line = f'\t\t<field number="{tag}" name={quote(name)} type="{kind}"'
        if tag in d.open:
            line += ' allowOtherValues="true"'
        if tag not in d.values:
            out.append(line + '/>')
            continue
        out.append(line + '>')
        for value, label in d.values[tag].items():
            text = f'\t\t\t<value enum={quote(value)}'
            if label:
                text += f' description={quote(label)}'
            out.append(text + '/>')
        out.append('\t\t</field>')


def write(d):
    root = ' '.join(f'{k}="{v}"' for k, v in d.attributes.items() if v)
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<!-- Made by make-dict.py; see NOTICE. -->', f'<fix {root}>']
    out.append('\t<header>')
    write_members(out, d.header, 2)
    out += ['\t</header>', '\t<trailer>']
    write_members(out, d.trailer, 2)
    out += ['\t</trailer>', '\t<messages>']
    for kind, (name, category, members) in d.messages.items():
        write_container(out, f'message name={quote(name)} '
                        f'msgtype={quote(kind)} msgcat="{category}"', members)
    out += ['\t</messages>', '\t<components>']
    for name, members in d.components.items():
        write_container(out, f'component name={quote(name)}', members)
    out += ['\t</components>', '\t<fields>']
    write_fields(out, d)
    out += ['\t</fields>', '</fix>']
    return '\n'.join(out) + '\n'


# Corrections. Each names what the tables say and what the standard says.

def find(members, *path):
    """The member reached by these names, through groups."""
    for name in path:
        found = next(m for m in members if m.name == name)
        members = found.members
    return found


def insert_after(members, before, name):
    at = [m.name for m in members].index(before)
    members.insert(at + 1, Member('field', name))


def flat(d, member):
    """The names at one level that a member stands for."""
    if member.kind != 'component':
        return {member.name}
    return {n for m in d.components[member.name] for n in flat(d, m)}


def drop_repeats(d, members):
    """The tables list some members twice at one level: the first counts."""
    seen = set()
    for m in list(members):
        if m.kind != 'component' and m.name in seen:
            members.remove(m)
        seen |= flat(d, m)
        drop_repeats(d, m.members)


def containers(d):
    yield d.header
    yield d.trailer
    yield from (m[2] for m in d.messages.values())
    yield from d.components.values()


def rename_field(d, tag, new):
    old = d.fields[tag][0]
    d.fields[tag][0] = new
    pending = list(containers(d))
    while pending:
        members = pending.pop()
        for m in members:
            if m.kind != 'component' and m.name == old:
                m.name = new
            pending.append(m.members)


def correct_fixt11(d, newest):
    # The Logon lists message types; in the tables that component is empty.
    names = ('RefMsgType', 'MsgDirection', 'RefApplVerID', 'RefApplExtID',
             'RefCstmApplVerID', 'DefaultVerIndicator')
    for tag, field in newest.fields.items():
        if field[0] in names + ('NoMsgTypes',):
            d.fields.setdefault(tag, field)
    d.values.setdefault(385, newest.values[385])
    d.components['MsgTypeGrp'] = [
        Member('group', 'NoMsgTypes', 'N', [Member('field', n) for n in names])
    ]
    d.messages['5'][2].append(Member('field', 'NextExpectedMsgSeqNum'))
    for tag in (1128, 1409):
        for value, label in newest.values[tag].items():
            d.values[tag].setdefault(value, label)


# Fields of FIX.4.4 that take the values of another one, which stands first.
SHARED = (
    (22, 305, 456, 459, 603, 606, 761),
    (35, 372),
    (63, 587),
    (77, 564),
    (88, 776),
    (233, 888),
    (300, 368),
    (447, 525, 758, 783, 950),
    (452, 538, 759, 784, 951),
    (660, 661, 674),
    (803, 786, 805, 807, 954),
    (221, 677),
)


def share_values(d, next_version):
    # No field of FIX.4.4 has these two lists in the tables.
    for tag in (221, 487):
        d.values[tag] = next_version.values[tag]
    for tag, *others in SHARED:
        for other in others:
            d.values[other] = d.values[tag]
    # A Reject may name a type that only the counterparty has.
    d.open.add(372)


def correct_fix44(d, next_version):
    # The place is that of FIX.4.3.
    insert_after(d.components['TrdCapRptSideGrp'][0].members, 'ClrInstGrp',
                 'ClearingFeeIndicator')
    insert_after(d.components['SideCrossOrdModGrp'][0].members, 'ClOrdLinkID',
                 'OrigOrdModTime')
    # A required component around an optional group: the group is required.
    for name in ('Parties', 'PositionQty', 'PositionAmountData',
                 'InstrmtLegGrp', 'UndInstrmtGrp'):
        d.components[name][0].required = 'Y'
    d.values[103].setdefault('12', 'SURVEILLANCE_OPTION')
    d.fields[674][1] = 'INT'
    d.fields[532][1] = 'INT'
    share_values(d, next_version)


def correct_fix42(d):
    find(d.messages['i'][2], 'NoQuoteSets', 'NoQuoteEntries',
         'QuoteEntryID').required = 'N'
    rename_field(d, 297, 'QuoteAckStatus')
    for kind, name in (('D', 'OrderSingle'), ('E', 'OrderList'),
                       ('P', 'AllocationAck')):
        d.messages[kind] = (name,) + d.messages[kind][1:]


def correct(dicts):
    correct_fixt11(dicts['FIXT11'], dicts['FIX50SP2'])
    correct_fix44(dicts['FIX44'], dicts['FIX50'])
    correct_fix42(dicts['FIX42'])
    for version in ('FIX41', 'FIX42'):
        # One value is prose, "ISO Country Code": any such code is legal.
        del dicts[version].values[166]['ISO Country Code']
        dicts[version].open.add(166)
    for version in ('FIX50', 'FIX50SP1', 'FIX50SP2'):
        # Also as FIX.4.3 and FIX.4.4 spell it.
        dicts[version].values[235]['VALUE1/32'] = 'VALUE1_32'
    for d in dicts.values():
        if 327 in d.fields:
            rename_field(d, 327, 'HaltReason')
        for members in containers(d):
            drop_repeats(d, members)


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    dicts = read_tables(sys.argv[1])
    correct(dicts)
    for version in sys.argv[3:] or dicts:
        path = os.path.join(sys.argv[2], version + '.xml')
        with open(path, 'w', encoding='utf-8', newline='\n') as f:
            f.write(write(dicts[version]))


if __name__ == '__main__':
    main()
