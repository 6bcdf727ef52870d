#!/bin/bash
# How long a release build takes from nothing (crates already downloaded), and which crates take most of it.
#
#   benches/cold_build.sh [DIRECTORY TO BUILD IN]
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-$(mktemp -d)}

cargo fetch --locked
load=$(cut -d' ' -f1 /proc/loadavg)
begin=$(date +%s)
CARGO_TARGET_DIR=$target cargo build --release --locked --timings 2>&1 | tail -1
echo "$(($(date +%s) - begin)) s on $(nproc) processors, load before: $load"
# cargo's page of timings holds its units as JSON; seconds are wall time of one unit beside others.
python3 - "$target"/cargo-timings/cargo-timing.html <<'PYTHON'
import json, sys

page = open(sys.argv[1]).read()
mark = "const UNIT_DATA = "
units, _ = json.JSONDecoder().raw_decode(page[page.index(mark) + len(mark):])
for unit in sorted(units, key=lambda unit: -unit["duration"])[:15]:
    print(f'{unit["duration"]:6.1f} s  {unit["name"]} {unit["version"]}{unit["target"]}')
PYTHON
