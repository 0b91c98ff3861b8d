#!/bin/bash
# Every row of the feature map has a test: t/e2e/rows.txt names it, it is there,
# and it is run; and every test that is named after a row stands in that table.
set -u
cd "${FG_SRC:-.}" || exit 1
table=t/e2e/rows.txt
sections=${FG_ROWS:-A1=21 A2=26 A3=28 A4=14} # how many rows there are

bad=$(
	awk -v sections="$sections" '
	/^#/ || NF == 0 { next }
	NF < 4 || $1 !~ /^A[0-9]+\.[0-9]+$/ {
		print FILENAME ":" FNR ": not a row, a file, a test and a text"
		next
	}
	seen[$1]++ { print FILENAME ":" FNR ": " $1 " stands there twice" }
	END {
		n = split(sections, s, " ")
		for (i = 1; i <= n; i++) {
			split(s[i], part, "=")
			for (k = 1; k <= part[2]; k++)
				if (!((part[1] "." k) in seen))
					print FILENAME ": " part[1] "." k \
					    " has no test"
		}
	}' $table

	grep -v '^#' $table | while read -r row file name _; do
		[ -n "$name" ] || continue
		case $file in
		*.py)	# It is run because it is there, or by its name.
			def="^def $name\\(" used='__name__|globals\(\)' ;;
		*)	def="^START_TEST\\($name\\)" used="tcase_add_.*$name" ;;
		esac
		if ! grep -qE "$def" "$file" 2>/dev/null; then
			echo "$table: $row: $file has no test $name"
		elif ! grep -qE "$used" "$file" &&
		    [ "$(grep -cw "$name" "$file")" -lt 2 ]; then
			echo "$table: $row: $file does not run $name"
		fi
		if ! grep -qrF --include=local.mk "$file" t &&
		    ! grep -qrF --include=local.mk "${file%.c}" t; then
			echo "$table: $row: $file is in no local.mk"
		fi
	done

	grep -rnoE --include='*.py' --include='*.c' \
	    '^(def |START_TEST\()[aA][1-4]_[0-9]+_\w+' t |
	    grep -v '^t/tree/' |
	while IFS=: read -r file line text; do
		name=${text##*[ (]}
		grep -qE "^A[0-9.]+ +$file +$name " $table ||
		    echo "$file:$line: $name is not in $table"
	done
)
[ -z "$bad" ] || echo "$bad"
[ -z "$bad" ]
