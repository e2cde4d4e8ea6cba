"""Hypothesis draws what the generators choose, so a difference it finds is made small: few operations, few records."""

import copy
import random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_people import People
from random_rules import Rules, composed
from spec_words import words

DICTIONARY = words()
CHOICES = st.randoms(use_true_random=False)
EVERYTHING = tuple(HealthCheck)


def pool(size):
    """Operations that read records: few, so that many rules of one query share them."""
    return Rules(random.Random(1), DICTIONARY, size)


@st.composite
def rules(draw, shared):
    """The text of a rule over a pool's operations."""
    source = copy.copy(shared)
    source.random = draw(CHOICES)
    return source.rule()


@st.composite
def small_rules(draw):
    """A rule over a pool of its own."""
    return draw(rules(Rules(draw(CHOICES), DICTIONARY, 1)))


def histories():
    """Anybody."""
    return CHOICES.map(lambda choices: People(choices).history())


def drawn(strategy, number):
    """So many different values, the same on every run."""
    found = {}

    @settings(
        max_examples=2 * number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=EVERYTHING,
    )
    @given(value=strategy)
    def gather(value):
        found[value] = None

    gather()
    return list(found)[:number]


def asked_rules(shared, number):
    """Texts of so many different rules: every operation inside every other that may hold it, then drawn ones."""
    directed = list(dict.fromkeys(composed(shared)))
    more = (text for text in drawn(rules(shared), number) if text not in directed)
    return [*directed, *more][:number]
