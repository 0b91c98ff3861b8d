#include "daemon/expiry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/metric.h"
#include "log/log.h"

#define SOON_DAYS 30
#define NOW_DAYS  7
#define EVERY_NS  (24 * 3600 * NS_PER_S)

static const char *
kind_text(enum tls_expires kind)
{
	static const char *const text[] = {
		[TLS_EXPIRES_OWN] = "own",
		[TLS_EXPIRES_AUTHORITY] = "authority",
		[TLS_EXPIRES_LIST] = "list",
		[TLS_EXPIRES_PEER] = "peer",
	};

	return text[kind];
}

/* "expires in 5 days", "has expired" */
static void
when(int days, char out[48])
{
	if (days < 0)
		snprintf(out, 48, "has expired");
	else
		snprintf(out, 48, "expires in %d day%s", days,
		    days == 1 ? "" : "s");
}

/* Lists are made anew all the time: only what is over is a fault. */
static enum expiry
judge_list(const struct tls_expiry *x, const char *how, char *text)
{
	if (x->days >= 1)
		return EXPIRY_FAR;
	snprintf(text, EXPIRY_TEXT_MAX, "the revocation list %s. Fetch the "
	    "next one, then: %s", x->days < 0 ? "has expired, and whose "
	    "certificate it is about is refused" : "expires within a day", how);
	return x->days < 0 ? EXPIRY_NOW : EXPIRY_SOON;
}

enum expiry
expiry_judge(const struct tls_expiry *x, const char *how,
    char text[EXPIRY_TEXT_MAX])
{
	char time[48];

	text[0] = '\0';
	if (x->kind == TLS_EXPIRES_LIST)
		return judge_list(x, how, text);
	if (x->days >= SOON_DAYS)
		return EXPIRY_FAR;
	when(x->days, time);
	switch (x->kind) {
	case TLS_EXPIRES_OWN:
		snprintf(text, EXPIRY_TEXT_MAX, "the certificate %.100s %s%s. "
		    "Replace it and its key, then: %s", x->subject, time,
		    x->days < 0 ? ", and others refuse it" : "", how);
		break;
	case TLS_EXPIRES_AUTHORITY:
		snprintf(text, EXPIRY_TEXT_MAX, "the authority %.100s %s%s. "
		    "Add the one that follows it, then: %s", x->subject, time,
		    x->days < 0 ? ", and whose certificates it signed is "
		    "refused" : "", how);
		break;
	case TLS_EXPIRES_PEER:
		snprintf(text, EXPIRY_TEXT_MAX, "the counterparty's "
		    "certificate %.100s %s: its next logon fails then. Tell "
		    "it to get another one", x->subject, time);
		break;
	case TLS_EXPIRES_LIST:
		break;
	}
	return x->days < NOW_DAYS ? EXPIRY_NOW : EXPIRY_SOON;
}

/* ---- lists ---- */

size_t
expiry_count(const struct buf *list)
{
	return list->len / sizeof(struct tls_expiry);
}

const struct tls_expiry *
expiry_at(const struct buf *list, size_t i)
{
	return (const struct tls_expiry *)(const void *)list->p + i;
}

static bool
has(const struct buf *list, const struct tls_expiry *x)
{
	size_t i;

	for (i = 0; i < expiry_count(list); i++)
		if (expiry_at(list, i)->kind == x->kind &&
		    strcmp(expiry_at(list, i)->file, x->file) == 0)
			return true;
	return false;
}

int
expiry_add(struct buf *list, const struct tls *t)
{
	static const enum tls_expires kinds[] = { TLS_EXPIRES_OWN,
		TLS_EXPIRES_AUTHORITY, TLS_EXPIRES_LIST };
	struct tls_expiry x;
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && err == 0; i++)
		if (tls_expiry(t, kinds[i], &x) && !has(list, &x))
			err = buf_add(list, &x, sizeof(x));
	return err;
}

int
expiry_metrics(struct buf *out, const struct buf *list)
{
	const struct tls_expiry *x;
	size_t i;
	int err = metric_head(out, "certificate_days", "gauge", "Days until a "
	    "certificate or revocation list expires, below 0 if it has.");

	for (i = 0; i < expiry_count(list) && err == 0; i++) {
		x = expiry_at(list, i);
		err = metric_begin(out, "certificate_days", "kind",
		    kind_text(x->kind), "name", x->file);
		if (err == 0)
			err = buf_printf(out, "%d\n", x->days);
	}
	return err;
}

/* ---- the log ---- */

struct expiry_watch {
	struct loop *loop;
	struct timer *timer;
	const char *how;
	expiry_fn fn;
	void *arg;
};

static void
look(void *arg)
{
	struct expiry_watch *w = arg;
	char text[EXPIRY_TEXT_MAX], shown[EXPIRY_TEXT_MAX];
	const struct tls_expiry *x;
	struct buf list = { 0 };
	enum expiry e;
	size_t i;

	(void)w->fn(w->arg, &list);
	for (i = 0; i < expiry_count(&list); i++) {
		x = expiry_at(&list, i);
		e = expiry_judge(x, w->how, text);
		if (e == EXPIRY_FAR)
			continue;
		log_escape(shown, sizeof(shown), text, strlen(text));
		log_event(e == EXPIRY_NOW ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
		    "certificate", NULL, "%s: %s", x->file, shown);
	}
	buf_free(&list);
	timer_set(w->timer, mono_add(loop_now(w->loop).mono, EVERY_NS));
}

struct expiry_watch *
expiry_watch(struct loop *loop, const char *how, expiry_fn fn, void *arg)
{
	struct expiry_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	*w = (struct expiry_watch){ .loop = loop, .how = how, .fn = fn,
		.arg = arg, .timer = timer_new(loop, look, w) };
	if (w->timer != NULL) {
		timer_set(w->timer, loop_now(loop).mono);
		return w;
	}
	free(w);
	return NULL;
}

void
expiry_look(struct expiry_watch *w)
{
	if (w != NULL)
		timer_set(w->timer, loop_now(w->loop).mono);
}

void
expiry_free(struct expiry_watch *w)
{
	if (w == NULL)
		return;
	timer_free(w->timer);
	free(w);
}
