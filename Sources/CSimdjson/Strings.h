// SPDX-License-Identifier: Apache-2.0
// The pieces of JSON's grammar below the value: strings, their escapes, numbers. None reads at or past `end`.
#ifndef VIGIL_STRINGS_H
#define VIGIL_STRINGS_H
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "CSimdjson.h"

namespace vigil {

/// The first quote or backslash at or after `p`; `end` when there is none.
inline const uint8_t *quote_or_backslash(const uint8_t *p, const uint8_t *end) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  while (end - p >= 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
    int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    if (mask) return p + __builtin_ctz(unsigned(mask));
    p += 16;
  }
#endif
  while (p < end && *p != '"' && *p != '\\') p++;
  return p;
}

/// Whether a scalar may end before `p`: white space, a structural character or the end of the text follows.
inline bool ends_scalar(const uint8_t *p, const uint8_t *end) noexcept {
  if (p == end) return true;
  switch (*p) {
    case ' ': case '\t': case '\n': case '\r': case ',': case ':': case '[': case ']': case '{': case '}': return true;
    default: return false;
  }
}

/// The end of the number literal that starts at `p`, or null when it breaks the grammar (RFC 8259 section 6).
inline const uint8_t *number_end(const uint8_t *p, const uint8_t *end) noexcept {
  auto digits = [&]() {
    const uint8_t *first = p;
    while (p < end && unsigned(*p - '0') < 10) p++;
    return p != first;
  };
  if (p < end && *p == '-') p++;
  if (p < end && *p == '0') {
    p++;
  } else if (!digits()) {
    return nullptr;
  }
  if (p < end && *p == '.') {
    p++;
    if (!digits()) return nullptr;
  }
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    if (!digits()) return nullptr;
  }
  return ends_scalar(p, end) ? p : nullptr;
}

/// Rewrites the string content from `p` to its closing quote into `out` (room for the source's length), escapes
/// replaced. Returns a vigil_fault with `p` at the place; when accepted `p` is the closing quote and `out` moved on.
int unescape(const uint8_t *&p, const uint8_t *end, uint8_t *&out) noexcept;

/// A hash of a member name that is cheap rather than even; equal names have equal hashes.
inline unsigned name_hash(const uint8_t *name, size_t length, const uint8_t *end) noexcept {
  uint64_t first = 0, last = 0;
  if (length >= 8) {
    memcpy(&first, name, 8);
    memcpy(&last, name + length - 8, 8);
  } else if (size_t(end - name) >= 8) {
    memcpy(&first, name, 8);
    first &= (uint64_t(1) << (8 * length)) - 1;  // x86-64 and AArch64 Linux are little-endian
  } else {
    memcpy(&first, name, length);
  }
  uint64_t mixed = (first ^ (last << 29 | last >> 35) ^ length) * 0x9E3779B97F4A7C15u;
  return unsigned(mixed >> 56);
}

}  // namespace vigil
#endif
