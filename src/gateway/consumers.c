#include "gateway/consumers.h"

#include <stdlib.h>
#include <string.h>

#define MARKS_MIN 64

struct consumer *
consumers_get(struct consumers *c, uint32_t mark)
{
	uint32_t n = c->n == 0 ? MARKS_MIN : c->n;
	struct consumer *p;

	while (n <= mark && n < UINT32_MAX / 2)
		n *= 2;
	if (n <= mark)
		return NULL;
	if (n != c->n) {
		p = realloc(c->of, n * sizeof(*p));
		if (p == NULL)
			return NULL;
		memset(p + c->n, 0, (n - c->n) * sizeof(*p));
		c->of = p;
		c->n = n;
	}
	return &c->of[mark];
}

void
consumers_free(struct consumers *c)
{
	free(c->of);
	memset(c, 0, sizeof(*c));
}
