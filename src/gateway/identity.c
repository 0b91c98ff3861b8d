#include "gateway/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An open-addressed table of session numbers, hashed by the three parts that
 * every identity has. */
struct identity_map {
	size_t mask; /* slots - 1 */
	struct slot {
		const struct sess_cfg *cfg; /* NULL: free */
		size_t i;
	} slot[];
};

struct part {
	const char *p;
	size_t n;
};

/* FNV-1a */
static uint64_t
hash_part(uint64_t h, struct part s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ULL;
	return (h ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t
hash(struct part begin, struct part own, struct part peer)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	return hash_part(hash_part(hash_part(h, begin), own), peer);
}

static struct part
part_of(const char *s)
{
	return (struct part){ s, strlen(s) };
}

static struct part
part_at(const struct fix_msg *m, int32_t tag)
{
	const struct fix_field *f = fix_find(m, tag);

	return f == NULL ? (struct part){ "", 0 } :
	    (struct part){ fix_value(m, f), f->len };
}

/* NULL in the configuration: not part of the identity. */
static bool
matches(const char *configured, const struct fix_msg *m, int32_t tag)
{
	struct part s;

	if (configured == NULL)
		return true;
	s = part_at(m, tag);
	return s.n == strlen(configured) &&
	    memcmp(s.p, configured, s.n) == 0;
}

struct identity_map *
identity_new(size_t n)
{
	struct identity_map *m;
	size_t slots = 16;

	while (slots < 2 * n)
		slots *= 2;
	m = calloc(1, sizeof(*m) + slots * sizeof(m->slot[0]));
	if (m != NULL)
		m->mask = slots - 1;
	return m;
}

void
identity_free(struct identity_map *m)
{
	free(m);
}

void
identity_add(struct identity_map *m, const struct sess_cfg *cfg, size_t i)
{
	uint64_t h = hash(part_of(cfg->begin_string),
	    part_of(cfg->sender_comp_id), part_of(cfg->target_comp_id));

	while (m->slot[h & m->mask].cfg != NULL)
		h++;
	m->slot[h & m->mask] = (struct slot){ cfg, i };
}

/* How many optional parts a session asks for: the more exact one wins. */
static int
exactness(const struct sess_cfg *c)
{
	return (c->sender_sub_id != NULL) + (c->sender_location_id != NULL) +
	    (c->target_sub_id != NULL) + (c->target_location_id != NULL);
}

long
identity_find(const struct identity_map *m, const struct fix_msg *msg)
{
	const struct sess_cfg *c;
	const struct slot *best = NULL;
	uint64_t h = hash(part_at(msg, 8), part_at(msg, 56), part_at(msg, 49));

	for (; (c = m->slot[h & m->mask].cfg) != NULL; h++) {
		if (!matches(c->begin_string, msg, 8) ||
		    !matches(c->sender_comp_id, msg, 56) ||
		    !matches(c->target_comp_id, msg, 49) ||
		    !matches(c->sender_sub_id, msg, 57) ||
		    !matches(c->sender_location_id, msg, 143) ||
		    !matches(c->target_sub_id, msg, 50) ||
		    !matches(c->target_location_id, msg, 142))
			continue;
		if (best == NULL || exactness(c) > exactness(best->cfg))
			best = &m->slot[h & m->mask];
	}
	return best == NULL ? -1 : (long)best->i;
}
