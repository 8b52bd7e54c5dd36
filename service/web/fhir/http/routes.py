"""The parts of an address: resource type and id.

https://hl7.org/fhir/R4/http.html#styleguide
"""

import re

from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from service.fhir.interactions import PUBLISHED, STORED
from service.issues import Issue, Malformed

# In a rule: the name of a type that is offered. Any other name, or one in lower case, gives 404.
TYPE = "<fhir_type:type_name>"
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


class TypeConverter(BaseConverter):
    """Accepts the resource types that are offered."""

    regex = "|".join((*STORED, *PUBLISHED))


def register_converter(state: BlueprintSetupState) -> None:
    """Registers ``TYPE`` with the application, before the rules of a blueprint that use it."""
    state.app.url_map.converters["fhir_type"] = TypeConverter


def checked_id(id: str) -> str:
    """The id, or the id of a version. Raises Malformed if it is not a valid id."""
    if not ID.fullmatch(id):
        text = "The id in the address must have 1 to 64 characters of A-Z, a-z, 0-9, hyphen and dot."
        raise Malformed([Issue("value", "", text)])
    return id
