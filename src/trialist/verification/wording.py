"""Text: vague terms, lists that are not closed, commas that may mean and or or, names spelled almost right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from trialist.criteria import nodes
from trialist.findings import Message
from trialist.verification.bedside import OPEN, VAGUE
from trialist.verification.packs import RESPONSE_PACK
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
NEARLY = 0.8

KNOWN_DRUGS = (
    "sirolimus",
    "everolimus",
    "tacrolimus",
    "belimumab",
    "telitacicept",
    "rituximab",
    "obinutuzumab",
    "prednisone",
    "prednisolone",
    "methylprednisolone",
    "dexamethasone",
    "hydroxychloroquine",
    "azathioprine",
    "mycophenolate",
    "methotrexate",
    "cyclophosphamide",
    "leflunomide",
    "eltrombopag",
    "avatrombopag",
    "hetrombopag",
    "romiplostim",
)
COMMON = frozenset(
    {
        *(
            "ALT",
            "AST",
            "WBC",
            "LDL",
            "INR",
            "DNA",
            "RNA",
            "IgG",
            "IgM",
            "UK",
            "US",
            "EU",
            "AND",
            "NOT",
            "Hb",
            "eGFR",
        ),
        *("AIDS", "HIV", "ECG", "MRI", "CT", "IUD", "HIPAA", "FDA", "WHO", "BMI"),
    }
)
_ROMAN = re.compile(r"[IVX]+")
_ABBREVIATION = re.compile(r"\b(?:e?[A-Z]{2,5}|Hb)\b")


def _texts(view: View) -> Iterator[tuple[str, str]]:
    for name in view.section("eligibility"):
        path = f"eligibility.{name}"
        text = view.text(f"{path}.text")
        if text:
            yield path, text


def vague(view: View) -> Iterator[Hit]:
    """Criteria whose decisive word two readers may read differently, and no reading is stated."""
    for path, text in _texts(view):
        if view.text(f"{path}.reading") or view.assumed(f"{path}.rule"):
            continue
        found = [
            word for word in VAGUE if re.search(OPEN.get(word, rf"\b{re.escape(word)}"), _decisive(text))
        ]
        if found:
            yield Hit(
                f"{path}.text",
                {"words": ", ".join(found), "words_zh": "、".join(VAGUE[word].chinese for word in found)},
                (VAGUE[found[0]].case, VAGUE[found[0]].case_zh),
            )


def _decisive(text: str) -> str:
    """What decides of a criterion, in lower case: without the examples that it names."""
    return re.sub(r"\b(?:such as|e\.g\.|for example)\b[^;.]*", " ", text.lower())


def and_or(view: View) -> Iterator[Hit]:
    """A comma or `and/or` between two conditions whose readings are stated and not decided."""
    for path, text in _texts(view):
        if f"{path}.rule" in view.gaps and ("," in text or "and/or" in text) and view.why(f"{path}.rule"):
            several = view.rules.reading.get(path.split(".")[1], ())
            if len(several) > 1 and {type(one) for one in several} == {nodes.And, nodes.Or}:
                zh = view.chinese(f"{path}.text") or text
                yield Hit(
                    f"{path}.text",
                    {"text": text, "text_zh": zh},
                    (_first_alone(text)[0], _first_alone(zh)[1]),
                )


def _first_alone(text: str) -> tuple[str, str]:
    """A case for two conditions with a comma between them: the first alone."""
    first, _, second = re.split("[:：]", text)[-1].strip(" .。").replace("，", ",").partition(",")
    return (
        f"{first.strip()}, and not {second.strip()}: out if the comma is “or”, in if it is “and”",
        f"符合“{first.strip()}”而不符合“{second.strip()}”：逗号为“或”则排除，为“且”则入组",
    )


def almost_a_drug(view: View) -> Iterator[Hit]:
    """Words of criteria that are nearly the name of a drug."""
    known = sorted({*KNOWN_DRUGS, *view.section("dictionaries.substances")})
    for path, text in _texts(view):
        for word in re.findall(r"[A-Za-z]{6,}", text):
            if word.lower() in known:
                continue
            near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=NEARLY)
            if near:
                said = (
                    f"no list of medicines holds “{word}”: nobody is on it",
                    f"药物目录中没有“{word}”：无人使用",
                )
                yield Hit(f"{path}.text", {"word": word, "near": near[0]}, said)


def abbreviations(view: View) -> Iterator[Hit]:
    """Abbreviations of criteria that the file's words do not write out."""
    labels = " ".join(label for _, label in view.each("dictionaries.*.*.label.en"))
    for path, text in _texts(view):
        plain = sorted(
            {
                short
                for short in _ABBREVIATION.findall(text)
                if short not in COMMON and short not in labels and not _ROMAN.fullmatch(short)
            }
        )
        if plain and not view.text(f"{path}.reading"):
            said = (
                f"“{plain[0]}” stands in no dictionary of the file: two readers write it out differently",
                f"“{plain[0]}”不在文件词典中：两位读者的全称不同",
            )
            yield Hit(f"{path}.text", {"words": ", ".join(plain)}, said)


def both_that_means_either(view: View) -> Iterator[Hit]:
    """`Both A and B` in words, where no one can be both."""
    for name in view.section("endpoints"):
        text = view.text(f"endpoints.{name}.definition") or ""
        rule = view.rules.endpoint.get(name)
        if (
            re.search(r"\bboth\b.*\band\b", text)
            and isinstance(rule, nodes.Or)
            and not view.assumed(f"endpoints.{name}")
        ):
            yield Hit(
                f"endpoints.{name}.definition",
                {"text": text},
                (
                    "read as “and”, nobody can respond: the parts exclude each other",
                    "若理解为“且”，则无人可达到：两部分互斥",
                ),
            )


def one_count_or_two(view: View) -> Iterator[Hit]:
    """A response read from one measurement, where the field's definition asks for two."""
    for path, node in view.nodes(nodes.At, "endpoints.*"):
        name = path.split(".")[1]
        level = view.section(f"endpoints.{name}").get("level")
        analysed = view.section("estimands").values()
        confirmed = any("confirmed" in (one.get("analysis") or {}).get("sensitivity", ()) for one in analysed)
        if node.analyte in RESPONSE_PACK and level in {"primary", "secondary"} and not confirmed:
            yield Hit(
                path,
                {"pack": RESPONSE_PACK[node.analyte]},
                (
                    "a single count of 101 between two of 60 is a complete response",
                    "两次 60 之间的一次 101 即为完全缓解",
                ),
            )
            return


RULES: tuple[Rule, ...] = (
    Rule(
        "TXT-01",
        "wording",
        "eligibility",
        Message(
            "What do these words mean at the bedside: {words}?",
            "这些词在临床上如何理解：{words_zh}？",
            severity="note",
            ways_en=("Give a rule, or say that the investigator's statement decides.",),
            ways_zh=("写出规则，或说明以研究者声明为准。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        vague,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "TXT-02",
        "wording",
        "eligibility",
        Message(
            "Does the comma mean “and” or “or”? “{text}”",
            "逗号表示“且”还是“或”？“{text_zh}”",
            severity="warning",
            ways_en=("Write the word.",),
            ways_zh=("请写明。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        and_or,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "TXT-03",
        "wording",
        "eligibility",
        Message(
            "Is {near} meant? The text says “{word}”.",
            "是否指 {near}？文本写作“{word}”。",
            severity="note",
            ways_en=("Correct the spelling.",),
            ways_zh=("更正拼写。",),
            cites=("WHO INN",),
        ),
        almost_a_drug,
        REGISTERED,
        Example("smart", (("Talitacicept", "Telitacicept"),)),
    ),
    Rule(
        "TXT-04",
        "wording",
        "eligibility",
        Message(
            "What do these abbreviations stand for: {words}?",
            "这些缩写代表什么：{words}？",
            severity="note",
            ways_en=("Write them out once.",),
            ways_zh=("首次出现时写出全称。",),
            cites=("ICH M11",),
        ),
        abbreviations,
        Example("smart-as-registered", (("hematocytopenia: WBC<3.0", "hematocytopenia: TWC<3.0"),)),
        REGISTERED,
    ),
    Rule(
        "TXT-05",
        "wording",
        "endpoints",
        Message(
            "Does “both … and …” mean either? “{text}”",
            "“both … and …”是否指其一即可？“{text}”",
            severity="note",
            ways_en=("Write “complete or partial response”.",),
            ways_zh=("写作“完全或部分缓解”。",),
            cites=("SPIRIT 2025, item 16",),
        ),
        both_that_means_either,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "DEF-01",
        "wording",
        "endpoints",
        Message(
            "Is one measurement enough? The field's definition asks for more: {pack}.",
            "一次测量是否足够？该领域的定义要求更多：{pack}。",
            severity="warning",
            ways_en=(
                "Ask for a confirming measurement, or analyze the confirmed response as a sensitivity.",
            ),
            ways_zh=("要求确认测量，或以确认的缓解作敏感性分析。",),
            cites=("Rodeghiero F et al., Blood 2009;113:2386",),
        ),
        one_count_or_two,
        REGISTERED,
        COMPLETE,
    ),
)
