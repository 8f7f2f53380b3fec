// SPDX-License-Identifier: Apache-2.0
// The kernels for every x86-64 processor.
#include "CKernels.h"

#if defined(__x86_64__)
#define LANES 4
#define VECTORS 2
#define STREAM 8
#define FORM sse2
#include "Kernels.inc"

const struct KernelTable *_Nullable kernelsSSE2(void) { return &sse2; }
#else
const struct KernelTable *_Nullable kernelsSSE2(void) { return NULL; }
#endif
