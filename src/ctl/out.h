/*
 * out.h: what the commands print: for people (out_text.c) or for programs
 * (out_json.c). DETAILS are those of fixgate-link(7).
 */
#ifndef FG_CTL_OUT_H
#define FG_CTL_OUT_H

#include <stdint.h>
#include <stdio.h>

#include "ctl/row.h"
#include "link/link.h"

/* What became of `send`. */
struct ctl_sent {
	uint64_t sent, pending, refused;
	uint64_t first, last; /* TX_SEQUENCE; 0: none */
	double seconds;
};

/* What became of `append`. */
struct ctl_appended {
	uint64_t appended, refused;
	uint64_t before;      /* lines that were appended by an earlier run */
	uint64_t first, last; /* rows; 0: none */
	double seconds;
};

struct ctl_output {
	void (*status)(FILE *to, const struct link_val *details);
	/* The SESSIONS of a SESSIONS_ACK; one: its only session, in full. */
	void (*sessions)(FILE *to, const struct link_val *sessions, int one);
	/* A SESSION_SCHEDULE_ACK. */
	void (*schedule)(FILE *to, const struct link_val *details);
	/* A RELOAD_ACK. */
	void (*reload)(FILE *to, const struct link_val *details);
	/* A request was done; text may be empty. */
	void (*done)(FILE *to, const char *text);
	/* Something that long work found, before it is done. */
	void (*note)(FILE *to, const char *text);
	/* A message was accepted: EVENT_ACK. */
	void (*accepted)(FILE *to, const struct link_val *details);
	void (*sent)(FILE *to, const struct ctl_sent *sent);
	void (*appended)(FILE *to, const struct ctl_appended *done);
};

extern const struct ctl_output ctl_output_text, ctl_output_json;

#endif
