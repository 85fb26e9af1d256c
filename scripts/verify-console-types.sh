#!/usr/bin/env bash
# Fails when the console's types aren't those of api/openapi.json.
set -euo pipefail
cd "$(dirname "$0")/../console"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
npx openapi-typescript ../api/openapi.json -o "$fresh" >/dev/null
if ! diff -u src/api/schema.ts "$fresh"; then
  echo "console/src/api/schema.ts is out of date: run make generate" >&2
  exit 1
fi
