"""The schema of advice.yaml."""

from typing import Any, get_args

from marshmallow import Schema, fields, validate

from service.adapters.mappings.schemas.shared_fields import URGENCIES, CodingSchema, Facts, texts
from service.screening.advice.advice import BlockName, CallReason, PageCondition, PageText, StepKind
from service.screening.advice.contacts import NumberName
from service.screening.rules.patterns import Confidence

# The frame of a danger pattern in an emergency.
NOW = "needs-checking-now"


def one_of_names(kind: Any) -> validate.OneOf:
    """The names in a Literal."""
    return validate.OneOf(get_args(kind))


class TextsByLevel(fields.Dict):
    """A field for a text for each level."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(validate=URGENCIES), fields.String(), **kwargs)


class TextOrTexts(fields.Field[Any]):
    """A field for one text for all levels, or a text for each."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return (fields.String() if isinstance(value, str) else TextsByLevel()).deserialize(value, attr, data, **kwargs)


class StepSchema(Schema):
    """A next step for a clinician; ``at`` is the level with which alone it is given."""

    text = fields.String(required=True)
    facts = Facts(required=True)
    kind = fields.String(load_default="step", validate=one_of_names(StepKind))
    code = fields.Nested(CodingSchema)
    at = fields.String(validate=URGENCIES)


class TipSchema(Schema):
    """A self-care tip for a patient; ``unless`` is the condition under which it is not given."""

    patient = fields.String(required=True)
    facts = Facts(required=True)
    unless = fields.Raw()


class FlagVoicesSchema(Schema):
    """The advice on one red flag: texts for the patient and the clinician, next steps, tips."""

    patient = TextsByLevel(required=True)
    clinician = TextOrTexts(required=True)
    until_then = TextsByLevel(data_key="until-then", load_default=dict)
    steps = texts(required=True)
    tips = texts(data_key="self-care", load_default=list)


class PatternVoicesSchema(Schema):
    """The advice on one pattern: its name in the summary, its words for the patient, next steps, tips."""

    summary_name = fields.String(required=True, data_key="summary-name")
    patient_words = fields.String(required=True, data_key="patient-words")
    specific = fields.Integer(strict=True, load_default=1)
    clinician = fields.String(required=True)
    steps = texts(required=True)
    tips = texts(data_key="self-care", load_default=list)


class NeverSchema(Schema):
    """Words that no text for patients may contain, with the reason."""

    words = texts(required=True, validate=validate.Length(min=1))
    facts = Facts(required=True, data_key="from")
    because = fields.String(required=True)


class AtMostSchema(Schema):
    """The greatest number of reasons, patterns and tips in a text for patients."""

    reasons = fields.Integer(required=True, strict=True)
    patterns = fields.Integer(required=True, strict=True)
    tips = fields.Integer(required=True, strict=True, data_key="self-care")


class NumberSchema(Schema):
    """The words for a number; ``number`` is its name where the words have another."""

    number = fields.String(validate=one_of_names(NumberName))
    when_set = fields.String(data_key="set")
    when_unset = fields.String(required=True, data_key="unset")


class CallEntrySchema(Schema):
    """One reason to call now."""

    text = fields.String(required=True)
    only_for = fields.String(data_key="only", validate=one_of_names(CallReason))


class PrecautionSchema(Schema):
    """What to do or not to do until the visit."""

    text = fields.String(required=True)
    flags = texts(load_default=list)
    level = fields.String(required=True, data_key="from", validate=URGENCIES)
    when = fields.Raw()


class AdviceSchema(Schema):
    """The whole file."""

    page = fields.Dict(fields.String(validate=one_of_names(PageText)), fields.String(), required=True)
    headings = fields.Dict(fields.String(validate=one_of_names(BlockName)), fields.String(), required=True)
    numbers = fields.Dict(fields.String(), fields.Nested(NumberSchema), required=True)
    when = TextsByLevel(required=True)
    ticked_cancer = fields.Dict(fields.String(), fields.String(), required=True, data_key="ticked-cancer")
    call_now = fields.List(fields.Nested(CallEntrySchema), required=True, data_key="call-now")
    conditions = fields.Dict(fields.String(validate=one_of_names(PageCondition)), fields.Raw(), required=True)
    self_harm_item = fields.String(required=True, data_key="self-harm-item")
    at_most = fields.Nested(AtMostSchema, required=True, data_key="at-most")
    call = texts(required=True)
    then = texts(required=True)
    first_line = fields.String(data_key="first-line", load_default="")
    only_alone = texts(required=True, data_key="only-alone")
    instead_of_visit = fields.String(data_key="instead-of-visit", load_default="")
    with_help = fields.String(data_key="with-help", load_default="")
    until_then = fields.List(fields.Nested(PrecautionSchema), required=True, data_key="until-then")
    frames = fields.Dict(
        fields.String(validate=validate.OneOf([*(confidence.code for confidence in Confidence), NOW])),
        fields.String(),
        required=True,
    )
    flags = fields.Dict(fields.String(), fields.Nested(FlagVoicesSchema), required=True)
    steps = fields.Dict(fields.String(), fields.Nested(StepSchema), required=True)
    tips = fields.Dict(fields.String(), fields.Nested(TipSchema), required=True, data_key="self-care")
    patterns = fields.Dict(fields.String(), fields.Nested(PatternVoicesSchema), required=True)
    never = fields.List(fields.Nested(NeverSchema), required=True)
