"""The average over a batch is what it says: the mean of the gradients of its samples, each derived without a batch axis."""

import numpy as np
import pytest

from symback.pipeline import derive
from tests.laws.numbers import evaluated, gradients_of, plain_name
from tests.random_specs import random_case


@pytest.mark.parametrize("seed", range(25))
def test_the_batch_gradient_is_the_mean_of_the_gradients_of_its_samples(seed):
    generator = np.random.default_rng([41, seed])
    problem = random_case(generator, batch=4)
    batch, single = derive(problem.network, batch=True), derive(problem.network)
    of_batch = gradients_of(batch, evaluated(batch, problem))
    of_samples = [gradients_of(single, evaluated(single, problem, sample)) for sample in range(4)]
    assert of_batch.keys() == of_samples[0].keys()
    for name, value in of_batch.items():
        mean = np.mean([each[name] for each in of_samples], axis=0)
        np.testing.assert_allclose(value, mean, rtol=1e-9, atol=1e-11 * (1 + np.abs(mean).max()), err_msg=f"{name}, seed {seed}")


@pytest.mark.parametrize("seed", range(25))
def test_row_s_of_every_error_is_the_error_of_sample_s(seed):
    """Δ carries no 1/N, and no sample sees another."""
    generator = np.random.default_rng([42, seed])
    problem = random_case(generator, batch=3)
    batch, single = derive(problem.network, batch=True), derive(problem.network)
    whole = evaluated(batch, problem).values
    rows = {plain_name(record.symbol): whole[record.symbol] for record in batch.records if record.symbol.name.letter == "Delta"}
    assert rows
    for sample in range(3):
        values = evaluated(single, problem, sample).values
        for layer_name, value in rows.items():
            symbol = single.delta(int(layer_name.removeprefix("Delta"))).symbol
            np.testing.assert_allclose(value[sample], values[symbol], rtol=1e-9, atol=1e-11, err_msg=f"{layer_name}, seed {seed}")
