"""Any request gets a FHIR response, and never status 500.

https://hl7.org/fhir/R4/http.html#Status-Codes
"""

from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.fhir.search.search_parameters import PARAMETERS
from tests.support.building import phq
from tests.support.rest import Rest, content

NAMES = sorted({name for known in PARAMETERS.values() for name in known} | {"_count", "_summary", "_elements"})
NAMES += ["_since", "_page", "_posted", "_format", "_total", "_has", "status:not", "patient.name", "subject:Patient"]
PIECES = ["a", "Patient/p1", "|", ",", "\\", "$", ":", "ge", "2026", "2026-11-21T09:00:00Z", "-", "0", "9" * 30]
PIECES += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000", "2026-02-30", "2016-12-31T23:59:60Z"]
PIECES += ["\x00", "\ud7ff", "é", " ", "+", "%", "/", "'", '"', ";--", "<b>", "urn:x", "é" * 300]
VALUES = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=20)
PARAMETER_LISTS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), VALUES), max_size=4)
PLACES = st.lists(
    st.sampled_from(["Observation", "QuestionnaireResponse", "Questionnaire", "r-1", "_history", "_search", "1", "$x"])
    | st.text(max_size=6),
    max_size=5,
)
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.sampled_from(["Observation", "QuestionnaireResponse", "Questionnaire"]), PARAMETER_LISTS)
def test_any_search_is_answered_or_refused(rest: Rest, type_name: str, parameters: list[tuple[str, str]]) -> None:
    query = urlencode(parameters, errors="replace")
    by_address = rest.get(f"{type_name}?{query}")
    posted = rest.client.post(
        f"/fhir/{type_name}/_search", data=query, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    for answer in (by_address, posted):
        assert answer.status_code in (200, 400, 406, 414)
        assert content(answer)["resourceType"] == ("Bundle" if answer.status_code == 200 else "OperationOutcome")
    if "_posted" not in dict(parameters) and by_address.status_code != 414:
        assert by_address.status_code == posted.status_code


@quick
@given(PLACES, PARAMETER_LISTS)
def test_any_address_is_answered_or_refused(rest: Rest, places: list[str], parameters: list[tuple[str, str]]) -> None:
    rest.post(phq(identifier={"system": "urn:x", "value": "1"}))
    path = "/".join(quote(place, safe="$", errors="replace") for place in places)
    answer = rest.get(f"{path}?{urlencode(parameters, errors='replace')}")
    assert answer.status_code in (200, 400, 404, 405, 406, 414)
    assert content(answer)["resourceType"]
