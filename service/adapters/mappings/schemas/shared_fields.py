"""Fields that the schemas of several files use."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from service.screening.rules.urgency import Urgency

URGENCIES = validate.OneOf([urgency.code for urgency in Urgency])


def texts(**kwargs: Any) -> fields.List[Any]:
    """A field for a list of strings."""
    return fields.List(fields.String(), **kwargs)


class Facts(fields.List[Any]):
    """A field for a list of fact ids; a rule must name at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(), validate=validate.Length(min=1), **kwargs)


class FactsByAnswer(fields.Field[Any]):
    """A field for fact ids: a list, or a mapping with the fact ids under ``always`` and under single answers."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        by_answer = fields.Dict(fields.String(), Facts(), validate=validate.Length(min=1))
        return (by_answer if isinstance(value, Mapping) else Facts()).deserialize(value, attr, data, **kwargs)


class CodingSchema(Schema):
    """A code in its system."""

    system = fields.String(required=True)
    code = fields.String(required=True)
