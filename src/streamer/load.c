#include "streamer/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Room for n more elements of an array. */
static int
grow(void *array, size_t have, size_t n, size_t size)
{
	void **p = array, *q = realloc(*p, (have + n + 1) * size);

	if (q == NULL)
		return FG_ENOMEM;
	*p = q;
	return 0;
}

static int
fault(struct buf *faults)
{
	return buf_reserve(faults, 1) == 0 ? FG_EINVAL : FG_ENOMEM;
}

static const struct load_stream *
find_stream(const struct load *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->nstream; i++)
		if (strcmp(l->stream[i].script->name, name) == 0)
			return &l->stream[i];
	return NULL;
}

static int
add_streams(struct load *l, const char *file, struct script_streams *s,
    struct buf *faults)
{
	const struct load_stream *old;
	size_t i;
	int err;

	err = grow(&l->stream, l->nstream, s->nstream, sizeof(*l->stream));
	for (i = 0; i < s->nstream && err != FG_ENOMEM; i++) {
		old = find_stream(l, s->stream[i].name);
		if (old == NULL) {
			l->stream[l->nstream++] = (struct load_stream){ file,
				&s->stream[i], NULL, false };
			continue;
		}
		buf_printf(faults, "%s:%u: stream %s is declared twice (first "
		    "in %s:%u)\n", file, s->stream[i].line, s->stream[i].name,
		    old->file, old->script->line);
		err = fault(faults);
	}
	return err;
}

static int
add_listen(struct load *l, const char *file, const struct script_process *p,
    struct buf *faults)
{
	struct load_listen li = { .file = file, .address = p->address,
		.line = p->line };
	char text[ADDRESS_ERR_MAX];
	size_t i;

	for (i = 0; i < l->nlisten; i++)
		if (strcmp(l->listen[i].address, p->address) == 0)
			return 0; /* two files share it */
	if (address_parse(&li.at, p->address, text) != 0) {
		buf_printf(faults, "%s:%u: listen: %s\n", file, p->line, text);
		return fault(faults);
	}
	if (!address_is_guarded(&li.at)) {
		buf_printf(faults, "%s:%u: listen: \"%s\" can be reached from "
		    "other machines, where everybody could read the streams: "
		    "use unix:PATH, tls:HOST:PORT, or tcp: with an address "
		    "of this machine only, 127.0.0.1 or [::1]\n", file, p->line, p->address);
		return fault(faults);
	}
	l->listen[l->nlisten++] = li;
	return 0;
}

static int
add_listens(struct load *l, const char *file, const struct script_streams *s,
    struct buf *faults)
{
	size_t i;
	int err, e;

	err = grow(&l->listen, l->nlisten, s->nlisten, sizeof(*l->listen));
	for (i = 0; i < s->nlisten && err != FG_ENOMEM; i++) {
		e = add_listen(l, file, &s->listen[i], faults);
		if (e != 0)
			err = e;
	}
	return err;
}

/* A view is served under its own name, as a stream without options is. */
static struct script_stream *
make_stream(const struct script_view *v)
{
	struct script_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->name = v->name;
	s->process = v->process;
	s->table = v->name;
	s->line = v->line;
	s->batch_size = SCRIPT_BATCH_SIZE;
	s->max_logons = SCRIPT_MAX_LOGONS;
	s->logoff_timeout = SCRIPT_LOGOFF_TIMEOUT;
	s->terminate_on_error = true;
	return s;
}

static int
add_views(struct load *l, const char *file, const struct script_streams *s,
    struct buf *faults)
{
	const struct load_stream *old;
	struct load_stream *new;
	size_t i;
	int err;

	err = grow(&l->stream, l->nstream, s->nview, sizeof(*l->stream));
	for (i = 0; i < s->nview && err != FG_ENOMEM; i++) {
		old = find_stream(l, s->view[i].name);
		if (old != NULL) {
			buf_printf(faults, "%s:%u: view %s: there is a stream "
			    "of this name (%s:%u)\n", file, s->view[i].line,
			    s->view[i].name, old->file, old->script->line);
			err = fault(faults);
			continue;
		}
		new = &l->stream[l->nstream];
		*new = (struct load_stream){ file, make_stream(&s->view[i]),
			&s->view[i], true };
		if (new->script == NULL)
			return FG_ENOMEM;
		l->nstream++;
	}
	return err;
}

/* Streams of a view, by its name. */
static void
find_views(struct load *l)
{
	struct script_stream *s;
	size_t i, k;

	for (i = 0; i < l->nstream; i++) {
		s = l->stream[i].script;
		for (k = 0; k < l->nstream && !l->stream[i].made; k++)
			if (l->stream[k].made && strcmp(s->table,
			    l->stream[k].view->name) == 0 && strcmp(s->process,
			    l->stream[k].view->process) == 0)
				l->stream[i].view = l->stream[k].view;
	}
}

static int
load_script(struct load_file *f, const struct load_file *old,
    struct buf *faults)
{
	int err = start_read(f->path, &f->text, faults);

	if (err != 0)
		return err;
	f->kept = old != NULL && old->text.len == f->text.len &&
	    memcmp(old->text.p, f->text.p, f->text.len) == 0;
	if (!f->kept)
		return script_load_streams(&f->script, f->path, f->text.p,
		    f->text.len, NULL, faults);
	f->script = old->script;
	return 0;
}

static int
load_one(struct load *l, const char *file, const struct load_file *old,
    struct buf *faults)
{
	struct load_file *f = &l->file[l->nfile++];
	struct script_streams *s;
	int err, e;

	f->path = file;
	err = load_script(f, old, faults);
	if (err != 0)
		return err;
	s = f->script;
	e = start_add(&l->processes, file, s->process, s->nprocess, faults);
	if (e == 0)
		e = add_streams(l, file, s, faults);
	if (e != 0)
		err = e;
	e = add_listens(l, file, s, faults);
	if (e != 0)
		err = e;
	e = role_files_add(&l->roles, file, s->role, s->nrole, faults);
	if (e != 0)
		err = e;
	e = add_views(l, file, s, faults);
	return e != 0 ? e : err;
}

int
load_files(struct load *l, const struct load *old,
    const char *const *file, size_t n, struct buf *faults)
{
	int err = 0, e;
	size_t i;

	*l = (struct load){ 0 };
	l->file = calloc(n, sizeof(*l->file));
	if (l->file == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n; i++) {
		e = load_one(l, file[i], old == NULL ? NULL : &old->file[i],
		    faults);
		if (e != 0)
			err = e;
	}
	if (err != 0)
		return err;
	find_views(l);
	if (l->nstream == 0)
		buf_printf(faults, "%s: no stream is declared\n", file[0]);
	else if (l->nlisten == 0)
		buf_printf(faults, "%s: listen(\"ADDRESS\") is missing: nobody "
		    "could reach the streams\n", file[0]);
	else
		return 0;
	return fault(faults);
}

void
load_replace(struct load *old, struct load *new)
{
	size_t i;

	for (i = 0; i < new->nfile; i++)
		if (new->file[i].kept) {
			old->file[i].kept = true;
			new->file[i].kept = false;
		}
	load_free(old);
	*old = *new;
	*new = (struct load){ 0 };
}

void
load_free(struct load *l)
{
	size_t i;

	for (i = 0; i < l->nstream; i++)
		if (l->stream[i].made)
			free(l->stream[i].script);
	for (i = 0; i < l->nfile; i++) {
		if (!l->file[i].kept)
			script_streams_free(l->file[i].script);
		buf_free(&l->file[i].text);
	}
	free(l->file);
	start_free(&l->processes);
	role_files_free(&l->roles);
	free(l->stream);
	free(l->listen);
	*l = (struct load){ 0 };
}
