// SPDX-License-Identifier: Apache-2.0
#include "CBaseline.h"
#include <ctime>

#include <libxml/parserInternals.h>
#include <simdjson.h>

bool baseline_json_dom(const uint8_t *input, size_t length) {
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(input, length, false).get(root) == simdjson::SUCCESS;
}

bool baseline_xml_sax(const uint8_t *input, size_t length) {
  xmlParserCtxtPtr context = xmlCreateMemoryParserCtxt(reinterpret_cast<const char *>(input), int(length));
  if (!context) return false;
  xmlSAXHandler sax = {};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = [](void *, const xmlChar *, const xmlChar *, const xmlChar *, int, const xmlChar **, int, int,
                          const xmlChar **) {};
  sax.endElementNs = [](void *, const xmlChar *, const xmlChar *, const xmlChar *) {};
  sax.characters = sax.ignorableWhitespace = [](void *, const xmlChar *, int) {};
  *context->sax = sax;
  xmlCtxtUseOptions(context, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_HUGE);
  xmlParseDocument(context);
  bool accepted = context->wellFormed == 1;
  xmlFreeParserCtxt(context);
  return accepted;
}

double baseline_cpu_seconds(void) {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}
