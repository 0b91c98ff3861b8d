#!/bin/bash
# Every row of the feature map has a test: t/e2e/rows.txt names it, it is there,
# and it is run; and every test that is named after a row stands in that table.
set -u
cd "${FG_SRC:-.}" || exit 1
table=t/e2e/rows.txt
# How many rows there are, or which.
all='A1=21 A2=26 A3=28 A4=14 B7=11 B9=14 C14-20 D1-5 D10-13 D17-17'
all="$all F10-12 F15-16 R47-47 R54-54 R71-71 R86-98"
sections=${FG_ROWS:-$all}

bad=$(
	awk -v sections="$sections" '
	/^#/ || NF == 0 { next }
	NF < 4 || $1 !~ /^[A-FR][0-9]+(\.[0-9]+)?$/ || $2 == "-" && $3 != "-" {
		print FILENAME ":" FNR ": not a row, a file, a test and a text"
		next
	}
	seen[$1]++ { print FILENAME ":" FNR ": " $1 " stands there twice" }
	END {
		n = split(sections, s, " ")
		for (i = 1; i <= n; i++) {
			whole = s[i] ~ /-/ # D10-13: of no part
			split(whole ? substr(s[i], 2) : s[i], part, /[=-]/)
			for (k = whole ? part[1] : 1; k <= part[2] + 0; k++) {
				row = part[1] "." k
				if (whole)
					row = substr(s[i], 1, 1) k
				if (!(row in seen))
					print FILENAME ": " row " has no test"
			}
		}
	}' $table || echo "$table was not read"

	grep -v '^#' $table | while read -r row file name _; do
		[ -n "$name" ] && [ "$file" != - ] || continue
		if [ "$name" = - ]; then
			[ -f "$file" ] || echo "$table: $row: there is no $file"
			name='' # all of it
		fi
		case $file in
		*.py)	# It is run because it is there, or by its name.
			def="^def $name\\(" used='__name__|globals\(\)' ;;
		*)	def="^START_TEST\\($name\\)" used="tcase_add_.*$name" ;;
		esac
		if [ -z "$name" ]; then
			:
		elif ! grep -qE "$def" "$file" 2>/dev/null; then
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
