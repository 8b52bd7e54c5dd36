"""Units of UCUM as exact factors of base units, so that quantities in two units can be compared.

https://ucum.org/ucum
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

SYSTEM = "http://unitsofmeasure.org"
# The exponent of each base unit, for example {"g": 1, "m": -2} for kg/m2.
Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: a value in base units is ``value * factor + offset``. Only temperatures have an offset."""

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)

    def to_base(self, value: Fraction) -> Fraction:
        """A value in base units."""
        return value * self.factor + self.offset


POWERS = {"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1}
FRACTIONS = {"d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24}
PREFIXES: Mapping[str, Fraction] = {symbol: Fraction(10) ** power for symbol, power in {**POWERS, **FRACTIONS}.items()}
# Each unit as a number of another expression; the base units are those without one. Amounts of substance, equivalents
# and osmoles are one kind here: UCUM defines all three as numbers, which would make mmol comparable with 1.
METRIC = {
    "m": "",
    "g": "",
    "s": "",
    "K": "",
    "mol": "",
    "[IU]": "",
    "[iU]": "1 [IU]",
    "eq": "1 mol",
    "osm": "1 mol",
    "L": "1 dm3",
    "l": "1 dm3",
    "t": "1000 kg",
    "Hz": "1 s-1",
    "N": "1 kg.m.s-2",
    "Pa": "1 N.m-2",
    "bar": "100000 Pa",
    "J": "1 N.m",
    "W": "1 J.s-1",
    "cal": "4.184 J",
    "m[Hg]": "133322 Pa",
    "m[H2O]": "9806.65 Pa",
}
NOT_METRIC = {
    "min": "60 s",
    "h": "60 min",
    "d": "24 h",
    "wk": "7 d",
    "mo": "30.4375 d",
    "a": "365.25 d",
    "%": "0.01 1",
    "[in_i]": "2.54 cm",
    "[ft_i]": "12 [in_i]",
    "[yd_i]": "3 [ft_i]",
    "[mi_i]": "5280 [ft_i]",
    "[lb_av]": "453.59237 g",
    "[oz_av]": "0.0625 [lb_av]",
    "[stone_av]": "14 [lb_av]",
    "[Cal]": "1 kcal",
}
# Temperatures whose zero is not that of their base unit.
TEMPERATURES = {
    "Cel": Unit(Fraction(1), (("K", 1),), Fraction("273.15")),
    "[degF]": Unit(Fraction(5, 9), (("K", 1),), Fraction("459.67") * Fraction(5, 9)),
}
NUMBER = re.compile(r"\d+(?:\*-?\d+)?|10\^-?\d+")
COMPONENT = re.compile(r"((?:[A-Za-z%]|\[[A-Za-z0-9_']+\])+)([+-]?\d+)?(?:\{[!-z|~]*\})?")
MAX_LENGTH, MAX_EXPONENT = 100, 40


@lru_cache(1024)
def parse_unit(code: str) -> Unit | None:
    """The unit of a UCUM code such as ``mmol/L``; None if it is not in the table above."""
    if code in TEMPERATURES:
        return TEMPERATURES[code]
    if len(code) > MAX_LENGTH or not code:
        return None
    factor, exponents, sign = Fraction(1), dict[str, int](), 1
    if code.startswith("/"):
        code = f"1{code}"
    for part in re.split(r"([./])", code):
        if part in (".", "/"):
            sign = 1 if part == "." else -1
            continue
        found = parse_component(part)
        if found is None:
            return None
        factor *= found.factor**sign
        for base, exponent in found.dimension:
            exponents[base] = exponents.get(base, 0) + sign * exponent
    return Unit(factor, tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent)))


def parse_component(text: str) -> Unit | None:
    """One part of a unit: a number, an annotation in braces, or a unit with prefix and exponent."""
    if re.fullmatch(r"\{[!-z|~]*\}", text):
        return Unit(Fraction(1), ())
    text = re.sub(r"\{[!-z|~]*\}$", "", text)
    if NUMBER.fullmatch(text):
        base, _, power = text.replace("^", "*").partition("*")
        if not int(base) or abs(int(power or 1)) > MAX_EXPONENT:
            return None
        return Unit(Fraction(int(base)) ** int(power or 1), ())
    found = COMPONENT.fullmatch(text)
    unit = parse_symbol(found[1]) if found else None
    if found is None or unit is None:
        return None
    exponent = int(found[2] or 1)
    if not 0 < abs(exponent) <= MAX_EXPONENT:
        return None
    return Unit(unit.factor**exponent, tuple((base, count * exponent) for base, count in unit.dimension))


@lru_cache(256)
def parse_symbol(symbol: str) -> Unit | None:
    """A unit without exponent, perhaps with a prefix: ``km`` is 1000 m, ``cd`` is not in the table."""
    if symbol in NOT_METRIC:
        return parse_definition(NOT_METRIC[symbol])
    if symbol in METRIC:
        return parse_definition(METRIC[symbol]) if METRIC[symbol] else Unit(Fraction(1), ((symbol, 1),))
    for length in (2, 1):
        prefix, rest = PREFIXES.get(symbol[:length]), symbol[length:]
        if prefix is not None and rest in METRIC:
            unit = parse_symbol(rest)
            return None if unit is None else Unit(unit.factor * prefix, unit.dimension)
    return None


def parse_definition(text: str) -> Unit | None:
    """A number of another unit, such as ``60 s``."""
    number, _, code = text.partition(" ")
    unit = parse_unit(code)
    return None if unit is None else Unit(unit.factor * Fraction(number), unit.dimension)
