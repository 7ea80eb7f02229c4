"""Questions that a page leaves open, and the answers that a reading of it gives to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Choices", "all_choices"]


@dataclass
class Choices:
    """The answers given so far to questions that the page leaves open; the first answer where none was given."""

    given: Mapping[str, str] = field(default_factory=dict)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, question: str, answers: Sequence[str]) -> str:
        self.asked[question] = tuple(answers)
        return self.given.get(question, answers[0])

    def is_given(self, question: str, answer: str) -> bool:
        """Whether this reading gives that answer, without asking for another reading."""
        return self.given.get(question) == answer


def all_choices(choices: Choices) -> Iterator[dict[str, str]]:
    """The next readings to try: one more question answered otherwise, all questions before it as they were.

    Every combination of answers that can come up is reached in one way: a question is only asked where the answers before lead to it.
    """
    settled: dict[str, str] = {}
    for question, answers in choices.asked.items():
        if question not in choices.given:
            yield from ({**choices.given, **settled, question: answer} for answer in answers[1:])
            settled[question] = answers[0]
