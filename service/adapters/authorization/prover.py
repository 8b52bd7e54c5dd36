"""Finds the issuer of a token among those that are trusted, and proves it with that one: a `TokenProver`."""

from collections.abc import Mapping, Sequence

from service.adapters.authorization.introspection import AskedIssuer
from service.adapters.authorization.signed_tokens import SigningIssuer, split_token
from service.ports.access.tokens import BadToken, ProvenToken


class TrustedIssuers:
    """The trusted issuers. The name in a token only chooses among them: nothing is fetched because a token names it."""

    def __init__(self, signing: Sequence[SigningIssuer], asked: AskedIssuer | None = None) -> None:
        self.signing: Mapping[str, SigningIssuer] = {each.trusted.issuer: each for each in signing}
        self.asked = asked

    def prove(self, token: str) -> ProvenToken:
        """The token, if it is from a trusted issuer. Raises BadToken, or Unavailable if that is not known now."""
        if self.asked is not None and not self.is_signed_by_known(token):
            return self.asked.prove(token)
        header, claims = split_token(token)
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or issuer not in self.signing:
            raise BadToken("the issuer is not trusted")
        return self.signing[issuer].prove(token, header)

    def is_signed_by_known(self, token: str) -> bool:
        """True if a token says that it is from an issuer that signs its tokens."""
        try:
            issuer = split_token(token)[1].get("iss")
        except BadToken:
            return False
        return isinstance(issuer, str) and issuer in self.signing
