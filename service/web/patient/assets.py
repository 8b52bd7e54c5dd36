"""The stylesheet, the script and the icon: files of ours, with an address that changes with their content."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    "style.css": "text/css; charset=utf-8",
    "form.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
YEAR_SECONDS = 31_536_000


@lru_cache
def read_asset(name: str) -> bytes:
    """The content of a file. Raises KeyError if there is none of this name."""
    if name not in TYPES:
        raise KeyError(name)
    return (FOLDER / name).read_bytes()


@lru_cache
def compressed_asset(name: str) -> bytes:
    """The content of a file in gzip. It has no secret, so that its length tells nothing."""
    return gzip.compress(read_asset(name), mtime=0)


@lru_cache
def asset_hash(name: str) -> str:
    """The beginning of the digest of a file."""
    return hashlib.sha256(read_asset(name)).hexdigest()[:12]
