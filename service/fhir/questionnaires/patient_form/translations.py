"""Texts of a Questionnaire in the language of the patient.

http://hl7.org/fhir/StructureDefinition/translation
"""

from collections.abc import Iterator

from service.fhir.questionnaires.questionnaire_reader import TRANSLATION
from service.fhir.r4.types import Resource


def text_in(element: Resource, name: str, language: str) -> str:
    """Returns a text of an element, such as `text` of an item, in a language if it has the translation."""
    own: str = element.get(name, "")
    return next((text for tag, text in translations_of(element.get(f"_{name}", {})) if tag == language), own)


def translations_of(sibling: Resource) -> Iterator[tuple[str, str]]:
    """Yields the language and the content of each translation of a primitive element."""
    for extension in sibling.get("extension", ()):
        if extension.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in extension.get("extension", ())}
            language = parts.get("lang", {}).get("valueCode")
            content = next((text for key, text in parts.get("content", {}).items() if key.startswith("value")), None)
            if isinstance(language, str) and isinstance(content, str):
                yield language, content


def language_of_form(questionnaire: Resource, language: str) -> str:
    """Returns the language if the title or an item is translated to it, otherwise that of the questionnaire itself."""
    siblings = [questionnaire.get("_title", {}), *(item.get("_text", {}) for item in walk_definitions(questionnaire))]
    translated = any(tag == language for sibling in siblings for tag, _ in translations_of(sibling))
    own: str = questionnaire.get("language", "en")
    return language if translated else own


def walk_definitions(container: Resource) -> Iterator[Resource]:
    """Yields every item of a questionnaire in order, each before the items nested in it."""
    for item in container.get("item", ()):
        yield item
        yield from walk_definitions(item)
