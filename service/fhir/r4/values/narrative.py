"""The xhtml of a narrative: well-formed, with content, and only with the elements and attributes that R4 allows.

https://hl7.org/fhir/R4/narrative.html#rules
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

# The extension whose text is a piece of XHTML.
RENDERING_XHTML = "http://hl7.org/fhir/StructureDefinition/rendering-xhtml"
XHTML = "{http://www.w3.org/1999/xhtml}"
# The lists of txt-1, with three of HTML 4.0 (chapters 7 to 9) that its words allow, not its XPath: address bdo kbd.
ELEMENT_NAMES = """a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1
h2 h3 h4 h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var"""
ATTRIBUTE_NAMES = """abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char
charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name
nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width"""
ELEMENTS, ATTRIBUTES = frozenset(ELEMENT_NAMES.split()), frozenset(ATTRIBUTE_NAMES.split())
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Addresses and styles that run a program.
SCRIPT = re.compile(r"(?:java|vb)script:|data:(?!image/)|expression\(|-moz-binding|behavior:", re.IGNORECASE)
LOCAL_LINK = re.compile(r"""(?:src|href)\s*=\s*["']#([A-Za-z0-9\-.]{1,64})["']""")
# A browser ends these comments of XML at once, so that it runs the script in them.
EMPTY_COMMENT = re.compile("<!---?>")
MAX_ELEMENTS = 50_000


def narrative_fault(text: str) -> str | None:
    """Returns what is wrong with ``text.div``; None if nothing is."""
    root = parse_xhtml(text)
    if EMPTY_COMMENT.search(text):
        return "must have no comment that begins with > or ->, which browsers read as content (txt-1)"
    if root is None:
        return (
            "must be well-formed xhtml with one div, without DOCTYPE, CDATA and named entities such as &nbsp; (txt-1)"
        )
    if root.tag != f"{XHTML}div":
        return 'must be a div with xmlns="http://www.w3.org/1999/xhtml" (txt-1)'
    return next(forbidden_parts(root), None) or empty_fault(root)


def fragment_fault(text: str) -> str | None:
    """Returns what is wrong with xhtml that is a part of a text, as in the extension rendering-xhtml."""
    root = parse_xhtml(f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>')
    if root is None or EMPTY_COMMENT.search(text):
        return "must be well-formed xhtml (txt-1)"
    return next(forbidden_parts(root), None)


def parse_xhtml(text: str) -> ElementTree.Element | None:
    """Returns the element; None if the text is not XML, or declares entities, which can be endless."""
    if "<!" in text.replace("<!--", "") or "<?" in text or text.count("<") > MAX_ELEMENTS:
        return None
    try:
        return ElementTree.fromstring(text)  # noqa: S314 without a declaration of entities
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None


def forbidden_parts(root: ElementTree.Element) -> Iterator[str]:
    """Yields a text for each element or attribute that a narrative must not have."""
    for element in root.iter():
        name = str(element.tag).removeprefix(XHTML)
        if name not in ELEMENTS:
            yield "must have only the elements of text, lists, tables and images: no scripts, forms or frames (txt-1)"
        for attribute, value in element.attrib.items():
            if attribute not in ATTRIBUTES and attribute != XML_LANG:
                yield "must have only attributes for text, and none for events such as onclick (txt-1)"
            elif runs_program(value):
                yield "must have no address or style that runs a program, such as javascript: (txt-1)"


def runs_program(value: str) -> bool:
    """Returns whether the value of an attribute runs a program; browsers ignore white space in it."""
    return SCRIPT.search("".join(character for character in value if character > " ")) is not None


def empty_fault(root: ElementTree.Element) -> str | None:
    """Returns a text if a narrative has neither words nor an image (txt-2)."""
    if any(text.strip() for text in root.itertext()) or any("src" in img.attrib for img in root.iter(f"{XHTML}img")):
        return None
    return "must have words or an image (txt-2)"


def linked_ids(text: str) -> list[str]:
    """Returns the ids of contained resources that images and links name: ``<img src="#pic"/>`` gives ``pic``."""
    return LOCAL_LINK.findall(text)
