/*
 * definitions.c: a text is a line, and after it the settings, a line each:
 *
 *	KIND TAB ENABLED TAB BASE LF
 *
 * KIND is new, from or over, ENABLED is Y, N or -, BASE may be empty.
 */
#include "gateway/definitions.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "log/log.h"

static const char *const kinds[] = { "new", "from", "over" };
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct list {
	struct conf_extra *x;
	char **base; /* owned by the list */
	size_t n;
};

int
definitions_put(struct store *st, const struct conf_extra *x)
{
	struct buf b = { 0 };
	int err;

	err = buf_printf(&b, "%s\t%s\t%s\n", kinds[x->kind],
	    x->enabled == NULL ? "-" : x->enabled,
	    x->base == NULL ? "" : x->base);
	if (err == 0 && x->len > 0)
		err = buf_add(&b, x->text, x->len);
	if (err == 0)
		err = store_define(st, x->name, b.p, b.len);
	buf_free(&b);
	return err;
}

/* false: it is none of ours, or there is no memory. */
static bool
read_one(struct conf_extra *x, char **base, const char *name,
    const char *text, size_t len)
{
	const char *enabled = strchr(text, '\t'), *from, *end;
	size_t i;

	if (enabled == NULL || (from = strchr(++enabled, '\t')) == NULL ||
	    (end = strchr(++from, '\n')) == NULL)
		return false;
	for (i = 0; i < N_KINDS; i++)
		if (strncmp(text, kinds[i], strlen(kinds[i])) == 0 &&
		    text[strlen(kinds[i])] == '\t')
			break;
	if (i == N_KINDS)
		return false;
	*base = strndup(from, (size_t)(end - from));
	*x = (struct conf_extra){ .kind = (enum conf_extra_kind)i,
		.name = name, .base = *base,
		.enabled = *enabled == 'Y' ? "Y" : *enabled == 'N' ? "N" : NULL,
		.text = end + 1, .len = len - (size_t)(end + 1 - text) };
	return *base != NULL;
}

bool
definitions_get(const struct store *st, const char *name, struct conf_extra *x,
    char **base)
{
	size_t len;
	const char *text = store_definition_of(st, name, &len);

	*base = NULL;
	return text != NULL && read_one(x, base, name, text, len);
}

static void
list_free(struct list *l)
{
	size_t i;

	for (i = 0; l->base != NULL && i < l->n; i++)
		free(l->base[i]);
	free(l->base);
	free(l->x);
}

/* All that is kept but what more is about, then more. */
static int
list_make(struct list *l, const struct store *st, const struct conf_extra *more)
{
	size_t i, len, n = store_definitions(st);
	const char *name, *text;

	memset(l, 0, sizeof(*l));
	l->x = calloc(n + 1, sizeof(*l->x));
	l->base = calloc(n + 1, sizeof(*l->base));
	if (l->x == NULL || l->base == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n; i++) {
		text = store_definition(st, i, &name, &len);
		if ((more != NULL && strcmp(name, more->name) == 0) ||
		    name[0] == '\t') /* of the driver */
			continue;
		if (read_one(&l->x[l->n], &l->base[l->n], name, text, len))
			l->n++;
		else
			log_event(LOG_LEVEL_ERROR, "definition", name,
			    "what the store keeps of this session cannot be "
			    "read");
	}
	if (more != NULL)
		l->x[l->n++] = *more;
	return 0;
}

int
definitions_conf(struct conf **out, const struct store *st, const char *path,
    const struct conf *from, const struct conf_extra *more)
{
	struct list l;
	int err = list_make(&l, st, more);

	*out = NULL;
	if (err == 0)
		err = from == NULL ? conf_load_with(out, path, l.x, l.n) :
		    conf_again(out, from, l.x, l.n);
	list_free(&l);
	return err;
}

/* Take those out that errors are about. How many were there? */
static size_t
drop(struct list *l, const struct conf *c)
{
	const struct conf_fault *f;
	size_t i, j, dropped = 0;

	for (i = 0; i < conf_nfaults(c); i++) {
		f = conf_fault(c, i);
		if (f->severity != CONF_ERROR || f->session == NULL)
			continue;
		for (j = 0; j < l->n &&
		    strcmp(l->x[j].name, f->session) != 0; j++)
			;
		log_event(LOG_LEVEL_ERROR, "definition", NULL, "%s: %s%s",
		    f->file, f->text,
		    j == l->n ? "" : ": it is left out until that is put "
		    "right and the gateway started again");
		if (j == l->n)
			continue; /* it had more than one */
		free(l->base[j]);
		l->n--;
		memmove(&l->x[j], &l->x[j + 1], (l->n - j) * sizeof(*l->x));
		memmove(&l->base[j], &l->base[j + 1],
		    (l->n - j) * sizeof(*l->base));
		dropped++;
	}
	return dropped;
}

int
definitions_load(struct conf **out, const struct store *st,
    const struct conf *from)
{
	struct list l;
	int err = list_make(&l, st, NULL);

	*out = NULL;
	while (err == 0) {
		err = conf_again(out, from, l.x, l.n);
		if (err != FG_EINVAL || drop(&l, *out) == 0)
			break;
		conf_free(*out);
		*out = NULL;
		err = 0;
	}
	list_free(&l);
	return err;
}
