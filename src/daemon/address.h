/* address.h: where a process is, as users write it: "unix:/run/x.sock",
 * "tcp:localhost:5001", "tcp:[::1]:5001", "tls:example.com:5001". */
#ifndef FG_DAEMON_ADDRESS_H
#define FG_DAEMON_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_MAX     108 /* bytes of a path or host with its NUL */
#define ADDRESS_ERR_MAX 256 /* bytes of an error text */

struct address {
	char host[ADDRESS_MAX]; /* or the path of a unix socket */
	uint16_t port;          /* 0: a unix socket */
	bool tls;               /* as secure.h has it */
};

/* 0 or FG_EINVAL with a text that says what would be right. */
int address_parse(struct address *a, const char *text,
    char err[ADDRESS_ERR_MAX]);
/* Can it be reached from this machine only? */
bool address_is_local(const struct address *a);
/* Is the host an IP address? */
bool address_is_number(const struct address *a);
/* Is it known who comes there: somebody of this machine, or one with a
 * certificate? */
bool address_is_guarded(const struct address *a);

#endif
