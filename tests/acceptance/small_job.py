"""A small main job for the tests that end the process in the middle of it, and what must be the same afterwards."""

import sqlite3
from pathlib import Path

from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.usecases.pipelines import audit_progress, list_pipelines
from docrail.usecases.products import pipeline_rows

SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No], required: true}
  date: {type: string, format: date, synonyms: [Date]}
  net: {type: number, format: money, synonyms: [Net]}
  tax: {type: number, format: money, synonyms: [Tax]}
  total: {type: number, format: money, synonyms: [Total due], required: true}
  half: {type: number}
policies:
  - {name: halves, rules: [{rule: compute, field: half, expression: total / 2.0}]}
gates:
  - {name: complete, checks: [{required: true, fields: [number, total]}]}
  - {name: sums, checks: [{rule: "near(net + tax, total, 0.01)"}]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: resolve, policies: [halves]}
  - {type: valid, gates: [complete, sums]}
  - {type: assembly, grouping_field: number}
"""


def write_job(folder: Path, *, documents: int) -> tuple[Path, Path]:
    """Documents (one in five does not add up, one is empty) and a spec; the folder of the one and the other's file."""
    files = folder / "documents"
    files.mkdir()
    for n in range(documents):
        net, tax = 100 + n, 19 + n / 100
        total = net + tax + (1 if n % 5 == 4 else 0)
        head = f"Invoice No: R-{n:04}\nDate: 2026-03-1{n % 10}\n\n"
        text = head + f"Net: {net:.2f}\nTax: {tax:.2f}\nTotal due: {total:.2f} EUR\n"
        (files / f"invoice-{n:04}.txt").write_text(text)
    (files / "zz-empty.txt").write_text("")
    spec = folder / "spec.yaml"
    spec.write_text(SPEC)
    return files, spec


def product(home: Path) -> list[tuple[object, ...]]:
    """All that the one run of a home came to, without ids and times: states, errors, every cell, verdict and record.

    Fails if the run has not ended, if the counters drifted or if anything happened twice.
    """
    with open_program(Settings(home=str(home))) as program:
        (run,), _ = list_pipelines(program)
        assert run.status.terminal, run.status
        assert audit_progress(program, run.id) == []
        composed = [
            ("composed", row.group, row.status, str(row.values))
            for row in pipeline_rows(program, run.id, limit=200)
        ]
    return sorted([*composed, *_rows(home)], key=repr)


QUERIES = (
    "SELECT 'document', d.filename, r.state, r.phase, r.attempts, r.held FROM run_documents r",
    "SELECT 'cell', d.filename, c.seq, c.field, c.value, c.status, c.phase FROM cells c"
    " JOIN run_documents r ON r.id = c.run_document_id",
    "SELECT 'verdict', d.filename, v.seq, v.phase, v.body FROM verdicts v"
    " JOIN run_documents r ON r.id = v.run_document_id",
    "SELECT 'error', d.filename, e.phase, e.code, e.message, e.attempts FROM errors e"
    " JOIN run_documents r ON r.id = e.run_document_id",
)


def _rows(home: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home / "docrail.db")
    try:
        joined = " JOIN documents d ON d.id = r.document_id"
        return [row for query in QUERIES for row in connection.execute(query + joined)]
    finally:
        connection.close()
