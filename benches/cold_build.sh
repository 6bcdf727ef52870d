#!/bin/bash
# How long a release build takes from nothing (crates already downloaded), and which crates take most of it.
#
#   benches/cold_build.sh [DIRECTORY TO BUILD IN]
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-$(mktemp -d)}

cargo fetch --locked
begin=$(date +%s)
CARGO_TARGET_DIR=$target cargo build --release --locked --timings 2>&1 | tail -2
echo "$(($(date +%s) - begin)) s on $(nproc) processors, load before: $(cut -d' ' -f1 /proc/loadavg)"
# The report holds the units as JSON; seconds are wall time of one unit on a busy machine.
sed -n 's/^const UNIT_DATA = //p; /^const UNIT_DATA/,/^\];/p' "$target"/cargo-timings/cargo-timing.html |
  sed '1d; s/^\];/]/' | sed '1s/^/[/' |
  jq -r '.[] | [.duration, .name, .version, .target] | @tsv' 2>/dev/null | sort -rn | head -15
