// SPDX-License-Identifier: Apache-2.0
#include "CAllocations.h"

#include <stdbool.h>
#include <stddef.h>

static __thread bool counting = false;
static __thread uint64_t counted = 0;

#if defined(__GLIBC__)
// The program's own `malloc` goes before the C library's, which stays reachable under this name; `free` is untouched.
extern void *__libc_malloc(size_t size);

void *malloc(size_t size) {
  if (counting) counted++;
  return __libc_malloc(size);
}
#endif

void allocations_begin(void) {
  counted = 0;
  counting = true;
}

uint64_t allocations_end(void) {
  counting = false;
  return counted;
}
