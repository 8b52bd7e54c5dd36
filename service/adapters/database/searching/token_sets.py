"""Sets of tokens. Many resources have the same: each set is stored once, and a resource has its number."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from service.adapters.database.resources.new_rows import insert_if_new
from service.adapters.database.searching.search_rows import IndexToken
from service.adapters.database.tables import token, token_set

# The type of the resources that have a set, and its tokens.
TokenSet = tuple[str, frozenset[IndexToken]]
KNOWN_SETS = select(token_set.c.digest, token_set.c.number).where(
    token_set.c.digest.in_(bindparam("digests", expanding=True))
)


def number_token_sets(connection: Connection, sets: Mapping[str, TokenSet]) -> dict[str, int]:
    """The number of each set of tokens, by digest. Sets that are new get one, and their tokens are stored."""
    numbers = read_numbers(connection, sets)
    missing = sets.keys() - numbers.keys()
    if missing:
        # In one order, so that two transactions that store the same sets wait for one another only once.
        made = insert_sets(connection, sorted(missing))
        rows = [row for digest in made for row in token_rows(made[digest], sets[digest])]
        if rows:
            connection.execute(insert(token), rows)
        numbers = read_numbers(connection, sets)
    return numbers


# Most submissions have sets that others had before: "write, with the commit" of `make bench`.
@lru_cache(maxsize=4096)
def digest_of_set(tokens: TokenSet) -> str:
    """The digest by which a set is recognised."""
    type_name, members = tokens
    return hashlib.sha256(msgspec.json.encode([type_name, sorted(members)])).hexdigest()


def read_numbers(connection: Connection, digests: Iterable[str]) -> dict[str, int]:
    """The numbers of the sets that are stored, by digest."""
    return {row.digest: row.number for row in connection.execute(KNOWN_SETS, {"digests": list(digests)})}


def insert_sets(connection: Connection, digests: Iterable[str]) -> Mapping[str, int]:
    """The numbers of the sets that this transaction stores; another one may have stored some at the same time."""
    new = insert_if_new(connection, token_set).values([{"digest": digest} for digest in digests])
    made = new.returning(token_set.c.digest, token_set.c.number)
    return {row.digest: row.number for row in connection.execute(made)}


def token_rows(number: int, tokens: TokenSet) -> Iterable[dict[str, str | int]]:
    """The rows of the tokens of a set."""
    type_name, members = tokens
    for parameter, system, value in sorted(members):
        yield {"set": number, "type": type_name, "parameter": parameter, "system": system, "value": value}
