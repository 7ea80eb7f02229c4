"""The network itself, drawn at the head of its page."""

from dataclasses import replace

from symback.network import Network
from symback.presentation.blocks import Document, Figure, Heading
from symback.presentation.drawing import drawing

__all__ = ["with_picture"]


def with_picture(document: Document, network: Network) -> Document:
    """The page with a picture of its network below the heading "The network".

    >>> from symback.pipeline import derive
    >>> from symback.presentation.document import document
    >>> network = Network.from_spec("2-3-2")
    >>> [type(block).__name__ for block in with_picture(document(derive(network)), network).blocks[:3]]
    ['Heading', 'Figure', 'Table']
    """
    caption = ("The network: the inputs at the left, a weight on each line, the cost at the right.",)
    figure = Figure("network", drawing(network, notation=document.notation), caption)
    blocks = document.blocks
    place = next((place + 1 for place, block in enumerate(blocks) if isinstance(block, Heading) and block.title == ("The network",)), 0)
    return replace(document, blocks=(*blocks[:place], figure, *blocks[place:]))
