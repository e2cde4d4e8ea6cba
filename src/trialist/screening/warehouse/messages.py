"""What screening says about warehouses, and the names of what can be wrong with their records."""

from __future__ import annotations

from typing import Any, Final

from trialist.findings import InputError, Message

MESSAGES: Final[dict[str, Message]] = {
    "warehouse.address": Message(
        "`{url}` is no address of a warehouse.",
        "`{url}` 不是数据仓库的地址。",
        ways_en=("Write duckdb:///PATH or postgresql://USER@HOST/NAME.",),
        ways_zh=("请写 duckdb:///路径 或 postgresql://用户@主机/库名。",),
    ),
    "warehouse.no_package": Message(
        "{system} needs the package {package}, which is not installed.",
        "连接 {system} 需要软件包 {package}，尚未安装。",
        ways_en=("Install it: pip install 'trialist[warehouse]'.",),
        ways_zh=("请安装：pip install 'trialist[warehouse]'。",),
    ),
    "warehouse.unreachable": Message(
        "The warehouse cannot be opened: {why}",
        "无法打开数据仓库：{why}",
        ways_en=("Check the address and the account's rights.",),
        ways_zh=("请检查地址和账户权限。",),
    ),
    "warehouse.no_table": Message(
        "The warehouse has no table `{table}` of the OMOP common data model 5.4.",
        "数据仓库中没有 OMOP 通用数据模型 5.4 的表 `{table}`。",
        ways_en=("Name the schema that holds it with --schema, or load the table.",),
        ways_zh=("请用 --schema 指定其所在的模式，或载入该表。",),
    ),
    "warehouse.no_column": Message(
        "The table `{table}` has no column `{column}`.",
        "表 `{table}` 没有列 `{column}`。",
        ways_en=("Bring the table to the OMOP common data model 5.4.",),
        ways_zh=("请将该表升级到 OMOP 通用数据模型 5.4。",),
    ),
    "warehouse.no_section": Message(
        "The study file does not say where its words stand in a warehouse.",
        "研究文件未说明其词汇在数据仓库中的位置。",
        ways_en=("Write the section `warehouse`; docs/warehouse.md shows how.",),
        ways_zh=("请写 `warehouse` 一节，见 docs/warehouse.md。",),
    ),
    "warehouse.no_concepts": Message(
        "{criterion} reads `{word}`, but `warehouse.{section}` names no concepts for it.",
        "{criterion} 读取 `{word}`，但 `warehouse.{section}` 未给出其概念。",
        ways_en=("Name them, or write `concepts: []` if the warehouse has no record of it.",),
        ways_zh=("请给出概念；若数据仓库无此记录，请写 `concepts: []`。",),
    ),
    "warehouse.nobody": Message(
        "The warehouse observes nobody: `observation_period` is empty.",
        "数据仓库未观察任何人：`observation_period` 为空。",
        ways_en=("Load observation periods; without them absence of a record means nothing.",),
        ways_zh=("请载入观察期；否则没有记录不说明任何问题。",),
    ),
    "warehouse.failed": Message(
        "The warehouse refused a statement: {why}",
        "数据仓库拒绝执行语句：{why}",
        ways_en=("Grant the account the right to read the tables and to make temporary ones.",),
        ways_zh=("请授予该账户读取表和建立临时表的权限。",),
    ),
}

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "record.no_unit": ("value without a unit: not known", "数值无单位：视为未知"),
    "record.unit": ("unit that does not convert: not known", "单位无法换算：视为未知"),
    "record.negative": ("value below zero: not known", "数值低于零：视为未知"),
    "record.no_value": ("neither value nor verdict: not known", "既无数值也无结论：视为未知"),
    "record.limit": ("upper limit not above zero: not used", "上限不大于零：未采用"),
    "record.future": (
        "day after the warehouse's last day: the true day is not known",
        "日期晚于数据仓库末日：真实日期不详",
    ),
    "record.order": ("end before start: one of the days is wrong", "结束早于开始：其中一日有误"),
    "record.duplicate": ("stands twice", "重复记录"),
    "record.month": ("day known to the month only", "日期仅知月份"),
    "record.no_dose": ("dose not known", "剂量未知"),
    "person.sex": ("sex neither female nor male", "性别既非女也非男"),
    "person.born_later": ("born after the index day", "出生晚于基准日"),
}
"""What is counted: code → what it is, and what follows from it, in both languages."""


def complaint(code: str, **fields: Any) -> InputError:
    """The error of a warehouse that cannot be used."""
    return InputError(MESSAGES[code].finding(code, **fields))
