#!/bin/bash
# Each header compiles alone, has the guard its path asks for, and is short.
set -u
root=${FG_SRC:-.}
build=${FG_BUILD:-.}
cc=${FG_CC:-cc}
lines_max=300
bad=0

complain()
{
	echo "$@"
	bad=1
}

cd "$root/src" || exit 1
for h in $(find . -name '*.h' | sed 's|^\./||' | LC_ALL=C sort); do
	guard=FG_$(tr 'a-z/.-' 'A-Z___' <<<"$h")
	grep -m 1 '^#' "$h" | grep -qx "#ifndef $guard" &&
	    grep -qx "#define $guard" "$h" ||
	    complain "src/$h: the guard $guard is missing"
	lines=$(wc -l <"$h")
	[ "$lines" -lt $lines_max ] ||
	    complain "src/$h: $lines lines; $lines_max is too many"
	# shellcheck disable=SC2086 # both may hold several words
	$cc -std=gnu17 -fsyntax-only -Wall -Wextra -Werror -Wno-unused-function \
	    -include config.h \
	    -I"$build" -I. ${FG_CPPFLAGS-} -x c "$h" ||
	    complain "src/$h: does not compile alone"
done
exit $bad
