#include "gateway/tlsset.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "daemon/expiry.h"

struct item {
	SLIST_ENTRY(item) link;
	struct tls *tls;
	unsigned refs;
	unsigned round; /* in which its files were read */
};

struct tlsset {
	SLIST_HEAD(, item) items;
	unsigned round;
};

struct tlsset *
tlsset_new(void)
{
	struct tlsset *s = calloc(1, sizeof(*s));

	if (s != NULL)
		SLIST_INIT(&s->items);
	return s;
}

static void
drop(struct tlsset *s, struct item *i)
{
	SLIST_REMOVE(&s->items, i, item, link);
	tls_free(i->tls);
	free(i);
}

void
tlsset_free(struct tlsset *s)
{
	if (s == NULL)
		return;
	while (!SLIST_EMPTY(&s->items))
		drop(s, SLIST_FIRST(&s->items));
	free(s);
}

static struct item *
find(struct tlsset *s, const struct tls *t)
{
	struct item *i;

	SLIST_FOREACH(i, &s->items, link)
		if (i->tls == t)
			break;
	return i;
}

/* Once in a round the files are read again. */
static struct tls *
again(struct tlsset *s, struct item *i, char err[NET_ERR_MAX])
{
	if (i->round != s->round) {
		if (tls_prepare(i->tls, err) != 0)
			return NULL;
		i->round = s->round;
	}
	i->refs++;
	return i->tls;
}

struct tls *
tlsset_get(struct tlsset *s, const struct tls_cfg *cfg, char err[NET_ERR_MAX])
{
	struct item *i;

	SLIST_FOREACH(i, &s->items, link)
		if (tls_same_cfg(tls_cfg(i->tls), cfg))
			return again(s, i, err);
	i = calloc(1, sizeof(*i));
	if (i == NULL) {
		snprintf(err, NET_ERR_MAX, "out of memory");
		return NULL;
	}
	i->tls = tls_new(cfg, err);
	if (i->tls == NULL) {
		free(i);
		return NULL;
	}
	i->refs = 1;
	i->round = s->round;
	SLIST_INSERT_HEAD(&s->items, i, link);
	return i->tls;
}

struct tls *
tlsset_hold(struct tlsset *s, struct tls *t)
{
	if (t != NULL)
		find(s, t)->refs++;
	return t;
}

void
tlsset_put(struct tlsset *s, struct tls *t)
{
	struct item *i;

	if (t == NULL)
		return;
	i = find(s, t);
	if (--i->refs == 0)
		drop(s, i);
}

void
tlsset_refresh(struct tlsset *s)
{
	s->round++;
}

void
tlsset_commit(struct tlsset *s)
{
	struct item *i;

	SLIST_FOREACH(i, &s->items, link)
		tls_commit(i->tls);
}

void
tlsset_forget(struct tlsset *s)
{
	struct item *i;

	SLIST_FOREACH(i, &s->items, link)
		tls_forget(i->tls);
}

int
tlsset_expiry(const struct tlsset *s, struct buf *list)
{
	const struct item *i;
	int err = 0;

	SLIST_FOREACH(i, &s->items, link)
		if (err == 0)
			err = expiry_add(list, i->tls);
	return err;
}
