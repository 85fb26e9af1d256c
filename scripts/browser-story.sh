#!/usr/bin/env bash
# Starts the all-in-one on free ports with a data folder of its own, plays the browser story against it, stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

TANDEM_CHROMIUM=$(scripts/ensure-chromium.sh)
export TANDEM_CHROMIUM
data=$(mktemp -d)
log=$data/output.log
pid=

stop() {
  local code=$?
  if [[ -n $pid ]]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  if [[ $code != 0 ]]; then
    echo "the all-in-one said:" >&2
    tail -n 40 "$log" "$data"/data/logs/*.log >&2 || true
  fi
  rm -rf "$data"
  exit "$code"
}
trap stop EXIT

bin/tandem-dev --data-dir "$data/data" --listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 --temporal-listen 127.0.0.1:0 \
  --temporal-ui-listen 127.0.0.1:0 --simulator-listen 127.0.0.1:0 >"$log" 2>&1 &
pid=$!

for _ in $(seq 600); do
  if grep -q '^tandem ready' "$log"; then break; fi
  if ! kill -0 "$pid" 2>/dev/null; then
    echo "the all-in-one ended before it was ready" >&2
    exit 1
  fi
  sleep 0.2
done
word() { grep -m1 '^tandem ready' "$log" | tr ' ' '\n' | sed -n "s|^$1=||p"; }
TANDEM_URL=$(word console)
SIMULATOR_URL=$(word simulator)
if [[ -z $TANDEM_URL || -z $SIMULATOR_URL ]]; then
  echo "the all-in-one was not ready within two minutes" >&2
  exit 1
fi
export TANDEM_URL SIMULATOR_URL
cd console
npm run e2e
