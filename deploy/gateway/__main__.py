"""Command line: `python -m deploy.gateway` listens until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import sys
from datetime import timedelta
from typing import Final

import uvloop
from aiohttp import web

from deploy.gateway.chance import Odds
from deploy.gateway.ledger import Ledger, LedgerError
from deploy.gateway.options import parse
from deploy.gateway.processor import Processor
from deploy.gateway.server import Server

_FAREWELL: Final = 1.0  # seconds that requests under way have to end, before they are cut


async def serve(ledger: Ledger, odds: Odds, expiry: timedelta, bind: str, port: int) -> None:
    """Listen until a signal comes."""
    loop = asyncio.get_running_loop()
    signalled = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signalled.set)
    server = Server(Processor(ledger, odds, expiry), odds)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=_FAREWELL)
    await runner.setup()
    try:
        await web.TCPSite(runner, bind, port).start()
        address, bound = runner.addresses[0][:2]
        counts = f"{ledger.count('operations')} operations, {ledger.count('mails')} mails"
        _say(f"gateway listens on http://{address}:{bound}, ledger {ledger.path} ({counts})")
        await signalled.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """Do what the command line asks; 1 with one sentence if that is impossible."""
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    given, odds, expiry = parse()
    try:
        ledger = Ledger(given.data)
        try:
            uvloop.run(serve(ledger, odds, expiry, given.bind, given.port))
        finally:
            ledger.close()
    except LedgerError as error:
        return _failed(str(error))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _failed(
                f"port {given.port} of {given.bind} is in use: end what listens there, or give"
                " another with --port (0 takes a free one) and set ORDERFLOW_GATEWAY to it"
            )
        return _failed(f"cannot listen on {given.bind} port {given.port}: {error}; see --bind")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


def _failed(line: str) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - a command line prints
    return 1


if __name__ == "__main__":
    sys.exit(main())
