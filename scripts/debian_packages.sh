#!/usr/bin/env bash
# What the tests need of the system, on Debian and its relatives: chromium (browser tests), bubblewrap (sandbox).
# Installs what is missing where it may; elsewhere it says so in a line, and the tests decide what that means.
set -euo pipefail
missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v bwrap >/dev/null || missing+=(bubblewrap)
[ ${#missing[@]} -gt 0 ] || exit 0
by_hand="install ${missing[*]} by hand for all tests to run"
command -v apt-get >/dev/null || { echo "no apt-get here: $by_hand" >&2; exit 0; }
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
"${as_root[@]}" true 2>/dev/null || { echo "neither root nor sudo without a password: $by_hand" >&2; exit 0; }
"${as_root[@]}" apt-get update -qq || true
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
    echo "apt-get could not install ${missing[*]}: $by_hand" >&2
