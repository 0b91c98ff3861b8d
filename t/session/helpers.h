/* helpers.h: a machine of ours, and messages of theirs, for check_*.c. */
#ifndef FG_T_SESSION_HELPERS_H
#define FG_T_SESSION_HELPERS_H

#include <check.h>

#include "mem.h"

#define MSG_CAP 4096 /* bytes of a message of theirs */

struct sess_cfg test_config(enum sess_role role);
void test_open(struct mem *m, const struct sess_cfg *c);
/* Write a message of theirs to MSG_CAP bytes at out; fields are complete body
 * fields with '|' for SOH. Returns its length. */
size_t test_theirs(const struct mem *m, char *out, uint64_t seq,
    const char *type, const char *fields);
void test_receive(struct mem *m, uint64_t seq, const char *type,
    const char *fields);
void test_log_on(struct mem *m);
void test_reach(struct mem *m, enum sess_state st);

void check_table_add(TCase *tc);

#endif
