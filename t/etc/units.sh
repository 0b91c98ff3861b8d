#!/usr/bin/env bash
# systemd accepts the units, and finds little left to take away from them; the
# files for its helpers and for logrotate can be read by those.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
skipped=''

for f in "$FG_BUILD"/etc/systemd/*.service "$FG_BUILD"/etc/init.d/* \
    "$FG_BUILD"/etc/logrotate.d/*; do
	if grep -n '@[a-zA-Z]*@' "$f"; then
		echo "$f: something is not filled in"
		bad=1
	fi
done

if command -v systemd-analyze >/dev/null; then
	# The programs need not be installed where they are going to be.
	for f in "$FG_BUILD"/etc/systemd/*.service; do
		sed -E 's|=[^ ]*/sbin/fixgate[a-z-]*|=/bin/true|; /^Documentation/d' \
		    "$f" >"$dir/${f##*/}"
	done
	systemd-analyze verify "$dir"/*.service >"$dir/said" 2>&1 || bad=1
	# Of other units of this machine nothing is to be known.
	if grep fixgate "$dir/said"; then
		bad=1
	fi
	for f in "$dir"/*.service; do
		if ! systemd-analyze security --offline=true --threshold=15 \
		    "$f" >"$dir/said" 2>&1; then
			cat "$dir/said"
			bad=1
		fi
		tail -n 1 "$dir/said"
	done
	# A directive that is mistyped is found.
	sed -i 's/^RestrictRealtime=/RestrictRealTime=/' \
	    "$dir/fixgated.service"
	systemd-analyze verify "$dir/fixgated.service" 2>&1 |
	    grep -q RestrictRealTime || {
		echo "systemd-analyze verify finds nothing"
		bad=1
	}
else
	skipped="$skipped systemd-analyze"
fi

root=$dir/root
mkdir -p "$root/etc" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
if command -v systemd-sysusers >/dev/null && [ "$(id -u)" = 0 ]; then
	: >"$root/etc/passwd"
	: >"$root/etc/group"
	cp "$FG_SRC/etc/sysusers.d/fixgate.conf" "$root/usr/lib/sysusers.d/"
	systemd-sysusers --root="$root" || bad=1
	grep -q '^fixgate:.*:/var/lib/fixgate:' "$root/etc/passwd" || {
		echo "sysusers made no user"
		bad=1
	}
	cp "$FG_SRC/etc/tmpfiles.d/fixgate.conf" "$root/usr/lib/tmpfiles.d/"
	systemd-tmpfiles --root="$root" --create || bad=1
	[ "$(stat -c %a "$root/run/fixgate")" = 750 ] || {
		echo "tmpfiles made no /run/fixgate"
		bad=1
	}
else
	skipped="$skipped systemd-sysusers(as root)"
fi

if command -v logrotate >/dev/null || [ -x /usr/sbin/logrotate ]; then
	sed "s|/var/log/fixgate|$dir/log|; /^	su /d
	    /postrotate/,/endscript/c\\	postrotate\\n		touch $dir/told\\n	endscript" \
	    "$FG_BUILD/etc/logrotate.d/fixgate" >"$dir/rotate"
	mkdir "$dir/log"
	chmod 700 "$dir/log"
	echo line >"$dir/log/gate.log"
	chmod 600 "$dir/rotate"
	PATH=$PATH:/usr/sbin logrotate -s "$dir/state" -f "$dir/rotate" || bad=1
	set -- "$dir"/log/gate.log-*
	[ -f "$1" ] && [ -f "$dir/told" ] && [ ! -s "$dir/log/gate.log" ] || {
		echo "logrotate did not rotate: $(ls "$dir/log")"
		bad=1
	}
else
	skipped="$skipped logrotate"
fi

[ "$bad" = 0 ] || exit 1
[ -z "$skipped" ] || echo "not there, and so not tried:$skipped"
exit 0
