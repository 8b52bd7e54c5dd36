"""The form of the patient: pages that need no script, rendered from the Questionnaires."""

from service.web.patient import answering, links, sending, start
from service.web.patient.blueprint import patient_form

__all__ = ["answering", "links", "patient_form", "sending", "start"]
