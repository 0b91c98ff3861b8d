/* check_dict.h: what the tests of dictionaries share. */
#ifndef FG_T_DICT_CHECK_DICT_H
#define FG_T_DICT_CHECK_DICT_H

#include <check.h>

#include "dict/dict.h"

/* A dictionary of dict/ by name ("FIX44"), loaded once; asserts. */
const struct dict *shipped(const char *name);

/* A dictionary of t/dict; asserts that it loads. Freed by the caller. */
struct dict *from_file(const char *name, unsigned flags);

struct parsed {
	struct fix_msg m;
	char *buf;
};

/* Index a message written with '|' for SOH; asserts. */
struct parsed parse(const char *text, const struct dict *d);
void parsed_free(struct parsed *p);

TCase *load_cases(void);
TCase *limits_cases(void);
TCase *validate_cases(void);
TCase *pretty_cases(void);
TCase *table_cases(void);

#endif
