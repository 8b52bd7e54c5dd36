"""An answer that the patient prefers not to give: no value, but the reason.

https://hl7.org/fhir/R4/extension-data-absent-reason.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.fhir.questionnaires.response_reader import DATA_ABSENT_REASON

# The suffix of the field that says so.
DECLINED = "declined"


def declined_answer(reason: str) -> dict[str, Any]:
    """Returns the element of ``answer`` with a code of data-absent-reason."""
    return {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": reason}]}


def is_declined(answers: Sequence[Mapping[str, Any]] | None) -> bool:
    """True if the answers are the one that says that the question was declined."""
    return bool(answers) and not any(name.startswith("value") for answer in answers or () for name in answer)
