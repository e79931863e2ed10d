# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of the packed SDK (bash): counting, checks, a clean environment. A part of them is run
# as "tests/sdk/PART [SDK-DIRECTORY [RESULTS-FILE]]", by itself on the installed SDK or by tests/sdk/run.
# Appends "passed failed" to RESULTS-FILE; exit status 0 only when nothing failed.
. "$(dirname "${BASH_SOURCE[0]}")/../../sdk/build/common.sh"
set +e
trap - ERR

passed=0 failed=0

# begin NAME: the log of this part and an empty directory with a blank in its path
begin() {
    part=$1
    log=$QRV_OUT/logs/tests/sdk-$part.log
    mkdir -p "$(dirname "$log")"
    : >"$log"
    temporary=$(mktemp -d) || exit 2
    # A background job that is killed before it has become its command must not do this.
    trap '[ "$BASHPID" != "$$" ] || rm -rf "$temporary"' EXIT
    work="$temporary/work dir"
    mkdir -p "$work/home"
    clean=(env -i "PATH=$PATH" "HOME=$work/home")
    generator=(-G Ninja)
}

# finish RESULTS-FILE: the last command of a part
finish() {
    [ $failed = 0 ] && echo "  ok   SDK, $part: $passed"
    echo "$passed $failed" >>"$1"
    [ $failed = 0 ]
}

# check TEXT COMMAND...: output goes to the log and to $work/out
check() {
    local text=$1
    shift
    echo "== $text: $*" >>"$log"
    [ -f "$work/out" ] && cp "$work/out" "$work/last" # what the check before this one said
    if "$@" >"$work/out" 2>&1 </dev/null; then
        cat "$work/out" >>"$log"
        passed=$((passed + 1))
    else
        echo "  FAIL $text (code $?); log: $log"
        tail -n 12 "$work/out" | sed 's/^/      /'
        cat "$work/out" >>"$log"
        failed=$((failed + 1))
    fi
}
not() { ! "$@"; }
same() { [ "$1" = "$2" ] || { echo "got '$1', wanted '$2'"; return 1; }; }

# left_out WHAT WHY: said in every run, so that nobody takes it for tested
left_out() { echo "  left out: $1 ($2)"; }

# configure BUILD-DIR OPTION...: the project tests/sdk/project; what it says is in $work/configure
configure() {
    local build=$1
    shift
    "${clean[@]}" cmake "${generator[@]}" -S "$project" -B "$build" "$@" >"$work/configure" 2>&1
    local code=$?
    cat "$work/configure" >>"$log"
    return $code
}
value() { sed -n "s/^-- probe $1=//p" "$work/configure"; }

# elf_files DIRECTORY: programs, libraries and objects below it, each ended with a NUL. What check_ipo_supported()
# leaves behind is CMake's own.
elf_files() {
    find "$1" -path '*/CMakeFiles/_CMakeLTOTest-*' -prune -o -type f -print0 | while IFS= read -r -d '' file; do
        [ "$(head -c 4 "$file" | tr -d '\0')" = $'\177ELF' ] && printf '%s\0' "$file"
    done
}

# no_host_path DIRECTORY: no ELF file below it has a name of this machine's directories in it
no_host_path() {
    local bad=0 count=0 file
    while IFS= read -r -d '' file; do
        count=$((count + 1))
        if grep -qaF -e "$work" -e "$sdk" "$file"; then
            echo "$file has:"
            strings -a "$file" | grep -F -e "$work" -e "$sdk" | head -n 3
            bad=1
        fi
    done < <(elf_files "$1")
    [ $count -gt 0 ] || { echo "no ELF file below $1"; return 1; }
    return $bad
}

has_cxx() { "$sdk/bin/riscv64-unknown-qrv-g++" --version >/dev/null 2>&1; }
