#!/usr/bin/env bash
# The slow suite against real programs. Each folder may bring a setup.sh that installs what it needs; what cannot be
# installed here makes its tests skip by name.
set -euo pipefail
cd "$(dirname "$0")/../.."
for setup in tests/companions/*/setup.sh; do
  [ -e "$setup" ] || continue
  echo "== $setup"
  bash "$setup"
done
# two at once: most of them wait for another program
.venv/bin/pytest -p no:cacheprovider -n 2 --dist loadfile -o addopts="--strict-markers --strict-config -ra" --timeout 900 tests/companions
