"""`docrail review`: the queue in the terminal, decided by commands and by keys."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.review_runs import LOW, Worker, queue, spec_of, start, whole_spec
from tests.integration.small_runs import Handed
from typer.testing import CliRunner, Result

from docrail.bootstrap import open_program
from docrail.cli.app import app
from docrail.config import Settings
from docrail.core.errors import DocrailError
from docrail.core.spec import Spec
from docrail.store.reviews import HeldField
from docrail.usecases.results import list_composed, list_results
from docrail.usecases.reviews import every_decision

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "home"


def run(home: Path, *arguments: str, keys: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["--home", str(home), "review", *arguments], input=keys)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def hold(home: Path, spec: Spec, *given: dict[str, Any]) -> list[HeldField]:
    """Runs documents with these values; what waits since."""
    with open_program(Settings(home=str(home))) as program:
        acting = replace(program, engine=Handed())  # type: ignore[arg-type]  # only remembers what it is handed
        start(acting, spec, given)
        worker = Worker(acting)
        worker.work()
        worker.close()
        return queue(program)


def test_the_list_shows_what_waits_and_no_value(home: Path) -> None:
    (held,) = hold(home, spec_of(LOW), {"contract": "C-1", "net": 4711})

    listed = run(home, "list").output

    assert held.run_document_id[-8:] in listed and "net" in listed and "failed check" in listed
    assert "4711" not in listed
    assert json.loads(run(home, "list", "--json").output)[0]["gate"] == "low"
    assert "Nothing waits" in run(home, "list", "--field", "gross").output
    assert run(home).output == listed  # no terminal: the list


def test_a_decision_by_command_runs_the_phases_after_the_gate_again(home: Path) -> None:
    (held,) = hold(home, whole_spec(), {"contract": "C-1", "net": 70})
    short = held.run_document_id[-8:]
    assert "70" in run(home, "show", short, "net").output

    assert "net: corrected" in run(home, "correct", short, "net", "40,00").output

    with open_program(Settings(home=str(home))) as program:
        (row,) = list_results(program, held.pipeline_id)
        assert row.record == {"contract": "C-1", "net": 40.0, "gross": 80.0}
        assert [row.values["gross"] for row in list_composed(program, held.pipeline_id)[0]] == [80.0]
        (decision,) = every_decision(program)
    assert decision.reviewer == "ada"
    assert (
        json.loads(run(home, "show", short, "net", "--json").output)["versions"][-1]["cell"]["value"] == 40.0
    )

    with pytest.raises(DocrailError, match="was corrected by ada"):
        run(home, "approve", short, "net")
    run(home, "override", short, "net", "--reason", "agreed", "--instead-of", decision.id)
    assert "override net" in run(home, "decisions").output
    out = home / "log.csv"
    run(home, "decisions", "--out", str(out))
    with out.open() as file:
        assert [(row["action"], row["after"]) for row in csv.DictReader(file)] == [
            ("correct", "40.0"),
            ("override", "70"),
        ]


def test_keys_decide_one_field_after_the_other(home: Path) -> None:
    held = hold(home, spec_of(LOW), *({"net": 60 + n} for n in range(4)))

    output = run(home, "work", keys="a" + "c41\n" + "s" + "ofriends\n").output

    assert "3 fields decided" in output
    with open_program(Settings(home=str(home))) as program:
        values = [row.record["net"] for row in list_results(program, held[0].pipeline_id)]
        said = [(each.action, each.reason) for each in every_decision(program)]
        left = queue(program)
    assert values == [60, 41, None, 63]
    assert said == [("approve", None), ("correct", None), ("override", "friends")]
    assert [(each.id, each.claimed_by) for each in left] == [(held[2].id, None)]


def test_what_keys_decided_last_can_be_decided_otherwise(home: Path) -> None:
    held = hold(home, spec_of(LOW), {"net": 60}, {"net": 61})

    output = run(home, "work", keys="auc5\nq").output

    assert "net was approved; what is it" in output
    with open_program(Settings(home=str(home))) as program:
        values = [row.record["net"] for row in list_results(program, held[0].pipeline_id)]
        log = list(every_decision(program))
    assert values == [5, None]
    assert [(each.action, each.supersedes) for each in log] == [("approve", None), ("correct", log[0].id)]


def test_a_value_that_does_not_fit_is_said_and_asked_again(home: Path) -> None:
    hold(home, spec_of(LOW), {"net": 60})

    output = run(home, "work", keys="cnothing\na").output

    assert "not a number" in output
    assert "1 field decided" in output
