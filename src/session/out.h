/* out.h: messages of ours. The fields of a list go out ascending by tag; the
 * text they point to must live until the message is written. */
#ifndef FG_SESSION_OUT_H
#define FG_SESSION_OUT_H

#include "base/num.h"
#include "session/session.h"

#define OUT_FIELDS  41
#define OUT_NUMBERS 7

struct out_field {
	int32_t tag;
	bool whole; /* p is one or more complete fields */
	size_t len;
	const char *p;
};

struct out_list {
	struct out_field f[OUT_FIELDS];
	size_t n;
};

struct out_msg {
	const char *type;
	size_t type_len;
	struct out_list head, body;
	/* Runs of body fields behind those of the list, as they are. */
	struct out_run {
		const char *p;
		size_t n;
	} run[OUT_FIELDS + 1];
	size_t nrun;
	char number[OUT_NUMBERS][NUM_TEXT_MAX];
	size_t nnumber;
	int err;
};

void out_start(struct out_msg *o, const char *type);
void out_run(struct out_msg *o, const char *p, size_t n);
void out_head(struct out_msg *o, int32_t tag, const char *p, size_t n);
void out_bytes(struct out_msg *o, int32_t tag, const char *p, size_t n);
void out_str(struct out_msg *o, int32_t tag, const char *text);
void out_u64(struct out_msg *o, int32_t tag, uint64_t v);
void out_i64(struct out_msg *o, int32_t tag, int64_t v);
void out_whole(struct out_msg *o, int32_t tag, const char *p, size_t n);
/* Give it the next number, store it, and send it unless hold is set. */
void out_send(struct sess *s, struct now now, struct out_msg *o, bool hold,
    struct sess_acts *a);
/* The same for application messages: held while a resend runs. */
void out_send_app(struct sess *s, struct now now, struct out_msg *o,
    struct sess_acts *a);
/* Send it once more as number seq, with 43=Y and this 122 (NULL: the time of
 * now). It is not stored. */
void out_repeat(struct sess *s, struct now now, struct out_msg *o,
    uint64_t seq, const char *orig, size_t orig_len, struct sess_acts *a);
unsigned out_digits(const struct sess *s);

#endif
