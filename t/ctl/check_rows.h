/* check_rows.h: the suites of check_rows. */
#ifndef FG_T_CTL_CHECK_ROWS_H
#define FG_T_CTL_CHECK_ROWS_H

#include <check.h>

TCase *compose_cases(void);
TCase *status_cases(void);

#endif
