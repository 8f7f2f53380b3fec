// SPDX-License-Identifier: Apache-2.0
// Counts what one thread takes from the heap while a test looks. Part of the test program alone.
#ifndef VIGIL_CALLOCATIONS_H
#define VIGIL_CALLOCATIONS_H
#include <stdint.h>

/// Begins to count this thread's calls of `malloc`.
void allocations_begin(void);
/// Ends the counting; the calls since it began.
uint64_t allocations_end(void);

#endif
