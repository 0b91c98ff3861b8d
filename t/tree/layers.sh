#!/bin/bash
# The order of the layers: a file uses its own layer and earlier ones, each
# library has one layer that may use it, and the pure layers touch nothing
# outside the process.
set -u
src=${FG_SRC:-.}/src
build=${FG_BUILD:-.}
nm=${FG_NM:-nm}

layers='base log fix dict dict/xml schedule session link store net conf script daemon'
programs='gateway streamer client ctl' # after the layers, not of each other
pure='base fix dict schedule session link'

# Symbols of clocks, sockets, files, randomness, logs and the environment.
impure='(__)?(
clock|clock_gettime|clock_nanosleep|gettimeofday|time|localtime|localtime_r|
sleep|usleep|nanosleep|timer_create|timerfd_create|
socket|socketpair|bind|listen|accept|accept4|connect|shutdown|
send|sendto|sendmsg|recv|recvfrom|recvmsg|poll|ppoll|select|epoll_[a-z0-9_]+|
open|openat|creat|close|read|readv|pread|write|writev|pwrite|unlink|rename|
stat|fstat|lstat|mmap|ioctl|fcntl|fsync|fdatasync|opendir|readdir|
fopen|fdopen|fclose|fread|fwrite|fgets|fputs|fputc|getline|
printf|vprintf|fprintf|vfprintf|dprintf|puts|putchar|perror|
stdin|stdout|stderr|rand|rand_r|srand|random|srandom|drand48|arc4random|
getrandom|getentropy|syslog|vsyslog|openlog|log_[a-z0-9_]+|
getenv|secure_getenv|setenv|environ|uv_[a-z0-9_]+|fork|exec[a-z]+|system
)(_chk|64|64_2)?'
impure=$(tr -d '\n' <<<"$impure")

bad=$(
	cd "$src" && find . -name '*.[ch]' -o -name '*.def' |
	sed 's|^\./||' | LC_ALL=C sort | xargs awk \
	    -v layers="$layers" -v programs="$programs" '
	function layer(path) {
		if (path ~ /^dict\/xml/)
			return "dict/xml"
		sub(/\/.*/, "", path)
		return path
	}
	function complain(text) {
		print "src/" FILENAME ":" FNR ": " text
	}
	function ours(path,   to) {
		to = index(path, "/") ? layer(path) : from
		if (!(to in rank))
			complain(path " is of no layer")
		else if (rank[to] > rank[from] ||
		    rank[to] == rank[from] && to != from)
			complain(from " may not use " path)
	}
	function library(name,   re) {
		for (re in user)
			if (name ~ re && from != user[re])
				complain("only " user[re] " may use " name)
	}
	BEGIN {
		n = split(layers, l, " ")
		for (i = 1; i <= n; i++)
			rank[l[i]] = i
		m = split(programs, l, " ")
		for (i = 1; i <= m; i++)
			rank[l[i]] = n + 1
		user["^db\\.h$"] = "store"
		user["^zstd\\.h$"] = "store"
		user["^libxml/"] = "dict/xml"
		user["^microhttpd\\.h$"] = "daemon"
		user["^openssl/ssl\\.h$"] = "net"
		user["^uv\\.h$"] = "net"
		user["^(lua[a-z.0-9]*/)?(lua|lauxlib|lualib|luaconf)\\.h"] = \
		    "script"
	}
	FNR == 1 {
		from = layer(FILENAME)
		if (!(from in rank))
			complain("the file is of no layer")
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		ours(part[2])
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		split($0, part, /[<>]/)
		library(part[2])
	}'
)
[ -z "$bad" ] || echo "$bad"

for name in $pure; do
	lib=$build/lib$name.a
	if [ ! -f "$lib" ]; then
		# A layer may still be headers only.
		if grep -q "lib${name}_a_SOURCES" "$src/$name/local.mk" \
		    2>/dev/null; then
			echo "lib$name.a is not built"
			bad=1
		fi
		continue
	fi
	if ! symbols=$("$nm" -u "$lib"); then
		echo "lib$name.a cannot be read"
		bad=1
		continue
	fi
	used=$(awk '$1 == "U" { print $2 }' <<<"$symbols" |
	    grep -xE "$impure" | LC_ALL=C sort -u | tr '\n' ' ')
	if [ -n "$used" ]; then
		echo "lib$name.a is not pure: $used"
		bad=1
	fi
done

[ -z "$bad" ]
