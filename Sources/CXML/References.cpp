// SPDX-License-Identifier: Apache-2.0
// Text that is not what stands in the input: references, and line ends.
#include "Scanner.h"

namespace vigil::xml {
namespace {

// Char (XML 1.0, 2.2).
bool is_character(uint32_t scalar) noexcept {
  if (scalar < 0x20) return scalar == 0x09 || scalar == 0x0A || scalar == 0x0D;
  return scalar < 0xD800 || (scalar >= 0xE000 && scalar < 0xFFFE) || (scalar >= 0x10000 && scalar <= 0x10FFFF);
}

size_t encode(uint32_t scalar, uint8_t out[4]) noexcept {
  if (scalar < 0x80) {
    out[0] = uint8_t(scalar);
    return 1;
  }
  size_t more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
  for (size_t i = more; i > 0; i--, scalar >>= 6) out[i] = uint8_t(0x80 | (scalar & 0x3F));
  out[0] = uint8_t((more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0) | scalar);
  return more + 1;
}

// The digits of a character reference from `p`, which moves past them; what is no character stays none.
uint32_t digits(const uint8_t *&p, const uint8_t *end, bool is_hexadecimal) noexcept {
  uint32_t value = 0;
  for (; p < end; p++) {
    unsigned digit = unsigned(*p - '0'), letter = unsigned((*p | 0x20) - 'a');
    if (digit > 9) {
      if (!is_hexadecimal || letter > 5) break;
      digit = letter + 10;
    }
    value = value * (is_hexadecimal ? 16 : 10) + digit;
    if (value > 0x110000) value = 0x110000;
  }
  return value;
}

struct Entity {
  char name[6];
  size_t length;
  uint8_t character;
};

constexpr Entity predefined[] = {
    {"amp;", 4, '&'}, {"lt;", 3, '<'}, {"gt;", 3, '>'}, {"quot;", 5, '"'}, {"apos;", 5, '\''}};

}  // namespace

// The reference at `p`, an ampersand (XML 1.0, 4.1), to scratch_; `p` moves past it.
bool Scanner::reference(const uint8_t *&p) noexcept {
  const uint8_t *q = p + 1;
  uint8_t bytes[4];
  size_t count = 0;
  if (q < end_ && *q == '#') {
    bool is_hexadecimal = ++q < end_ && *q == 'x';
    if (is_hexadecimal) q++;
    const uint8_t *first = q;
    uint32_t scalar = digits(q, end_, is_hexadecimal);
    if (q == end_) return malformed(end_), false;
    if (q == first || *q != ';' || !is_character(scalar)) return malformed(p), false;
    count = encode(scalar, bytes);
    q++;
  } else {
    for (const Entity &entity : predefined)
      if (begins(q, end_, entity.name, entity.length)) {
        bytes[count++] = entity.character;
        q += entity.length;
        break;
      }
    if (count == 0) {
      const uint8_t *stop = find(q, end_, [](auto byte) { return byte == uint8_t(';'); });
      const uint8_t *bad = name_fault(q, stop);
      if (bad == end_) return malformed(end_), false;
      if (bad == q || bad != stop) return malformed(bad), false;
      return fail(VIGIL_XML_UNDECLARED_ENTITY, p), false;
    }
  }
  p = q;
  return scratch_.append(bytes, count) || (out_of_memory(), false);
}

// Makes the bytes of the input the event's text, CR LF and lone CR replaced by LF (XML 1.0, 2.11).
bool Scanner::normalised(const uint8_t *from, const uint8_t *to) noexcept {
  const uint8_t *p = find(from, to, [](auto byte) { return byte == uint8_t('\r'); });
  text = from;
  text_length = uint32_t(to - from);
  if (p == to) return true;
  if (!scratch_.reserve(size_t(to - from))) return out_of_memory(), false;
  for (;;) {
    scratch_.append(from, size_t(p - from));
    if (p == to) break;
    scratch_.append('\n');
    from = to - p > 1 && p[1] == '\n' ? p + 2 : p + 1;
    p = find(from, to, [](auto byte) { return byte == uint8_t('\r'); });
  }
  text = scratch_.items();
  text_length = uint32_t(scratch_.count());
  return true;
}

}  // namespace vigil::xml

size_t vigil_xml_first_forbidden(const uint8_t *text, size_t length) {
  using namespace vigil::xml;
  const uint8_t *const end = text + length;
  for (const uint8_t *p = text;; p++) {
    // A control, or the first byte of U+FFFE and U+FFFF.
    p = find(p, end, [](auto byte) {
      return ((byte < uint8_t(0x20)) & (byte != uint8_t('\t')) & (byte != uint8_t('\n')) & (byte != uint8_t('\r'))) |
             (byte == uint8_t(0xEF));
    });
    if (p == end) return length;
    if (*p != 0xEF || (end - p > 2 && p[1] == 0xBF && p[2] >= 0xBE)) return size_t(p - text);
  }
}
