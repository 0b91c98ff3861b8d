/*
 * dictset.h: the dictionaries of all sessions: a file is loaded once, however
 * many sessions name it and by whatever path.
 */
#ifndef FG_GATEWAY_DICTSET_H
#define FG_GATEWAY_DICTSET_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/driver.h"
#include "store/store.h"

struct dictset;

/* store is borrowed; the texts are kept in it. NULL: they are kept nowhere.
 * Returns owned, or NULL: no memory. */
struct dictset *dictset_new(struct store *store);
void dictset_free(struct dictset *s);

/* Load the file, or find it loaded. It is the caller's, too, until
 * dictset_release. NULL: the errors are logged. */
const struct driver_dict *dictset_load(struct dictset *s, const char *path);
void dictset_release(struct dictset *s, const struct dict *dict);

/* Files may have changed: each is looked at again by the next dictset_load of
 * it. If it has, that is another dictionary; the old one stays for who has it.
 */
void dictset_refresh(struct dictset *s);
/* Free those that nobody has. */
void dictset_tidy(struct dictset *s);

/* Who hears of faults instead of the log; NULL: the log again. line 0: the file
 * as a whole. */
typedef void (*dictset_fault_fn)(void *arg, bool is_error, const char *path,
    unsigned line, const char *text);
void dictset_on_fault(struct dictset *s, dictset_fault_fn fn, void *arg);

/* Dictionaries in memory. */
size_t dictset_count(const struct dictset *s);

#endif
