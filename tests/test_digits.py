"""The derived gradients train a real network on real images."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("sklearn")


def test_digits_are_learnt_to_95_percent_on_images_never_seen():
    path = Path(__file__).parent.parent / "derivations" / "digits.py"
    spec = importlib.util.spec_from_file_location("digits", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.train() >= 0.95
