"""Words of the API: what is said by status, and about a field that the schema refuses."""

# ruff: noqa: E501 - a catalog: each pair stays together, and Chinese counts double

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "api_400": ("The body is not JSON that can be read.", "请求正文不是可读取的 JSON。"),
    "api_401": ("Nobody is signed in.", "尚未登录。"),
    "api_403": ("This role may not, the session's token is missing from the header X-CSRFToken, or a signature's password is wrong.", "当前身份无权，或请求头 X-CSRFToken 缺少会话令牌，或签名密码有误。"),
    "api_404": ("There is no such thing, or it belongs to another site.", "不存在，或属于其他中心。"),
    "api_405": ("This address takes another method.", "该地址不接受此方法。"),
    "api_413": ("This is more than an act can hold. Nothing was recorded.", "内容超出单个操作的容量，未作记录。"),
    "api_422": ("The rules say no. Nothing was recorded.", "不符合规则，未作记录。"),
    "api_500": ("The fault is ours. An act is recorded whole or not at all; repeat it with the same key.", "这是服务器的问题。操作要么完整记录，要么不记录；请用同一键重试。"),
    "api_503": ("The server is busy. Nothing was half recorded; repeat the act with the same key.", "服务器繁忙。不会有记录一半的数据；请用同一键重试。"),
    # fields
    "api_shape": ("This field takes something else.", "该字段的内容类型不符。"),
    "api_missing": ("This field is needed.", "该字段必填。"),
    "api_extra_forbidden": ("There is no such field here.", "此处没有该字段。"),
    "api_string_type": ("This field takes text.", "该字段应为文本。"),
    "api_int_type": ("This field takes a whole number from 1.", "该字段应为不小于 1 的整数。"),
    "api_greater_than_equal": ("This field takes a whole number from 1.", "该字段应为不小于 1 的整数。"),
    "api_bool_type": ("This field takes true or false.", "该字段应为真或假。"),
    "api_literal_error": ("This field takes one of the words in its description.", "该字段须为其说明中列出的词之一。"),
    "api_string_pattern_mismatch": ("This field takes 8 to 100 letters, digits and signs, without blanks.", "该字段须为 8–100 个字母、数字或符号，不含空格。"),
    "api_date_from_datetime_parsing": ("This field takes a day, such as 2026-03-30.", "该字段应为日期，如 2026-03-30。"),
}  # fmt: skip
