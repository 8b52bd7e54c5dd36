"""What a site may choose about results: the type of totals, and screenings for quality measures."""

from typing import Literal

# The type of Observation.value[x] of a total.
ScoreValue = Literal["quantity", "integer"]
# Whom a screening code of a quality measure is for.
AgeGroup = Literal["adult", "adolescent"]
