"""Numbers of the site as links that call or send a text."""

import re

from markupsafe import Markup, escape

from service.screening.advice.contacts import Contacts

NUMBER = re.compile(r"\+?\d[\d \-().]{1,18}\d|\d{3,6}")


def with_phone_links(text: str, contacts: Contacts) -> Markup:
    """The text, escaped, in which each number of the site is a link."""
    words = {contacts.text_number: "sms", contacts.relay_number: "sms"}
    words |= {contacts.crisis_line: "tel", contacts.emergency_number: "tel"}
    known = {word: scheme for word, scheme in words.items() if word and NUMBER.search(word)}
    if not known:
        return escape(text)
    longest_first = sorted(known, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
    return Markup("").join(phone_link(part, known[part]) if part in known else escape(part) for part in parts)


def phone_link(words: str, scheme: str) -> Markup:
    """A link to the number in these words."""
    found = NUMBER.search(words)
    number = re.sub(r"[^\d+]", "", found[0]) if found else ""
    return Markup('<a class="phone" href="{}:{}">{}</a>').format(scheme, number, words)
