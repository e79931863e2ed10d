# SPDX-License-Identifier: Apache-2.0
# Part of tests/install/run: install.sh is killed before each command that it runs, and at times spread over its
# run. Whenever that is, the SDK in its place is the old one or the new one, whole, and the next run cleans up.

# kill_after SECONDS COMMAND...: in a process group of its own, which gets SIGKILL; true when it was killed.
# With $only_shell set, only the script itself dies and what it started lives on.
kill_after() {
    local delay=$1 pid
    shift
    setsid "$@" >/dev/null 2>&1 </dev/null &
    pid=$!
    sleep "$delay"
    if [ -n "${only_shell:-}" ]; then kill -KILL "$pid" 2>/dev/null
    else kill -KILL -- "-$pid" 2>/dev/null
    fi
    wait "$pid" 2>/dev/null
    [ $? = 137 ]
}

# A tool that, called as the $KILL_AT-th, kills the script and all it has started instead of working.
mkdir "$scratch/wrap"
for tool in basename cat chmod cmp comm cp df dirname head ls mkdir mv readlink rm rmdir sha256sum sort tar uname; do
    cat >"$scratch/wrap/$tool" <<END
#!/bin/sh
exec 9>>"\$COUNT.lock" # the commands of a pipeline start together
flock 9
read -r n <"\$COUNT"
n=\$((n + 1))
echo \$n >"\$COUNT"
[ \$n != "\$KILL_AT" ] || kill -KILL 0
exec 9>&-
exec $(command -v "$tool") "\$@"
END
done
chmod +x "$scratch/wrap"/*

# after_kill WHAT: the SDK is one of the two versions, whole, with the user's file; otherwise adds to $wrong
after_kill() {
    now=$(cat "$target/VERSION" 2>/dev/null)
    case $now in 1.0 | 2.0) ;; *) wrong="$wrong $1: version '$now';" ;; esac
    is_version "$target" "$now" >"$scratch/out" 2>&1 || wrong="$wrong $1: $(cat "$scratch/out");"
    [ -e "$target/mine" ] || wrong="$wrong $1: the user's file is gone;"
    [ "$now" = "$have" ] || arrived=$((arrived + 1))
}
other_one() { # sets have and next
    have=$(cat "$target/VERSION")
    case $have in 1.0) next=$two ;; *) next=$one ;; esac
}

rm -rf "$target"
installer --from "$one" --prefix "$target" --yes >/dev/null
touch "$target/mine"
wrong='' arrived=0 at=0
while at=$((at + 1)) && [ $at -lt 200 ]; do
    other_one
    echo 0 >"$scratch/count"
    {
        setsid --wait env "PATH=$scratch/wrap:$PATH" "COUNT=$scratch/count" "KILL_AT=$at" \
            sh "$setup" --from "$next" --prefix "$target" --yes >/dev/null 2>&1 </dev/null
        got=$?
    } 2>/dev/null # the shell's own "Killed"
    after_kill "killed at command $at"
    [ $got != 0 ] || break
done
echo "# killed before each of $((at - 1)) commands; $arrived times the other version was there"
echo "$wrong" >"$scratch/out"
[ -z "$wrong" ] && [ $got = 0 ] && [ $at -gt 10 ]
result $? "killed before each command of replacing: always one whole version"

began=$(date +%s%N)
other_one
installer --from "$next" --prefix "$target" --yes >/dev/null
length=$((($(date +%s%N) - began) / 1000)) # of one run, in microseconds
killed=0 arrived=0 wrong='' rounds=${QRV_KILL_ROUNDS:-12}
for round in $(seq "$rounds"); do
    other_one
    only_shell=
    [ $((round % 4)) != 0 ] || only_shell=1
    delay=$((length * round / rounds))
    kill_after "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))" \
        sh "$setup" --from "$next" --prefix "$target" --yes && killed=$((killed + 1))
    after_kill "round $round"
done
echo "# $killed of $rounds runs were killed, spread over $((length / 1000)) ms; $arrived brought the other version"
echo "$wrong" >"$scratch/out"
[ -z "$wrong" ] && [ $killed -gt 0 ]
result $? "killed at other times while replacing: always one whole version"
check "the next run ends well" 0 installer --from "$two" --prefix "$target" --yes
check "... all of it" 0 is_version "$target" 2.0
check "... and no trace" 0 test ! -e "$target.qrv-new"

wrong=
for round in 1 2 3 4 5 6; do
    fresh="$scratch/fresh $round"
    delay=$((length * round / 6))
    kill_after "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))" \
        sh "$setup" --from "$one" --prefix "$fresh" --yes
    [ ! -e "$fresh" ] || is_version "$fresh" 1.0 >"$scratch/out" 2>&1 || wrong="$wrong round $round"
    installer --from "$one" --prefix "$fresh" --yes >/dev/null && is_version "$fresh" 1.0 >/dev/null ||
        wrong="$wrong round $round, the next run"
    rm -rf "$fresh"
done
echo "$wrong" >"$scratch/out"
[ -z "$wrong" ]
result $? "killed while installing anew: nothing there, or all of it"

# Between the two steps of a file system without exchange
mkdir "$target.qrv-new" && mv "$target" "$target.qrv-new/old" && echo 4194305 >"$target.qrv-new/pid"
check "killed between two renames: the next run completes it" 0 installer --from "$one" --prefix "$target" --yes
check "... all of it" 0 is_version "$target" 1.0
check "... with the user's file" 0 test -e "$target/mine"
mkdir "$target.qrv-new" && echo $$ >"$target.qrv-new/pid"
check "not while another one is at work" 1 installer --from "$two" --prefix "$target" --yes
says "another install.sh (process $$)"
rm -r "$target.qrv-new"

cp "$target/install.sh" "$scratch/again.sh"
for round in 1 2 3; do
    kill_after "0.0$round" sh "$target/install.sh" --uninstall --yes
    [ -f "$target/MANIFEST" ] || break
done
[ ! -f "$target/MANIFEST" ] || sh "$scratch/again.sh" --uninstall --prefix "$target" --yes >/dev/null
(cd "$target" && find . ! -type d) >"$scratch/list"
check "killed while removing: can be repeated" 0 grep -qx ./mine "$scratch/list"
