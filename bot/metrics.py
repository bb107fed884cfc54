"""The Prometheus metrics at /metrics."""

from prometheus_client import Counter, Gauge, Histogram

UPDATES = Counter("kuotu_updates", "Updates received from Telegram")
EXPANSIONS = Counter("kuotu_expansions", "Expansions by how they ended", ["status"])
SECONDS = Histogram(
    "kuotu_expansion_seconds",
    "Seconds an engine worked on one expansion",
    ["engine"],
    buckets=(0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300),
)
FILMS = Counter("kuotu_films", "Films by how they ended", ["status"])
REFUSALS = Counter("kuotu_telegram_errors", "Bot API calls that failed", ["kind"])
UNSERVED = Gauge("kuotu_jobs_unserved", "Waiting expansions and films that no living worker serves")
RESTARTS = Counter("kuotu_task_failures", "Failures of long-lived tasks, which are started again", ["task"])
