"""The coded answers are written with the act, follow each version of a response, and end with it."""

from sqlalchemy import delete, update

from service.adapters.database.engine import Database
from service.adapters.database.population.coded_store import DatabaseCodedAnswers
from service.adapters.database.population.table import coded_answers
from service.adapters.database.store import DatabaseStore
from service.screening.instruments.coded_answers import SHOWN
from service.usecases.population.code_stored import code_stored
from service.usecases.responses.sources import read_sources
from tests.support.building import context, scored
from tests.support.rest import Rest, content

TEST = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}


def answers_in(database: Database) -> dict[str, dict[str, int]]:
    """The integers of each exported response, by its id and linkId."""
    found = DatabaseCodedAnswers(database).read_coded()
    return {each.response: dict(zip(each.questions, each.answers, strict=True)) for each in found}


def test_a_bit_per_option_of_the_response_that_was_submitted(rest: Rest, database: Database) -> None:
    rest.post(scored("gad-7", [0, 1, 2, 3, None, 0, 0], patient="Patient/p7"))
    (row,) = DatabaseCodedAnswers(database).read_coded()
    answers = dict(zip(row.questions, row.answers, strict=True))
    # Bit 0: it was shown. Bits 3 to 6: the four options. The fifth question is not answered.
    assert list(answers.values())[:5] == [0b1001, 0b10001, 0b100001, 0b1000001, SHOWN]
    assert (row.patient, row.instrument, row.status, row.submission) == ("Patient/p7", "gad-7", "completed", 1)
    assert row.form.startswith("https://w3id.org/sural/Questionnaire/gad-7|")
    assert row.edition == "https://w3id.org/sural/Questionnaire/gad-7"


def test_a_new_version_of_a_response_replaces_its_answers(rest: Rest, database: Database) -> None:
    rest.post(scored("gad-7", [0] * 7))
    stored = content(rest.get("QuestionnaireResponse/r-1"))
    amended = scored("gad-7", [3] * 7, id="r-1", status="amended")
    assert rest.put({**amended, "id": stored["id"]}).status_code == 200
    (answers,) = answers_in(database).values()
    assert set(list(answers.values())[:7]) == {0b1000001}


def test_a_withdrawn_response_and_a_test_are_not_exported(rest: Rest, database: Database) -> None:
    rest.post(scored("gad-7", [0] * 7))
    rest.post({**scored("gad-7", [1] * 7, patient="Patient/p2"), "meta": TEST})
    stored = content(rest.get("QuestionnaireResponse/r-1"))
    stored.pop("meta")
    assert rest.put({**stored, "status": "entered-in-error"}).status_code == 200
    assert answers_in(database) == {}
    assert DatabaseCodedAnswers(database).count_uncoded() == 0


def test_responses_that_an_earlier_version_stored_are_coded_once(rest: Rest, database: Database) -> None:
    rest.post(scored("gad-7", [0, 1, 2, 3, None, 0, 0]))
    rest.post(scored("phq-9", [1] * 9, patient="Patient/p2"))
    before, store = answers_in(database), DatabaseCodedAnswers(database)
    with database.write() as connection:
        connection.execute(delete(coded_answers))
    assert store.count_uncoded() == 2
    assert list(code_stored(store, DatabaseStore(database), context())) == [2]
    assert (answers_in(database), store.count_uncoded()) == (before, 0)


def test_a_response_that_was_coded_in_between_stays_as_it_is(rest: Rest, database: Database) -> None:
    rest.post(scored("gad-7", [0] * 7))
    with database.write() as connection:
        connection.execute(update(coded_answers).values(answers="[1,1,1,1,1,1,1,1]"))
    sources = read_sources(["r-1"], DatabaseStore(database), context())
    DatabaseCodedAnswers(database).save_missing(list(sources.values()))
    assert set(answers_in(database)["r-1"].values()) == {1}
