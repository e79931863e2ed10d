-- Our own smoke test of SQLite's shell: a database in a file, indexes, JSON, full-text search, dates, a journal.
.bail on
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, v REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO t SELECT i, printf('name%05d', i * 7919 % 5003), i / 8.0 FROM n;
SELECT count(*), sum(v), min(name), max(name) FROM t;
BEGIN;
DELETE FROM t WHERE id % 2;
SELECT count(*) FROM t;
ROLLBACK;
SELECT count(*) FROM t;
CREATE INDEX tv ON t(v);
SELECT id FROM t WHERE v BETWEEN 100 AND 100.5 ORDER BY v DESC;
SELECT json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b');
SELECT datetime(1000000000, 'unixepoch'), julianday('2000-01-01 12:00');
CREATE VIRTUAL TABLE f USING fts5(body);
INSERT INTO f VALUES('the quick brown fox'), ('jumps over the lazy dog'), ('the fox again');
SELECT rowid, highlight(f, 0, '[', ']') FROM f WHERE f MATCH 'fox' ORDER BY rowid;
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1);
INSERT INTO r SELECT id, v, v + 1, v, v + 2 FROM t WHERE id <= 100;
SELECT count(*) FROM r WHERE x0 < 5 AND x1 > 4;
PRAGMA journal_mode = persist;
UPDATE t SET v = v + 1;
SELECT sum(v) FROM t;
PRAGMA integrity_check;
VACUUM;
SELECT round(sqrt(2), 6), round(exp(1), 6), 9223372036854775807, 1e308 * 10, 0.1 + 0.2;
