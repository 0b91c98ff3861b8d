/*
 * Any bytes as a message, '|' for SOH, under one small dictionary; the first
 * byte holds the switches. Then the message is shown.
 */
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

static const struct dict *
dictionary(void)
{
	static struct dict *d;
	struct dict_faults faults = { 0 };

	if (d == NULL)
		FUZZ_CHECK(dict_xml_load_mem(&d, text, sizeof(text) - 1, 0,
			       &faults) == 0);
	return d;
}

static void
check_shown(const struct dict *d, const struct fix_msg *m)
{
	static const int32_t masked[] = { 2 };
	struct buf out = { 0 };
	size_t i;

	FUZZ_CHECK(dict_pretty(d, d, m, masked, 1, &out) == 0);
	FUZZ_CHECK(dict_json(d, d, m, masked, 1, &out) == 0);
	for (i = 0; i < out.len; i++)
		FUZZ_CHECK((unsigned char)out.p[i] >= ' ' || out.p[i] == '\n');
	buf_free(&out);
}

static void
check(const struct dict *d, const struct fix_msg *m, unsigned flags)
{
	struct dict_scratch *s = dict_scratch_new();
	struct dict_reject rej, again;
	bool ok, ok_again;

	FUZZ_CHECK(s != NULL);
	ok = dict_validate(d, d, flags, m, s, &rej);
	ok_again = dict_validate(d, d, flags, m, s, &again);
	FUZZ_CHECK(ok == ok_again);
	if (ok) {
		/* What passes also passes with less to check. */
		flags &= ~(unsigned)(DICT_FIELDS_OUT_OF_ORDER |
		    DICT_FIELDS_HAVE_VALUES | DICT_USER_DEFINED_FIELDS |
		    DICT_UNORDERED_GROUP_FIELDS);
		flags |= DICT_ALLOW_UNKNOWN_MSG_FIELDS |
		    DICT_ALLOW_UNKNOWN_ENUM_VALUES;
		FUZZ_CHECK(dict_validate(d, d, flags, m, s, &rej));
	} else {
		FUZZ_CHECK(rej.reason == again.reason && rej.tag == again.tag);
		FUZZ_CHECK(*fix_reject_text(rej.reason) != '\0');
	}
	dict_scratch_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct dict *d = dictionary();
	struct fix_field field[FIELDS];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	char *p;
	size_t i;

	if (n == 0)
		return 0;
	/* Exactly as long as the message, for the sanitizer. */
	p = malloc(n);
	FUZZ_CHECK(p != NULL);
	for (i = 1; i < n; i++)
		p[i - 1] = data[i] == '|' ? '\001' : (char)data[i];
	p = realloc(p, n > 1 ? n - 1 : 1);
	if (fix_parse(&m, p, n - 1, dict_lens(d)) == 0) {
		check(d, &m, data[0] & 127);
		check_shown(d, &m);
	}
	free(p);
	return 0;
}
