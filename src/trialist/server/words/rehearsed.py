"""What the virtual people of a rehearsal write, in Chinese; a real person's words stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "The hospital must know the treatment.": "医院必须知道所用治疗。",
    "So on the printout; seen by the investigator.": "化验单如此；研究者已审阅。",
    "Typing error; corrected from the source.": "录入错误，已按源文件更正。",
    "Checked against the source: the value stands.": "已核对源文件，数值无误。",
    "Checked against the source and corrected.": "已核对源文件并更正。",
    "Settled.": "已解决。",
    "The source says something else; please check.": "源文件与此不符，请核对。",
    "Sudden death at home": "在家中猝死",
}
