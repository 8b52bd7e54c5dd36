"""The schema of form.yaml."""

from marshmallow import Schema, fields, validate

from service.adapters.mappings.schemas.shared_fields import texts
from service.fhir.questionnaires.patient_form.drawing_areas import AREAS, SIDES


class SideSchema(Schema):
    """The question for the side, and the sides that each of its options lights."""

    question = fields.String(required=True)
    options = fields.Dict(fields.String(), fields.List(fields.String(validate=validate.OneOf(SIDES))), required=True)


class BodyMapSchema(Schema):
    """The drawing beside a question."""

    side = fields.Nested(SideSchema, required=True)
    areas = fields.Dict(fields.String(), fields.List(fields.String(validate=validate.OneOf(AREAS))), required=True)


class ExampleSchema(Schema):
    """A patient of the demo."""

    id = fields.String(required=True)
    words = fields.String(required=True)


class DecliningSchema(Schema):
    """The questions that patients may decline, and the code of data-absent-reason that this gives."""

    reason = fields.String(required=True)
    questions = texts(required=True)


class FormSchema(Schema):
    """form.yaml"""

    names = fields.Dict(fields.String(), fields.String(), load_default=dict)
    minutes = fields.Dict(fields.String(), fields.Integer(strict=True), load_default=dict)
    languages = fields.Dict(fields.String(), fields.String(), required=True)
    ask_again = texts(load_default=list, data_key="ask-again")
    may_decline = fields.Nested(DecliningSchema, load_default=None, data_key="may-decline")
    moved = fields.Dict(fields.String(), fields.String(), load_default=dict)
    body_maps = fields.Dict(fields.String(), fields.Nested(BodyMapSchema), load_default=dict, data_key="body-maps")
    visits = fields.List(texts(), load_default=list)
    examples = fields.List(fields.Nested(ExampleSchema), load_default=list)
