/*
 * broken.c: rules that are broken on purpose, to see the simulator find them.
 * The linker (--wrap) puts these functions in front of the product's; with
 * sim_broken 0 they only pass on.
 */
#include "fix/out.h"
#include "gateway/release.h"
#include "session/out.h"
#include "broken.h"
#include "sim.h"

uint64_t __real_store_durable(struct store *st);
uint64_t __wrap_store_durable(struct store *st);
void __real_store_set_state(struct store_batch *b, const struct store_state *s);
void __wrap_store_set_state(struct store_batch *b, const struct store_state *s);
uint64_t __real_store_add(struct store_batch *b, enum store_table t,
    const struct store_row *row);
uint64_t __wrap_store_add(struct store_batch *b, enum store_table t,
    const struct store_row *row);
void __real_out_u64(struct out_msg *o, int32_t tag, uint64_t v);
void __wrap_out_u64(struct out_msg *o, int32_t tag, uint64_t v);
void __real_fix_out_bytes(struct fix_out *o, int32_t tag, const char *p,
    size_t n);
void __wrap_fix_out_bytes(struct fix_out *o, int32_t tag, const char *p,
    size_t n);
const struct release_item *__real_release_head(const struct release *r,
    uint64_t durable, const char **p);
const struct release_item *__wrap_release_head(const struct release *r,
    uint64_t durable, const char **p);

int __real_early_take(struct early *e, uint64_t seq, struct early_msg *out);
int __wrap_early_take(struct early *e, uint64_t seq, struct early_msg *out);

uint64_t
__wrap_store_durable(struct store *st)
{
	return sim_broken == EARLY_RELEASE ? UINT64_MAX - 1 :
	    __real_store_durable(st);
}

void
__wrap_store_set_state(struct store_batch *b, const struct store_state *s)
{
	struct store_state wrong = *s;

	if (sim_broken == STALE_NUMBER && wrong.next_in > 1)
		wrong.next_in--;
	if (sim_broken == SAME_EPOCH)
		wrong.epoch = 1;
	__real_store_set_state(b, &wrong);
}

uint64_t
__wrap_store_add(struct store_batch *b, enum store_table t,
    const struct store_row *row)
{
	struct store_row wrong = *row;

	if (sim_broken == SAME_EPOCH)
		wrong.epoch = 1;
	return __real_store_add(b, t, &wrong);
}

void
__wrap_out_u64(struct out_msg *o, int32_t tag, uint64_t v)
{
	if (tag == 36 && sim_broken == LONG_GAP_FILL)
		v++;
	if (tag == 36 && sim_broken == SHORT_GAP_FILL)
		v--;
	__real_out_u64(o, tag, v);
}

void
__wrap_fix_out_bytes(struct fix_out *o, int32_t tag, const char *p, size_t n)
{
	if (sim_broken != NO_POSS_DUP || tag != 43)
		__real_fix_out_bytes(o, tag, p, n);
}

int
__wrap_early_take(struct early *e, uint64_t seq, struct early_msg *out)
{
	return sim_broken != NO_RECALL && __real_early_take(e, seq, out);
}

const struct release_item *
__wrap_release_head(const struct release *r, uint64_t durable, const char **p)
{
	static struct release_item wrong;
	const struct release_item *it = __real_release_head(r, durable, p);

	if (sim_broken != OLD_CONNECTION || it == NULL)
		return it;
	wrong = *it;
	if (wrong.fs != NULL)
		wrong.generation = wrong.fs->generation;
	return &wrong;
}
