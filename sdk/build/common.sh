# SPDX-License-Identifier: Apache-2.0
# Sourced by every build script (bash): where things are, and how a script talks and fails.
# Owns the three paths all scripts agree on; nothing else may compute them:
#   QRV_TOP    the source tree        QRV_OUT    the build tree (default <top>/out)
#   QRV_CACHE  third-party downloads, outside the tree so that a second clone needs no network
set -euo pipefail

QRV_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
QRV_OUT=${QRV_OUT:-$QRV_TOP/out}
if [ -z "${QRV_CACHE:-}" ]; then
    if [ -n "${XDG_CACHE_HOME:-}" ]; then QRV_CACHE=$XDG_CACHE_HOME/qrv
    elif [ -n "${HOME:-}" ]; then QRV_CACHE=$HOME/.cache/qrv
    else QRV_CACHE=$QRV_OUT/cache
    fi
fi
QRV_JOBS=${QRV_JOBS:-$(nproc)}
export QRV_OUT QRV_CACHE QRV_JOBS LC_ALL=C

# Flags in the caller's environment are meant for the host; they must not leak into target code.
unset CC CXX CPP AR LD AS NM RANLIB STRIP CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CROSS_COMPILE MAKEFLAGS

# Several scripts are called "build": messages name them by their place in the tree.
prog=$(cd "$(dirname "$0")" && pwd)/${0##*/}
prog=${prog#"$QRV_TOP"/}
say() { printf '%s: %s\n' "$prog" "$*" >&2; }
# No script may end without a word: "set -e" alone does.
set -E
trap 'rc=$?; printf "%s: error: line %s: \"%s\" failed (%s)\n" "$prog" "$LINENO" "$BASH_COMMAND" "$rc" >&2' ERR
die() { printf '%s: error: %s\n' "$prog" "$*" >&2; exit 1; }

# Copies SRC over DST only when the bytes differ, so that make sees no false change.
update_file() {
    cmp -s "$1" "$2" && return 0
    mkdir -p "$(dirname "$2")"
    cp -p "$1" "$2.new" && touch "$2.new" && mv -f "$2.new" "$2"
}

# Empties DIR when what is in it was made with another toolchain than the one in $QRV_OUT/toolchain now.
# Files of two compilers do not mix, and no build tool sees the difference: the paths are the same.
fresh_for_toolchain() {
    local now
    now=$(cat "$QRV_OUT/toolchain/.identity" 2>/dev/null) || die "no toolchain in $QRV_OUT: run sdk/build/toolchain"
    [ "$(cat "$1/.toolchain" 2>/dev/null)" = "$now" ] && return 0
    rm -rf "$1"
    mkdir -p "$1"
    printf '%s\n' "$now" >"$1/.toolchain"
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "need root for: $* (run as root, or install sudo)"
    fi
}
