"""The areas of the drawing of the legs, by the names that form.yaml uses."""

SIDES = ("right", "left")
AREAS = (
    "low-back", "buttock", "hip", "groin", "thigh-front", "thigh-outer", "thigh-back", "knee", "shin", "calf", "ankle",
    "foot", "toes",
)  # fmt: skip
