// SPDX-License-Identifier: Apache-2.0
// The kernels for x86-64 processors with AVX2 (Intel since 2013, AMD since 2015).
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define LANES 8
#define VECTORS 2
#define STREAM 8
#define FORM avx2
#include "Kernels.inc"
#pragma clang attribute pop

const struct KernelTable *_Nullable kernelsAVX2(void) { return __builtin_cpu_supports("avx2") ? &avx2 : NULL; }
#else
const struct KernelTable *_Nullable kernelsAVX2(void) { return NULL; }
#endif
