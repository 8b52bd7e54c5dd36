"""Ids of the resources that we write, and the canonical urls of those that we publish.

Ids are derived: sending the same response twice writes each result once. They contain no patient data.
"""

import hashlib
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

BASE = "https://w3id.org/sural"
ID_SYSTEM = f"{BASE}/id"
VERSION_SYSTEM = f"{BASE}/response-version"
NAMESPACE = uuid5(NAMESPACE_URL, BASE)
PREFIX = NAMESPACE.bytes
SORTED = msgspec.json.Encoder(order="sorted")
# The digit of a UUID that names its variant, by that of the hash.
VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
PREFIXES = {
    "Observation": "o",
    "ClinicalImpression": "i",
    "Provenance": "p",
    "Task": "t",
    "QuestionnaireResponse": "r",
}
STARTS = {type_name: f"{prefix}-" for type_name, prefix in PREFIXES.items()}


def derived_id(type_name: str, source: str, response_id: str, slot: str) -> str:
    """Returns the id of the result in a slot of a response.

    ``source`` is empty for a response that was sent to us, and the base of the server that it was fetched from.
    ``slot`` names the result within the response: ``score/phq-9``, ``flag/fever``, ``impression``.
    """
    return as_uuid(id_start(source, response_id), slot, STARTS[type_name])


def id_start(source: str, response_id: str) -> "hashlib._Hash":
    """Returns the hash of what the ids of all results of a response begin with: it is continued for each slot.

    A leg-pain response needs about 50 ids: this serves "from bytes to the bytes of the Bundle" of `make bench`.
    """
    return hash_of(f"{source}|{response_id}|".encode())


def name_uuid(name: bytes) -> str:
    """Returns the UUIDv5 of a name in our namespace."""
    return as_uuid(hash_of(name))


def hash_of(name: bytes) -> "hashlib._Hash":
    """Returns the hash of a name, or of the start of one, in our namespace."""
    return hashlib.sha1(PREFIX + name, usedforsecurity=False)


def as_uuid(start: "hashlib._Hash", rest: str = "", before: str = "") -> str:
    """Returns the UUIDv5 of a name, behind another text. ``start`` is the hash of its start, ``rest`` is its rest.

    https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5
    Written by hand because uuid.uuid5 is three times as slow: this serves "assess and compose" of `make bench`.
    tests/fhir/test_ids.py compares both over random names.
    """
    name = start.copy()
    name.update(rest.encode())
    digits = name.hexdigest()
    variant = VARIANTS[digits[16]]
    return f"{before}{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def content_id(resource: dict[str, Any]) -> str:
    """Returns the id of a response that has none, derived from its content."""
    return f"{PREFIXES['QuestionnaireResponse']}-{name_uuid(canonical_json(resource))}"


def random_id(random: UUID) -> str:
    """Returns the id of a response created over REST."""
    return f"{PREFIXES['QuestionnaireResponse']}-{random}"


def canonical_json(value: Any) -> bytes:
    """Returns JSON with sorted keys and without white space: equal content gives equal bytes."""
    return SORTED.encode(value)


@lru_cache
def code_system_url(name: str) -> str:
    """Returns the url of one of our CodeSystems."""
    return f"{BASE}/CodeSystem/{name}"


@lru_cache
def value_set_url(name: str) -> str:
    """Returns the url of one of our ValueSets."""
    return f"{BASE}/ValueSet/{name}"


@lru_cache
def extension_url(name: str) -> str:
    """Returns the url of one of our extensions."""
    return f"{BASE}/StructureDefinition/{name}"
