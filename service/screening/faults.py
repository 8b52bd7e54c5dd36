"""What is wrong with something received, one value per fault, so that none is lost in a sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    ``code`` is a FHIR issue type, ``path`` the FHIRPath of the element, ``text`` says what is wrong
    and what to do without repeating the value, ``link_id`` names the question where there is one.
    A ``tolerable`` fault makes a response invalid, but a submission is not refused for it (EX-43).
    ``untold`` says that something could not be judged, so that nobody takes silence for approval.
    """

    code: str
    path: str
    text: str
    severity: str = "error"
    link_id: str | None = None
    tolerable: bool = False
    untold: bool = False

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class Rejected(Exception):
    """Something received cannot be taken; ``faults`` says everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} fault(s)")
        self.faults = faults


class Malformed(Rejected):
    """It is not JSON, or not the FHIR resource it should be."""


class Unacceptable(Rejected):
    """It is well-formed, but a rule forbids taking it."""


class Outdated(Rejected):
    """It rests on a version that is not the current one, or on conditions that no longer hold."""


class Unavailable(Exception):
    """The service cannot take it now, through no fault of the sender; the same request later may pass."""
