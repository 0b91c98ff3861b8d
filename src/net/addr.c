/* addr.c: addresses as text and back; options of a socket. */
#include "net/internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

/* "127.0.0.1:5001", "[::1]:5001"; an IPv4 peer of an IPv6 socket reads as
 * IPv4. */
void
addr_format(char out[NET_ADDR_MAX], const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)sa;
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
			inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host,
			    sizeof(host));
		else
			inet_ntop(AF_INET6, &in6->sin6_addr, host,
			    sizeof(host));
		addr_format_host(out, host, ntohs(in6->sin6_port));
	} else if (sa->sa_family == AF_INET) {
		inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
		addr_format_host(out, host, ntohs(in4->sin_port));
	} else {
		snprintf(out, NET_ADDR_MAX, "unix");
	}
}

void
addr_format_host(char out[NET_ADDR_MAX], const char *host, uint16_t port)
{
	const char *fmt = strchr(host, ':') != NULL ? "[%.110s]:%u"
	                                            : "%.110s:%u";

	snprintf(out, NET_ADDR_MAX, fmt, host, (unsigned)port);
}

void
conn_set_peer(struct conn *c, const char *text)
{
	snprintf(c->peer, sizeof(c->peer), "%s", text);
}

socklen_t
addr_unix(struct sockaddr_storage *ss, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ss;
	size_t len = strlen(path);

	memset(ss, 0, sizeof(*ss));
	if (len == 0 || len >= sizeof(un->sun_path))
		return 0;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	return sizeof(*un);
}

void
fd_tune(int fd, const struct conn_limits *lim)
{
	int nodelay = lim->nodelay, keep = lim->keep_alive;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keep, sizeof(keep));
	if (lim->send_buffer != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &lim->send_buffer,
		    sizeof(lim->send_buffer));
	if (lim->receive_buffer != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &lim->receive_buffer,
		    sizeof(lim->receive_buffer));
	if (lim->traffic_class == 0)
		return;
	/* One of them is of the socket's family. */
	setsockopt(fd, IPPROTO_IP, IP_TOS, &lim->traffic_class,
	    sizeof(lim->traffic_class));
	setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &lim->traffic_class,
	    sizeof(lim->traffic_class));
}
