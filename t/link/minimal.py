#!/usr/bin/env python3
"""A client written from fixgate-link(7) alone: minimal.py SOCKET asks a gateway
for its state; minimal.py SOCKET STREAM prints the rows of a stream."""
import socket
import struct
import sys


def pack(v):
    if isinstance(v, int):
        return b'\xcf' + struct.pack('>Q', v)
    if isinstance(v, str):
        return b'\xdb' + struct.pack('>I', len(v.encode())) + v.encode()
    return b'\xdf' + struct.pack('>I', len(v)) + b''.join(
        pack(k) + pack(x) for k, x in v.items())


def unpack(b, at=0):
    """One value and the place behind it."""
    t, at = b[at], at + 1
    if t < 0x80 or t >= 0xe0:
        return (t if t < 0x80 else t - 256), at
    if t in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[t], at
    if 0xca <= t <= 0xd3:
        f = '>' + 'fdBHIQbhiq'[t - 0xca]
        return struct.unpack_from(f, b, at)[0], at + struct.calcsize(f)
    kind, n = ('map', t & 15) if t < 0x90 else \
        ('array', t & 15) if t < 0xa0 else ('str', t & 31)
    if t >= 0xc4:
        kind, f = {0xc4: ('bin', 'B'), 0xc5: ('bin', 'H'), 0xc6: ('bin', 'I'),
                   0xd9: ('str', 'B'), 0xda: ('str', 'H'), 0xdb: ('str', 'I'),
                   0xdc: ('array', 'H'), 0xdd: ('array', 'I'),
                   0xde: ('map', 'H'), 0xdf: ('map', 'I')}[t]
        n, at = struct.unpack_from('>' + f, b, at)[0], \
            at + struct.calcsize(f)
    if kind in ('str', 'bin'):
        v = b[at:at + n]
        return (v.decode() if kind == 'str' else v), at + n
    v = []
    for _ in range(n if kind == 'array' else 2 * n):
        x, at = unpack(b, at)
        v.append(x)
    return (dict(zip(v[::2], v[1::2])) if kind == 'map' else v), at


def send(f, ref, kind, details):
    b = pack({'MESSAGE_TYPE': kind, 'SOURCE_REF': ref, 'DETAILS': details})
    f.write(struct.pack('>I', len(b)) + b)
    f.flush()


def recv(f, ref):
    m, _ = unpack(f.read(struct.unpack('>I', f.read(4))[0]))
    assert m['SOURCE_REF'] == ref, m
    return m['MESSAGE_TYPE'], m['DETAILS']


def ask(f, ref, kind, details):
    send(f, ref, kind, details)
    return recv(f, ref)


if len(sys.argv) < 2:
    print('SKIP: the socket of a gateway is not given')
    sys.exit(77)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
f = s.makefile('rwb')
print(*ask(f, 1, 'HELLO', {'VERSION': 1, 'ROLE': 'application',
                           'NAME': 'minimal'}))
if len(sys.argv) == 2:
    kind, status = ask(f, 2, 'STATUS', {})
    assert kind == 'STATUS_ACK', status
    print(kind, status['HEALTH'], [x['SESSION'] for x in status['SESSIONS']])
    sys.exit()
kind, said = ask(f, 2, 'STREAM_LOGON', {
    'STREAM': sys.argv[2], 'CLIENT': 'minimal', 'FROM': 'beginning',
    'CREDIT': 100})
assert kind == 'STREAM_LOGON_ACK', said
columns = [c[0] for c in said['COLUMNS']]
more = said['VISIBLE'] > 0
while more:  # until it is up to date
    kind, said = recv(f, 2)
    assert kind == 'STREAM_ROWS', said
    for row in said['ROWS']:
        print(row[0], dict(zip(columns, row[2:])))
    send(f, 2, 'CREDIT', {'ROWS': len(said['ROWS'])})
    more = said['MORE']
