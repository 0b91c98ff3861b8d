# The sample has no finding, with the dictionaries of the source tree.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
sed "s|^\[GATEWAY\]|&\nDictionaryPath=$FG_SRC/t/conf/dict|" \
    "$FG_SRC/etc/fixgate.conf" > "$dir/fixgate.conf"
got=$("$FG_BUILD/t/conf/confcheck" "$dir/fixgate.conf") || exit 1
if [ -n "$got" ]; then
	printf '%s\n' "$got"
	exit 1
fi
