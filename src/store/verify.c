#include "store/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/verify_int.h"

void
verify_say_bad(struct verify *v, const char *table, uint64_t row,
    const char *fmt, ...)
{
	char text[STORE_ERR_MAX + 200];
	struct verify_bad b = { table, row, text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->r->bad++;
	if (v->cfg->bad != NULL)
		v->cfg->bad(v->cfg->arg, &b);
}

void
verify_note(struct verify *v, const char *fmt, ...)
{
	char text[STORE_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (v->cfg->note != NULL)
		v->cfg->note(v->cfg->arg, text);
}

/* What was found as the source was opened. */
static void
say_wrong(struct verify *v)
{
	const struct buf *b = &v->src->wrong;
	const char *p = b->p, *text;

	while (b->len != 0 && p < b->p + b->len) {
		text = p + strlen(p) + 1;
		verify_say_bad(v, p, 0, "%s", text);
		p = text + strlen(text) + 1;
	}
}

int
verify(const struct verify_cfg *cfg, struct verify_result *r)
{
	struct verify v = { .cfg = cfg, .src = cfg->source, .r = r };
	size_t i;
	int err;

	memset(r, 0, sizeof(*r));
	v.hash = chain_hash_new();
	err = v.hash == NULL ? FG_ENOMEM : verify_rest_before(&v);
	say_wrong(&v);
	for (i = 0; i < v.src->n_table && err == 0 && !v.cancelled; i++)
		err = verify_table(&v, &v.src->table[i]);
	if (err == 0 && !v.cancelled)
		err = verify_rest_after(&v);
	chain_hash_free(v.hash);
	buf_free(&v.seen);
	buf_free(&v.was);
	free(v.state);
	return err != 0 ? err : v.cancelled ? FG_ECLOSED : 0;
}

void
verify_bad_text(char *to, size_t cap, const struct verify_bad *b)
{
	if (b->row == 0)
		snprintf(to, cap, "%s: %s", b->table, b->text);
	else
		snprintf(to, cap, "%s, row %" PRIu64 ": %s", b->table, b->row,
		    b->text);
}

static int
put_head(struct buf *to, const struct verify_cfg *cfg,
    const struct verify_result *r)
{
	char when[WALL_TEXT_MAX + 1];

	if (r->heads == 0)
		return buf_printf(to, "; no %s says up to where it is complete",
		    cfg->has_key ? "head signed with this key" : "head");
	when[wall_format(when, r->head.time, 3)] = '\0';
	return buf_printf(to, "; complete up to the head %s %s (%s, row %"
	    PRIu64 ")%s", r->signed_head ? "signed at" : "of", when,
	    r->head.table, r->head.seq, r->signed_head ? ""
	    : "; signatures were not checked, for want of a key");
}

int
verify_summary(struct buf *to, const struct verify_cfg *cfg,
    const struct verify_result *r)
{
	int err;

	err = buf_printf(to, "%" PRIu64 " rows of %" PRIu64 " tables read: ",
	    r->rows, r->tables);
	if (err != 0)
		return err;
	if (r->bad != 0)
		return buf_printf(to, "%" PRIu64 " %s wrong", r->bad,
		    r->bad == 1 ? "thing is" : "things are");
	err = buf_puts(to, "all as they were chained");
	if (err == 0 && r->unchained != 0)
		err = buf_printf(to, ", but for %" PRIu64 " that are not "
		    "chained", r->unchained);
	return err == 0 ? put_head(to, cfg, r) : err;
}
