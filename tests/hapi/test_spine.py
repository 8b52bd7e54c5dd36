"""The whole way to a real FHIR server: published, submitted, delivered, found; and everything a second time."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hapi.conftest import FHIR_JSON, Hapi
from tests.support.files import ROOT
from tests.support.running.serving import Served, serving, sural, wait_until

# Their ids are not those of a run.
pytestmark = [pytest.mark.hapi, pytest.mark.usefixtures("own_server")]

PATIENTS = {path.name: path for path in sorted((ROOT / "tests/cases/patients").iterdir())}
FORMS = ("leg-pain", "gad-7", "phq-9")
TYPES = ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Task")
LATE = "low-mood"


def content(name: str, form: str) -> Any:
    return json.loads((PATIENTS[name] / f"{form}.json").read_text())


def submit(served: Served, name: str, form: str) -> requests.Response:
    body = (PATIENTS[name] / f"{form}.json").read_bytes()
    return requests.post(f"{served.base}/QuestionnaireResponse", data=body, headers=FHIR_JSON, timeout=30)


def states(folder: Path) -> list[str]:
    return [line.split("\t")[1] for line in sural("outbox", "list", folder=folder).stdout.splitlines()[1:]]


def everything(hapi: Hapi) -> dict[str, str]:
    """What the server holds of these patients, with versions."""
    found = [each for name in PATIENTS for each in of_patient(hapi, f"example-{name}")]
    return {f"{each['resourceType']}/{each['id']}": each["meta"]["versionId"] for each in found}


def of_patient(hapi: Hapi, patient: str) -> list[dict[str, Any]]:
    """The resources that the server holds of a patient."""
    found = [each for name in TYPES for each in hapi.search(f"{name}?patient={patient}&_count=200")]
    impressions = [each["id"] for each in found if each["resourceType"] == "ClinicalImpression"]
    traces = [each for id in impressions for each in hapi.search(f"Provenance?target=ClinicalImpression/{id}")]
    return [*found, *traces]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spine")


@pytest.fixture(scope="module")
def delivered(hapi: Hapi, folder: Path) -> dict[str, str]:
    """Publishes, submits nine responses of three patients, waits for delivery; then does all of it again."""
    published = sural("publish", folder=folder, SURAL_FHIR_SERVER=hapi.base)
    assert published.returncode == 0, published.stdout
    for name in PATIENTS:
        if name != LATE:
            assert hapi.put(content(name, "patient")).status_code == 201
    with serving(folder, SURAL_FHIR_SERVER=hapi.base) as served:
        codes = [submit(served, name, form).status_code for name in PATIENTS for form in FORMS]
        assert codes == [201] * 9
        wait_until(lambda: states(folder).count("delivered") == 6, 120)
        # The third patient is not there yet: its entries wait, nothing is lost, nothing parked.
        assert states(folder).count("waiting") == 3
        assert hapi.put(content(LATE, "patient")).status_code == 201
        wait_until(lambda: states(folder) == ["delivered"] * 9, 120)
        first = everything(hapi)
        assert [submit(served, name, form).status_code for name in PATIENTS for form in FORMS] == [200] * 9
    numbers = [str(number) for number in range(1, 10)]
    assert sural("outbox", "retry", *numbers, folder=folder).returncode == 0
    with serving(folder, SURAL_FHIR_SERVER=hapi.base):
        wait_until(lambda: states(folder) == ["delivered"] * 9, 120)
    return first


def test_sending_and_delivering_again_makes_no_new_resource_and_no_new_version(
    hapi: Hapi, delivered: dict[str, str]
) -> None:
    assert len(delivered) > 60
    assert set(delivered.values()) == {"1"}
    assert everything(hapi) == delivered


def test_the_forms_and_codes_are_there(hapi: Hapi, delivered: dict[str, str]) -> None:
    found = hapi.search("Questionnaire?url=https://w3id.org/sural/Questionnaire/phq-9")
    assert [form["version"] for form in found] == ["1.0.0"]
    for path in ("CodeSystem/pattern", "ValueSet/red-flag", "StructureDefinition/evidence"):
        assert hapi.get(path).status_code == 200


@pytest.mark.parametrize(("name", "phq", "gad"), [("diabetic-feet", 3, 2), ("back-to-leg", 2, 4), ("low-mood", 17, 12)])
def test_an_ehr_finds_the_scores_of_a_patient(
    hapi: Hapi, delivered: dict[str, str], name: str, phq: int, gad: int
) -> None:
    for code, total in (("44261-6", phq), ("70274-6", gad)):
        query = f"Observation?patient=example-{name}&code=http://loinc.org|{code}&category=survey"
        (score,) = hapi.search(query)
        assert score["valueQuantity"]["value"] == total
        (by_value,) = hapi.search(f"{query}&value-quantity={total}")
        assert by_value["id"] == score["id"]


def test_an_ehr_finds_the_impressions_of_a_patient_and_what_they_rest_on(hapi: Hapi, delivered: dict[str, str]) -> None:
    impressions = hapi.search("ClinicalImpression?patient=example-low-mood&status=completed")
    assert len(impressions) == 3
    latest = next(i for i in impressions if len(i["investigation"]) == 3)
    assert "Same day: thoughts of death or self-harm" in latest["summary"]
    assert "reference" in latest["previous"]
    for entry in latest["investigation"]:
        for item in entry["item"]:
            assert hapi.get(item["reference"]).status_code == 200
    assert hapi.search(f"Provenance?target=ClinicalImpression/{latest['id']}")


def test_an_ehr_finds_who_must_be_called(hapi: Hapi, delivered: dict[str, str]) -> None:
    tasks = hapi.search("Task?status=requested&priority=asap&patient=example-low-mood")
    assert [task["focus"]["reference"].split("/")[0] for task in tasks] == ["ClinicalImpression"]
    assert hapi.search("Task?patient=example-diabetic-feet") == []


def test_an_ehr_finds_findings_by_their_code(hapi: Hapi, delivered: dict[str, str]) -> None:
    code = "https://w3id.org/sural/CodeSystem/pattern|neuropathy"
    found = hapi.search(f"ClinicalImpression?finding-code={code}")
    assert {impression["subject"]["reference"] for impression in found} == {"Patient/example-diabetic-feet"}


def test_an_ehr_goes_from_a_response_to_its_observations(hapi: Hapi, delivered: dict[str, str]) -> None:
    (response,) = hapi.search("QuestionnaireResponse?identifier=https://example.org/responses|low-mood-phq-9")
    observations = hapi.search(f"Observation?derived-from=QuestionnaireResponse/{response['id']}&_count=100")
    assert {o["code"]["coding"][0]["code"] for o in observations} >= {"44260-8", "44261-6", "44249-1", "self-harm"}


def test_a_task_that_a_person_completed_is_not_touched_again(
    hapi: Hapi, delivered: dict[str, str], folder: Path
) -> None:
    (task,) = hapi.search("Task?status=requested&priority=asap&patient=example-low-mood")
    assert hapi.put({**task, "status": "completed"}).status_code == 200
    numbers = [str(number) for number in range(1, 10)]
    sural("outbox", "retry", *numbers, folder=folder)
    with serving(folder, SURAL_FHIR_SERVER=hapi.base):
        wait_until(lambda: states(folder) == ["delivered"] * 9, 120)
    assert hapi.get(f"Task/{task['id']}").json()["status"] == "completed"


def test_a_reference_that_the_server_lacks_goes_out_as_a_logical_one(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put({"resourceType": "Patient", "id": "example"})
    body = (ROOT / "tests/samples/us-core-QuestionnaireResponse-phq-9-example.json").read_bytes()
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        answer = requests.post(f"{served.base}/QuestionnaireResponse", data=body, headers=FHIR_JSON, timeout=30)
        assert answer.status_code == 201
        wait_until(lambda: states(tmp_path) == ["delivered"], 60)
    sent = hapi.get(f"QuestionnaireResponse/{answer.json()['id']}").json()
    assert sent["author"]["display"] == "Practitioner/practitioner-1"
    assert "reference" not in sent["author"]


def test_what_the_server_refuses_is_parked_with_its_reason_and_holds_nothing_back(hapi: Hapi, tmp_path: Path) -> None:
    hapi.put({"resourceType": "Patient", "id": "example-parked"})
    response = {**content("low-mood", "gad-7"), "subject": {"reference": "Patient/example-parked"}}
    response.pop("identifier")
    claiming = {"SURAL_FHIR_SERVER": hapi.base, "SURAL_PROFILES": "Observation=http://example.org/no-such-profile"}
    with serving(tmp_path, **claiming) as served:
        requests.post(f"{served.base}/QuestionnaireResponse", json=response, headers=FHIR_JSON, timeout=30)
        wait_until(lambda: states(tmp_path) == ["parked"], 60)
    assert "the FHIR server returned status 422" in sural("outbox", "list", folder=tmp_path).stdout
    with serving(tmp_path, SURAL_FHIR_SERVER=hapi.base) as served:
        requests.post(f"{served.base}/QuestionnaireResponse", json=response, headers=FHIR_JSON, timeout=30)
        wait_until(lambda: states(tmp_path) == ["parked", "delivered"], 60)
