#include "gateway/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/create.h"
#include "gateway/definitions.h"
#include "gateway/sessions_int.h"

#define NAME_MAX_ 127 /* bytes of a session's name: orders can name it */

/* The parts of an identity; a message of the other side has them the other way
 * round. */
enum part {
	SENDER, SENDER_SUB, SENDER_LOCATION,
	TARGET, TARGET_SUB, TARGET_LOCATION,
	N_PARTS
};

static const struct {
	enum conf_key key;
	int32_t tag;
} parts[N_PARTS] = {
	[SENDER] = { CONF_SenderCompID, 56 },
	[SENDER_SUB] = { CONF_SenderSubID, 57 },
	[SENDER_LOCATION] = { CONF_SenderLocationID, 143 },
	[TARGET] = { CONF_TargetCompID, 49 },
	[TARGET_SUB] = { CONF_TargetSubID, 50 },
	[TARGET_LOCATION] = { CONF_TargetLocationID, 142 },
};

/* What a template becomes for one Logon. A part without text is none of its
 * identity. */
struct identity {
	struct {
		const char *p;
		size_t n;
		bool wild;
	} part[N_PARTS];
};

static const struct unit *
nth(const struct sessions *s, size_t i)
{
	const struct unit *t;

	if (s == NULL)
		return NULL;
	TAILQ_FOREACH(t, &s->templates, link)
		if (i-- == 0)
			break;
	return t;
}

const struct conf_section *
template_at(const struct sessions *s, size_t i)
{
	const struct unit *t = nth(s, i);

	return t == NULL ? NULL : t->sec;
}

struct tls *
template_tls(const struct sessions *s, size_t i)
{
	return nth(s, i)->tls;
}

const struct conf_section *
template_section(const struct unit *t)
{
	return t->sec;
}

static bool
is(const struct fix_msg *m, const struct fix_field *f, const char *s, size_t n)
{
	return f != NULL && f->len == n && memcmp(fix_value(m, f), s, n) == 0;
}

/* false: it is not for this message. *literal: how many parts it names. */
static bool
match(const struct unit *t, const struct fix_msg *m, struct identity *id,
    unsigned *literal)
{
	const struct fix_field *f;
	const char *want;
	size_t i;

	memset(id, 0, sizeof(*id));
	*literal = 0;
	if (!fix_is(m, fix_find(m, 8), t->cfg.begin_string))
		return false;
	for (i = 0; i < N_PARTS; i++) {
		want = conf_str(t->sec, parts[i].key);
		if (want == NULL)
			continue;
		f = fix_find(m, parts[i].tag);
		id->part[i].wild = strcmp(want, "*") == 0;
		if (f == NULL || f->len == 0 || (!id->part[i].wild &&
		    !is(m, f, want, strlen(want))))
			return false;
		id->part[i].p = fix_value(m, f);
		id->part[i].n = f->len;
		*literal += !id->part[i].wild;
	}
	return true;
}

struct unit *
template_find(const struct sessions *s, const struct fix_msg *m)
{
	struct unit *t, *best = NULL;
	unsigned literal, most = 0;
	struct identity id;

	TAILQ_FOREACH(t, &s->templates, link)
		if (match(t, m, &id, &literal) &&
		    (best == NULL || literal > most)) {
			best = t;
			most = literal;
		}
	return best;
}

/* It becomes a line of settings and a part of a name: nothing may hide in it.
 * '/' parts the IDs of a name. */
static bool
is_plain(const char *p, size_t n)
{
	size_t i;

	if (p[0] == ' ' || p[n - 1] == ' ' || (n == 1 && p[0] == '*'))
		return false;
	for (i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] > '~' || p[i] == '$' || p[i] == '/')
			return false;
	return true;
}

/* As the settings name a session that has no name. */
static int
put_side(struct buf *to, const struct identity *id, enum part comp)
{
	enum part i, last = comp;
	int err = 0;

	for (i = comp; i <= comp + SENDER_LOCATION; i++)
		if (id->part[i].n > 0)
			last = i;
	for (i = comp; i <= last && err == 0; i++) {
		if (i > comp)
			err = buf_puts(to, "/");
		if (err == 0 && id->part[i].n > 0)
			err = buf_add(to, id->part[i].p, id->part[i].n);
	}
	return err;
}

static int
put_name(struct buf *to, const struct unit *t, const struct identity *id)
{
	int err = buf_printf(to, "%s:", t->cfg.begin_string);

	if (err == 0)
		err = put_side(to, id, SENDER);
	if (err == 0)
		err = buf_puts(to, "->");
	if (err == 0)
		err = put_side(to, id, TARGET);
	return err == 0 ? buf_add(to, "", 1) : err;
}

static int
put_settings(struct buf *to, const struct identity *id)
{
	size_t i;
	int err = 0;

	for (i = 0; i < N_PARTS && err == 0; i++)
		if (id->part[i].wild)
			err = buf_printf(to, "%s=%.*s\n",
			    conf_key_name(parts[i].key), (int)id->part[i].n,
			    id->part[i].p);
	return err;
}

/* ---- may it be? ---- */

static size_t
count_made(const struct sessions *s, const struct unit *t)
{
	const struct unit *u;
	const char *base;
	size_t n = 0;

	TAILQ_FOREACH(u, &s->units, link) {
		base = conf_base(u->sec);
		n += base != NULL && strcmp(base, t->cfg.name) == 0;
	}
	return n;
}

const char *
template_name(const struct sessions *s, size_t i, size_t *made, size_t *most)
{
	const struct unit *t;

	TAILQ_FOREACH(t, &s->templates, link)
		if (i-- == 0) {
			*made = count_made(s, t);
			*most = (size_t)conf_int(t->sec,
			    CONF_MaxTemplateSessions);
			return t->cfg.name;
		}
	return NULL;
}

static bool
is_open(const struct gateway *g, const struct unit *t)
{
	const struct schedule *s = conf_schedule(t->sec);
	wall_t now = loop_now(g->loop).wall;
	struct schedule_window w;

	return schedule_window(s, now, &w) && schedule_is_open(&w, now);
}

static bool
is_possible(const struct gateway *g, const struct unit *t,
    const struct identity *id, struct buf *said)
{
	size_t i, most = (size_t)conf_int(t->sec, CONF_MaxTemplateSessions);

	if (!t->enabled) {
		(void)buf_puts(said, "the template is not enabled");
		return false;
	}
	if (!is_open(g, t)) {
		(void)buf_puts(said, "outside its schedule");
		return false;
	}
	for (i = 0; i < N_PARTS; i++)
		if (id->part[i].wild &&
		    !is_plain(id->part[i].p, id->part[i].n)) {
			(void)buf_printf(said, "field %d is * in the template, "
			    "but this value could be no %s", parts[i].tag,
			    conf_key_name(parts[i].key));
			return false;
		}
	if (count_made(g->sessions, t) >= most) {
		(void)buf_printf(said, "there are MaxTemplateSessions=%zu "
		    "sessions of the template already: raise it, or delete "
		    "some", most);
		return false;
	}
	return true;
}

/* One that is being logged out comes again by itself, and what could not come
 * up at the start is an operator's: that is not to be overwritten. */
static bool
is_kept(const struct gateway *g, const char *name)
{
	struct conf_extra x;
	char *base;
	bool is = definitions_get(g->store, name, &x, &base) &&
	    x.kind != CONF_EXTRA_OVER;

	free(base);
	return is;
}

static void
say_why(struct buf *said, int err)
{
	switch (err) {
	case FG_EEXIST:
		(void)buf_puts(said, "the session's name is taken, or it is "
		    "being logged out");
		break;
	case FG_EINVAL:
		if (said->len == 0)
			(void)buf_puts(said, "the settings file has it");
		break;
	default:
		(void)buf_puts(said, fg_strerror(err));
	}
}

struct fgsess *
template_use(struct gateway *g, struct unit *t, const struct fix_msg *m,
    const char *address, struct buf *said)
{
	struct conf_extra x = { .kind = CONF_EXTRA_FROM,
		.base = t->cfg.name };
	struct buf name = { 0 }, text = { 0 }, faults = { 0 };
	struct fgsess *fs = NULL;
	struct identity id;
	unsigned literal;
	int err = 0;

	(void)buf_printf(said, "template %s: ", t->cfg.name);
	if (!match(t, m, &id, &literal) || !is_possible(g, t, &id, said))
		return NULL;
	if (put_name(&name, t, &id) != 0 || put_settings(&text, &id) != 0)
		err = FG_ENOMEM;
	else if (name.len > NAME_MAX_)
		err = FG_ELIMIT;
	x.name = name.p;
	x.text = text.p;
	x.len = text.len;
	if (err == 0 && is_kept(g, x.name))
		err = FG_EEXIST;
	if (err == 0)
		err = create_from(g, &x, &fs, &faults);
	if (err != 0) {
		fs = NULL;
		if (faults.len > 0)
			(void)buf_add(said, faults.p, faults.len);
		else
			say_why(said, err);
	} else {
		text.len = 0;
		if (buf_printf(&text, "of the template %s, for %s",
			t->cfg.name, address) == 0)
			driver_event(g->driver, fs, SESS_EV_ADDED, text.p);
	}
	buf_free(&faults);
	buf_free(&name);
	buf_free(&text);
	return fs;
}
