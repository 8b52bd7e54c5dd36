"""The rules in a folder that a command names, with the questionnaires beside them."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from service.settings import Settings
from service.usecases.responses.prepare import AssessmentContext
from service.wiring import wire


class RuleFolders(NamedTuple):
    """Where mappings and questionnaires are read from; None for those that the service has."""

    mappings: Path | None
    questionnaires: Path | None


def find_rules(folder: Path, settings: Settings) -> RuleFolders:
    """The folders of the rules in a folder, with the questionnaires beside them if the folder contains both."""
    if not (folder / "mappings").is_dir():
        return RuleFolders(folder, settings.questionnaires)
    questionnaires = folder / "questionnaires"
    return RuleFolders(folder / "mappings", questionnaires if questionnaires.is_dir() else settings.questionnaires)


def load_rules(folders: RuleFolders, settings: Settings) -> AssessmentContext:
    """The rules in these folders. Raises BadCatalogue if they have a fault."""
    return wire(replace(settings, mappings=folders.mappings, questionnaires=folders.questionnaires)).context
