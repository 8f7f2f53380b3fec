// SPDX-License-Identifier: Apache-2.0
#include <sys/timex.h>
