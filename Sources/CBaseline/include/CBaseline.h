// SPDX-License-Identifier: Apache-2.0
// What `vigil bench` measures against and the tests compare with. Nothing that serves charts uses it.
#ifndef VIGIL_CBASELINE_H
#define VIGIL_CBASELINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// simdjson's own DOM parse, its parser kept from call to call. 64 bytes after `length` must be readable.
bool baseline_json_dom(const uint8_t *input, size_t length);

/// libxml2's SAX2 parse with handlers that do nothing.
bool baseline_xml_sax(const uint8_t *input, size_t length);

/// libxml2's verdict on a document.
enum baseline_xml_verdict { BASELINE_XML_ACCEPTED = 0, BASELINE_XML_REFUSED, BASELINE_XML_DOCUMENT_TYPE };

/// What libxml2 makes of a document, as one spelling of all ways to write it: elements by `{uri}name`, attributes sorted,
/// references resolved. Returns a baseline_xml_verdict; when accepted the caller frees `output`.
int baseline_xml_canonical(const uint8_t *input, size_t length, uint8_t **output, size_t *output_length);

/// The seconds that all threads of this process have computed, which waiting for a busy machine does not lengthen.
double baseline_cpu_seconds(void);

#ifdef __cplusplus
}
#endif
#endif
