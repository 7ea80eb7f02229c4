"""The same specification gives the same page: twice in one process, and in processes that hash differently."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from symback.numerics import lambdify
from symback.pipeline import Derivation, derive
from tests.random_specs import random_network


def page(derivation: Derivation) -> str:
    """Everything that is shown of a derivation: formulas in two views, and the steps that lead to them."""
    lines = []
    for formula in derivation:
        lines += [formula.latex("matrix"), formula.latex("index"), *(f"{step.rule}: {step.after}" for step in formula.steps)]
    return "\n".join(lines)


def pages(count: int) -> str:
    """The pages of some random networks, and the source of their functions."""
    found = []
    for seed in range(count):
        network = random_network(np.random.default_rng([51, seed]))
        found += [page(derive(network)), page(derive(network, batch=True)), lambdify(network).source]
    return "\n".join(found)


@pytest.mark.parametrize("seed", range(10))
def test_deriving_twice_gives_the_same_tensors(seed):
    network = random_network(np.random.default_rng([52, seed]), is_numeric=False)
    for is_batch in (False, True):
        first, second = derive(network, batch=is_batch), derive(network, batch=is_batch)
        assert [record.tensor for record in first.records] == [record.tensor for record in second.records]
        assert [formula.steps for formula in first] == [formula.steps for formula in second]


@pytest.mark.slow
def test_other_processes_with_other_hashes_write_the_same_pages():
    code = "import hashlib; from tests.laws.test_determinism import pages; print(hashlib.sha256(pages(5).encode()).hexdigest())"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    found = {process.communicate()[0].strip() for process in running}
    assert found == {hashlib.sha256(pages(5).encode()).hexdigest()}
