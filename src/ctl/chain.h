/* chain.h: what a message says about an order, in words. Pure. */
#ifndef FG_CTL_CHAIN_H
#define FG_CTL_CHAIN_H

#include <stddef.h>

struct chain_words {
	char type[16];
	char cl_ord_id[128], orig[128], order_id[128]; /* "": none */
	char words[400];
};

/* Read a message; what it does not have stays empty. */
void chain_read(struct chain_words *w, const char *p, size_t n);

#endif
