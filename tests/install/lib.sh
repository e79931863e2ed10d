# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of this folder: TAP, and small SDKs with the real qrv and install.sh in them, so that
# hundreds of installations take seconds.
. "$(dirname "${BASH_SOURCE[0]}")/../../installer/pack/common.sh"
set +e
set +E
trap - ERR

number=0 failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/qrv install.XXXXXX") || exit 2 # with a blank
mounts=()
trap 'for m in "${mounts[@]}"; do umount -l "$m" 2>/dev/null; done; rm -rf "$scratch"' EXIT

result() { # status, text
    number=$((number + 1))
    if [ "$1" = 0 ]; then echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$scratch/out" "$scratch/err" 2>/dev/null | head -n 20
        failed=$((failed + 1))
    fi
}
# check TEXT EXIT-CODE COMMAND...: its output is in $scratch/out and $scratch/err
check() {
    local text=$1 want=$2 got
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    got=$?
    [ $got = "$want" ] || echo "exit code $got, wanted $want" >>"$scratch/err"
    [ $got = "$want" ]
    result $? "$text"
}
# says PATTERN: the last command gave one line of errors, and it matches
says() {
    [ "$(wc -l <"$scratch/err")" = 1 ] && grep -q -- "$1" "$scratch/err"
    result $? "... says: $1"
}
finish() {
    echo "1..$number"
    [ $failed = 0 ]
    exit
}
skip() { # text, why
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# manifest TREE [KEY VALUE]...: lists what is in TREE, as installer/pack does
manifest() {
    local top=$1
    shift
    {
        printf '#qrv-manifest\t2\n#version\t%s\n#date\t1000000000\n' "$(head -n 1 "$top/VERSION")"
        [ $# = 0 ] || printf '#%s\t%s\n' "$@"
        cd "$top" && find . ! -type d ! -name 'MANIFEST*' -printf '%P\n' | sort | while IFS= read -r f; do
            if [ -L "$f" ]; then printf 'l\t777\t-\t-\t%s\tMIT\ttest\t%s\n' "$(readlink "$f")" "$f"
            else
                printf 'f\t%s\t%s\t%s\t-\tMIT\ttest\t%s\n' "$(stat -c %a "$f")" "$(stat -c %s "$f")" \
                    "$(sha256sum <"$f" | cut -d' ' -f1)" "$f"
            fi
        done
    } >"$scratch/manifest"
    mv "$scratch/manifest" "$top/MANIFEST"
}

# small VERSION [KEY VALUE]...: a tarball of a small SDK in $scratch/VERSION.tar.xz, its tree in $scratch/tree-VERSION
small() {
    local v=$1 top i
    shift
    top=$scratch/tree-$v/qrv-sdk-$v
    mkdir -p "$top/bin" "$top/libexec" "$top/share/deep/er" "$top/only-$v"
    cp "$QRV_OUT/build/host/qrv" "$top/bin/qrv"
    cp "$QRV_OUT/build/host/qrv-exchange" "$top/libexec/"
    cp "$QRV_TOP/installer/files/install.sh" "$top/install.sh"
    chmod 755 "$top/bin/qrv" "$top/libexec/qrv-exchange" "$top/install.sh"
    echo "$v" >"$top/VERSION"
    for i in 1 2 3 4 5 6 7 8 9; do echo "$v $i" >"$top/share/deep/er/file $i"; done
    head -c 3000000 /dev/urandom >"$top/share/large"
    echo x >"$top/only-$v/x"
    ln -s qrv "$top/bin/also"
    (manifest "$top" "$@")
    archive "$top" "$scratch/$v.tar.xz" 1000000000 2>/dev/null
}

# is_version DIR VERSION: DIR is that SDK, whole, and nothing else but what begins with "mine"
is_version() {
    [ "$(cat "$1/VERSION")" = "$2" ] || { echo "version $(cat "$1/VERSION"), wanted $2"; return 1; }
    "$1/bin/qrv" verify --strict "$1" >"$scratch/verify"
    ! grep -v '^extra .*mine' "$scratch/verify" | grep -E '^(altered|missing|mode|link|replaced|extra) '
}
