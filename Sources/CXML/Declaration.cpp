// SPDX-License-Identifier: Apache-2.0
// The XML declaration (XML 1.0, 2.8): version, then perhaps encoding, then perhaps standalone.
#include "Scanner.h"

namespace vigil::xml {
namespace {

bool is_digit(uint8_t c) noexcept { return unsigned(c - '0') < 10; }
bool is_letter(uint8_t c) noexcept { return unsigned((c | 0x20) - 'a') < 26; }

// VersionNum: `1.` and digits, of which a processor of 1.0 reads all alike.
bool is_version(const uint8_t *p, size_t length) noexcept {
  if (length < 3 || p[0] != '1' || p[1] != '.') return false;
  for (size_t i = 2; i < length; i++)
    if (!is_digit(p[i])) return false;
  return true;
}

// EncName (4.3.3).
bool is_encoding(const uint8_t *p, size_t length) noexcept {
  if (length == 0 || !is_letter(p[0])) return false;
  for (size_t i = 1; i < length; i++)
    if (!is_letter(p[i]) && !is_digit(p[i]) && p[i] != '.' && p[i] != '_' && p[i] != '-') return false;
  return true;
}

bool is_utf8(const uint8_t *p, size_t length) noexcept {
  static const char name[] = "utf-8";
  if (length != sizeof name - 1) return false;
  for (size_t i = 0; i < length; i++)
    if ((is_letter(p[i]) ? p[i] | 0x20 : p[i]) != name[i]) return false;
  return true;
}

bool is_literal(const uint8_t *p, size_t length, const char *literal) noexcept {
  return length == strlen(literal) && memcmp(p, literal, length) == 0;
}

}  // namespace

// White space, `name`, `=` and a quoted value. Without the name `value` is null and `p` stays; false is a fault.
bool Scanner::pseudo_attribute(const uint8_t *&p, const char *name, const uint8_t *&value, size_t &length) noexcept {
  value = nullptr;
  const uint8_t *q = skip_blanks(p, end_);
  if (q == p || !begins(q, end_, name, strlen(name))) return true;
  q = skip_blanks(q + strlen(name), end_);
  if (q == end_ || *q != '=') return malformed(q), false;
  q = skip_blanks(q + 1, end_);
  if (q == end_ || (*q != '"' && *q != '\'')) return malformed(q), false;
  const auto *close = static_cast<const uint8_t *>(memchr(q + 1, *q, size_t(end_ - q - 1)));
  if (!close) return malformed(end_), false;
  value = q + 1;
  length = size_t(close - value);
  p = close + 1;
  return true;
}

bool Scanner::declaration(const uint8_t *&start) noexcept {
  const uint8_t *p = start + 5, *value;
  size_t length = 0;
  if (!pseudo_attribute(p, "version", value, length)) return false;
  if (!value || !is_version(value, length)) return malformed(value ? value : p), false;
  if (!pseudo_attribute(p, "encoding", value, length)) return false;
  if (value && !is_encoding(value, length)) return malformed(value), false;
  // UTF-8 is all that FHIR allows (R4 xml.html).
  if (value && !is_utf8(value, length)) return fail(VIGIL_XML_OTHER_ENCODING, value), false;
  if (!pseudo_attribute(p, "standalone", value, length)) return false;
  if (value && !is_literal(value, length, "yes") && !is_literal(value, length, "no")) return malformed(value), false;
  p = skip_blanks(p, end_);
  if (!begins(p, end_, "?>", 2)) return malformed(p), false;
  start = p + 2;
  return true;
}

}  // namespace vigil::xml
