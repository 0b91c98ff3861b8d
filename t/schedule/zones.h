/* zones.h: the changes of three zones from 2024 to 2027, as data. */
#ifndef FG_T_SCHEDULE_ZONES_H
#define FG_T_SCHEDULE_ZONES_H

#include "schedule/zone.h"

extern const struct zone london, new_york, sydney;

#endif
