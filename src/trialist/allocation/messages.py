"""What this room says about inputs it cannot use."""

from __future__ import annotations

from trialist.findings.catalog import Message

MESSAGES: dict[str, Message] = {
    "weak_secret": Message(
        "A secret of {bits} bits cannot seal an allocation; exactly 256 bits are needed.",
        "{bits} 位的密钥不能用于密封随机分配；必须正好为 256 位。",
        ways_en=("Take 32 bytes from the operating system's random source.",),
        ways_zh=("请从操作系统的随机源取 32 字节。",),
    ),
    "annex_unreadable": Message(
        "This file cannot be read as a sealed annex: {why}.",
        "无法将该文件读作密封附件：{why}。",
        ways_en=("Give the annex that was sealed for this study, unchanged.",),
        ways_zh=("请提供为本研究密封且未经改动的附件。",),
    ),
    "block_size": Message(
        "Block size {size} is no multiple of {unit}, the sum of the ratio.",
        "区组大小 {size} 不是分配比之和 {unit} 的倍数。",
        ways_en=("Use block sizes such as {two} and {three}.",),
        ways_zh=("请使用例如 {two} 和 {three} 的区组大小。",),
    ),
}
