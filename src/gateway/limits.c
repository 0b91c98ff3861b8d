#include "gateway/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/names.h"

#define SYMBOL_MAX 128 /* bytes of a Symbol that can be in a list */

/* fields */
#define CL_ORD_ID            11
#define ORDER_QTY            38
#define PRICE                44
#define SYMBOL               55
#define STOP_PX              99
#define BID_PX               132
#define OFFER_PX             133
#define BID_SIZE             134
#define OFFER_SIZE           135
#define CASH_ORDER_QTY       152
#define CONTRACT_MULTIPLIER  231
#define QUOTE_ENTRY_ID       299

/* The times of the last messages: no second has more than n. */
struct window {
	mono_t *at; /* owned; n of them */
	unsigned n; /* 0: no limit */
	unsigned next, filled;
};

struct most {
	bool set;
	struct decimal v;
	const char *text;
};

struct limits {
	struct window sends, orders;
	bool wait;
	struct most qty, price, value;
	const char *types, *symbols; /* lists, or NULL */
	unsigned counts; /* orders of the message that was checked last */
};

/* ---- settings ---- */

static int
read_window(struct window *w, const struct conf_section *sec, enum conf_key k)
{
	w->n = (unsigned)conf_int(sec, k);
	if (w->n == 0)
		return 0;
	w->at = calloc(w->n, sizeof(*w->at));
	return w->at == NULL ? FG_ENOMEM : 0;
}

static void
read_most(struct most *m, const struct conf_section *sec, enum conf_key k)
{
	m->text = conf_str(sec, k);
	m->set = m->text != NULL &&
	    decimal_parse(m->text, strlen(m->text), &m->v) == 0;
}

int
limits_new(struct limits **out, const struct conf_section *sec)
{
	struct limits *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL || read_window(&l->sends, sec, CONF_MaxSendRate) != 0 ||
	    read_window(&l->orders, sec, CONF_MaxOrderRate) != 0) {
		limits_free(l);
		return FG_ENOMEM;
	}
	l->wait = conf_enum(sec, CONF_SendRateAction) == CONF_RATE_WAIT;
	read_most(&l->qty, sec, CONF_MaxOrderQty);
	read_most(&l->price, sec, CONF_MaxPrice);
	read_most(&l->value, sec, CONF_MaxNotional);
	l->types = conf_str(sec, CONF_SendMsgTypes);
	l->symbols = conf_str(sec, CONF_SendSymbols);
	if (l->sends.n != 0 || l->orders.n != 0 || l->qty.set ||
	    l->price.set || l->value.set || l->types != NULL ||
	    l->symbols != NULL)
		*out = l;
	else
		limits_free(l);
	return 0;
}

void
limits_free(struct limits *l)
{
	if (l == NULL)
		return;
	free(l->sends.at);
	free(l->orders.at);
	free(l);
}

/* ---- rates ---- */

/* Do k more fit into the second that ends now? */
static bool
has_room(const struct window *w, unsigned k, mono_t now)
{
	unsigned oldest;

	if (w->n == 0 || k == 0)
		return true;
	if (k > w->n)
		return false;
	if (w->filled + k <= w->n)
		return true;
	/* The one whose place the last of them takes. */
	oldest = (w->next + k - 1) % w->n;
	return !mono_before(now, mono_add(w->at[oldest], NS_PER_S));
}

static void
take_room(struct window *w, unsigned k, mono_t now)
{
	for (; w->n != 0 && k > 0; k--) {
		w->at[w->next] = now;
		w->next = (w->next + 1) % w->n;
		w->filled += w->filled < w->n;
	}
}

/* ---- values ---- */

struct look {
	const struct limits *l;
	const struct fix_msg *m;
	char *text;
};

static enum limits_found over(const struct look *k, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum limits_found
over(const struct look *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k->text, LIMITS_ERR_MAX, fmt, ap);
	va_end(ap);
	return LIMITS_OVER;
}

static const char *
name_of(int32_t tag)
{
	switch (tag) {
	case ORDER_QTY:
		return "OrderQty(38)";
	case PRICE:
		return "Price(44)";
	case STOP_PX:
		return "StopPx(99)";
	case BID_PX:
		return "BidPx(132)";
	case OFFER_PX:
		return "OfferPx(133)";
	case BID_SIZE:
		return "BidSize(134)";
	case OFFER_SIZE:
		return "OfferSize(135)";
	case CASH_ORDER_QTY:
		return "CashOrderQty(152)";
	}
	return "a field";
}

static bool
number(const struct look *k, const struct fix_field *f, struct decimal *v)
{
	return decimal_parse(fix_value(k->m, f), f->len, v) == 0;
}

/* The first such field of an entry, or NULL. */
static const struct fix_field *
find(const struct look *k, uint32_t from, uint32_t to, int32_t tag)
{
	uint32_t i;

	for (i = from; i < to; i++)
		if (k->m->field[i].tag == tag)
			return &k->m->field[i];
	return NULL;
}

static int32_t
price_of(int32_t quantity)
{
	switch (quantity) {
	case ORDER_QTY:
		return PRICE;
	case BID_SIZE:
		return BID_PX;
	case OFFER_SIZE:
		return OFFER_PX;
	}
	return 0;
}

static enum limits_found
check_most(const struct look *k, const struct most *most, const char *setting,
    const struct fix_field *f)
{
	struct decimal v;

	if (!most->set)
		return LIMITS_FREE;
	if (!number(k, f, &v))
		return over(k, "%s=%.*s is no number that %s can be held "
		    "against", name_of(f->tag), f->len > 40 ? 40 : (int)f->len,
		    fix_value(k->m, f), setting);
	if (decimal_cmp(v, most->v) <= 0)
		return LIMITS_FREE;
	return over(k, "%s=%.*s is more than %s=%s", name_of(f->tag),
	    f->len > 40 ? 40 : (int)f->len, fix_value(k->m, f), setting,
	    most->text);
}

/* Quantity times price, whatever their signs, times ContractMultiplier. */
static enum limits_found
check_value(const struct look *k, const struct fix_field *qty, uint32_t from,
    uint32_t to)
{
	const struct most *most = &k->l->value;
	const struct fix_field *price, *times;
	char shown[DECIMAL_TEXT_MAX];
	struct decimal q, p, m;

	if (!most->set)
		return LIMITS_FREE;
	price = find(k, from, to, price_of(qty->tag));
	if (price == NULL)
		return over(k, "there is no %s, so the value of %s is not "
		    "known, and cannot be held against MaxNotional=%s",
		    name_of(price_of(qty->tag)), name_of(qty->tag),
		    most->text);
	times = find(k, from, to, CONTRACT_MULTIPLIER);
	if (!number(k, qty, &q) || !number(k, price, &p) ||
	    decimal_mul(q, p, &p) != 0 || (times != NULL &&
	    (!number(k, times, &m) || decimal_mul(p, m, &p) != 0)))
		return over(k, "the value of %s and %s is no number that "
		    "MaxNotional can be held against", name_of(qty->tag),
		    name_of(price->tag));
	if (decimal_cmp(p, decimal_from_int(0)) < 0)
		p = decimal_neg(p);
	if (decimal_cmp(p, most->v) <= 0)
		return LIMITS_FREE;
	decimal_format(shown, p);
	return over(k, "%s times %s is %s, more than MaxNotional=%s",
	    name_of(qty->tag), name_of(price->tag), shown, most->text);
}

static enum limits_found
check_symbol(const struct look *k, const struct fix_field *f)
{
	char name[SYMBOL_MAX];

	if (k->l->symbols == NULL)
		return LIMITS_FREE;
	if (f->len < sizeof(name)) {
		memcpy(name, fix_value(k->m, f), f->len);
		name[f->len] = '\0';
		if (names_have(k->l->symbols, name))
			return LIMITS_FREE;
	}
	return over(k, "Symbol(55)=%.*s is none of SendSymbols",
	    f->len > 60 ? 60 : (int)f->len, fix_value(k->m, f));
}

/* The fields from .. to are one order or quote. */
static enum limits_found
check_entry(const struct look *k, uint32_t from, uint32_t to)
{
	const struct limits *l = k->l;
	enum limits_found found = LIMITS_FREE;
	const struct fix_field *f;
	uint32_t i;

	for (i = from; i < to && found == LIMITS_FREE; i++) {
		f = &k->m->field[i];
		switch (f->tag) {
		case ORDER_QTY:
		case BID_SIZE:
		case OFFER_SIZE:
			found = check_most(k, &l->qty, "MaxOrderQty", f);
			if (found == LIMITS_FREE)
				found = check_value(k, f, from, to);
			break;
		case PRICE:
		case STOP_PX:
		case BID_PX:
		case OFFER_PX:
			found = check_most(k, &l->price, "MaxPrice", f);
			break;
		case CASH_ORDER_QTY:
			found = check_most(k, &l->value, "MaxNotional", f);
			break;
		case SYMBOL:
			found = check_symbol(k, f);
			break;
		}
	}
	return found;
}

/* ---- messages ---- */

static bool
is_one_of(const char *type, const char *const *types, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* Is it an order that opens or changes a risk? */
static bool
limits_is_order(const char *type)
{
	/* NewOrder Single, List, Multileg, Cross; then those that replace */
	static const char *const types[] = { "D", "E", "AB", "s", "G", "AC",
		"t" };

	return is_one_of(type, types, sizeof(types) / sizeof(types[0]));
}

static bool
is_quote(const char *type)
{
	static const char *const types[] = { "S", "i" };

	return is_one_of(type, types, sizeof(types) / sizeof(types[0]));
}

/* Which field begins an entry of a list; 0: the message is one. */
static int32_t
entry_tag(const char *type)
{
	if (strcmp(type, "E") == 0)
		return CL_ORD_ID;
	return strcmp(type, "i") == 0 ? QUOTE_ENTRY_ID : 0;
}

/* *n: how many entries there are. */
static enum limits_found
check_entries(const struct look *k, const char *type, unsigned *n)
{
	enum limits_found found = LIMITS_FREE;
	int32_t first = entry_tag(type);
	uint32_t from = 0, to;

	for (*n = 0; from < k->m->nfield && found == LIMITS_FREE; from = to) {
		for (to = from + 1; to < k->m->nfield; to++)
			if (k->m->field[to].tag == first)
				break;
		*n += first == 0 || k->m->field[from].tag == first;
		found = check_entry(k, from, to);
	}
	return found;
}

static enum limits_found
check_rates(const struct limits *l, const struct look *k, mono_t now)
{
	if (!has_room(&l->sends, 1, now))
		(void)over(k, "more than MaxSendRate=%u messages within a "
		    "second", l->sends.n);
	else if (!has_room(&l->orders, l->counts, now))
		(void)over(k, "more than MaxOrderRate=%u orders within a "
		    "second", l->orders.n);
	else
		return LIMITS_FREE;
	/* What is more than a second's share would wait for ever. */
	return l->wait && (l->orders.n == 0 || l->counts <= l->orders.n) ?
	    LIMITS_WAIT : LIMITS_OVER;
}

enum limits_found
limits_check(struct limits *l, mono_t now, const char *type,
    const struct fix_msg *m, char text[LIMITS_ERR_MAX])
{
	const struct look k = { l, m, text };
	enum limits_found found = LIMITS_FREE;
	unsigned n = 0;

	if (l == NULL)
		return LIMITS_FREE;
	if (l->types != NULL && !names_have(l->types, type))
		return over(&k, "MsgType %.30s is none of SendMsgTypes", type);
	if (limits_is_order(type) || is_quote(type))
		found = check_entries(&k, type, &n);
	l->counts = limits_is_order(type) ? (n == 0 ? 1 : n) : 0;
	return found != LIMITS_FREE ? found : check_rates(l, &k, now);
}

void
limits_count(struct limits *l, mono_t now)
{
	if (l == NULL)
		return;
	take_room(&l->sends, 1, now);
	take_room(&l->orders, l->counts, now);
}
