# Every settings file here gives the findings, and the exit code, of its .out.
# "faults.sh accept" writes them; read the diff before it is committed.
set -u
cd "$FG_SRC/t/conf" || exit 1
bad=0
for f in *.conf; do
	got=$(FG_TEST_NAME=BROKER "$FG_BUILD/t/conf/confcheck" "$f" 2>&1
	    echo "exit $?")
	# the folders of an installation depend on configure
	got=$(printf '%s\n' "$got" | sed 's,is in /.*/fixgate$,is in STORE,')
	if [ "${1-}" = accept ]; then
		printf '%s\n' "$got" > "${f%.conf}.out"
	elif ! printf '%s\n' "$got" | diff -u "${f%.conf}.out" -; then
		bad=1
	fi
done
exit $bad
