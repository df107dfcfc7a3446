"""What `/metrics` tells: counters of what happened, gauges of what waits."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

REGISTRY = CollectorRegistry()

EVENTS = Counter("firstline_events", "Events received", ["platform", "kind", "end"], registry=REGISTRY)
MATCHES = Counter("firstline_matches", "Messages matched, by outcome", ["outcome"], registry=REGISTRY)
DELIVERIES = Counter("firstline_deliveries", "Attempts to deliver", ["platform", "end"], registry=REGISTRY)
CLAIMS = Counter("firstline_claims", "Claims, by outcome", ["outcome"], registry=REGISTRY)
REVIEWS = Counter("firstline_reviews", "Tickets reviewed", registry=REGISTRY)
MILESTONES = Counter("firstline_milestones", "Milestones noticed", ["milestone"], registry=REGISTRY)
OUTBOX_AGE = Gauge("firstline_outbox_oldest_seconds", "How long the oldest effect waits", registry=REGISTRY)
OPEN_TICKETS = Gauge("firstline_open_tickets", "Open tickets", ["organisation"], registry=REGISTRY)

LAST_HEARD = Gauge(
    "firstline_last_heard_timestamp_seconds",
    "When a platform last sent an event, or its connection showed life",
    ["platform", "what"],
    registry=REGISTRY,
)


def exposition() -> tuple[bytes, str]:
    """The metrics in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
