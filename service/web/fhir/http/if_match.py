"""The headers of an update that make it conditional: If-Match, If-None-Match and If-Unmodified-Since.

https://www.rfc-editor.org/rfc/rfc9110#name-preconditions
"""

import re

from flask import request
from werkzeug.http import parse_date

from service.issues import Issue, Malformed
from service.usecases.responses.if_match import EntityTags, Precondition

TAG = r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
# A list may have empty elements: https://www.rfc-editor.org/rfc/rfc9110#name-recipient-requirements
TAGS = re.compile(rf"[ \t,]*{TAG}(?:[ \t]*,[ \t,]*{TAG})*[ \t,]*")
MAX_LENGTH = 1_000


def update_precondition() -> Precondition:
    """The precondition in the headers of an update. Raises Malformed if one of them has another form."""
    return Precondition(
        match=parse_entity_tags(request.headers.get("If-Match"), "If-Match"),
        none_match=parse_entity_tags(request.headers.get("If-None-Match"), "If-None-Match"),
        # A date of another form is ignored, as RFC 9110 requires.
        unmodified_since=parse_date(request.headers.get("If-Unmodified-Since")),
    )


def parse_entity_tags(text: str | None, name: str, path: str = "") -> EntityTags | None:
    """The tags in a header, such as `W/"1"`, `"1", "2"` or `*`; None without the header.

    RFC 9110 compares strong tags only in If-Match, but R4 sends weak ones: both mean the version. Raises Malformed for
    a text of another form; ``path`` is the element that contains it.
    """
    if text is None:
        return None
    if text.strip() == "*":
        return EntityTags(any_version=True)
    if len(text) > MAX_LENGTH or not TAGS.fullmatch(text):
        raise Malformed([Issue("value", path, f'{name} must have ETags of versions, such as W/"1", or be *.')])
    return EntityTags(frozenset(re.findall(TAG, text)))
