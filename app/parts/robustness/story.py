"""The story of the Robustness page: from the number that most papers give to one that holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ancra.trust.report import Level, Verdict
from app import state
from app.answers import robustness as answers
from app.answers.models import title_of
from app.answers.robustness import Results
from app.parts.story import Step, Story

LIT = (("pgd",), ("adaptive", "worst"), ("verdict",), ("pgd", "worst", "verdict"))
"""The columns that each step speaks of."""
VERDICTS = (Verdict.BELIEVABLE, Verdict.DOUBTFUL, Verdict.NOT_BELIEVED)


@dataclass(frozen=True)
class RobustnessStory:
    """Three models of the table: the one that falls furthest, what it was built on, and one whose number holds best."""

    hero: Results
    base: Results
    held: Results

    def story(self, first: str) -> Story:
        """Its steps; ``first`` is the model whose verdict the page opens on."""
        steps = (
            Step("1 It looks robust", {"trust": self.hero.name}),
            Step("2 A stronger attacker", {"trust": self.hero.name}),
            Step("3 The checks", {"trust": self.hero.name}),
            Step("4 A number that holds", {"trust": self.held.name}),
        )
        return Story("robust_story", "Can it be believed? In four steps", steps, {"trust": first}, read=self._read)

    def tell(self, story: Story, step: Step) -> str:
        """The sentence of a step."""
        return (self._looks, self._falls, self._checks, self._holds)[story.steps.index(step)]()

    def _looks(self) -> str:
        gap = 100 * (_value(self.hero, "pgd") - _value(self.base, "pgd"))
        than = f", {gap:.0f} points more than **{self.base.title}**" if gap >= 1 else ""
        return (
            f"**{self.hero.title}** keeps **{_value(self.hero, 'pgd'):.0%}** of the images under PGD-40, the number "
            f"that most papers give{than}. It looks robust. Is it?"
        )

    def _falls(self) -> str:
        return (
            f"An attacker who knows how **{self.hero.title}** works leaves {_value(self.hero, 'adaptive'):.0%}; "
            f"against all attacks together **{_value(self.hero, 'worst'):.0%}** hold, and "
            f"{_value(self.base, 'worst'):.0%} of {self.base.title}. Only the worst case is robustness."
        )

    def _checks(self) -> str:
        report = self.hero.trust
        if report is None:
            return f"**{self.hero.title}** was not examined yet: evaluated below, its verdict stands beside the table."
        alarms = [check for check in report.checks if check.level is Level.RED]
        first = f", the first: {alarms[0].title.lower()}" if alarms else ""
        count = f"{len(alarms)} of {len(report.checks)} checks raise an alarm{first}"
        return f"Could one have known? {count}. The verdict beside the table: **{report.verdict}**."

    def _holds(self) -> str:
        sound = self.held.trust is not None and self.held.trust.verdict is Verdict.BELIEVABLE
        verdict = str(self.held.trust.verdict) if self.held.trust else "not examined"
        so = "Such a number can be quoted" if sound else "Nothing in this table is beyond doubt"
        return (
            f"**{self.held.title}**: {_value(self.held, 'pgd'):.0%} under PGD-40, {_value(self.held, 'worst'):.0%} in "
            f"the worst case, **{verdict}**. {so}; the one to quote is the worst case."
        )

    def _read(self, key: str) -> object:
        held = None if state.returned() else st.session_state.get(key)
        given = st.query_params.get(key)
        names = (self.hero.name, self.held.name)
        return held or next((name for name in names if title_of(name) == given), given)


def robustness_story(found: Sequence[Results]) -> RobustnessStory | None:
    """The story of the models at hand; None where no model falls from PGD to the worst case."""
    falling = [each for each in found if each.row and each.row.drop is not None and each.row.drop >= 1]
    sound = [each for each in falling if not answers.at_chance(each) and _value(each, "worst") > 0]
    if len(sound) < 2:
        return None
    hero = max(sound, key=lambda each: (each.row.drop or 0) if each.row else 0)
    others = [each for each in sound if each is not hero]
    plain = hero.name.removesuffix("-ancra").removesuffix("-ra")
    base = next((each for each in others if each.name == plain), max(others, key=lambda each: _value(each, "worst")))
    held = min(others, key=lambda each: (_rank(each), -_value(each, "worst")))
    return RobustnessStory(hero, base, held)


def _rank(found: Results) -> int:
    return VERDICTS.index(found.trust.verdict) if found.trust else len(VERDICTS)


def _value(found: Results, key: str) -> float:
    cell = found.row.cells[key] if found.row else None
    return cell.value if cell else 0.0
