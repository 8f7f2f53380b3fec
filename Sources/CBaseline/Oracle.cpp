// SPDX-License-Identifier: Apache-2.0
// What libxml2 makes of a document, to be compared with what our scanner makes of it.
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "CBaseline.h"

namespace {

struct Oracle {
  std::string text;
  bool has_document_type = false, is_refused = false;

  void escape(const xmlChar *from, size_t count, bool in_attribute, std::string &out) {
    for (size_t i = 0; i < count; i++) {
      switch (from[i]) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '\r': out += "&#13;"; break;
        case '"': out += in_attribute ? "&quot;" : "\""; break;
        case '\t': out += in_attribute ? "&#9;" : "\t"; break;
        case '\n': out += in_attribute ? "&#10;" : "\n"; break;
        default: out += char(from[i]);
      }
    }
  }

  static std::string expanded(const xmlChar *name, const xmlChar *uri) {
    auto chars = [](const xmlChar *text) { return text ? reinterpret_cast<const char *>(text) : ""; };
    return std::string("{") + chars(uri) + "}" + chars(name);
  }

  void start(const xmlChar *name, const xmlChar *uri, int count, const xmlChar **attributes) {
    std::vector<std::string> written;
    for (int i = 0; i < count; i++, attributes += 5) {
      std::string each = " " + expanded(attributes[0], attributes[2]) + "=\"";
      escape(attributes[3], size_t(attributes[4] - attributes[3]), true, each);
      written.push_back(each + "\"");
    }
    std::sort(written.begin(), written.end());
    text += "<" + expanded(name, uri);
    for (const std::string &each : written) text += each;
    text += ">";
  }
};

Oracle &oracle(void *context) { return *static_cast<Oracle *>(static_cast<xmlParserCtxtPtr>(context)->_private); }

}  // namespace

int baseline_xml_canonical(const uint8_t *input, size_t length, uint8_t **output, size_t *output_length) {
  *output = nullptr;
  *output_length = 0;
  xmlParserCtxtPtr context = xmlCreateMemoryParserCtxt(reinterpret_cast<const char *>(input), int(length));
  if (!context) return BASELINE_XML_REFUSED;
  Oracle found;
  xmlSAXHandler sax = {};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = [](void *parser, const xmlChar *name, const xmlChar *, const xmlChar *uri, int, const xmlChar **,
                          int count, int, const xmlChar **attributes) {
    oracle(parser).start(name, uri, count, attributes);
  };
  sax.endElementNs = [](void *parser, const xmlChar *, const xmlChar *, const xmlChar *) { oracle(parser).text += "</>"; };
  sax.characters = sax.ignorableWhitespace = sax.cdataBlock = [](void *parser, const xmlChar *text, int count) {
    oracle(parser).escape(text, size_t(count), false, oracle(parser).text);
  };
  sax.internalSubset = [](void *parser, const xmlChar *, const xmlChar *, const xmlChar *) {
    oracle(parser).has_document_type = true;
    xmlStopParser(static_cast<xmlParserCtxtPtr>(parser));
  };
  sax.serror = [](void *parser, xmlErrorPtr error) {
    // Whether a namespace's name is a URI reference need not be checked (Namespaces, 7); libxml2 does, we do not.
    if (error->level > XML_ERR_WARNING && error->code != XML_WAR_NS_URI) oracle(parser).is_refused = true;
  };
  *context->sax = sax;
  context->_private = &found;
  // NOENT, so that `&amp;` in an attribute is told as `&`; without a document type there is no other entity.
  xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_HUGE);
  xmlParseDocument(context);
  bool accepted = context->wellFormed == 1 && !found.is_refused;
  xmlFreeParserCtxt(context);
  if (found.has_document_type) return BASELINE_XML_DOCUMENT_TYPE;
  if (!accepted) return BASELINE_XML_REFUSED;
  *output = static_cast<uint8_t *>(malloc(found.text.size() + 1));
  if (!*output) return BASELINE_XML_REFUSED;
  memcpy(*output, found.text.data(), found.text.size());
  *output_length = found.text.size();
  return BASELINE_XML_ACCEPTED;
}
