#!/bin/bash
# Every word and option of the files has its place in the manual.
set -u
src=${FG_SRC:-.}
page=$src/man/fixgate-lua.5
bad=0

words=$(sed -n 's/.*X([A-Z_]*, "\([a-zA-Z]*\)").*/\1/p' "$src/src/script/dsl.h")
options=$(sed -n 's/^	{ "\([a-zA-Z]*\)", OPTION_.*/\1/p' \
    "$src/src/script/streams.c" "$src/src/script/clients.c")
[ -n "$words" ] && [ -n "$options" ] || exit 1
for word in $words; do
	grep -q "^\.It Fn $word " "$page" || {
		echo "$word is not in the manual"
		bad=1
	}
done
for option in $options; do
	case $option in
	from | join | on | table) grep -q "[ {]$option = " "$page" ;;
	*) grep -q "^\.It Li $option\b" "$page" ;;
	esac || {
		echo "$option is not in the manual"
		bad=1
	}
done
exit $bad
