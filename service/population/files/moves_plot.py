"""A picture of who moves between the levels of urgency: bands from the levels by the old rules to those by the new."""

from collections.abc import Iterator, Mapping

from service.population.files.finding_groups import LEVELS
from service.population.files.lists import Counts

Moves = Mapping[tuple[str, str], int]
WIDTH, HEIGHT, TOP, GAP, BAR = 720, 460, 56, 12, 18
LEFT, RIGHT = 170, 550
FONT = 'font-family="sans-serif" font-size="13"'
# A move of a few people must be seen beside a million who stay.
LEAST = 1.5
MORE_URGENT, LESS_URGENT, UNMOVED = "#b2182b", "#2166ac", "#d9d9d9"


def moves_between_levels(counts: Counts) -> dict[tuple[str, str], int]:
    """How many submissions have one level by the old rules and one by the new."""
    return {(str(key[2]), str(key[3])): number for key, number in counts.items() if key[0] == "urgency"}


def draw_moves(moves: Moves) -> str:
    """The picture as SVG. Red: more urgent by the new rules; blue: less urgent; grey: the same level."""
    total = sum(moves.values()) or 1
    room = HEIGHT - TOP - 30 - GAP * (len(LEVELS) - 1) - LEAST * len(LEVELS) ** 2
    height = {pair: LEAST + number / total * room for pair, number in moves.items()}
    levels = LEVELS[::-1]
    starts, ends = (place_levels(levels, height, side) for side in (0, 1))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="24" text-anchor="end" font-weight="bold">old rules</text>',
        f'<text x="{RIGHT}" y="24" font-weight="bold">new rules</text>',
    ]
    order = sorted(moves, key=lambda pair: (levels.index(pair[0]), levels.index(pair[1])))
    ribbons = [draw_ribbon(pair, moves[pair], height[pair], starts, ends) for pair in order]
    unmoved = [text for pair, text in zip(order, ribbons, strict=True) if pair[0] == pair[1]]
    moved = [text for pair, text in zip(order, ribbons, strict=True) if pair[0] != pair[1]]
    return "\n".join([*lines, *unmoved, *moved, *draw_levels(moves, levels, height), "</svg>", ""])


def place_levels(levels: tuple[str, ...], height: Mapping[tuple[str, str], float], side: int) -> dict[str, float]:
    """Where the next ribbon of each level begins on one side."""
    places, at = {}, float(TOP)
    for level in levels:
        places[level] = at
        at += sum(size for pair, size in height.items() if pair[side] == level) + GAP
    return places


def draw_ribbon(
    pair: tuple[str, str], number: int, size: float, starts: dict[str, float], ends: dict[str, float]
) -> str:
    """The ribbon of those who have the same two levels."""
    old, new = pair
    low, high, middle = starts[old], ends[new], (LEFT + RIGHT) / 2
    starts[old], ends[new] = low + size, high + size
    path = (
        f"M{LEFT + BAR} {low:.1f}C{middle} {low:.1f} {middle} {high:.1f} {RIGHT - BAR} {high:.1f}v{size:.1f}"
        f"C{middle} {high + size:.1f} {middle} {low + size:.1f} {LEFT + BAR} {low + size:.1f}z"
    )
    change = LEVELS.index(new) - LEVELS.index(old)
    colour = MORE_URGENT if change > 0 else LESS_URGENT if change < 0 else UNMOVED
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.8"><title>{old} to {new}: {number:,}</title></path>'


def draw_levels(moves: Moves, levels: tuple[str, ...], height: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """The bar and the name of each level on both sides, with its number."""
    for side, x, at, anchor in ((0, LEFT, LEFT - 8, "end"), (1, RIGHT - BAR, RIGHT + 8, "start")):
        places = place_levels(levels, height, side)
        for level in levels:
            size = sum(each for pair, each in height.items() if pair[side] == level)
            number = sum(each for pair, each in moves.items() if pair[side] == level)
            y = places[level]
            yield f'<rect x="{x}" y="{y:.1f}" width="{BAR}" height="{max(size, 1):.1f}" fill="#525252"/>'
            base = y + max(size, 10) / 2 + 4
            yield f'<text x="{at}" y="{base:.1f}" text-anchor="{anchor}">{level}: {number:,}</text>'
