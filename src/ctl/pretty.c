#include "ctl/pretty.h"

#include <stdlib.h>

#include "base/err.h"
#include "dict/pretty.h"
#include "fix/msg.h"

#define FIELDS_MAX 16384 /* shown of one message */

static int
put_message(struct buf *to, const struct dict *d, const char *p, size_t n)
{
	struct fix_msg m = { .cap = FIELDS_MAX };
	int err;

	m.field = calloc(m.cap, sizeof(*m.field));
	if (m.field == NULL)
		return FG_ENOMEM;
	/* What cannot be indexed shows the fields before that. */
	fix_parse(&m, p, n, dict_lens(d));
	err = dict_pretty(d, d, &m, row_secrets, row_nsecrets, to);
	free(m.field);
	return err;
}

int
row_pretty(struct buf *to, const struct row *r, struct dicts *dicts)
{
	const struct dict *d;
	const char *p;
	size_t n;
	int err;

	d = dicts_get(dicts, (uint32_t)row_number(r, "DICT_ID"));
	if (d == NULL || !link_get_str(row_get(r, "FIX_DATA"), &p, &n))
		return row_plain(to, r);
	err = row_head(to, r);
	if (err == 0)
		err = buf_add(to, "\n", 1);
	return err != 0 ? err : put_message(to, d, p, n);
}
