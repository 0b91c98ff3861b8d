/* control_halt.h: what the files of HALT share. */
#ifndef FG_GATEWAY_CONTROL_HALT_H
#define FG_GATEWAY_CONTROL_HALT_H

#include "gateway/control_int.h"

#define CANCEL_ID_MAX  24  /* bytes of a ClOrdID with its NUL */
#define CANCEL_WHY_MAX 160 /* bytes of a text */

/* A ClOrdID that nobody else has: "MC20260105090000123". */
void cancel_id(char out[CANCEL_ID_MAX], wall_t now);
/* Can the session be asked to cancel all orders? If not, why. */
bool cancel_check(struct control *c, const struct fgsess *fs,
    char why[CANCEL_WHY_MAX]);
/* Ask for it; halted or not. false: why not. */
bool cancel_all(struct control *c, struct fgsess *fs, const char *id,
    char why[CANCEL_WHY_MAX]);

#endif
