/* check_conf.h: settings out of texts, for the tests. */
#ifndef T_CONF_CHECK_CONF_H
#define T_CONF_CHECK_CONF_H

#include <check.h>

#include "conf/internal.h"

#define HEAD "[GATEWAY]\nStorePath=/tmp\n"
#define ACCEPTOR                                                               \
	"ConnectionType=acceptor\nSocketAcceptPort=5001\nUseDataDictionary=N\n"
#define ONE "BeginString=FIX.4.4\nSenderCompID=US\nTargetCompID=THEM\n"

/* Owned, as all that follow. */
struct conf *parse(const char *text);
/* Parse what must have no finding at all. */
struct conf *parse_clean(const char *text);
/* For free(3). */
char *print(const struct conf *c, bool secrets);

TCase *sections_cases(void);
TCase *printed_cases(void);
TCase *keys_cases(void);
TCase *extra_cases(void);

#endif
