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
PREFIXES = {
    "Observation": "o",
    "ClinicalImpression": "i",
    "Provenance": "p",
    "Task": "t",
    "QuestionnaireResponse": "r",
}


def derived_id(type_name: str, source: str, response_id: str, slot: str) -> str:
    """Returns the id of the result in a slot of a response.

    ``source`` is empty for a response that was sent to us, and the base of the server that it was fetched from.
    ``slot`` names the result within the response: ``score/phq-9``, ``flag/fever``, ``impression``.
    """
    return f"{PREFIXES[type_name]}-{name_uuid(f'{source}|{response_id}|{slot}'.encode())}"


def name_uuid(name: bytes) -> str:
    """Returns the UUIDv5 of a name in our namespace. https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5

    Written by hand because uuid.uuid5 is three times as slow, and a leg-pain response needs about 50 ids: this
    serves "assess and compose" of `make bench`. tests/fhir/test_ids.py compares both over random names.
    """
    digits = hashlib.sha1(PREFIX + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


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
