#include "ctl/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/now.h"

#define FIRST_NS (300 * NS_PER_MS) /* before that it is not worth a line */
#define EACH_NS  (200 * NS_PER_MS)
#define BAR      30 /* characters */
#define UNIT_MAX 16

static struct {
	bool on, drawn;
	const char *what;
	char unit[UNIT_MAX];
	uint64_t total;
	int64_t started, next; /* ns */
} self;

void
progress_of(uint64_t total, const char *unit)
{
	self.total = total;
	snprintf(self.unit, sizeof(self.unit), "%s", unit);
}

void
progress_begin(const char *what, const char *unit, uint64_t total)
{
	self.on = isatty(STDERR_FILENO);
	self.what = what;
	progress_of(total, unit);
	self.started = mono_now().ns;
	self.next = self.started + FIRST_NS;
}

/* "dict dry-run [#########         ] 31 %, 12 s left" */
static void
draw_bar(uint64_t done, double seconds)
{
	char bar[BAR + 1];
	double part = (double)done / (double)self.total;
	int i;

	if (part > 1)
		part = 1;
	for (i = 0; i < BAR; i++)
		bar[i] = i < (int)(part * BAR) ? '#' : ' ';
	bar[BAR] = '\0';
	fprintf(stderr, "\r%s [%s] %d %%", self.what, bar, (int)(part * 100));
	if (part > 0)
		fprintf(stderr, ", %.0f s left", seconds * (1 / part - 1));
}

void
progress_at(uint64_t done)
{
	int64_t now;
	double seconds;

	if (!self.on)
		return;
	now = mono_now().ns;
	if (now < self.next)
		return;
	self.next = now + EACH_NS;
	seconds = (double)(now - self.started) / NS_PER_S;
	if (self.total != 0)
		draw_bar(done, seconds);
	else
		fprintf(stderr, "\r%s: %" PRIu64 " %s, %.0f in a second",
		    self.what, done, self.unit, (double)done / seconds);
	fputs("\033[K", stderr);
	fflush(stderr);
	self.drawn = true;
}

void
progress_hide(void)
{
	if (!self.drawn)
		return;
	fputs("\r\033[K", stderr);
	self.drawn = false;
}

void
progress_end(void)
{
	progress_hide();
	fflush(stderr);
	self.on = false;
}
