// SPDX-License-Identifier: Apache-2.0
#include "Names.h"

#include <new>

bool vigil_xml_names::make(const uint8_t *from, const uint32_t *bounds, uint32_t count) noexcept {
  size_t size = 64;
  while (size < size_t(count) * 2) size *= 2;
  if (!slots.fill_zero(size) || !text.append(from, bounds[count])) return false;
  mask = size - 1;
  for (uint32_t number = 0; number < count; number++) {
    const uint8_t *name = from + bounds[number];
    size_t length = bounds[number + 1] - bounds[number];
    vigil::xml::Bytes first = head(name, length, name + length);
    Entry entry = {};
    memcpy(entry.head, &first, sizeof entry.head);
    entry.length = uint32_t(length);
    entry.start = bounds[number];
    entry.number = int32_t(number);
    size_t slot = hash(entry.head, length);
    while (slots[slot].length != 0) slot = (slot + 1) & mask;
    slots[slot] = entry;
  }
  return true;
}

const vigil_xml_names *vigil_xml_names_make(const uint8_t *text, const uint32_t *bounds, uint32_t count) {
  auto *names = new (std::nothrow) vigil_xml_names;
  if (names && names->make(text, bounds, count)) return names;
  delete names;
  return nullptr;
}

int32_t vigil_xml_names_find(const vigil_xml_names *names, const uint8_t *name, uint32_t length) {
  return names->find(vigil_xml_names::head(name, length, name + length), name, length);
}

namespace vigil::xml {
namespace {

// What an ASCII character may do in a name.
enum : uint8_t { no_name = 0, inside = 1, start = 2 };

constexpr uint8_t ascii(uint8_t c) noexcept {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == ':') return start;
  return (c >= '0' && c <= '9') || c == '-' || c == '.' ? inside : no_name;
}

struct Range {
  uint32_t first, last;
};

// NameStartChar and what NameChar adds to it, beyond ASCII (XML 1.0, 2.3).
constexpr Range starts[] = {{0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
                            {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
                            {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF}};
constexpr Range insides[] = {{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}};

template <size_t count>
bool holds(const Range (&ranges)[count], uint32_t scalar) noexcept {
  for (const Range &range : ranges)
    if (scalar >= range.first && scalar <= range.last) return true;
  return false;
}

// The scalar whose bytes begin at `p`, which moves past it; 0 where the bytes are cut short.
uint32_t decode(const uint8_t *&p, const uint8_t *end) noexcept {
  uint32_t lead = *p, more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  if (uint32_t(end - p) <= more) return 0;
  uint32_t scalar = lead & (0x3F >> more);
  for (uint32_t i = 1; i <= more; i++) scalar = scalar << 6 | (p[i] & 0x3F);
  p += more + 1;
  return scalar;
}

}  // namespace

const uint8_t *name_fault(const uint8_t *p, const uint8_t *end) noexcept {
  for (bool is_first = true; p < end; is_first = false) {
    const uint8_t *here = p;
    if (*p < 0x80) {
      uint8_t kind = ascii(*p++);
      if (kind == no_name || (is_first && kind != start)) return here;
    } else {
      uint32_t scalar = decode(p, end);
      if (!holds(starts, scalar) && (is_first || !holds(insides, scalar))) return here;
    }
  }
  return end;
}

bool split_name(const uint8_t *name, size_t length, uint32_t &prefix_length) noexcept {
  prefix_length = 0;
  const auto *colon = static_cast<const uint8_t *>(memchr(name, ':', length));
  if (!colon) return true;
  prefix_length = uint32_t(colon - name);
  const uint8_t *local = colon + 1, *end = name + length;
  // Both parts are NCNames: Names without a colon.
  return prefix_length > 0 && local < end && !memchr(local, ':', size_t(end - local)) && name_fault(local, end) == end;
}

}  // namespace vigil::xml
