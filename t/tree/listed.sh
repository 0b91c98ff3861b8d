#!/usr/bin/env bash
# Every file of the tree is in what a release has: the sources of a program, or a
# list that automake distributes (EXTRA_DIST, dist_..., the variables in them).
# To stand in TESTS alone is not enough.
set -eu
cd "$FG_SRC"
{
	find src t debian dict etc man -type f ! -name '*.mk' \
	    ! -name '*.pyc' ! -name '*~' ! -name '.*' | LC_ALL=C sort
	echo --
	find . -name build -prune -o -name '*.mk' -print | xargs cat Makefile.am
} | awk '
	!lists && $0 != "--" { file[++n] = $0; next }
	$0 == "--" { lists = 1; next }
	{
		sub(/#.*/, "")
		line = line $0
		if (sub(/\\$/, " ", line))
			next
		assignment(line)
		line = ""
	}
	function assignment(text,   at, name) {
		at = match(text, /^[ \t]*[A-Za-z_0-9]+[ \t]*\+?=/)
		if (at == 0)
			return
		name = substr(text, 1, RLENGTH)
		gsub(/[ \t+=]/, "", name)
		words[name] = words[name] " " substr(text, RLENGTH + 1)
	}
	# All words of a variable, and of those that it names.
	function add(name,   list, i, m) {
		if (name in seen)
			return
		seen[name] = 1
		m = split(words[name], list, /[ \t]+/)
		for (i = 1; i <= m; i++)
			if (list[i] ~ /^\$\([A-Za-z_0-9]+\)$/)
				add(substr(list[i], 3, length(list[i]) - 3))
			else
				has[list[i]] = 1
	}
	function given(path) {
		do
			if (path in has)
				return 1
		while (sub(/\/[^\/]*$/, "", path)) # a folder of it
		return 0
	}
	END {
		for (name in words)
			if (name ~ /^EXTRA_DIST$|^dist_|_SOURCES$|_HEADERS$/)
				add(name)
		for (i = 1; i <= n; i++)
			if (!given(file[i])) {
				print file[i] ": not in any local.mk, " \
				    "but for TESTS: a release has it not"
				bad = 1
			}
		exit bad
	}'
