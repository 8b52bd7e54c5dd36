"""How hypothesis runs here: the same examples each time, and never judged by speed."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=32,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
