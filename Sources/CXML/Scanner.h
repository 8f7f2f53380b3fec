// SPDX-License-Identifier: Apache-2.0
// The scanner: where it stands in the document, which elements are open, and what it met last.
//
// It never reads at or past `end_`, the end of the input or the first character that XML cannot hold: what is left open
// there ends in a fault at that byte, whose ever the fault is.
#ifndef VIGIL_XML_SCANNER_H
#define VIGIL_XML_SCANNER_H
#include "Buffer.h"
#include "Bytes.h"
#include "CXML.h"
#include "Names.h"
#include "Namespaces.h"

namespace vigil::xml {

class Scanner : public vigil_xml_event {
 public:
  Scanner(const uint8_t *input, size_t length, const vigil_xml_names &names, uint32_t attributes) noexcept
      : vigil_xml_event(), input_(input), end_(input + vigil_xml_first_forbidden(input, length)),
        input_end_(input + length), at_(input), names_(names), most_attributes_(attributes) {}

  /// Passes over the byte order mark and the XML declaration. False when memory is out.
  bool begin() noexcept;
  int next() noexcept;

  const Namespaces &namespaces() const noexcept { return namespaces_; }

 private:
  /// Marks, until the tag's end, the binding of an attribute that declares a namespace.
  static constexpr uint32_t declares = UINT32_MAX;

  /// An element whose end tag is still to come: its name as it was written, the bindings from before it.
  struct Open {
    const uint8_t *name;
    uint32_t length, prefix_length, bindings;
  };

  int fail(int code, const uint8_t *place) noexcept {
    fault = code;
    offset = end = uint32_t(place - input_);
    return VIGIL_XML_FAULT;
  }
  int malformed(const uint8_t *place) noexcept { return fail(VIGIL_XML_NOT_WELL_FORMED, place); }
  int out_of_memory() noexcept { return fail(VIGIL_XML_OUT_OF_MEMORY, at_); }

  /// The event is told; the next begins at `p`.
  int tell(int kind, const uint8_t *p) noexcept {
    at_ = p;
    end = uint32_t(p - input_);
    return kind;
  }

  // Scanner.cpp: what stands between tags. Those that return bool set the fault when false.
  int at_end() noexcept;
  int character_data(const uint8_t *p, const uint8_t *stop) noexcept;
  int cdata(const uint8_t *p) noexcept;
  bool comment(const uint8_t *&p) noexcept;
  bool instruction(const uint8_t *&p) noexcept;
  // Declaration.cpp
  bool declaration(const uint8_t *&p) noexcept;
  bool pseudo_attribute(const uint8_t *&p, const char *name, const uint8_t *&value, size_t &length) noexcept;
  // Tags.cpp
  int start_tag(const uint8_t *p) noexcept;
  int end_tag(const uint8_t *p) noexcept;
  int close_tag(const uint8_t *p) noexcept;
  const uint8_t *name_at(const uint8_t *p, vigil_xml_name &name) noexcept;
  const uint8_t *attribute(const uint8_t *p) noexcept;
  const uint8_t *value_at(const uint8_t *p, vigil_xml_attribute &attribute) noexcept;
  void place_rewritten() noexcept;
  bool resolve() noexcept;
  bool bind(vigil_xml_name &name) noexcept;
  int compare(const vigil_xml_name &a, const vigil_xml_name &b) const noexcept;
  bool are_distinct() noexcept;
  // References.cpp
  bool reference(const uint8_t *&p) noexcept;
  bool normalised(const uint8_t *from, const uint8_t *to) noexcept;

  const uint8_t *const input_, *const end_, *const input_end_;
  const uint8_t *at_;
  const vigil_xml_names &names_;
  const uint32_t most_attributes_;
  int32_t value_number_ = -1;  // of `value` in the dictionary
  uint32_t declared_ = 0;    // attributes of the tag that declare a namespace
  bool has_root_ = false;
  bool has_prefixes_ = false;  // whether an attribute of the tag has a prefix
  uint32_t bindings_ = Namespaces::predefined;  // how many of them the next event keeps
  Buffer<Open> open_;
  Buffer<vigil_xml_attribute> attributes_;  // until the tag's end with those that declare a namespace
  Buffer<vigil_xml_declaration> declarations_;
  Buffer<const vigil_xml_attribute *> order_;
  Buffer<uint8_t> scratch_;  // text that had to be rewritten, since the last event
  Namespaces namespaces_;
};

}  // namespace vigil::xml
#endif
