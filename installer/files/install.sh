#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the QRV SDK from its tarball or from the unpacked tree that this script lies in, or removes an
# installed one. The SDK also works right where it was unpacked: installing is a checked copy, nothing in
# it is patched. Needs a POSIX shell, coreutils, and tar and xz for a tarball; no network, no root, no questions.
#
# The new tree is made and checked in DIR.qrv-new, beside the old one, and takes its place in one step: DIR
# is the old SDK or the new one whenever this script is stopped. What a killed run left is cleared by the next.
set -u
LC_ALL=C
export LC_ALL

usage() {
    cat <<'END'
usage: install.sh [--from TARBALL] --prefix DIR --yes
                      put the SDK into DIR; an older one there is replaced, files of yours in it are kept
       install.sh --uninstall [--prefix DIR] --yes
                      remove exactly the files that were installed
       install.sh --check
                      compare the tree that this script is in with its MANIFEST
Without --from, the tree that this script is in is installed, or the one tarball that lies beside it.
Exit codes: 0 done, 1 failed, 2 bad command line, 3 the tarball or the tree is damaged, 4 not for this machine,
5 not enough space, 6 DIR cannot be written or is something else. When it is not 0, DIR is as before.
END
}

tab=$(printf '\t')
newline='
'
stage=

fail() { # code, message
    code=$1
    shift
    trap - EXIT
    clean_stage
    echo "install.sh: error: $*" >&2
    exit "$code"
}

clean_stage() {
    [ -z "$stage" ] || rm -rf "$stage"
}

# A header line of a manifest.
header() { # manifest, key
    while IFS=$tab read -r key value; do
        case $key in
        "#$2")
            printf '%s\n' "$value"
            return
            ;;
        '#'*) ;;
        *) return ;;
        esac
    done <"$1"
}

# The files and links of a manifest, one a line. Names that lead elsewhere are refused.
names() { # manifest
    while IFS= read -r line; do
        case $line in '#'*) continue ;; esac
        name=${line##*"$tab"}
        case /$name/ in
        // | *//* | */../* | */./*) return 1 ;;
        esac
        printf '%s\n' "$name"
    done <"$1"
}

# The directories that those names imply, deepest first.
directories() { # manifest
    names "$1" | {
        last=
        while IFS= read -r name; do
            while :; do
                case $name in */*) name=${name%/*} ;; *) break ;; esac
                [ "$name" != "$last" ] || break
                printf '%s\n' "$name"
                last=$name
            done
        done
    } | sort -ru
}

# Compares a tree with its manifest; prints the first difference and fails. Extra files do not count.
differs() { # tree
    {
        while IFS=$tab read -r type mode size sum link licence origin name; do
            case $type in
            f) printf '%s  %s\n' "$sum" "$name" ;;
            l) [ "$(readlink "$1/$name")" = "$link" ] || echo "$name" >&3 ;;
            esac
        done <"$1/MANIFEST" | (cd "$1" && sha256sum --quiet -c - 2>/dev/null)
    } 3>&1 | head -n 1 | {
        IFS= read -r line || return 1
        printf '%s\n' "${line%: FAILED*}"
    }
}

need_machine() { # manifest
    wanted=$(header "$1" host)
    machine=linux-$(uname -m)
    [ -z "$wanted" ] || [ "$wanted" = "$machine" ] ||
        fail 4 "this SDK runs on $wanted, and this machine is $machine; get the tarball for it"
    floor=$(header "$1" glibc)
    case $floor in '' | none) return ;; esac
    have=$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>/dev/null ||
        /lib64/ld-linux-x86-64.so.2 --version 2>/dev/null)
    have=${have%%"$newline"*}
    case $have in
    glibc\ *) have=${have#glibc } ;;
    *GLIBC*version\ *) have=${have##*version } ;;
    *GLIBC* | *GNU\ libc*) have=${have##* } ;;
    *) fail 4 "the SDK's programs need the GNU C library $floor or later, and this system has none" ;;
    esac
    have=${have%.}
    oldest=$(printf '%s\n%s\n' "$floor" "$have" | sort -V | head -n 1)
    [ "$oldest" = "$floor" ] ||
        fail 4 "the SDK's programs need glibc $floor or later, and this system has $have"
}

need_space() { # manifest, directory
    bytes=0
    while IFS=$tab read -r type mode size rest; do
        case $type in f) bytes=$((bytes + (size + 4095) / 4096 * 4096)) ;; esac
    done <"$1"
    # The tree, and some room for its directories
    need=$((bytes / 1024 * 105 / 100))
    free=$(df -Pk "$2" | {
        read -r line
        read -r device blocks used free rest
        echo "$free"
    })
    case $free in '' | *[!0-9]*) return ;; esac
    [ "$free" -ge "$need" ] || fail 5 "$2 has $((free / 1024)) MB free, and the SDK needs $((need / 1024 + 1)) MB"
}

# "... failed" with the code that fits what a command complained about.
failed_because() { # default code, text, complaint
    case $3 in
    *"No space left"* | *"quota exceeded"*) fail 5 "$2: no space left on the device" ;;
    *"Read-only file system"* | *"Permission denied"*) fail 6 "$2: ${3##*: }" ;;
    esac
    fail "$1" "$2"
}

# --- where from: sets source_kind (tree or tarball) and from ----------------------------------------
find_source() {
    if [ -n "$from" ]; then
        source_kind=tarball
        [ -f "$from" ] || fail 2 "$from is not there"
        case $from in /*) ;; *) from=$PWD/$from ;; esac
    elif [ -f "$here/MANIFEST" ]; then
        source_kind=tree from=$here
    else
        source_kind=tarball
        set -- "$here"/qrv-sdk-*.tar.xz
        [ $# = 1 ] && [ -f "$1" ] || fail 2 "say --from TARBALL: there is not exactly one beside this script"
        from=$1
    fi
}

# Lays the MANIFEST of what is to be installed in the stage, before anything large is touched.
early_manifest() {
    if [ $source_kind = tree ]; then
        cp "$from/MANIFEST" "$stage/MANIFEST" 2>/dev/null || fail 3 "$from/MANIFEST cannot be read"
    else
        tar --force-local -xOf "$from" --occurrence=1 --wildcards --no-wildcards-match-slash 'qrv-sdk-*/MANIFEST' \
            >"$stage/MANIFEST" 2>/dev/null
    fi
    read -r line <"$stage/MANIFEST" 2>/dev/null
    case ${line:-} in
    "#qrv-manifest$tab"*) ;;
    *) fail 3 "$from is damaged, or not a QRV SDK: get it again" ;;
    esac
}

fill_stage() {
    if [ $source_kind = tree ]; then
        complaint=$(cp -R -P -p "$from/." "$stage/tree" 2>&1) ||
            failed_because 1 "cannot copy to $stage" "$complaint"
    else
        mkdir "$stage/tree"
        complaint=$(tar --force-local -C "$stage/tree" --strip-components=1 --no-same-owner -p -xf "$from" 2>&1) ||
            failed_because 3 "$from is damaged: get it again" "$complaint"
    fi
    [ -f "$stage/tree/MANIFEST" ] || fail 3 "$from is damaged: it has no MANIFEST"
    bad=$(differs "$stage/tree") && fail 3 "$from is damaged: $bad is not as packed"
    "$stage/tree/bin/qrv" version >/dev/null 2>&1 || fail 4 "the SDK's programs do not run on this machine"
}

# Prints what is in a tree, without directories that hold something.
walk() { # directory, prefix
    set -- "$1" "$2" "$1"/* "$1"/.[!.]* "$1"/..?*
    inside=$1 prefix=$2
    shift 2
    some=
    for entry; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        some=1
    done
    [ -n "$some" ] || { printf '%s\n' "${inside#"$top"/}"; return; }
    for entry; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        if [ -d "$entry" ] && [ ! -L "$entry" ]; then walk "$entry" x
        else printf '%s\n' "${entry#"$top"/}"
        fi
    done
}

# Copies what the user has put into the old tree to the new one.
keep_foreign() {
    names "$target/MANIFEST" >"$stage/names" || fail 6 "$target/MANIFEST is damaged; move $target away"
    sort "$stage/names" >"$stage/own"
    top=$target
    walk "$target" x | sort >"$stage/all"
    comm -13 "$stage/own" "$stage/all" >"$stage/foreign"
    while IFS= read -r name; do
        case $name in MANIFEST | MANIFEST.minisig | "$target") continue ;; esac
        # An empty directory that both have
        [ -d "$target/$name" ] && [ ! -L "$target/$name" ] && [ -d "$stage/tree/$name" ] && continue
        [ ! -e "$stage/tree/$name" ] && [ ! -L "$stage/tree/$name" ] ||
            fail 6 "$target/$name is yours, and the new version has such a file: move it away"
        dir=$stage/tree/$name
        mkdir -p "${dir%/*}" 2>/dev/null && complaint=$(cp -R -P -p "$target/$name" "$dir" 2>&1) ||
            failed_because 1 "cannot keep $target/$name" "${complaint:-}"
    done <"$stage/foreign"
}

# The new tree takes the place of whatever is there. Where the file system cannot exchange two trees
# in one step, a run that dies between the two steps is completed by the next one.
swap() {
    if [ ! -e "$target" ] || [ -z "$replace" ]; then
        complaint=$(mv -T "$stage/tree" "$target" 2>&1) || failed_because 6 "cannot put the new tree at $target; is that a mount point?" "$complaint"
        return
    fi
    "$stage/tree/libexec/qrv-exchange" "$stage/tree" "$target" 2>/dev/null && return
    mv -T "$target" "$stage/old" 2>/dev/null || fail 6 "$target cannot be replaced; is it a mount point?"
    mv -T "$stage/tree" "$target" 2>/dev/null && return
    mv -T "$stage/old" "$target"
    fail 1 "cannot move the new tree to $target"
}

# Takes over DIR.qrv-new, from a run that was killed if need be.
open_stage() {
    parent=${target%/*}
    mkdir -p "${parent:-/}" 2>/dev/null || fail 6 "cannot make ${parent:-/}"
    space=${parent:-/}
    next=$target.qrv-new
    if [ -d "$next" ]; then
        other=$(cat "$next/pid" 2>/dev/null)
        [ -n "$other" ] && kill -0 "$other" 2>/dev/null &&
            fail 1 "another install.sh (process $other) is at work on $target"
        if [ ! -e "$target" ] && [ -f "$next/old/MANIFEST" ]; then mv -T "$next/old" "$target"; fi
        rm -rf "$next" 2>/dev/null || fail 6 "cannot remove $next, which a run before has left"
    fi
    mkdir "$next" 2>/dev/null || fail 6 "cannot write in $space: $target is made beside its place"
    stage=$next
    echo $$ >"$stage/pid" 2>/dev/null || fail 5 "no space left in $space"
}

install_sdk() {
    [ -n "$prefix" ] || fail 2 "--prefix DIR is missing"
    find_source
    case $prefix in /*) target=$prefix ;; *) target=$PWD/$prefix ;; esac
    while case $target in */) [ "$target" != / ] ;; *) false ;; esac; do target=${target%/}; done
    [ "$target" != / ] || fail 6 "the SDK needs a directory of its own, not /"
    replace=
    [ ! -L "$target" ] || target=$(readlink -f "$target")
    [ "$target" != "$from" ] || fail 1 "the SDK is already in $target"
    if [ -f "$target/MANIFEST" ]; then
        replace=1
    elif [ -e "$target" ] && { [ ! -d "$target" ] || [ -n "$(ls -A "$target")" ]; }; then
        fail 6 "$target is not empty and holds no QRV SDK"
    fi
    trap clean_stage EXIT
    trap 'exit 1' HUP INT TERM
    open_stage
    [ -f "$target/MANIFEST" ] && replace=1
    early_manifest
    need_machine "$stage/MANIFEST"
    if [ -n "$replace" ] && cmp -s "$stage/MANIFEST" "$target/MANIFEST" && ! differs "$target" >/dev/null; then
        echo "QRV SDK $(header "$target/MANIFEST" version) is in $target already"
        return
    fi
    need_space "$stage/MANIFEST" "$space"
    fill_stage
    [ -z "$replace" ] || keep_foreign
    swap
    echo "QRV SDK $(header "$target/MANIFEST" version) is in $target"
    echo "try: $target/bin/qrv doctor"
}

# --- removing ---------------------------------------------------------------------------------------
# Runs a command on the lines of its input, many at a time, with ./ before each.
in_batches() {
    while :; do
        set -- "$command_line"
        while [ $# -lt 500 ] && IFS= read -r name; do set -- "$@" "./$name"; done
        [ $# -gt 1 ] || return 0
        shift
        case $command_line in
        rm) rm -f "$@" ;;
        rmdir) rmdir "$@" 2>/dev/null ;;
        esac
    done
}

uninstall_sdk() {
    root=${prefix:-$here}
    [ -f "$root/MANIFEST" ] || fail 6 "$root holds no QRV SDK"
    cd "$root" || fail 6 "cannot enter $root"
    root=$PWD
    names MANIFEST >/dev/null || fail 3 "the MANIFEST of $root is damaged; remove the directory by hand"
    folders=$(directories MANIFEST)
    while IFS= read -r name; do
        [ ! -L "./$name" ] || fail 3 "$root/$name was made a link; remove it first"
    done <<END
$folders
END
    # The list goes last: a run that was stopped can be repeated.
    command_line=rm
    names MANIFEST | in_batches || fail 6 "some files in $root cannot be removed"
    command_line=rmdir
    printf '%s\n' "$folders" | in_batches
    rm -f MANIFEST MANIFEST.minisig || fail 6 "$root cannot be written"
    cd /
    if rmdir "$root" 2>/dev/null; then
        echo "$root: removed"
    else
        echo "$root: removed; files that were not installed are still there"
    fi
}

check_tree() {
    [ -f "$here/MANIFEST" ] || fail 3 "$here has no MANIFEST"
    bad=$(differs "$here") && fail 3 "$here/$bad is not as packed"
    echo "$here: all files as packed"
}

main() {
    prefix='' action=install yes='' from=''
    here=$(cd "$(dirname "$0")" && pwd)
    while [ $# -gt 0 ]; do
        case $1 in
        --prefix | --from)
            [ $# -ge 2 ] || fail 2 "$1 needs a value"
            case $1 in --prefix) prefix=$2 ;; *) from=$2 ;; esac
            shift
            ;;
        --prefix=*) prefix=${1#*=} ;;
        --from=*) from=${1#*=} ;;
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
    [ $action = check ] || [ -n "$yes" ] ||
        fail 2 "say --yes: this script asks no questions and does nothing by accident"
    case $action in
    install) install_sdk ;;
    uninstall) uninstall_sdk ;;
    check) check_tree ;;
    esac
}

# All of it was read before any of it runs: the script may remove itself.
main "$@"; exit
