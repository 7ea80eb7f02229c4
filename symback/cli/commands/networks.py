"""From the options of a command to a network."""

import argparse

from symback.errors import SpecError
from symback.network import Network

__all__ = ["network_of"]


def network_of(options: argparse.Namespace) -> Network:
    """The network that SPEC, --activation and --cost describe."""
    chosen = {name: value for name in ("activation", "cost") if (value := getattr(options, name)) is not None}
    if not options.spec.endswith(".toml"):
        return Network.from_spec(options.spec, **chosen)
    if chosen:
        given = " and ".join(f"--{name}" for name in chosen)
        raise SpecError(f"{options.spec} says itself what its activations and its cost are; leave out {given}, or edit the file")
    return Network.load(options.spec)
