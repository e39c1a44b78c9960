"""What an operator's tools ask of a worker: is it alive, is it ready, and what are its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import orjson
from aiohttp import web as http
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.lane import State

if TYPE_CHECKING:
    from faust.web.base import Web
    from faust.web.drivers.aiohttp import Web as AiohttpWeb

    from streams.application import Orderflow


def add_operations(app: Orderflow, web: Web) -> None:
    """Serve `/health/live`, `/health/ready` and `/metrics`."""

    async def live(_: http.Request) -> http.Response:
        return _json({"status": "live"})

    async def ready(_: http.Request) -> http.Response:
        reasons = not_ready(app)
        if not reasons:
            return _json({"status": "ready", "lanes": len(app.runtime.lanes)})
        return _json({"status": "not ready", "reasons": reasons}, status=503)

    async def metrics(_: http.Request) -> http.Response:
        return http.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    router = cast("AiohttpWeb", web).web_app.router
    router.add_get("/health/live", live)
    router.add_get("/health/ready", ready)
    router.add_get("/metrics", metrics)


def not_ready(app: Orderflow) -> list[str]:
    """Why this worker should get no traffic; empty when it should."""
    if app.should_stop:
        return ["it is stopping"]
    if not app.gate.passed:
        return [f"waiting for Kafka at {','.join(app.settings.bootstrap)}"]
    if app.watch.away_since is not None:
        return [f"Kafka at {','.join(app.settings.bootstrap)} does not answer"]
    if app.rebalancing or not app.lane_tables.recovery.completed.is_set():
        return ["partitions are being assigned or restored"]
    closed = sorted(
        lane.writer for lane in app.runtime.lanes.values() if lane.state is not State.OPEN
    )
    restoring = [f"restoring {', '.join(closed)}"] if closed else []
    return [*restoring, *app.watch.stalled()]


def _json(body: dict[str, object], status: int = 200) -> http.Response:
    return http.Response(body=orjson.dumps(body), status=status, content_type="application/json")
