#define CATCH_CONFIG_MAIN
#include "tests/lib/catch.h"
