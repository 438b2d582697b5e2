# shellcheck shell=bash disable=SC2154 # set by those that read this file
# What .ci/run and verification/arm64 are made of: steps that are timed and counted, and what they ask of README.md and
# of packages.

passed=0
failed=0
failures=()

names=()
pids=()
waiting=()

# step NAME COMMAND...: runs the command in a shell of its own, from the tree. What it prints is kept back unless it
# fails; what it writes to descriptor 3 is shown in any case, after it.
step() {
    begin "$@"
    report $((${#names[@]} - 1))
}

# beside NAME COMMAND...: the same, while the steps after it go on; `join` waits for all of these and reports them.
beside() {
    begin "$@"
    waiting+=($((${#names[@]} - 1)))
}

join() {
    local number
    for number in "${waiting[@]}"; do
        report "$number"
    done
    waiting=()
}

begin() {
    local base=$work/step${#names[@]} began=$SECONDS
    names+=("$1")
    shift
    # Not as a condition: bash would then ignore `set -e` inside.
    (
        trap 'echo $((SECONDS - began)) >"$base.seconds"' EXIT
        set -e
        cd "$tree"
        "$@"
    ) >"$base.log" 2>&1 3>"$base.notes" </dev/null &
    pids+=($!)
}

report() {
    local name=${names[$1]} base=$work/step$1 status=0
    wait "${pids[$1]}" || status=$?
    if ((status == 0)); then
        passed=$((passed + 1))
        printf 'pass  %s (%d s)\n' "$name" "$(<"$base.seconds")"
    else
        failed=$((failed + 1))
        failures+=("$1")
        printf 'FAIL  %s (%d s), exit code %d\n' "$name" "$(<"$base.seconds")" "$status"
        tail -n 100 "$base.log" | without_paths | sed 's/^/      /'
    fi
    sed 's/^ */      /' "$base.notes"
}

# Once more at the end, where it is read first: which steps failed, and their notes.
report_failures() {
    local number
    for number in "${failures[@]}"; do
        printf 'failed: %s\n' "${names[$number]}"
        sed 's/^ */      /' "$work/step$number.notes"
    done
}

# Where things lie on this machine, and where it gets its packages, is nobody else's business.
without_paths() {
    sed -e "s#$work#WORK#g" -e "s#$source#TREE#g" -e "s#$dotnet_root#DOTNET#g" -e "s#$HOME#HOME#g" \
        -e 's#https\?://[^ ]*#URL#g'
}

# The fenced block that follows the line <!-- NAME --> in README.md.
readme_block() {
    local block
    block=$(awk -v marker="<!-- $1 -->" '
        $0 == marker { armed = 1; next }
        armed && /^```/ { if (inside) exit; inside = 1; next }
        inside' README.md)
    if [[ -z $block ]]; then
        echo "README.md has no block marked <!-- $1 -->" >&2
        return 1
    fi
    printf '%s\n' "$block"
}

# csharp_block FILE: its first block of C#, without the fence.
csharp_block() {
    local block
    block=$(awk '/^```/ { if (inside) exit; inside = /^```csharp$/; next } inside' "$1")
    if [[ -z $block ]]; then
        echo "$1 has no block of C#" >&2
        return 1
    fi
    printf '%s\n' "$block"
}

# install_unless_present COMMAND_OR_FILE PACKAGE...: from apt, pairs, all in one call.
install_unless_present() {
    local packages=() as_root=()
    while (($# > 0)); do
        command -v "$1" || [[ -e $1 ]] || packages+=("$2")
        shift 2
    done
    if ((${#packages[@]} == 0)); then
        return
    fi
    ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"
}

# exits_with CODE COMMAND...: succeeds when the command ends with exactly this code.
exits_with() {
    local expected=$1 status=0
    shift
    "$@" || status=$?
    if ((status != expected)); then
        echo "exit code $status where $expected was expected" >&2
        return 1
    fi
}
