#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the SDK that this script is part of, or removes an installed one. The SDK also works right where
# it was unpacked: installing is a checked copy, nothing is patched. No network, no root, no questions.
set -eu

usage() {
    cat <<'END'
usage: install.sh --prefix DIR --yes     copy the SDK to DIR (an older QRV SDK there is replaced)
       install.sh --uninstall [--prefix DIR] --yes
                                         remove exactly the files that were installed
       install.sh --check                check this copy against its SHA256SUMS
Exit codes: 0 done, 1 failed, 2 bad command line, 3 this copy is damaged.
END
}

fail() { # code, message
    code=$1
    shift
    echo "install.sh: error: $*" >&2
    exit "$code"
}

here=$(cd "$(dirname "$0")" && pwd)
prefix= action=install yes=
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -ge 2 ] || fail 2 "--prefix needs a directory"
        prefix=$2
        shift
        ;;
    --prefix=*) prefix=${1#*=} ;;
    --yes) yes=1 ;;
    --uninstall) action=uninstall ;;
    --check) action=check ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) fail 2 "unknown argument $1 (install.sh --help)" ;;
    esac
    shift
done

check() {
    [ -f "$here/SHA256SUMS" ] || fail 3 "$here has no SHA256SUMS"
    (cd "$here" && sha256sum --quiet -c SHA256SUMS) >&2 || fail 3 "this copy is damaged; unpack the tarball again"
}

# Removes the files of a MANIFEST, then the directories that are empty. Names outside the SDK are refused.
remove() { # root
    tab=$(printf '\t')
    while IFS= read -r line; do
        path=${line##*"$tab"}
        case $path in
        /* | ../* | */../* | '') fail 3 "the manifest of $1 is damaged" ;;
        esac
        rm -f "$1/$path"
    done <"$1/MANIFEST"
    rm -f "$1/MANIFEST" "$1/SHA256SUMS"
    find "$1" -depth -type d -empty -exec rmdir {} \; 2>/dev/null || :
}

if [ "$action" = check ]; then
    check
    echo "$here: all files as packed"
    exit 0
fi
[ -n "$yes" ] || fail 2 "say --yes: this script asks no questions and does nothing by accident"

if [ "$action" = uninstall ]; then
    root=${prefix:-$here}
    [ -f "$root/MANIFEST" ] || fail 1 "$root holds no QRV SDK"
    remove "$root"
    if [ -d "$root" ]; then
        echo "$root: removed; files that were not installed are still there"
    else
        echo "$root: removed"
    fi
    exit 0
fi

[ -n "$prefix" ] || fail 2 "--prefix DIR is missing"
check
mkdir -p "$prefix" || fail 1 "cannot make $prefix"
target=$(cd "$prefix" && pwd)
[ "$target" != "$here" ] || fail 1 "the SDK is already in $target"
if [ -f "$target/MANIFEST" ]; then
    remove "$target"
    mkdir -p "$target"
elif [ -n "$(ls -A "$target")" ]; then
    fail 1 "$target is not empty and holds no QRV SDK"
fi
cp -R -P -p "$here/." "$target/" || fail 1 "cannot copy to $target"
(cd "$target" && sha256sum --quiet -c SHA256SUMS) >&2 || fail 1 "the copy in $target is not complete"
echo "QRV SDK $(cat "$target/VERSION") is in $target"
echo "try: $target/bin/qrv doctor"
