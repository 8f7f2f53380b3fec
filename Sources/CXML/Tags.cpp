// SPDX-License-Identifier: Apache-2.0
// Tags: names, attributes, namespaces (XML 1.0, 3.1; Namespaces in XML 1.0).
#include <algorithm>

#include "Scanner.h"

namespace vigil::xml {
namespace {

// Where the prefix of a name that has one stands.
const uint8_t *prefix(const vigil_xml_name &name) noexcept { return name.start - name.prefix_length - 1; }

}  // namespace

// Reads the name at `p`. The byte after it, or null after a fault.
const uint8_t *Scanner::name_at(const uint8_t *p, vigil_xml_name &name) noexcept {
  const uint8_t *stop = name_end(p, end_);
  auto length = size_t(stop - p);
  name.start = p;
  name.length = uint32_t(length);
  name.prefix_length = 0;
  name.number = names_.find(vigil_xml_names::head(p, length, end_), p, length);
  if (__builtin_expect(name.number >= 0, 1)) return stop;
  const uint8_t *bad = name_fault(p, stop);
  if (length == 0 || bad != stop) return malformed(bad), nullptr;
  if (!split_name(p, length, name.prefix_length)) return fail(VIGIL_XML_BAD_NAMESPACE, p), nullptr;
  if (name.prefix_length > 0) {
    name.start += name.prefix_length + 1;
    name.length -= name.prefix_length + 1;
    name.number = names_.find(vigil_xml_names::head(name.start, name.length, end_), name.start, name.length);
  }
  return stop;
}

int Scanner::start_tag(const uint8_t *p) noexcept {
  if (open_.count() == 0 && has_root_) return malformed(p);
  offset = uint32_t(p - input_);
  attributes_.clear();
  declared_ = 0;
  declaration_count = 0;
  has_prefixes_ = false;
  p = name_at(p + 1, name);
  if (!p) return VIGIL_XML_FAULT;
  // What most tags of FHIR go on with.
  if (begins(p, end_, " value=\"", 8) && value_number_ >= 0 && most_attributes_ > 0) {
    vigil_xml_attribute *value = attributes_.add();
    value->name = {p + 1, 5, 0, value_number_, VIGIL_XML_NO_NAMESPACE, Namespaces::none};
    p = value_at(p + 7, *value);
    if (!p) return VIGIL_XML_FAULT;
  }
  while (p < end_ && *p != '>' && *p != '/') {
    p = attribute(p);
    if (!p) return VIGIL_XML_FAULT;
  }
  return close_tag(p);
}

// Ends a start tag or empty-element tag; `p` is its `>` or `/`, or the end.
int Scanner::close_tag(const uint8_t *p) noexcept {
  if (p == end_) return malformed(p);
  bool is_empty = *p == '/';
  if (is_empty) {
    if (++p == end_ || *p != '>') return malformed(p);
  }
  if (__builtin_expect(scratch_.count() > 0, 0)) place_rewritten();
  const uint32_t before = bindings_;
  if (__builtin_expect(declared_ == 0 && name.prefix_length == 0 && !has_prefixes_, 1)) {
    name.binding = namespaces_.default_binding();
    name.space = namespaces_.space(name.binding);
  } else if (!resolve()) {
    return VIGIL_XML_FAULT;
  }
  attributes = attributes_.items();
  attribute_count = uint32_t(attributes_.count());
  if (attribute_count > 1 && !are_distinct()) return VIGIL_XML_FAULT;
  has_root_ = true;
  if (is_empty) return tell(VIGIL_XML_EMPTY, p + 1);
  uint32_t prefix = name.prefix_length > 0 ? name.prefix_length + 1 : 0;
  if (!open_.append({name.start - prefix, name.length + prefix, name.prefix_length, before})) {
    out_of_memory();
    return VIGIL_XML_FAULT;
  }
  bindings_ = namespaces_.count();
  return tell(VIGIL_XML_START, p + 1);
}

int Scanner::end_tag(const uint8_t *p) noexcept {
  if (open_.count() == 0) return malformed(p);
  const Open &open = open_.last();
  const uint8_t *q = p + 2;
  if (!begins(q, end_, reinterpret_cast<const char *>(open.name), open.length))
    return malformed(memcmp(q, open.name, std::min(size_t(end_ - q), size_t(open.length))) == 0 ? end_ : p);
  q += open.length;
  if (q < end_ && *q != '>') {
    q = skip_blanks(q, end_);
    if (q < end_ && *q != '>') return malformed(p);
  }
  if (q == end_) return malformed(q);
  uint32_t prefix = open.prefix_length > 0 ? open.prefix_length + 1 : 0;
  offset = uint32_t(p - input_);
  name.start = open.name + prefix;
  name.length = open.length - prefix;
  name.prefix_length = open.prefix_length;
  bindings_ = open.bindings;
  open_.cut(open_.count() - 1);
  return tell(VIGIL_XML_END, q + 1);
}

// Reads white space and an attribute, or white space before the tag's end. The byte after it, or null after a fault.
const uint8_t *Scanner::attribute(const uint8_t *p) noexcept {
  const uint8_t *q = skip_blanks(p, end_);
  if (q == end_) return malformed(q), nullptr;
  if (*q == '>' || *q == '/') return q;
  if (q == p) return malformed(p), nullptr;
  vigil_xml_attribute *attribute = attributes_.add();
  if (!attribute) return out_of_memory(), nullptr;
  vigil_xml_name &own = attribute->name;
  const uint8_t *first = q;
  q = name_at(q, own);
  if (!q) return nullptr;
  own.space = VIGIL_XML_NO_NAMESPACE;
  own.binding = Namespaces::none;
  if ((own.prefix_length == 5 || (own.prefix_length == 0 && own.length == 5)) && memcmp(first, "xmlns", 5) == 0) {
    own.binding = declares;
    declared_++;
  } else if (own.prefix_length > 0) {
    has_prefixes_ = true;
  }
  if (declared_ > most_attributes_ || attributes_.count() - declared_ > most_attributes_)
    return fail(VIGIL_XML_TOO_MANY_ATTRIBUTES, first), nullptr;
  q = skip_blanks(q, end_);
  if (q == end_ || *q != '=') return malformed(q), nullptr;
  q = skip_blanks(q + 1, end_);
  if (q == end_ || (*q != '"' && *q != '\'')) return malformed(q), nullptr;
  return value_at(q, *attribute);
}

// Reads the value whose opening quote is at `p` (XML 1.0, 3.3.3). The byte after it, or null after a fault. A value that has
// to be rewritten goes to scratch_, which may still move: `place_rewritten` says where it is.
const uint8_t *Scanner::value_at(const uint8_t *p, vigil_xml_attribute &attribute) noexcept {
  const uint8_t quote = *p++;
  auto stops = [quote](auto byte) {
    return (byte == quote) | (byte == uint8_t('<')) | (byte == uint8_t('&')) | (byte < uint8_t(0x20));
  };
  const uint8_t *q = find(p, end_, stops);
  attribute.value = p;
  attribute.value_offset = uint32_t(p - input_);
  attribute.value_length = uint32_t(q - p);
  attribute.is_rewritten = false;
  if (__builtin_expect(q < end_ && *q == quote, 1)) return q + 1;
  size_t start = scratch_.count();
  for (;;) {
    if (!scratch_.append(p, size_t(q - p))) return out_of_memory(), nullptr;
    if (q == end_ || *q == '<') return malformed(q), nullptr;
    if (*q == quote) break;
    if (*q == '&') {
      if (!reference(q)) return nullptr;
    } else {  // white space; CR LF is one line end
      if (!scratch_.append(' ')) return out_of_memory(), nullptr;
      q += begins(q, end_, "\r\n", 2) ? 2 : 1;
    }
    p = q;
    q = find(p, end_, stops);
  }
  attribute.value_length = uint32_t(scratch_.count() - start);
  attribute.is_rewritten = true;
  return q + 1;
}

// The rewritten values lie in scratch_ one after the other.
void Scanner::place_rewritten() noexcept {
  const uint8_t *p = scratch_.items();
  for (size_t i = 0; i < attributes_.count(); i++) {
    if (!attributes_[i].is_rewritten) continue;
    attributes_[i].value = p;
    p += attributes_[i].value_length;
  }
}

// Takes the declarations out of the attributes and binds every name to its namespace. False after a fault.
bool Scanner::resolve() noexcept {
  const uint32_t first = namespaces_.count();
  size_t kept = 0;
  declarations_.clear();
  for (size_t i = 0; i < attributes_.count(); i++) {
    const vigil_xml_attribute &each = attributes_[i];
    if (each.name.binding != declares) {
      attributes_[kept++] = each;
      continue;
    }
    // `xmlns` alone declares the default namespace.
    uint32_t length = each.name.prefix_length > 0 ? each.name.length : 0;
    if (int code = namespaces_.declare(each.name.start, length, each.value, each.value_length, each.is_rewritten, first))
      return fail(code, each.name.start), false;
    if (!declarations_.append({each.name.start, length, namespaces_.space(namespaces_.count() - 1)}))
      return out_of_memory(), false;
  }
  attributes_.cut(kept);
  declarations = declarations_.items();
  declaration_count = uint32_t(declarations_.count());
  if (!bind(name)) return false;
  for (size_t i = 0; i < kept; i++)
    if (attributes_[i].name.prefix_length > 0 && !bind(attributes_[i].name)) return false;
  return true;
}

bool Scanner::bind(vigil_xml_name &name) noexcept {
  name.binding =
      name.prefix_length > 0 ? namespaces_.find(prefix(name), name.prefix_length) : namespaces_.default_binding();
  if (name.prefix_length > 0 && name.binding == Namespaces::none)
    return fail(VIGIL_XML_BAD_NAMESPACE, name.start + name.length), false;
  name.space = namespaces_.space(name.binding);
  return true;
}

// The order of expanded names (Namespaces, 6.3): 0 for equal ones.
int Scanner::compare(const vigil_xml_name &a, const vigil_xml_name &b) const noexcept {
  if (a.length != b.length) return a.length < b.length ? -1 : 1;
  if (int sign = memcmp(a.start, b.start, a.length)) return sign;
  if (a.binding == b.binding) return 0;
  uint32_t length_a, length_b;
  const uint8_t *uri_a = namespaces_.uri(a.binding, length_a), *uri_b = namespaces_.uri(b.binding, length_b);
  if (length_a != length_b) return length_a < length_b ? -1 : 1;
  return memcmp(uri_a, uri_b, length_a);
}

// Whether no attribute is given twice; false after a fault. Many are sorted, so that no choice of them costs more than
// n log n.
bool Scanner::are_distinct() noexcept {
  constexpr size_t few = 8;
  const size_t count = attributes_.count();
  const vigil_xml_attribute *first = attributes_.items(), *twice = nullptr, *before = nullptr;
  if (count <= few) {
    for (size_t i = 1; i < count && !twice; i++)
      for (size_t j = 0; j < i && !twice; j++)
        if (compare(first[i].name, first[j].name) == 0) twice = first + i, before = first + j;
  } else {
    order_.clear();
    if (!order_.reserve(count)) return out_of_memory(), false;
    for (size_t i = 0; i < count; i++) order_.append(first + i);
    std::sort(order_.items(), order_.items() + count,
              [this](const vigil_xml_attribute *a, const vigil_xml_attribute *b) {
                int sign = compare(a->name, b->name);
                return sign ? sign < 0 : a < b;
              });
    for (size_t i = 1; i < count; i++)
      if (compare(order_[i - 1]->name, order_[i]->name) == 0 && (!twice || order_[i] < twice))
        twice = order_[i], before = order_[i - 1];
  }
  if (!twice) return true;
  // The same name twice is no XML; two names that mean the same are no XML with namespaces.
  const vigil_xml_name &a = twice->name, &b = before->name;
  bool is_same = a.prefix_length == b.prefix_length &&
                 (a.prefix_length == 0 || memcmp(prefix(a), prefix(b), a.prefix_length) == 0);
  return fail(is_same ? VIGIL_XML_NOT_WELL_FORMED : VIGIL_XML_BAD_NAMESPACE, a.start), false;
}

}  // namespace vigil::xml
