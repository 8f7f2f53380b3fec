// SPDX-License-Identifier: Apache-2.0
#include "Strings.h"

namespace vigil {
namespace {

// The value of four hexadecimal digits at `p`, or -1.
int32_t hex4(const uint8_t *p, const uint8_t *end) noexcept {
  if (end - p < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t c = p[i], lower = c | 0x20;
    if (unsigned(c - '0') < 10) {
      value = value * 16 + (c - '0');
    } else if (unsigned(lower - 'a') < 6) {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

void put_utf8(uint32_t scalar, uint8_t *&out) noexcept {
  if (scalar < 0x80) {
    *out++ = uint8_t(scalar);
  } else if (scalar < 0x800) {
    *out++ = uint8_t(0xC0 | scalar >> 6);
    *out++ = uint8_t(0x80 | (scalar & 0x3F));
  } else if (scalar < 0x10000) {
    *out++ = uint8_t(0xE0 | scalar >> 12);
    *out++ = uint8_t(0x80 | (scalar >> 6 & 0x3F));
    *out++ = uint8_t(0x80 | (scalar & 0x3F));
  } else {
    *out++ = uint8_t(0xF0 | scalar >> 18);
    *out++ = uint8_t(0x80 | (scalar >> 12 & 0x3F));
    *out++ = uint8_t(0x80 | (scalar >> 6 & 0x3F));
    *out++ = uint8_t(0x80 | (scalar & 0x3F));
  }
}

// RFC 8259 section 7. `p` stands on the backslash.
int escape(const uint8_t *&p, const uint8_t *end, uint8_t *&out) noexcept {
  if (end - p < 2) return VIGIL_BAD_ESCAPE;
  switch (p[1]) {
    case '"': *out++ = '"'; break;
    case '\\': *out++ = '\\'; break;
    case '/': *out++ = '/'; break;
    case 'b': *out++ = '\b'; break;
    case 'f': *out++ = '\f'; break;
    case 'n': *out++ = '\n'; break;
    case 'r': *out++ = '\r'; break;
    case 't': *out++ = '\t'; break;
    case 'u': {
      int32_t unit = hex4(p + 2, end);
      if (unit < 0) return VIGIL_BAD_ESCAPE;
      if (unit >= 0xDC00 && unit < 0xE000) return VIGIL_LONE_SURROGATE;
      if (unit >= 0xD800 && unit < 0xDC00) {
        int32_t low = end - p >= 8 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, end) : -1;
        if (low < 0xDC00 || low >= 0xE000) return VIGIL_LONE_SURROGATE;
        put_utf8(0x10000 + ((uint32_t(unit) - 0xD800) << 10) + (uint32_t(low) - 0xDC00), out);
        p += 12;
      } else {
        put_utf8(uint32_t(unit), out);
        p += 6;
      }
      return VIGIL_ACCEPTED;
    }
    default: return VIGIL_BAD_ESCAPE;
  }
  p += 2;
  return VIGIL_ACCEPTED;
}

}  // namespace

int unescape(const uint8_t *&p, const uint8_t *end, uint8_t *&out) noexcept {
  for (;;) {
    const uint8_t *stop = quote_or_backslash(p, end);
    memcpy(out, p, size_t(stop - p));
    out += stop - p;
    p = stop;
    if (p == end) return VIGIL_UNCLOSED_STRING;
    if (*p == '"') return VIGIL_ACCEPTED;
    if (int fault = escape(p, end, out)) return fault;
  }
}

}  // namespace vigil
