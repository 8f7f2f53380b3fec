// SPDX-License-Identifier: Apache-2.0
// The kernels for x86-64 processors with AVX-512.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq"))), apply_to = function)
#define LANES 16
#define VECTORS 4
#define STREAM 16
#define BROADCASTS
#define FORM avx512
#include "Kernels.inc"
#pragma clang attribute pop

const struct KernelTable *_Nullable kernelsAVX512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &avx512 : NULL;
}
#else
const struct KernelTable *_Nullable kernelsAVX512(void) { return NULL; }
#endif
