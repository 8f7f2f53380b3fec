// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include "CSimdjson.h"

bool vigil_utf8_valid(const uint8_t *input, size_t length) {
  return simdjson::validate_utf8(reinterpret_cast<const char *>(input), length);
}
