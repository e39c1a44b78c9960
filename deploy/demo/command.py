"""The command line of the demo."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

import click

from agents.cli import arguments
from deploy.demo.children import DIRECTORY
from deploy.demo.performance import Performance
from deploy.demo.place import Ports, only_demo
from deploy.demo.play import Script
from models.errors import OrderflowError

_PORT: Final = click.IntRange(1, 65_535)


@click.command(context_settings={"show_default": True})
@click.option("--orders", type=click.IntRange(min=1), help="End after so many; without, go on.")
@click.option("--rate", type=arguments.rate, default="20/s", help="Of the first hundred.")
@click.option("--gentle-rate", type=arguments.rate, default="3/s", help="Of those after them.")
@click.option("--seed", default=1, help="The same seed draws the same customers.")
@click.option("--users", type=click.IntRange(min=1), default=50, help="How many customers.")
@click.option("--port", type=_PORT, default=6066, help="Of the page and the HTTP API.")
@click.option("--write-port", type=_PORT, default=6067, help="Of the write worker's health.")
@click.option("--gateway-port", type=_PORT, default=6070, help="Of the payment gateway.")
@click.option("--directory", type=click.Path(path_type=Path), default=DIRECTORY, hidden=True)
@click.option("--kafka", default="demo", hidden=True)
def main(**given: Any) -> None:
    """Start Kafka, the gateway and both workers, and send orders through them, to be watched.

    Ctrl-C ends all that was started. Another demo goes on with the same data; `make clean`
    forgets it. With ORDERFLOW_BROKER set, that Kafka is used and none is started.
    """
    ports = Ports(given.pop("port"), given.pop("write_port"), given.pop("gateway_port"))
    directory, kafka = given.pop("directory"), given.pop("kafka")
    try:
        with only_demo(directory):
            code = asyncio.run(Performance(Script(**given), ports, directory, kafka).perform())
    except OrderflowError as error:
        click.echo(f"demo: {error}", err=True)
        code = 1
    sys.exit(code)
