"""The schemas of codes.yaml, sources.yaml and wording.yaml."""

from marshmallow import Schema, fields

from service.adapters.mappings.schemas.shared_fields import texts


class ConceptSchema(Schema):
    """One code of ours."""

    display = fields.String(required=True)
    definition = fields.String()


class CodeSystemSchema(Schema):
    """One CodeSystem of ours: its concepts are listed, or those of a questionnaire, or the facts."""

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
    """One document of the knowledge base."""

    title = fields.String(required=True)
    file = fields.String(required=True)
    prefix = fields.String(required=True)
    nature = fields.String(required=True)


class FactSchema(Schema):
    """One fact of the knowledge base."""

    statement = fields.String(required=True)
    kind = texts(required=True)
    document = fields.String()
    section = fields.String()
    basis = fields.String()


class SourcesSchema(Schema):
    """sources.yaml"""

    documents = fields.Dict(fields.String(), fields.Nested(DocumentSchema), required=True)
    facts = fields.Dict(fields.String(), fields.Nested(FactSchema), required=True)


class WordingSchema(Schema):
    """wording.yaml: sentences by topic and key."""

    class Meta:
        unknown = "include"
