#!/usr/bin/env python3
"""One small dictionary for each oddity of real ones, and what becomes of it.

oddities/NAME.out is the output of loading oddities/NAME.xml: the faults with
their lines, then, if it loads, the dump; strict, and lenient if that differs.
With an argument the .out files are written anew, to be read in a diff.
"""
import os
import subprocess
import sys

SRC = os.environ.get('FG_SRC', '.')
FOLDER = os.path.join(SRC, 't/dict/oddities')
DUMP = os.path.join(os.environ.get('FG_BUILD', '.'), 't/dict/dump')
LIMIT_S = 60


def load(path, *lenient):
    run = subprocess.run([DUMP, *lenient, path], stdout=subprocess.PIPE,
                         timeout=LIMIT_S, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f'{path}: exit status {run.returncode}')
    result = b'loaded' if run.returncode == 0 else b'refused'
    return result + b'\n' + run.stdout


def outcome(path):
    strict = load(path)
    lenient = load(path, '-l')
    text = b'strict: ' + strict
    if lenient != strict:
        text += b'\nlenient: ' + lenient
    return text


def main():
    names = sorted(n[:-4] for n in os.listdir(FOLDER) if n.endswith('.xml'))
    failed = 0
    for name in names:
        path = os.path.join(FOLDER, name)
        text = outcome(path + '.xml')
        if len(sys.argv) > 1:
            with open(path + '.out', 'wb') as f:
                f.write(text)
            continue
        with open(path + '.out', 'rb') as f:
            expected = f.read()
        if text != expected:
            failed += 1
            print(f'{name}: expected\n{expected.decode("utf-8", "replace")}'
                  f'--- but\n{text.decode("utf-8", "replace")}')
    # One order in three files: the formats differ in nothing.
    same = {outcome(os.path.join(FOLDER, f'orchestra-{form}.xml'))
            for form in ('2020', '2024', 'same')}
    if len(same) != 1:
        failed += 1
        print('orchestra-2020, -2024 and -same do not load alike')
    print(f'{len(names)} files, {failed} failed')
    return 1 if failed or not names else 0


if __name__ == '__main__':
    sys.exit(main())
