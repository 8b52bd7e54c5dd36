"""Builds the editions of other publishers from the content of the instruments' files."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.screening.instruments.editions import Edition, Gate, SenderForm
from service.screening.instruments.instrument import Instrument, Item
from service.screening.instruments.typed_value import Coding

Content = Mapping[str, Any]


def make_editions(name: str, content: Content, instrument: Instrument, faults: list[str]) -> list[Edition]:
    """The editions of an instrument; adds a fault for each linkId and option of ours that the instrument lacks."""
    made = []
    for index, entry in enumerate(content["editions"]):
        location = f"{name}.yaml: editions[{index}]"
        faults.extend(f"{location}: {fault}" for fault in edition_faults(name, entry, instrument))
        made += [make_edition(entry, canonical) for canonical in (entry["canonical"], *entry["also"])]
    return made


def edition_faults(name: str, entry: Content, instrument: Instrument) -> Iterator[str]:
    """The linkIds and options of ours that an edition names and the instrument does not have."""
    gated = [link_id for gate in entry["gates"] for link_id in (*gate["asks"], *gate["sum_of"])]
    limited = [pair["item"] for pair in entry["codings"] if "item" in pair]
    for link_id in (*entry["link_ids"].values(), *entry["lacks"], *entry["always_shows"], *gated, *limited):
        if link_id not in instrument.by_link_id:
            yield f"{name} has no item {link_id!r}"
    for pair in entry["codings"]:
        ours = make_coding(pair["ours"])
        if not any(ours in item.codings for item in items_of_pair(pair, instrument)):
            yield f"no item of {name} offers the answer {ours.code!r} that codings names"


def items_of_pair(pair: Content, instrument: Instrument) -> list[Item]:
    """The items whose answers a pair of codings maps."""
    items = instrument.by_link_id
    return list(items.values()) if "item" not in pair else [items[pair["item"]]] if pair["item"] in items else []


def make_edition(entry: Content, canonical: str) -> Edition:
    """One edition under one of its canonicals, which may have a version."""
    url, _, version = canonical.partition("|")
    gates = (Gate(frozenset(g["asks"]), tuple(g["sum_of"]), g["reaches"]) for g in entry["gates"])
    return Edition(
        url=url,
        version=version or None,
        link_ids=entry["link_ids"],
        dropped=frozenset(entry["dropped"]),
        codings={
            (pair.get("item", ""), make_coding(pair["theirs"])): make_coding(pair["ours"]) for pair in entry["codings"]
        },
        not_answered={make_coding(value): value.get("reason") for value in entry["not_answered"]},
        codes_alone=entry["codes_alone"],
        weights=entry["weights"],
        form=SenderForm(frozenset(entry["lacks"]), frozenset(entry["always_shows"]), tuple(gates)),
    )


def make_coding(value: Content) -> Coding:
    """A Coding without display."""
    return Coding(value.get("system"), value["code"])
