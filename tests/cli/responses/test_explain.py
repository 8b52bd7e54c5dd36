"""`sural explain` prints a page of text."""

from pathlib import Path

from service.fhir.r4.strict_json import encode
from tests.support.responses.shorthand import example_responses
from tests.support.running.command_line import PATIENTS, run_sural


def test_the_page_goes_to_standard_output() -> None:
    files = [str(PATIENTS / "low-mood" / f"{name}.json") for name in ("gad-7", "leg-pain", "phq-9")]
    result = run_sural("explain", *files, "--patient", str(PATIENTS / "low-mood" / "patient.json"))
    assert result.exit_code == 0
    headings = ["What the patient reads", "Red flags", "Patterns", "Scores", "What else to know", "What this rests on"]
    positions = [result.stdout.index(f"\n{heading}\n----") for heading in headings]
    assert positions == sorted(positions)
    assert positions[0] > 0


def test_a_response_that_cannot_be_taken_gives_an_outcome_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"resourceType": "QuestionnaireResponse"}')
    result = run_sural("explain", str(tmp_path / "bad.json"))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "OperationOutcome" in result.stderr


def test_below_a_red_flag_are_the_answers_that_it_hangs_on() -> None:
    result = run_sural("explain", str(PATIENTS / "low-mood" / "phq-9.json"))
    assert '    It would not be there if "Thoughts that you would be better off dead' in result.stdout


def written(folder: Path, answers: str, day: str) -> list[str]:
    """Files with the responses of one visit."""
    paths = []
    for resource in example_responses(answers, authored=f"{day}T09:00:00Z"):
        path = folder / f"{resource['id']}-{day}.json"
        path.write_bytes(encode({**resource, "id": path.stem}))
        paths.append(str(path))
    return paths


def explained(folder: Path, first: str, second: str) -> str:
    """The page of a visit on 2026-11-03 that follows one on 2026-11-01."""
    before = [part for path in written(folder, first, "2026-11-01") for part in ("--before", path)]
    files = written(folder, second, "2026-11-03")
    result = run_sural("explain", *files, *before, "--now", "2026-11-03T10:00:00Z")
    assert result.exit_code == 0, result.stderr
    return result.stdout


def parts_of(page: str) -> dict[str, str]:
    """The lines of each part of the page, as one line; the summary has no heading."""
    parts, heading = {"": ""}, ""
    lines = page.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and set(below) == {"-"}:
            heading = line
            parts[heading] = ""
        elif not line or set(line) != {"-"}:
            parts[heading] = " ".join([*parts[heading].split(), *line.split()])
    return parts


def test_after_a_visit_with_an_open_task_every_reader_is_told(tmp_path: Path) -> None:
    """The first worked example of two visits in 12.5: its summary, page and note, in the order of 12.1."""
    quiet = "where=knee-joint feel=none duration=1-3w"
    parts = parts_of(explained(tmp_path, f"{quiet} alarm=bladder-bowel", quiet))
    names = list(parts)
    assert names[:3] == ["", "What the patient reads", "What changed since last time"]
    assert parts[""].startswith("OVERDUE EMERGENCY of 2026-11-01: bladder or bowel trouble. Answers of 2026-11-03: NO")
    page = parts["What the patient reads"]
    assert page.startswith(
        "On 2026-11-01 you told us about something that needs help now. If nobody has seen you since then, get that "
        "help now. Call your local emergency number if you cannot get there."
    )
    assert "Nothing in your answers needs a visit now." not in page
    assert parts["What changed since last time"] == (
        "Since 2026-11-01: gone bladder or bowel trouble (emergency); level EMERGENCY to NO VISIT BY RULES. "
        "Task of 2026-11-01 (bladder or bowel trouble) still open."
    )
    assert "Since 2026-11-01" not in parts["What else to know"]


def test_a_task_of_item_9_names_the_crisis_line(tmp_path: Path) -> None:
    parts = parts_of(explained(tmp_path, "any=no phq=16 q9=2 safe=yes gad=10", "any=no phq=20 gad=9"))
    assert parts["What the patient reads"].startswith(
        "On 2026-11-01 you told us about something that needs help today. If nobody has seen you since then, get that "
        "help now. Call your local crisis line at any time."
    )
    assert (
        "Task of 2026-11-01 (thoughts of death or self-harm, PHQ-9 item 9 = 2) still open."
        in (parts["What changed since last time"])
    )


def test_a_task_of_item_9_and_of_the_legs_names_both_numbers(tmp_path: Path) -> None:
    page = parts_of(explained(tmp_path, "alarm=very-ill phq=5 q9=1 safe=yes", "any=no"))["What the patient reads"]
    assert page.startswith("On 2026-11-01 you told us about something that needs help now. If nobody")
    assert "Call your local emergency number if you cannot get there." in page
    assert "On 2026-11-01 you told us about something that needs help today. Call your local crisis line at any" in page


def test_a_visit_that_called_nobody_leaves_no_task(tmp_path: Path) -> None:
    parts = parts_of(explained(tmp_path, "any=no gad=5", "any=no gad=12"))
    assert "you told us about something that needs help" not in parts["What the patient reads"]
    assert "GAD-7 5 to 12 (+7: reliable change, higher, nhs-tt)." in parts["What changed since last time"]
