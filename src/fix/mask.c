/* mask.c: values that nobody is to see become *. */
#include "fix/msg.h"

#include <string.h>

static bool
listed(int32_t tag, const int32_t *tags, size_t n)
{
	while (n > 0)
		if (tags[--n] == tag)
			return true;
	return false;
}

size_t
fix_mask(char *buf, const struct fix_msg *m, const int32_t *tags, size_t n)
{
	const struct fix_field *f;
	size_t masked = 0;
	uint32_t i;

	for (i = 0; i < m->nfield; i++) {
		f = &m->field[i];
		if (!listed(f->tag, tags, n))
			continue;
		memset(buf + f->off, '*', f->len);
		masked++;
	}
	return masked;
}
