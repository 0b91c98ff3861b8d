#!/usr/bin/env python3
"""A dictionary says the same in the QuickFIX format and in FIX Orchestra's.

Each file of dict/ is rewritten here in the forms of
2020 (a field's type names its code set) and of 2024 (an attribute of its own),
with shared groups and ids. The dumps of what is loaded from the three files
must be equal.
"""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SRC = os.environ.get('FG_SRC', '.')
DUMP = os.path.join(os.environ.get('FG_BUILD', '.'), 't/dict/dump')
NAMES = ('FIX40', 'FIX41', 'FIX42', 'FIX43', 'FIX44', 'FIX50', 'FIX50SP1',
         'FIX50SP2', 'FIXT11')
SHOWN = 10
HEADER, TRAILER = '1', '2'  # ids of the components


class Orchestra:
    """One file; ids of components and groups are given in order."""

    def __init__(self, source, year):
        self.year = year
        self.root = ElementTree.parse(source).getroot()
        self.tag = {f.get('name'): f.get('number')
                    for f in self.root.find('fields')}
        names = [c.get('name') for c in self.root.findall('components/*')]
        self.component = {n: str(1000 + i) for i, n in enumerate(names)}
        self.groups = {}  # text: (id, element)
        self.out = []

    def put(self, line):
        self.out.append(line)

    def group(self, element):
        """The id of a group that is the same, required or not."""
        copy = ElementTree.fromstring(ElementTree.tostring(element))
        copy.set('required', 'N')
        copy.tail = None
        text = ElementTree.tostring(copy)
        if text not in self.groups:
            self.groups[text] = str(5000 + len(self.groups)), element
            for member in element:
                if member.tag == 'group':
                    self.group(member)
        return self.groups[text][0]

    def members(self, parent):
        for m in parent:
            name = m.get('name')
            kind, number = {
                'field': lambda: ('fieldRef', self.tag[name]),
                'group': lambda: ('groupRef', self.group(m)),
                'component': lambda: ('componentRef', self.component[name]),
            }[m.tag]()
            presence = (' presence="required"' if m.get('required') == 'Y'
                        else '')
            self.put(f'<x:{kind} id="{number}"{presence}/>')

    def field(self, f):
        kind = f.get('type')
        if len(f) > 0:
            codes = f.get('name') + 'CodeSet'
            kind = (f'{codes}' if self.year == '2020'
                    else f'{kind}" codeSet="{codes}')
        # Of a union with what is no type, any value is good.
        union = (' unionDataType="Reserved"'
                 if f.get('allowOtherValues') == 'true' else '')
        self.put(f'<x:field id="{f.get("number")}" name="{f.get("name")}" '
                 f'type="{kind}"{union}/>')

    def code_set(self, f):
        if len(f) == 0:
            return
        self.put(f'<x:codeSet name="{f.get("name")}CodeSet" '
                 f'id="{f.get("number")}" type="{f.get("type")}">')
        for v in f:
            value = ElementTree.tostring(v, encoding='unicode').strip()
            self.put(value.replace('<value enum=', '<x:code value=')
                     .replace(' description=', ' name='))
        self.put('</x:codeSet>')

    def component_of(self, number, name, parent):
        self.put(f'<x:component id="{number}" name="{name}">')
        self.members(parent)
        self.put('</x:component>')

    def message(self, m):
        self.put(f'<x:message id="1" name="{m.get("name")}" '
                 f'msgType="{m.get("msgtype")}"><x:structure>')
        self.put(f'<x:componentRef id="{HEADER}" presence="required"/>')
        self.members(m)
        self.put(f'<x:componentRef id="{TRAILER}" presence="required"/>')
        self.put('</x:structure></x:message>')

    def text(self):
        r = self.root
        version = f'{r.get("type")}.{r.get("major")}.{r.get("minor")}'
        if r.get('servicepack', '0') != '0':
            version += 'SP' + r.get('servicepack')
        self.put('<x:repository xmlns:x="http://fixprotocol.io/'
                 f'{self.year}/orchestra/repository" name="{version}" '
                 f'version="{version}_EP1">')
        self.put('<x:codeSets>')
        for f in r.find('fields'):
            self.code_set(f)
        self.put('</x:codeSets><x:fields>')
        for f in r.find('fields'):
            self.field(f)
        self.put('</x:fields><x:components>')
        self.component_of(HEADER, 'StandardHeader', r.find('header'))
        self.component_of(TRAILER, 'StandardTrailer', r.find('trailer'))
        for c in r.findall('components/component'):
            self.component_of(self.component[c.get('name')], c.get('name'), c)
        self.put('</x:components><x:messages>')
        for m in r.find('messages'):
            self.message(m)
        self.put('</x:messages><x:groups>')
        for number, element in list(self.groups.values()):
            self.put(f'<x:group id="{number}" name="G{number}">')
            self.put(f'<x:numInGroup id="{self.tag[element.get("name")]}"/>')
            self.members(element)
            self.put('</x:group>')
        self.put('</x:groups></x:repository>')
        return '\n'.join(self.out)


def dump(path):
    run = subprocess.run([DUMP, path], stdout=subprocess.PIPE,
                         encoding='utf-8', check=False)
    return run.returncode, run.stdout.splitlines()


def compare(name, source, folder):
    _, expected = dump(source)
    same = True
    for year in ('2020', '2024'):
        path = os.path.join(folder, f'{name}-{year}.xml')
        with open(path, 'w', encoding='utf-8') as f:
            f.write(Orchestra(source, year).text())
        status, lines = dump(path)
        if status == 0 and lines == expected:
            continue
        same = False
        print(f'{name}, {year}: differs')
        wrong = (i for i, line in enumerate(lines)
                 if i >= len(expected) or line != expected[i])
        for _, i in zip(range(SHOWN), wrong):
            print(f'{i}: {lines[i]!r}, '
                  f'not {expected[i] if i < len(expected) else None!r}')
    return same


def main():
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            source = os.path.join(SRC, 'dict', name + '.xml')
            results.append(compare(name, source, folder))
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
