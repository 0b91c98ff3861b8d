# Every setting is in fixgate.conf(5), once, with the range and the default that
# the schema has; the page has no other; its lists are in alphabetical order.
set -u
page=$FG_SRC/man/fixgate.conf.5
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

"$FG_BUILD/t/conf/confcheck" -k > "$dir/schema" || exit 1
cut -d '|' -f 1 "$dir/schema" | sort > "$dir/keys"
sed -n 's/^\.It Ic \([A-Za-z0-9*]*\).*/\1/p' "$page" | sort > "$dir/page"
diff -u --label schema --label page "$dir/keys" "$dir/page" || bad=1

while IFS='|' read -r key range default; do
	text=$(sed -n "/^\.It Ic $key\( .*\)*\$/,/^\.It Ic/p" "$page")
	for want in "$range" "${default:+efault $default.}"; do
		case $text in
		*"$want"*) ;;
		*)	echo "$key: the page does not say \"$want\""
			bad=1 ;;
		esac
	done
done < "$dir/schema"

awk '/^\.Sh/ { last = "" }
    /^\.It Ic [A-Za-z0-9]/ {
	key = tolower($3); sub(/\*$/, "", key)
	if (key < last) { print $3 ": out of order"; bad = 1 }
	last = key
    }
    END { exit bad }' "$page" || bad=1
exit $bad
