// SPDX-License-Identifier: Apache-2.0
#include "Scanner.h"

#include <new>

namespace vigil::xml {

bool Scanner::begin() noexcept {
  static const uint8_t value[] = {'v', 'a', 'l', 'u', 'e'};
  value_number_ = vigil_xml_names_find(&names_, value, sizeof value);
  if (!namespaces_.begin() || !attributes_.reserve(4)) return false;
  const uint8_t *p = at_;
  if (begins(p, end_, "\xEF\xBB\xBF", 3)) p += 3;
  at_ = p;
  // `<?xml` alone may begin another name (XML 1.0, 2.8).
  if (begins(p, end_, "<?xml", 5) && end_ - p > 5 && is_blank(p[5]) && declaration(p)) at_ = p;
  return true;
}

int Scanner::next() noexcept {
  if (fault) return VIGIL_XML_FAULT;
  scratch_.clear();
  if (namespaces_.count() != bindings_) namespaces_.cut(bindings_);
  const uint8_t *p = at_;
  for (;;) {
    if (p == end_) return at_end();
    if (*p != '<') {
      const uint8_t *stop = skip_blanks(p, end_);
      if (open_.count() == 0) {
        if (stop < end_ && *stop != '<') return malformed(stop);
        p = stop;
        continue;
      }
      if (blanks || stop == end_ || *stop != '<') return character_data(p, stop);
      p = stop;
    }
    if (end_ - p < 2) return malformed(end_);
    switch (p[1]) {
      case '/': return end_tag(p);
      case '!':
        if (begins(p, end_, "<!--", 4)) {
          if (!comment(p)) return VIGIL_XML_FAULT;
          break;
        }
        if (begins(p, end_, "<!DOCTYPE", 9)) return fail(VIGIL_XML_DOCUMENT_TYPE, p);
        if (open_.count() > 0 && begins(p, end_, "<![CDATA[", 9)) return cdata(p);
        return malformed(p);
      case '?':
        if (!instruction(p)) return VIGIL_XML_FAULT;
        break;
      default: return start_tag(p);
    }
  }
}

int Scanner::at_end() noexcept {
  if (end_ != input_end_ || open_.count() > 0 || !has_root_) return malformed(end_);
  offset = uint32_t(end_ - input_);
  return tell(VIGIL_XML_DONE, end_);
}

// `p` up to `stop` is white space, perhaps none.
int Scanner::character_data(const uint8_t *p, const uint8_t *stop) noexcept {
  offset = uint32_t(p - input_);
  const uint8_t *from = p;
  if (*p == '&') {
    if (!reference(p)) return VIGIL_XML_FAULT;
    text = scratch_.items();
    text_length = uint32_t(scratch_.count());
    return tell(VIGIL_XML_TEXT, p);
  }
  bool is_plain = !memchr(p, '\r', size_t(stop - p));
  for (p = stop;; p++) {
    p = find(p, end_, [](auto byte) {
      return (byte == uint8_t('<')) | (byte == uint8_t('&')) | (byte == uint8_t(']')) | (byte == uint8_t('\r'));
    });
    if (p == end_) return malformed(p);
    if (*p == '\r') {
      is_plain = false;
    } else if (*p != ']') {
      break;
    } else if (begins(p, end_, "]]>", 3)) {
      return malformed(p);
    }
  }
  if (is_plain) {
    text = from;
    text_length = uint32_t(p - from);
  } else if (!normalised(from, p)) {
    return VIGIL_XML_FAULT;
  }
  return tell(VIGIL_XML_TEXT, p);
}

int Scanner::cdata(const uint8_t *p) noexcept {
  offset = uint32_t(p - input_);
  const uint8_t *from = p + 9;
  for (p = from;; p++) {
    p = find(p, end_, [](auto byte) { return byte == uint8_t(']'); });
    if (p == end_) return malformed(p);
    if (begins(p, end_, "]]>", 3)) break;
  }
  if (!normalised(from, p)) return VIGIL_XML_FAULT;
  return tell(VIGIL_XML_CDATA, p + 3);
}

// XML 1.0, 2.5: no `--` but that of its end.
bool Scanner::comment(const uint8_t *&p) noexcept {
  for (p += 4;; p++) {
    p = find(p, end_, [](auto byte) { return byte == uint8_t('-'); });
    if (end_ - p < 2) break;
    if (p[1] != '-') continue;
    if (end_ - p < 3) break;
    if (p[2] != '>') return malformed(p), false;
    p += 3;
    return true;
  }
  return malformed(end_), false;
}

// XML 1.0, 2.6: a target that is a Name but not `xml` in any letter case, then white space before anything else.
bool Scanner::instruction(const uint8_t *&p) noexcept {
  const uint8_t *target = p + 2;
  const uint8_t *stop = find(target, end_, [](auto byte) { return (byte <= uint8_t(0x20)) | (byte == uint8_t('?')); });
  if (stop == end_) return malformed(end_), false;
  const uint8_t *bad = name_fault(target, stop);
  if (target == stop || bad != stop) return malformed(bad), false;
  if (stop - target == 3 && (target[0] | 0x20) == 'x' && (target[1] | 0x20) == 'm' && (target[2] | 0x20) == 'l')
    return malformed(p), false;
  // Namespaces, 7.
  if (memchr(target, ':', size_t(stop - target))) return fail(VIGIL_XML_BAD_NAMESPACE, target), false;
  if (*stop == '?') {
    if (end_ - stop < 2) return malformed(end_), false;
    if (stop[1] != '>') return malformed(stop), false;
    p = stop + 2;
    return true;
  }
  for (p = stop;; p++) {
    p = find(p, end_, [](auto byte) { return byte == uint8_t('?'); });
    if (end_ - p < 2) return malformed(end_), false;
    if (p[1] == '>') break;
  }
  p += 2;
  return true;
}

}  // namespace vigil::xml

using vigil::xml::Scanner;

vigil_xml_event *vigil_xml_open(const uint8_t *input, size_t length, const vigil_xml_names *names, uint32_t attributes) {
  auto *scanner = new (std::nothrow) Scanner(input, length, *names, attributes);
  if (scanner && scanner->begin()) return scanner;
  delete scanner;
  return nullptr;
}

int vigil_xml_next(vigil_xml_event *event) { return static_cast<Scanner *>(event)->next(); }

const uint8_t *vigil_xml_uri(const vigil_xml_event *event, uint32_t binding, uint32_t *length) {
  return static_cast<const Scanner *>(event)->namespaces().uri(binding, *length);
}

void vigil_xml_close(vigil_xml_event *event) { delete static_cast<Scanner *>(event); }
