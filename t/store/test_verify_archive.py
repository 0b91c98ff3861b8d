#!/usr/bin/env python3
"""Archives without their store: `verify --archive` finds each change, also one
that was made by somebody who writes whole archives, what is missing between two
of them, and what does not belong there; it names the file and the row."""
import os
import random
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get('FG_BUILD', '.')
CTL = os.path.join(BUILD, 'fixgatectl')
SPOIL = os.path.join(BUILD, 't/store/spoil')
BYTES = 24
ROWS = 8


def verify(path, *more):
    p = subprocess.run([CTL, 'verify', '--archive', path, *more],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=300)
    return p.returncode, p.stdout


def must(cond, what, text):
    if not cond:
        sys.exit('%s: verify says\n%s' % (what, text))


class Folder:
    """A copy of the archives, which are as they were again at the end."""

    def __init__(self, good, path):
        self.good, self.path = good, path

    def __enter__(self):
        shutil.copytree(self.good, self.path)
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.path)

    def at(self, name):
        return os.path.join(self.path, name)


def first_row(name):
    return int(name.split('.')[1])


def changed_bytes(good, path, names, rng):
    for _ in range(BYTES):
        name = rng.choice(names)
        with Folder(good, path) as f:
            with open(f.at(name), 'r+b') as a:
                b = bytearray(a.read())
                at = rng.randrange(len(b))
                b[at] ^= rng.randrange(1, 256)
                a.seek(0)
                a.write(b)
            code, text = verify(path)
            must(code == 1 and name in text, '%s, byte %d' % (name, at), text)
    print('bytes: %d of %d found, and their files named' % (BYTES, BYTES))


def changed_rows(good, path, names, rng):
    """All of the file fits what was changed, but for the chain."""
    for _ in range(ROWS):
        name = rng.choice(names)
        with Folder(good, path) as f:
            out = subprocess.run([SPOIL, 'archive', f.at(name),
                                  str(rng.randrange(1 << 30))], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
            row = int(out.split(' ')[2])
            code, text = verify(path)
            must(code == 1 and text.startswith(
                'FIX_OUT, row %d: changed' % row) and name in
                text.split('\n')[0], out, text)
    print('rows: %d of %d found, and named' % (ROWS, ROWS))


def files(good, other, path, names):
    with Folder(good, path) as f:
        os.unlink(f.at(names[1]))
        code, text = verify(path)
        must(code == 1 and 'FIX_OUT, row %d: missing' % first_row(names[1]) in
             text, 'the second one is gone', text)
        os.unlink(f.at(names[0]))
        code, text = verify(path)
        must(code == 0 and 'begins with row %d' % first_row(names[2]) in text,
             'only the third', text)
    with Folder(good, path) as f:
        os.rename(f.at(names[0]), f.at('x'))
        os.rename(f.at(names[1]), f.at(names[0]))
        os.rename(f.at('x'), f.at(names[1]))
        code, text = verify(path)
        must(code == 1 and names[0] + ': has another name' in text and
             names[1] + ': has another name' in text, 'swapped', text)
    with Folder(good, path) as f:
        shutil.copyfile(f.at(names[0]), f.at('copy.arc'))
        code, text = verify(path)
        must(code == 1 and 'another archive of this segment' in text,
             'a copy', text)
    with Folder(good, path) as f:
        shutil.copyfile(os.path.join(other, names[1]), f.at(names[1]))
        code, text = verify(path)
        must(code == 1 and names[1] + ': is of another store' in text,
             'of another store', text)
    with Folder(good, path) as f:
        os.truncate(f.at(names[1]), 1000)
        code, text = verify(path)
        must(code == 1 and names[1] + ': ' in text, 'cut short', text)
    print('files: all found')


def heads(good, path, names, store, top):
    kept = os.path.join(top, 'kept')
    shutil.copyfile(os.path.join(store, 'CHAIN', 'HEADS'), kept)
    code, text = verify(good, '--heads', kept)
    must(code == 0 and 'complete up to the head of' in text, 'heads', text)
    lines = [h.split(' ') for h in open(kept)]
    row = max(int(h[6]) for h in lines
              if h[4] == 'FIX_OUT' and int(h[6]) < first_row(names[2]))
    for h in lines:
        if h[4] == 'FIX_OUT' and int(h[6]) == row:
            h[8] = '0' * 64
    with open(kept, 'w') as f:
        f.write(''.join(' '.join(h) for h in lines))
    code, text = verify(good, '--heads', kept)
    must(code == 1 and 'FIX_OUT, row %d: not what it was' % row in text,
         'another head', text)
    print('heads: compared')


def main():
    seed = int(os.environ.get('FG_SEED', random.randrange(1 << 30)))
    print('seed', seed, flush=True)
    rng = random.Random(seed)
    top = tempfile.mkdtemp(prefix='fg.verify.')
    store, other = os.path.join(top, 'store'), os.path.join(top, 'other')
    good, path = os.path.join(store, 'ARCHIVE'), os.path.join(top, 'copy')
    try:
        for d in (store, other):
            subprocess.run([SPOIL, 'make', d], check=True,
                           stderr=subprocess.DEVNULL)
        names = sorted(os.listdir(good))
        code, text = verify(good)
        must(code == 0 and 'all as they were chained' in text, 'good', text)
        code, text = verify(os.path.join(good, names[1]))
        must(code == 0 and 'begins with row' in text, 'one file', text)
        changed_bytes(good, path, names, rng)
        changed_rows(good, path, names, rng)
        files(good, os.path.join(other, 'ARCHIVE'), path, names)
        heads(good, path, names, store, top)
        code, text = verify(top)
        must(code == 1 and 'has no file' in text, 'no archives', text)
    finally:
        shutil.rmtree(top)


main()
