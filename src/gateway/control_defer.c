/* control_defer.c: answers that wait until a commit is durable. */
#include <stdlib.h>

#include "base/err.h"
#include "gateway/control_int.h"

void *
control_defer(const struct server_ask *a, size_t size, control_defer_fn fn)
{
	struct control_defer *w = calloc(1, size);

	if (w == NULL) {
		server_nack(a, "STORE_FAILED", true, "%s",
		    fg_strerror(FG_ENOMEM));
		return NULL;
	}
	w->conn = a->conn;
	server_hold(w->conn);
	w->type = a->type;
	w->ref = a->ref;
	w->fn = fn;
	return w;
}

void
control_defer_free(void *defer)
{
	struct control_defer *w = defer;

	server_release(w->conn);
	free(w);
}

void
control_deferred(void *defer, const struct release_done *done)
{
	struct control_defer *w = defer;
	struct server_ask a = { 0 };

	if (server_is_open(w->conn))
		a = server_ask_later(w->conn, w->type, w->ref);
	w->fn(w, a.conn == NULL ? NULL : &a, done);
	control_defer_free(w);
}

bool
control_can_answer(const struct server_ask *a, const struct release_done *done)
{
	if (a != NULL && done->err != 0)
		control_nack_err(a, done->err);
	return a != NULL && done->err == 0;
}

/* ---- a request whose answer is ACK ---- */

struct ack {
	struct control_defer defer;
	const char *text; /* static */
};

static void
put_ack(struct control_defer *w, const struct server_ask *a,
    const struct release_done *done)
{
	struct ack *k = (struct ack *)w;

	if (a != NULL && done->err == 0)
		server_ack(a, k->text);
	else if (a != NULL)
		server_nack(a, "STORE_FAILED", true,
		    "nothing was changed: %s", fg_strerror(done->err));
}

void
control_ack_durable(const struct server_ask *a, const char *text)
{
	struct ack *k = control_defer(a, sizeof(*k), put_ack);

	if (k == NULL)
		return;
	k->text = text;
	if (driver_when_durable(control_of(a)->g->driver, control_deferred,
	    k) == 0)
		return;
	server_nack(a, "STORE_FAILED", true, "%s", fg_strerror(FG_ENOMEM));
	control_defer_free(k);
}

void
control_nack_err(const struct server_ask *a, int err)
{
	if (err == FG_ENOSPC)
		server_nack(a, "DISK_FULL", true,
		    "the store takes nothing now: its disk is full");
	else
		server_nack(a, "STORE_FAILED", true, "%s", fg_strerror(err));
}
