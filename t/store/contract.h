/* contract.h: the tests that hold for every back end. */
#ifndef T_STORE_CONTRACT_H
#define T_STORE_CONTRACT_H

#include <check.h>

#include "store/store.h"

/* The tests, run for the worlds first ... last. */
TCase *contract_case(int first, int last);
/* Those about declared tables. */
TCase *tables_case(int first, int last);
/* And about marks. */
TCase *marks_case(int first, int last);
/* And about definitions. */
TCase *definitions_case(int first, int last);
/* Row callback: copy the row to *(struct store_row *)arg; data is malloc'ed. */
int contract_copy(void *arg, const struct store_row *row);

#endif
