"""From the options of a command to a network."""

import argparse

from symback.errors import SpecError
from symback.network import Graph, Network
from symback.network.files import read_file, read_table

__all__ = ["graph_of", "network_of"]


def graph_of(options: argparse.Namespace) -> Graph | None:
    """The graph that SPEC is the file of; None if it describes a network of layers."""
    if not options.spec.endswith(".toml"):
        return None
    text = read_file(options.spec)
    return Graph.from_toml(text, options.spec) if "nodes" in read_table(text, options.spec) else None


def network_of(options: argparse.Namespace) -> Network:
    """The network that SPEC, --activation and --cost describe."""
    chosen = {name: value for name in ("activation", "cost") if (value := getattr(options, name)) is not None}
    if not options.spec.endswith(".toml"):
        return Network.from_spec(options.spec, **chosen)
    if chosen:
        given = " and ".join(f"--{name}" for name in chosen)
        raise SpecError(f"{options.spec} says itself what its activations and its cost are; leave out {given}, or edit the file")
    return Network.load(options.spec)
