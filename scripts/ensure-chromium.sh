#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome, installing one when the machine has none: from the distribution when that is
# possible, else the one Playwright brings.
set -euo pipefail

find_browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then return 0; fi
  done
  for name in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [[ -x $name ]]; then echo "$name"; return 0; fi
  done
  return 1
}

if [[ -n ${TANDEM_CHROMIUM:-} ]]; then
  echo "$TANDEM_CHROMIUM"
  exit 0
fi
if find_browser; then exit 0; fi

echo "no Chromium here: installing one" >&2
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } >&2; then
    find_browser && exit 0
  fi
fi
cd "$(dirname "$0")/../console"
npx playwright install chromium >&2
node -e 'console.log(require("@playwright/test").chromium.executablePath())'
