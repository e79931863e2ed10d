# SPDX-License-Identifier: Apache-2.0
# Sourced by part_sqlite: what is run, in CI and with --full. Limits are only there against hangs.
local fuzz="4" threads="stress1 create_drop_index_1" many="" name
local scripts="select1.test select3.test insert.test update.test delete.test where.test index.test join.test
    lock.test lock2.test lock3.test types.test trigger1.test view.test unique.test fkey1.test json101.test
    json103.test savepoint.test journal1.test busy.test exclusive.test temptable.test incrblob.test thread1.test io.test"
if [ $full = 1 ]; then
    fuzz="1 2 3 4 5 6 7 8"
    many="multiwrite01 crash01" # their clients give up a lock after 10 seconds: not for a loaded machine
    threads="cgt_pager_1 dynamic_triggers create_drop_index_1 lookaside1 vacuum1 stress1 stress2 shared1"
fi

for name in $fuzz; do
    counted 7200 "fuzzcheck fuzzdata$name.db" of_fuzzcheck "$target" build/fuzzcheck "sqlite3/test/fuzzdata$name.db"
done

cd "$dir/run" || return
for name in $many; do
    rm -f mptest.db*
    counted 1800 "mptest $name: processes with one database" of_mptest "$target" ../build/mptester mptest.db \
        "../sqlite3/mptest/$name.test"
done
for name in $threads; do
    counted 3600 "threadtest3 $name" of_mptest "$target" ../build/threadtest3 "$name"
done
rm -rf kv.db kv && mkdir kv
counted 900 "kvtest init" of_exit "$target" ../build/kvtest init kv.db --count 300 --size 5000
counted 900 "kvtest run" of_exit "$target" ../build/kvtest run kv.db --count 500 --max-id 300
counted 900 "kvtest export" of_exit "$target" ../build/kvtest export kv.db kv
counted 900 "kvtest run on files" of_exit "$target" ../build/kvtest run kv --count 500 --max-id 300
counted 900 "kvtest update" of_exit "$target" ../build/kvtest run kv.db --count 100 --max-id 300 --update
counted 1800 "speedtest1 in memory" of_exit "$target" ../build/speedtest1 --size 2 --verify :memory:
rm -f speed.db*
counted 1800 "speedtest1 on a file" of_exit "$target" ../build/speedtest1 --size 1 --verify speed.db

cd "$dir" || return
if [ $full = 1 ]; then
    QUICKTEST_OMIT=$(omitted) tcl_scripts 28800 "the test scripts of veryquick"
    left_out "of veryquick, by name in tests/upstream/exceptions: $(omitted)"
else
    set -f # patterns are testfixture's, not the shell's
    tcl_scripts 3600 "test scripts, a selection of veryquick" $scripts
    set +f
    left_out "the rest of veryquick, fuzzdata1-3 and 5-8, mptest, most of threadtest3: --full"
fi
left_out "of threadtest3, WAL (MAP_SHARED of a file that is written): walthread1-5, checkpoint_starvation_1-2"
