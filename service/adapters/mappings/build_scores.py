"""Builds the rules of totals from the file of an instrument, and collects the faults of each."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from service.adapters.mappings.checks.score_faults import item_faults, setting_faults, total_faults
from service.screening.instruments.instrument import Instrument, Item
from service.screening.rules.scores import Band, BandGroup, Number, ScoreRule, number_of_score, weights_of
from service.screening.validation.constraints import MaxValue, MinValue

Content = Mapping[str, Any]


def make_score(content: Content, instrument: Instrument, faults: list[str]) -> ScoreRule:
    """The rule of one total, with the weights that the questionnaire publishes; adds its faults."""
    location = f"{instrument.name}.yaml: scores.{content['id']}"
    summands = summands_of(content)
    unknown = [link_id for link_id in (content["item"], *summands) if link_id not in instrument.by_link_id]
    faults += [f"{location}: {instrument.name} has no item {link_id!r}" for link_id in unknown]
    key = "mean-of" if "mean_of" in content else "sum-of"
    found = [] if unknown else list(item_faults(content["item"], summands, instrument, key))
    missing = content["missing"]
    rule = ScoreRule(
        id=content["id"],
        title=content["title"],
        item=content["item"],
        summands=tuple(dict.fromkeys(summands)),
        weights={} if unknown else weights_of(instrument, summands),
        bands=make_bands(content.get("bands", ())),
        facts=tuple(content["facts"]),
        positive_from=to_number(content.get("positive_from")),
        ranges={} if unknown else ranges_of(instrument, summands, found),
        factors={link_id: number_of_score(factor) for link_id, factor in content["factors"].items()},
        is_mean="mean_of" in content,
        decimals=content["decimals"],
        prorated_from=missing["prorated_from"] if isinstance(missing, Mapping) else None,
        groups=tuple(make_group(group) for group in content["bands_by"]),
    )
    found += [f"factors: {link_id!r} is no item of the score" for link_id in rule.factors if link_id not in summands]
    found += setting_faults(rule)
    if not unknown and not found:
        found += total_faults(rule)
        for bands in (rule.bands, *(group.bands for group in rule.groups)):
            found += band_faults(rule, bands)
    faults += [f"{location}: {fault}" for fault in found]
    return rule


def summands_of(content: Content) -> tuple[str, ...]:
    """The linkIds of the items of a score, whether it is a sum or a mean."""
    return tuple(content.get("sum_of") or content.get("mean_of") or ())


def ranges_of(instrument: Instrument, summands: Sequence[str], faults: list[str]) -> dict[str, tuple[int, int]]:
    """The least and the greatest answer of the items that are integers; adds a fault for one without limits."""
    ranges: dict[str, tuple[int, int]] = {}
    for link_id in dict.fromkeys(summands):
        item = instrument.by_link_id[link_id]
        if item.type != "integer":
            continue
        limits = limit(item, MinValue), limit(item, MaxValue)
        if limits[0] is None or limits[1] is None:
            faults.append(f"the integer item {link_id!r} needs minValue and maxValue in the questionnaire")
        else:
            ranges[link_id] = limits[0], limits[1]
    return ranges


def limit(item: Item, kind: type[MinValue] | type[MaxValue]) -> int | None:
    """The minValue or maxValue of an item, if it is an integer."""
    values = (constraint.bound.value for constraint in item.constraints if isinstance(constraint, kind))
    return next((value for value in values if isinstance(value, int)), None)


def make_bands(content: Sequence[Content]) -> tuple[Band, ...]:
    """The bands of a score."""
    return tuple(Band(band["code"], number_of_score(band["low"]), number_of_score(band["high"])) for band in content)


def make_group(content: Content) -> BandGroup:
    """The bands of patients of a sex or an age."""
    age = content.get("age", {})
    return BandGroup(make_bands(content["bands"]), content.get("sex"), age.get("age_from"), age.get("age_below"))


def to_number(value: Decimal | None) -> Number | None:
    """A number as the rules use it; None for None."""
    return None if value is None else number_of_score(value)


def band_faults(rule: ScoreRule, bands: Sequence[Band]) -> list[str]:
    """Faults of the bands of a score: together they must contain every possible total once."""
    expected, faults = rule.lowest, []
    for band in bands:
        if band.low != expected:
            faults.append(f"band {band.code} starts at {band.low} instead of {expected}")
        expected = number_of_score(Decimal(band.high) + rule.step)
    last = number_of_score(Decimal(expected) - rule.step)
    if last != rule.highest:
        faults.append(f"the bands end at {last}, the highest total is {rule.highest}")
    return faults
