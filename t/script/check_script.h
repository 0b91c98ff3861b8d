/* check_script.h: what the tests of the script layer share. */
#ifndef FG_T_SCRIPT_CHECK_SCRIPT_H
#define FG_T_SCRIPT_CHECK_SCRIPT_H

#include <check.h>

TCase *decimal_cases(void);

#endif
