#!/usr/bin/env python3
"""Somebody has the files of a store that was closed, and time: what he swaps,
takes away, puts in, or takes from an older copy is found; what only heads find
that were kept elsewhere is found with them."""
import os
import random
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get('FG_BUILD', '.')
CTL = os.path.join(BUILD, 'fixgatectl')
SPOIL = os.path.join(BUILD, 't/store/spoil')
BYTES = 30

attacks = []


def attack(fn):
    attacks.append(fn)
    return fn


class Case:
    """Copies of the store: as it is, as it was some time before, another one."""

    def __init__(self, top, rng):
        self.top, self.rng = top, rng
        self.key = os.path.join(top, 'key.pem')
        self.public = os.path.join(top, 'key.pub')
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out',
                        self.key], check=True)
        subprocess.run(['openssl', 'pkey', '-in', self.key, '-pubout', '-out',
                        self.public], check=True)
        self.good = os.path.join(top, 'good')
        self.old = os.path.join(top, 'old')
        self.other = os.path.join(top, 'other')
        self.store = os.path.join(top, 'store')
        self.kept = os.path.join(top, 'kept')
        self.make(self.good)
        shutil.copytree(self.good, self.old)
        self.make(self.good)
        self.make(self.other)
        shutil.copyfile(self.heads(self.good), self.kept)

    def make(self, path):
        subprocess.run([SPOIL, 'make', path, self.key], check=True,
                       stderr=subprocess.DEVNULL)

    @staticmethod
    def heads(path):
        return os.path.join(path, 'CHAIN', 'HEADS')

    def at(self, *names):
        return os.path.join(self.store, *names)

    def segments(self, table):
        return sorted(f for f in os.listdir(self.store)
                      if f.startswith(table + '.'))

    def chain(self, segment):
        return self.at('CHAIN', segment + '.chain')

    def swap(self, a, b):
        os.rename(a, a + '.x')
        os.rename(b, a)
        os.rename(a + '.x', b)

    def verify(self, *more, store=None):
        p = subprocess.run([CTL, 'verify', '--store', store or self.store,
                            *more], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=300)
        self.text = p.stdout
        return p.returncode

    def found(self, *words):
        code = self.verify()
        assert code == 1, 'it is not found:\n' + self.text
        for w in words:
            assert w in self.text, 'not said: %s\n%s' % (w, self.text)

    def only_with_heads(self, *words):
        """Nothing in the files themselves tells."""
        code = self.verify()
        assert code == 0, self.text
        code = self.verify('--heads', self.kept, '--key', self.public)
        assert code == 1, 'it is not found:\n' + self.text
        for w in words:
            assert w in self.text, 'not said: %s\n%s' % (w, self.text)


@attack
def segments_swapped(c):
    s = c.segments('FIX_IN')
    c.swap(c.at(s[0]), c.at(s[1]))
    c.found('FIX_IN, row 1: ')
    c.swap(c.chain(s[0]), c.chain(s[1]))
    c.found('FIX_IN, row 1: ')


@attack
def segment_renamed(c):
    s = c.segments('FIX_IN')
    n = int(s[1].split('.')[1])
    os.rename(c.at(s[1]), c.at('FIX_IN.%020d' % (n + 1)))
    c.found('FIX_IN, row ')


@attack
def last_segment_taken(c):
    s = c.segments('FIX_IN')
    n = int(s[-1].split('.')[1])
    os.unlink(c.at(s[-1]))
    c.found('FIX_IN, row %d: missing' % n)
    os.unlink(c.chain(s[-1]))
    c.found('FIX_IN, row %d: missing' % n)
    # What HEADS says of the table, and of the end, is taken, too.
    with open(c.heads(c.store)) as f:
        lines = [h for h in f if h.split(' ')[4] not in
                 ('FIX_IN', 'CLOSED', 'META', 'SESSION')]
    with open(c.heads(c.store), 'w') as f:
        f.write(''.join(lines))
    assert c.verify('--heads', c.kept, '--key', c.public) == 1, c.text
    assert 'FIX_IN, row %d: missing' % n in c.text, c.text


@attack
def middle_segment_taken(c):
    s = c.segments('FIX_IN')
    os.unlink(c.at(s[1]))
    os.unlink(c.chain(s[1]))
    c.found('FIX_IN, row %d: missing' % int(s[1].split('.')[1]))


@attack
def first_segment_taken(c):
    s = c.segments('FIX_IN')
    os.unlink(c.at(s[0]))
    os.unlink(c.chain(s[0]))
    c.found('FIX_IN, row 1: missing: META does not say')


@attack
def oldest_archive_taken(c):
    name = sorted(os.listdir(c.at('ARCHIVE')))[0]
    os.unlink(c.at('ARCHIVE', name))
    c.found('FIX_OUT, row 1: missing')
    os.unlink(c.chain(name[:-4]))
    c.found('FIX_OUT, row 1: missing: META says')


@attack
def archive_of_another_store(c):
    name = sorted(os.listdir(c.at('ARCHIVE')))[0]
    shutil.copyfile(os.path.join(c.other, 'ARCHIVE', name),
                    c.at('ARCHIVE', name))
    c.found('FIX_OUT: damaged: ', 'of another store')


@attack
def chain_taken(c):
    shutil.move(c.at('CHAIN'), c.at('x'))
    c.found('CHAIN/HEADS: missing')
    shutil.move(c.at('x'), c.at('CHAIN'))
    os.unlink(c.heads(c.store))
    c.found('CHAIN/HEADS: missing')


@attack
def chains_taken_but_not_heads(c):
    for name in os.listdir(c.at('CHAIN')):
        if name.endswith('.chain'):
            os.unlink(c.at('CHAIN', name))
    c.found('FIX_IN, row 1: inserted: the chain ends before it')


@attack
def chain_of_another_table(c):
    s = c.segments('FIX_IN')[0]
    shutil.copyfile(c.chain(s), c.at('CHAIN', 'FIX_OUT.%s.chain' %
                                     s.split('.')[1]))
    c.verify()
    shutil.copyfile(c.chain(s), c.at('CHAIN', 'SESSION_EVENT.%s.chain' %
                                     s.split('.')[1]))
    c.found('SESSION_EVENT, row 1: the chain is bad', 'of another table')


@attack
def segment_put_in(c):
    s = c.segments('FIX_IN')
    shutil.copyfile(c.at(s[-1]), c.at('FIX_IN.%020d' % 900000))
    c.found('FIX_IN, row ')


@attack
def old_heads(c):
    shutil.copyfile(c.heads(c.old), c.heads(c.store))
    c.found()


@attack
def old_meta(c):
    shutil.copyfile(os.path.join(c.old, 'META'), c.at('META'))
    c.found('META: changed since the store was closed')


@attack
def old_session(c):
    shutil.copyfile(os.path.join(c.old, 'SESSION'), c.at('SESSION'))
    c.found('SESSION')


@attack
def old_store(c):
    shutil.rmtree(c.store)
    shutil.copytree(c.old, c.store)
    c.only_with_heads(': missing: the head of ')


@attack
def other_store(c):
    shutil.rmtree(c.store)
    shutil.copytree(c.other, c.store)
    c.only_with_heads('HEADS: none of the ', 'is of this store')


@attack
def table_gone(c):
    """Only its head is left."""
    with open(c.kept) as f:
        line = [h for h in f if ' QUOTES ' in h][-1].replace('QUOTES', 'GHOST')
    kept = os.path.join(c.top, 'ghost')
    shutil.copyfile(c.kept, kept)
    with open(kept, 'a') as f:
        f.write(line)
    assert c.verify('--heads', kept) == 1 and 'GHOST: missing' in c.text, \
        c.text


@attack
def heads_that_nobody_signed(c):
    """They do not take the place of signed ones."""
    with open(c.heads(c.store)) as f:
        h = [h for h in f if ' META ' in h][-1].split(' ')
    h[2], h[8], h[9] = '21' + h[2][2:], '0' * 64, '-\n'
    with open(c.heads(c.store), 'a') as f:
        f.write(' '.join(h))
    c.found('META: changed since the store was closed')
    assert c.verify('--key', c.public) == 0, c.text


@attack
def any_byte_of_a_page(c):
    """Also those of free room, and of pages without records."""
    names = [f for f in os.listdir(c.store) if f in
             ('META', 'SESSION', 'DICT', 'TABLE') or len(f.split('.')[-1]) ==
             20]
    for _ in range(BYTES):
        name = c.rng.choice(names)
        with open(c.at(name), 'r+b') as f:
            size = f.seek(0, 2)
            at = c.rng.randrange(size)
            f.seek(at)
            was = f.read(1)
            f.seek(at)
            f.write(bytes([was[0] ^ c.rng.randrange(1, 256)]))
        code = c.verify()
        assert code == 1, '%s, byte %d of %d: not found:\n%s' % (
            name, at, size, c.text)
        shutil.copyfile(os.path.join(c.good, name), c.at(name))


def main():
    seed = int(os.environ.get('FG_SEED', random.randrange(1 << 30)))
    print('seed', seed, flush=True)
    top = tempfile.mkdtemp(prefix='fg.verify.')
    try:
        c = Case(top, random.Random(seed))
        assert c.verify('--heads', c.kept, '--key', c.public, store=c.good) \
            == 0 and 'complete up to the head signed at' in c.text, c.text
        for fn in attacks:
            shutil.copytree(c.good, c.store)
            try:
                fn(c)
            except AssertionError as e:
                sys.exit('%s: %s' % (fn.__name__, e))
            shutil.rmtree(c.store)
            print('%s: found' % fn.__name__.replace('_', ' '), flush=True)
    finally:
        shutil.rmtree(top)


main()
