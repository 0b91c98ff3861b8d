/*
 * validate.c: one pass over the fields of a message. Each fault found becomes a
 * rank, and the lowest rank is the answer:
 *
 *   63-60    59-56     55-24          23-16
 *   stage    section   tag, biased    step within the field
 *
 * Order and MsgType end the pass at once; the stages are required fields, then
 * what is wrong with a field that is there. A fault inside a group ranks by the
 * tag of its counter in the message, where the QuickFIX family finds it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "dict/impl.h"
#include "dict/quick.h"

enum rank_stage { STAGE_REQUIRED = 1, STAGE_FIELD = 2, STAGE_NONE = 15 };
enum rank_section { RANK_HEADER, RANK_TRAILER, RANK_BODY, RANK_GROUPS };
enum rank_step { STEP_FIELD, STEP_COUNT, STEP_INSIDE };

#define RANK_NONE ((uint64_t)STAGE_NONE << 60)
#define VALUE_OK (-1)
#define USER_TAGS 5000 /* first of those not in the standard, up to ... */
#define NEW_TAGS 40000 /* ... where the standard goes on */

struct dict_scratch {
	uint32_t *seen; /* for each slot the instance that last filled it */
	uint32_t cap;
	uint32_t instance; /* the last number given */
};

/* A scope while it is filled: a section, or an instance of a group. */
struct frame {
	const struct dict_scope *scope;
	const struct frame *up; /* NULL: not a group */
	uint32_t *seen;		/* by slot */
	uint32_t *below;	/* room for the groups inside */
	uint32_t instance;	/* 0: none yet */
	uint32_t nrequired;	/* of the required members, seen so far */
	uint32_t delimiter;	/* slot of the member that opens an instance */
	uint64_t n;		/* instances of a group ... */
	uint64_t count;		/* ... and how many there should be */
};

struct walk {
	const struct dict *transport;
	const struct dict *dict; /* of the body */
	const struct fix_msg *m;
	struct dict_scratch *s;
	struct frame frame[DICT_SECTIONS];
	unsigned flags;
	unsigned profile;	/* 0: by the file, 1: as QuickFIX; for flags */
	uint64_t best;		/* rank of the fault in *rej */
	uint64_t group_section; /* where the group stands whose inside ... */
	int32_t group_tag;	/* ... is walked, and its counter */
	struct dict_reject *rej;
};

struct dict_scratch *
dict_scratch_new(void)
{
	return calloc(1, sizeof(struct dict_scratch));
}

void
dict_scratch_free(struct dict_scratch *s)
{
	if (s == NULL)
		return;
	free(s->seen);
	free(s);
}

/* Numbers for the instances of one message: all fields may open one. */
static bool
prepare(struct dict_scratch *s, uint32_t room, uint32_t nfield)
{
	uint32_t *grown;

	if (room > s->cap) {
		grown = realloc(s->seen, room * sizeof(*grown));
		if (grown == NULL)
			return false;
		memset(grown, 0, room * sizeof(*grown));
		s->seen = grown;
		s->cap = room;
		s->instance = 0;
	}
	if (s->instance > UINT32_MAX - nfield - 8) {
		memset(s->seen, 0, s->cap * sizeof(*s->seen));
		s->instance = 0;
	}
	return true;
}

static __attribute__((noinline)) void
note(struct walk *w, enum rank_stage stage, uint64_t section, int32_t by_tag,
    enum rank_step step, enum fix_reject reason, int32_t tag)
{
	uint64_t biased = (uint32_t)by_tag ^ UINT32_C(0x80000000);
	uint64_t rank = (uint64_t)stage << 60 | section << 56 | biased << 24 |
	    (uint64_t)step << 16;

	if (rank >= w->best)
		return;
	w->best = rank;
	w->rej->reason = reason;
	w->rej->tag = tag;
}

static void
note_inside(struct walk *w, enum fix_reject reason, int32_t tag)
{
	note(w, STAGE_FIELD, w->group_section, w->group_tag, STEP_INSIDE,
	    reason, tag);
}

static bool
words_listed(const struct dict *d, uint32_t index, const char *p, size_t n)
{
	const char *space;
	size_t len;

	for (;;) {
		space = memchr(p, ' ', n);
		len = space == NULL ? n : (size_t)(space - p);
		if (len == 0 || !dict_value_listed(d, index, p, len))
			return false;
		if (space == NULL)
			return true;
		p += len + 1;
		n -= len + 1;
	}
}

/* Empty, form, list: the reason of a Reject or VALUE_OK. */
static __attribute__((noinline)) int
judge_value(const struct walk *w, const struct dict *d, uint32_t index,
    const struct fix_field *f)
{
	const struct dict_rule *r = &d->rule[index];
	const char *p = w->m->buf + f->off;

	if (f->len == 0)
		return (w->flags & DICT_FIELDS_HAVE_VALUES) != 0
		    ? (int)FIX_REJECT_EMPTY
		    : VALUE_OK;
	if (r->format != DICT_FORM_ANY &&
	    !dict_form_ok((enum dict_format)r->format, p, f->len,
		w->profile != 0))
		return FIX_REJECT_FORMAT;
	if (r->set == DICT_SET_ANY ||
	    (w->flags & DICT_ALLOW_UNKNOWN_ENUM_VALUES) != 0)
		return VALUE_OK;
	if (r->tokens ? words_listed(d, index, p, f->len)
		      : dict_value_listed(d, index, p, f->len))
		return VALUE_OK;
	return FIX_REJECT_VALUE;
}

static inline __attribute__((always_inline)) int
check_value(const struct walk *w, const struct dict *d,
    const struct dict_member *m, const struct fix_field *f)
{
	const struct dict_rule *r = &d->rule[m->field];

	if ((m->flags & DICT_ANY_VALUE) != 0 && f->len != 0)
		return VALUE_OK;
	if (dict_surely_good(r, w->m, f) ||
	    (r->set == DICT_SET_ANY &&
		quick_stamp((enum dict_format)r->format,
		    w->m->buf + f->off, f->len)))
		return VALUE_OK;
	return judge_value(w, d, m->field, f);
}

/* A field that has no place where it stands. */
static __attribute__((noinline)) int
check_stray(const struct walk *w, const struct dict *d, uint32_t index,
    const struct fix_field *f)
{
	bool user = f->tag >= USER_TAGS && !(index != 0 && f->tag >= NEW_TAGS);
	int reason = judge_value(w, d, index, f);

	if (reason != VALUE_OK)
		return reason;
	if (f->tag > 0 && user && (w->flags & DICT_USER_DEFINED_FIELDS) == 0)
		return VALUE_OK;
	if (f->tag > 0 && !user &&
	    (w->flags & DICT_ALLOW_UNKNOWN_MSG_FIELDS) != 0)
		return VALUE_OK;
	return index == 0 ? FIX_REJECT_INVALID_TAG : FIX_REJECT_NOT_DEFINED;
}

static const uint64_t rank_of[DICT_SECTIONS] = { [DICT_HEADER] = RANK_HEADER,
	[DICT_BODY] = RANK_BODY, [DICT_TRAILER] = RANK_TRAILER };

/* Does a scope further out know the tag, or another section? */
static __attribute__((noinline)) bool
known_above(const struct walk *w, const struct frame *up, int32_t tag,
    uint32_t index)
{
	const struct dict *d;
	uint32_t i;

	for (; up != NULL; up = up->up)
		if (dict_slot(up->scope, index) != 0)
			return true;
	return rank_of[dict_place(w->transport, w->dict, tag, &d, &i)] !=
	    w->group_section;
}

/* Would the innermost scope that knows the tag take it now? */
static bool
wanted_above(const struct frame *up, uint32_t index)
{
	uint32_t slot;

	for (; up != NULL; up = up->up) {
		slot = dict_slot(up->scope, index);
		if (slot != 0)
			return up->seen[slot] != up->instance ||
			    (slot == up->delimiter && up->up != NULL);
	}
	return false;
}

/* The required member with the lowest tag that the instance lacks. */
static int32_t
first_missing(const struct walk *w, const struct frame *fr)
{
	const struct dict_scope *s = fr->scope;
	uint32_t i, slot;

	for (i = 0; i < s->nrequired[w->profile]; i++) {
		slot = s->required[w->profile][i];
		if (fr->seen[slot] != fr->instance)
			return s->member[slot].tag;
	}
	return DICT_NO_TAG;
}

static void
close_instance(struct walk *w, const struct frame *fr)
{
	if (fr->instance != 0 &&
	    fr->nrequired != fr->scope->nrequired[w->profile])
		note(w, STAGE_REQUIRED, RANK_GROUPS, w->group_tag, STEP_INSIDE,
		    FIX_REJECT_REQUIRED_MISSING, first_missing(w, fr));
}

static void
open_instance(struct walk *w, struct frame *fr)
{
	close_instance(w, fr);
	fr->instance = ++w->s->instance;
	fr->nrequired = 0;
	fr->n++;
}

enum verdict { TAKEN, LEAVES };

/*
 * May the member at slot stand here? *last is the slot before it; opens a new
 * instance if need be. A tag may belong to this group and to a scope further
 * out: it stays here as long as it fits here.
 */
static __attribute__((noinline)) enum verdict
enter_member(struct walk *w, struct frame *fr, uint32_t slot, uint32_t index,
    uint32_t *last)
{
	const struct dict_member *m = &fr->scope->member[slot];
	bool again = fr->instance != 0 && fr->seen[slot] == fr->instance;
	bool full = fr->n >= fr->count, first = fr->n == 0;
	bool opens = slot == fr->delimiter || first ||
	    (again && w->profile != 0);

	if ((opens ? full || first : again || slot < *last) &&
	    (slot != fr->delimiter || full) && wanted_above(fr->up, index))
		return LEAVES;
	if (first && (w->flags & DICT_FIRST_FIELD_IS_DELIMITER) != 0)
		fr->delimiter = slot;
	if (opens) {
		/* Before the count, which is then wrong as well. */
		if (slot != fr->delimiter && first && w->profile == 0)
			note(w, STAGE_FIELD, w->group_section, w->group_tag,
			    STEP_FIELD, FIX_REJECT_REQUIRED_MISSING,
			    fr->scope->member[1].tag);
		open_instance(w, fr);
	} else if (again) {
		note_inside(w, FIX_REJECT_REPEATED, m->tag);
		return TAKEN;
	} else if (slot < *last && w->profile == 0 &&
	    (w->flags & DICT_UNORDERED_GROUP_FIELDS) != 0) {
		note_inside(w, FIX_REJECT_GROUP_ORDER, m->tag);
	}
	/* Above *last every slot is free. */
	if (slot > *last || opens)
		*last = slot;
	fr->seen[slot] = fr->instance;
	fr->nrequired += m->flags >> w->profile & 1;
	return TAKEN;
}

static uint32_t walk_group(struct walk *w, const struct frame *up,
    const struct dict_scope *g, const struct dict *d, uint32_t i);

/* Judge the member at field i, with its group; returns the next field. */
static inline __attribute__((always_inline)) uint32_t
take_member(struct walk *w, const struct frame *fr, const struct dict *d,
    const struct dict_member *m, uint32_t i)
{
	const struct fix_field *f = &w->m->field[i];
	int reason;

	/* QuickFIX does not look at values inside groups. */
	if (w->profile == 0) {
		reason = check_value(w, d, m, f);
		if (reason != VALUE_OK)
			note_inside(w, (enum fix_reject)reason, f->tag);
	}
	return m->group == NULL ? i + 1 : walk_group(w, fr, m->group, d, i);
}

/*
 * Take members from field i on as long as they come in order behind the slot
 * *last of an open instance, or open the next one that is due, which is the
 * rule; returns the first that does not.
 */
static __attribute__((noinline)) uint32_t
take_in_order(struct walk *w, struct frame *fr, const struct dict *d,
    uint32_t i, uint32_t *last)
{
	const struct fix_field *field = w->m->field;
	const struct dict_scope *g = fr->scope;
	uint32_t slot, before = *last, nrequired = 0, n = w->m->nfield;
	uint32_t *seen = fr->seen, instance = fr->instance;
	unsigned profile = w->profile;
	const struct dict_member *m;

	while (i < n) {
		slot = dict_slot(g, dict_index(d, field[i].tag));
		if (slot <= before) {
			if (slot != fr->delimiter || fr->n >= fr->count)
				break;
			fr->nrequired += nrequired;
			nrequired = 0;
			open_instance(w, fr);
			instance = fr->instance;
		}
		before = slot;
		m = &g->member[slot];
		seen[slot] = instance;
		nrequired += m->flags >> profile & 1;
		i = take_member(w, fr, d, m, i);
	}
	fr->nrequired += nrequired;
	*last = before;
	return i;
}

/*
 * Walk the instances behind the counter at field i; returns the first field
 * that belongs to none. What no scope knows stays in the instance where it was
 * found, so that the fault told is this field and not the count.
 */
static __attribute__((noinline)) uint32_t
walk_group(struct walk *w, const struct frame *up, const struct dict_scope *g,
    const struct dict *d, uint32_t i)
{
	const struct fix_field *f, *counter = &w->m->field[i++];
	struct frame fr = { .scope = g, .up = up, .seen = up->below,
		.below = up->below + g->n + 1, .delimiter = 1 };
	uint32_t index, slot, last = UINT32_MAX; /* no instance is open */
	bool counted = num_parse_u64(w->m->buf + counter->off, counter->len,
			   &fr.count) == 0;
	int reason;

	if (!counted)
		fr.count = UINT64_MAX;
	while ((i = take_in_order(w, &fr, d, i, &last)) < w->m->nfield) {
		f = &w->m->field[i];
		index = dict_index(d, f->tag);
		slot = dict_slot(g, index);
		if (slot == 0) {
			if (fr.n == 0 || known_above(w, up, f->tag, index))
				break;
			reason = check_stray(w, d, index, f);
			if (reason != VALUE_OK)
				note_inside(w, (enum fix_reject)reason,
				    f->tag);
			i++;
			continue;
		}
		if (enter_member(w, &fr, slot, index, &last) == LEAVES)
			break;
		i = take_member(w, &fr, d, &g->member[slot], i);
	}
	close_instance(w, &fr);
	if (counted && fr.n != fr.count && (w->profile == 0 || up->up == NULL))
		note(w, STAGE_FIELD, w->group_section, w->group_tag,
		    up->up == NULL ? STEP_COUNT : STEP_INSIDE,
		    FIX_REJECT_GROUP_COUNT, counter->tag);
	return i;
}

/*
 * A field that is no member of the section before it: does it open another
 * one, or is it a fault here?
 */
static __attribute__((noinline)) bool
leaves_section(struct walk *w, enum dict_section section,
    const struct fix_field *f)
{
	const struct dict *d;
	uint32_t index;
	int reason;

	if (dict_place(w->transport, w->dict, f->tag, &d, &index) != section)
		return true;
	/* A group that the dictionary does not know may repeat the tag. */
	reason = check_stray(w, d, index, f);
	if (reason != VALUE_OK)
		note(w, STAGE_FIELD, rank_of[section], f->tag, STEP_FIELD,
		    (enum fix_reject)reason, f->tag);
	return false;
}

/*
 * Take the fields from i on that belong to one section, with their groups;
 * returns the first behind them. The loop runs for every field of every
 * message, so what it needs is in local variables.
 */
static __attribute__((noinline)) uint32_t
take_section(struct walk *w, enum dict_section section, uint32_t i)
{
	const struct dict *d = section == DICT_BODY ? w->dict : w->transport;
	const struct fix_field *f, *field = w->m->field;
	struct frame *fr = &w->frame[section];
	const struct dict_scope *scope = fr->scope;
	uint32_t *seen = fr->seen, instance = fr->instance, nrequired = 0;
	uint32_t slot, n = w->m->nfield;
	unsigned profile = w->profile;
	const struct dict_member *m;
	int reason;

	while (i < n) {
		f = &field[i++];
		slot = dict_slot(scope, dict_index(d, f->tag));
		if (slot == 0) {
			if (!leaves_section(w, section, f))
				continue;
			i--;
			break;
		}
		m = &scope->member[slot];
		if (seen[slot] == instance) {
			reason = FIX_REJECT_REPEATED;
		} else {
			seen[slot] = instance;
			nrequired += m->flags >> profile & 1;
			reason = check_value(w, d, m, f);
		}
		if (reason != VALUE_OK)
			note(w, STAGE_FIELD, rank_of[section], f->tag,
			    STEP_FIELD, (enum fix_reject)reason, f->tag);
		if (m->group == NULL)
			continue;
		w->group_section = rank_of[section];
		w->group_tag = f->tag;
		i = walk_group(w, fr, m->group, d, i - 1);
	}
	fr->nrequired += nrequired;
	return i;
}

static inline uint32_t *
place_frame(struct walk *w, enum dict_section section,
    const struct dict_scope *scope, uint32_t *at)
{
	struct frame *fr = &w->frame[section];

	fr->scope = scope;
	fr->up = NULL;
	fr->seen = at;
	fr->instance = w->s->instance;
	fr->nrequired = 0;
	fr->delimiter = 0;
	return at + scope->n + 1;
}

static void
place_frames(struct walk *w, const struct dict_scope *body)
{
	const struct dict *t = w->transport;
	uint32_t *at = w->s->seen;

	w->s->instance++;
	at = place_frame(w, DICT_HEADER, &t->header, at);
	at = place_frame(w, DICT_BODY, body, at);
	at = place_frame(w, DICT_TRAILER, &t->trailer, at);
	w->frame[DICT_HEADER].below = at;
	w->frame[DICT_BODY].below = at;
	w->frame[DICT_TRAILER].below = at;
}

static bool
refuse(struct dict_reject *rej, enum fix_reject reason, int32_t tag)
{
	rej->reason = reason;
	rej->tag = tag;
	return false;
}

/* Header, body, trailer: the first field behind its section, or NULL. */
static const struct fix_field *
out_of_order(const struct walk *w)
{
	enum dict_section section, before = DICT_HEADER;
	const struct dict *d;
	uint32_t i, index;

	for (i = 0; i < w->m->nfield; i++) {
		section = dict_place(w->transport, w->dict,
		    w->m->field[i].tag, &d, &index);
		if (section < before)
			return &w->m->field[i];
		before = section;
	}
	return NULL;
}

static void
check_required(struct walk *w)
{
	const struct frame *fr;
	int32_t tag;
	int i;

	for (i = 0; i < DICT_SECTIONS; i++) {
		fr = &w->frame[i];
		if (fr->nrequired == fr->scope->nrequired[w->profile])
			continue;
		/* QuickFIX asks the application's dictionary, which says
		 * nothing of header and trailer. */
		if (w->profile != 0 && i != DICT_BODY &&
		    w->dict != w->transport)
			continue;
		tag = first_missing(w, fr);
		note(w, STAGE_REQUIRED, rank_of[i], tag, STEP_FIELD,
		    FIX_REJECT_REQUIRED_MISSING, tag);
	}
}

bool
dict_validate(const struct dict *transport, const struct dict *app,
    unsigned flags, const struct fix_msg *m, struct dict_scratch *s,
    struct dict_reject *rej)
{
	struct walk w;
	bool ordered = (flags & DICT_FIELDS_OUT_OF_ORDER) != 0;
	enum dict_section section, before = DICT_HEADER;
	const struct fix_field *f;
	const struct dict_msg *type;
	const struct dict *d;
	uint32_t i = 0, index;

	w.transport = transport;
	w.m = m;
	w.s = s;
	w.flags = flags;
	w.best = RANK_NONE;
	w.rej = rej;
	w.profile = (flags & DICT_PROFILE_QUICKFIX) != 0;
	type = dict_find(transport, app, m, &w.dict);
	if (type == NULL) {
		f = ordered ? out_of_order(&w) : NULL;
		return f != NULL
		    ? refuse(rej, FIX_REJECT_ORDER, f->tag)
		    : refuse(rej, FIX_REJECT_MSG_TYPE, DICT_NO_TAG);
	}
	if (!prepare(s, transport->header.room + transport->trailer.room +
		type->scope.room, m->nfield))
		return refuse(rej, FIX_REJECT_OTHER, DICT_NO_TAG);
	place_frames(&w, &type->scope);
	while (i < m->nfield) {
		section = dict_place(transport, w.dict, m->field[i].tag, &d,
		    &index);
		if (section < before && ordered)
			return refuse(rej, FIX_REJECT_ORDER, m->field[i].tag);
		before = section;
		i = take_section(&w, section, i);
	}
	check_required(&w);
	return w.best == RANK_NONE;
}
