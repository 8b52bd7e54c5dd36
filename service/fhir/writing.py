"""The transaction Bundle of an act: responses, Observations, impression, Provenance, and a Task to call a person.

Every entry is a PUT to a derived id, so that sending twice writes once.
https://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from service.fhir.acts import Act, Part
from service.fhir.ids import ID_SYSTEM, VERSION_SYSTEM
from service.fhir.impressions import impression
from service.fhir.lexicon import Lexicon
from service.fhir.observations import response_observations
from service.fhir.publisher import Publisher
from service.fhir.reading import Resource
from service.fhir.times import instant
from service.fhir.words import Words
from service.screening.assessment import highest_flags
from service.screening.urgency import Urgency

LEFT_BEHIND = ("profile", "versionId", "lastUpdated")
PRIORITY = {Urgency.EMERGENCY: "stat", Urgency.SAME_DAY: "asap"}
CALLS_A_PERSON = Urgency.SAME_DAY
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def compose(act: Act, publisher: Publisher) -> Resource:
    """The one Bundle of an act. Entries carry no fullUrl yet: that depends on the server they go to."""
    return transaction(everything(act, publisher))


def everything(act: Act, publisher: Publisher) -> list[Resource]:
    """The responses that the act brings, and all its results."""
    observations = [
        observation
        for part in act.brought
        for observation in response_observations(part, act.judged(part.id), publisher.lexicon)
    ]
    drawn = [] if act.early and not act.assessment.raised else [impression(act, publisher)]
    results = [*observations, *drawn]
    responses = [outgoing(part.resource) for part in act.brought]
    traces = [provenance(act.lead_part, act.parts.values(), act.now, [*responses, *results], publisher)]
    tasks = [task(act, publisher.lexicon)] if act.raises_task else []
    return [claim(r, publisher.profiles) for r in (*responses, *results, *traces, *tasks)]


def outgoing(resource: Resource) -> Resource:
    """A response as received, without what only the sender's server can mean, and without its narrative."""
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in LEFT_BEHIND}
    made = {key: value for key, value in resource.items() if key not in ("meta", "text")}
    return {**made, "meta": meta} if meta else made


def claim(resource: Resource, profiles: Mapping[str, str]) -> Resource:
    """Claims the profile that a setting names for the type, and no other."""
    profile = profiles.get(resource["resourceType"])
    if profile is None:
        return resource
    return {**resource, "meta": {**resource.get("meta", {}), "profile": [profile]}}


def transaction(resources: Sequence[Resource]) -> Resource:
    """A transaction Bundle of PUTs."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
        ],
    }


def with_full_urls(bundle: Resource, base: str) -> Resource:
    """The Bundle as it goes to a server: every entry with its absolute address there."""
    entries = [{"fullUrl": f"{base}/{entry['request']['url']}", **entry} for entry in bundle["entry"]]
    return {**bundle, "entry": entries}


def provenance(
    lead: Part, sources: Iterable[Part], now: datetime, results: Iterable[Resource], publisher: Publisher
) -> Resource:
    """Which software under which rules made the results from which versions of which responses."""
    id = lead.slot("Provenance", f"provenance/{lead.version}")
    device = {
        "resourceType": "Device",
        "id": "software",
        "deviceName": [{"name": "Sural", "type": "user-friendly-name"}],
        "version": [{"value": publisher.version}, {"value": publisher.rules.canonical}],
    }
    return {
        "resourceType": "Provenance",
        "id": id,
        "language": "en",
        "contained": [device],
        "target": [{"reference": f"{r['resourceType']}/{r['id']}"} for r in results],
        "recorded": instant(now),
        "agent": [
            {"type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]}, "who": {"reference": "#software"}}
        ],
        "entity": [{"role": "source", "what": version_of(part)} for part in sources],
    }


def version_of(part: Part) -> Resource:
    """A reference to a response, with the version it had here."""
    return {**part.reference, "identifier": {"system": VERSION_SYSTEM, "value": f"{part.id}/{part.version}"}}


def task(act: Act, lexicon: Lexicon) -> Resource:
    """Calls a person to the red flags of an impression. Written once: a person may be working on it."""
    lead, words = act.lead_part, Words(act, lexicon)
    id = lead.slot("Task", f"task/{lead.version}")
    own = highest_flags(act.judged(part.id) for part in act.brought)
    urgent = {code: flag for code, flag in own.items() if flag.level >= CALLS_A_PERSON}
    level = max(flag.level for flag in urgent.values())
    names = "; ".join(words.flag_name(code) for code in urgent)
    return {
        "resourceType": "Task",
        "id": id,
        "language": "en",
        "identifier": [{"system": ID_SYSTEM, "value": id}],
        "status": "requested",
        "intent": "order",
        "priority": PRIORITY[level],
        "code": lexicon.concept("assessment", lexicon.bindings["task"]),
        "description": lexicon.say("task", "description", urgency=words.urgency(level), flags=names),
        "focus": {"reference": f"ClinicalImpression/{act.impression_id}"},
        "for": act.patient,
        **lead.encounter,
        "authoredOn": instant(act.now),
        "lastModified": instant(act.now),
        "input": [
            {
                "type": lexicon.concept("red-flag", code),
                "valueCodeableConcept": lexicon.concept("urgency", flag.level.code),
            }
            for code, flag in urgent.items()
        ],
    }
