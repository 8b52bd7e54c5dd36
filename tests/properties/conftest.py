"""Settings of hypothesis: the same examples in every run, and no deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=32,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
