/* compare.c: do two sections say the same? Their lines do not count. */
#include <assert.h>
#include <string.h>

#include "conf/internal.h"

static bool
counts(const struct conf_entry *e)
{
	return e->key != CONF_NKEYS && conf_rules[e->key].class == CONF_OBEYED;
}

static bool
same_entry(const struct conf_entry *a, const struct conf_entry *b)
{
	if (b == NULL || strcmp(a->value, b->value) != 0)
		return false;
	/* Where the file lies decides what a relative path means. */
	return a->path == NULL || b->path == NULL ? a->path == b->path :
	    strcmp(a->path, b->path) == 0;
}

static const enum conf_key limits[] = { CONF_MaxSendRate, CONF_MaxOrderRate,
	CONF_SendRateAction, CONF_MaxOrderQty, CONF_MaxPrice, CONF_MaxNotional,
	CONF_SendMsgTypes, CONF_SendSymbols };
#define NLIMITS (sizeof(limits) / sizeof(limits[0]))

/* May it change while the session is logged on? */
static bool
is_light(enum conf_key k)
{
	size_t i;

	for (i = 0; i < NLIMITS; i++)
		if (limits[i] == k)
			return true;
	return k == CONF_Enabled;
}

/* All of a's settings are b's, too; *n counts them. k CONF_NKEYS: of any
 * that is not light. */
static bool
within(const struct conf_section *a, const struct conf_section *b,
    enum conf_key k, size_t *n)
{
	const struct conf_entry *e;
	size_t i;

	for (i = *n = 0; i < a->n; i++) {
		e = &a->entry[i];
		if (!counts(e) || (k == CONF_NKEYS ?
		    is_light(e->key) : e->key != k))
			continue;
		if (!same_entry(e, section_find(b, e->key, e->suffix)))
			return false;
		(*n)++;
	}
	return true;
}

static bool
same(const struct conf_section *a, const struct conf_section *b,
    enum conf_key k)
{
	size_t na, nb;

	return within(a, b, k, &na) && within(b, a, k, &nb) && na == nb;
}

/* The file that HolidayCalendar names may say something else now. */
static bool
same_holidays(const struct schedule *a, const struct schedule *b)
{
	size_t i;

	if (a->nholidays != b->nholidays)
		return false;
	for (i = 0; i < a->nholidays; i++)
		if (a->holiday[i].date != b->holiday[i].date ||
		    a->holiday[i].end != b->holiday[i].end)
			return false;
	return true;
}

bool
conf_same(const struct conf_section *a, const struct conf_section *b)
{
	return same(a, b, CONF_NKEYS) &&
	    same_holidays(&a->schedule, &b->schedule);
}

bool
conf_same_limits(const struct conf_section *a, const struct conf_section *b)
{
	size_t i;

	for (i = 0; i < NLIMITS; i++)
		if (!conf_same_key(a, b, limits[i]))
			return false;
	return true;
}

bool
conf_same_key(const struct conf_section *a, const struct conf_section *b,
    enum conf_key k)
{
	assert(k != CONF_NKEYS);
	return same(a, b, k);
}

bool
conf_is_gateways(enum conf_key k)
{
	return conf_rules[k].class == CONF_OBEYED &&
	    (conf_rules[k].where & CONF_IN_GATEWAY) != 0;
}

const char *
conf_key_name(enum conf_key k)
{
	return conf_rules[k].name;
}
