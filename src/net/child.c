/* child.c: a program whose input, output and errors are connections. */
#include "net/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct child {
	struct loop *loop;
	uv_process_t proc;
	const struct child_ops *ops;
	void *arg;
	bool ended; /* and reaped */
	bool freed; /* by its owner: it goes when it has ended */
};

static void
free_child(uv_handle_t *h)
{
	free(h->data);
}

static void
on_ended(uv_process_t *proc, int64_t status, int signum)
{
	struct child *ch = proc->data;
	char how[64];

	loop_enter(ch->loop);
	ch->ended = true;
	if (ch->freed) {
		uv_close((uv_handle_t *)&ch->proc, free_child);
		return;
	}
	if (signum != 0)
		snprintf(how, sizeof(how), "ended by signal %d", signum);
	else
		snprintf(how, sizeof(how), "exit status %d", (int)status);
	ch->ops->exited(ch->arg, how);
}

/* A pair of sockets: ours, which does not wait, and the child's. */
static int
make_pair(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		return errno;
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* Our end, which is taken, as a connection; NULL: no memory. */
static struct conn *
make_conn(struct loop *l, int fd, const struct conn_limits *lim,
    const char *command)
{
	struct conn *c = conn_new(l, lim);

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	snprintf(c->peer, sizeof(c->peer), "exec:%s", command);
	c->uid = (long)getuid();
	if (conn_open(c, fd) != 0) {
		conn_abort(c, "out of memory");
		return NULL;
	}
	return c;
}

/* 0 or an errno value. */
static int
spawn(struct child *ch, const char *command, int io, int err)
{
	char sh[] = "/bin/sh", flag[] = "-c", *copy = strdup(command);
	char *argv[] = { sh, flag, copy, NULL };
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_INHERIT_FD, .data.fd = io },
		{ .flags = UV_INHERIT_FD, .data.fd = io },
		{ .flags = UV_INHERIT_FD, .data.fd = err },
	};
	uv_process_options_t o = {
		.exit_cb = on_ended,
		.file = sh,
		.args = argv,
		.flags = UV_PROCESS_DETACHED, /* a group of its own */
		.stdio_count = 3,
		.stdio = stdio,
	};
	int rc = ENOMEM;

	if (copy != NULL)
		rc = -uv_spawn(&ch->loop->uv, &ch->proc, &o);
	free(copy);
	return rc;
}

static void
close_pair(int fd[2])
{
	if (fd[0] != -1)
		close(fd[0]);
	if (fd[1] != -1)
		close(fd[1]);
}

/* The two connections of a child that runs; on failure it is freed. */
static struct child *
connect_child(struct child *ch, const char *command, int io_fd, int err_fd,
    const struct conn_limits *lim, struct conn **io, struct conn **errors)
{
	*io = make_conn(ch->loop, io_fd, lim, command);
	*errors = make_conn(ch->loop, err_fd, lim, command);
	if (*io != NULL && *errors != NULL) {
		conn_set_ops(*io, ch->ops->io, ch->arg);
		conn_set_ops(*errors, ch->ops->errors, ch->arg);
		return ch;
	}
	if (*io != NULL)
		conn_abort(*io, "out of memory");
	if (*errors != NULL)
		conn_abort(*errors, "out of memory");
	child_free(ch);
	return NULL;
}

struct child *
child_start(struct loop *l, const char *command, const struct conn_limits *lim,
    const struct child_ops *ops, void *arg, struct conn **io,
    struct conn **errors, char err[NET_ERR_MAX])
{
	int a[2] = { -1, -1 }, b[2] = { -1, -1 }, rc = ENOMEM;
	struct child *ch = calloc(1, sizeof(*ch));

	if (ch == NULL || (rc = make_pair(a)) != 0 || (rc = make_pair(b)) != 0)
		goto fail;
	ch->loop = l;
	ch->ops = ops;
	ch->arg = arg;
	ch->proc.data = ch;
	rc = spawn(ch, command, a[1], b[1]);
	if (rc != 0) {
		/* libuv wants the handle closed even so. */
		uv_close((uv_handle_t *)&ch->proc, free_child);
		ch = NULL;
		goto fail;
	}
	close(a[1]);
	close(b[1]);
	ch = connect_child(ch, command, a[0], b[0], lim, io, errors);
	if (ch == NULL)
		snprintf(err, NET_ERR_MAX, "%.100s: %s", command,
		    strerror(ENOMEM));
	return ch;
fail:
	snprintf(err, NET_ERR_MAX, "%.100s: %s", command, strerror(rc));
	close_pair(a);
	close_pair(b);
	free(ch);
	return NULL;
}

void
child_kill(struct child *ch, int signum)
{
	if (!ch->ended)
		kill(-ch->proc.pid, signum);
}

void
child_free(struct child *ch)
{
	if (ch == NULL)
		return;
	ch->freed = true;
	child_kill(ch, SIGKILL);
	if (ch->ended)
		uv_close((uv_handle_t *)&ch->proc, free_child);
}
