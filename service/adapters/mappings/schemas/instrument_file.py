"""The schema of the file of one instrument, e.g. phq-9.yaml."""

from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from service.adapters.mappings.schemas.shared_fields import URGENCIES, CodingSchema, Facts, FactsByAnswer, texts
from service.screening.rules.case import FlagKind

# http://hl7.org/fhir/R4/valueset-data-absent-reason.html, as far as it says why a question has no answer.
ABSENT_REASONS = ("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable")


class TheirCodingSchema(Schema):
    """A code of another publisher, who may send it without a system."""

    system = fields.String()
    code = fields.String(required=True)


class CodingPairSchema(Schema):
    """An answer of an edition and the answer of ours that it is mapped to; ``item`` limits the pair to one linkId."""

    item = fields.String()
    theirs = fields.Nested(TheirCodingSchema, required=True)
    ours = fields.Nested(CodingSchema, required=True)


class NotAnsweredSchema(TheirCodingSchema):
    """An answer of an edition that means "no answer"; ``reason`` is the code of the data-absent-reason."""

    reason = fields.String(validate=validate.OneOf(ABSENT_REASONS))


class GateSchema(Schema):
    """Questions that are asked only if the weights of the answers to ``sum-of`` reach a sum."""

    asks = texts(required=True, validate=validate.Length(min=1))
    sum_of = texts(required=True, data_key="sum-of", validate=validate.Length(min=1))
    reaches = fields.Integer(required=True, strict=True)


class EditionSchema(Schema):
    """One edition of another publisher: how its linkIds and answers are mapped to ours. docs/editions.md."""

    canonical = fields.String(required=True)
    also = texts(load_default=list)
    source = fields.String()
    licence = fields.String()
    link_ids = fields.Dict(fields.String(), fields.String(), data_key="link-ids", load_default=dict)
    dropped = texts(load_default=list)
    codings = fields.List(fields.Nested(CodingPairSchema), load_default=list)
    codes_alone = fields.Boolean(data_key="codes-alone", load_default=False)
    weights = fields.Boolean(load_default=False)
    not_answered = fields.List(fields.Nested(NotAnsweredSchema), data_key="not-answered", load_default=list)
    lacks = texts(load_default=list)
    always_shows = texts(data_key="always-shows", load_default=list)
    gates = fields.List(fields.Nested(GateSchema), load_default=list)


class ScoreBandSchema(Schema):
    """A range of totals, both ends inclusive."""

    code = fields.String(required=True)
    low = fields.Decimal(required=True, data_key="from")
    high = fields.Decimal(required=True, data_key="to")


class AgeRangeSchema(Schema):
    """Ages in years; ``below`` is not included."""

    age_from = fields.Integer(data_key="from", strict=True)
    age_below = fields.Integer(data_key="below", strict=True)


class BandGroupSchema(Schema):
    """The bands of patients of a sex or an age."""

    sex = fields.String(validate=validate.OneOf(["male", "female", "other"]))
    age = fields.Nested(AgeRangeSchema)
    bands = fields.List(fields.Nested(ScoreBandSchema), required=True, validate=validate.Length(min=1))


class ProratedSchema(Schema):
    """From how many answered items a total is prorated."""

    prorated_from = fields.Integer(required=True, data_key="prorated-from", strict=True, validate=validate.Range(min=1))


class MissingField(fields.Field[Any]):
    """A field for what an unanswered item means: ``no-total``, or ``prorated-from`` and a number of items."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping):
            return ProratedSchema().load(value)
        validate.OneOf(["no-total"])(value)
        return value


class ScoreSchema(Schema):
    """One total."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    item = fields.String(required=True)
    sum_of = texts(data_key="sum-of", validate=validate.Length(min=1))
    mean_of = texts(data_key="mean-of", validate=validate.Length(min=1))
    factors = fields.Dict(fields.String(), fields.Decimal(), load_default=dict)
    decimals = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=3))
    missing = MissingField(required=True)
    bands = fields.List(fields.Nested(ScoreBandSchema), required=True, validate=validate.Length(min=1))
    bands_by = fields.List(fields.Nested(BandGroupSchema), data_key="bands-by", load_default=list)
    positive_from = fields.Decimal(data_key="positive-from")
    facts = Facts(required=True)

    @validates_schema
    def check_items(self, data: Mapping[str, Any], **_: Any) -> None:
        """A score is either a sum or a mean."""
        if ("sum_of" in data) is ("mean_of" in data):
            raise ValidationError("must have either sum-of or mean-of", "sum-of")


class FeatureSchema(Schema):
    """A named condition."""

    when = fields.Raw(required=True)
    in_flags = fields.Raw(data_key="in-flags")
    blanks = fields.String(validate=validate.OneOf(["stay-unknown"]))
    facts = Facts()


class LevelSchema(Schema):
    """One level of a red flag."""

    level = fields.String(required=True, validate=URGENCIES)
    when = fields.Raw(required=True)


class FlagSchema(Schema):
    """One red flag."""

    kind = fields.String(load_default="bodily", validate=validate.OneOf(get_args(FlagKind)))
    facts = FactsByAnswer(required=True)
    open_questions = fields.String(data_key="open-questions", validate=validate.OneOf(["raise"]))
    alone = fields.Boolean(load_default=False)
    levels = fields.List(fields.Nested(LevelSchema), required=True, validate=validate.Length(min=1))


class BlankSchema(Schema):
    """The meaning of an unanswered question in red flags."""

    blank_is = fields.String(required=True, data_key="blank-is")
    leaves_open = texts(required=True, data_key="leaves-open")


class InstrumentSchema(Schema):
    """The whole file."""

    questionnaire = fields.String(required=True)
    editions = fields.List(fields.Nested(EditionSchema), load_default=list)
    asks = fields.Dict(fields.String(), Facts(), load_default=dict)
    judged_early = texts(required=True, data_key="judged-early")
    short_names = fields.Dict(fields.String(), fields.String(), data_key="short-names", load_default=dict)
    flag_reading = fields.Dict(fields.String(), fields.Nested(BlankSchema), data_key="flag-reading", load_default=dict)
    scores = fields.List(fields.Nested(ScoreSchema), load_default=list)
    features = fields.Dict(fields.String(), fields.Nested(FeatureSchema), load_default=dict)
    flags = fields.Dict(fields.String(), fields.Nested(FlagSchema), load_default=dict)
