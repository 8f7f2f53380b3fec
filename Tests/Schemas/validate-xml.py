#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates XML files by an XML Schema: validate-xml.py SCHEMA FILE... prints the files that are valid.

Exit codes: 0 all valid, 1 some are not (the first fault of each on standard error), 77 lxml is not installed.
"""
import sys

try:
    from lxml import etree
except ImportError:
    sys.exit(77)

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
faulty = False
for path in sys.argv[2:]:
    if schema.validate(etree.parse(path)):
        print(path)
    else:
        faulty = True
        print(f"{path}: {schema.error_log[0].message}", file=sys.stderr)
sys.exit(1 if faulty else 0)
