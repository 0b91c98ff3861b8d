/* check_script.h: what the tests of the script layer share. */
#ifndef FG_T_SCRIPT_CHECK_SCRIPT_H
#define FG_T_SCRIPT_CHECK_SCRIPT_H

#include <check.h>

#include "script/script.h"

/* Load "streamer.lua" / "client.lua" from a text; assert that it loads. */
struct script_streams *streams(const char *text);
struct script_clients *clients(const char *text);

/* Load a file that has faults; asserts that they are these, one a line. */
void faulty_streams(const char *text, const char *faults);
void faulty_clients(const char *text, const char *faults);

/* What where says of the row of expression, which stands in
 * "return function(row, logon) ... end": 1, 0 or FG_E*; *error is set to the
 * text, if it is one, and is to be freed. */
int evaluate(const char *expression, const struct script_row *row,
    char **error);

/* The fields as text, "A=1|B='x'|G=[{C=2},{C=3}]"; static. */
const char *fields_text(const struct script_fields *f);

TCase *client_cases(void);
TCase *decimal_cases(void);
TCase *fault_cases(void);
TCase *row_cases(void);
TCase *sandbox_cases(void);
TCase *stream_cases(void);

#endif
