"""The score: each answer finds its formula, corrections are compared as trees, and what is unsound is called so."""

import json

import pytest

from symback.verification.documents import DocumentError
from symback.verification.html_report import Section
from symback.verification.report import Report, Verdict
from symback.verification.score import Answer, Answers, read_answers, same_correction, score

DELTA = r"\delta^l = (W^{l+1})^T \delta^{l+1} \odot \sigma'(z^l)"
BIAS = r"\frac{\partial C}{\partial b^l} = \delta^l"


def section(*found, file="013-notes.md"):
    verdicts = tuple(Verdict(line, line, latex, "gradient", word, correction=correction) for line, latex, word, correction in found)
    return Section(Report(file, verdicts))


def test_an_answer_finds_its_formula_near_its_line():
    judged = section((10, DELTA, "proved", ""), (12, BIAS, "undecided", ""), (40, BIAS, "refuted", ""))
    answers = Answers((Answer("013", 13, r"\delta^{l}=((W^{l+1})^T\delta^{l+1})\odot\sigma'(z^l)"), Answer("013", 9, BIAS)), ())
    found = score(answers, [judged])
    assert [one.verdict.line for one in found.right] == [10, 12]
    assert found.summary["right"] == {"proved": 1, "undecided": 1}


def test_an_answer_that_is_not_there_is_not_found_and_other_documents_are_left_out():
    answers = Answers((Answer("013", 80, DELTA), Answer("999", 1, DELTA)), ())
    assert [one.word for one in score(answers, [section((10, DELTA, "proved", ""))]).right] == ["not found"]


def test_corrections_are_counted_for_errors_that_were_caught():
    judged = section((1, "a = 2x", "refuted", r"a = \mathbf{x}"), (20, "b = 3y", "refuted", "b = y"), (40, "c = 4z", "undecided", ""))
    wrong = (Answer("013", 1, "a = 2x", "a=x"), Answer("013", 20, "b=3y", "b = 2y"), Answer("013", 40, "c=4z", "c=z"))
    found = score(Answers((), wrong), [judged])
    assert found.summary["wrong"] == {"refuted": 2, "undecided": 1}
    assert found.summary["corrections"] == {"equal": 1, "other": 1}
    assert "errors: 3: 2 refuted (67 %), 1 undecided (33 %)" in found.to_text()
    assert json.loads(json.dumps(found.to_dict()))["summary"] == found.summary


@pytest.mark.parametrize(
    ("part", "word", "sound"), [("right", "refuted", 0), ("right", "undecided", 1), ("wrong", "proved", 0), ("wrong", "refuted", 1)]
)
def test_a_refuted_truth_or_a_proved_error_is_unsound(part, word, sound):
    answer = (Answer("013", 1, DELTA, "x" if part == "wrong" else ""),)
    answers = Answers(answer, ()) if part == "right" else Answers((), answer)
    assert score(answers, [section((1, DELTA, word, ""))]).is_sound == bool(sound)


@pytest.mark.parametrize(
    ("ours", "answer", "same"),
    [
        (r"\delta^{l} = a - y", r"\delta^l=a-y", True),
        (r"\mathbf{W}^l_{jk} \cdot x", r"W_{jk}^l\,x", True),
        (r"b_{new} = 0.1 + 0.0235 = 0.1235", "0.1235", True),
        (r"a = x \quad \text{if } i = j", "a = x", True),
        (r"d = \text{diag}(a) W", r"d=\operatorname{diag}(a)\cdot W", True),
        (r"\delta^l = y - a", r"\delta^l = a - y", False),
        (r"a_i = b_j", "a_j = b_i", False),
        ("x = 2y", "x", False),
        (r"W^T \delta", r"\delta W^T", False),
        (r"\frac{a", r"\frac{a", True),
        (r"\frac{a", r"\frac{b", False),
    ],
)  # fmt: skip
def test_corrections_are_compared_as_trees(ours, answer, same):
    assert same_correction(ours, answer) == same


def test_answers_are_read_with_lines_in_words(tmp_path):
    path = tmp_path / "answers.json"
    entry = {"doc": "025", "line": "md 93", "printed": "a=b", "correct": "a=c", "kind": "index"}
    path.write_text(json.dumps({"wrong": [entry], "right": [{"doc": "025", "line": 7, "latex": "x", "id": "C1"}]}), encoding="utf-8")
    assert read_answers(path) == Answers((Answer("025", 7, "x", "", "C1"),), (Answer("025", 93, "a=b", "a=c"),))


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"wrong": [{}], "right": []}', '{"wrong": 3, "right": []}', "[" * 100_000, "7"])
def test_answers_of_another_shape_are_refused_by_name(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"answers\.json"):
        read_answers(path)
