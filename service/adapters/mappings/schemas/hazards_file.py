"""The schema of hazards.yaml."""

from marshmallow import Schema, fields, validate

from service.adapters.mappings.schemas.shared_fields import texts


class ControlSchema(Schema):
    """A control, and the tests that show it."""

    control = fields.String(required=True)
    tests = texts(required=True, validate=validate.Length(min=1))


class HazardSchema(Schema):
    """One hazard; it must have a control."""

    hazard = fields.String(required=True)
    cause = fields.String(required=True)
    effect = fields.String(required=True)
    controls = fields.List(fields.Nested(ControlSchema), required=True, validate=validate.Length(min=1))


class HazardsSchema(Schema):
    """hazards.yaml: hazards by id."""

    hazards = fields.Dict(
        fields.String(validate=validate.Regexp(r"H\d\d$")), fields.Nested(HazardSchema), required=True
    )
