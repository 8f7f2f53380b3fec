// SPDX-License-Identifier: Apache-2.0
// Names: where they end, what they may hold, and the dictionary of those that are known.
#ifndef VIGIL_XML_NAMES_H
#define VIGIL_XML_NAMES_H
#include "Buffer.h"
#include "Bytes.h"
#include "CXML.h"

/// Open addressing over the first sixteen bytes of each name, which tell nearly all of FHIR's names apart.
struct vigil_xml_names {
  struct Entry {
    uint64_t head[2];  // zero after the name's end
    uint32_t length;   // 0 for a free slot
    uint32_t start;
    int32_t number;
  };

  bool make(const uint8_t *text, const uint32_t *bounds, uint32_t count) noexcept;

  /// The number of the name of `length` bytes, or -1; `head` is its first sixteen bytes, zero after its end.
  int32_t find(vigil::xml::Bytes head, const uint8_t *name, size_t length) const noexcept {
    uint64_t halves[2];
    memcpy(halves, &head, sizeof halves);
    for (size_t slot = hash(halves, length); slots[slot].length != 0; slot = (slot + 1) & mask) {
      const Entry &entry = slots[slot];
      if (entry.head[0] == halves[0] && entry.head[1] == halves[1] && entry.length == length &&
          (length <= 16 || memcmp(text.items() + entry.start + 16, name + 16, length - 16) == 0))
        return entry.number;
    }
    return -1;
  }

  /// The first sixteen bytes of a name of `length` bytes, zero after its end. `end` is where reading must stop.
  static vigil::xml::Bytes head(const uint8_t *name, size_t length, const uint8_t *end) noexcept {
    static const uint8_t keep[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    vigil::xml::Bytes bytes = {};
    if (end - name >= 16) {
      bytes = vigil::xml::load(name);
    } else {
      memcpy(&bytes, name, length < 16 ? length : 16);
    }
    return length < 16 ? bytes & vigil::xml::load(keep + 16 - length) : bytes;
  }

 private:
  size_t hash(const uint64_t halves[2], size_t length) const noexcept {
    uint64_t mixed = (halves[0] ^ halves[1] * 0x9E3779B97F4A7C15u ^ length) * 0xA0761D6478BD642Fu;
    return size_t(mixed >> 32) & mask;
  }

  vigil::xml::Buffer<Entry> slots;
  vigil::xml::Buffer<uint8_t> text;
  size_t mask = 0;
};

namespace vigil::xml {

/// Where a name ends in a tag: at white space, `/`, `>` or `=`. What stands before it need not be a name.
inline const uint8_t *name_end(const uint8_t *p, const uint8_t *end) noexcept {
  return find(p, end, [](auto byte) {
    return (byte <= uint8_t(0x20)) | (byte == uint8_t('/')) | (byte == uint8_t('>')) | (byte == uint8_t('='));
  });
}

/// The first byte that keeps the text from `p` up to `end` from being a Name (XML 1.0, 2.3), or `end`; for no bytes at all
/// it is `p`, so that the caller asks for `p == end` first.
const uint8_t *name_fault(const uint8_t *p, const uint8_t *end) noexcept;

/// Splits a Name into prefix and local part (Namespaces, 3); false where the colons forbid it. The bytes of the prefix,
/// without the colon, go to `prefix_length`.
bool split_name(const uint8_t *name, size_t length, uint32_t &prefix_length) noexcept;

}  // namespace vigil::xml
#endif
