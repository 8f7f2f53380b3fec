// SPDX-License-Identifier: Apache-2.0
// Which prefix stands for which namespace, as elements open and close (Namespaces in XML 1.0).
#ifndef VIGIL_XML_NAMESPACES_H
#define VIGIL_XML_NAMESPACES_H
#include "Buffer.h"
#include "Bytes.h"
#include "CXML.h"

namespace vigil::xml {

class Namespaces {
 public:
  /// The bindings that are always there: no namespace for no prefix, and `xml`.
  static constexpr uint32_t none = 0, xml = 1, predefined = 2;

  /// False when memory is out.
  bool begin() noexcept;

  uint32_t count() const noexcept { return uint32_t(bindings_.count()); }
  uint16_t space(uint32_t binding) const noexcept { return bindings_[binding].space; }
  const uint8_t *uri(uint32_t binding, uint32_t &length) const noexcept;

  /// The binding of names without a prefix.
  uint32_t default_binding() const noexcept { return prefixes_[0].binding; }

  /// The binding of a prefix, or `none` when it is not declared.
  uint32_t find(const uint8_t *prefix, uint32_t length) const noexcept;

  /// Binds a prefix (empty for the default namespace) to a URI, which is copied when it does not stand in the input.
  /// `first` is the first binding of the element; a prefix is declared at most once in it. Returns a vigil_xml_fault.
  int declare(const uint8_t *prefix, uint32_t prefix_length, const uint8_t *uri, uint32_t uri_length, bool is_rewritten,
              uint32_t first) noexcept;

  /// Takes back all bindings from number `count` on.
  void cut(uint32_t count) noexcept;

 private:
  struct Prefix {
    const uint8_t *start;
    uint32_t length;
    uint32_t binding;
  };
  struct Binding {
    uint32_t prefix;
    uint32_t previous;   // the binding of the prefix outside
    const uint8_t *uri;  // null for one that is in copies_, at `copy`
    uint32_t copy;
    uint32_t length;
    uint16_t space;
  };

  // The slot of a prefix in slots_, or the gap where it belongs.
  size_t slot(const uint8_t *prefix, uint32_t length) const noexcept;
  // The number of a prefix, given now if it has none; UINT32_MAX when memory is out.
  uint32_t number(const uint8_t *prefix, uint32_t length) noexcept;
  bool grow_slots(size_t size) noexcept;

  Buffer<Prefix> prefixes_;  // number 0 is the empty one
  Buffer<uint32_t> slots_;   // numbers by open addressing, 0 for a gap
  Buffer<Binding> bindings_;
  Buffer<uint8_t> copies_;
};

}  // namespace vigil::xml
#endif
