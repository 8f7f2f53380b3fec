// SPDX-License-Identifier: Apache-2.0
// C face of the XML scanner: XML text in, one tag or run of text a call out.
//
// The XML is what FHIR allows (R4 xml.html): UTF-8, no document type declaration and so no entity but the five
// predefined ones. Everything else of XML 1.0 (5th edition) and of Namespaces in XML 1.0 (3rd edition) is checked.
#ifndef VIGIL_CXML_H
#define VIGIL_CXML_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// What `vigil_xml_next` met. The values are part of the contract with Swift (`XMLScanner.Event`).
enum vigil_xml_kind {
  VIGIL_XML_FAULT = 0,  ///< `fault` says why, `offset` where; nothing follows
  VIGIL_XML_DONE,       ///< the document has ended well
  VIGIL_XML_START,      ///< a start tag
  VIGIL_XML_EMPTY,      ///< an empty-element tag, which is start and end in one
  VIGIL_XML_END,        ///< an end tag
  VIGIL_XML_TEXT,       ///< a piece of character data, references resolved and line ends normalised
  VIGIL_XML_CDATA       ///< a CDATA section, line ends normalised
};

/// Why XML text was refused. The values are part of the contract with Swift (`FHIRError.Code`).
enum vigil_xml_fault {
  VIGIL_XML_NO_FAULT = 0, VIGIL_XML_OUT_OF_MEMORY, VIGIL_XML_NOT_WELL_FORMED, VIGIL_XML_DOCUMENT_TYPE,
  VIGIL_XML_UNDECLARED_ENTITY, VIGIL_XML_OTHER_ENCODING, VIGIL_XML_BAD_NAMESPACE, VIGIL_XML_TOO_MANY_ATTRIBUTES
};

/// The namespaces that FHIR and XML give a meaning to. The values are part of the contract with Swift.
enum vigil_xml_space {
  VIGIL_XML_NO_NAMESPACE = 0, VIGIL_XML_FHIR, VIGIL_XML_XHTML, VIGIL_XML_SCHEMA_INSTANCE, VIGIL_XML_XML,
  VIGIL_XML_OTHER_NAMESPACE
};

/// A name. All pointers of an event are good until the next call of `vigil_xml_next`.
typedef struct {
  const uint8_t *start;    ///< the local part, in the input; the prefix and its colon stand right before it
  uint32_t length;         ///< bytes of the local part
  uint32_t prefix_length;  ///< bytes of the prefix, without the colon; 0 when there is none
  int32_t number;          ///< the number of the local part in the dictionary, or -1
  uint16_t space;          ///< vigil_xml_space
  uint32_t binding;        ///< the namespace, for `vigil_xml_uri`
} vigil_xml_name;

/// An attribute that declares no namespace.
typedef struct {
  vigil_xml_name name;
  const uint8_t *value;   ///< normalised (XML 1.0, 3.3.3), references resolved
  uint32_t value_length;
  uint32_t value_offset;  ///< the byte of the input after the opening quote
  bool is_rewritten;      ///< whether the value is not the bytes that stand in the input
} vigil_xml_attribute;

/// A namespace declaration, by the prefix that it declares.
typedef struct {
  const uint8_t *prefix;
  uint32_t prefix_length;  ///< 0 for the default namespace
  uint16_t space;          ///< vigil_xml_space
} vigil_xml_declaration;

/// What was met last, and the scanner behind it.
typedef struct {
  uint32_t offset;  ///< the first byte: of a tag its `<`; of a fault where it is
  uint32_t end;     ///< the byte after the last
  vigil_xml_name name;  ///< of a tag; an end tag has no namespace, its start tag had it
  const vigil_xml_attribute *attributes;
  uint32_t attribute_count;
  const vigil_xml_declaration *declarations;
  uint32_t declaration_count;
  const uint8_t *text;  ///< of TEXT and CDATA
  uint32_t text_length;
  int fault;    ///< vigil_xml_fault
  bool blanks;  ///< set by the caller: whether to tell of white space that alone fills the room between two tags
} vigil_xml_event;

/// A dictionary of names, by which an element is known without comparing text. It never changes and is never freed.
typedef struct vigil_xml_names vigil_xml_names;

/// Makes a dictionary in which name n is the bytes `bounds[n] ..< bounds[n + 1]` of `text`; both are copied, the names
/// are distinct Names of XML without a colon. Null when memory is out.
const vigil_xml_names *vigil_xml_names_make(const uint8_t *text, const uint32_t *bounds, uint32_t count);

/// The number of a name, or -1. Reads nothing at or past `name + length`.
int32_t vigil_xml_names_find(const vigil_xml_names *names, const uint8_t *name, uint32_t length);

/// Begins to scan `length` bytes (fewer than 2^31), which must stay as they are. A byte order mark of UTF-8 is passed over,
/// the XML declaration is read: its fault, such as another encoding, is in `fault` at once. Before the first call of
/// `vigil_xml_next` the caller makes sure that the bytes are well-formed UTF-8. No element may have more than
/// `attributes` attributes, nor declare more namespaces. Null when memory is out.
vigil_xml_event *vigil_xml_open(const uint8_t *input, size_t length, const vigil_xml_names *names, uint32_t attributes);

/// Goes on to the next event; returns a vigil_xml_kind. After FAULT and DONE it returns the same again.
int vigil_xml_next(vigil_xml_event *event);

/// The URI of the namespace of a name of the event; empty for none.
const uint8_t *vigil_xml_uri(const vigil_xml_event *event, uint32_t binding, uint32_t *length);

/// Frees the scanner.
void vigil_xml_close(vigil_xml_event *event);

/// The first byte of a character that XML 1.0 cannot hold (2.2): a control other than tab, line feed and carriage return,
/// U+FFFE or U+FFFF; `length` when there is none. The bytes are well-formed UTF-8.
size_t vigil_xml_first_forbidden(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
