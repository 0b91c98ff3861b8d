/*
 * leave.c: clients come and go: at the start, when the files are read again
 * (SIGHUP), and at the stop. Who leaves has logged off, waits for the answers
 * to what was sent, puts its cursors, and only then is gone; all others go on
 * meanwhile. The programs that are no longer needed end after that, and then
 * come those that are new.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "daemon/watchdog.h"
#include "log/log.h"

/* How long it may take. */
#define ANSWERS_NS (3 * NS_PER_S) /* for answers to what was sent */
#define CURSORS_NS (2 * NS_PER_S) /* for the cursors to be stored */
#define EXECS_NS   (5 * NS_PER_S) /* for programs to end */

enum stage { STAGE_RUN, STAGE_ANSWERS, STAGE_CURSORS, STAGE_EXECS,
	STAGE_OVER };

/* ---- start ---- */

static void
watch(struct program *p)
{
	struct watchdog_code *code = must(calloc(p->nclient + 1,
	    sizeof(*code)));
	size_t i;

	for (i = 0; i < p->nclient; i++)
		code[i] = (struct watchdog_code){
			p->client[i]->script->code, "client",
			p->client[i]->script->name };
	p->watchdog = must(watchdog_new(code, p->nclient, WATCHDOG_NS));
	free(code);
}

static bool
is_there(const struct program *p, const struct script_client *script)
{
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (p->client[i]->script == script)
			return true;
	return false;
}

void
leave_start(struct program *p)
{
	const struct script_clients *f;
	size_t i, k;

	p->client = must(realloc(p->client,
	    (p->files.nclient + p->nclient + 1) * sizeof(struct client *)));
	for (i = 0; i < p->files.n; i++)
		for (f = p->files.file[i], k = 0; k < f->nclient; k++)
			if (!is_there(p, &f->client[k]))
				p->client[p->nclient++] = client_start(p,
				    p->files.path[i], &f->client[k]);
	watch(p);
}

/* ---- the stages ---- */

static bool
all_quiet(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (p->client[i]->leaves && !client_is_quiet(p->client[i]))
			return false;
	return true;
}

static bool
all_put(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nclient; i++)
		if (p->client[i]->leaves &&
		    remote_is_up(p->client[i]->remote) &&
		    !position_is_put(p->client[i]))
			return false;
	return true;
}

static bool
all_over(const struct program *p)
{
	size_t i;

	for (i = 0; i < p->nexec; i++)
		if (p->exec[i]->leaves && p->exec[i]->exec != NULL &&
		    !exec_is_over(p->exec[i]->exec))
			return false;
	return true;
}

static void
next_stage(struct program *p, int64_t ns)
{
	p->stage++;
	p->stage_end = mono_add(now_of(p).mono, ns);
}

static void
put_cursors(struct program *p, bool late)
{
	size_t i;

	if (late)
		log_event(LOG_LEVEL_WARN, "stopping", NULL, "some events have "
		    "no answer yet; they come again");
	for (i = 0; i < p->nclient; i++)
		if (p->client[i]->leaves)
			position_put(p->client[i], now_of(p).mono);
}

static void
end_execs(struct program *p)
{
	size_t i;

	for (i = 0; i < p->nexec; i++)
		if (p->exec[i]->leaves && p->exec[i]->exec != NULL)
			exec_end(p->exec[i]->exec);
}

/* ---- the files are read again ---- */

/* Does a client of the files send to it? */
static bool
is_sent_to(const struct files *f, const char *process)
{
	const struct script_client *c;
	const struct script_block *b;
	size_t i, k;

	for (i = 0; i < f->n; i++)
		for (c = f->file[i]->client;
		    c < f->file[i]->client + f->file[i]->nclient; c++)
			for (b = c->block; b < c->block + c->nblock; b++)
				for (k = 0; k < b->nsend; k++)
					if (strcmp(b->send[k].process,
					    process) == 0)
						return true;
	return false;
}

static bool
is_needed(const struct files *f, const struct start_process *exec)
{
	const struct start_process *p = start_find(&f->processes, exec->name);

	return p != NULL && start_same(p, exec) && is_sent_to(f, exec->name);
}

/* Has the file of a script not changed? */
static bool
is_kept(const struct files *f, const struct script_client *script)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (script >= f->file[i]->client &&
		    script < f->file[i]->client + f->file[i]->nclient)
			return true;
	return false;
}

/* 0, or FG_EINVAL: it may run no programs any more, and has none. */
static int
check_execs(const struct program *p, const struct files *f,
    struct buf *faults)
{
	const struct start_process *s;
	int err = 0;

	for (s = f->processes.process; p->start.confine &&
	    s < f->processes.process + f->processes.n; s++) {
		if (!s->exec || !is_sent_to(f, s->name))
			continue;
		buf_printf(faults, "%s:%u: process %s: this process was "
		    "started without programs, and has given up the right to "
		    "run them: start it again\n", s->file, s->line, s->name);
		err = FG_EINVAL;
	}
	return err;
}

/* An address is listened at from the start on. */
static bool
listens(const struct files *f, const char *address)
{
	size_t i, k;

	for (i = 0; i < f->n; i++)
		for (k = 0; k < f->file[i]->nlisten; k++)
			if (strcmp(f->file[i]->listen[k].address,
			    address) == 0)
				return true;
	return false;
}

static void
compare_listens(const struct files *old, const struct files *new)
{
	const struct script_process *l;
	size_t i, k;

	for (i = 0; i < new->n; i++)
		for (k = 0; k < new->file[i]->nlisten; k++) {
			l = &new->file[i]->listen[k];
			if (!listens(old, l->address))
				log_event(LOG_LEVEL_WARN, "reload", NULL,
				    "%s:%u: listen(\"%s\") is new: it is "
				    "listened there after a restart only",
				    new->path[i], l->line, l->address);
		}
}

static void
read_again(struct program *p)
{
	struct buf faults = { 0 };
	size_t i, left = 0;
	int err;

	err = files_load(&p->next, &p->files, p->start.file, p->start.nfile,
	    &faults);
	if (err == 0)
		err = check_execs(p, &p->next, &faults);
	if (err != 0) {
		start_refuse(&faults, err);
		files_free(&p->next);
		buf_free(&faults);
		return;
	}
	buf_free(&faults);
	compare_listens(&p->files, &p->next);
	must_be_0(role_files_settle(p->roles, &p->next.roles));
	for (i = 0; i < p->nclient; i++)
		if (!is_kept(&p->next, p->client[i]->script)) {
			client_leave(p->client[i]);
			left++;
		}
	for (i = 0; i < p->nexec; i++)
		p->exec[i]->leaves = !is_needed(&p->next,
		    p->exec[i]->process);
	log_event(LOG_LEVEL_INFO, "reload", NULL, "the files were read again: "
	    "of %zu clients %zu go on, and %zu are new or changed", p->nclient,
	    p->nclient - left, p->next.nclient - (p->nclient - left));
	next_stage(p, ANSWERS_NS);
}

/* Who left is gone; who is new comes. */
static void
exchange(struct program *p)
{
	size_t i, n = 0;

	watchdog_free(p->watchdog);
	p->watchdog = NULL;
	for (i = 0; i < p->nclient; i++)
		if (p->client[i]->leaves)
			client_free(p->client[i]);
		else
			p->client[n++] = p->client[i];
	p->nclient = n;
	for (i = n = 0; i < p->nexec; i++)
		if (p->exec[i]->leaves)
			target_free(p->exec[i]);
		else
			p->exec[n++] = p->exec[i];
	p->nexec = n;
	files_replace(&p->files, &p->next);
	leave_start(p);
	p->stage = STAGE_RUN;
	log_event(LOG_LEVEL_INFO, "reload", NULL, "the files are in use: %zu "
	    "clients", p->nclient);
	if (p->next_again)
		leave_hangup(p);
}

void
leave_hangup(void *arg)
{
	struct program *p = arg;

	p->next_again = p->stage != STAGE_RUN;
	if (!p->next_again)
		read_again(p);
}

/* ---- stop ---- */

void
leave_stop(void *arg)
{
	struct program *p = arg;
	size_t i;

	p->stopping = true;
	for (i = 0; i < p->nclient; i++)
		client_leave(p->client[i]);
	for (i = 0; i < p->nexec; i++)
		p->exec[i]->leaves = true;
	p->stage = STAGE_RUN;
	next_stage(p, ANSWERS_NS);
}

mono_t
leave_work(struct program *p)
{
	bool late = !mono_before(now_of(p).mono, p->stage_end);

	if (p->stage == STAGE_ANSWERS && (late || all_quiet(p))) {
		put_cursors(p, late);
		next_stage(p, CURSORS_NS);
		late = false;
	}
	if (p->stage == STAGE_CURSORS && (late || all_put(p))) {
		end_execs(p);
		next_stage(p, EXECS_NS);
		late = false;
	}
	if (p->stage == STAGE_EXECS && (late || all_over(p))) {
		next_stage(p, 0);
		if (p->stopping) {
			loop_stop(p->start.loop);
			return MONO_NEVER;
		}
		exchange(p);
		return now_of(p).mono;
	}
	return p->stage == STAGE_RUN ? MONO_NEVER : p->stage_end;
}
