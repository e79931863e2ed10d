# SPDX-License-Identifier: Apache-2.0
# Part of tests/install/run: install.sh is killed at times spread over its run. Whenever that is, the SDK in its
# place is the old one or the new one, whole, and the next run cleans up.

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

installer --from "$one" --prefix "$target" --yes >/dev/null
touch "$target/mine"
began=$(date +%s%N)
installer --from "$two" --prefix "$target" --yes >/dev/null
length=$((($(date +%s%N) - began) / 1000)) # of one run, in microseconds; kills go on a bit beyond it
killed=0 arrived=0 wrong='' rounds=${QRV_KILL_ROUNDS:-24}
for round in $(seq "$rounds"); do
    have=$(cat "$target/VERSION")
    case $have in 1.0) next=$two other=2.0 ;; *) next=$one other=1.0 ;; esac
    only_shell=
    [ $((round % 4)) != 0 ] || only_shell=1
    delay=$((length * 3 / 2 * round / rounds))
    kill_after "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))" \
        sh "$setup" --from "$next" --prefix "$target" --yes && killed=$((killed + 1))
    now=$(cat "$target/VERSION" 2>/dev/null)
    case $now in "$have" | "$other") ;; *) wrong="$wrong round $round: version '$now';" ;; esac
    [ "$now" = "$have" ] || arrived=$((arrived + 1))
    is_version "$target" "$now" >"$scratch/out" 2>&1 || wrong="$wrong round $round: $(cat "$scratch/out");"
    [ -e "$target/mine" ] || wrong="$wrong round $round: the user's file is gone;"
done
echo "# $killed of $rounds runs were killed, spread over $((length * 3 / 2000)) ms; $arrived brought the other version"
echo "$wrong" >"$scratch/out"
[ -z "$wrong" ]
result $? "killed $rounds times while replacing: always one whole version"
[ $killed -ge $((rounds / 3)) ]
result $? "... and it was killed often enough"
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
