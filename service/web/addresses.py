"""The parts of addresses: types that are offered here, and ids as FHIR allows them.

https://hl7.org/fhir/R4/http.html#styleguide
"""

import re

from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from service import find
from service.fhir.capability import PUBLISHED, STORED
from service.screening.faults import Fault, Malformed
from service.web.services import services

# In a rule: the name of a type that is offered. Another name, or one in lower case, is no address at all.
TYPE = "<fhir_type:type_name>"
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


class TypeConverter(BaseConverter):
    """The types that are offered."""

    regex = "|".join((*STORED, *PUBLISHED))


def register(state: BlueprintSetupState) -> None:
    """Makes ``TYPE`` known to the rules of a blueprint; to be recorded before them."""
    state.app.url_map.converters["fhir_type"] = TypeConverter


def checked(id: str) -> str:
    """An id, or the id of a version. Raises Malformed when it can be none."""
    if not ID.fullmatch(id):
        text = "This can be no id: an id has 1 to 64 characters out of A-Z, a-z, 0-9, hyphen and dot."
        raise Malformed([Fault("value", "", text)])
    return id


def shelf(type_name: str) -> find.Store:
    """Where resources of a type are read and searched."""
    own = services()
    return own.store if type_name in STORED else own.library
