"""The schema of patterns.yaml."""

from typing import get_args

from marshmallow import Schema, fields, validate

from service.adapters.mappings.schemas.instrument_file import FeatureSchema
from service.adapters.mappings.schemas.shared_fields import URGENCIES, Facts, FactsByAnswer
from service.screening.rules.patterns import Confidence, PatternKind, PatternWording

BANDS = validate.OneOf([band.code for band in Confidence if band is not Confidence.NEEDS_CHECKING])


class LineSchema(Schema):
    """A line of evidence."""

    when = fields.Raw(required=True)
    weight = fields.Integer(required=True, strict=True)
    facts = FactsByAnswer(required=True)
    reasons = fields.String(validate=validate.OneOf(["none"]))


class BandsSchema(Schema):
    """The least score of each confidence."""

    possible = fields.Integer(required=True, strict=True)
    fits = fields.Integer(required=True, strict=True)
    fits_well = fields.Integer(required=True, strict=True, data_key="fits-well")


class RaiseSchema(Schema):
    """When the confidence is one band higher."""

    when = fields.Raw(load_default="always")
    facts = Facts(required=True)


class CapSchema(RaiseSchema):
    """When the confidence is at most ``band``."""

    band = fields.String(required=True, validate=BANDS)


class UrgencyLineSchema(Schema):
    """When the pattern has an urgency."""

    level = fields.String(required=True, validate=URGENCIES)
    when = fields.Raw(load_default="always")
    facts = Facts(required=True)


class FlagLevelSchema(Schema):
    """When the urgency is at least that of a red flag."""

    flag = fields.String(required=True)
    when = fields.Raw(load_default="always")


class PatternSchema(Schema):
    """One pattern."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(get_args(PatternKind)))
    family = fields.String(required=True)
    wording = fields.String(validate=validate.OneOf(get_args(PatternWording)))
    gate = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1))
    facts = FactsByAnswer(load_default=list)
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
    """The whole file."""

    features = fields.Dict(fields.String(), fields.Nested(FeatureSchema), load_default=dict)
    patterns = fields.List(fields.Nested(PatternSchema), required=True)
