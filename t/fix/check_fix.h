/* check_fix.h: what the parts of this test program share. */
#ifndef FG_T_FIX_CHECK_FIX_H
#define FG_T_FIX_CHECK_FIX_H

#include <check.h>
#include <stddef.h>

#define TEXT_MAX 2048

/* Write text with '|' as SOH into out (TEXT_MAX bytes); returns the length. */
size_t wire(char *out, const char *text);

/* The same, with 8=FIX.4.4, 9 and 10 put around the text. */
size_t wire_message(char *out, const char *text);

TCase *frame_tests(void);
TCase *msg_tests(void);
TCase *out_tests(void);

#endif
