"""The schemas of ruleset.yaml and excused.yaml."""

from marshmallow import Schema, fields, validate


class TaskFromSchema(Schema):
    """The lowest level of a red flag that calls a person, and why."""

    level = fields.String(required=True, validate=validate.OneOf(["emergency", "same-day", "soon", "routine"]))
    because = fields.String(required=True)


class OldAnswersSchema(Schema):
    """After how many days answers are old: they call nobody urgently; and why."""

    days = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    because = fields.String(required=True)


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
    task_from = fields.Nested(TaskFromSchema, required=True, data_key="task-from")
    old_answers = fields.Nested(OldAnswersSchema, required=True, data_key="old-answers")


class ExcusedSchema(Schema):
    """excused.yaml: content that `sural check` would report although it is intended, each with its reason."""

    options = fields.Dict(fields.String(), fields.String(), load_default=dict)
    rules = fields.Dict(fields.String(), fields.String(), load_default=dict)
    facts = fields.Dict(fields.String(), fields.String(), load_default=dict)
