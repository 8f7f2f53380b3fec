// SPDX-License-Identifier: Apache-2.0
#include "Refusal.h"

#include "CSimdjson.h"

namespace vigil {
namespace {

// Where the text that stage 1 refused goes wrong. Slow and simple: it runs once, on refused input.
size_t first_bad_utf8(const uint8_t *p, size_t length) noexcept {
  size_t i = 0;
  while (i < length) {
    uint8_t c = p[i];
    if (c < 0x80) {
      i++;
      continue;
    }
    size_t more = c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 0;
    if (more == 0 || i + more >= length) return i;
    for (size_t k = 1; k <= more; k++)
      if ((p[i + k] & 0xC0) != 0x80) return i;
    if ((c == 0xE0 && p[i + 1] < 0xA0) || (c == 0xED && p[i + 1] > 0x9F) || (c == 0xF0 && p[i + 1] < 0x90) ||
        (c == 0xF4 && p[i + 1] > 0x8F))
      return i;
    i += more + 1;
  }
  return length;
}

// The first control character inside a string, else the opening quote of the string left open.
size_t bad_string(const uint8_t *p, size_t length, bool control) noexcept {
  bool inside = false;
  size_t open = 0;
  for (size_t i = 0; i < length; i++) {
    if (inside && p[i] < 0x20 && control) return i;
    if (p[i] == '\\') {
      // Stage 1 honours a backslash outside strings as well.
      if (control && inside && i + 1 < length && p[i + 1] < 0x20) return i + 1;
      i++;
    } else if (p[i] == '"') {
      inside = !inside;
      open = i;
    }
  }
  return control ? length : open;
}

}  // namespace

int stage1_fault(simdjson::error_code error, const uint8_t *input, size_t length, size_t &offset) noexcept {
  if (error == simdjson::SUCCESS) return VIGIL_ACCEPTED;
  // Text that is not UTF-8 is called so, whatever else is wrong with it.
  offset = first_bad_utf8(input, length);
  if (offset < length) return VIGIL_INVALID_UTF8;
  offset = 0;
  switch (error) {
    case simdjson::EMPTY: return VIGIL_EMPTY;
    case simdjson::UNESCAPED_CHARS: offset = bad_string(input, length, true); return VIGIL_CONTROL_CHARACTER;
    case simdjson::UNCLOSED_STRING: offset = bad_string(input, length, false); return VIGIL_UNCLOSED_STRING;
    case simdjson::CAPACITY: return VIGIL_TOO_LARGE;
    default: return VIGIL_UNEXPECTED;
  }
}

}  // namespace vigil
