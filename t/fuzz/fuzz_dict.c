/* Any bytes as a dictionary of either format, strict and lenient. */
#include <string.h>

#include "base/err.h"
#include "dict/dump.h"
#include "dict/xml/xml.h"
#include "fuzz.h"

static void
check_field(const struct dict *d, int32_t tag)
{
	const struct dict_field *f = dict_field_by_tag(d, tag), *named;
	size_t i;

	if (f == NULL)
		return;
	FUZZ_CHECK(f->tag == tag && tag > 0);
	named = dict_field_by_name(d, f->name);
	FUZZ_CHECK(named == f);
	FUZZ_CHECK(dict_type_name(f->type) != NULL);
	for (i = 0; i < f->nvalues; i++) {
		FUZZ_CHECK(i == 0 ||
		    strcmp(f->values[i - 1].value, f->values[i].value) < 0);
		FUZZ_CHECK(dict_value_label(f, f->values[i].value,
			       strlen(f->values[i].value)) ==
		    f->values[i].label);
	}
}

static void
check_dict(const struct dict *d)
{
	static const char text[] = "8=F\0019=1\00135=D\0011=x\00178=2\001"
				   "79=a\00179=b\00110=000\001";
	struct fix_field field[16];
	struct fix_msg m = { .field = field, .cap = 16 };
	struct dict_scratch *s = dict_scratch_new();
	struct buf out = { 0 };
	struct dict_reject rej;
	int32_t tag;
	int err;

	FUZZ_CHECK(s != NULL && dict_version(d) != NULL);
	for (tag = -1; tag < 256; tag++)
		check_field(d, tag);
	if (fix_parse(&m, text, sizeof(text) - 1, dict_lens(d)) == 0)
		dict_validate(d, d, DICT_FLAGS_DEFAULT, &m, s, &rej);
	err = dict_dump(d, &out);
	FUZZ_CHECK((err == 0 || err == FG_ELIMIT) && out.len > 0);
	buf_free(&out);
	dict_scratch_free(s);
}

static int
load(const char *text, size_t n, unsigned flags)
{
	struct dict_faults faults = { 0 };
	struct buf out = { 0 };
	struct dict *d = NULL;
	int err = dict_xml_load_mem(&d, text, n, flags, &faults);
	size_t i;

	FUZZ_CHECK((err == 0) == (d != NULL));
	FUZZ_CHECK(err != 0 || faults.errors == 0);
	FUZZ_CHECK(err != FG_EINVAL || faults.errors > 0);
	for (i = 1; i < faults.n; i++)
		FUZZ_CHECK(faults.fault[i - 1].line <= faults.fault[i].line);
	FUZZ_CHECK(dict_faults_write(&faults, "f", &out) == 0);
	if (d != NULL)
		check_dict(d);
	dict_free(d);
	buf_free(&out);
	dict_faults_free(&faults);
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	int strict = load(text, n, 0);
	int lenient = load(text, n, DICT_LENIENT);

	FUZZ_CHECK(strict != 0 || lenient == 0);
	return 0;
}
