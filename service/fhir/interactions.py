"""The interactions and operations that we offer for each type. Routes and CapabilityStatement read these tables.

https://hl7.org/fhir/R4/http.html
"""

STORED = ("QuestionnaireResponse", "Observation", "ClinicalImpression", "Provenance", "Task")
PUBLISHED = ("Questionnaire", "PlanDefinition", "CodeSystem", "ValueSet", "StructureDefinition")
READING = ("read", "vread", "history-instance", "search-type")
WRITING = {"QuestionnaireResponse": ("create", "update", "patch"), "Task": ("create", "update")}
# The types with conditional create, and with create by update.
CONDITIONAL_CREATE = UPDATE_CREATE = ("QuestionnaireResponse",)
# At the base: https://hl7.org/fhir/R4/http.html#transaction
SYSTEM = ("batch", "transaction")
SDC = "http://hl7.org/fhir/uv/sdc"
OPERATIONS = {
    "QuestionnaireResponse": (
        ("extract", f"{SDC}/OperationDefinition/QuestionnaireResponse-extract"),
        ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
    ),
    "Questionnaire": (
        ("populate", f"{SDC}/OperationDefinition/Questionnaire-populate"),
        ("process-response", f"{SDC}/OperationDefinition/Questionnaire-process-response"),
        ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
    ),
}
SYSTEM_OPERATIONS = (("process-response", f"{SDC}/OperationDefinition/Questionnaire-process-response"),)
