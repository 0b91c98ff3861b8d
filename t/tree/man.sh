#!/bin/bash
# Every manual page is free of lint.
set -u
mandoc=${FG_MANDOC:-mandoc}

pages=$(find "${FG_SRC:-.}/man" "${FG_BUILD:-.}/man" -name '*.[1-9]' \
    2>/dev/null | LC_ALL=C sort -u)
if [ -z "$pages" ]; then
	echo "SKIP: no manual pages"
	exit 77
fi
if ! command -v "$mandoc" >/dev/null; then
	echo "SKIP: mandoc is not installed, the pages are not checked"
	exit 77
fi
# shellcheck disable=SC2086 # a list of paths without blanks
"$mandoc" -Tlint -Wwarning $pages
