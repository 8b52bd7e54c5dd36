"""What SMART clients must know: /.well-known/smart-configuration, and the security of the CapabilityStatement.

https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from dataclasses import dataclass

from service.fhir.interactions import PUBLISHED, READING, STORED, WRITING
from service.fhir.r4.types import Resource

SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SMART_TEXT = (
    "Bearer tokens with SMART scopes (version 2; version 1 is read). A patient scope shows and takes the resources "
    "whose subject is the patient of the token, and no others."
)
OPEN_TEXT = (
    "No access control: the service is open to whoever reaches it. Set up for one machine or behind a gate only."
)
LEVELS = ("patient", "user", "system")
LETTERS = {"create": "c", "read": "r", "update": "u", "search-type": "s"}
CAPABILITIES = ("client-confidential-asymmetric", "permission-v1", "permission-v2")
LAUNCH_CAPABILITIES = ("permission-patient", "permission-user", "context-standalone-patient", "context-ehr-patient")


@dataclass(frozen=True)
class AuthorizationServer:
    """The server that gives out the tokens. Without an authorization endpoint it serves no app with a user."""

    token_endpoint: str
    authorization_endpoint: str | None = None


def smart_configuration(server: AuthorizationServer) -> Resource:
    """Returns the metadata for SMART clients. It is JSON, but no FHIR resource."""
    launch: tuple[str, ...] = ()
    endpoint: Resource = {}
    if server.authorization_endpoint is not None:
        launch, endpoint = LAUNCH_CAPABILITIES, {"authorization_endpoint": server.authorization_endpoint}
    return {
        **endpoint,
        "token_endpoint": server.token_endpoint,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "grant_types_supported": ["client_credentials", *(["authorization_code"] if endpoint else [])],
        "response_types_supported": ["code"] if endpoint else [],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": supported_scopes(),
        "capabilities": [*CAPABILITIES, *launch],
    }


def supported_scopes() -> list[str]:
    """Returns the scopes that allow all interactions with each type, at each level."""
    letters = {name: letters_of(name) for name in sorted((*STORED, *PUBLISHED))}
    return [f"{level}/{name}.{suffix}" for level in LEVELS for name, suffix in letters.items()]


def letters_of(type_name: str) -> str:
    """Returns the letters of the interactions that are offered for a type, in their order in a scope."""
    offered = {LETTERS[name] for name in (*WRITING.get(type_name, ()), *READING) if name in LETTERS}
    return "".join(letter for letter in "cruds" if letter in offered)


def security_element(server: AuthorizationServer | None, cors: bool) -> Resource:
    """Returns ``CapabilityStatement.rest.security``; without a server it says that the service is open."""
    if server is None:
        return {"cors": cors, "description": OPEN_TEXT}
    uris = [{"url": "token", "valueUri": server.token_endpoint}]
    if server.authorization_endpoint is not None:
        uris.append({"url": "authorize", "valueUri": server.authorization_endpoint})
    coding = {"system": SERVICE, "code": "SMART-on-FHIR", "display": "SMART-on-FHIR"}
    return {
        "extension": [{"url": OAUTH_URIS, "extension": uris}],
        "cors": cors,
        "service": [{"coding": [coding], "text": "SMART Backend Services and SMART App Launch"}],
        "description": SMART_TEXT,
    }
