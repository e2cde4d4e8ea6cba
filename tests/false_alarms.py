"""How many findings on unedited drafts of real registry records are true, and how many are false alarms.

    python tests/false_alarms.py ../shared/data/ctgov

Every finding was read beside its record by a person; the verdicts are kept in docs/proofs/false_alarms.json, and this
command makes the drafts again, looks up each finding's verdict and writes the counts. A finding without a verdict is
named, and the exit status is 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from trialist.facade import from_registry

KEPT = Path(__file__).parents[1] / "docs" / "proofs" / "false_alarms.json"


def main(folder: Path) -> int:
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"records": {}}
    records: dict[str, Any] = {}
    open_ones: list[str] = []
    for file in sorted(folder.glob("*.json")):
        verdicts = kept["records"].get(file.stem, {}).get("verdicts", {})
        told: dict[str, str] = {}
        for found in from_registry(file).check().findings:
            key = f"{found.code} {found.path}"
            told[key] = verdicts.get(key, "not judged")
            if key not in verdicts:
                open_ones.append(f"{file.stem} {key}: {found.words} | {found.witness}")
        false = sum(verdict.startswith("false") for verdict in told.values())
        true = sum(verdict.startswith("true") for verdict in told.values())
        records[file.stem] = {"findings": len(told), "true": true, "false": false, "verdicts": told}
        sys.stdout.write(f"{file.stem}: {len(told)} findings, {true} true, {false} false\n")
    KEPT.write_text(
        json.dumps(
            {"command": "python tests/false_alarms.py FOLDER", "records": records},
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
        encoding="utf-8",
    )
    sys.stdout.write("".join(f"not judged: {one}\n" for one in open_ones))
    return 1 if open_ones else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
