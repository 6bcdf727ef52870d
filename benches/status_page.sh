#!/bin/bash
# What the status page costs: bytes, requests and first paint on a slow line (400 kbit/s, 400 ms there and back) in Chromium,
# and how long the daemon takes for a page, with 32 cameras and with 10,000.
#
#   benches/status_page.sh [PATH OF camwatch]      (target/release/camwatch)
#
# The 32 are simulated. The 10,000 are of an inventory alone, at a port where nobody listens: every camera refuses, the
# longest list of what is wrong that there can be. Ends within five minutes and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
camwatch=$(realpath "${1:-target/release/camwatch}")
tests/npm/install
dir=$(mktemp -d)
children=()
end() {
  kill "${children[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap end EXIT

simulate() { # DIRECTORY CAMERAS
  "$camwatch" simulate --cameras "$2" --per-site 16 --config-out "$1" 2>"$1.log" &
  children+=($!)
  for _ in $(seq 300); do
    grep -q '^control:' "$1.log" && return
    sleep 0.2
  done
  cat "$1.log" >&2
  exit 1
}

invent() { # DIRECTORY CAMERAS
  mkdir -p "$1/inventory"
  printf '[daemon]\nlisten = ""\ndata_dir = "data"\ninventory = ["inventory/*.toml"]\n\n[probe]\ninterval = ""\n' >"$1/camwatch.toml"
  awk -v cameras="$2" 'BEGIN {
    print "[[fund]]\nid = \"commune-2023\"\nkind = \"commune\"\nname = \"Ngân sách xã\""
    for (n = 0; n < cameras; n++) {
      site = int(n / 16); commune = int(site / 16)
      if (n % 256 == 0) printf "[[commune]]\nid = \"xa-%d\"\nname = \"Xã %d\"\n", commune, commune
      if (n % 16 == 0)
        printf "[[site]]\nid = \"site-%d\"\ncommune = \"xa-%d\"\nname = \"Cụm camera %d\"\nvillage = \"Thôn %d\"\n" \
               "latitude = %.4f\nlongitude = %.4f\n", site, commune, site, int(site / 3), 20.4 + int(site / 25) * 0.012, 105.8 + site % 25 * 0.015
      printf "[[camera]]\nid = \"c%04d\"\nsite = \"site-%d\"\nname = \"Cầu Yên Lệnh, chiều đi %d\"\n" \
             "url = \"rtsp://127.0.0.1:1/%d\"\nfund = \"commune-2023\"\n", n, site, n, n
    }
  }' >"$1/inventory/all.toml"
}

watch() { # DIRECTORY PORT
  sed -i "s/^listen = .*/listen = \"127.0.0.1:$2\"/; s/^interval = .*/interval = \"60s\"/" "$1/camwatch.toml"
  "$camwatch" run --config "$1/camwatch.toml" 2>"$1.daemon.log" &
  children+=($!)
  for _ in $(seq 300); do
    curl -sf "http://127.0.0.1:$2/-/ready" >/dev/null && return
    sleep 0.2
  done
  cat "$1.daemon.log" >&2
  exit 1
}

costs() { # PORT PATH...
  local port=$1 list
  shift
  list=$(printf '"%s",' "$@")
  node tests/browser/run.mjs budget "{\"base\":\"http://127.0.0.1:$port\",\"paths\":[${list%,}]}" </dev/null |
    node -e '
      for (const cost of JSON.parse(require("fs").readFileSync(0, "utf8")).result)
        console.log(`| ${cost.path} | ${cost.requests} | ${cost.bytes} | ${cost.htmlBytes} | ${cost.elements} | ${cost.firstByte} | ${cost.firstPaint} | ${cost.loaded} |`);'
}

times() { # PORT PATH...: a page no newer than the last may be kept, so each is asked for in words of its own
  local port=$1 path joint
  shift
  for path in "$@"; do
    joint='?'
    [[ $path == *\?* ]] && joint='&'
    for n in $(seq 21); do
      curl -s -o /dev/null -w '%{time_total}\n' "http://127.0.0.1:$port$path${joint}q=$([[ $path == *q=* ]] || echo "c")&page=$n"
    done | sort -n | awk -v path="$path" '{ t[NR] = $1 * 1000 } END { printf "| %s | %.0f | %.0f |\n", path, t[11], t[21] }'
  done
}

simulate "$dir/small" 32
watch "$dir/small" 19801
invent "$dir/large" 10000
watch "$dir/large" 19802
# Until the cameras are known to refuse, and the first storm is over.
sleep 60

echo "| page | requests | bytes on the line | bytes of HTML | elements | first byte (ms) | first paint (ms) | loaded (ms) |"
echo "|---|---|---|---|---|---|---|---|"
echo "| 32 cameras | | | | | | | |"
costs 19801 / /cameras/sim-0001 /sites/site-001
echo "| 10,000 cameras | | | | | | | |"
costs 19802 / '/?page=200' '/?q=c0999' /cameras/c9999 /sites/site-100
echo
echo "| page at 10,000 cameras | median of 21 (ms) | longest (ms) |"
echo "|---|---|---|"
times 19802 / '/?state=dark' /cameras/c9999 /sites/site-100
