// SPDX-License-Identifier: Apache-2.0
// The kernels for 64-bit ARM processors.
#include "CKernels.h"

#if defined(__aarch64__)
#define LANES 4
#define VECTORS 4
#define STREAM 16
#define FORM neon
#include "Kernels.inc"

const struct KernelTable *_Nullable kernelsNEON(void) { return &neon; }
#else
const struct KernelTable *_Nullable kernelsNEON(void) { return NULL; }
#endif
