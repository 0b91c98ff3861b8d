/* check_client.h: the test cases of the client's pure parts. */
#ifndef T_CLIENT_CHECK_CLIENT_H
#define T_CLIENT_CHECK_CLIENT_H

#include <check.h>

TCase *settle_cases(void);
TCase *exec_cases(void);
TCase *fields_cases(void);
TCase *health_cases(void);
TCase *lane_cases(void);

#endif
