/*
 * pretty.h: messages as text for people and as JSON. Pure. Any indexed message
 * can be shown, also one that the dictionaries do not allow.
 */
#ifndef FG_DICT_PRETTY_H
#define FG_DICT_PRETTY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dict/dict.h"

/*
 * Append a line for each field: tag, name, value, and its label in parentheses;
 * members of groups are indented, each instance opens with a dash. The values
 * of the nmasked tags at masked appear as ***. 0 or FG_ENOMEM (out is
 * unchanged).
 */
int dict_pretty(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, const int32_t *masked, size_t nmasked,
    struct buf *out);

/*
 * Append one JSON object without line breaks: names as keys (the tag's number
 * if it has none), values as strings, a group under its counter's name as an
 * array of objects. Bytes that are not UTF-8 become \u00XX. A tag that a faulty
 * message repeats is a key repeated. 0 or FG_ENOMEM (out is unchanged).
 */
int dict_json(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, const int32_t *masked, size_t nmasked,
    struct buf *out);

#endif
