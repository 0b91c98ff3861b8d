#include "gateway/fields.h"

#include <stdlib.h>

#include "base/err.h"

#define FIELDS_FIRST 1024

int
fields_index(struct fields *f, struct fix_msg *m, const char *p, size_t n,
    const struct fix_lens *lens)
{
	struct fix_field *v;
	uint32_t want;
	int err;

	for (;;) {
		m->field = f->v;
		m->cap = f->n;
		err = f->n == 0 ? FG_ELIMIT : fix_parse(m, p, n, lens);
		if (err != FG_ELIMIT)
			return err;
		want = f->n == 0 ? FIELDS_FIRST : 2 * f->n;
		v = realloc(f->v, want * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		f->v = v;
		f->n = want;
	}
}

void
fields_free(struct fields *f)
{
	free(f->v);
	f->v = NULL;
	f->n = 0;
}
