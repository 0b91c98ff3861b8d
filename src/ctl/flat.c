#include "ctl/flat.h"

#include <string.h>

static size_t
count(const struct link_val *v)
{
	return v == NULL ? 0 : link_count(v);
}

static void
put_lag(struct link_out *o, const struct link_val *map,
    const char *const *behind)
{
	uint64_t end = link_find_u64(map, behind[0], 0);
	uint64_t at = link_find_u64(map, behind[1], 0);

	link_key_u64(o, "LAG", end > at ? end - at : 0);
}

static void
put_one(struct link_out *o, const struct link_val *outer,
    const struct link_val *map, const char *const *keys,
    const char *const *behind)
{
	const char *key;
	size_t i, n, nkeys = 0;

	while (keys[nkeys] != NULL)
		nkeys++;
	link_map(o, (uint32_t)(nkeys + (behind != NULL) + link_count(map)));
	for (i = 0; i < nkeys; i++) {
		link_str(o, keys[i]);
		link_copy(o, link_find(outer, keys[i]));
	}
	if (behind != NULL)
		put_lag(o, map, behind);
	for (i = 0; i < link_count(map); i++) {
		const struct link_val *v = link_map_at(map, i, &key, &n);

		link_strn(o, key == NULL ? "" : key, key == NULL ? 0 : n);
		link_copy(o, v);
	}
}

const struct link_val *
flat_maps(struct flat *f, const struct link_val *outer, const char *inner,
    const char *const *keys, const char *const *behind)
{
	const struct link_val *list;
	struct link_msg m;
	const char *why;
	size_t i, j, n = 0;

	if (f->out == NULL)
		f->out = link_out_new();
	if (f->in == NULL)
		f->in = link_in_new();
	if (f->out == NULL || f->in == NULL)
		return NULL;
	for (i = 0; i < count(outer); i++)
		n += count(link_find(link_at(outer, i), inner));
	f->frame.len = 0;
	link_begin(f->out, &f->frame, "FLAT", 0);
	link_map(f->out, 1);
	link_str(f->out, "MAPS");
	link_array(f->out, (uint32_t)n);
	for (i = 0; i < count(outer); i++) {
		list = link_find(link_at(outer, i), inner);
		for (j = 0; j < count(list); j++)
			put_one(f->out, link_at(outer, i), link_at(list, j),
			    keys, behind);
	}
	if (link_end(f->out) != 0 ||
	    link_decode(f->in, f->frame.p, f->frame.len, &m, &why) <= 0)
		return NULL;
	return link_find(m.details, "MAPS");
}

void
flat_free(struct flat *f)
{
	link_out_free(f->out);
	link_in_free(f->in);
	buf_free(&f->frame);
}
