/* fields.c: the fields of a text that is no message yet, one by one. */
#include <string.h>

#include "base/err.h"
#include "session/internal.h"

#define TAG_MAX 999999999 /* keeps the sum in an int32_t */

/* The data fields of all versions, for sessions without a dictionary. */
static const struct fix_len_pair std_pairs[] = {
	{ 89, 93 }, { 91, 90 }, { 96, 95 }, { 213, 212 }, { 349, 348 },
	{ 351, 350 }, { 353, 352 }, { 355, 354 }, { 357, 356 }, { 359, 358 },
	{ 361, 360 }, { 363, 362 }, { 365, 364 }, { 446, 445 }, { 619, 618 },
	{ 622, 621 }, { 1402, 1401 }, { 1404, 1403 },
};

static const struct fix_lens std_lens = { .pair = std_pairs,
	.n = sizeof(std_pairs) / sizeof(std_pairs[0]) };

const struct fix_lens *
sess_std_lens(void)
{
	return &std_lens;
}

struct fields
fields_over(const struct sess *s, const char *p, size_t n)
{
	const struct fix_lens *lens = s->cfg.lens;

	if (lens == NULL)
		lens = s->cfg.app != NULL ? dict_lens(s->cfg.app) : &std_lens;
	return (struct fields){ .p = p, .n = n, .lens = lens };
}

static int
read_tag(struct fields *w, int32_t *tag)
{
	size_t start = w->at;

	*tag = 0;
	while (w->at < w->n && w->p[w->at] >= '0' && w->p[w->at] <= '9') {
		if (*tag > TAG_MAX / 10)
			return FG_EINVAL;
		*tag = *tag * 10 + (w->p[w->at++] - '0');
	}
	if (w->at == start || w->at == w->n || w->p[w->at] != '=' || *tag == 0)
		return FG_EINVAL;
	w->at++;
	return 0;
}

int
fields_next(struct fields *w, struct field *f)
{
	size_t start = w->at;
	const char *end;

	if (w->at == w->n)
		return 0;
	if (read_tag(w, &f->tag) != 0)
		return FG_EINVAL;
	f->whole = w->p + start;
	f->value = w->p + w->at;
	if (w->last_tag != 0 && fix_length_tag(w->lens, f->tag) == w->last_tag) {
		if (w->last_value >= w->n - w->at ||
		    f->value[w->last_value] != FIX_SOH)
			return FG_EINVAL;
		f->len = (size_t)w->last_value;
	} else {
		end = memchr(f->value, FIX_SOH, w->n - w->at);
		if (end == NULL)
			return FG_EINVAL;
		f->len = (size_t)(end - f->value);
	}
	w->at += f->len + 1;
	f->whole_len = w->at - start;
	w->last_tag = num_parse_u64(f->value, f->len, &w->last_value) == 0 ?
	    f->tag : 0;
	return 1;
}
