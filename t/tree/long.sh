#!/usr/bin/env bash
# Each long test that t/long/run names at its top is there, and is run by default.
set -eu
run=$FG_SRC/t/long/run
named=$(sed -n '/^set -eu/q; s/^#	\([a-z]\{1,\}\) .*/\1/p' "$run" | sort)
given=$(sed -n 's/^long_\([a-z]*\)() {$/\1/p' "$run" | sort)
default=$(sed -n 's/.*|| set -- //p' "$run" | tr ' ' '\n' | sort)
[ -n "$named" ]
for other in "$given" "$default"; do
	diff <(echo "$named") <(echo "$other") || {
		echo "t/long/run: what it names, has and runs is not the same"
		exit 1
	}
done
