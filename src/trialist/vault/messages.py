"""What the vault says. None of it depends on any participant's treatment."""

from __future__ import annotations

from trialist.findings.catalog import Message

MESSAGES: dict[str, Message] = {
    "randomization_paused": Message(
        "Randomization is paused at this site. Nothing was assigned. The trial office has been told.",
        "本中心随机已暂停，未作分配，已通知项目办公室。",
    ),
    "keys_do_not_open": Message(
        "These keys do not open the treatment codes. Nothing was revealed.",
        "这些密钥无法打开治疗编码，未揭示任何内容。",
        ways_en=("Bring two of the three holders' keys, each under its holder's name.",),
        ways_zh=("请使用三位持有人中两位的密钥，并注明各自持有人。",),
    ),
    "holders": Message(
        "Treatment codes are sealed for at least three holders, each with a key of 256 bits of their own.",
        "治疗编码须为至少三位持有人密封，每人各持一把 256 位的密钥。",
        ways_en=("Make three different keys of 32 bytes; put one of them in escrow.",),
        ways_zh=("请生成三把不同的 32 字节密钥，其中一把交由第三方保管。",),
    ),
    "already_sealed": Message(
        "This vault already holds sealed treatment codes; they cannot be replaced.",
        "本保管库已存有密封的治疗编码，不可更换。",
        ways_en=("Use a new vault for another study.",),
        ways_zh=("其他研究请使用新的保管库。",),
    ),
    "not_sealed": Message(
        "This vault holds no treatment codes yet.",
        "本保管库尚无治疗编码。",
        ways_en=("Seal the allocation before the first participant.",),
        ways_zh=("请在第一位受试者之前密封随机分配。",),
    ),
    "unknown_stratum": Message(
        "{stratum} is no stratum of the sealed allocation. Nothing was assigned.",
        "{stratum} 不是已密封随机分配中的分层，未作分配。",
        ways_en=("Compare the study file with the one that was sealed.",),
        ways_zh=("请将研究文件与密封时的文件核对。",),
    ),
    "not_assigned": Message(
        "{participant} has not been assigned a treatment; there is nothing to reveal.",
        "{participant} 尚未分配治疗，无可揭示。",
        ways_en=("Check the participant's number.",),
        ways_zh=("请核对受试者编号。",),
    ),
    "report_after_opening": Message(
        "The list has been opened by two holders; a closed report belongs to the time before. Nothing was told.",
        "随机表已由两位持有人打开；保密报告属于此前阶段。未告知任何内容。",
        ways_en=("Analyze with the annex that was written at the opening.",),
        ways_zh=("请使用打开时写出的附件进行分析。",),
    ),
    "vault_key": Message(
        "The vault's key does not open this vault.",
        "保管库密钥无法打开本保管库。",
        ways_en=("Give the key under which this vault was sealed.",),
        ways_zh=("请提供密封本保管库时使用的密钥。",),
    ),
    "other_study": Message(
        "This annex was sealed for another study; this vault is for {study}. Nothing was kept.",
        "该附件属于其他研究；本保管库用于 {study}。未保存任何内容。",
        ways_en=("Bring the annex that was made from this study's file.",),
        ways_zh=("请提供由本研究文件生成的附件。",),
    ),
    "not_live": Message(
        "This annex was made for a rehearsal; no real study is randomized by it. Nothing was kept.",
        "该附件为演练而制，不能用于正式研究的随机。未保存任何内容。",
        ways_en=("Make a live one: `trialist seal STUDY --out ANNEX`, without --rehearsal.",),
        ways_zh=("请生成正式附件：trialist seal STUDY --out ANNEX（不加 --rehearsal）。",),
    ),
    "other_design": Message(
        "This annex does not fit the study file's randomization: its arms, ratio, strata or number differ. "
        "Nothing was kept.",
        "该附件与研究文件的随机设计不符（组别、比例、分层或人数不同）。未保存任何内容。",
        ways_en=("Make the annex anew from the study file that is in force, before the first participant.",),
        ways_zh=("请在第一位受试者之前，用现行研究文件重新生成附件。",),
    ),
    "not_sealed_contents": Message(
        "This holds no sealed contents, or was changed after sealing.",
        "此处不含密封内容，或在密封后被改动。",
        ways_en=("Give the file that was written at sealing, unchanged.",),
        ways_zh=("请提供密封时写出且未经改动的文件。",),
    ),
}
