#include "client/health.h"

enum health
health_in(const struct health_range *r, int64_t ns)
{
	if (ns < r->low)
		return HEALTH_HEALTHY;
	return ns > r->high ? HEALTH_ERROR : HEALTH_WARNING;
}

enum health
health_look(const struct health_facts *f, const struct health_range *sent,
    const struct health_range *receive, mono_t now)
{
	mono_t since = mono_before(f->answered, f->waiting) ? f->waiting
							    : f->answered;
	enum health s, r;

	if (f->unanswered == 0 || now.ns - f->sent.ns < sent->low)
		return HEALTH_HEALTHY;
	s = f->full ? health_in(sent, now.ns - f->sent.ns) : HEALTH_HEALTHY;
	r = health_in(receive, now.ns - since.ns);
	return s > r ? s : r;
}

const char *
health_name(enum health h)
{
	switch (h) {
	case HEALTH_HEALTHY:
		return "HEALTHY";
	case HEALTH_WARNING:
		return "WARNING";
	case HEALTH_ERROR:
		return "ERROR";
	}
	return "?";
}
