r"""Gates of a recurrent network whose argument is printed without its step: u_t = σ(a_u), and the chain through a_u."""

import pytest

from symback.verification.claim_forms import is_dotted_chain
from symback.verification.definitions import chains_of
from symback.verification.parser import parse
from tests.verification.test_judge_normalisation import judged

GATE = r"""
# A cell with one gate

The sigmoid function is $\sigma$.

$$u_t = \sigma(W_{xu} x_t + W_{su} s_{t-1} + b_u)$$

$$m_t = \tanh(W_{xm} x_t + W_{sm} s_{t-1} + b_m)$$

$$s_t = u_t * s_{t-1} + m_t$$

PLANTED
"""

CHAIN = r"\frac{\partial L}{\partial W_{xu}} = \frac{\partial L}{\partial u_t} \cdot \frac{\partial u_t}{\partial a_u} \frac{\partial a_u}{\partial W_{xu}}"


def test_the_chain_through_the_argument_of_a_gate_is_proved(tmp_path):
    verdict = judged(tmp_path, GATE, CHAIN + r" = \frac{\partial L}{\partial s_t} \cdot s_{t-1} \cdot u_t (1 - u_t) \cdot (x_t)^T")
    assert verdict.verdict == "proved", verdict.reason


@pytest.mark.parametrize(
    "end",
    [
        r"\frac{\partial L}{\partial s_t} \cdot s_t \cdot u_t (1 - u_t) \cdot (x_t)^T",
        r"\frac{\partial L}{\partial s_t} \cdot s_{t-1} \cdot u_t (1 + u_t) \cdot (x_t)^T",
        r"\frac{\partial L}{\partial s_t} \cdot s_{t-1} \cdot u_t (1 - u_t) \cdot (s_{t-1})^T",
        r"\frac{\partial L}{\partial s_t} \cdot s_{t-1} \cdot (1 - u_t^2) \cdot (x_t)^T",
    ],
)
def test_a_chain_with_a_wrong_end_is_never_proved(tmp_path, end):
    assert judged(tmp_path, GATE, f"{CHAIN} = {end}").verdict not in ("proved", "conditional")


CHAIN_RULE = (
    r"\frac{\partial s_t}{\partial s_k} = \frac{\partial s_t}{\partial s_{t-1}} \cdot \frac{\partial s_{t-1}}{\partial s_{t-2}} \cdots LAST"
)


@pytest.mark.parametrize(
    ("last", "meets"),
    [
        (r"\frac{\partial s_{k+1}}{\partial s_k}", True),
        (r"\frac{\partial s_{k+2}}{\partial s_{k+1}}", False),
        (r"W \frac{\partial s_{k+1}}{\partial s_k}", False),
    ],
)
def test_the_chain_rule_with_dots_is_told_from_what_looks_like_it(last, meets):
    (claim,) = chains_of(parse(CHAIN_RULE.replace("LAST", last)))
    assert is_dotted_chain(claim) is meets
