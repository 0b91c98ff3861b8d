#include "ctl/ctl.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/progress.h"

void
ctl_complain(const char *fmt, ...)
{
	va_list ap;

	progress_hide();
	fprintf(stderr, "fixgatectl: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int
ctl_lost(const struct wire *w)
{
	ctl_complain("%s", wire_error(w));
	return CTL_NO_GATEWAY;
}

int
ctl_refusal(const struct link_msg *m)
{
	char code[32], text[512];

	if (strcmp(m->type, "NACK") != 0 &&
	    strcmp(m->type, "EVENT_NACK") != 0 &&
	    strcmp(m->type, "ERROR") != 0)
		return CTL_OK;
	if (!link_find_str(m->details, "CODE", code, sizeof(code)))
		strcpy(code, "?");
	if (!link_find_str(m->details, "TEXT", text, sizeof(text)))
		strcpy(text, "no reason given");
	ctl_complain("refused: %s (%s)", text, code);
	return CTL_REFUSED;
}

int
ctl_connect(struct ctl *c)
{
	char err[WIRE_ERR_MAX];

	c->wire = wire_open(c->socket, err);
	if (c->wire != NULL)
		return CTL_OK;
	ctl_complain("%s", err);
	return CTL_NO_GATEWAY;
}

struct link_out *
ctl_begin(struct ctl *c, const char *type, unsigned n)
{
	struct link_out *o;

	if (ctl_connect(c) != CTL_OK)
		return NULL;
	o = wire_begin(c->wire, type, NULL);
	link_map(o, n);
	return o;
}

int
ctl_answer(struct ctl *c, const char *wanted, const struct link_msg *m)
{
	int code = ctl_refusal(m);

	if (code == CTL_OK && strcmp(m->type, wanted) != 0) {
		ctl_complain("%s answered %s instead of %s: is it of another "
		    "version?", wire_peer(c->wire), m->type, wanted);
		code = CTL_NO_GATEWAY;
	}
	return code;
}

int
ctl_ask(struct ctl *c, const char *wanted, struct link_msg *m)
{
	if (wire_end(c->wire) != 0 || wire_recv(c->wire, m) != 0)
		return ctl_lost(c->wire);
	return ctl_answer(c, wanted, m);
}

int
ctl_done(struct ctl *c)
{
	struct link_msg m;
	char text[512];
	int code;

	code = ctl_ask(c, "ACK", &m);
	if (code != CTL_OK)
		return code;
	if (!link_find_str(m.details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
	c->out->done(stdout, text);
	return CTL_OK;
}
