/*
 * scan.h: one MessagePack value, checked before msgpack sees it. msgpack-c
 * believes counts: five bytes that announce 268 million elements make it
 * reserve gigabytes.
 */
#ifndef FG_LINK_SCAN_H
#define FG_LINK_SCAN_H

#include <stddef.h>

#define SCAN_DEPTH_MAX  24
#define SCAN_VALUES_MAX (1u << 20) /* each costs 24 bytes when decoded */

/* NULL if the n bytes at p are exactly one value of our subset: no extension
 * types, string keys, counts that the bytes can hold, within the two maxima.
 * Else what is wrong (static text). */
const char *scan_value(const void *p, size_t n);

#endif
