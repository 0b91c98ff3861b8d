#!/usr/bin/env bash
# The Debian package: built in a copy of the tree, has what it must have, and
# its System V scripts run. Not one of the tests of make check, as it builds
# everything again.
set -u
cd "$FG_SRC" || exit 1
for p in dpkg-buildpackage dh; do
	command -v "$p" >/dev/null || {
		echo "SKIP: $p is not installed, no package was built"
		exit 77
	}
done
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

# What git knows, or in a release all that is there.
{ git ls-files -c 2>/dev/null || find . -type f; } |
    grep -v '^\(\./\)\?build' |
    while read -r f; do [ ! -e "$f" ] || echo "$f"; done |
    tar -cf - -T - | tar -xf - -C "$dir" --one-top-level=fixgate
(cd "$dir/fixgate" && DEB_BUILD_OPTIONS="parallel=$(nproc) ${FG_DEB:-nocheck}" \
    dpkg-buildpackage -b -us -uc >"$dir/log" 2>&1) || {
	tail -n 40 "$dir/log"
	exit 1
}
set -- "$dir"/fixgate_*.deb
deb=$1
dpkg -c "$deb" | awk '{ print $1, $2, $6 }' >"$dir/list"

want() {
	grep -q " $1\$" "$dir/list" || {
		echo "the package has no $1"
		bad=1
	}
}
for d in fixgated fixgate-streamer fixgate-client; do
	want "./etc/init.d/$d"
	want "./lib/systemd/system/$d.service"
done
for f in usr/share/bash-completion/completions/fixgatectl \
    etc/logrotate.d/fixgate etc/fixgate/ usr/lib/sysusers.d/fixgate.conf \
    usr/lib/tmpfiles.d/fixgate.conf usr/sbin/fixgated usr/sbin/fixgatectl \
    usr/sbin/fixgate-streamer usr/sbin/fixgate-client \
    usr/share/doc/fixgate/copyright usr/share/doc/fixgate/fixgate.conf \
    usr/share/fixgate/dict/FIX44.xml; do
	want "./$f"
done
for f in man/*.[1-9]; do
	want "./usr/share/man/man${f##*.}/${f##*/}.gz"
done
for f in dict/*.xml; do
	want "./usr/share/fixgate/$f"
done
# Nothing is anybody's but root's, and nobody else may write it.
awk '$2 != "root/root" || substr($1, 6, 1) == "w" || substr($1, 9, 1) == "w" {
	print "in the package: " $0; bad = 1 } END { exit bad }' "$dir/list" ||
    bad=1
if grep -q /usr/local "$dir/list"; then
	echo "the package has something in /usr/local"
	bad=1
fi

dpkg-deb -R "$deb" "$dir/package" || bad=1
for s in postinst prerm postrm; do
	sh -n "$dir/package/DEBIAN/$s" || bad=1
done
# Neither installing nor upgrading starts or stops a gateway.
if grep -n 'deb-systemd-invoke\|invoke-rc.d' "$dir/package/DEBIAN/postinst"; then
	echo "installing it would start something"
	bad=1
fi
grep -q 'adduser --system' "$dir/package/DEBIAN/postinst" || bad=1
grep -q '^Depends:.*libdb5.3' "$dir/package/DEBIAN/control" || {
	echo "it does not depend on its libraries"
	bad=1
}
got=$(cut -d' ' -f2 <<<"$("$dir/package/usr/sbin/fixgated" -V)")
[ "$got" = "$(dpkg-deb -f "$deb" Version)" ] || {
	echo "the version of fixgated is $got, not that of the package"
	bad=1
}
# With the programs of the package.
mkdir -p "$dir/bin"
chmod -R go+rX "$dir"
cp "$dir"/package/usr/sbin/* "$dir/bin/"
FG_BUILD=$dir/bin FG_INIT=$dir/package/etc/init.d \
    "${PYTHON3:-python3}" t/etc/test_init.py || bad=1
# With dpkg, over a copy of this machine's files.
FG_SRC=$PWD "${PYTHON3:-python3}" t/etc/installed.py "$deb"
case $? in
0 | 77) ;; # it says why it was skipped
*) bad=1 ;;
esac
[ "$bad" = 0 ] && echo "ok $(wc -l <"$dir/list") files, ${deb##*/}"
exit $bad
