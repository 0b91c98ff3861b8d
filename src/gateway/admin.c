#include "gateway/admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "daemon/http.h"
#include "gateway/control.h"
#include "gateway/gateway.h"
#include "gateway/metrics.h"

struct admin {
	struct gateway *g;
	struct http *http;
	struct metrics metrics;
};

static int
copy(void *arg)
{
	struct admin *a = arg;

	return control_metrics(a->g->control, &a->metrics);
}

static int
make_text(void *arg, struct buf *out, uint64_t bytes)
{
	struct admin *a = arg;

	a->metrics.store_bytes = bytes;
	return metrics_text(out, &a->metrics);
}

/* For what decides whether the process lives or is used: an ERROR of a session
 * is none of it. */
static bool
health(void *arg, char text[HTTP_HEALTH_MAX])
{
	const struct admin *a = arg;

	snprintf(text, HTTP_HEALTH_MAX, "%s",
	    status_health_text(a->metrics.health));
	return a->metrics.store_health != STATUS_ERROR;
}

int
admin_open(struct admin **out, struct gateway *g, char err[NET_ERR_MAX])
{
	const struct conf_section *sec = conf_gateway(g->conf);
	struct http_cfg cfg = {
		.loop = g->loop,
		.what = "AdminListen=",
		.at = conf_str(sec, CONF_AdminListen),
		.folder = conf_path(sec, CONF_StorePath),
		.started = g->started,
		.copy = copy,
		.text = make_text,
		.health = health,
	};
	struct admin *a;
	int e;

	*out = NULL;
	if (cfg.at == NULL)
		return 0;
	a = calloc(1, sizeof(*a));
	if (a == NULL) {
		snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
		return FG_ENOMEM;
	}
	a->g = g;
	cfg.arg = a;
	e = http_open(&a->http, &cfg, err);
	if (e == 0)
		*out = a;
	else
		free(a);
	return e;
}

void
admin_wake(struct admin *a)
{
	if (a != NULL)
		http_wake(a->http);
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	http_free(a->http);
	metrics_free(&a->metrics);
	free(a);
}
