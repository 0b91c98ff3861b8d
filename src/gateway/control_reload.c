/* control_reload.c: RELOAD: the settings file again. */
#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/reload.h"

#define WHO_MAX 512

static void
put_names(struct link_out *o, const struct reload *r, const char *key,
    enum reload_what what)
{
	size_t i, n = reload_count(r, what);

	link_str(o, key);
	link_array(o, (uint32_t)n);
	for (i = 0; i < n; i++)
		link_str(o, reload_name(r, what, i));
}

static void
put_faults(struct link_out *o, const struct reload *r)
{
	const struct conf_fault *f;
	size_t i, n = reload_nfaults(r);

	link_str(o, "FAULTS");
	link_array(o, (uint32_t)n);
	for (i = 0; i < n; i++) {
		f = reload_fault(r, i);
		link_map(o, 4);
		link_key_str(o, "SEVERITY", conf_severity_text(f->severity));
		link_key_str(o, "FILE", f->file);
		link_key_u64(o, "LINE", f->line);
		link_key_str(o, "TEXT", f->text);
	}
}

static void
put_plan(struct link_out *o, const struct reload *r, bool applied)
{
	link_map(o, 9);
	link_key_bool(o, "APPLIED", applied);
	link_key_u64(o, "ERRORS", reload_nerrors(r));
	put_faults(o, r);
	put_names(o, r, "ADDED", RELOAD_ADDED);
	put_names(o, r, "CHANGED", RELOAD_CHANGED);
	put_names(o, r, "REMOVED", RELOAD_REMOVED);
	put_names(o, r, "UNTOUCHED", RELOAD_UNTOUCHED);
	put_names(o, r, "SETTINGS_NOW", RELOAD_NOW);
	put_names(o, r, "SETTINGS_AT_RESTART", RELOAD_RESTART);
}

void
control_reload(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	bool dry = link_find_bool(a->details, "DRY_RUN", false), applied;
	char who[WHO_MAX];
	struct reload *r;

	if (reload_is_busy(g) || driver_is_down(g->driver)) {
		server_nack(a, "STATE", true, "%s: try again",
		    driver_is_down(g->driver) ? "the store is being repaired"
		    : "sessions are still being logged out");
		return;
	}
	if (reload_plan(&r, g) != 0) {
		server_nack(a, "STATE", true, "%s",
		    fg_strerror(FG_ENOMEM));
		return;
	}
	control_who_why(a, "reload", who, sizeof(who));
	applied = !dry && reload_nerrors(r) == 0 && reload_apply(r, who) == 0;
	put_plan(server_answer(a, "RELOAD_ACK"), r, applied);
	server_done(a->conn);
	reload_free(r);
}
