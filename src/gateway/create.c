#include "gateway/create.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/auth.h"
#include "gateway/definitions.h"
#include "gateway/sessions_int.h"

static void
say(struct buf *said, bool is_error, const char *where, const char *text)
{
	(void)buf_printf(said, "%s%s%s%s: %s", said->len == 0 ? "" : "\n",
	    where, *where == '\0' ? "" : ": ",
	    is_error ? "error" : "warning", text);
}

/* What was found about this session; how many are errors? What there is to say
 * of the others was said when they came. */
static size_t
say_faults(struct buf *said, const struct conf *conf, const char *name)
{
	const struct conf_fault *f;
	size_t i, errors = 0;

	for (i = 0; i < conf_nfaults(conf); i++) {
		f = conf_fault(conf, i);
		if (f->session == NULL || strcmp(f->session, name) != 0 ||
		    f->severity == CONF_NOTE)
			continue;
		say(said, f->severity == CONF_ERROR, "", f->text);
		errors += f->severity == CONF_ERROR;
	}
	return errors;
}

static void
dict_fault(void *arg, bool is_error, const char *path, unsigned line,
    const char *text)
{
	struct buf where = { 0 };

	if (buf_printf(&where, line == 0 ? "%s" : "%s:%u", path, line) == 0)
		say(arg, is_error, where.p, text);
	buf_free(&where);
}

static const struct conf_section *
extra_named(const struct conf *conf, const char *name)
{
	size_t i = conf_nsessions(conf);

	while (i-- > 0)
		if (conf_is_extra(conf_session(conf, i)) &&
		    strcmp(conf_name(conf_session(conf, i)), name) == 0)
			return conf_session(conf, i);
	return NULL;
}

/* All that can be found wrong before anything is changed. Those of templates
 * may be many and come at once, and cannot be wrong about each other: then the
 * file is read with this one alone. */
static int
prepare(struct gateway *g, const struct conf_extra *x, struct unit **out,
    struct buf *said)
{
	struct sessions *s = g->sessions;
	const struct conf_section *sec;
	struct conf *conf;
	char text[NET_ERR_MAX];
	int err;

	err = x->kind == CONF_EXTRA_FROM ? conf_again(&conf, s->conf, x, 1) :
	    definitions_conf(&conf, g->store, NULL, s->conf, x);
	if (conf == NULL)
		return err;
	sec = extra_named(conf, x->name);
	err = say_faults(said, conf, x->name) != 0 || sec == NULL ? FG_EINVAL :
	    0;
	if (err == 0) {
		sessions_on_fault(s, dict_fault, said);
		err = unit_new_alone(s, conf, sec, out);
		sessions_on_fault(s, NULL, NULL);
	}
	conf_free(conf);
	if (err == 0 && peers_listen(g->peers, (*out)->sec,
	    (*out)->tls, text) != 0) {
		say(said, true, "", text);
		unit_free(*out);
		err = FG_EINVAL;
	}
	return err;
}

static int
create(struct gateway *g, const struct conf_extra *x, struct fgsess **out,
    struct buf *said)
{
	struct unit *t;
	int err;

	if (driver_by_name(g->driver, x->name) != NULL)
		return FG_EEXIST;
	err = prepare(g, x, &t, said);
	if (err != 0)
		return err;
	err = driver_settle(g->driver);
	if (err == 0)
		err = definitions_put(g->store, x);
	if (err != 0) {
		unit_free(t);
		peers_tidy(g->peers);
		return err;
	}
	err = unit_start(g->sessions, t);
	if (err == 0)
		*out = t->fs;
	else
		store_undefine(g->store, x->name);
	return err;
}

int
create_session(struct gateway *g, const char *name, const char *text,
    size_t len, struct fgsess **out, struct buf *said)
{
	const struct conf_extra x = { .kind = CONF_EXTRA_NEW, .name = name,
		.text = text, .len = len };

	return create(g, &x, out, said);
}

int
create_from(struct gateway *g, const struct conf_extra *x, struct fgsess **out,
    struct buf *said)
{
	return create(g, x, out, said);
}

int
create_forget(struct gateway *g, const char *name)
{
	struct conf_extra x;
	char *base;
	int err;

	if (!definitions_get(g->store, name, &x, &base))
		return FG_ENOENT;
	free(base);
	if (x.kind == CONF_EXTRA_OVER)
		return FG_ENOENT;
	err = driver_settle(g->driver);
	if (err == 0)
		err = store_undefine(g->store, name);
	if (err == 0)
		auth_remove_all(g->auth, name);
	return err;
}

void
create_remove(struct gateway *g, struct fgsess *fs)
{
	unit_leave(g->sessions, fs->unit, "this session was removed", NULL);
}

int
create_enable(struct gateway *g, struct fgsess *fs, bool on, const char *who)
{
	struct conf_extra x = { .kind = CONF_EXTRA_OVER, .name = fs->name };
	struct buf text = { 0 };
	char *base;
	int err;

	/* What is kept is to go when it is put anew. */
	if (definitions_get(g->store, fs->name, &x, &base) &&
	    buf_add(&text, x.text, x.len) != 0) {
		free(base);
		return FG_ENOMEM;
	}
	x.name = fs->name;
	x.text = text.p;
	x.enabled = on ? "Y" : "N";
	err = driver_settle(g->driver);
	if (err == 0)
		err = definitions_put(g->store, &x);
	if (err == 0)
		unit_enable(fs->unit, on, who);
	buf_free(&text);
	free(base);
	return err;
}
