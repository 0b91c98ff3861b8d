#include "client/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A client that an earlier file has, too. */
static int
check_clients(struct files *f, size_t at, struct buf *faults)
{
	const struct script_clients *new = f->file[at], *old;
	size_t i, k, m;
	int err = 0;

	for (i = 0; i < new->nclient; i++)
		for (k = 0; k < at; k++)
			for (old = f->file[k], m = 0; old != NULL &&
			    m < old->nclient; m++) {
				if (strcmp(old->client[m].name,
				    new->client[i].name) != 0)
					continue;
				buf_printf(faults, "%s:%u: streamerClient %s "
				    "is declared in %s:%u, too\n", f->path[at],
				    new->client[i].line, new->client[i].name,
				    f->path[k], old->client[m].line);
				err = FG_EINVAL;
			}
	return err;
}

/* dataSource must be reached over a link, not be a program. */
static int
check_sources(struct files *f, size_t at, struct buf *faults)
{
	const struct start_process *p;
	const struct script_client *c;
	size_t i;
	int err = 0;

	for (i = 0; i < f->file[at]->nclient; i++) {
		c = &f->file[at]->client[i];
		p = start_find(&f->processes, c->process);
		if (p == NULL || !p->exec)
			continue;
		buf_printf(faults, "%s:%u: streamerClient %s: dataSource's "
		    "process %s is a program, not a streamer\n", f->path[at],
		    c->line, c->name, c->process);
		err = FG_EINVAL;
	}
	return err;
}

/* Who reaches us sees all; so only this machine may. */
static int
check_listens(struct files *f, size_t at, struct buf *faults)
{
	const struct script_process *l;
	char text[ADDRESS_ERR_MAX];
	struct address a;
	size_t i;
	int err = 0;

	for (i = 0; i < f->file[at]->nlisten; i++) {
		l = &f->file[at]->listen[i];
		if (address_parse(&a, l->address, text) != 0)
			buf_printf(faults, "%s:%u: listen: %s\n", f->path[at],
			    l->line, text);
		else if (!address_is_guarded(&a))
			buf_printf(faults, "%s:%u: listen: \"%s\" can be "
			    "reached from other machines: use unix:PATH, "
			    "tls:HOST:PORT, or tcp: with an address of this "
			    "machine only, 127.0.0.1 or [::1]\n", f->path[at], l->line,
			    l->address);
		else
			continue;
		err = FG_EINVAL;
	}
	return err;
}

static int
load(struct files *f, size_t at, const struct files *old, struct buf *faults)
{
	struct buf *text = &f->text[at];
	struct script_clients *c;
	int err = start_read(f->path[at], text, faults);

	if (err != 0)
		return err;
	f->kept[at] = old != NULL && old->text[at].len == text->len &&
	    memcmp(old->text[at].p, text->p, text->len) == 0;
	if (f->kept[at])
		c = old->file[at];
	else
		err = script_load_clients(&c, f->path[at], text->p, text->len,
		    NULL, faults);
	if (err != 0)
		return err;
	f->file[at] = c;
	f->nclient += c->nclient;
	err = start_add(&f->processes, f->path[at], c->process, c->nprocess,
	    faults);
	if (err == 0)
		err = role_files_add(&f->roles, f->path[at], c->role,
		    c->nrole, faults);
	if (err == 0)
		err = check_sources(f, at, faults);
	if (err == 0)
		err = check_listens(f, at, faults);
	return err == 0 ? check_clients(f, at, faults) : err;
}

int
files_load(struct files *f, const struct files *old,
    const char *const *path, size_t n, struct buf *faults)
{
	size_t i;
	int err = 0, e;

	*f = (struct files){ 0 };
	f->file = calloc(n + 1, sizeof(struct script_clients *));
	f->path = calloc(n + 1, sizeof(*f->path));
	f->text = calloc(n + 1, sizeof(*f->text));
	f->kept = calloc(n + 1, sizeof(*f->kept));
	if (f->file == NULL || f->path == NULL || f->text == NULL ||
	    f->kept == NULL)
		return FG_ENOMEM;
	for (i = 0; i < n; i++) {
		f->path[i] = path[i];
		f->n = i + 1;
		e = load(f, i, old, faults);
		if (e != 0)
			err = e;
	}
	if (err == 0 && f->nclient == 0) {
		buf_printf(faults, "%s: there is no streamerClient\n",
		    path[0]);
		err = FG_EINVAL;
	}
	return err;
}

void
files_replace(struct files *old, struct files *new)
{
	size_t i;

	for (i = 0; i < new->n; i++)
		if (new->kept[i]) {
			old->kept[i] = true;
			new->kept[i] = false;
		}
	files_free(old);
	*old = *new;
	*new = (struct files){ 0 };
}

void
files_free(struct files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (!f->kept[i])
			script_clients_free(f->file[i]);
		buf_free(&f->text[i]);
	}
	start_free(&f->processes);
	role_files_free(&f->roles);
	free(f->file);
	free(f->path);
	free(f->text);
	free(f->kept);
	*f = (struct files){ 0 };
}
