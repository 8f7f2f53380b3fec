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
  while (end - p >= 32) {
    auto at = reinterpret_cast<const __m128i *>(p);
    __m128i low = _mm_loadu_si128(at), high = _mm_loadu_si128(at + 1);
    low = _mm_or_si128(_mm_cmpeq_epi8(low, quote), _mm_cmpeq_epi8(low, backslash));
    high = _mm_or_si128(_mm_cmpeq_epi8(high, quote), _mm_cmpeq_epi8(high, backslash));
    uint32_t mask = uint32_t(_mm_movemask_epi8(low)) | uint32_t(_mm_movemask_epi8(high)) << 16;
    if (mask) return p + __builtin_ctz(mask);
    p += 32;
  }
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

}  // namespace vigil
#endif
