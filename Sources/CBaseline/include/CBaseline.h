// SPDX-License-Identifier: Apache-2.0
// What `vigil bench` measures against. Nothing that serves charts uses it.
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

#ifdef __cplusplus
}
#endif
#endif
