/*
 * floor: the bare machine doing only the unavoidable part, as a server on a
 * free port ("port N" on standard output), for one connection.
 *
 *	floor echo		what came goes back
 *	floor echo-write FILE	it is written to FILE first
 *	floor echo-sync FILE	written and flushed to the disk first
 *	floor sink		read only; a byte goes back when "112=END" came
 *	floor sink-write FILE	the same, all written to FILE before
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define CHUNK (64 * 1024)

struct server {
	bool echo, sync;
	int file; /* -1: none */
	int fd;
};

/* The stream's end marker is in its last message. */
static bool
is_end(const char *p, size_t n)
{
	static const char end[] = "\001112=END\001";
	size_t tail = n < 32 ? n : 32;

	return memmem(p + n - tail, tail, end, sizeof(end) - 1) != NULL;
}

/* False: the peer is gone. */
static bool
serve(struct server *s)
{
	static char chunk[CHUNK];
	ssize_t n = read(s->fd, chunk, sizeof(chunk));

	if (n <= 0)
		return false;
	if (s->file != -1)
		bench_write(s->file, chunk, (size_t)n);
	if (s->sync && fdatasync(s->file) == -1)
		err(1, "fdatasync");
	if (s->echo)
		bench_write(s->fd, chunk, (size_t)n);
	else if (is_end(chunk, (size_t)n))
		bench_write(s->fd, "E", 1);
	return true;
}

int
main(int argc, char **argv)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct server s = {.file = -1};
	int lfd, efd, one = 1;
	uint16_t port;

	if (argc < 2)
		errx(2, "usage: floor mode [file]");
	s.echo = strncmp(argv[1], "echo", 4) == 0;
	s.sync = strcmp(argv[1], "echo-sync") == 0;
	if (argc > 2 &&
	    (s.file = open(
		 argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600)) == -1)
		err(1, "%s", argv[2]);
	lfd = bench_listen(&port);
	printf("port %u\n", port);
	fflush(stdout);
	if ((s.fd = accept(lfd, NULL, NULL)) == -1 ||
	    (efd = epoll_create1(0)) == -1 ||
	    epoll_ctl(efd, EPOLL_CTL_ADD, s.fd, &ev) == -1)
		err(1, "accept");
	setsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (epoll_wait(efd, &ev, 1, -1) != 1 || serve(&s))
		;
	return 0;
}
