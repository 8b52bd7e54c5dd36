"""The schema of summary.yaml."""

from marshmallow import Schema, fields, validate

from service.adapters.mappings.schemas.shared_fields import URGENCIES, texts

POSITIVE = validate.Range(min=1)


class NameLimitsSchema(Schema):
    """How many names are listed, and the greatest length of a text."""

    flags = fields.Integer(required=True, strict=True, validate=POSITIVE)
    patterns = fields.Integer(required=True, strict=True, validate=POSITIVE)
    questions = fields.Integer(required=True, strict=True, validate=POSITIVE)
    not_judged = fields.Integer(required=True, strict=True, validate=POSITIVE, data_key="not-judged")
    characters = fields.Integer(required=True, strict=True, validate=POSITIVE)


class SelfHarmQuestionSchema(Schema):
    """The question on self-harm and the one that follows it."""

    instrument = fields.String(required=True)
    question = fields.String(required=True)
    safe_now = fields.String(required=True, data_key="safe-now")


class AnswerSchema(Schema):
    """One answer to one question."""

    question = fields.String(required=True)
    answer = fields.String(required=True)


class TickedSchema(AnswerSchema):
    """An answer that the head of the summary names."""

    name = fields.String(required=True)


class FamilySchema(Schema):
    """How a family of patterns is named."""

    heads = texts(required=True, validate=validate.Length(min=1))
    always = fields.String()
    beside_bodily = fields.String(data_key="beside-bodily")


class ScoreSchemeSchema(Schema):
    """The words for a change of one total."""

    points = fields.Integer(required=True, strict=True, validate=POSITIVE)
    higher = fields.String(required=True)
    lower = fields.String(required=True)
    below = fields.String(required=True)


class SchemeSchema(Schema):
    """One scheme, with its source."""

    source = fields.String(required=True)
    scores = fields.Dict(fields.String(), fields.Nested(ScoreSchemeSchema), required=True)


class ChangeSchema(Schema):
    """The schemes by which totals are compared."""

    default = fields.String(required=True)
    schemes = fields.Dict(fields.String(), fields.Nested(SchemeSchema), required=True)


class SummarySchema(Schema):
    """The whole file."""

    flags = fields.Dict(fields.String(), fields.Dict(fields.String(validate=URGENCIES), fields.String()), required=True)
    said_otherwise = texts(required=True, data_key="said-otherwise")
    at_most = fields.Nested(NameLimitsSchema, required=True, data_key="at-most")
    self_harm = fields.Nested(SelfHarmQuestionSchema, required=True, data_key="self-harm")
    safety_questions = texts(required=True, data_key="safety-questions")
    no_complaint = fields.Nested(AnswerSchema, required=True, data_key="no-complaint")
    ticked = fields.List(fields.Nested(TickedSchema), required=True)
    families = fields.Dict(fields.String(), fields.Nested(FamilySchema), required=True)
    scores = texts(required=True)
    questions = fields.Dict(fields.String(), fields.String(), required=True)
    change = fields.Nested(ChangeSchema, required=True)
