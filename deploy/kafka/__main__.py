"""Command line: `python -m deploy.kafka prepare | start | stop | status [NAME]`."""

from __future__ import annotations

import argparse
import sys

from deploy.kafka import jars
from deploy.kafka.broker import ROOT, LocalBroker
from deploy.kafka.errors import LocalKafkaError
from deploy.kafka.instance import FILE


def prepare(broker: LocalBroker) -> str:
    """See that Java and the jars are there, copying the jars if they are not."""
    jars.java()
    return f"Kafka's jars are in {jars.library(broker.root)}"


def start(broker: LocalBroker) -> str:
    """Start the broker or find it running."""
    verb = "started" if broker.start() else "found running"
    return f"Kafka '{broker.name}' {verb}, answers at {broker.address} (log: {broker.log})"


def stop(broker: LocalBroker) -> str:
    """Stop the broker, if it runs."""
    return broker.stop()


def status(broker: LocalBroker) -> str:
    """Tell whether the broker runs and answers."""
    if not broker.running:
        return f"Kafka '{broker.name}' is not running"
    state = "answers" if broker.answers else "runs but does not answer"
    return f"Kafka '{broker.name}' {state} at {broker.address} (log: {broker.log})"


COMMANDS = {"prepare": prepare, "start": start, "stop": stop, "status": status}


def main() -> int:
    """Do what the command line asks; 1 with one sentence if that is impossible."""
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("name", nargs="?", default="local", help="instance (default: local)")
    parser.add_argument("--all", action="store_true", help="every instance of this checkout")
    asked = parser.parse_args()
    every = sorted(file.parent.name for file in ROOT.glob(f"*/{FILE}"))
    names = every if asked.all else [asked.name]
    try:
        for name in names:
            print(COMMANDS[asked.command](LocalBroker(name)))
    except LocalKafkaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
