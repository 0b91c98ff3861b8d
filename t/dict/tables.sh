# The dictionaries of dict/ are what make-dict.py writes. The tables it reads
# are not part of this tree: skipped where there are none.
set -eu
tables=${FIXGATE_SPEC:-$FG_SRC/../shared/spec}
if [ ! -f "$tables/layout.tsv" ]; then
	echo "SKIP: no tables of facts at $tables (set FIXGATE_SPEC)"
	exit 77
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
python3 "$FG_SRC/dict/make-dict.py" "$tables" "$out"
for file in "$out"/*.xml; do
	cmp "$file" "$FG_SRC/dict/${file##*/}"
done
