"""What reading FHIR says: files and patients that cannot be read, and resources that cannot be taken as they stand."""

from __future__ import annotations

from trialist.findings import Message

MESSAGES: dict[str, Message] = {
    # What cannot be read at all
    "fhir.file": Message(
        "The FHIR file cannot be read: {problem}.",
        "无法读取 FHIR 文件：{problem}。",
        ways_en=("Name a file that holds a FHIR R4 Bundle, or one Bundle or resource per line.",),
        ways_zh=("请指定含 FHIR R4 Bundle 的文件，或每行一个 Bundle 或资源的文件。",),
    ),
    "fhir.not_text": Message(
        "The file is no UTF-8 text.",
        "该文件不是 UTF-8 文本。",
        ways_en=("Name a file of FHIR in JSON; FHIR in XML is not read.",),
        ways_zh=("请指定 JSON 格式的 FHIR 文件；不读取 XML 格式。",),
    ),
    "fhir.no_fhir": Message(
        "The file holds no FHIR resource in JSON: {problem}.",
        "文件中没有 JSON 格式的 FHIR 资源：{problem}。",
        ways_en=(
            "Name a file that holds a FHIR R4 Bundle, or one Bundle or resource per line.",
            "For one person per line in the format of the manual, use --patients.",
        ),
        ways_zh=(
            "请指定含 FHIR R4 Bundle 的文件，或每行一个 Bundle 或资源的文件。",
            "若为手册所述每行一人的格式，请用 --patients。",
        ),
    ),
    "fhir.not_json": Message(
        "no JSON object stands here ({problem})",
        "此处不是 JSON 对象（{problem}）",
        ways_en=("Write one Bundle or resource per line, or one Bundle.",),
        ways_zh=("每行写一个 Bundle 或资源，或整个文件为一个 Bundle。",),
    ),
    "fhir.no_type": Message(
        "a JSON object without `resourceType`",
        "JSON 对象缺少 `resourceType`",
        ways_en=("Write the type of the resource.",),
        ways_zh=("请写明资源类型。",),
    ),
    "fhir.bundle": Message(
        "The Bundle cannot be read: {path_} is `{got}`.",
        "无法读取 Bundle：{path_} 为 `{got}`。",
        ways_en=("Correct the Bundle; it must follow FHIR R4.",),
        ways_zh=("请更正 Bundle，使其符合 FHIR R4。",),
    ),
    "fhir.no_patient": Message(
        "There is no Patient here, so nobody whom the resources speak of.",
        "此处没有 Patient 资源，无从得知各资源属于何人。",
        ways_en=("Add the Patient to the Bundle, or to the lines.",),
        ways_zh=("请在 Bundle 或各行中加入 Patient。",),
    ),
    "fhir.astray": Message(
        "{place} names none of the patients of this file.",
        "{place} 未指明本文件中的任何患者。",
        ways_en=("Let its subject refer to a Patient of the same file.",),
        ways_zh=("请使其 subject 指向同一文件中的 Patient。",),
    ),
    "fhir.no_index": Message(
        "The day that look-backs count from is not known.",
        "回溯期起算日未知。",
        ways_en=("Name it: --index 2026-03-30; or give the Bundle a `timestamp`.",),
        ways_zh=("请用 --index 2026-03-30 指明，或在 Bundle 中写明 `timestamp`。",),
    ),
    "fhir.patient": Message(
        "The Patient cannot be read: {path_} is `{got}`; {wanted_en} is expected.",
        "无法读取 Patient：{path_} 为 `{got}`；应为{wanted_zh}。",
        ways_en=("Correct it, or leave it out if it is not known.",),
        ways_zh=("请更正；若不详请删去。",),
    ),
    "fhir.zone": Message(
        "The time zone `{zone}` is not known.",
        "时区 `{zone}` 无法识别。",
        ways_en=("Write one of the tz database, e.g. Asia/Shanghai.",),
        ways_zh=("请写 tz 数据库中的名称，如 Asia/Shanghai。",),
    ),
    # What was set aside, and counted
    "fhir.set_aside": Message(
        "{place} is {status}: not taken for something that happened.",
        "{place} 的状态为 {status}：不视为已发生。",
        severity="note",
    ),
    "fhir.elsewhere": Message(
        "{place} ({name}) is about something that no rule of the study reads.",
        "{place}（{name}）所述内容不为本研究任何规则所读取。",
        severity="note",
    ),
    "fhir.not_read": Message(
        "{number} resources of type {type} were not read.",
        "{number} 个 {type} 资源未读取。",
        severity="note",
    ),
    "fhir.more_pages": Message(
        "The Bundle is one page of a search that goes on ({place} `next`): no list counts as complete.",
        "该 Bundle 只是检索结果的一页（{place} `next`）：任何记录均不视为完整。",
        severity="warning",
    ),
    "fhir.told_twice": Message(
        "{place} tells of the same taking as {other}, and does not count again.",
        "{place} 与 {other} 为同一次用药，不重复计入。",
        severity="note",
    ),
    "fhir.no_zone": Message(
        "{place}: the time {value} has no offset; the day is taken as written.",
        "{place}：时间 {value} 无时区偏移；日期按所写采用。",
        severity="note",
    ),
    # What leaves open what reads it
    "fhir.unreadable": Message(
        "{place} cannot be read: {path_} is `{got}`; {wanted_en} is expected. It may say anything.",
        "{place} 无法读取：{path_} 为 `{got}`；应为{wanted_zh}。其内容不详。",
        severity="warning",
    ),
    "fhir.unknown_code": Message(
        "{place} ({name}) has no code that the study knows; the list of {kind} does not count as complete.",
        "{place}（{name}）没有本研究认识的编码；{kind_zh}记录不视为完整。",
        severity="warning",
    ),
    "fhir.two_words": Message(
        "{place} is coded as {words} at once: it may be either.",
        "{place} 同时编码为 {words}：可能为其中任一。",
        severity="warning",
    ),
    "fhir.doubtful": Message(
        "{place} is {status}: it may or may not be so.",
        "{place} 的状态为 {status}：未必属实。",
        severity="warning",
    ),
    "fhir.orphan": Message(
        "{place} does not say whom it is about: it may be this patient.",
        "{place} 未指明所属患者：可能属于此人。",
        severity="warning",
    ),
    "fhir.modified": Message(
        "{place} has a modifierExtension, which may turn its meaning: it may or may not be so.",
        "{place} 含 modifierExtension，其含义可能因此改变：未必属实。",
        severity="warning",
    ),
    "fhir.field": Message(
        "{place}: R4 knows no field `{field}` here{near_en}; what it was to say is not known.",
        "{place}：R4 此处没有字段 `{field}`{near_zh}；其本意不详。",
        severity="warning",
    ),
    "fhir.no_day": Message(
        "{place} does not say when: its day is not known.",
        "{place} 未注明时间：日期不详。",
        severity="warning",
    ),
    "fhir.ended": Message(
        "{place} is {status}, but not since when: the day of its end is not known.",
        "{place} 的状态为 {status}，但未注明何时结束：结束日期不详。",
        severity="warning",
    ),
    "fhir.open": Message(
        "{place} does not say whether it is still so (no clinicalStatus, no abatement).",
        "{place} 未说明是否仍存在（无 clinicalStatus，亦无 abatement）。",
        severity="warning",
    ),
    "fhir.not_abated": Message(
        "{place} is {status} and yet has an end: one of the two is wrong.",
        "{place} 的状态为 {status}，却有结束日期：二者必有一误。",
        severity="warning",
    ),
    "fhir.absent": Message(
        "{place}: the value is absent ({reason}).",
        "{place}：无数值（{reason}）。",
        severity="warning",
    ),
    "fhir.value": Message(
        "{place}: a value as {kind} is not read.",
        "{place}：不读取 {kind} 形式的数值。",
        severity="warning",
    ),
    "fhir.two_verdicts": Message(
        "{place} says both positive and negative.",
        "{place} 同时称阳性与阴性。",
        severity="warning",
    ),
    "fhir.limits": Message(
        "{place}: the reference range gives no one upper limit in a unit that converts; none is used.",
        "{place}：参考范围未给出唯一且可换算单位的上限；不予采用。",
        severity="warning",
    ),
    "fhir.dose": Message(
        "{place}: the daily dose is not known ({reason_en}).",
        "{place}：每日剂量不详（{reason_zh}）。",
        severity="warning",
    ),
    "fhir.overlap": Message(
        "{place} may tell of the same taking as {other}, or of another.",
        "{place} 与 {other} 可能为同一次用药，也可能不是。",
        severity="warning",
    ),
    "fhir.two_statements": Message(
        "The statements about {name} contradict each other.",
        "关于{name}的声明相互矛盾。",
        severity="warning",
    ),
    "fhir.deceased": Message(
        "The Patient is recorded as deceased.",
        "患者记录为已故。",
        severity="warning",
    ),
}
