// SPDX-License-Identifier: Apache-2.0
// Stage 2: from simdjson's structural index (stage 1) to the tape, checking the whole grammar of RFC 8259.
//
// Stage 1 has checked UTF-8, that every string is closed and holds no control character, and lists where each
// bracket, colon, comma and the first byte of each scalar or string stands. Everything else is checked here.
#ifndef VIGIL_BUILDER_H
#define VIGIL_BUILDER_H
#include <cstring>

#include "CSimdjson.h"
#include "NameMarks.h"

namespace vigil {

// A container that is open: its node and, while one inside it is read, how many children it has and their names.
struct Frame {
  uint32_t node;
  uint32_t count;
  NameMarks names;
};

class Builder {
 public:
  // Both the tape and the structural index count bytes from `base`.
  Builder(const uint8_t *base, size_t length, const vigil_limits &limits, vigil_tape &tape) noexcept
      : base_(base),
        text_end_(base + length),
        input_(base),
        end_(base + length),
        limits_(limits),
        tape_(tape),
        backslash_(find_backslash(base)) {}

  // Adds the document from `first` to `end`, a part of the text, whose structural characters are index ..< last.
  // Documents are added in the order of the text.
  int add(const uint8_t *first, const uint8_t *end, const uint32_t *index, const uint32_t *last, Frame *frames) noexcept;
  // Where the last document was refused, from its first byte.
  size_t offset() const noexcept { return offset_; }

 private:
  // `closed` promises that the first structural character is a bracket that opens and the last one that closes: then
  // no other needs to be asked whether one follows it, and a scalar is always inside a container.
  template <bool closed>
  int build(const uint32_t *index, const uint32_t *last, Frame *frames) noexcept;
  int fail(int fault, const uint8_t *place) noexcept {
    offset_ = size_t(place - input_);
    return fault;
  }
  const uint8_t *name(const vigil_node &node) const noexcept {
    return (node.flags & VIGIL_NAME_IN_SIDE ? tape_.side : base_) + node.name_start;
  }
  bool same_name(const vigil_node &a, const vigil_node &b) const noexcept {
    return a.name_length == b.name_length && memcmp(name(a), name(b), a.name_length) == 0;
  }
  const uint8_t *find_backslash(const uint8_t *from) const noexcept {
    const void *found = memchr(from, '\\', size_t(text_end_ - from));
    return found ? static_cast<const uint8_t *>(found) : text_end_;
  }
  const uint8_t *plain_end(const uint8_t *first, const uint8_t *next) noexcept;
  int side_string(const uint8_t *p, uint32_t &start, uint32_t &length) noexcept;
  bool has_member(uint32_t object, uint32_t count, const uint8_t *name, size_t length) const noexcept;
  int check_names(uint32_t object) noexcept;

  const uint8_t *const base_, *const text_end_;
  const uint8_t *input_, *end_;  // the document
  const vigil_limits &limits_;
  vigil_tape &tape_;
  size_t offset_ = 0;
  const uint8_t *backslash_;  // the first that no string before had
};

}  // namespace vigil
#endif
