"""What the study file's reader may say, in English and Chinese."""

from __future__ import annotations

from trialist.findings import Message

MESSAGES: dict[str, Message] = {
    # syntax
    "study.not_yaml": Message(
        "This is not YAML: {problem}.",
        "这不是有效的 YAML：{problem}。",
        ways_en=("Look at the quotes, brackets and indentation of this line and the one before it.",),
        ways_zh=("检查本行及上一行的引号、括号和缩进。",),
    ),
    "study.not_a_mapping": Message(
        "A study file is a mapping of sections such as `study:` and `arms:`; this one is not.",
        "研究文件应由 `study:`、`arms:` 等部分组成；此文件不是。",
        ways_en=("Begin with `study:` and its identifiers.",),
        ways_zh=("以 `study:` 及其标识开头。",),
    ),
    "study.too_long": Message(
        "The file is longer than {limit} characters; a study file is not.",
        "文件超过 {limit} 个字符；研究文件不会如此之长。",
        ways_en=("Name the study file itself.",),
        ways_zh=("请指定研究文件本身。",),
    ),
    "study.too_deep": Message(
        "Values are nested more than {limit} deep.",
        "嵌套超过 {limit} 层。",
        ways_en=("Look for brackets that are never closed.",),
        ways_zh=("检查未闭合的括号。",),
    ),
    "study.not_text": Message(
        "The file is not UTF-8 text.",
        "文件不是 UTF-8 文本。",
        ways_en=("Save it as UTF-8.",),
        ways_zh=("请以 UTF-8 保存。",),
    ),
    "study.tab": Message(
        "A tab stands here; study files are indented with spaces.",
        "此处有制表符；研究文件以空格缩进。",
        ways_en=("Replace the tab by spaces.",),
        ways_zh=("将制表符替换为空格。",),
    ),
    "study.second_document": Message(
        "A second document begins here; a study file holds one.",
        "此处开始第二个文档；研究文件只含一个。",
        ways_en=("Remove the line `---` and what follows, or keep it in a file of its own.",),
        ways_zh=("删除 `---` 行及其后内容，或另存为文件。",),
    ),
    "study.key_not_text": Message(
        "A key is a list or a mapping; keys are plain words.",
        "键是列表或映射；键应为普通文字。",
        ways_en=("Write the key as a word.",),
        ways_zh=("将键写成一个词。",),
    ),
    "study.doubled_key": Message(
        "`{key}` is written twice: first in line {first}, again here.",
        "`{key}` 写了两次：第一次在第 {first} 行，此处又出现。",
        ways_en=("Keep one of the two.",),
        ways_zh=("保留其中一个。",),
    ),
    "study.merge_key": Message(
        "The merge key `<<` is not used in study files.",
        "研究文件不使用合并键 `<<`。",
        ways_en=("Write the fields out.",),
        ways_zh=("请逐项写出字段。",),
    ),
    "study.anchor": Message(
        "The anchor `&{name}` is not used in study files.",
        "研究文件不使用锚点 `&{name}`。",
        ways_en=("Remove it and write the value out wherever it is meant.",),
        ways_zh=("删除锚点，并在需要之处写出值。",),
    ),
    "study.alias": Message(
        "The alias `*{name}` repeats line {first}; study files say each thing where it is meant.",
        "别名 `*{name}` 重复第 {first} 行；研究文件须在原处写明内容。",
        ways_en=("Write the value out here.",),
        ways_zh=("在此处写出该值。",),
    ),
    "study.tag": Message(
        "The tag `{tag}` is not used in study files; the schema gives values their types.",
        "研究文件不使用标签 `{tag}`；值的类型由模式确定。",
        ways_en=("Remove the tag.",),
        ways_zh=("删除该标签。",),
    ),
    "study.empty": Message(
        "Nothing is written here.",
        "此处没有内容。",
        ways_en=("Write the value, leave the key out, or mark it: `{{gap: why it is missing}}`.",),
        ways_zh=("写出值，删去该键，或标注空缺：`{{gap: 缺失原因}}`。",),
    ),
    # fields
    "study.unknown_key": Message(
        "`{key}` is no field here{suggestion_en}. Allowed: {allowed}.",
        "此处没有字段 `{key}`{suggestion_zh}。可用：{allowed}。",
        ways_en=("Use one of the fields that are allowed here.",),
        ways_zh=("使用此处允许的字段。",),
    ),
    "study.missing": Message(
        "`{key}` is missing.",
        "缺少 `{key}`。",
        ways_en=("Write it, or mark the gap: `{key}: {{gap: why it is missing}}`.",),
        ways_zh=("请补充，或标注空缺：`{key}: {{gap: 缺失原因}}`。",),
    ),
    "study.gap": Message(
        "`{key}` is a written gap ({why}).",
        "`{key}` 是标注的空缺（{why}）。",
        ways_en=("Decide it and write the value; mark it under `assumptions` if no source says it.",),
        ways_zh=("作出决定并写出值；若无来源，请在 `assumptions` 中标明。",),
    ),
    "study.gap_without_reason": Message(
        "A gap says why: `{{gap: why it is missing}}`, with nothing beside it.",
        "空缺须说明原因：`{{gap: 缺失原因}}`，且不含其他内容。",
        ways_en=("Write the reason as text.",),
        ways_zh=("以文字写出原因。",),
    ),
    "study.gap_in_list": Message(
        "A gap stands for a whole field, not for one entry of a list.",
        "空缺代表整个字段，而非列表中的一项。",
        ways_en=("Make the field itself a gap, or leave the entry out.",),
        ways_zh=("将整个字段标为空缺，或删去该项。",),
    ),
    "study.wrong_type": Message(
        "{got} is no {expected}.",
        "{got} 不是{expected_zh}。",
        ways_en=("Write {example}.",),
        ways_zh=("请写 {example}。",),
    ),
    "study.impossible_date": Message(
        "`{got}` is no day of the calendar ({reason}).",
        "`{got}` 不是日历中的日期（{reason}）。",
        ways_en=("Write an existing day as YYYY-MM-DD.",),
        ways_zh=("请按 YYYY-MM-DD 写出存在的日期。",),
    ),
    "study.not_allowed": Message(
        "`{got}` is not allowed here{suggestion_en}. Allowed: {allowed}.",
        "此处不能写 `{got}`{suggestion_zh}。可用：{allowed}。",
        ways_en=("Use one of the words that are allowed.",),
        ways_zh=("使用允许的词之一。",),
    ),
    "study.bad_name": Message(
        "`{got}` cannot be a name: names begin with a letter and hold letters, digits, `_` and `-`.",
        "`{got}` 不能作为名称：名称以字母开头，含字母、数字、`_` 和 `-`。",
        ways_en=("Choose a shorter, plainer name.",),
        ways_zh=("请选用更简单的名称。",),
    ),
    "study.bad_value": Message(
        "{got}: {problem}.",
        "{got}：{problem}。",
        ways_en=("Change the value.",),
        ways_zh=("请修改该值。",),
    ),
    # references
    "study.unknown_name": Message(
        "`{name}` is no {kind}{suggestion_en}. Known: {allowed}.",
        "没有名为 `{name}` 的{kind_zh}{suggestion_zh}。已有：{allowed}。",
        ways_en=("Use a name that {section} defines, or define it there.",),
        ways_zh=("使用 {section} 中已定义的名称，或在其中定义。",),
    ),
    "study.unknown_unit": Message(
        "`{unit}` is no unit that is known{suggestion_en}.",
        "未知的单位 `{unit}`{suggestion_zh}。",
        ways_en=("Write the UCUM code, e.g. `10*9/L`, `mg/dL`, `mmol/L`.",),
        ways_zh=("请写 UCUM 代码，如 `10*9/L`、`mg/dL`、`mmol/L`。",),
    ),
    "study.wrong_unit": Message(
        "`{unit}` does not convert to `{canonical}`, the unit of {analyte}.",
        "`{unit}` 无法换算为 {analyte} 的单位 `{canonical}`。",
        ways_en=("Use a unit of the same dimension, or give the analyte its `molar_mass_factor`.",),
        ways_zh=("使用同一量纲的单位，或为该分析物给出 `molar_mass_factor`。",),
    ),
    "study.bad_duration": Message(
        "`{text}` is no duration.",
        "`{text}` 不是时长。",
        ways_en=("Write a number and `h`, `d`, `wk`, `mo` or `a`, e.g. `28 d`.",),
        ways_zh=("写数字和 `h`、`d`、`wk`、`mo` 或 `a`，如 `28 d`。",),
    ),
    "study.bad_quantity": Message(
        "`{text}` is no amount with its unit.",
        "`{text}` 不是带单位的量。",
        ways_en=("Write a number, a space and a UCUM unit, e.g. `0.5 mg`.",),
        ways_zh=("写数字、空格和 UCUM 单位，如 `0.5 mg`。",),
    ),
    "study.unknown_zone": Message(
        "`{text}` is no time zone.",
        "未知的时区 `{text}`。",
        ways_en=("Use a name of the IANA database, e.g. `Asia/Shanghai`.",),
        ways_zh=("使用 IANA 时区名称，如 `Asia/Shanghai`。",),
    ),
    "study.order": Message(
        "{first} lies after {second}.",
        "{first} 晚于或大于 {second}。",
        ways_en=("Write the earlier or lower one first.",),
        ways_zh=("请先写较早或较小者。",),
    ),
    "study.needs": Message(
        "{what} needs `{key}`.",
        "{what} 需要 `{key}`。",
        ways_en=("Add `{key}`.",),
        ways_zh=("请补充 `{key}`。",),
    ),
    "study.unused_path": Message(
        "`{target}` is no place in this file{suggestion_en}.",
        "本文件中没有 `{target}`{suggestion_zh}。",
        ways_en=("Name a field by its dotted path, e.g. `eligibility.I1.rule`.",),
        ways_zh=("以点分路径指明字段，如 `eligibility.I1.rule`。",),
    ),
    "study.circle": Message(
        "These refer to each other in a circle: {names}.",
        "以下各项循环引用：{names}。",
        ways_en=("Let one of them stand on its own.",),
        ways_zh=("让其中一项不再依赖其他项。",),
    ),
    "study.not_a_truth": Message(
        "A rule says whether something holds; this one gives a {kind}.",
        "规则应判断某事是否成立；此规则给出的是 {kind}。",
        ways_en=("Compare it with something, as in `latest(platelets) < '30 10*9/L'`.",),
        ways_zh=("将其与某值比较，例如 `latest(platelets) < '30 10*9/L'`。",),
    ),
    "study.negative_window": Message(
        "The window reaches {days} days; both ends are counts of days, 0 or more.",
        "窗口为 {days} 天；两端均为不小于 0 的天数。",
        ways_en=("Write [days before, days after], e.g. `[3, 3]`.",),
        ways_zh=("写 [之前天数, 之后天数]，如 `[3, 3]`。",),
    ),
    "study.bad_ratio": Message(
        "The ratio names {named}, but the arms are {arms}; each arm has a whole number of at least 1.",
        "分配比例包含 {named}，而研究组为 {arms}；每组须为不小于 1 的整数。",
        ways_en=("Give every arm its share.",),
        ways_zh=("请为每个组给出比例。",),
    ),
    # finding the file
    "study.no_such_study": Message(
        "There is no file `{name}` and no bundled study of that name{suggestion_en}. Bundled: {allowed}.",
        "没有文件 `{name}`，也没有该名称的内置研究{suggestion_zh}。内置：{allowed}。",
        ways_en=("Give the path of a study file, of a folder that holds `study.yaml`, or a bundled name.",),
        ways_zh=("给出研究文件的路径、含 `study.yaml` 的文件夹，或内置研究的名称。",),
    ),
    "study.unreadable": Message(
        "`{name}` cannot be read: {problem}.",
        "无法读取 `{name}`：{problem}。",
        ways_en=("Name a file that can be read.",),
        ways_zh=("请指定可读取的文件。",),
    ),
}
