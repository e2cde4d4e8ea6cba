"""Every table of the manual is answered alike by referee and relational engine, and can be asked of the solver."""

from pathlib import Path

import pytest
import yaml
from people import person
from relational_cast import Database
from strategies import DICTIONARY
from test_engines import reads_a_course

from trialist.criteria import Truth, nodes, parse
from trialist.criteria.reads import walk
from trialist.verification.solver import Translation

MANUAL = Path(__file__).parents[1] / "spec" / "manual.yaml"
VERDICTS = {"yes": Truth.TRUE, "no": Truth.FALSE, "unknown": Truth.UNKNOWN}


def cases():
    """Rule and table, but for the checks of a form being saved: what is entered there is in no warehouse."""
    manual = yaml.load(MANUAL.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    for section in manual:
        for case in section.get("cases", ()):
            rule = parse(case["rule"], DICTIONARY)
            if not any(isinstance(node, nodes.Answer) for node in walk(rule)):
                yield rule, [(person(told["told"]), VERDICTS[told["verdict"]]) for told in case["people"]]


CASES = list(cases())


@pytest.fixture(scope="module")
def answers():
    """All rules asked of all people of the manual in one plan."""
    everybody = [one for _, table in CASES for one, _ in table]
    rules = {f"rule_{number}": rule for number, (rule, _) in enumerate(CASES)}
    return Database(everybody).ask(rules, DICTIONARY)


def test_the_relational_engine_says_what_the_manual_says(answers):
    place, wrong, less_sure = 0, [], 0
    for number, (rule, table) in enumerate(CASES):
        for offset, (one, verdict) in enumerate(table):
            found = answers[f"rule_{number}"][place + offset]
            if found is Truth.UNKNOWN and verdict is not Truth.UNKNOWN and reads_a_course(rule):
                less_sure += 1
            elif found is not verdict:
                wrong.append((rule, one, verdict, found))
        place += len(table)
    assert wrong == []
    assert less_sure <= 6, "only days known in part, in runs and courses of doses"


def test_every_kind_of_expression_that_a_warehouse_can_answer_stands_in_the_manual():
    shown = {type(node) for rule, _ in CASES for node in walk(rule)}
    kinds = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)}
    assert kinds - shown - {nodes.Node, nodes.Answer} == set()


def test_every_rule_of_the_manual_can_be_asked_of_the_solver():
    for rule, _ in CASES:
        translation = Translation(DICTIONARY)
        assert translation.truth(rule)
