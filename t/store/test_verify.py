#!/usr/bin/env python3
"""Damage to a store, known exactly: `verify` finds each, and names the first bad
row. 100 records changed through Berkeley DB (so that all its checksums fit), 100
bytes of the files changed behind its back, records of the resend index, and bytes
taken out of a file or put into it. FG_VERIFY_N: another number; FG_SEED: another beginning."""
import os
import random
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get('FG_BUILD', '.')
CTL = os.path.join(BUILD, 'fixgatectl')
SPOIL = os.path.join(BUILD, 't/store/spoil')


def verify(store, *more):
    p = subprocess.run([CTL, 'verify', '--store', store, *more],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=300)
    return p.returncode, p.stdout


def spoil(how, store, seed, *more):
    out = subprocess.run([SPOIL, how, store, str(seed), *more], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    file, table, row, what = out.strip().split(' ', 3)
    return file, table, int(row), what


def fail(what, seed, text):
    sys.exit('%s (seed %d): verify says\n%s' % (what, seed, text))


def restore(good, store, file):
    shutil.copyfile(os.path.join(good, file), os.path.join(store, file))


def damage(good, store, how, seeds):
    for seed in seeds:
        file, table, row, what = spoil(how, store, seed)
        code, text = verify(store)
        line = '%s, row %d: ' % (table, row)
        found = text.startswith(line) if row else table in text
        if code != 1 or not found:
            fail('%s: row %d, %s' % (file, row, what), seed, text)
        restore(good, store, file)
    print('%s: %d of %d found, and named' % (how, len(seeds), len(seeds)))


def shifted(good, store, rng, n):
    """A byte too few or too many in a file: all that follows is shifted."""
    for i in range(n):
        seed = rng.randrange(1 << 30)
        file, table, row, what = spoil('byte', store, seed)
        a = open(os.path.join(good, file), 'rb').read()
        b = open(os.path.join(store, file), 'rb').read()
        at = next(j for j in range(len(a)) if a[j] != b[j])
        with open(os.path.join(store, file), 'wb') as f:
            f.write(a[:at] + a[at + 1:] if i % 2 else a[:at] + b'x' + a[at:])
        code, text = verify(store)
        said = text.split(':')[0].split(', row ')
        if code != 1 or said[0] != table or int(said[1]) > row:
            fail('%s: shifted at row %d' % (file, row), seed, text)
        restore(good, store, file)
    print('shifted: %d of %d found' % (n, n))


def archives(good, store, rng, n):
    """A byte of an archive changed, taken out, or put in: of no row, the file is
    named."""
    folder = 'ARCHIVE'
    names = sorted(os.listdir(os.path.join(good, folder)))
    for i in range(n):
        k = rng.randrange(len(names))
        file = os.path.join(folder, names[k])
        a = open(os.path.join(good, file), 'rb').read()
        at = rng.randrange(len(a))
        b = [bytes([a[at] ^ rng.randrange(1, 256)]), b'',
             bytes([a[at] ^ 1]) + a[at:at + 1]][i % 3]
        with open(os.path.join(store, file), 'wb') as f:
            f.write(a[:at] + b + a[at + 1:])
        code, text = verify(store)
        first = int(names[k].split('.')[1])
        said = (text.split(':')[0] + ', row %d' % first).split(', row ')
        last = 1 << 60 if k + 1 == len(names) else \
            int(names[k + 1].split('.')[1])
        if code != 1 or said[0] != 'FIX_OUT' or \
                not first <= int(said[1]) <= last:
            fail('%s: byte %d' % (file, at), i, text)
        restore(good, store, file)
    print('archives: %d of %d found, and their rows named' % (n, n))


def lost_index(good, store):
    """A file of the resend index that is gone, and one that nobody made."""
    names = sorted(f for f in os.listdir(good)
                   if f.startswith('FIX_OUT_INDEX.'))
    number = int(names[0].split('.')[1])
    os.unlink(os.path.join(store, names[0]))
    code, text = verify(store)
    if code != 1 or not text.startswith('FIX_OUT_INDEX, row %d: missing' %
                                        number):
        fail('%s removed' % names[0], 0, text)
    restore(good, store, names[0])
    other = 'FIX_OUT_INDEX.%020d' % (number + 1)
    shutil.copyfile(os.path.join(good, names[0]), os.path.join(store, other))
    code, text = verify(store)
    if code != 1 or not text.startswith('FIX_OUT_INDEX, row %d: inserted' %
                                        number):
        fail('%s inserted' % other, 0, text)
    os.unlink(os.path.join(store, other))
    print('index: lost and added files found')


def main():
    seed = int(os.environ.get('FG_SEED', random.randrange(1 << 30)))
    n = int(os.environ.get('FG_VERIFY_N', 200))
    print('seed', seed, flush=True)
    rng = random.Random(seed)
    top = tempfile.mkdtemp(prefix='fg.verify.')
    good, store = os.path.join(top, 'good'), os.path.join(top, 'store')
    try:
        subprocess.run([SPOIL, 'make', good], check=True,
                       stderr=subprocess.DEVNULL)
        shutil.copytree(good, store)
        code, text = verify(store)
        if code != 0 or 'all as they were chained' not in text:
            fail('a good store', 0, text)
        for how in ('record', 'byte'):
            damage(good, store, how, [rng.randrange(1 << 30)
                                      for _ in range(n // 2)])
        damage(good, store, 'other', [rng.randrange(1 << 30)
                                      for _ in range(n // 10)])
        damage(good, store, 'index', [rng.randrange(1 << 30)
                                      for _ in range(n // 10)])
        lost_index(good, store)
        archives(good, store, rng, n // 2)
        shifted(good, store, rng, max(2, n // 20))
        code, text = verify(store)
        if code != 0:
            fail('the good store again', 0, text)
    finally:
        shutil.rmtree(top)


main()
