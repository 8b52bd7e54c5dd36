"""A FHIR package: a tar archive in gzip with package.json, indexes and resources. Equal content gives equal bytes.

https://hl7.org/fhir/packages.html; examples are in ``example/``, where the published packages of HL7 have them.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence

from service.fhir.definitions.code_systems import PUBLISHER
from service.fhir.definitions.implementation_guide import DESCRIPTION, PACKAGE_ID, TITLE
from service.fhir.ids import BASE
from service.fhir.r4.strict_json import pretty
from service.fhir.r4.types import Resource

ROOT_FOLDER, EXAMPLE_FOLDER = "package", "package/example"
INDEX_VERSION = 2
# The elements of a resource that an index repeats.
INDEXED = ("resourceType", "id", "url", "version", "kind", "type", "content", "valueSet", "derivation")


def package_files(published: Sequence[Resource], examples: Sequence[Resource], manifest: Resource) -> dict[str, bytes]:
    """Returns the content of every file by its path in the archive."""
    files = {f"{ROOT_FOLDER}/package.json": json_file(manifest)}
    for folder, resources in ((ROOT_FOLDER, published), (EXAMPLE_FOLDER, examples)):
        files[f"{folder}/.index.json"] = json_file(package_index(resources))
        files |= {f"{folder}/{file_name(resource)}": json_file(resource) for resource in resources}
    return files


def package_manifest(version: str, date: str) -> Resource:
    """Returns the content of package.json. ``date`` is a FHIR date, such as ``2026-11-28``."""
    return {
        "name": PACKAGE_ID,
        "version": version,
        "title": TITLE,
        "description": DESCRIPTION,
        "author": PUBLISHER,
        "license": "Apache-2.0",
        "canonical": BASE,
        "url": f"{BASE}/ImplementationGuide/{PACKAGE_ID}",
        "type": "IG",
        "date": date.replace("-", "") + "000000",
        "fhirVersions": ["4.0.1"],
        "dependencies": {"hl7.fhir.r4.core": "4.0.1"},
        "directories": {"lib": "package", "example": "example"},
    }


def package_index(resources: Iterable[Resource]) -> Resource:
    """Returns the content of .index.json of a folder with these resources."""
    return {"index-version": INDEX_VERSION, "files": [index_entry(resource) for resource in resources]}


def index_entry(resource: Resource) -> Resource:
    """Returns one entry of an index. Only elements that are codes or uris are repeated, not a CodeableConcept."""
    found = {name: resource[name] for name in INDEXED if isinstance(resource.get(name), str)}
    return {"filename": file_name(resource), **found}


def file_name(resource: Resource) -> str:
    """Returns the name of the file of a resource: ``Questionnaire-phq-9.json``."""
    return f"{resource['resourceType']}-{resource['id']}.json"


def json_file(content: Resource) -> bytes:
    """Returns a file with indented JSON."""
    return f"{pretty(content)}\n".encode()


def package_archive(files: Mapping[str, bytes]) -> bytes:
    """Returns the archive. It contains no time, no user and no order but that of the paths."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            tar.addfile(entry, io.BytesIO(files[path]))
    return gzip.compress(archive.getvalue(), mtime=0)
