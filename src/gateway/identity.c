#include "gateway/identity.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define SLOTS_MIN 16

struct slot {
	const struct sess_cfg *cfg; /* NULL: free */
	void *what;
};

/* An open-addressed table, hashed by the three parts that every identity has,
 * at most half full. */
struct identity_map {
	struct slot *slot;
	size_t mask; /* slots - 1 */
	size_t n;
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
identity_new(void)
{
	struct identity_map *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->slot = calloc(SLOTS_MIN, sizeof(*m->slot));
	m->mask = SLOTS_MIN - 1;
	if (m->slot != NULL)
		return m;
	free(m);
	return NULL;
}

void
identity_free(struct identity_map *m)
{
	if (m == NULL)
		return;
	free(m->slot);
	free(m);
}

static uint64_t
hash_cfg(const struct sess_cfg *cfg)
{
	return hash(part_of(cfg->begin_string), part_of(cfg->sender_comp_id),
	    part_of(cfg->target_comp_id));
}

static void
put(struct identity_map *m, struct slot s)
{
	uint64_t h = hash_cfg(s.cfg);

	while (m->slot[h & m->mask].cfg != NULL)
		h++;
	m->slot[h & m->mask] = s;
}

static int
grow(struct identity_map *m)
{
	struct slot *old = m->slot;
	size_t i, n = m->mask + 1;

	m->slot = calloc(2 * n, sizeof(*m->slot));
	if (m->slot == NULL) {
		m->slot = old;
		return FG_ENOMEM;
	}
	m->mask = 2 * n - 1;
	for (i = 0; i < n; i++)
		if (old[i].cfg != NULL)
			put(m, old[i]);
	free(old);
	return 0;
}

int
identity_add(struct identity_map *m, const struct sess_cfg *cfg, void *what)
{
	if (2 * (m->n + 1) > m->mask + 1 && grow(m) != 0)
		return FG_ENOMEM;
	put(m, (struct slot){ cfg, what });
	m->n++;
	return 0;
}

void
identity_remove(struct identity_map *m, const struct sess_cfg *cfg)
{
	uint64_t h = hash_cfg(cfg);
	struct slot s;

	while (m->slot[h & m->mask].cfg != cfg)
		if (m->slot[h++ & m->mask].cfg == NULL)
			return;
	m->slot[h & m->mask].cfg = NULL;
	m->n--;
	/* Those behind it may not have got their place: put them again. */
	for (h++; (s = m->slot[h & m->mask]).cfg != NULL; h++) {
		m->slot[h & m->mask].cfg = NULL;
		put(m, s);
	}
}

/* How many optional parts a session asks for: the more exact one wins. */
static int
exactness(const struct sess_cfg *c)
{
	return (c->sender_sub_id != NULL) + (c->sender_location_id != NULL) +
	    (c->target_sub_id != NULL) + (c->target_location_id != NULL);
}

void *
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
	return best == NULL ? NULL : best->what;
}
