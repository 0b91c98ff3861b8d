#include "check_dict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dict/xml/xml.h"

#define FIELDS_MAX 4096

static struct {
	const char *name;
	struct dict *d;
} cache[] = { { "FIX40", NULL }, { "FIX41", NULL }, { "FIX42", NULL },
	{ "FIX43", NULL }, { "FIX44", NULL }, { "FIX50", NULL },
	{ "FIX50SP1", NULL }, { "FIX50SP2", NULL }, { "FIXT11", NULL } };

#define NCACHE (sizeof(cache) / sizeof(cache[0]))

static struct dict *
load(const char *folder, const char *name, unsigned flags)
{
	const char *src = getenv("FG_SRC");
	struct dict_faults faults = { 0 };
	struct buf text = { 0 };
	struct dict *d = NULL;
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/%s/%s.xml", src == NULL ? "." : src,
	    folder, name);
	err = dict_xml_load(&d, path, flags, &faults);
	dict_faults_write(&faults, path, &text);
	ck_assert_msg(err == 0, "%.*s", (int)text.len, text.p);
	dict_faults_free(&faults);
	buf_free(&text);
	return d;
}

const struct dict *
shipped(const char *name)
{
	size_t i = 0;

	while (i < NCACHE && strcmp(cache[i].name, name) != 0)
		i++;
	ck_assert(i < NCACHE);
	if (cache[i].d == NULL)
		cache[i].d = load("dict", name, 0);
	return cache[i].d;
}

struct dict *
from_file(const char *name, unsigned flags)
{
	return load("t/dict", name, flags);
}

struct parsed
parse(const char *text, const struct dict *d)
{
	size_t n = strlen(text), i;
	struct parsed p = { 0 };

	p.buf = malloc(n);
	p.m.field = calloc(FIELDS_MAX, sizeof(*p.m.field));
	p.m.cap = FIELDS_MAX;
	ck_assert(p.buf != NULL && p.m.field != NULL);
	for (i = 0; i < n; i++)
		p.buf[i] = text[i] == '|' ? '\001' : text[i];
	ck_assert_msg(fix_parse(&p.m, p.buf, n, dict_lens(d)) == 0, "%s",
	    text);
	return p;
}

void
parsed_free(struct parsed *p)
{
	free(p->m.field);
	free(p->buf);
}

int
main(void)
{
	Suite *s = suite_create("dict");
	SRunner *r;
	size_t i;
	int failed;

	suite_add_tcase(s, load_cases());
	suite_add_tcase(s, limits_cases());
	suite_add_tcase(s, validate_cases());
	suite_add_tcase(s, pretty_cases());
	suite_add_tcase(s, table_cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	for (i = 0; i < NCACHE; i++)
		dict_free(cache[i].d);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
