// SPDX-License-Identifier: Apache-2.0
#include "Namespaces.h"

#include <sys/random.h>
#include <unistd.h>

namespace vigil::xml {
namespace {

struct Known {
  const char *uri;
  size_t length;
  uint16_t space;
};

#define VIGIL_URI(text) text, sizeof(text) - 1
constexpr Known known[] = {{VIGIL_URI("http://hl7.org/fhir"), VIGIL_XML_FHIR},
                           {VIGIL_URI("http://www.w3.org/1999/xhtml"), VIGIL_XML_XHTML},
                           {VIGIL_URI("http://www.w3.org/2001/XMLSchema-instance"), VIGIL_XML_SCHEMA_INSTANCE},
                           {VIGIL_URI("http://www.w3.org/XML/1998/namespace"), VIGIL_XML_XML}};
constexpr char xmlns_uri[] = "http://www.w3.org/2000/xmlns/";
#undef VIGIL_URI

uint16_t space_of(const uint8_t *uri, uint32_t length) noexcept {
  if (length == 0) return VIGIL_XML_NO_NAMESPACE;
  for (const Known &each : known)
    if (each.length == length && memcmp(each.uri, uri, length) == 0) return each.space;
  return VIGIL_XML_OTHER_NAMESPACE;
}

// Different in each run, so that no choice of prefixes makes them collide; nothing but time depends on it.
uint64_t seed() noexcept {
  static const uint64_t value = [] {
    uint64_t random = 0;
    if (getentropy(&random, sizeof random) != 0) random = reinterpret_cast<uintptr_t>(&random);
    return random;
  }();
  return value;
}

// Multiplication mixes each word as in wyhash.
uint64_t mix(uint64_t left, uint64_t right) noexcept {
  unsigned __int128 product = static_cast<unsigned __int128>(left) * right;
  return uint64_t(product >> 64) ^ uint64_t(product);
}

uint64_t hash(const uint8_t *p, uint32_t length) noexcept {
  uint64_t state = seed() ^ length, word;
  for (; length >= 8; p += 8, length -= 8) {
    memcpy(&word, p, 8);
    state = mix(word ^ state, 0xA0761D6478BD642Fu);
  }
  word = 0;
  memcpy(&word, p, length);
  return mix(word ^ state, seed() | 1);
}

}  // namespace

bool Namespaces::begin() noexcept {
  static const uint8_t name[] = {'x', 'm', 'l'};
  const Known &uri = known[3];
  return prefixes_.append({name, 0, none}) && grow_slots(16) && bindings_.append({0, none, name, 0, 0, 0}) &&
         number(name, 3) == 1 &&
         bindings_.append(
             {1, none, reinterpret_cast<const uint8_t *>(uri.uri), 0, uint32_t(uri.length), VIGIL_XML_XML}) &&
         (prefixes_[1].binding = xml);
}

const uint8_t *Namespaces::uri(uint32_t binding, uint32_t &length) const noexcept {
  const Binding &found = bindings_[binding];
  length = found.length;
  return found.uri ? found.uri : copies_.items() + found.copy;
}

size_t Namespaces::slot(const uint8_t *prefix, uint32_t length) const noexcept {
  size_t mask = slots_.count() - 1, slot = size_t(hash(prefix, length)) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Prefix &found = prefixes_[slots_[slot]];
    if (found.length == length && memcmp(found.start, prefix, length) == 0) break;
  }
  return slot;
}

uint32_t Namespaces::find(const uint8_t *prefix, uint32_t length) const noexcept {
  uint32_t number = slots_[slot(prefix, length)];
  return number > 0 ? prefixes_[number].binding : none;
}

bool Namespaces::grow_slots(size_t size) noexcept {
  if (!slots_.fill_zero(size)) return false;
  for (size_t i = 1; i < prefixes_.count(); i++) slots_[slot(prefixes_[i].start, prefixes_[i].length)] = uint32_t(i);
  return true;
}

uint32_t Namespaces::number(const uint8_t *prefix, uint32_t length) noexcept {
  if (length == 0) return 0;
  size_t place = slot(prefix, length);
  if (slots_[place] != 0) return slots_[place];
  auto number = uint32_t(prefixes_.count());
  if (!prefixes_.append({prefix, length, none})) return UINT32_MAX;
  slots_[place] = number;
  if (prefixes_.count() * 2 > slots_.count() && !grow_slots(slots_.count() * 2)) return UINT32_MAX;
  return number;
}

int Namespaces::declare(const uint8_t *prefix, uint32_t prefix_length, const uint8_t *uri, uint32_t uri_length,
                        bool is_rewritten, uint32_t first) noexcept {
  uint16_t space = space_of(uri, uri_length);
  bool is_xml = prefix_length == 3 && memcmp(prefix, "xml", 3) == 0;
  // Namespaces, 3: `xml` and its URI belong together, `xmlns` and its URI are never declared, and only the default
  // namespace can be taken back.
  if (is_xml != (space == VIGIL_XML_XML) || (prefix_length > 0 && uri_length == 0) ||
      (prefix_length == 5 && memcmp(prefix, "xmlns", 5) == 0) ||
      (uri_length == sizeof xmlns_uri - 1 && memcmp(uri, xmlns_uri, uri_length) == 0))
    return VIGIL_XML_BAD_NAMESPACE;
  uint32_t owner = number(prefix, prefix_length);
  if (owner == UINT32_MAX) return VIGIL_XML_OUT_OF_MEMORY;
  uint32_t previous = prefixes_[owner].binding;
  if (previous >= first) return VIGIL_XML_NOT_WELL_FORMED;  // an attribute given twice
  auto copy = uint32_t(copies_.count());
  if (is_rewritten && !copies_.append(uri, uri_length)) return VIGIL_XML_OUT_OF_MEMORY;
  if (!bindings_.append({owner, previous, is_rewritten ? nullptr : uri, copy, uri_length, space}))
    return VIGIL_XML_OUT_OF_MEMORY;
  prefixes_[owner].binding = count() - 1;
  return VIGIL_XML_NO_FAULT;
}

void Namespaces::cut(uint32_t count) noexcept {
  while (bindings_.count() > count) {
    const Binding &last = bindings_.last();
    prefixes_[last.prefix].binding = last.previous;
    copies_.cut(last.copy);
    bindings_.cut(bindings_.count() - 1);
  }
}

}  // namespace vigil::xml
