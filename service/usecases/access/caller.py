"""The caller of a request, and the one place that decides what a caller may do.

https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

import hashlib
from dataclasses import dataclass

from service.fhir.ids import canonical_json
from service.fhir.scopes import Scopes
from service.issues import Forbidden, Issue


@dataclass(frozen=True)
class Caller:
    """Whoever sent a token: its issuer, the client, the subject, and what the client may do in whose name.

    ``patient`` is the patient of the launch, ``user`` the person who uses the client, both as relative references.
    """

    issuer: str
    client: str
    subject: str
    scopes: Scopes
    patient: str | None = None
    user: str | None = None

    @property
    def key(self) -> str:
        """A text that is the same for the same caller only, and does not tell who that is."""
        names = [self.issuer, self.client, self.subject, self.patient, self.user]
        return hashlib.sha256(canonical_json(names)).hexdigest()


@dataclass(frozen=True)
class Grant:
    """What a decision allows: ``patient`` is the only patient whose resources may be seen or written; None for all."""

    patient: str | None = None


# Without access control, everybody may do everything.
OPEN = Grant()


def decide(caller: Caller | None, letter: str, type_name: str) -> Grant:
    """What a caller may do with the resources of a type. Without access control there is no caller, and no limit.

    Raises Forbidden if no scope of the token, within the rights of the client, allows the interaction.
    """
    if caller is None:
        return OPEN
    levels = caller.scopes.levels(type_name, letter)
    if "system" in levels:
        return OPEN
    if "user" in levels and caller.user is not None and not caller.user.startswith("Patient/"):
        return OPEN
    # A patient who uses the client sees what is about the patient, with a scope of either level.
    patient = caller.user if "user" in levels else None
    if "patient" in levels and caller.patient is not None:
        patient = caller.patient
    if patient is None:
        raise no_scope(type_name)
    return Grant(patient)


def no_scope(type_name: str) -> Forbidden:
    """The failure that the token does not allow an interaction."""
    text = f"The token does not allow this with {type_name}. Ask for a scope that does."
    return Forbidden([Issue("forbidden", "", text)])
