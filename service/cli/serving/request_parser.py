"""The parser of requests: refuses what two readers may read in two ways, and bodies that there is no place for.

https://www.rfc-editor.org/rfc/rfc9112
"""

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

from service.fhir.r4.strict_json import MAX_BYTES


class NoPlaceForBody(Error):
    """The temporary folder is full or cannot be written."""

    code = 503
    reason = "Service Unavailable"


class StrictParser(HTTPRequestParser):
    """Refuses a body at its declared length or at its first byte too many, and headers that two readers may read
    in two ways."""

    def received(self, data: bytes) -> int:
        """The number of bytes that belong to this request."""
        try:
            consumed = int(super().received(data))
        except OSError:
            # A body that is kept in a temporary file.
            self.error, self.completed = NoPlaceForBody(""), True
            return len(data)
        received = 0 if self.body_rcv is None else len(self.body_rcv.getbuf())
        if self.error is None and max(self.content_length, received) > MAX_BYTES:
            self.error = RequestEntityTooLarge("")
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Reads the headers. Raises ParsingError if they or the request target cannot be read."""
        names = [line.partition(b":")[0].strip().lower() for line in header_plus.split(b"\r\n")[1:]]
        if b"content-length" in names and b"transfer-encoding" in names:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other.")
        if any(names.count(name) > 1 for name in (b"host", b"content-length", b"transfer-encoding")):
            raise ParsingError("A header is repeated.")
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("The request target cannot be read.") from None
