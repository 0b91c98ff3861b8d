/* fields.h: an array for fix_parse that grows to the largest message seen. */
#ifndef FG_GATEWAY_FIELDS_H
#define FG_GATEWAY_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "fix/msg.h"

/* All-zero is empty. */
struct fields {
	struct fix_field *v;
	uint32_t n;
};

/* fix_parse into this array; m lives until the next call on it. 0 or FG_E*. */
int fields_index(struct fields *f, struct fix_msg *m, const char *p, size_t n,
    const struct fix_lens *lens);
void fields_free(struct fields *f);

#endif
