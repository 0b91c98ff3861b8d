/* reload.c: the settings file and what runs are compared. */
#include "gateway/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/definitions.h"
#include "gateway/reload_int.h"

bool
reload_is_busy(const struct gateway *g)
{
	return g->sessions->nleaving > 0;
}

/* ---- what is found ---- */

static void
list_add(struct reload *r, enum reload_what what, const char *name)
{
	struct list *l = &r->list[what];
	char **p, *copy = strdup(name);

	if ((l->n & (l->n - 1)) == 0) { /* full, or empty */
		p = realloc(l->name, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*p));
		if (p == NULL) {
			free(copy);
			copy = NULL;
		} else {
			l->name = p;
		}
	}
	if (copy == NULL)
		r->no_memory = true;
	else
		l->name[l->n++] = copy;
}

void
reload_add_fault(struct reload *r, const struct conf_fault *f, bool copy)
{
	struct fault *p;
	size_t i;

	/* A dictionary is named by many sessions. */
	for (i = 0; i < r->nfaults; i++)
		if (r->fault[i].f.line == f->line &&
		    strcmp(r->fault[i].f.file, f->file) == 0 &&
		    strcmp(r->fault[i].f.text, f->text) == 0)
			return;
	p = realloc(r->fault, (r->nfaults + 1) * sizeof(*p));
	if (p == NULL) {
		r->no_memory = true;
		return;
	}
	r->fault = p;
	p += r->nfaults++;
	*p = (struct fault){ .f = *f };
	if (copy) {
		p->f.file = p->file = strdup(f->file);
		p->f.text = p->text = strdup(f->text);
		if (p->file == NULL || p->text == NULL) {
			free(p->file);
			free(p->text);
			r->nfaults--;
			r->no_memory = true;
			return;
		}
	}
	r->nerrors += f->severity == CONF_ERROR;
}

static void
file_fault(void *arg, bool is_error, const char *path, unsigned line,
    const char *text)
{
	const struct conf_fault f = {
		.severity = is_error ? CONF_ERROR : CONF_WARNING,
		.file = path, .line = line, .text = text };

	reload_add_fault(arg, &f, true);
}

/* ---- the plan ---- */

static void
add_change(struct reload *r, struct unit *old, struct unit *fresh)
{
	r->change[r->nchanges++] = (struct change){ old, fresh, false };
	list_add(r, fresh == NULL ? RELOAD_REMOVED : old == NULL ?
	    RELOAD_ADDED : RELOAD_CHANGED,
	    fresh == NULL ? old->cfg.name : fresh->cfg.name);
}

static struct unit *
unit_named(const struct reload *r, const char *name)
{
	struct fgsess *fs = driver_by_name(r->g->driver, name);

	return fs == NULL ? NULL : fs->unit;
}

static void
plan_one(struct reload *r, const struct conf_section *sec)
{
	struct unit *old = unit_named(r, conf_name(sec)), *fresh;
	int err;

	err = unit_new(r->g->sessions, r->conf, sec, &fresh);
	if (err == FG_ENOMEM)
		r->no_memory = true;
	if (err != 0)
		return;
	if (old != NULL && unit_same(old, fresh)) {
		if (old->enabled == fresh->enabled &&
		    unit_same_limits(old, fresh)) {
			list_add(r, RELOAD_UNTOUCHED, old->cfg.name);
			unit_free(fresh);
			return;
		}
		add_change(r, old, fresh);
		r->change[r->nchanges - 1].only_enabled = true;
		return;
	}
	/* Not to keep the whole conf for it. */
	unit_free(fresh);
	if (unit_new_alone(r->g->sessions, r->conf, sec, &fresh) != 0) {
		r->no_memory = true;
		return;
	}
	/* The operator stopped it, and the file does not say anew. */
	fresh->stopped = old != NULL && !peers_is_enabled(old->fs) &&
	    old->enabled == fresh->enabled;
	add_change(r, old, fresh);
}

static struct unit *
template_named(const struct reload *r, const char *name)
{
	struct unit *t;

	TAILQ_FOREACH(t, &r->g->sessions->templates, link)
		if (strcmp(t->cfg.name, name) == 0)
			break;
	return t;
}

/* One of the file; the sessions that were made of it are planned by
 * themselves. */
static void
plan_template(struct reload *r, const struct conf_section *sec)
{
	const struct unit *old = template_named(r, conf_name(sec));
	struct unit *fresh;
	int err;

	err = unit_new_alone(r->g->sessions, r->conf, sec, &fresh);
	if (err == FG_ENOMEM)
		r->no_memory = true;
	if (err != 0)
		return;
	TAILQ_INSERT_TAIL(&r->templates, fresh, link);
	list_add(r, old == NULL ? RELOAD_ADDED : unit_same(old, fresh) &&
	    old->enabled == fresh->enabled ? RELOAD_UNTOUCHED :
	    RELOAD_CHANGED, fresh->cfg.name);
}

static void
plan_removed_templates(struct reload *r)
{
	struct unit *t, *fresh;

	TAILQ_FOREACH(t, &r->g->sessions->templates, link) {
		TAILQ_FOREACH(fresh, &r->templates, link)
			if (strcmp(fresh->cfg.name, t->cfg.name) == 0)
				break;
		if (fresh == NULL)
			list_add(r, RELOAD_REMOVED, t->cfg.name);
	}
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those that the file does not have any more. */
static void
plan_removed(struct reload *r)
{
	size_t i, n = 0, all = conf_nsessions(r->conf);
	const char **name = calloc(all + 1, sizeof(*name));
	struct unit *t;

	if (name == NULL) {
		r->no_memory = true;
		return;
	}
	for (i = 0; i < all; i++)
		if (!conf_is_template(conf_session(r->conf, i)))
			name[n++] = conf_name(conf_session(r->conf, i));
	qsort(name, n, sizeof(*name), compare_names);
	TAILQ_FOREACH(t, &r->g->sessions->units, link)
		if (bsearch(&t->cfg.name, name, n, sizeof(*name),
			compare_names) == NULL)
			add_change(r, t, NULL);
	free(name);
}

/* What a running gateway can obey. MaskTags and DictionaryPath come to it by
 * its sessions. */
static bool
is_for_now(enum conf_key k)
{
	switch (k) {
	case CONF_ArchiveDays:
	case CONF_DictionaryPath:
	case CONF_IdleStrategy:
	case CONF_LogFormat:
	case CONF_LogLevel:
	case CONF_LogonTimeout:
	case CONF_MaskTags:
	case CONF_MaxUnauthenticated:
	case CONF_MinDiskFree:
	case CONF_RetainDays:
	case CONF_SpinMicros:
		return true;
	default:
		return false;
	}
}

static bool
same_named(const struct conf_section *a, const struct conf_section *b)
{
	return strcmp(conf_name(a), conf_name(b)) == 0 && conf_same(a, b);
}

static bool
same_tables(const struct conf *a, const struct conf *b)
{
	size_t i;

	if (conf_ntables(a) != conf_ntables(b))
		return false;
	for (i = 0; i < conf_ntables(a); i++)
		if (!same_named(conf_table(a, i), conf_table(b, i)))
			return false;
	return true;
}

static bool
same_roles(const struct conf *a, const struct conf *b)
{
	size_t i;

	if (conf_nroles(a) != conf_nroles(b))
		return false;
	for (i = 0; i < conf_nroles(a); i++)
		if (!same_named(conf_role(a, i), conf_role(b, i)))
			return false;
	return true;
}

/* What needs a restart is told again and again until there is one. */
static void
plan_gateway(struct reload *r)
{
	const struct conf_section *fresh = conf_gateway(r->conf);
	const struct conf_section *last = conf_gateway(r->g->sessions->conf);
	const struct conf_section *first = conf_gateway(r->g->conf);
	enum conf_key k;

	for (k = 0; k < CONF_NKEYS; k++) {
		if (!conf_is_gateways(k))
			continue;
		if (is_for_now(k) && !conf_same_key(last, fresh, k))
			list_add(r, RELOAD_NOW, conf_key_name(k));
		else if (!is_for_now(k) && !conf_same_key(first, fresh, k))
			list_add(r, RELOAD_RESTART, conf_key_name(k));
	}
	if (!same_tables(r->g->conf, r->conf))
		list_add(r, RELOAD_RESTART, "[TABLE]");
	if (!same_roles(r->g->sessions->conf, r->conf))
		list_add(r, RELOAD_NOW, "[ROLE]");
}

static void
plan(struct reload *r)
{
	struct sessions *s = r->g->sessions;
	size_t i, n = conf_nsessions(r->conf);
	const struct conf_section *sec;

	r->change = calloc(n + driver_count(r->g->driver) + 1,
	    sizeof(*r->change));
	if (r->change == NULL) {
		r->no_memory = true;
		return;
	}
	dictset_refresh(s->dicts);
	sessions_on_fault(s, file_fault, r);
	tlsset_refresh(s->tls);
	for (i = 0; i < n && !r->no_memory; i++) {
		sec = conf_session(r->conf, i);
		(conf_is_template(sec) ? plan_template : plan_one)(r, sec);
	}
	sessions_on_fault(s, NULL, NULL);
	plan_removed(r);
	plan_removed_templates(r);
	plan_gateway(r);
}

int
reload_plan(struct reload **out, struct gateway *g)
{
	struct reload *r = calloc(1, sizeof(*r));
	size_t i;
	int err;

	if (r == NULL)
		return FG_ENOMEM;
	r->g = g;
	TAILQ_INIT(&r->templates);
	err = definitions_conf(&r->conf, g->store, g->conf_path, NULL, NULL);
	for (i = 0; r->conf != NULL && i < conf_nfaults(r->conf); i++)
		if (conf_fault(r->conf, i)->severity != CONF_NOTE)
			reload_add_fault(r, conf_fault(r->conf, i), false);
	if (err == 0)
		plan(r);
	if (err == FG_ENOMEM || r->no_memory) {
		reload_free(r);
		return FG_ENOMEM;
	}
	*out = r;
	return 0;
}

void
reload_free(struct reload *r)
{
	size_t i, k;

	for (i = 0; i < r->nchanges; i++)
		unit_free(r->change[i].fresh);
	units_free(&r->templates);
	for (i = 0; i < RELOAD_WHATS; i++) {
		for (k = 0; k < r->list[i].n; k++)
			free(r->list[i].name[k]);
		free(r->list[i].name);
	}
	for (i = 0; i < r->nfaults; i++) {
		free(r->fault[i].file);
		free(r->fault[i].text);
	}
	if (!reload_is_busy(r->g))
		dictset_tidy(r->g->sessions->dicts);
	tlsset_forget(r->g->sessions->tls);
	free(r->change);
	free(r->fault);
	conf_free(r->conf);
	free(r);
}

size_t
reload_nerrors(const struct reload *r)
{
	return r->nerrors;
}

size_t
reload_nfaults(const struct reload *r)
{
	return r->nfaults;
}

const struct conf_fault *
reload_fault(const struct reload *r, size_t i)
{
	return &r->fault[i].f;
}

size_t
reload_count(const struct reload *r, enum reload_what what)
{
	return r->list[what].n;
}

const char *
reload_name(const struct reload *r, enum reload_what what, size_t i)
{
	return r->list[what].name[i];
}
