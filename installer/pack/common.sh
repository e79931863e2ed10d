# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of installer/: names that they have in common, and the tarball's format.
. "$(dirname "${BASH_SOURCE[0]}")/../../sdk/build/common.sh"

version=$(cat "$QRV_TOP/VERSION")
name=qrv-sdk-$version
host=linux-$(uname -m)
work=$QRV_OUT/build/dist
tree=$work/$name
tarball=$QRV_OUT/dist/$name-$host.tar.xz
export tab=$'\t'

# The commit, with a plus sign when files differ from it; and its date, which all files get.
# Both can be given, for a tree without its history.
sdk_commit() {
    if [ -n "${QRV_COMMIT:-}" ]; then
        printf '%s\n' "$QRV_COMMIT"
    elif git -C "$QRV_TOP" rev-parse -q --verify HEAD >/dev/null 2>&1; then
        git -C "$QRV_TOP" describe --always --abbrev=12 --exclude '*' --dirty=+
    else
        echo unknown
    fi
}
sdk_epoch() {
    printf '%s\n' "${SOURCE_DATE_EPOCH:-$(git -C "$QRV_TOP" log -1 --format=%ct 2>/dev/null || echo 0)}"
}

# archive TREE TARBALL EPOCH: sorted names, one time, owner 0, modes as they are. Blocks of a fixed size, always
# made by threads: the number of cores does not show in the bytes. Written beside and renamed.
archive() {
    local jobs=$QRV_JOBS
    [ "$jobs" -ge 2 ] || jobs=2 # one thread writes another kind of header
    tar -C "${1%/*}" --sort=name --mtime="@$3" --owner=0 --group=0 --numeric-owner --format=gnu \
        --hard-dereference -cf - "${1##*/}" | xz -T"$jobs" --block-size=24MiB -6 >"$2.new"
    mv -f "$2.new" "$2"
    (cd "${2%/*}" && sha256sum "${2##*/}" >"${2##*/}.sha256")
}

# field FILE KEY: a header line of a manifest, without its key
field() { sed -n "/^[^#]/q; s/^#$2$tab//p" "$1"; }
