#include "check_dict.h"

TCase *
pretty_cases(void)
{
	return tcase_create("pretty");
}
