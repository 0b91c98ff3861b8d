#!/usr/bin/env bash
# Every file of the tree is named in a fragment of the Makefile, so that a
# release has it.
set -eu
cd "$FG_SRC"
all=$(find . -name build -prune -o -name '*.mk' -print | xargs cat Makefile.am)
status=0
while read -r f; do
	f=${f#./}
	case "$all" in
	*"$f"*) ;;
	*)
		echo "$f: not in any local.mk"
		status=1
		;;
	esac
done < <(find src t debian dict etc man -type f ! -name '*.mk' ! -path '*/corpus/*' \
    ! -path '*/oddities/*' ! -name '*.pyc' ! -name '*~' ! -name '.*')
exit $status
