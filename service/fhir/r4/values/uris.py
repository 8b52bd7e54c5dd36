"""The form of URI references, with the characters of other languages that IRIs allow.

https://www.rfc-editor.org/rfc/rfc3986#appendix-A
https://hl7.org/fhir/R4/datatypes.html#uri
"""

OID = r"urn:oid:[0-2](\.(0|[1-9]\d*))+"
UUID = r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What RFC 3986 and RFC 3987 leave out of a segment. The classes name what is left out: a class of all other characters
# takes long to compile (`make bench`: start of the commands).
EXCLUDED = r"\x00-\x20\"#%/<>?\[\\\]\^`{|}\x7f-\xa0"
ESCAPED = r"%[0-9A-Fa-f]{2}"
# One or more characters. ``++`` and ``*+`` give none of them back, because none of them can be what follows: an
# address that does not fit is not tried again from each of its characters.
CHARACTERS = rf"(?:[^{EXCLUDED}]++|{ESCAPED})"
NO_COLON = rf"(?:[^{EXCLUDED}:]++|{ESCAPED})"
USER = rf"(?:[^{EXCLUDED}@]++|{ESCAPED})*+@"
HOST = rf"(?:\[[0-9A-Fa-fvV:.]+\]|(?:[^{EXCLUDED}:@]++|{ESCAPED})*+)"
AUTHORITY = rf"(?:{USER})?{HOST}(?::\d*)?"
SEGMENTS = rf"(?:/{CHARACTERS}*+)*+"
ABSOLUTE_PATH = rf"/(?:{CHARACTERS}++{SEGMENTS})?"
WITH_SCHEME = rf"[A-Za-z][A-Za-z0-9+.\-]*:(?://{AUTHORITY}{SEGMENTS}|{ABSOLUTE_PATH}|{CHARACTERS}++{SEGMENTS}|)"
RELATIVE = rf"(?://{AUTHORITY}{SEGMENTS}|{ABSOLUTE_PATH}|{NO_COLON}++{SEGMENTS}|)"
# FHIR writes the tokens of a search with "|": https://hl7.org/fhir/R4/search.html#token
# In a canonical the same character is before the version, so that the query gives it back.
REST = rf"(?:\?(?:{CHARACTERS}|[/?|])*)?(?:#(?:{CHARACTERS}|[/?])*+)?"
# OIDs and UUIDs have forms of their own, which their types have too.
URI = rf"(?:{OID}|{UUID}|(?!urn:(?:oid|uuid):)(?=.)(?:{WITH_SCHEME}|{RELATIVE}){REST})"
# A canonical may name a version, and after that a fragment.
CANONICAL = rf"{URI}(?:\|[^\s|]*)?"
WORDS = "a URI reference of RFC 3986; a UUID in small letters, an OID in numbers"
