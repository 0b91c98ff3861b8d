/* fields.c: the field tables: by tag, by name, types and value sets. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "dict/defs.h"

#define FIELDS_MAX 60000 /* a field index has 16 bits */
#define HASHED_MAX 16384 /* longer lists of values are searched */

static const struct {
	const char *name;
	uint8_t format;
	bool tokens;
} types[] = {
	[DICT_STRING] = { "STRING", DICT_FORM_ANY, false },
	[DICT_CHAR] = { "CHAR", DICT_FORM_CHAR, false },
	[DICT_BOOLEAN] = { "BOOLEAN", DICT_FORM_BOOLEAN, false },
	[DICT_INT] = { "INT", DICT_FORM_INT, false },
	[DICT_LENGTH] = { "LENGTH", DICT_FORM_COUNT, false },
	[DICT_NUMINGROUP] = { "NUMINGROUP", DICT_FORM_COUNT, false },
	/* EndSeqNo (16) is a SEQNUM, and there 0 means "all". */
	[DICT_SEQNUM] = { "SEQNUM", DICT_FORM_COUNT, false },
	[DICT_TAGNUM] = { "TAGNUM", DICT_FORM_TAG, false },
	[DICT_DAYOFMONTH] = { "DAYOFMONTH", DICT_FORM_DAY, false },
	[DICT_FLOAT] = { "FLOAT", DICT_FORM_FLOAT, false },
	[DICT_PRICE] = { "PRICE", DICT_FORM_FLOAT, false },
	[DICT_QTY] = { "QTY", DICT_FORM_FLOAT, false },
	[DICT_AMT] = { "AMT", DICT_FORM_FLOAT, false },
	[DICT_PERCENTAGE] = { "PERCENTAGE", DICT_FORM_FLOAT, false },
	[DICT_PRICEOFFSET] = { "PRICEOFFSET", DICT_FORM_FLOAT, false },
	/* Crypto venues send 3 to 10 letters as a currency. */
	[DICT_CURRENCY] = { "CURRENCY", DICT_FORM_ANY, false },
	[DICT_COUNTRY] = { "COUNTRY", DICT_FORM_LETTERS, false },
	[DICT_LANGUAGE] = { "LANGUAGE", DICT_FORM_LETTERS, false },
	[DICT_EXCHANGE] = { "EXCHANGE", DICT_FORM_ANY, false },
	[DICT_MULTIPLECHARVALUE] = { "MULTIPLECHARVALUE", DICT_FORM_CHARS,
	    true },
	[DICT_MULTIPLESTRINGVALUE] = { "MULTIPLESTRINGVALUE", DICT_FORM_TOKENS,
	    true },
	[DICT_MULTIPLEVALUESTRING] = { "MULTIPLEVALUESTRING", DICT_FORM_TOKENS,
	    true },
	[DICT_UTCTIMESTAMP] = { "UTCTIMESTAMP", DICT_FORM_TIMESTAMP, false },
	/* What 4.0 and 4.1 call the UTCTIMESTAMP. */
	[DICT_TIME] = { "TIME", DICT_FORM_TIMESTAMP, false },
	[DICT_UTCTIMEONLY] = { "UTCTIMEONLY", DICT_FORM_TIME, false },
	[DICT_UTCDATE] = { "UTCDATE", DICT_FORM_DATE, false },
	[DICT_UTCDATEONLY] = { "UTCDATEONLY", DICT_FORM_DATE, false },
	[DICT_DATE] = { "DATE", DICT_FORM_LOCAL_DATE, false },
	[DICT_LOCALMKTDATE] = { "LOCALMKTDATE", DICT_FORM_LOCAL_DATE, false },
	[DICT_LOCALMKTTIME] = { "LOCALMKTTIME", DICT_FORM_LOCAL_TIME, false },
	[DICT_MONTHYEAR] = { "MONTHYEAR", DICT_FORM_MONTH_YEAR, false },
	[DICT_TZTIMEONLY] = { "TZTIMEONLY", DICT_FORM_TZ_TIME, false },
	[DICT_TZTIMESTAMP] = { "TZTIMESTAMP", DICT_FORM_TZ_TIMESTAMP, false },
	[DICT_XID] = { "XID", DICT_FORM_ANY, false },
	[DICT_XIDREF] = { "XIDREF", DICT_FORM_ANY, false },
	[DICT_DATA] = { "DATA", DICT_FORM_ANY, false },
	[DICT_XMLDATA] = { "XMLDATA", DICT_FORM_ANY, false },
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

const char *
dict_type_name(enum dict_type t)
{
	return types[t].name;
}

/* Compare without case, '-' and '_'. */
static bool
same_type(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "-_");
		b += strspn(b, "-_");
		if (strncasecmp(a, b, 1) != 0)
			return false;
		if (*a == '\0')
			return true;
	}
}

int
dict_type_find(const char *name)
{
	size_t i;

	for (i = 0; i < NTYPES; i++)
		if (same_type(types[i].name, name))
			return (int)i;
	return -1;
}

static enum dict_type
find_type(struct dict_build *b, const struct dict_fdef *f)
{
	size_t i;
	int t = dict_type_find(f->type);

	if (t >= 0)
		return (enum dict_type)t;
	for (i = 0; i < b->nodd; i++)
		if (same_type(b->odd[i], f->type))
			return DICT_STRING;
	if (b->nodd < DICT_ODD_MAX)
		b->odd[b->nodd++] = f->type;
	dict_faults_add(b->faults, false, f->line,
	    "field %s: unknown type %s is treated as STRING", f->name,
	    f->type);
	return DICT_STRING;
}

static int
by_tag(const void *a, const void *b)
{
	const struct dict_fdef *const *x = a, *const *y = b;

	int c;

	if ((*x)->tag != (*y)->tag)
		return (*x)->tag < (*y)->tag ? -1 : 1;
	c = strcmp((*x)->name, (*y)->name);
	if (c != 0)
		return c;
	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

static int
by_name(const void *a, const void *b)
{
	const struct dict_name *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (c != 0)
		return c;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int
by_value(const void *a, const void *b)
{
	const struct dict_value *x = a, *y = b;

	return strcmp(x->value, y->value);
}

/* Whether all values are of one byte. */
static bool
fill_chars(struct dict_rule *r, const struct dict_field *f)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < f->nvalues; i++) {
		c = (unsigned char)f->values[i].value[0];
		if (c == '\0' || f->values[i].value[1] != '\0')
			return false;
		r->chars[c / 64] |= UINT64_C(1) << (c % 64);
	}
	return true;
}

static void
fill_texts(struct dict_build *b, struct dict_rule *r,
    const struct dict_field *f)
{
	size_t i, n, cap = 4;
	uint64_t key, *table;
	uint64_t at;

	if (f->nvalues > HASHED_MAX)
		return;
	while (cap < f->nvalues * 2)
		cap *= 2;
	table = dict_build_alloc(b, &b->dict->arena, cap, sizeof(*table));
	if (table == NULL)
		return;
	r->mask = (uint16_t)(cap - 1);
	r->key = table;
	for (i = 0; i < f->nvalues; i++) {
		n = strlen(f->values[i].value);
		if (n == 0 || n > 8)
			continue;
		key = dict_key(f->values[i].value, n);
		at = dict_hash(key) & r->mask;
		while (table[at] != 0)
			at = (at + 1) & r->mask;
		table[at] = key;
	}
}

/* Values of all the definitions of one field, sorted, each once. */
static void
fill_values(struct dict_build *b, struct dict_field *f,
    struct dict_fdef *const *def, size_t ndef)
{
	struct dict_value *v;
	const struct value *x;
	size_t i, j, n = 0;

	for (i = 0; i < ndef; i++)
		n += def[i]->nvalues;
	if (n == 0)
		return;
	v = dict_build_alloc(b, &b->dict->arena, n, sizeof(*v));
	if (v == NULL)
		return;
	/* The lists are backwards; of two labels the first one counts. */
	for (n = 0, i = 0; i < ndef; i++) {
		n += def[i]->nvalues;
		for (j = n, x = def[i]->values; x != NULL; x = x->next)
			v[--j] = (struct dict_value){ x->value, x->label };
	}
	qsort(v, n, sizeof(*v), by_value);
	f->values = v;
	f->nvalues = 1;
	for (i = 1; i < n; i++)
		if (strcmp(v[i].value, v[f->nvalues - 1].value) != 0)
			v[f->nvalues++] = v[i];
}

/* What quick.h may accept; it reads 16 bytes, and 0 leaves all to the rest. */
static void
fill_quick(struct dict_rule *r)
{
	switch ((enum dict_format)r->format) {
	case DICT_FORM_ANY:
		r->sure_max = UINT32_MAX;
		break;
	case DICT_FORM_CHAR:
		r->sure_max = 1;
		break;
	case DICT_FORM_FLOAT:
		r->dots = UINT16_MAX;
		/* FALLTHROUGH */
	case DICT_FORM_INT:
		r->minus = true;
		/* FALLTHROUGH */
	case DICT_FORM_COUNT:
		r->sure_max = 16;
		r->number = true;
		break;
	case DICT_FORM_CHARS:
	case DICT_FORM_TOKENS:
		if (r->set == DICT_SET_CHARS && (r->chars[0] >> ' ' & 1) == 0)
			r->sure_max = 1;
		break;
	default:
		break;
	}
	if (r->set == DICT_SET_CHARS && r->sure_max > 1)
		r->sure_max = 1;
	if (r->set == DICT_SET_ANY)
		memset(r->chars, 0xff, sizeof(r->chars));
	if (r->set == DICT_SET_TEXTS)
		r->sure_max = 0;
}

static void
fill_rule(struct dict_build *b, struct dict_rule *r,
    const struct dict_field *f)
{
	r->section = DICT_BODY;
	r->format = types[f->type].format;
	if (f->type == DICT_CHAR && b->char_is_string)
		r->format = DICT_FORM_ANY;
	r->tokens = types[f->type].tokens;
	/* The messages decide which types exist, not the values of 35: in the
	 * 5.0 files these list types that the file does not define. */
	if (f->nvalues > 0 && !f->open && f->tag != 35) {
		if (fill_chars(r, f)) {
			r->set = DICT_SET_CHARS;
		} else {
			r->set = DICT_SET_TEXTS;
			fill_texts(b, r, f);
		}
	}
	fill_quick(r);
}

/*
 * Make one field of its definitions, which are sorted by name and line, and put
 * its names into d->name. The definition on the first line gives the name.
 */
static void
merge(struct dict_build *b, struct dict_fdef *const *def, size_t ndef)
{
	struct dict *d = b->dict;
	struct dict_field *f = &d->field[++d->nfield];
	const struct dict_fdef *first = def[0];
	size_t i, named = 0;

	for (i = 1; i < ndef; i++)
		if (def[i]->line < first->line)
			first = def[i];
	f->tag = first->tag;
	f->name = first->name;
	f->type = find_type(b, first);
	for (i = 0; i < ndef; i++) {
		f->open = f->open || def[i]->open;
		if (i > 0 && strcmp(def[i]->name, def[named]->name) == 0) {
			dict_faults_add(b->faults, false, def[i]->line,
			    "field %s is defined twice (line %u)",
			    def[i]->name, def[named]->line);
			continue;
		}
		named = i;
		d->name[d->nname++] =
		    (struct dict_name){ def[i]->name, d->nfield };
		if (strcmp(def[i]->name, first->name) != 0)
			DICT_FAULT_SOFT(b, def[i]->line,
			    "field %s: tag %d is also that of %s (line %u)",
			    def[i]->name, def[i]->tag, f->name, first->line);
	}
	fill_values(b, f, def, ndef);
	fill_rule(b, &d->rule[d->nfield], f);
}

/* The last definition of this name. */
static unsigned
line_of_name(struct dict_fdef *const *def, size_t ndef, const char *name)
{
	while (ndef-- > 0)
		if (strcmp(def[ndef]->name, name) == 0)
			return def[ndef]->line;
	return 0;
}

static void
index_names(struct dict_build *b, struct dict_fdef *const *def, size_t ndef)
{
	struct dict *d = b->dict;
	unsigned line = 0;
	size_t i;

	qsort(d->name, d->nname, sizeof(*d->name), by_name);
	for (i = 1; i < d->nname; i++) {
		if (strcmp(d->name[i].name, d->name[i - 1].name) != 0)
			continue;
		/* Of two tags none may be picked silently: refuse always. */
		if (b->faults->n < DICT_FAULTS_MAX)
			line = line_of_name(def, ndef, d->name[i].name);
		dict_faults_add(b->faults, true, line,
		    "field %s has two tags, %d and %d", d->name[i].name,
		    d->field[d->name[i - 1].index].tag,
		    d->field[d->name[i].index].tag);
	}
}

static int
index_tags(struct dict_build *b)
{
	struct dict *d = b->dict;
	uint32_t i;

	for (i = d->nfield; i > 0; i--)
		if (d->field[i].tag < DICT_DIRECT_TAGS)
			break;
	d->ndirect = i == 0 ? 1 : (uint32_t)d->field[i].tag + 1;
	d->direct = dict_build_alloc(b, &d->arena, d->ndirect,
	    sizeof(*d->direct));
	if (d->direct == NULL)
		return FG_ENOMEM;
	for (; i > 0; i--)
		d->direct[d->field[i].tag] = (uint16_t)i;
	return 0;
}

int
dict_build_fields(struct dict_build *b)
{
	struct dict *d = b->dict;
	struct dict_fdef **def, *f;
	size_t i, j, n = 0;

	if (b->nfields > FIELDS_MAX)
		return FG_ELIMIT;
	def = dict_build_alloc(b, &b->arena, b->nfields + 1, sizeof(*def));
	d->field = dict_build_alloc(b, &d->arena, b->nfields + 1,
	    sizeof(*d->field));
	d->rule = dict_build_alloc(b, &d->arena, b->nfields + 1,
	    sizeof(*d->rule));
	d->name = dict_build_alloc(b, &d->arena, b->nfields + 1,
	    sizeof(*d->name));
	if (b->err != 0)
		return b->err;
	d->rule[0].section = DICT_BODY;
	for (f = b->fields; f != NULL; f = f->next)
		def[n++] = f;
	if (n == 0)
		dict_faults_add(b->faults, true, 0, "no fields are defined");
	qsort(def, n, sizeof(*def), by_tag);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && def[j]->tag == def[i]->tag; j++)
			;
		merge(b, def + i, j - i);
	}
	index_names(b, def, n);
	return b->err != 0 ? b->err : index_tags(b);
}
