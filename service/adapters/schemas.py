"""The form of the files in mappings/, checked before anything is made of them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

URGENCIES = validate.OneOf(["emergency", "same-day", "soon", "routine", "none"])
BANDS = validate.OneOf(["possible", "fits", "fits-well"])
CONFIDENCES = validate.OneOf(["possible", "fits", "fits-well", "needs-checking"])


def texts(**kwargs: Any) -> fields.List[Any]:
    """A list of strings."""
    return fields.List(fields.String(), **kwargs)


class Facts(fields.List[Any]):
    """Fact ids; a rule names at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(), validate=validate.Length(min=1), **kwargs)


class CodingSchema(Schema):
    system = fields.String(required=True)
    code = fields.String(required=True)


class CodingPairSchema(Schema):
    item = fields.String()
    theirs = fields.Nested(CodingSchema, required=True)
    ours = fields.Nested(CodingSchema, required=True)


class EditionSchema(Schema):
    canonical = fields.String(required=True)
    link_ids = fields.Dict(fields.String(), fields.String(), data_key="link-ids", load_default=dict)
    dropped = texts(load_default=list)
    codings = fields.List(fields.Nested(CodingPairSchema), load_default=list)
    not_answered = fields.List(fields.Nested(CodingSchema), data_key="not-answered", load_default=list)
    lacks = texts(load_default=list)
    always_shows = texts(data_key="always-shows", load_default=list)


class ScoreBandSchema(Schema):
    code = fields.String(required=True)
    low = fields.Integer(required=True, data_key="from", strict=True)
    high = fields.Integer(required=True, data_key="to", strict=True)


class ScoreSchema(Schema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    item = fields.String(required=True)
    sum_of = texts(required=True, data_key="sum-of", validate=validate.Length(min=1))
    missing = fields.String(required=True, validate=validate.OneOf(["no-total"]))
    bands = fields.List(fields.Nested(ScoreBandSchema), required=True)
    facts = Facts(required=True)


class FeatureSchema(Schema):
    when = fields.Raw(required=True)
    in_flags = fields.Raw(data_key="in-flags")
    facts = Facts()


class LevelSchema(Schema):
    level = fields.String(required=True, validate=URGENCIES)
    when = fields.Raw(required=True)


class FlagSchema(Schema):
    kind = fields.String(load_default="bodily", validate=validate.OneOf(["bodily", "mood", "safety", "self-harm"]))
    facts = Facts(required=True)
    open_questions = fields.String(data_key="open-questions", validate=validate.OneOf(["raise"]))
    levels = fields.List(fields.Nested(LevelSchema), required=True, validate=validate.Length(min=1))


class BlankSchema(Schema):
    blank_is = fields.String(required=True, data_key="blank-is")
    leaves_open = texts(required=True, data_key="leaves-open")


class InstrumentSchema(Schema):
    """One file per instrument: gad-7.yaml, phq-9.yaml, leg-pain.yaml, ..."""

    questionnaire = fields.String(required=True)
    editions = fields.List(fields.Nested(EditionSchema), load_default=list)
    asks = fields.Dict(fields.String(), Facts(), load_default=dict)
    judged_early = texts(required=True, data_key="judged-early")
    flag_reading = fields.Dict(fields.String(), fields.Nested(BlankSchema), data_key="flag-reading", load_default=dict)
    scores = fields.List(fields.Nested(ScoreSchema), load_default=list)
    features = fields.Dict(fields.String(), fields.Nested(FeatureSchema), load_default=dict)
    flags = fields.Dict(fields.String(), fields.Nested(FlagSchema), load_default=dict)


class LineSchema(Schema):
    when = fields.Raw(required=True)
    weight = fields.Integer(required=True, strict=True)
    facts = Facts(required=True)


class BandsSchema(Schema):
    possible = fields.Integer(required=True, strict=True)
    fits = fields.Integer(required=True, strict=True)
    fits_well = fields.Integer(required=True, strict=True, data_key="fits-well")


class RaiseSchema(Schema):
    when = fields.Raw(load_default="always")
    facts = Facts(required=True)


class CapSchema(RaiseSchema):
    band = fields.String(required=True, validate=BANDS)


class UrgencyLineSchema(Schema):
    level = fields.String(required=True, validate=URGENCIES)
    when = fields.Raw(load_default="always")
    facts = Facts(required=True)


class FlagLevelSchema(Schema):
    flag = fields.String(required=True)
    when = fields.Raw(load_default="always")


class PatternSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["bodily", "mood", "modifier"]))
    card = fields.String()
    wording = fields.String(validate=validate.OneOf(["adds", "link"]))
    gate = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1))
    facts = Facts(load_default=list)
    supports = fields.List(fields.Nested(LineSchema), load_default=list)
    opposes = fields.List(fields.Nested(LineSchema), load_default=list)
    minimum = fields.Integer(strict=True)
    bands = fields.Nested(BandsSchema)
    band_of = fields.String(data_key="band-of")
    danger = fields.Boolean(load_default=False)
    raise_band = fields.Nested(RaiseSchema, data_key="raise-band")
    cap_band = fields.Nested(CapSchema, data_key="cap-band")
    urgency = fields.List(fields.Nested(UrgencyLineSchema), load_default=list)
    urgency_of = fields.String(data_key="urgency-of")
    at_least = fields.List(fields.Nested(FlagLevelSchema), data_key="at-least", load_default=list)


class PatternsSchema(Schema):
    """patterns.yaml"""

    features = fields.Dict(fields.String(), fields.Nested(FeatureSchema), load_default=dict)
    patterns = fields.List(fields.Nested(PatternSchema), required=True)


class RuleSetSchema(Schema):
    """ruleset.yaml"""

    url = fields.Url(required=True)
    version = fields.String(required=True, validate=validate.Regexp(r"\d+\.\d+\.\d+$"))
    title = fields.String(required=True)
    description = fields.String(required=True)
    date = fields.Date(required=True)
    look_back = fields.Dict(
        fields.String(),
        fields.Integer(strict=True, validate=validate.Range(min=1)),
        required=True,
        data_key="look-back",
    )
    drawn_from = fields.String(required=True, data_key="drawn-from")
    adult_age = fields.Integer(required=True, strict=True, data_key="adult-age")


class ConceptSchema(Schema):
    display = fields.String(required=True)
    definition = fields.String()


class CodeSystemSchema(Schema):
    title = fields.String(required=True)
    description = fields.String(required=True)
    questionnaire = fields.String()
    of_facts = fields.Boolean(data_key="of-facts", load_default=False)
    concepts = fields.Dict(fields.String(), fields.Nested(ConceptSchema), load_default=dict)


class CodesSchema(Schema):
    """codes.yaml"""

    code_systems = fields.Dict(fields.String(), fields.Nested(CodeSystemSchema), required=True, data_key="code-systems")
    standard = fields.Dict(fields.String(), fields.Dict(fields.String(), fields.String()), required=True)
    bindings = fields.Dict(fields.String(), fields.Raw(), required=True)


class DocumentSchema(Schema):
    title = fields.String(required=True)
    file = fields.String(required=True)
    prefix = fields.String(required=True)
    nature = fields.String(required=True)


class FactSchema(Schema):
    statement = fields.String(required=True)
    kind = texts(required=True)
    document = fields.String()
    section = fields.String()
    basis = fields.String()


class SourcesSchema(Schema):
    """sources.yaml"""

    documents = fields.Dict(fields.String(), fields.Nested(DocumentSchema), required=True)
    facts = fields.Dict(fields.String(), fields.Nested(FactSchema), required=True)


class StepSchema(Schema):
    text = fields.String(required=True)
    facts = Facts(required=True)
    kind = fields.String(load_default="step", validate=validate.OneOf(["step", "medicine", "procedure"]))
    code = fields.Nested(CodingSchema)


class TipSchema(Schema):
    patient = fields.String(required=True)
    facts = Facts(required=True)
    unless = fields.Raw()


class VoicesSchema(Schema):
    """What is said of one flag or pattern: to the patient, and to a clinician."""

    patient = fields.String(required=True)
    clinician = fields.String(required=True)
    steps = texts(required=True)
    tips = texts(data_key="self-care", load_default=list)


class NeverSchema(Schema):
    words = texts(required=True, validate=validate.Length(min=1))
    facts = Facts(required=True, data_key="from")
    because = fields.String(required=True)


class AtMostSchema(Schema):
    patterns = fields.Integer(required=True, strict=True)
    tips = fields.Integer(required=True, strict=True, data_key="self-care")


class AdviceSchema(Schema):
    """advice.yaml"""

    levels = fields.Dict(fields.String(), fields.String(), required=True)
    at_most = fields.Nested(AtMostSchema, required=True, data_key="at-most")
    call = texts(required=True)
    patient_words = fields.Dict(
        fields.String(validate=CONFIDENCES), fields.String(), required=True, data_key="patient-words"
    )
    flags = fields.Dict(fields.String(), fields.Nested(VoicesSchema), required=True)
    steps = fields.Dict(fields.String(), fields.Nested(StepSchema), required=True)
    tips = fields.Dict(fields.String(), fields.Nested(TipSchema), required=True, data_key="self-care")
    patterns = fields.Dict(fields.String(), fields.Nested(VoicesSchema), required=True)
    never = fields.List(fields.Nested(NeverSchema), required=True)


class ExcusedSchema(Schema):
    """excused.yaml: findings of the checks that are meant to be so, each with its reason."""

    options = fields.Dict(fields.String(), fields.String(), load_default=dict)
    rules = fields.Dict(fields.String(), fields.String(), load_default=dict)
    facts = fields.Dict(fields.String(), fields.String(), load_default=dict)


class WordingSchema(Schema):
    """wording.yaml: parts of sentences by part and key."""

    class Meta:
        unknown = "include"


def load(schema: Schema, content: Any) -> tuple[dict[str, Any], list[str]]:
    """The checked content, and every fault with its place."""
    if not isinstance(content, Mapping):
        return {}, ["the file holds no mapping"]
    try:
        return dict(schema.load(content)), []
    except ValidationError as problem:
        return {}, list(places(problem.messages))


def places(messages: Any, path: str = "") -> list[str]:
    """Nested messages as lines, each with its place."""
    if isinstance(messages, dict):
        found = []
        for key, inner in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
            found += places(inner, "" if key == "_schema" else f"{path}{step}")
        return found
    return [f"{path}: {message}" for message in messages]
