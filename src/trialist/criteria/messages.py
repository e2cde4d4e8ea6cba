"""What the parser says about a rule that cannot be used."""

from __future__ import annotations

from typing import Final

from trialist.findings.catalog import Message

MESSAGES: Final[dict[str, Message]] = {
    "criteria.syntax": Message(
        en="the rule cannot be read at column {column}: {reason}",
        zh="规则在第 {column_zh} 列无法读取：{reason_zh}",
        ways_en=("Close every bracket and quote, and join conditions with and, or, not.",),
        ways_zh=("请补全括号和引号，并用 and、or、not 连接条件。",),
    ),
    "criteria.too_long": Message(
        en="the rule is too long or too deeply nested to be read by a person",
        zh="规则过长或嵌套过深，无法阅读",
        ways_en=("Split it into several criteria, at most {limit} characters each.",),
        ways_zh=("请拆成几条标准，每条不超过 {limit_zh} 个字符。",),
    ),
    "criteria.forbidden": Message(
        en="`{text}` at column {column} is not part of the rule language",
        zh="第 {column_zh} 列的 `{text_zh}` 不属于规则语言",
        ways_en=("Use comparisons, and, or, not, arithmetic and these functions: {functions}.",),
        ways_zh=("请只用比较、and、or、not、四则运算和以下函数：{functions_zh}。",),
    ),
    "criteria.unknown_function": Message(
        en="there is no function `{name}` (column {column})",
        zh="没有函数 `{name_zh}`（第 {column_zh} 列）",
        ways_en=("Spelled alike: {near}.", "The functions are: {functions}."),
        ways_zh=("拼写相近：{near_zh}。", "可用的函数：{functions_zh}。"),
    ),
    "criteria.unknown_name": Message(
        en="{kind} `{name}` is not in the study's dictionary (column {column})",
        zh="研究词典中没有{kind_zh} `{name_zh}`（第 {column_zh} 列）",
        ways_en=("Spelled alike: {near}.", "Or add `{name}` to the section that lists it."),
        ways_zh=("拼写相近：{near_zh}。", "或在相应章节中加入 `{name_zh}`。"),
    ),
    "criteria.unknown_unit": Message(
        en="unknown unit `{unit}` in '{text}' (column {column})",
        zh="'{text_zh}' 中的单位 `{unit_zh}` 未知（第 {column_zh} 列）",
        ways_en=("Spelled alike: {near}.", "Write units in UCUM, as in '30 10*9/L' or '10 mg/d'."),
        ways_zh=("拼写相近：{near_zh}。", "请用 UCUM 单位，例如 '30 10*9/L' 或 '10 mg/d'。"),
    ),
    "criteria.dimension": Message(
        en="{left} and {right} do not measure the same thing (column {column})",
        zh="{left_zh} 与 {right_zh} 不是同一种量（第 {column_zh} 列）",
        ways_en=("Write the value in a unit that converts to `{unit}`.",),
        ways_zh=("请使用可换算为 `{unit_zh}` 的单位。",),
    ),
    "criteria.needs_unit": Message(
        en="the number {number} has no unit, but it stands beside `{unit}` (column {column})",
        zh="数值 {number_zh} 没有单位，而与之相比的量单位为 `{unit_zh}`（第 {column_zh} 列）",
        ways_en=("Write it with its unit, in quotes: '{number} {unit}'.",),
        ways_zh=("请加上单位并放在引号中：'{number_zh} {unit_zh}'。",),
    ),
    "criteria.types": Message(
        en="`{text}` is {found}, but {expected} is needed here (column {column})",
        zh="`{text_zh}` 是{found_zh}，此处需要{expected_zh}（第 {column_zh} 列）",
        ways_en=("Compare it with something, or write what the rule asks of it.",),
        ways_zh=("请把它与某个值比较，或写明规则对它的要求。",),
    ),
    "criteria.argument": Message(
        en="`{function}` (column {column}): {reason}",
        zh="`{function_zh}`（第 {column_zh} 列）：{reason_zh}",
        ways_en=("Write it as {usage}.",),
        ways_zh=("正确写法：{usage_zh}。",),
    ),
    "criteria.text": Message(
        en="'{text}' is not {expected} (column {column})",
        zh="'{text_zh}' 不是{expected_zh}（第 {column_zh} 列）",
        ways_en=("Write it as in {example}.",),
        ways_zh=("写法如 {example_zh}。",),
    ),
    "criteria.operation": Message(
        en="`{text}` cannot be computed: {reason} (column {column})",
        zh="`{text_zh}` 无法计算：{reason_zh}（第 {column_zh} 列）",
        ways_en=(
            "Add and subtract amounts of one kind; multiply by a plain number; divide by an amount of the same kind.",
        ),
        ways_zh=("加减须为同一种量；乘法须乘以纯数；除法须除以同一种量。",),
    ),
}

Pair = tuple[str, str]
"""The same in English and Chinese."""

WORDS: Final[dict[str, Pair]] = {
    "truth": ("a truth (yes or no)", "真假值"),
    "number": ("a number", "数值"),
    "code": ("a code", "代码"),
    "date": ("a date", "日期"),
    "name": ("a name", "名称"),
    "text": ("a quoted text", "带引号的文本"),
    "analyte": ("the analyte", "检验项目"),
    "analytes": ("the analyte or group", "检验项目或组"),
    "drug": ("the substance or class", "药物或药物类别"),
    "dose": ("the substance, class or equivalence", "药物、药物类别或等效剂量"),
    "equivalence": ("the substance or equivalence", "药物或等效剂量"),
    "condition": ("the condition", "疾病或事件"),
    "attestation": ("the attestation", "研究者声明"),
    "time": ("the named time", "时点"),
    "anchor": ("the named day", "锚定日期"),
    "item": ("the item", "条目"),
    "endpoint": ("the endpoint", "终点"),
    "formula": ("the formula", "公式"),
    "a duration": ("a duration", "时间长度"),
    "a quantity": ("a quantity with its unit", "带单位的量"),
    "a code": ("a code of this list", "此代码表中的代码"),
    "a day": ("a named day or a date", "锚定日期或具体日期"),
    "grammar": ("not of the language's grammar", "不符合语法"),
    "call": ("it is a function and needs its arguments in brackets", "这是函数，需要在括号中给出参数"),
    "either": ("give either `within`, or `since` and `until`", "只能给出 `within`，或 `since` 与 `until`"),
    "none": ("none", "无"),
}
"""Kinds of things, named in messages: (English, Chinese)."""
