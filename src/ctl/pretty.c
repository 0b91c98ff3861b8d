#include "ctl/pretty.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fix/msg.h"

#define FIELDS_MAX 4096 /* of one message; the rest is left out */

static int
put_field(struct buf *to, const struct dict *d, const struct fix_msg *m,
    const struct fix_field *f)
{
	const struct dict_field *df = dict_field_by_tag(d, f->tag);
	const char *label;
	int err;

	err = buf_printf(to, "\n    %6d %-24s ", f->tag,
	    df == NULL ? "" : df->name);
	if (err == 0)
		err = row_escape(to, fix_value(m, f), f->len);
	label = df == NULL ? NULL
	    : dict_value_label(df, fix_value(m, f), f->len);
	if (err == 0 && label != NULL)
		err = buf_printf(to, " (%s)", label);
	return err;
}

static int
put_message(struct buf *to, const struct dict *d, const char *p, size_t n)
{
	struct fix_msg m = { 0 };
	char *copy = malloc(n + 1);
	uint32_t i;
	int err = 0;

	m.cap = FIELDS_MAX;
	m.field = calloc(m.cap, sizeof(*m.field));
	if (copy == NULL || m.field == NULL) {
		err = FG_ENOMEM;
		goto done;
	}
	memcpy(copy, p, n);
	row_mask(copy, n);
	/* What cannot be indexed shows the fields before that. */
	fix_parse(&m, copy, n, dict_lens(d));
	for (i = 0; i < m.nfield && err == 0; i++)
		err = put_field(to, d, &m, &m.field[i]);
done:
	free(m.field);
	free(copy);
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
	return err != 0 ? err : put_message(to, d, p, n);
}
