// SPDX-License-Identifier: Apache-2.0
// Tells cheaply that a member name is new to its object, which it nearly always is.
#ifndef VIGIL_NAME_MARKS_H
#define VIGIL_NAME_MARKS_H
#include <cstddef>
#include <cstdint>

namespace vigil {

/// A bit for each of an object's names, one of 64, by its length and its outer characters: equal names have equal bits, and
/// of a hundred names of FHIR, each new to its object, fewer than two have a bit that was set.
class NameMarks {
 public:
  /// Objects of more members are checked as a whole, so that no choice of names makes the marks useless.
  static constexpr uint32_t capacity = 32;

  /// Takes a name; true when an earlier one may be equal.
  bool add(const uint8_t *name, size_t length) noexcept {
    uint32_t mark = uint32_t(length) * 7;
    if (__builtin_expect(length > 0, 1)) mark += name[0] * 5u + name[length - 1] * 3u;
    uint64_t bit = uint64_t(1) << (mark & 63);
    bool seen = (bits_ & bit) != 0;
    bits_ |= bit;
    return seen;
  }

 private:
  uint64_t bits_ = 0;
};

}  // namespace vigil
#endif
