// SPDX-License-Identifier: Apache-2.0
// Tells cheaply that a member name is new to its object, which it nearly always is.
#ifndef VIGIL_NAME_MARKS_H
#define VIGIL_NAME_MARKS_H
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vigil {

/// A mark of 15 bits for each of an object's first names, from its length and its outer characters. Equal names have
/// equal marks; each new mark is compared with eight others at once.
class NameMarks {
 public:
  static constexpr uint32_t capacity = 32;

  void clear() noexcept { memset(marks_, 0xFF, sizeof marks_[0]); }

  /// Takes the name at `position`; true when an earlier one of the first `capacity` may be equal.
  bool add(uint32_t position, const uint8_t *name, size_t length) noexcept {
    if (__builtin_expect(position >= capacity, 0)) return false;
    uint32_t mark = 0;
    if (__builtin_expect(length > 0, 1)) mark = name[0] ^ uint32_t(name[length - 1]) << 5 ^ uint32_t(length) << 10;
    mark &= 0x7FFF;
    uint32_t block = position / 8;
    if (__builtin_expect(block > 0 && position % 8 == 0, 0)) memset(marks_[block], 0xFF, sizeof marks_[block]);
#if defined(__SSE2__)
    __m128i wanted = _mm_set1_epi16(short(mark)), equal = _mm_setzero_si128();
    for (uint32_t i = 0; __builtin_expect(i < block, 0); i++)
      equal = _mm_or_si128(equal, _mm_cmpeq_epi16(wanted, load(i)));
    __m128i last = load(block);
    equal = _mm_or_si128(equal, _mm_cmpeq_epi16(wanted, last));
    // Pushed in at the front, so that memory is written and read back in whole vectors.
    last = _mm_or_si128(_mm_slli_si128(last, 2), _mm_cvtsi32_si128(int(mark)));
    _mm_storeu_si128(reinterpret_cast<__m128i *>(marks_[block]), last);
    return _mm_movemask_epi8(equal) != 0;
#else
    bool equal = false;
    for (uint32_t i = 0; i < position; i++) equal |= marks_[i / 8][i % 8] == mark;
    marks_[block][position % 8] = uint16_t(mark);
    return equal;
#endif
  }

 private:
#if defined(__SSE2__)
  __m128i load(uint32_t block) const noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i *>(marks_[block]));
  }
#endif
  uint16_t marks_[capacity / 8][8];
};

}  // namespace vigil
#endif
