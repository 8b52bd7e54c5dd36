"""The history of a patient is read in one statement, so that all of it is of the same moment."""

from service.adapters.database.engine import Database
from service.adapters.database.store import DatabaseStore
from service.fhir.results.versions import address_of
from service.ports.responses import PatientHistory
from tests.support.building import phq, scored, with_total
from tests.support.database.store_tour import listening
from tests.support.rest import Clock, content, rest_on

NEW, KNOWN = "Patient/new", "Patient/p1"


def read(database: Database, patient: str) -> PatientHistory:
    """The history, and a test that it was one statement but for the beginning and end of the transaction."""
    with listening(database) as heard:
        history = DatabaseStore(database).read_history(patient)
    assert len([each for each in heard.statements if each.lstrip().startswith("SELECT")]) == 1
    return history


def test_of_a_new_patient_there_is_nothing(database: Database) -> None:
    rest_on(database, Clock()).post(phq(patient=KNOWN))
    assert read(database, NEW) == PatientHistory(0, [], [], [])


def test_of_a_known_patient_each_part_is_read(database: Database) -> None:
    rest = rest_on(database, Clock())
    responses = [phq(patient=KNOWN), with_total("phq-9", 27, patient=KNOWN), scored("gad-7", [2] * 7, patient=KNOWN)]
    ids = [content(rest.post(each))["id"] for each in responses]
    rest.post(with_total("phq-9", 27, patient="Patient/another"))
    history = read(database, KNOWN)
    assert history.revision == 3
    assert [each.id for each in sorted(history.responses, key=lambda each: each.accepted)] == ids
    assert {each.instrument for each in history.responses if each.is_test is False} == {"phq-9", "gad-7"}
    assert [(each.sequence, each.brings) for each in sorted(history.impressions, key=lambda each: each.sequence)] == [
        (sequence, (id,)) for sequence, id in enumerate(ids, 1)
    ]
    stored = content(rest.get(f"Task?patient={KNOWN}"))["entry"]
    assert {address_of(each.resource) for each in history.tasks} == {address_of(each["resource"]) for each in stored}
    assert [each.sequence for each in history.tasks] == [2]
