#!/usr/bin/env bash
# Loads the service with wrk (package wrk of Debian) and checks what it promises:
#
#   samples/MappedCatalog/load.sh [SECONDS] [URL]
#
# Starts the service, which compares each answer with the table in memory and swaps its file every 100 ms; asks it for single and
# for posted addresses for SECONDS (60); stops it. Fails unless
# - wrk saw no status but 2xx and no socket error, and the service neither failed a request nor gave a wrong answer;
# - the process lived to its end: an access to an unmapped page would have ended it with a signal;
# - every replaced file is unmapped, by the service's own count and by the process's memory map;
# - resident memory and the GC heap have not grown since a quarter of the time by more than the bounds below.
# Needs the build: dotnet build -c Release samples/MappedCatalog.
set -euo pipefail

seconds=${1:-60}
url=${2:-http://127.0.0.1:5080}
resident_bound_mib=48
heap_bound_mib=16

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$here/bin/Release/net10.0/MappedCatalog
work=$(mktemp -d)
service=
trap '[[ -z $service ]] || kill -KILL "$service" 2>/dev/null || true; rm -rf "$work"' EXIT

failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# stat PATTERN: the number that follows a member of /stats, named by as much of the text before it as tells it from others; 0
# where nobody answers, which is told at the end by how the service ended.
stat() {
    local number
    number=$(curl --silent --max-time 10 "$url/stats" | grep -oP "$1\K[0-9]+") || number=0
    echo "$number"
}

# memory: resident memory and GC heap in MiB, each the mean of ten looks within two seconds.
memory() {
    local resident=0 heap=0 look
    for look in {1..10}; do
        resident=$((resident + $(stat '"workingSetBytes":')))
        heap=$((heap + $(stat '"heapBytes":')))
        sleep 0.2
    done
    echo $((resident / 10 >> 20)) $((heap / 10 >> 20))
}

"$program" --urls "$url" --verify >"$work/service" 2>&1 &
service=$!
for ((tries = 0; tries < 600; tries++)); do
    if grep -q '^listening on ' "$work/service" || ! kill -0 "$service" 2>/dev/null; then
        break
    fi
    sleep 0.1
done
if ! grep -q '^listening on ' "$work/service"; then
    cat "$work/service"
    echo 'FAILED: the service has not started'
    exit 1
fi

wrk --threads 1 --connections 32 --duration "${seconds}s" --timeout 10s --script "$here/load.lua" "$url" >"$work/wrk" &
wrk=$!
sleep "$((seconds / 4))"
read -r resident_then heap_then < <(memory)
sleep "$((seconds - seconds / 4 - 8 > 0 ? seconds - seconds / 4 - 8 : 0))"
read -r resident_now heap_now < <(memory)
wait "$wrk" || fail "wrk ended with $?"

grep -E '^(wrk: |Requests/sec)' "$work/wrk" || { cat "$work/wrk"; fail 'wrk told nothing'; }
grep -qE '^wrk: requests [1-9][0-9]* refused_or_failed 0 connect 0 read 0 write 0 timeout 0 ' "$work/wrk" || fail 'wrk saw errors'

# Now that nobody reads, the file that is served is the only one mapped, but for the moment of a swap.
if kill -0 "$service" 2>/dev/null; then
    for ((tries = 0; tries < 100; tries++)); do
        open=$(stat '"mappings":\{"open":')
        listed=$(grep -c '/mapped-catalog-' "/proc/$service/maps" || true)
        ((open > 1 || listed > 1)) || break
        sleep 0.05
    done
    echo "mappings open: $open; in /proc/PID/maps: $listed"
    ((open <= 1 && listed <= 1)) || fail 'replaced files are still mapped'
fi

status=0
kill -TERM "$service" 2>/dev/null || true
wait "$service" || status=$?
service=
head -n 40 "$work/service"
((status <= 128)) || fail "the service was ended by signal $((status - 128))"
((status == 0 || status > 128)) || fail "the service ended with $status"

echo "memory at a quarter of the time: $resident_then MiB resident, $heap_then MiB GC heap; at the end: $resident_now, $heap_now" \
    "(bounds: +$resident_bound_mib, +$heap_bound_mib)"
((resident_now - resident_then <= resident_bound_mib)) || fail 'resident memory grows'
((heap_now - heap_then <= heap_bound_mib)) || fail 'the GC heap grows'

((failures == 0)) && echo 'load: no failed request, no wrong answer, every replaced file unmapped, memory flat'
exit "$((failures != 0))"
