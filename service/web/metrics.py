"""/metrics for Prometheus: requests of this process, and the figures of the database, which all processes share.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from service.issues import Unavailable
from service.log_lines import log_lines
from service.ports.figures import Figures
from service.unreadable import unreadable_parts
from service.web.offered_methods import METHODS

# For how long the figures of the database are told again: reading them may take a second while much waits.
FIGURES_SECONDS = 5.0
SUBMITTING = ("creating.", "updating.", "bundling.", "operating.process")
REFUSED = {400, 409, 412, 413, 415, 422, 428}

metrics = Blueprint("metrics", __name__)


class Meters:
    """The registry of one application, with the meters of its requests."""

    def __init__(self, version: str, read_figures: Callable[[], Figures]) -> None:
        self.registry = CollectorRegistry()
        names = ("method", "route", "status")
        self.seconds = Histogram(
            "sural_request_seconds", "Time to answer a request.", names[:2], registry=self.registry
        )
        self.requests = Counter("sural_requests", "Requests that were answered.", names, registry=self.registry)
        self.refused = Counter("sural_responses_refused", "Responses that were refused.", registry=self.registry)
        text = "Answers that are a danger sign in responses that were refused."
        self.signs = Counter("sural_safety_answers_refused", text, registry=self.registry)
        self.registry.register(FigureCollector(version, read_figures))
        ProcessCollector(registry=self.registry)

    def observe(self, response: Response) -> Response:
        """Counts a request. Its route is the template, never the address."""
        method = request.method if request.method in (*METHODS, "HEAD", "OPTIONS") else "other"
        route = str(request.url_rule or "none")
        self.seconds.labels(method, route).observe(time.perf_counter() - g.started)
        self.requests.labels(method, route, str(response.status_code)).inc()
        is_refused = (request.endpoint or "").startswith(SUBMITTING) and response.status_code in REFUSED
        self.refused.inc(is_refused + g.get("refused_entries", 0))
        self.signs.inc(g.get("refused_signs", 0))
        return response


class FigureCollector(Collector):
    """The figures of the database, read when they are asked for."""

    def __init__(self, version: str, read_figures: Callable[[], Figures]) -> None:
        self.version, self.read_figures = version, read_figures
        self.lock = threading.Lock()
        self.known: tuple[float, Figures | None] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yields a gauge or a counter for each figure; without a database only that there is none."""
        figures = self.recent_figures()
        build = GaugeMetricFamily("sural_build", "The version of the service.", labels=["version"])
        build.add_metric([self.version], 1)
        yield build
        yield CounterMetricFamily("sural_log_lines_lost", "Lines of the log that were not written.", log_lines.lost)
        text = "Times that something stored could not be read."
        yield CounterMetricFamily("sural_store_unreadable", text, unreadable_parts.count)
        yield GaugeMetricFamily("sural_database_up", "1 if the database can be read.", int(figures is not None))
        if figures is not None:
            yield from submission_metrics(figures)
            yield from outbox_metrics(figures)
            yield from task_metrics(figures)
            yield from delivery_metrics(figures)
            yield from pick_up_metrics(figures)

    def recent_figures(self) -> Figures | None:
        """The figures, at most ``FIGURES_SECONDS`` old; None if the database cannot be read."""
        with self.lock:
            moment = time.monotonic()
            if self.known is None or moment - self.known[0] >= FIGURES_SECONDS:
                try:
                    self.known = moment, self.read_figures()
                except Unavailable:
                    self.known = moment, None
            return self.known[1]


def submission_metrics(figures: Figures) -> Iterator[Metric]:
    """Yields the numbers of responses and assessments."""
    yield CounterMetricFamily("sural_responses_accepted", "Versions of responses stored.", figures.accepted)
    yield CounterMetricFamily("sural_assessments", "Versions of ClinicalImpressions made.", figures.assessed)


def outbox_metrics(figures: Figures) -> Iterator[Metric]:
    """Yields what is in the outbox, and how old it is."""
    entries = GaugeMetricFamily("sural_outbox_entries", "Entries of the outbox.", labels=["state"])
    for state, count in figures.entries.items():
        entries.add_metric([state], count)
    yield entries
    text = "Attempts beyond the first, of entries that are not delivered."
    yield GaugeMetricFamily("sural_outbox_retries", text, figures.retries)
    text = "1 while nothing is sent because the FHIR server denies access."
    yield GaugeMetricFamily("sural_outbox_paused", text, int(figures.paused > 0))
    text = "Age of the oldest entry in a state; 0 without one."
    ages = GaugeMetricFamily("sural_outbox_oldest_seconds", text, labels=["state"])
    ages.add_metric(["waiting"], seconds(figures.waiting))
    ages.add_metric(["parked"], seconds(figures.parked))
    yield ages
    text = "Age of the oldest entry with a red flag of this level that is not delivered, waiting or parked; 0 without."
    urgent = GaugeMetricFamily("sural_outbox_oldest_urgent_seconds", text, labels=["urgency"])
    for urgency, age in figures.urgent.items():
        urgent.add_metric([urgency], seconds(age))
    yield urgent


def task_metrics(figures: Figures) -> Iterator[Metric]:
    """Yields how long Tasks have waited for somebody to take them, and how often they were escalated."""
    text = "Age of the oldest Task of this urgency that nobody has taken; 0 without."
    untaken = GaugeMetricFamily("sural_task_oldest_untaken_seconds", text, labels=["urgency"])
    for urgency, age in figures.untaken.items():
        untaken.add_metric([urgency], seconds(age))
    yield untaken
    text = "Escalations of Tasks that nobody had taken in time."
    escalated = CounterMetricFamily("sural_tasks_escalated", text, labels=["urgency"])
    for urgency, count in figures.escalated.items():
        escalated.add_metric([urgency], count)
    yield escalated


def delivery_metrics(figures: Figures) -> Iterator[Metric]:
    """Yields the times of the latest deliveries; nothing before the first one."""
    if not figures.deliveries:
        return
    text = "Time from acceptance to delivery, of the last 100 deliveries."
    times = GaugeMetricFamily("sural_delivery_seconds", text, labels=["statistic"])
    spans = [seconds(span) for span in figures.deliveries]
    times.add_metric(["median"], median(spans))
    times.add_metric(["greatest"], max(spans))
    yield times
    yield GaugeMetricFamily("sural_last_delivery_seconds", "Time since a delivery.", seconds(figures.since_delivery))


def pick_up_metrics(figures: Figures) -> Iterator[Metric]:
    """Yields the responses on the FHIR server that wait to be picked up."""
    yield GaugeMetricFamily("sural_notices", "Responses that wait to be picked up.", figures.notices)
    text = "Age of the oldest notice of a response that waits to be picked up; 0 without one."
    yield GaugeMetricFamily("sural_notices_oldest_seconds", text, seconds(figures.noticed))


def seconds(span: timedelta | None) -> float:
    """A span in seconds; 0 without one."""
    return 0.0 if span is None else span.total_seconds()


def register_metrics(app: Flask, version: str) -> None:
    """Registers the meters of an application, and their address."""
    context = app.extensions["sural"]
    meters = Meters(version, context.read_figures)
    app.extensions["sural.meters"] = meters
    app.after_request(meters.observe)
    app.register_blueprint(metrics)


@metrics.get("/metrics")
def show_metrics() -> Response:
    """200 with all metrics as text."""
    meters: Meters = current_app.extensions["sural.meters"]
    return Response(generate_latest(meters.registry), content_type=CONTENT_TYPE_LATEST)
