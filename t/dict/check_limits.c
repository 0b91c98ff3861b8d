#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "check_dict.h"
#include "dict/xml/xml.h"

START_TEST(what_is_no_file_or_too_long_a_one_is_refused)
{
	struct dict_faults faults = { 0 };
	char path[] = "/tmp/fixgate-dict-XXXXXX";
	struct dict *d = NULL;
	int fd = mkstemp(path);

	ck_assert(fd >= 0);
	ck_assert_int_eq(FG_EIO, dict_xml_load(&d, "/", 0, &faults));
	ck_assert_int_eq(0, ftruncate(fd, DICT_XML_MAX + 1));
	ck_assert_int_eq(FG_ELIMIT, dict_xml_load(&d, path, 0, &faults));
	ck_assert_uint_eq(2, faults.errors);
	close(fd);
	unlink(path);
	dict_faults_free(&faults);
}
END_TEST

START_TEST(lines_are_counted_beyond_65535)
{
	static const char head[] = "<fix major='5'><messages/><fields>";
	static const char tail[] = "<field number='1' name='A' type='ODD'/>\n"
				   "<field/></fields></fix>";
	enum { LINES = 100000 };
	char *text = malloc(LINES + sizeof(head) + sizeof(tail));
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;

	memset(text, '\n', LINES);
	memcpy(text + LINES, head, sizeof(head) - 1);
	memcpy(text + LINES + sizeof(head) - 1, tail, sizeof(tail));
	ck_assert_int_eq(FG_EINVAL,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	ck_assert_uint_eq(4, faults.n);
	ck_assert_uint_eq(LINES + 1, faults.fault[0].line);
	ck_assert_uint_eq(LINES + 2, faults.fault[1].line);
	dict_faults_free(&faults);
	free(text);
}
END_TEST

START_TEST(fields_and_messages_have_a_limit)
{
	enum { LIMIT = 70000, ROW = 80 };
	char *text = malloc((size_t)LIMIT * ROW * 2), *p = text;
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	int i;

	p += sprintf(p, "<fix major='5'><fields>");
	for (i = 1; i < LIMIT; i++)
		p += sprintf(p, "<field number='%d' name='A%d' type='INT'/>",
		    i, i);
	sprintf(p, "</fields><messages/></fix>");
	ck_assert_int_eq(FG_ELIMIT,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	p = text + sprintf(text, "<fix major='5'><fields><field number='1' "
				 "name='A' type='INT'/></fields><messages>");
	for (i = 1; i < LIMIT; i++)
		p += sprintf(p, "<message name='M%d' msgtype='M%d'/>", i, i);
	sprintf(p, "</messages></fix>");
	ck_assert_int_eq(FG_ELIMIT,
	    dict_xml_load_mem(&d, text, strlen(text), 0, &faults));
	ck_assert_uint_eq(2, faults.errors);
	dict_faults_free(&faults);
	free(text);
}
END_TEST

START_TEST(the_largest_dictionary_fits_into_a_few_megabytes)
{
	ck_assert_uint_lt(dict_memory(shipped("FIX50SP2")), 8 << 20);
	ck_assert_uint_lt(dict_memory(shipped("FIX44")), 2 << 20);
	ck_assert_uint_gt(dict_memory(shipped("FIX44")), 100 << 10);
}
END_TEST

START_TEST(the_version_may_be_given_with_the_file)
{
	static const struct {
		const char *text;
		const char *given;
		const char *version; /* NULL: refused */
	} row[] = {
		{ "<fix type='Venue' major='2026'", "FIX.5.0SP2",
		    "FIX.5.0SP2" },
		{ "<fix", "FIX.5.0", "FIX.5.0" },
		{ "<fix major='5'", "FIX.Latest", "FIX.Latest" },
		{ "<fix major='5'", "FIX.5", NULL },
		{ "<fix major='5'", "fix.5.0", NULL },
		{ "<fix major='5'", "", NULL },
		{ "<fix major='5'", "FIX.5.0 SP2", NULL },
		{ "<fix major='5'", "FIX.Later", NULL },
		{ "<fix major='5'", "FIX.4.4", NULL }, /* no header */
		{ "<repository version='1'", "FIX.5.0SP1", "FIX.5.0SP1" },
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct dict_xml_options options = { .version = row[i].given };
		struct dict_faults faults = { 0 };
		struct dict *d = NULL;

		snprintf(text, sizeof(text), "%s><messages/><fields>"
		    "<field number='1' id='1' name='A' type='INT'/></fields>"
		    "</%s>", row[i].text,
		    row[i].text[1] == 'f' ? "fix" : "repository");
		dict_xml_load_with(&d, text, strlen(text), 0, &options,
		    &faults);
		ck_assert_msg((d != NULL) == (row[i].version != NULL), "%s",
		    row[i].given);
		if (d != NULL)
			ck_assert_str_eq(row[i].version, dict_version(d));
		dict_faults_free(&faults);
		dict_free(d);
	}
}
END_TEST

START_TEST(one_scenario_of_an_orchestra_file_is_loaded)
{
	static const struct {
		const char *scenario;
		const char *value;
	} row[] = { { NULL, "1" }, { "base", "1" }, { "short", "5" },
		{ "unknown", "1" } };
	static const char text[] =
	    "<repository version='FIX.5.0'><codeSets>"
	    "<codeSet name='S' type='char'><code value='1'/></codeSet>"
	    "<codeSet name='S' type='char' scenario='short'>"
	    "<code value='5'/></codeSet></codeSets><fields>"
	    "<field id='54' name='Side' type='S'/></fields></repository>";
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct dict_xml_options options = { .scenario =
							row[i].scenario };
		struct dict_faults faults = { 0 };
		const struct dict_field *f;
		struct dict *d = NULL;

		ck_assert_int_eq(0, dict_xml_load_with(&d, text, strlen(text),
		    0, &options, &faults));
		f = dict_field_by_tag(d, 54);
		ck_assert_uint_eq(1, f->nvalues);
		ck_assert_str_eq(row[i].value, f->values[0].value);
		dict_faults_free(&faults);
		dict_free(d);
	}
}
END_TEST

TCase *
limits_cases(void)
{
	TCase *t = tcase_create("limits");

	tcase_add_test(t, what_is_no_file_or_too_long_a_one_is_refused);
	tcase_add_test(t, lines_are_counted_beyond_65535);
	tcase_add_test(t, fields_and_messages_have_a_limit);
	tcase_add_test(t, the_largest_dictionary_fits_into_a_few_megabytes);
	tcase_add_test(t, the_version_may_be_given_with_the_file);
	tcase_add_test(t, one_scenario_of_an_orchestra_file_is_loaded);
	return t;
}
