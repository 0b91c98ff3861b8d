/*
 * Any bytes as a message, '|' for SOH. The first byte holds the switches, the
 * second chooses the dictionary: a small one, or one of those in dict/, of
 * which 5.0 and later go with FIXT.1.1. Then the message is shown.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dict/pretty.h"
#include "dict/xml/xml.h"
#include "fuzz.h"

#define FIELDS 512

static const char text[] =
    "<fix major='4' minor='4'><header><field name='A' required='Y'/>"
    "<field name='B'/><group name='H'><field name='I'/></group></header>"
    "<trailer><field name='Z' required='Y'/></trailer><messages>"
    "<message name='M' msgtype='D'><field name='C' required='Y'/>"
    "<field name='N'/><field name='F'/><field name='T'/><field name='W'/>"
    "<field name='L'/><field name='R'/><group name='G' required='Y'>"
    "<field name='K' required='Y'/><field name='C'/><field name='N'/>"
    "<group name='J'><field name='O' required='Y'/><field name='V'/></group>"
    "</group></message></messages><fields>"
    "<field number='35' name='A' type='STRING'/>"
    "<field number='50' name='B' type='CHAR'/>"
    "<field number='60' name='H' type='INT'/>"
    "<field number='61' name='I' type='STRING'/>"
    "<field number='10' name='Z' type='STRING'/>"
    "<field number='1' name='C' type='CHAR'><value enum='x'/></field>"
    "<field number='2' name='N' type='INT'/>"
    "<field number='3' name='F' type='FLOAT'/>"
    "<field number='4' name='T' type='UTCTIMESTAMP'/>"
    "<field number='5' name='W' type='MULTIPLEVALUESTRING'>"
    "<value enum='AA'/><value enum='B'/></field>"
    "<field number='11' name='L' type='LENGTH'/>"
    "<field number='12' name='R' type='DATA'/>"
    "<field number='20' name='G' type='NUMINGROUP'/>"
    "<field number='21' name='K' type='STRING'/>"
    "<field number='22' name='J' type='NUMINGROUP'/>"
    "<field number='23' name='O' type='MONTHYEAR'/>"
    "<field number='100093' name='V' type='TZTIMESTAMP'/></fields></fix>";

struct pair {
	const struct dict *transport, *app;
};

static struct dict *
small(void)
{
	struct dict_faults faults = { 0 };
	struct dict *d;

	FUZZ_CHECK(dict_xml_load_mem(&d, text, sizeof(text) - 1, 0,
		       &faults) == 0);
	dict_faults_free(&faults);
	return d;
}

static struct dict *
shipped(const char *name)
{
	const char *src = getenv("FG_SRC");
	struct dict_faults faults = { 0 };
	char path[4096];
	struct dict *d;

	snprintf(path, sizeof(path), "%s/dict/%s.xml", src == NULL ? "." : src,
	    name);
	FUZZ_CHECK(dict_xml_load(&d, path, 0, &faults) == 0);
	dict_faults_free(&faults);
	return d;
}

/* Each is loaded when it is first asked for. */
static struct pair
dictionaries(unsigned which)
{
	static const char *const name[] = { NULL, "FIX50SP2", "FIX44", "FIX42",
		"FIX40", "FIX50" };
	static struct dict *loaded[sizeof(name) / sizeof(name[0])], *fixt;
	struct dict **d = &loaded[which %= sizeof(name) / sizeof(name[0])];

	if (*d == NULL)
		*d = which == 0 ? small() : shipped(name[which]);
	if (which != 1 && which != 5)
		return (struct pair){ *d, *d };
	if (fixt == NULL)
		fixt = shipped("FIXT11");
	return (struct pair){ fixt, *d };
}

static void
check_shown(struct pair d, const struct fix_msg *m)
{
	static const int32_t masked[] = { 2 };
	struct buf out = { 0 };
	size_t i;

	FUZZ_CHECK(dict_pretty(d.transport, d.app, m, masked, 1, &out) == 0);
	FUZZ_CHECK(dict_json(d.transport, d.app, m, masked, 1, &out) == 0);
	for (i = 0; i < out.len; i++)
		FUZZ_CHECK((unsigned char)out.p[i] >= ' ' || out.p[i] == '\n');
	buf_free(&out);
}

/* A Reject names a field of the message, or one that is known and missing. */
static void
check_reject(struct pair d, const struct fix_msg *m,
    const struct dict_reject *rej)
{
	FUZZ_CHECK(*fix_reject_text(rej->reason) != '\0');
	if (rej->reason == FIX_REJECT_MSG_TYPE)
		FUZZ_CHECK(rej->tag == DICT_NO_TAG);
	else if (rej->reason == FIX_REJECT_REQUIRED_MISSING)
		FUZZ_CHECK(dict_field_by_tag(d.app, rej->tag) != NULL ||
		    dict_field_by_tag(d.transport, rej->tag) != NULL);
	else
		FUZZ_CHECK(fix_find(m, rej->tag) != NULL);
}

static void
check(struct pair d, const struct fix_msg *m, unsigned flags)
{
	struct dict_scratch *s = dict_scratch_new();
	struct dict_reject rej, again;
	bool ok, ok_again;

	FUZZ_CHECK(s != NULL);
	ok = dict_validate(d.transport, d.app, flags, m, s, &rej);
	ok_again = dict_validate(d.transport, d.app, flags, m, s, &again);
	FUZZ_CHECK(ok == ok_again);
	if (ok) {
		/* What passes also passes with less to check. */
		flags &= ~(unsigned)(DICT_FIELDS_OUT_OF_ORDER |
		    DICT_FIELDS_HAVE_VALUES | DICT_USER_DEFINED_FIELDS |
		    DICT_UNORDERED_GROUP_FIELDS);
		flags |= DICT_ALLOW_UNKNOWN_MSG_FIELDS |
		    DICT_ALLOW_UNKNOWN_ENUM_VALUES;
		FUZZ_CHECK(dict_validate(d.transport, d.app, flags, m, s, &rej));
	} else {
		FUZZ_CHECK(rej.reason == again.reason && rej.tag == again.tag);
		check_reject(d, m, &rej);
	}
	dict_scratch_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fix_field field[FIELDS];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	unsigned flags;
	struct pair d;
	size_t i;
	char *p;

	if (n < 3)
		return 0;
	flags = data[0];
	d = dictionaries(data[1]);
	data += 2;
	n -= 2;
	/* Exactly as long as the message, for the sanitizer. */
	p = malloc(n);
	FUZZ_CHECK(p != NULL);
	for (i = 0; i < n; i++)
		p[i] = data[i] == '|' ? '\001' : (char)data[i];
	if (fix_parse(&m, p, n, dict_lens(d.app)) == 0) {
		check(d, &m, flags);
		check_shown(d, &m);
	}
	free(p);
	return 0;
}
