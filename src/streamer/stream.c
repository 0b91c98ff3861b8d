/*
 * stream.c: what is served: streams, what is known of their tables, and their
 * errors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "log/log.h"
#include "streamer/streamer.h"

#define TIMESTAMP "TIMESTAMP"
#define LOG_EVERY NS_PER_S /* a bad script fails at each row */

static void
look(void *arg)
{
	struct stream *s = arg;

	logon_look(s);
	if (s->nlogon > 0)
		stream_arm(s);
}

void
stream_arm(struct stream *s)
{
	timer_set(s->look, mono_add(loop_now(s->up->st->loop).mono,
	    s->script->logoff_timeout * NS_PER_MS));
}

struct stream *
stream_open(struct streamer *st, const struct load_stream *from,
    struct upstream *up)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->fresh = true;
	s->script = from->script;
	s->view = from->view;
	s->table = s->view != NULL ? s->view->table : s->script->table;
	s->file = from->file;
	s->up = up;
	s->form = s->script->has_to_row ? FORM_MAP :
	    s->script->column_out == NULL ? FORM_ROW : FORM_FIELDS;
	s->look = timer_new(st->loop, look, s);
	if (s->look != NULL)
		return s;
	free(s);
	return NULL;
}

void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	timer_free(s->look);
	if (s->dicts != NULL && s->dicts != s->up->dicts)
		rowdicts_free(s->dicts);
	row_columns_free(&s->in);
	free(s->out_type);
	free(s->from);
	free(s);
}

struct stream *
stream_find(struct streamer *st, const char *name)
{
	size_t i;

	for (i = 0; i < st->nstream; i++)
		if (strcmp(st->stream[i]->script->name, name) == 0)
			return st->stream[i];
	return NULL;
}

/* ---- its table ---- */

static void
miss(struct stream *s, const char *text)
{
	if (s->missing && strcmp(s->why, text) == 0)
		return;
	s->missing = true;
	snprintf(s->why, sizeof(s->why), "%s", text);
	log_event(LOG_LEVEL_ERROR, "stream", NULL, "%s", s->why);
}

static void
miss_column(struct stream *s, const char *name)
{
	char text[TEXT_MAX];
	struct near near;
	size_t i;

	near_start(&near, name, strlen(name));
	for (i = 0; i < s->in.n; i++)
		near_try(&near, s->in.name[i]);
	snprintf(text, sizeof(text), "%s:%u: stream %s: %s of %s has no column "
	    "%s%s%s%s", s->file, s->script->line, s->script->name,
	    s->table, s->up->process->name, name,
	    near.best == NULL ? "" : " (did you mean ",
	    near.best == NULL ? "" : near.best, near.best == NULL ? "" : "?)");
	miss(s, text);
}

void
stream_no_table(struct stream *s)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s:%u: stream %s: %s has no %s %s",
	    s->file, s->script->line, s->script->name, s->up->process->name,
	    s->up->gateway ? "table" : "stream", s->table);
	s->known = false;
	miss(s, text);
}

/* ---- its view ---- */

static const struct link_val *
find_table(const struct link_val *tables, const char *name)
{
	const struct link_val *v;
	const char *p;
	size_t i, n;

	for (i = 0; i < link_count(tables); i++) {
		v = link_at(tables, i);
		if (link_kind(v) == LINK_MAP &&
		    link_get_str(link_find(v, "TABLE"), &p, &n) &&
		    strlen(name) == n && memcmp(name, p, n) == 0)
			return v;
	}
	return NULL;
}

/* What is wrong with a join, or NULL. */
static const char *
check_join(const struct link_val *tables, const struct script_join *j)
{
	const struct link_val *t = find_table(tables, j->table), *key;

	if (t == NULL)
		return "there is no such table";
	key = link_find(t, "KEY");
	if (key == NULL || link_kind(key) == LINK_NIL)
		return "it has no key: write Key=COLUMN in its section";
	return NULL;
}

void
stream_view(struct stream *s, const struct link_val *tables)
{
	const struct script_view *v = s->view;
	const char *why = NULL;
	char text[TEXT_MAX];
	size_t i;

	if (v == NULL)
		return;
	if (!s->up->gateway) {
		snprintf(text, sizeof(text), "%s:%u: view %s: %s is no "
		    "gateway: make the view at the streamer that reads from "
		    "the gateway", s->file, v->line, v->name,
		    s->up->process->name);
		miss(s, text);
		return;
	}
	for (i = 0; i < v->njoin && why == NULL; i++)
		why = check_join(tables, &v->join[i]);
	if (why == NULL)
		return;
	snprintf(text, sizeof(text), "%s:%u: view %s, join %s: table %s of "
	    "%s: %s", s->file, v->line, v->name, v->join[i - 1].name,
	    v->join[i - 1].table, s->up->process->name, why);
	miss(s, text);
}

/* Where the column stands; missing: it must be there, and is not. */
static size_t
need_column(struct stream *s, const char *name)
{
	size_t i = row_columns_find(&s->in, name);

	if (i == s->in.n && !s->maps)
		miss_column(s, name);
	return i;
}

/* The columns that the options name. */
static int
shape(struct stream *s)
{
	const struct script_stream *script = s->script;
	size_t i, at, copied = 0;

	s->missing = false;
	s->timestamp = row_columns_find(&s->in, TIMESTAMP);
	if (script->fix) {
		need_column(s, script->column);
		s->dict_id = need_column(s, "DICT_ID");
		s->session = need_column(s, "CONNECTION_NAME");
	}
	if (script->column_out == NULL)
		return 0;
	if (s->from == NULL) {
		s->from = calloc(script->ncolumn_out, sizeof(*s->from));
		s->out_type = calloc(script->ncolumn_out,
		    sizeof(*s->out_type));
		if (s->from == NULL || s->out_type == NULL)
			return FG_ENOMEM;
	}
	for (i = 0; i < script->ncolumn_out; i++) {
		at = s->in.n;
		if (script->source_out[i] != NULL)
			at = script->fix ? row_columns_find(&s->in,
			    script->source_out[i]) :
			    need_column(s, script->source_out[i]);
		s->from[i] = at;
		s->out_type[i] = at < s->in.n ? s->in.type[at] : ROW_ANY;
		copied += at < s->in.n;
	}
	s->form = copied == script->ncolumn_out ? FORM_COLUMNS : FORM_FIELDS;
	return 0;
}

void
stream_table(struct stream *s, const struct link_val *table,
    const struct link_val *columns, bool opened)
{
	struct row_columns in = { 0 };

	link_find_str(table, "SOURCE", s->source, sizeof(s->source));
	s->oldest = link_find_u64(table, "OLDEST", s->oldest);
	s->visible = link_find_u64(table, "VISIBLE", s->visible);
	if (columns != NULL && row_columns_read(&in, columns) != 0) {
		miss(s, "the columns of the table cannot be read");
		return;
	}
	/* Another streamer says them to who logs on. */
	if (columns == NULL && !opened) {
		if (s->view == NULL)
			return;
		s->missing = false;
		if (s->known && shape(s) != 0)
			miss(s, fg_strerror(FG_ENOMEM));
		return;
	}
	if (s->known && s->maps == (columns == NULL) &&
	    row_columns_same(&in, &s->in)) {
		row_columns_free(&in);
		return;
	}
	row_columns_free(&s->in);
	s->in = in;
	s->maps = columns == NULL;
	s->known = true;
	s->shape++;
	if (shape(s) != 0)
		miss(s, fg_strerror(FG_ENOMEM));
}

/* ---- errors of its script ---- */

static void
end_all(struct stream *s)
{
	struct logon *l;

	s->ended = true;
	while ((l = LIST_FIRST(&s->logons)) != NULL)
		logon_fail(l, "STREAM_ENDED", false, s->why);
}

bool
stream_error(struct stream *s, const char *text)
{
	mono_t now = loop_now(s->up->st->loop).mono;

	snprintf(s->why, sizeof(s->why), "%s", text);
	s->errors++;
	if (s->script->terminate_on_error) {
		log_event(LOG_LEVEL_ERROR, "stream", NULL, "%s: the stream "
		    "ends (terminateOnError)", s->why);
		end_all(s);
		return true;
	}
	if (s->errors > 1 && mono_before(now, mono_add(s->logged, LOG_EVERY))) {
		s->unlogged++;
		return false;
	}
	if (s->unlogged > 0)
		log_event(LOG_LEVEL_WARN, "row", NULL, "%s: the row is left "
		    "out, as %llu before it were", s->why,
		    (unsigned long long)s->unlogged);
	else
		log_event(LOG_LEVEL_WARN, "row", NULL, "%s: the row is left "
		    "out", s->why);
	s->logged = now;
	s->unlogged = 0;
	return false;
}
