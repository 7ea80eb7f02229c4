"""Handwritten digits, 64-30-10: plain mini-batch gradient descent on the gradients that symback derived.

    python derivations/digits.py

Prints the test accuracy after each epoch.  Needs scikit-learn, which carries the 1797 images (8 × 8 pixels).
"""

from itertools import pairwise

import numpy as np
from sklearn.datasets import load_digits

import symback as sb

EPOCHS, BATCH, RATE, SEED = 30, 10, 1.0, 0


def digits(generator):
    """Pixels in [0, 1], one-hot targets; three quarters to train on, the rest to test."""
    images, labels = load_digits(return_X_y=True)
    x, y = images / 16, np.eye(10)[labels]
    order = generator.permutation(len(x))
    cut = 3 * len(x) // 4
    return (x[order[:cut]], y[order[:cut]]), (x[order[cut:]], y[order[cut:]])


def initial(sizes, generator):
    """Weights with variance 1/n_{l-1}, biases zero."""
    return [(generator.normal(0, n**-0.5, (m, n)), np.zeros(m)) for n, m in pairwise(sizes)]


def accuracy(params, x, y):
    """The share of images whose largest output is the right one; forward pass written out by hand."""
    a = x
    for W, b in params:
        a = 1 / (1 + np.exp(-(a @ W.T + b)))
    return float(np.mean(a.argmax(axis=1) == y.argmax(axis=1)))


def train(epochs=EPOCHS, report=lambda epoch, share: None):
    """Gradient descent W ← W − η ∂C/∂W over shuffled mini-batches; returns the accuracy on the images kept for testing."""
    generator = np.random.default_rng(SEED)
    (x, y), test = digits(generator)
    network = sb.Network.from_spec("64-30-10", activation="sigmoid", cost="quadratic")
    value_and_grad = sb.lambdify(sb.derive(network))
    params = initial((64, 30, 10), generator)
    for epoch in range(epochs):
        order = generator.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            _, grads = value_and_grad(params, x[batch], y[batch])
            params = [(W - RATE * grad_W, b - RATE * grad_b) for (W, b), (grad_W, grad_b) in zip(params, grads, strict=True)]
        report(epoch, accuracy(params, *test))
    return accuracy(params, *test)


if __name__ == "__main__":
    train(report=lambda epoch, share: print(f"epoch {epoch + 1:2}  test accuracy {share:.1%}"))
