#include "gateway/stages.h"

const struct stage_name stage_name[STAGE_N] = {
#define X(name, path, text) { path, text },
	STAGES(X)
#undef X
};
