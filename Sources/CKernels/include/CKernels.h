// SPDX-License-Identifier: Apache-2.0
// The inner loops of `Networks` in the forms of several instruction sets. Kernels.inc says what each computes, and why all
// forms give the same bits.
#ifndef VIGIL_CKERNELS_H
#define VIGIL_CKERNELS_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin

/// One factor of a product: element (i, j) is values[i * rowStride + j * columnStride].
struct KernelFactor {
  const float *values;
  ptrdiff_t rowStride;
  ptrdiff_t columnStride;
};

/// Numbers of one AdamW step that are the same for all parameters.
struct KernelAdamStep {
  float beta1, beta2;
  /// The part of the parameter that decay leaves.
  float keep;
  /// rate / (1 - beta1^t) and 1 / sqrt(1 - beta2^t).
  float rate, rootCorrection, epsilon;
};

/// One step of a GRU for `rows` rows; pointers to the first row, strides from row to row.
struct KernelGRUStep {
  ptrdiff_t rows, hidden;
  /// Sums of the gates r, z, n from the input and from the state.
  const float *fromInput;
  ptrdiff_t fromInputStride;
  const float *fromState;
  /// Receives r, z, n and the state's part of n; NULL when no derivative will be asked for.
  float *_Nullable gates;
  ptrdiff_t gatesStride;
  /// Room for 2 * hidden numbers.
  float *scratch;
  /// The state before (rows x hidden, stride hidden), replaced by the state after.
  float *state;
  /// Receives the state after.
  float *output;
  ptrdiff_t outputStride;
};

/// The same step backward.
struct KernelGRUSlopes {
  ptrdiff_t rows, hidden;
  const float *gates;
  ptrdiff_t gatesStride;
  /// The state before the step (rows x hidden).
  const float *before;
  /// The slopes by the state after the step, without what later steps ask.
  const float *slopes;
  ptrdiff_t slopesStride;
  /// Receives the slopes of the sums from the input (stride given) and from the state (stride 3 * hidden).
  float *toInput;
  ptrdiff_t toInputStride;
  float *toState;
  /// rows x hidden: what later steps ask of this step's state; leaves with what the gate z passes on to the one before.
  float *carried;
};

/// The loops in the form of one instruction set.
struct KernelTable {
  /// result = start + a b, for a of rows x inner and b of inner x columns. `start` and `result` are row after row, so many
  /// floats apart: 0 for a start that is the same row for all. `start` may be `result`.
  void (*multiplyAdd)(
      struct KernelFactor a, struct KernelFactor b, const float *start, ptrdiff_t startStride, float *result,
      ptrdiff_t resultStride, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner);
  /// y = x sigmoid(x); `gate` receives sigmoid(x) unless it is NULL.
  void (*silu)(const float *x, float *_Nullable gate, float *y, ptrdiff_t count);
  /// dx += dy gate (1 + x (1 - gate)).
  void (*siluGradient)(const float *x, const float *gate, const float *dy, float *dx, ptrdiff_t count);
  /// factor = exp(speed delta), y = x factor.
  void (*decay)(const float *x, const float *delta, const float *speed, float *factor, float *y, ptrdiff_t count);
  /// mask = 0 where the random number is below `threshold`, else `kept`.
  void (*dropoutMask)(const uint16_t *random, float *mask, ptrdiff_t count, uint16_t threshold, float kept);
  void (*gruStep)(struct KernelGRUStep step);
  void (*gruSlopes)(struct KernelGRUSlopes slopes);
  /// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p = p keep - rate m / (sqrt(v) rootCorrection + epsilon).
  void (*adam)(float *p, const float *g, float *m, float *v, ptrdiff_t count, struct KernelAdamStep step);
};

/// The loops for an instruction set; NULL when this machine does not have it.
const struct KernelTable *_Nullable kernelsSSE2(void);
const struct KernelTable *_Nullable kernelsAVX2(void);
const struct KernelTable *_Nullable kernelsAVX512(void);
const struct KernelTable *_Nullable kernelsNEON(void);

#pragma clang assume_nonnull end
#endif
