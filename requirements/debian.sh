#!/usr/bin/env bash
# Installs the Debian packages that the tests use. Elsewhere it says what is missing and goes on: such tests then
# skip, or fail where TRIALIST_REQUIRE names them.
set -u
cd "$(dirname "$0")" || exit 1
missing=()
while read -r name; do
  dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
done < debian.txt
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "Not installed (needs Debian's apt-get and root): ${missing[*]}" >&2
  exit 0
fi
echo "Installing ${missing[*]} ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
