"""A study and its verbs, as Python sees them. The façade composes rooms and computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialist.findings import InputError, Language, Message, Refusal

if TYPE_CHECKING:
    from trialist.analysis import Allocation, Results
    from trialist.design import Design
    from trialist.ledger import LedgerFile, Verification
    from trialist.ledger.snapshot import Snapshot
    from trialist.protocol import Draft, Protocol
    from trialist.protocol.difference import Change
    from trialist.protocol.model import Role
    from trialist.screening import Answers
    from trialist.screening.warehouse import WarehouseScreening
    from trialist.verification import Checked

Progress = Callable[[str, float], None]

KEY_HOLDERS = ("escrow", "holder 1", "holder 2")
"""Any two of the three open a live annex."""

MESSAGES = {
    "STUDY-OTHER": Message(
        en="The ledger is of study {theirs}, not of {ours}.",
        zh="该账本属于研究 {theirs}，而非 {ours}。",
        ways_en=("Name the study file that stands in the ledger's folder.",),
        ways_zh=("请指定账本所在文件夹中的研究文件。",),
    ),
    "STUDY-VERSION": Message(
        en="The ledger was written under another text of study {study} (hash {theirs}, the file's is {ours}).",
        zh="该账本依据研究 {study} 的另一文本写成（哈希 {theirs}，本文件为 {ours}）。",
        ways_en=("Use the study file of that version; the ledger holds its full text.",),
        ways_zh=("请使用该版本的研究文件；账本中存有其全文。",),
    ),
    "OPEN-LOCK": Message(
        en="The study is not locked in this ledger; the codes stay sealed.",
        zh="该账本中研究尚未锁定，治疗编码保持密封。",
        ways_en=("Lock the study, then export the ledger again.",),
        ways_zh=("请先锁定研究，再重新导出账本。",),
    ),
    "OPEN-VAULT": Message(
        en="No vault lies in this folder.",
        zh="该文件夹中没有保管库。",
        ways_en=("Name the folder that `trialist serve --folder` was given.",),
        ways_zh=("请指定 trialist serve --folder 所用的文件夹。",),
    ),
    "OPEN-OTHER": Message(
        en="This vault does not hold the list that the ledger names; nothing was opened.",
        zh="该保管库所存并非账本所登记的随机表，未打开任何内容。",
        ways_en=("Bring the ledger and the vault of the same study together.",),
        ways_zh=("请使用同一研究的账本与保管库。",),
    ),
    "SERVE-EXTRA": Message(
        en="The server's packages are not installed ({missing}).",
        zh="未安装服务器所需的软件包（{missing}）。",
        ways_en=("Install them: pip install 'trialist[server]'.",),
        ways_zh=("请安装：pip install 'trialist[server]'。",),
    ),
}


@dataclass(frozen=True)
class Found:
    """What an analysis found: the results, lines for a terminal, and the name of the report to open."""

    results: Results
    lines: list[str]
    report: str


@dataclass(frozen=True)
class Study:
    """One study file and what can be done with it."""

    draft: Draft

    @cached_property
    def protocol(self) -> Protocol:
        """The complete meaning of the file.

        Raises:
            InputError: the file holds gaps or errors.
        """
        return self.draft.complete()

    def check(self, *, proofs: bool = True) -> Checked:
        """Every finding about the study, with what the sponsor has answered; the file may hold gaps.

        Without `proofs` those that need no solver.
        """
        from trialist.verification import check

        return check(self.draft, proofs=proofs)

    def entrant(self) -> tuple[dict[str, Any], str, str] | None:
        """Someone whom every written criterion lets in: a line for `screen`, and the person in English and Chinese.

        None where none is found.
        """
        from trialist.verification.entrant import entrant
        from trialist.verification.view import View

        view = View(self.draft)
        found = entrant(view)
        return None if found is None else (found.as_record(), found.words(view), found.words(view, "zh"))

    def screen(self, patients: Path | str) -> Answers:
        """The verdict of every criterion for each person of a patient file (one JSON object per line).

        A draft serves too: where its rule is a gap, the verdict is unknown and says why.

        Raises:
            InputError: the file cannot be read (a single line that cannot is an answer of its own).
        """
        from trialist.screening import Answers, Screening, read_lines

        return Answers(Screening(self.draft), read_lines(Path(patients), self.draft.dictionary))

    def screen_fhir(
        self,
        file: Path | str,
        *,
        index: date | None = None,
        zone: str | None = None,
        complete: Iterable[str] = (),
    ) -> Answers:
        """As `screen`, for each Patient of a FHIR R4 Bundle, or of a file of Bundles or resources, one per line.

        `index` is the day that look-backs count from (without it, the day of each Bundle's timestamp), `zone` the
        time zone whose calendar days count, `complete` the kinds of records whose absence means that it did not
        happen.

        Raises:
            InputError: the file cannot be read or is no FHIR, or there is no such zone.
        """
        from trialist.screening import Answers, Screening
        from trialist.screening.fhir import Settings, read_fhir

        settings = Settings.of(self.draft, zone, index=index, complete=frozenset(complete))
        return Answers(Screening(self.draft), read_fhir(Path(file), self.draft, settings))

    def screen_omop(
        self,
        url: str,
        *,
        schema: str | None = None,
        index: date | None = None,
        threads: int | None = None,
        plans: Path | None = None,
    ) -> WarehouseScreening:
        """Who may enter, over a warehouse in the OMOP common data model 5.4: `.attrition()` or `.everyone()`.

        `index` is the day that look-backs count from (without it, the last day that the warehouse observes), `plans`
        a folder in which compiled plans are kept for the next time.

        Raises:
            InputError: the warehouse cannot be opened or lacks a table, or the study does not say where its words
                stand in one.
        """
        from trialist.screening.warehouse import WarehouseScreening, connect

        database = connect(url, schema=schema, threads=threads)
        return WarehouseScreening(self.draft, database, index, plans=plans)

    def diff(self, other: Study) -> tuple[Change, ...]:
        """Every field in which another version of the study differs from this one, and whom that touches."""
        from trialist.protocol.difference import difference

        return difference(self.draft, other.draft)

    def touched(self, other: Study, patients: Path | str) -> Iterator[dict[str, Any]]:
        """Each person of a patient file whose verdict differs under the other version.

        Raises:
            InputError: the file cannot be read.
        """
        from trialist.screening.compared import touched

        return touched(self.draft, other.draft, Path(patients))

    def rehearse(
        self,
        folder: Path,
        *,
        seed: int,
        participants: int | None = None,
        scenario: str = "pooled",
        until: date | None = None,
        language: Language = "en",
        progress: Progress | None = None,
    ) -> list[str]:
        """Run a whole virtual trial and write everything it leaves behind into `folder`.

        Returns:
            What was found, in lines for a terminal.
        """
        from trialist.ledger import export
        from trialist.rehearsal import rehearse

        done = rehearse(
            self.protocol,
            seed,
            participants=participants,
            scenario=scenario,
            until=until,
            progress=progress,
        )
        (folder / "study.yaml").write_text(self.draft.source.text, encoding="utf-8", newline="\n")
        with (folder / "ledger.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            export(done.ledger, file)
        (folder / "annex.json").write_text(done.annex.to_json() + "\n", encoding="utf-8", newline="\n")
        if progress is not None:
            progress("Analyzing", 1.0)
        return self.analyze(
            folder,
            ledger=folder / "ledger.jsonl",
            annex=folder / "annex.json",
            language=language,
            details=False,
        ).lines

    def analyze(
        self,
        folder: Path,
        *,
        ledger: Path,
        annex: Path | None = None,
        as_of: datetime | None = None,
        language: Language = "en",
        details: bool = True,
        roles: Sequence[Role] = (),
        seed: int | None = None,
    ) -> Found:
        """The analysis that the study file states, from an exported ledger, written into `folder`.

        Always the blinded twin; the open one too where the ledger holds the two-key opening by `as_of` and the annex
        matches its commitment. With `details` the derived tables and the listings too; `roles` get blinded
        listings of their own. `seed` stands for the study file's in every draw of the analysis.

        Raises:
            InputError: the ledger is of another study, or of another text of this one, or the annex does not match.
            Refusal: the ledger's chain is broken.
        """
        from trialist.allocation import Annex
        from trialist.analysis import Allocation
        from trialist.ledger import read
        from trialist.ledger.snapshot import take

        held = read(ledger)
        self._same_study(held.study, held.protocol, str(ledger))
        arms = None if annex is None else held.arms(annex, as_of=as_of)
        used = None if annex is None or arms is None else Allocation.used(Annex.read(annex), held.events)
        found = None
        for view in (None,) if arms is None else (None, arms):
            snapshot = take(held.events, self.protocol, as_of=as_of, arms=view, disclose=held.disclosed)
            found = self._document(folder, snapshot, language, used, seed)
            if details:
                self._detail(folder, snapshot, held, language)
        for role in roles:
            seen = take(held.events, self.protocol, as_of=as_of, viewer=role, disclose=held.disclosed)
            self._list(folder / "listings" / role, seen, held, language, role)
        assert found is not None
        return found

    def plan(self, folder: Path, language: Language = "en") -> Path:
        """The statistical analysis plan as a document, `plan.html` in `folder`; no ledger is needed.

        Raises:
            InputError: the file holds gaps.
        """
        from trialist.report import plan

        return plan.write(self.protocol, folder / "plan.html", language)

    def board(
        self,
        folder: Path,
        *,
        ledger: Path,
        cut: str,
        annex: Path | None = None,
        vault: Path | None = None,
        by: str = "",
        language: Language = "en",
    ) -> list[str]:
        """The safety board's reports on a data cut that the study file declares.

        The open one (all arms together, blinded) in `folder`/open; where the vault or the annex tells the arms, the
        closed one (by arm, INTERIM) in `folder`/closed, readable by its owner alone. Of the two the vault keeps who
        asked and when; the annex is for a workspace that the vault does not reach.

        Args:
            folder: Where to write.
            ledger: An exported ledger.
            cut: The name of a data cut, or the day that one names.
            annex: The sealed annex, opened in the closed workspace.
            vault: The folder of the vault that is asked for the arms, instead of the annex.
            by: Who asks it: the unblinded statistician whom the ledger names.
            language: Of the reports.

        Returns:
            What was written, in lines for a terminal.

        Raises:
            InputError: the cut is not declared, the ledger or the annex does not match, there is no vault, or its
                key does not open it.
            Refusal: the ledger does not reach the cut; of the vault: the study is locked, somebody else asks, or it
                holds another list.
        """
        from trialist.analysis import board as analysis
        from trialist.analysis.cuts import moment_of
        from trialist.ledger import read
        from trialist.ledger.snapshot import take
        from trialist.report import board

        held = read(ledger)
        self._same_study(held.study, held.protocol, str(ledger))
        name, at = moment_of(self.protocol, cut, held.events)
        arms = None if annex is None else held.interim_arms(annex, at)
        if vault is not None:
            arms = self._reported(held, vault, by, name, at)
        lines = []
        for view in (None,) if arms is None else (None, arms):
            snapshot = take(held.events, self.protocol, as_of=at, arms=view, disclose=held.disclosed)
            found = analysis.board(self.protocol, snapshot, held.events, name)
            lines += board.write(found, self.protocol, snapshot, folder, language)
        return lines

    @staticmethod
    def _reported(held: LedgerFile, folder: Path, by: str, cut: str, at: datetime) -> dict[str, str]:
        """The arms of those randomized by a data cut, as the vault tells them."""
        from trialist.analysis.cuts import check_asker
        from trialist.vault import VAULT, open_vault

        now = datetime.now(UTC)
        check_asker(held.events, by, now.date())
        if not (folder / VAULT).exists():
            raise InputError(MESSAGES["OPEN-VAULT"].finding("OPEN-VAULT", file=str(folder)))
        until = [event for event in held.events if event.at <= at]
        people = [one.stream.removeprefix("participant/") for one in until if one.kind == "randomized"]
        with closing(open_vault(folder)) as vault:
            if vault.sealing is None or vault.sealing.commitment not in held.commitments:
                raise Refusal(MESSAGES["OPEN-OTHER"].finding("OPEN-OTHER", file=str(folder)))
            head = f"{until[-1].seq}:{until[-1].hash}"
            return vault.report(people, cut=cut, head=head, to=by, at=now)

    def design(self, folder: Path, *, seed: int = 1, language: Language = "en") -> tuple[Design, list[str]]:
        """What the stated number of participants can show; `design.json` and `design.html` in `folder`.

        A draft serves too: it is enough that the arms and the number of participants are stated.

        Returns:
            The design, and what was found in lines for a terminal.
        """
        from trialist.design import design
        from trialist.report import design_page

        found = design(self.draft, seed=seed)
        (folder / "design.json").write_text(found.text(), encoding="utf-8", newline="\n")
        record = found.as_json()
        design_page.write(record, folder / "design.html", language)
        return found, design_page.summary_lines(record, language)

    def seal(self, file: Path, *, rehearsal: bool) -> list[str]:
        """Make a sealed annex with a secret from the operating system; return what to write down."""
        import secrets

        from trialist.allocation import Annex

        annex = Annex.make(self.protocol, secrets.token_bytes(32), "rehearsal" if rehearsal else "live")
        if rehearsal:
            text, keys = annex.to_json() + "\n", {}
        else:
            from trialist.vault.envelope import KEY_BYTES, seal_annex

            keys = {holder: secrets.token_bytes(KEY_BYTES) for holder in KEY_HOLDERS}
            text = seal_annex(annex, keys, secrets.token_bytes)
        file.write_text(text, encoding="utf-8", newline="\n")
        return [
            f"commitment {annex.commitment}",
            *(f"key of {holder:<8} {key.hex()}" for holder, key in keys.items()),
        ]

    def seal_into(self, folder: Path, annex: Path, key_of: Callable[[str], str]) -> list[str]:
        """Bring a live annex into the vault of a server's folder; return what to write down.

        Args:
            folder: where the vault lies.
            annex: the file that `seal` wrote.
            key_of: asks a holder for their key, as it was printed; an empty answer: they are not here.

        Raises:
            Refusal: codes are sealed already, the keys do not open the annex, or it is not for this study.
            InputError: the file cannot be read, or is no sealed annex.
        """
        from trialist.allocation.annex import read_text
        from trialist.vault import open_vault
        from trialist.vault.envelope import Envelope

        text = read_text(annex)
        keys = _two_keys(Envelope.read(text, str(annex)).holders, key_of)
        with closing(open_vault(folder)) as vault:
            commitment = vault.receive(text, keys, self.protocol, datetime.now(UTC), str(annex))
        return [f"commitment {commitment}"]

    def open_codes(self, ledger: Path, folder: Path, file: Path, key_of: Callable[[str], str]) -> list[str]:
        """Open the list that a server's vault holds, after the lock; write the annex, plain.

        Args:
            ledger: exported after the lock; its chain, its study and the list that it names are checked.
            folder: where the vault lies.
            file: what is written, readable by its owner alone.
            key_of: asks a holder for their key; an empty answer: they are not here.

        Returns:
            What was opened, by whom, and what is next.

        Raises:
            Refusal: the study is not locked, the vault holds another list or none, or the keys do not open it.
            InputError: the ledger cannot be read, is broken, or is another study's.
        """
        from trialist.ledger import read
        from trialist.vault import VAULT, open_vault

        held = read(ledger)
        self._same_study(held.study, held.protocol, str(ledger))
        if not any(event.kind == "study locked" for event in held.events):
            raise Refusal(MESSAGES["OPEN-LOCK"].finding("OPEN-LOCK", file=str(ledger)))
        if not (folder / VAULT).exists():
            raise InputError(MESSAGES["OPEN-VAULT"].finding("OPEN-VAULT", file=str(folder)))
        with closing(open_vault(folder)) as vault:
            if vault.sealing is None or vault.sealing.commitment not in held.commitments:
                raise Refusal(MESSAGES["OPEN-OTHER"].finding("OPEN-OTHER", file=str(folder)))
            keys = _two_keys(vault.holders, key_of)
            scratch = file.with_name(f".{file.name}.opening")
            scratch.unlink(missing_ok=True)
            scratch.touch(mode=0o600)  # before the vault is asked: what it answers must have a place
            try:
                annex = vault.open(keys, datetime.now(UTC))
                scratch.write_text(annex.to_json() + "\n", encoding="utf-8", newline="\n")
                scratch.replace(file)
            finally:
                scratch.unlink(missing_ok=True)
        return [f"commitment {annex.commitment}", f"opened by {' and '.join(sorted(keys))}"]

    def _same_study(self, study: str, version: str, ledger: str) -> None:
        ours = self.protocol
        if study != ours.study.id:
            raise InputError(
                MESSAGES["STUDY-OTHER"].finding("STUDY-OTHER", file=ledger, theirs=study, ours=ours.study.id)
            )
        if version != ours.hash:
            raise InputError(
                MESSAGES["STUDY-VERSION"].finding(
                    "STUDY-VERSION", file=ledger, study=study, theirs=version[:12], ours=ours.hash[:12]
                )
            )

    def _document(
        self,
        folder: Path,
        snapshot: Snapshot,
        language: Language,
        used: Allocation | None = None,
        seed: int | None = None,
    ) -> Found:
        from trialist import report
        from trialist.analysis import analyze

        suffix = "-blinded" if snapshot.blinded else ""
        snapshot.write(folder / "snapshot" / ("blinded" if snapshot.blinded else "open"))
        results = analyze(self.protocol, snapshot, allocation=used, seed=seed)
        (folder / f"results{suffix}.json").write_text(results.text(), encoding="utf-8", newline="\n")
        page = f"report{suffix}.html"
        report.write(results, self.protocol, snapshot, folder / page, language)
        return Found(results, report.summary_lines(results, self.protocol, language), page)

    def _detail(self, folder: Path, snapshot: Snapshot, held: LedgerFile, language: Language) -> None:
        """The derived tables and the listings of a snapshot, beside its results."""
        from trialist.analysis.derived import derive

        view = "blinded" if snapshot.blinded else "open"
        derive(self.protocol, snapshot, held.events).write(folder / "derived" / view)
        self._list(folder / "listings" / view, snapshot, held, language)

    def _list(
        self, folder: Path, snapshot: Snapshot, held: LedgerFile, language: Language, role: Role | None = None
    ) -> None:
        from trialist.analysis.listings import listings
        from trialist.report import listing_pages

        found = listings(self.protocol, snapshot, held.events, role=role, disclose=held.disclosed)
        listing_pages.write(found, self.protocol, snapshot, folder, language)


def _two_keys(holders: Iterable[str], key_of: Callable[[str], str]) -> dict[str, bytes]:
    """The keys of the first two holders who are here, as they were printed; what is no key opens nothing."""
    keys: dict[str, bytes] = {}
    for holder in holders:
        typed = key_of(holder).strip()
        if typed and len(keys) < 2:
            try:
                keys[holder] = bytes.fromhex(typed)
            except ValueError:
                keys[holder] = b""
    return keys


def load(study: str | Path) -> Study:
    """Read a study file, or a bundled study by its name (`smart`).

    Raises:
        InputError: there is no such study, or it cannot be read.
    """
    from trialist.protocol import load as read

    return Study(read(study))


def from_registry(record: Path | str) -> Study:
    """A draft study from a ClinicalTrials.gov record: what it states, and a gap for what it does not.

    Raises:
        InputError: the file cannot be read, or is no record of version 2.
    """
    from trialist.exchange.drafting import draft
    from trialist.exchange.registry_record import read
    from trialist.protocol import parse

    found = read(Path(record))
    return Study(parse(draft(found), f"{found.text('identificationModule.nctId')}/study.yaml"))


def verify(ledger: Path | str, *, annex: Path | str | None = None, head: str | None = None) -> Verification:
    """Check an exported ledger whole; with the annex, derive every allocation again.

    Raises:
        InputError: the file, the annex or the head cannot be read.
    """
    from trialist.ledger import verify as check

    return check(ledger, annex, head)


def serve(*, say: Callable[..., None], progress: Progress | None = None, **wanted: Any) -> None:
    """Start the web application and answer until interrupted; the fields are those of `server.run.Wanted`.

    Raises:
        InputError: the port is taken, the database cannot be used, or the server's extra is not installed.
        Refusal: the database holds a study of the other kind.
    """
    from importlib import import_module

    try:
        run = import_module(
            "trialist.server.run"
        )  # by name: the command line and the server do not know each other
        import_module("django")
        import_module("gunicorn")
    except ModuleNotFoundError as error:
        raise InputError(MESSAGES["SERVE-EXTRA"].finding("SERVE-EXTRA", missing=error.name)) from None
    run.serve(run.Wanted(**wanted), say=say, progress=progress)
