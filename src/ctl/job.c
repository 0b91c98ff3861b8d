#include "ctl/job.h"

#include <string.h>

#include "base/buf.h"
#include "ctl/progress.h"

#define UNIT_MAX 16
#define TEXT_MAX 1024

static uint64_t
print_notes(struct ctl *c, const struct link_val *notes)
{
	size_t i, n = notes == NULL ? 0 : link_count(notes), len;
	struct buf line = { 0 };
	const char *p;

	for (i = 0; i < n; i++) {
		if (!link_get_str(link_at(notes, i), &p, &len))
			continue;
		line.len = 0;
		if (buf_add(&line, p, len) != 0 || buf_add(&line, "", 1) != 0)
			break;
		progress_hide();
		c->out->note(stdout, line.p);
	}
	buf_free(&line);
	if (n != 0)
		fflush(stdout);
	return n;
}

int
job_wait(struct ctl *c, const char *what, struct link_msg *m, uint64_t *notes)
{
	char unit[UNIT_MAX];
	uint64_t printed = 0;
	int code = CTL_OK;

	progress_begin(what, "", 0);
	if (wire_end(c->wire) != 0)
		code = ctl_lost(c->wire);
	while (code == CTL_OK) {
		if (wire_recv(c->wire, m) != 0)
			code = ctl_lost(c->wire);
		else if (strcmp(m->type, "PROGRESS") != 0)
			break;
		if (code != CTL_OK)
			break;
		printed += print_notes(c, link_find(m->details, "NOTES"));
		if (!link_find_str(m->details, "UNIT", unit, sizeof(unit)))
			unit[0] = '\0';
		progress_of(link_find_u64(m->details, "TOTAL", 0), unit);
		progress_at(link_find_u64(m->details, "DONE", 0));
	}
	progress_end();
	if (notes != NULL)
		*notes = printed;
	if (code == CTL_OK)
		code = ctl_answer(c, "ACK", m);
	return code;
}

int
job_done(struct ctl *c, const char *what)
{
	struct link_msg m;
	char text[TEXT_MAX];
	int code = job_wait(c, what, &m, NULL);

	if (code != CTL_OK)
		return code;
	if (!link_find_str(m.details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
	c->out->done(stdout, text);
	return CTL_OK;
}
