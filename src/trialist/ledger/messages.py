"""What is said about ledgers and files that are none."""

from __future__ import annotations

from typing import Any

from trialist.findings import Finding
from trialist.findings.catalog import Message

_CHANGED = (
    ("Compare with a copy kept elsewhere; export the ledger again from its database.",),
    ("请与别处保存的副本比对；或从数据库重新导出。",),
)


def _broken(en: str, zh: str) -> Message:
    return Message(en, zh, ways_en=_CHANGED[0], ways_zh=_CHANGED[1])


MESSAGES: dict[str, Message] = {
    # files that cannot be used
    "ledger_unreadable": Message(
        "This file cannot be read: {why}.",
        "无法读取该文件：{why}。",
        ways_en=("Give an exported ledger (ledger.jsonl).",),
        ways_zh=("请提供导出的账本（ledger.jsonl）。",),
    ),
    "not_a_ledger": Message(
        "This file is not an exported ledger.",
        "该文件不是导出的账本。",
        ways_en=("Give a file that this software exported (ledger.jsonl).",),
        ways_zh=("请提供由本软件导出的文件（ledger.jsonl）。",),
    ),
    "ledger_empty": Message(
        "This file is empty.",
        "该文件是空文件。",
        ways_en=("Give an exported ledger (ledger.jsonl).",),
        ways_zh=("请提供导出的账本（ledger.jsonl）。",),
    ),
    "other_study": Message(
        "This is the ledger of study {found}, not of {expected}.",
        "这是研究 {found} 的账本，而不是 {expected} 的账本。",
        ways_en=("Give the study file and the ledger of one study.",),
        ways_zh=("请提供同一研究的研究文件和账本。",),
    ),
    "ledger_not_new": Message(
        "The ledger already holds {count} events; an import needs an empty one.",
        "账本中已有 {count} 个事件；导入需要空账本。",
        ways_en=("Import into a new database.",),
        ways_zh=("请导入新的数据库。",),
    ),
    "bad_head": Message(
        "{head} is no head of a ledger.",
        "{head} 不是账本的链头标识。",
        ways_en=("Write it as it was printed: the number of the event, a colon and 64 hexadecimal digits.",),
        ways_zh=("请按打印的样子书写：事件号、冒号、64 位十六进制数字。",),
    ),
    "annex_not_committed": Message(
        "This annex is not the one that the ledger committed to.",
        "该附件不是账本所承诺的附件。",
        ways_en=("Give the annex that was sealed for this study, unchanged.",),
        ways_zh=("请提供为本研究密封且未经改动的附件。",),
    ),
    # a chain that is broken: the first place, in words
    "broken_text": _broken(
        "Line {number} is not a line of a ledger: {why}.",
        "第 {number} 行不是账本的行：{why}。",
    ),
    "broken_form": _broken(
        "Line {number} is not in the exact form that was hashed: a character was added, removed or moved.",
        "第 {number} 行与计算哈希时的原文形式不符：有字符被添加、删除或移动。",
    ),
    "broken_fields": _broken(
        "Line {number}: the field {name} of an event is missing, unknown or of the wrong kind.",
        "第 {number} 行：事件的字段 {name} 缺失、未知或类型不对。",
    ),
    "broken_seq": _broken(
        "After event {before} comes event {found}: something was dropped, inserted, doubled or moved.",
        "事件 {before} 之后是事件 {found}：有事件被删除、插入、重复或移动。",
    ),
    "broken_link": _broken(
        "Event {seq} does not continue event {before}: one of them was changed, or is of another chain.",
        "事件 {seq} 未接续事件 {before}：两者之一被改动，或来自另一条链。",
    ),
    "broken_start": _broken(
        "The first event does not open a study.",
        "第一个事件不是开启研究。",
    ),
    "broken_stream": _broken(
        "Event {seq} is number {found} of {stream}, where number {expected} is due.",
        "事件 {seq} 是 {stream} 的第 {found} 个，而应为第 {expected} 个。",
    ),
    "broken_command": _broken(
        "Event {seq} is part {part} of command {command}, which does not follow from the event before.",
        "事件 {seq} 是命令 {command} 的第 {part} 部分，与前一事件不衔接。",
    ),
    "broken_order": _broken(
        "Line {number} is out of place: first come events, then disclosures in order, then one last line.",
        "第 {number} 行位置不对：先是事件，再是按序的披露值，最后是结尾行。",
    ),
    "broken_disclosure": _broken(
        "Line {number}: the disclosed value does not fit its commitment; value or salt was changed.",
        "第 {number} 行：披露值与其承诺不符；值或盐被改动。",
    ),
    "broken_foreign": _broken(
        "Line {number}: the disclosed value belongs to no event of this ledger.",
        "第 {number} 行：披露值不属于本账本的任何事件。",
    ),
    "broken_end": _broken(
        "The last line of the file does not fit what stands before it ({what}): "
        "something was dropped, added or changed.",
        "文件结尾行与前文不符（{what}）：有内容被删除、添加或改动。",
    ),
    "broken_tail": _broken(
        "The file ends after line {number} without its last line: its tail was cut off.",
        "文件在第 {number} 行之后结束而无结尾行：尾部被截断。",
    ),
    "broken_head": _broken(
        "The ledger does not hold head {head}: it was written anew, or it ends before that head.",
        "账本不含链头 {head}：账本被重写，或在该处之前结束。",
    ),
    # allocations
    "not_committed": _broken(
        "The ledger holds no commitment to an allocation, but {count} randomized participants.",
        "账本没有随机分配的承诺，却有 {count} 名已随机的受试者。",
    ),
    "late_commitment": _broken(
        "Event {seq}: a participant was randomized before the allocation was committed to.",
        "事件 {seq}：受试者在随机分配承诺之前已被随机。",
    ),
    "two_commitments": _broken(
        "Event {seq} commits to an allocation a second time.",
        "事件 {seq} 再次承诺随机分配。",
    ),
    "other_annex": _broken(
        "Event {seq} commits to another annex than this one.",
        "事件 {seq} 承诺的是另一个附件。",
    ),
    "unlisted_slot": _broken(
        "Event {seq}: slot {ordinal} of stratum {stratum} is not on the sealed list, or was given twice.",
        "事件 {seq}：分层 {stratum} 的第 {ordinal} 号不在密封列表中，或被使用两次。",
    ),
    "slot_gap": _broken(
        "Stratum {stratum}: slot {ordinal} was passed over, and no request is open for it.",
        "分层 {stratum}：第 {ordinal} 号被跳过，且没有待完成的请求。",
    ),
    "wrong_kit": _broken(
        "Event {seq}: kit {kit} is not one that the sealed list allows for this participant.",
        "事件 {seq}：药盒 {kit} 不是密封列表允许给该受试者的药盒。",
    ),
    "kit_twice": _broken(
        "Event {seq}: kit {kit} was already given to another participant.",
        "事件 {seq}：药盒 {kit} 已分配给另一名受试者。",
    ),
    "randomized_twice": _broken(
        "Event {seq}: {participant} was already randomized.",
        "事件 {seq}：{participant} 已被随机。",
    ),
}


def finding(code: str, *, line: int | None = None, file: str = "", **fields: Any) -> Finding:
    """The finding of one of this room's messages; a template's `number` is the line's."""
    return MESSAGES[code].finding(code, line=line, file=file, number=line, **fields)
