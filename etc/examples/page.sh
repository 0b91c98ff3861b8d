#!/bin/sh
# For alerts.lua: a line of JSON for each event, see fixgate-client(8). This one
# writes to the system's log; PAGE is the command that gets the line instead.
# What cannot be told now is told again later.
while IFS= read -r line; do
	n=${line#*'"n":'}
	n=${n%%[!0-9]*}
	if ${PAGE:-logger -t fixgate-alert -p daemon.alert --} "$line" >&2; then
		echo "{\"ack\":$n}"
	else
		echo "{\"nack\":$n,\"text\":\"nobody could be told\",\"retry\":true}"
	fi
done
