#!/bin/bash
# The checks of the tree find what they are there to find: small trees, each
# with one broken rule.
set -u
here=${FG_SRC:-.}/t/tree
nm=${FG_NM:-nm}
cc=${FG_CC:-cc}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0

# fresh: an empty tree in $tmp/tree.
fresh()
{
	rm -rf "$tmp/tree"
	mkdir -p "$tmp/tree/src" "$tmp/tree/man"
	: >"$tmp/tree/config.h"
}

# file PATH: write stdin to PATH of the tree.
file()
{
	mkdir -p "$(dirname "$tmp/tree/$1")"
	cat >"$tmp/tree/$1"
}

# expect CHECK STATUS TEXT: run it on the tree; its output must hold TEXT.
expect()
{
	local out status
	out=$(FG_SRC=$tmp/tree FG_BUILD=$tmp/tree FG_CPPFLAGS='' \
	    bash "$here/$1" 2>&1)
	status=$?
	if [ $status -ne "$2" ] || [[ $out != *"$3"* ]]; then
		echo "$1: wanted status $2 and \"$3\", got $status:"
		echo "$out"
		bad=1
	fi
}

# one_include FROM INCLUDE STATUS TEXT: a tree with that one line.
one_include()
{
	fresh
	file "src/$1" <<<"#include $2"
	expect layers.sh "$3" "$4"
}

one_include session/sess.c '"base/err.h"' 0 ''
one_include session/sess.c '"session/fsm.h"' 0 ''
one_include session/sess.c '"net/net.h"' 1 \
    'src/session/sess.c:1: session may not use net/net.h'
one_include dict/dict.c '"dict/xml.h"' 1 'dict may not use dict/xml.h'
one_include dict/xml.c '"dict/dict.h"' 0 ''
one_include gateway/main.c '"daemon/daemon.h"' 0 ''
one_include ctl/main.c '"gateway/control.h"' 1 'ctl may not use'
one_include odd/odd.c '<stdio.h>' 1 'the file is of no layer'
one_include base/err.c '"odd/odd.h"' 1 'odd/odd.h is of no layer'
for row in 'store <db.h>' 'dict/xml <libxml/parser.h>' \
    'net <openssl/ssl.h>' 'net <uv.h>' \
    'script <lua.h>' 'script <lua5.4/lauxlib.h>'; do
	one_include "${row% *}/a.c" "${row#* }" 0 ''
	one_include gateway/main.c "${row#* }" 1 "only ${row% *} may use"
done

# Archives: one function with one outside call.
for call in 'time' 'getenv' 'socket' 'fopen' 'log_event' 'getrandom' \
    'clock_gettime' 'printf'; do
	fresh
	file src/session/a.c <<<"void $call(void); void f(void) { $call(); }"
	$cc -w -ffreestanding -c -o "$tmp/a.o" "$tmp/tree/src/session/a.c" &&
	    ar cr "$tmp/tree/libsession.a" "$tmp/a.o" || bad=1
	expect layers.sh 1 "libsession.a is not pure: $call"
done
fresh
file src/session/local.mk <<<'libsession_a_SOURCES = src/session/a.c'
expect layers.sh 1 'libsession.a is not built'

header()
{
	fresh
	file src/fix/a.h
	expect headers.sh "$1" "$2"
}
header 0 '' <<<$'#ifndef FG_FIX_A_H\n#define FG_FIX_A_H\nint a(void);\n#endif'
header 1 'the guard FG_FIX_A_H is missing' <<<'int a(void);'
header 1 'the guard FG_FIX_A_H is missing' \
    <<<$'#ifndef FG_A_H\n#define FG_A_H\n#endif'
header 1 'does not compile alone' \
    <<<$'#ifndef FG_FIX_A_H\n#define FG_FIX_A_H\nsize_t a(void);\n#endif'
header 1 'is too many' < <(
	printf '#ifndef FG_FIX_A_H\n#define FG_FIX_A_H\n'
	yes '' | head -n 300
	echo '#endif'
)

fresh
expect man.sh 77 'SKIP: no manual pages'
file man/a.1 <<<'.Dd January 5, 2026'
FG_MANDOC=none expect man.sh 77 'SKIP: mandoc is not installed'
if command -v "${FG_MANDOC:-mandoc}" >/dev/null; then
	file man/a.1 <<'END'
.Dd January 5, 2026
.Dt A 1
.Os
.Sh NAME
.Nm a
.Nd a page
.Sh DESCRIPTION
It says
.Xx nothing .
END
	expect man.sh 3 'unknown macro'
fi

# What a release has: a test in TESTS alone, in EXTRA_DIST, in a variable of it, in
# a folder of it, and sources.
listed()
{
	fresh
	mkdir -p "$tmp/tree"/{src,t,debian,dict,etc,man}
	: >"$tmp/tree/Makefile.am"
	file t/a.sh <<<'exit 0'
	file t/local.mk
	expect listed.sh "$1" "$2"
}
listed 1 't/a.sh: not in any local.mk' <<<'TESTS += t/a.sh'
listed 1 't/a.sh: not in any local.mk' <<<$'A = t/a.sh\nTESTS += $(A)'
listed 1 't/a.sh: not in any local.mk' <<<'# EXTRA_DIST += t/a.sh'
listed 1 't/a.sh: not in any local.mk' <<<'EXTRA_DIST += t/a.sh.old'
listed 0 '' <<<$'TESTS += t/a.sh\nEXTRA_DIST += t/b.sh \\\n\tt/a.sh'
listed 0 '' <<<$'A = \\\n\tt/a.sh\nTESTS += $(A)\nEXTRA_DIST += $(A)'
listed 0 '' <<<'EXTRA_DIST = t'
listed 0 '' <<<'a_SOURCES = t/a.sh'

# A table of one row, and what may be wrong with it.
rows()
{
	fresh
	file t/e2e/local.mk <<<'TESTS += t/e2e/a.py t/e2e/b'
	file t/e2e/a.py <<<$'def a1_1_x(work):\n\tpass\nfor f in globals(): f()'
	file t/e2e/b </dev/null
	file t/e2e/b.c <<<$'START_TEST(t)\nEND_TEST\ntcase_add_test(tc, t);'
	file t/e2e/rows.txt
	export FG_ROWS=${3:-A1=1}
	expect rows.sh "$1" "$2"
	unset FG_ROWS
}
rows 0 '' <<<'A1.1 t/e2e/a.py a1_1_x what it is'
rows 1 'A1.2 has no test' A1=2 <<<'A1.1 t/e2e/a.py a1_1_x what it is'
rows 1 'not a row, a file' <<<'A1.1 t/e2e/a.py a1_1_x'
rows 1 'stands there twice' \
    <<<$'A1.1 t/e2e/a.py a1_1_x what\nA1.1 t/e2e/a.py a1_1_x what'
rows 1 't/e2e/a.py has no test a1_1_y' <<<'A1.1 t/e2e/a.py a1_1_y what'
rows 1 't/e2e/a.py:1: a1_1_x is not in' <<<'A1.1 t/e2e/b.c t what'
rows 1 't/e2e/c.py has no test a1_1_x' <<<'A1.1 t/e2e/c.py a1_1_x what'
rows 0 '' 'A1=1 C3-4' <<<$'C3 t/e2e/b - what\nC4 - - why not
A1.1 t/e2e/a.py a1_1_x what'
rows 1 'C5 has no test' 'C3-5' <<<$'C3 t/e2e/b - what\nC4 - - why not'
rows 1 'there is no t/e2e/d.py' 'C3-3' <<<'C3 t/e2e/d.py - what'
rows 1 't/e2e/b.c has no test u' 'C3-3' <<<'C3 t/e2e/b.c u what'
rows 1 'not a row, a file' 'C3-3' <<<'C3 - t what'
rows 1 'not a row, a file' 'C3-3' <<<'C3 - -'
fresh
file t/e2e/rows.txt <<<'A1.1 t/e2e/b.c t what'
file t/e2e/b.c <<<$'START_TEST(t)\nEND_TEST'
export FG_ROWS=A1=1
expect rows.sh 1 't/e2e/b.c does not run t'
expect rows.sh 1 't/e2e/b.c is in no local.mk'
unset FG_ROWS
exit $bad
