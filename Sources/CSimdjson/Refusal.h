// SPDX-License-Identifier: Apache-2.0
// Why and where simdjson's stage 1 refused a text, which it does not say itself.
#ifndef VIGIL_REFUSAL_H
#define VIGIL_REFUSAL_H
#include <cstddef>
#include <cstdint>

#include "simdjson.h"

namespace vigil {

/// The fault (`CSimdjson.h`) that a result of stage 1 stands for, and the byte of the text where it happened.
int stage1_fault(simdjson::error_code error, const uint8_t *input, size_t length, size_t &offset) noexcept;

}  // namespace vigil
#endif
