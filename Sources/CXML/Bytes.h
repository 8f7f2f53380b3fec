// SPDX-License-Identifier: Apache-2.0
// Searching bytes sixteen at a time, in the vectors that every compiler for x86-64 and ARM64 knows.
#ifndef VIGIL_XML_BYTES_H
#define VIGIL_XML_BYTES_H
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vigil::xml {

typedef uint8_t Bytes __attribute__((vector_size(16)));

inline Bytes load(const uint8_t *p) noexcept {
  Bytes bytes;
  memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

/// The place of the first byte of a comparison's result that is set; 16 when none is.
template <class Mask>
inline unsigned first_set(Mask mask) noexcept {
#if defined(__SSE2__)
  unsigned bits = unsigned(_mm_movemask_epi8((__m128i)mask));
  return bits ? unsigned(__builtin_ctz(bits)) : 16;
#else
  uint64_t halves[2];
  memcpy(halves, &mask, sizeof halves);
  if (!(halves[0] | halves[1])) return 16;
  unsigned place = 0;
  while (!mask[place]) place++;
  return place;
#endif
}

/// The first byte at or after `p` at which to stop; `end` when there is none. `stops` is asked for vectors and bytes alike.
template <class Stops>
inline const uint8_t *find(const uint8_t *p, const uint8_t *end, Stops stops) noexcept {
  for (; end - p >= 16; p += 16) {
    unsigned place = first_set(stops(load(p)));
    if (place < 16) return p + place;
  }
  while (p < end && !stops(*p)) p++;
  return p;
}

/// White space is what is left of the controls and the space once `vigil_xml_first_forbidden` has passed the text.
inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end) noexcept {
  return find(p, end, [](auto byte) { return byte > uint8_t(0x20); });
}

inline bool is_blank(uint8_t byte) noexcept { return byte <= 0x20; }

/// Whether the text at `p` begins with a literal of `length` bytes.
inline bool begins(const uint8_t *p, const uint8_t *end, const char *literal, size_t length) noexcept {
  return size_t(end - p) >= length && memcmp(p, literal, length) == 0;
}

}  // namespace vigil::xml
#endif
