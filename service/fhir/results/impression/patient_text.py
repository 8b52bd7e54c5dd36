"""The page of the patient of a submission: with the open Tasks of earlier ones, and the numbers of the site."""

from service.fhir.results.knowledge_base import KnowledgeBase
from service.fhir.results.submission import Submission
from service.fhir.results.tasks.earlier_tasks import tasks_for_patient
from service.screening.advice.patient_advice import PatientAdvice
from service.screening.advice.patient_page import for_patient


def page_of_submission(submission: Submission, knowledge: KnowledgeBase) -> PatientAdvice:
    """Returns the page of the patient. Every page that a patient reads must be made here, so that none lacks a Task."""
    tasks = tuple(tasks_for_patient(submission.open_tasks, knowledge.rules))
    return for_patient(submission.assessment, knowledge.advice, knowledge.contacts, tasks)
