"""Whatever is posted, the answer is FHIR, never a failure of ours, and a refusal repeats nothing of what was sent."""

import json
from collections import Counter
from random import Random

import pytest
from werkzeug.test import TestResponse

from service.adapters.database.engine import Database
from service.fhir.r4.operation_outcome import ISSUE_TYPES, MAX_ISSUES
from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure
from tests.support.files import ROOT
from tests.support.generated.mutating import MARK, mutate_body, random_body
from tests.support.rest import FHIR_JSON, Clock, Rest, rest_on

FEW, MANY, PARTS = 200, 10_000, 10
FORMS = [json.loads((ROOT / f"questionnaires/{name}.json").read_text()) for name in ("gad-7", "phq-9", "leg-pain")]


def request_of(seed: int) -> tuple[str, str, bytes]:
    """Method, address and body: most are new responses, some are updates, some ask operations."""
    random = Random(seed)
    tree = random_body(random, seed)
    path = "QuestionnaireResponse"
    match random.randrange(12):
        case 0:
            return "PUT", f"{path}/m-{seed}", mutate_body(random, {**tree, "id": f"m-{seed}"})
        case 1:
            return "POST", f"{path}/$validate", mutate_body(random, tree)
        case 2:
            form = {"name": "questionnaire", "resource": json.loads(json.dumps(random.choice(FORMS)))}
            parameters = {"resourceType": "Parameters", "parameter": [form, {"name": "resource", "resource": tree}]}
            return "POST", f"{path}/$validate", mutate_body(random, parameters)
        case 3:
            return "POST", f"{path}/$extract", mutate_body(random, tree)
        case 4:
            return "POST", "Questionnaire/$process-response", mutate_body(random, tree)
    return "POST", path, mutate_body(random, tree)


def send(rest: Rest, seed: int) -> TestResponse:
    method, path, body = request_of(seed)
    return rest.client.open(f"/fhir/{path}", method=method, data=body, headers=FHIR_JSON)


def check(rest: Rest, seed: int, answer: TestResponse) -> None:
    """What must hold of every answer."""
    assert answer.status_code in (200, 201, 400, 413, 422), (seed, answer.status_code)
    resource = load(answer.data)
    if resource["resourceType"] == "OperationOutcome":
        check_structure(resource, "OperationOutcome")
        assert {issue["code"] for issue in resource["issue"]} <= ISSUE_TYPES, seed
        assert len(resource["issue"]) <= MAX_ISSUES + 1, seed
        assert MARK.encode() not in answer.data, seed
        assert MARK not in str(answer.headers), seed
    else:
        assert answer.status_code < 400, seed
    if answer.status_code == 201:
        place = answer.headers["Location"].removeprefix("http://sural.example/fhir/")
        assert load(rest.get(place).data) == resource, seed


def run(rest: Rest, seeds: range) -> Counter[int]:
    """Sends the bodies of these seeds; how often each status came back."""
    statuses: Counter[int] = Counter()
    for seed in seeds:
        answer = send(rest, seed)
        check(rest, seed, answer)
        statuses[answer.status_code] += 1
    return statuses


def test_mutated_bodies_are_taken_or_refused(rest: Rest) -> None:
    statuses = run(rest, range(FEW))
    assert {200, 201, 400, 422} <= statuses.keys()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_mutated_bodies_are_taken_or_refused(rest: Rest, part: int) -> None:
    run(rest, range(part * MANY // PARTS, (part + 1) * MANY // PARTS))


@pytest.mark.postgres
def test_both_databases_answer_alike(sqlite: Database, postgres: Database) -> None:
    one, other = rest_on(sqlite, Clock()), rest_on(postgres, Clock())
    for seed in range(2 * FEW):
        here, there = send(one, seed), send(other, seed)
        assert (here.status_code, here.data) == (there.status_code, there.data), seed
