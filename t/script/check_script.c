#include "check_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct script_streams *
streams(const char *text)
{
	struct script_streams *s = NULL;
	struct buf faults = { 0 };
	int err;

	err = script_load_streams(&s, "streamer.lua", text, strlen(text), NULL,
	    &faults);
	buf_add(&faults, "", 1);
	ck_assert_msg(err == 0, "%d: %s", err, faults.p);
	buf_free(&faults);
	return s;
}

struct script_clients *
clients(const char *text)
{
	struct script_clients *c = NULL;
	struct buf faults = { 0 };
	int err;

	err = script_load_clients(&c, "client.lua", text, strlen(text), NULL,
	    &faults);
	buf_add(&faults, "", 1);
	ck_assert_msg(err == 0, "%d: %s", err, faults.p);
	buf_free(&faults);
	return c;
}

void
faulty_streams(const char *text, const char *expected)
{
	struct script_streams *s = NULL;
	struct buf faults = { 0 };

	ck_assert_int_eq(FG_EINVAL, script_load_streams(&s, "streamer.lua",
	    text, strlen(text), NULL, &faults));
	ck_assert_ptr_null(s);
	buf_add(&faults, "", 1);
	ck_assert_str_eq(expected, faults.p);
	buf_free(&faults);
}

void
faulty_clients(const char *text, const char *expected)
{
	struct script_clients *c = NULL;
	struct buf faults = { 0 };

	ck_assert_int_eq(FG_EINVAL, script_load_clients(&c, "client.lua",
	    text, strlen(text), NULL, &faults));
	ck_assert_ptr_null(c);
	buf_add(&faults, "", 1);
	ck_assert_str_eq(expected, faults.p);
	buf_free(&faults);
}

int
evaluate(const char *expression, const struct script_row *row, char **error)
{
	char text[4096];
	struct script_streams *s;
	int r;

	snprintf(text, sizeof(text),
	    "process('G', 'unix:/g')\n%s { where = "
	    "function(row, logon)\n%s\nend }\n", row->transport == NULL
	    ? "stream('S', 'T')"
	    : "fixStream('S')", expression);
	s = streams(text);
	r = script_where(&s->stream[0], row, NULL);
	*error = r < 0 ? strdup(script_error(s->stream[0].code)) : NULL;
	script_streams_free(s);
	return r;
}

static void put_fields(FILE *f, const struct script_fields *fields);

static void
put_value(FILE *f, const struct script_value *v)
{
	size_t i;

	switch (v->type) {
	case SCRIPT_ABSENT:
		fputs("-", f);
		break;
	case SCRIPT_BOOL:
		fputs(v->b ? "true" : "false", f);
		break;
	case SCRIPT_INT:
		fprintf(f, "%lld", (long long)v->i);
		break;
	case SCRIPT_DECIMAL:
		fprintf(f, "%.*sd", (int)v->len, v->p);
		break;
	case SCRIPT_STRING:
		fprintf(f, "'%.*s'", (int)v->len, v->p);
		break;
	case SCRIPT_GROUP:
		fputs("[", f);
		for (i = 0; i < v->len; i++) {
			fputs(i == 0 ? "{" : ",{", f);
			put_fields(f, &v->group[i]);
			fputs("}", f);
		}
		fputs("]", f);
		break;
	}
}

static void
put_fields(FILE *f, const struct script_fields *fields)
{
	size_t i;

	for (i = 0; i < fields->n; i++) {
		fprintf(f, "%s%s=", i == 0 ? "" : "|", fields->field[i].name);
		put_value(f, &fields->field[i].value);
	}
}

const char *
fields_text(const struct script_fields *fields)
{
	static char text[4096];
	FILE *f = fmemopen(text, sizeof(text), "w");

	put_fields(f, fields);
	fputc('\0', f);
	fclose(f);
	return text;
}

int
main(void)
{
	Suite *s = suite_create("script");
	SRunner *r;
	int failed;

	suite_add_tcase(s, decimal_cases());
	suite_add_tcase(s, sandbox_cases());
	suite_add_tcase(s, row_cases());
	suite_add_tcase(s, stream_cases());
	suite_add_tcase(s, client_cases());
	suite_add_tcase(s, fault_cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
