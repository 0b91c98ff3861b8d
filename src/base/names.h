/* names.h: lists of names, "a, b,c*". */
#ifndef FG_BASE_NAMES_H
#define FG_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Call fn for each item, without the blanks around; stops when it returns
 * false, or at an empty item, and returns false then. */
bool names_each(const char *list,
    bool (*fn)(const char *p, size_t n, void *arg), void *arg);

/* Is it in the list? In "all" and "*" everything is; "ABC*" is what begins with
 * ABC. */
bool names_have(const char *list, const char *name);

#endif
