#include "wakes.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fix/out.h"
#include "gateway/fields.h"

struct sess_cfg
wakes_cfg(void)
{
	struct sess_cfg cfg;

	sess_cfg_default(&cfg);
	cfg.name = "FIX.4.4:EXCHANGE->BROKER";
	cfg.role = SESS_ACCEPTOR;
	cfg.begin_string = "FIX.4.4";
	cfg.sender_comp_id = "EXCHANGE";
	cfg.target_comp_id = "BROKER";
	return cfg;
}

void
wakes_end(struct driver *d)
{
	mono_t due;
	int i;

	for (i = 0; i < 8 && driver_end(d, &due); i++)
		;
}

void
wakes_peer(struct driver *d, struct fgsess *fs, uint64_t seq, wall_t now,
    const char *type, const char *body)
{
	char raw[512], fields[256];
	struct fields f = { 0 };
	struct fix_msg m = { 0 };
	struct fix_out o;
	const char *msg;
	size_t len, i;

	snprintf(fields, sizeof(fields), "%s", body);
	for (i = 0; fields[i] != '\0'; i++)
		if (fields[i] == '|')
			fields[i] = FIX_SOH;
	fix_out_begin(&o, raw, sizeof(raw));
	fix_out_str(&o, 35, type);
	fix_out_u64(&o, 34, seq);
	fix_out_str(&o, 49, "BROKER");
	fix_out_time(&o, 52, now, 3);
	fix_out_str(&o, 56, "EXCHANGE");
	fix_out_fields(&o, fields, strlen(fields));
	ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
	ck_assert_int_eq(0, fields_index(&f, &m, msg, len, NULL));
	driver_recv(d, fs, &m);
	fields_free(&f);
}
