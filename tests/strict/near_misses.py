"""Values that are nearly right: for each type of FHIR some at the edge of what it allows, on both sides."""

from typing import Any

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
DATES = """2024-02-29 2026-02-29 2026-13-01 2026-11-31 2026-1 202 0000 0000-01-01 9999 10000 2026-11-21T24:00:00Z
2026-11-21T09:00Z 2026-11-21T09:00:00 2026-11-21T09:00:60Z 2026-11-21T09:00:00+14:30 2026-11-21T09:00:00-15:00
0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00 09:00 24:00:00 23:59:60 09:00:00Z 09:00:00.123456789"""
BASE64 = "abc YQ YQ== YWI= Y=== = é"
URIS = """urn:uuid:C757873D-EC9A-4326-A141-556F43239520 urn:uuid:c757873d-ec9a-1326-a141-556f43239520 urn:uuid:x
c757873d-ec9a-4326-a141-556f43239520 urn:oid:1 urn:oid:9.1 urn:oid:1.02 1.2.3 http:// http://a //a a#b # #a
http://[::1 http://a:99999 mailto:x ftp://x a|b|c | a_b a.b a-b . true 1"""
TEXTS = [*DATES.split(), *BASE64.split(), *URIS.split(), "", " ", " a", "a ", "a  b", "a b", "http:// a", "#a b", "\t"]
TEXTS += [
    "\n",
    "a\nb",
    "YWJj\n",
    "x" * 64,
    "x" * 65,
    f"<div {XHTML}></div>",
    "<div>a</div>",
    f"<div {XHTML}><b>a</div>",
]
NUMBERS = [0, -1, 1.0, -0.0, 0.1, 1e-10, 1e300, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**29, True, False]
OBJECTS: list[Any] = [
    {},
    {"id": "a"},
    {"value": 1},
    {"reference": "Patient/1"},
    {"reference": "Patient/"},
    {"reference": "urn:uuid:x"},
    {"display": "a"},
    {"coding": [{"code": "a"}]},
    {"text": "a"},
    {"system": "a", "value": "b"},
    {"start": "2026-11-21", "end": "2026-11-20"},
    {"url": "a"},
    {"url": "a", "valueString": "b"},
    {"url": "a", "valueUuid": "urn:uuid:c757873d-ec9a-1326-a141-556f43239520"},
    {"url": "a", "extension": [{"url": "b", "valueCode": "c"}]},
]
NEAR_MISSES: list[Any] = [*TEXTS, *NUMBERS, *OBJECTS, []]
