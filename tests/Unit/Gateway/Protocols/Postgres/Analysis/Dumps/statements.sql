-- One statement per name; the capture tool prepares each one and keeps the server's dump. "since N" skips older majors; "as ROLE" sets the role.
-- What the analysis must make of it: "refused RULE", or "gives" the tags of its columns (~ for a computed one, - for none); "level L": at that
-- predicate level.
--# one
SELECT 1
--# star
SELECT * FROM patients
--# alias_columns
SELECT p.d, p.c FROM patients AS p(a, b, c, d)
--# literals
SELECT 'it''s a "quoted" text with {braces} (parens) \back and ü', E'line\nbreak', NULL::text, 42, -7.5, true, B'101', X'ff', '{1,2}'::int[], interval '1 day'
--# odd_names
SELECT name AS "odd {name} (x) :y", "p q".patient_id AS "9lives" FROM patients AS "p q"
--# long_name
SELECT name AS "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk", patient_id AS "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((" FROM patients
--# equality
SELECT patient_id FROM patients WHERE mrn = 'MR-1' AND name <> $1 AND phone IN ('1', '2') AND born IN ($2, '2001-02-03')
--# null_test
SELECT patient_id FROM patients WHERE name IS NOT NULL OR NOT phone IS NULL
--# lower_equality
SELECT patient_id FROM patients WHERE lower(name) = lower($1)
--# like
SELECT patient_id FROM patients WHERE name LIKE 'A%'
--# distinct_from
SELECT patient_id FROM patients WHERE name IS DISTINCT FROM 'x' AND (risk > 1) IS NOT TRUE
--# computed
SELECT upper(name), name || 'x', substr(mrn, 1, 2) FROM patients
--# cast_relabel
SELECT phone::text, mrn::text, name COLLATE "C", name::varchar, name::varchar(5) FROM patients
--# cast_io
SELECT born::text, '5'::int, risk::text FROM patients
--# case
SELECT CASE risk WHEN 1 THEN 'a' ELSE 'b' END, CASE WHEN name = 'x' THEN 1 END, coalesce(nickname, 'none'), nullif(risk, 1), greatest(risk, 2) FROM patients
--# array
SELECT ARRAY[risk, 2], aliases[1], ARRAY(SELECT name FROM patients), ('{1,2,3}'::int[])[2:3], ARRAY[risk]::bigint[] FROM patients
--# composite
SELECT (home).city, home, ROW(risk, 1), ROW(risk, 2) < ROW(3, 4), ROW(1, name)::text FROM patients
--# whole_row
SELECT p, p::text, to_jsonb(p), count(p.*) OVER () FROM patients p
--# system_columns
SELECT ctid, tableoid::regclass, xmin FROM patients
--# subquery
SELECT a FROM (SELECT name AS a, upper(name) AS unused FROM patients) s
--# scalar_subquery
SELECT (SELECT p.name), (SELECT q.name FROM patients q LIMIT 1) FROM patients p
--# exists_in
SELECT clinic_id FROM clinics c WHERE EXISTS (SELECT 1 FROM patients p WHERE p.clinic_id = c.clinic_id) AND clinic_id IN (SELECT clinic_id FROM patients) AND 3 > ALL (SELECT risk FROM patients)
--# in_tagged_subselect
SELECT patient_id FROM patients WHERE mrn IN (SELECT mrn FROM visits) AND mrn NOT IN (SELECT mrn FROM visits WHERE ward = 'x')
--# clean_in_tagged
SELECT code FROM codes WHERE code IN (SELECT mrn FROM patients)
--# join_tagged
SELECT v.visit_id FROM visits v JOIN patients p ON p.mrn = v.mrn LEFT JOIN clinics c USING (clinic_id)
--# join_using
SELECT mrn, visit_id, j.name FROM (visits v JOIN patients p USING (mrn)) AS j
--# full_join
SELECT mrn FROM visits v FULL JOIN patients p USING (mrn)
--# natural_join
SELECT name, label FROM patients NATURAL JOIN (SELECT patient_id, 1 AS label FROM visits) x
--# lateral_values
SELECT v.x FROM patients p, LATERAL (VALUES (p.name), (p.phone)) v(x)
--# values
VALUES (1, 'a'), (2, 'b')
--# cte
WITH q AS (SELECT name, patient_id FROM patients), r AS MATERIALIZED (SELECT * FROM q) SELECT r.name FROM r JOIN q ON q.patient_id = r.patient_id
--# cte_computed
WITH q AS MATERIALIZED (SELECT patient_id, substr(name, 1, 1) AS first FROM patients) SELECT patient_id FROM q
--# cte_recursive
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n FROM r
--# cte_recursive_tagged
WITH RECURSIVE r(n, a) AS (SELECT 1, name FROM patients UNION ALL SELECT n + 1, a FROM r WHERE n < 4) SELECT a FROM r
--# cte_search_cycle
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SEARCH DEPTH FIRST BY n SET ordering CYCLE n SET looped USING path SELECT * FROM r
--# cte_writes
WITH gone AS (DELETE FROM codes WHERE code = 'x' RETURNING *) SELECT label FROM gone
--# union_all
SELECT name FROM patients UNION ALL SELECT name FROM patients
--# union_all_mixed
SELECT label FROM codes UNION ALL SELECT name FROM patients
--# intersect
SELECT code FROM codes INTERSECT SELECT mrn FROM patients
--# union_clean
SELECT code FROM codes UNION SELECT name FROM clinics EXCEPT SELECT 'x' ORDER BY 1 LIMIT 3
--# group_by
SELECT name, count(*), max(risk) FROM patients GROUP BY name HAVING count(*) > 1
--# grouping_sets
SELECT clinic_id, name, grouping(clinic_id), count(*) FROM patients GROUP BY GROUPING SETS ((clinic_id), ROLLUP (name))
--# group_expression
SELECT substr(name, 1, 1), count(*) FROM patients GROUP BY 1
--# group_clean_expression
SELECT risk / 10, count(*) FROM patients GROUP BY risk / 10 ORDER BY 1
--# group_functional
SELECT p.patient_id, p.name, count(v.*) FROM patients p LEFT JOIN visits v USING (patient_id) GROUP BY p.patient_id
--# aggregates
SELECT count(name), count(DISTINCT mrn), count(*) FILTER (WHERE mrn = 'x'), sum(risk) FILTER (WHERE risk > 1), string_agg(nickname, ',' ORDER BY risk) FROM patients
--# aggregate_tagged
SELECT max(name), array_agg(mrn ORDER BY mrn) FROM patients
--# ordered_set
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY risk) FROM patients
--# window
SELECT rank() OVER (PARTITION BY clinic_id ORDER BY risk DESC), sum(risk) OVER w FROM patients WINDOW w AS (ORDER BY patient_id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)
--# window_tagged
SELECT row_number() OVER (ORDER BY name) FROM patients
--# distinct
SELECT DISTINCT name FROM patients ORDER BY name LIMIT 5 OFFSET $1
--# distinct_on
SELECT DISTINCT ON (clinic_id) clinic_id, name FROM patients ORDER BY clinic_id, patient_id
--# order_by_computed
SELECT patient_id FROM patients ORDER BY substr(name, 1, 1) = 'a'
--# limit_tagged
SELECT code FROM codes LIMIT (SELECT length(name) FROM patients LIMIT 1)
--# tablesample
SELECT patient_id FROM patients TABLESAMPLE SYSTEM (10) REPEATABLE (1)
--# functions_from
SELECT g, o FROM generate_series(1, 3) WITH ORDINALITY AS t(g, o), unnest(ARRAY[1, 2])
--# record_function
SELECT * FROM json_to_record('{"a":1}') AS r(a int)
--# table_function_tagged
SELECT u FROM patients p, unnest(p.aliases) u
--# set_returning_target
SELECT generate_series(1, risk), unnest(aliases) FROM patients
--# xml
SELECT xmlelement(name x, risk), xmlforest(nickname AS n), xmlparse(content 'a'), xmlserialize(content '<a/>' AS text) FROM patients
--# xmltable
SELECT x.v FROM XMLTABLE('/a' PASSING '<a>1</a>' COLUMNS v int PATH '.') x
--# sql_value_functions
SELECT current_date, current_user, current_timestamp(2), localtime
--# named_arguments
SELECT make_interval(days => 3), random()
--# user_function
SELECT ward.patient_name(1)
--# declared_function
SELECT ward.age(current_date)
--# view
SELECT display_name, patient_id FROM directory WHERE clinic_id = 1
--# view_computed
SELECT label FROM directory
--# view_barrier
SELECT name FROM low_risk
--# matview
SELECT patient_id, visits FROM summary
--# matview_identity
SELECT chart FROM summary
--# matview_computed
SELECT who FROM summary
--# matview_clean
SELECT * FROM load
--# partition
SELECT mrn, ward FROM visits_2025
--# inheritance
SELECT label FROM ONLY samples
--# inheritance_child
SELECT label, contact FROM swabs
--# row_security as reader
SELECT topic, body FROM messages
--# for_update
SELECT name FROM patients WHERE patient_id = 1 FOR UPDATE OF patients SKIP LOCKED
--# insert
INSERT INTO patients (patient_id, mrn, name, risk) VALUES ($1, $2, 'x', 3) RETURNING patient_id, name
--# insert_default
INSERT INTO samples DEFAULT VALUES
--# insert_select
INSERT INTO codes SELECT 'zz', name FROM patients
--# insert_values_many
INSERT INTO codes VALUES ('a', 'b'), ('c', DEFAULT) ON CONFLICT (code) DO UPDATE SET label = excluded.label WHERE codes.label <> 'x'
--# insert_conflict_tagged
INSERT INTO patients (patient_id, mrn, name) VALUES (1, 'm', 'n') ON CONFLICT (patient_id) DO UPDATE SET nickname = patients.name
--# insert_identity
INSERT INTO visits OVERRIDING SYSTEM VALUE VALUES (1, 2, 'm', 'w', '2025-02-03')
--# insert_ruled
INSERT INTO ruled VALUES (1, 'x')
--# update
UPDATE patients SET risk = risk + 1, name = 'y' WHERE mrn = $1 RETURNING *
--# update_self
UPDATE patients SET name = initcap(name) WHERE patient_id = 4
--# update_leak
UPDATE patients SET nickname = name
--# update_multi
UPDATE codes SET (code, label) = (SELECT name, mrn FROM patients WHERE patient_id = 1) WHERE code = 'x'
--# update_from
UPDATE codes c SET label = k.name FROM clinics k WHERE k.name = c.code
--# update_composite
UPDATE patients SET home.city = 'Arden', aliases[2] = 'x' WHERE patient_id = 1
--# update_view
UPDATE low_risk SET nickname = 'x' WHERE patient_id = 1 RETURNING name
--# update_partitioned
UPDATE visits SET ward = 'w' WHERE at = '2025-01-01'
--# delete_all
DELETE FROM codes
--# delete_true
DELETE FROM codes WHERE 1 = 1 OR true
--# delete_using
DELETE FROM codes USING patients p WHERE p.patient_id = 1 RETURNING p.mrn
--# delete_correlated
DELETE FROM codes c WHERE EXISTS (SELECT 1 FROM clinics k WHERE k.name = c.code)
--# merge since 15
MERGE INTO codes c USING clinics k ON k.name = c.code WHEN MATCHED AND k.beds > 3 THEN UPDATE SET label = k.name WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (k.name, 'x')
--# merge_tagged since 15
MERGE INTO codes c USING patients p ON p.name = c.code WHEN MATCHED AND p.name LIKE 'a%' THEN UPDATE SET label = 'm'
--# merge_returning since 17
MERGE INTO codes c USING clinics k ON k.name = c.code WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING merge_action(), c.label
--# returning_old_new since 18
UPDATE patients SET name = 'y' WHERE patient_id = 1 RETURNING old.name, new.risk
--# returning_aliases since 18
UPDATE patients SET risk = 2 WHERE patient_id = 1 RETURNING WITH (OLD AS o, NEW AS n) o.name, n.risk, patient_id
--# returning_whole_row since 18
DELETE FROM codes WHERE code = 'x' RETURNING old, to_jsonb(new)
--# json_constructors since 16
SELECT JSON_OBJECT('k': risk), JSON_ARRAY(1, 2), nickname IS JSON OBJECT, JSON_ARRAYAGG(risk) OVER () FROM patients
--# json_query since 17
SELECT JSON_VALUE('{"a":1}', '$.a' RETURNING int DEFAULT 0 ON ERROR), JSON_EXISTS(jsonb '{}', '$.x'), JSON_SERIALIZE('{}')
--# json_table since 17
SELECT t.a FROM JSON_TABLE('[{"a":1}]', '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$.a', NESTED PATH '$.b[*]' COLUMNS (c text PATH '$'))) t
--# any_value since 16
SELECT any_value(risk) FROM patients
--# catalog
SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relname = 'patients' AND a.attnum > 0
--# activity
SELECT pid, state, query FROM pg_stat_activity
--# statistics_values
SELECT stavalues1, stanullfrac FROM pg_statistic
--# statistics_computed
SELECT array_length(stavalues1, 1) FROM pg_statistic
--# set_config
SELECT set_config('search_path', 'ward', false)
--# set_config_tagged
SELECT set_config('application_name', name, false) FROM patients
--# sleep
SELECT pg_sleep(0)
--# sleep_tagged
SELECT pg_sleep(0), name FROM patients
--# read_file
SELECT pg_read_file('x')
--# table_to_xml
SELECT table_to_xml('ward.patients', true, true, '')
--# nextval
SELECT nextval('ticket')
--# nextval_tagged
SELECT nextval('ticket'), name FROM patients
--# notify
SELECT pg_notify('jobs', 'go')
--# select_into
SELECT 1 AS x INTO TEMP elsewhere
--# utility_show
SHOW search_path
--# utility_declare
DECLARE c CURSOR FOR SELECT 1
--# utility_create
CREATE TABLE t (a int DEFAULT 1 CHECK (a > 0), b text)
--# function_from_tagged
SELECT p.patient_id FROM patients p, upper(p.name) u
--# count_rows
SELECT count(s.*) FROM (SELECT name FROM patients) s
--# count_rows_computed
SELECT count(s.*) FROM (SELECT patient_id, 1 / length(name) AS z FROM patients OFFSET 0) s
--# unused_volatile
SELECT patient_id FROM (SELECT patient_id, length(name) || clock_timestamp()::text AS z FROM patients) s
--# unused_locked
SELECT patient_id FROM (SELECT patient_id, length(name) AS z FROM patients OFFSET 0) s FOR UPDATE
--# unused_written
UPDATE codes SET label = 'x' FROM (SELECT patient_id, length(name) AS z FROM patients OFFSET 0) s WHERE codes.code = 'a' AND s.patient_id = 1
--# unused_set_returning
SELECT patient_id FROM (SELECT patient_id, length(name) + generate_series(1, 2) AS z FROM patients) s
--# exists_computed
SELECT 1 WHERE EXISTS (SELECT max(length(name)) FROM patients)
--# values_computed
SELECT v.y FROM patients p, LATERAL (VALUES (1, length(p.name))) v(y, z)
--# any_of_tagged_array
SELECT patient_id FROM patients WHERE nickname = ANY (aliases)
--# scalar_equality
SELECT patient_id FROM patients WHERE mrn = (SELECT mrn FROM visits LIMIT 1)
--# advisory_lock
SELECT pg_advisory_lock(42), pg_advisory_unlock(40 + 2)
--# partition_bounds
SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class
--# partition_constraint
SELECT pg_get_partition_constraintdef('ward.visits_2025'::regclass)
--# deep
SELECT 1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1
--# in_twenty
SELECT patient_id FROM patients WHERE born IN ('2001-01-01', '2001-01-02', '2001-01-03', '2001-01-04', '2001-01-05', '2001-01-06', '2001-01-07', '2001-01-08', '2001-01-09', '2001-01-10', '2001-01-11', '2001-01-12', '2001-01-13', '2001-01-14', '2001-01-15', '2001-01-16', '2001-01-17', '2001-01-18', '2001-01-19', '2001-01-20')
--# in_many
SELECT patient_id FROM patients WHERE born IN ('2001-01-01', '2001-01-02', '2001-01-03', '2001-01-04', '2001-01-05', '2001-01-06', '2001-01-07', '2001-01-08', '2001-01-09', '2001-01-10', '2001-01-11', '2001-01-12', '2001-01-13', '2001-01-14', '2001-01-15', '2001-01-16', '2001-01-17', '2001-01-18', '2001-01-19', '2001-01-20', '2001-01-21')
--# or_many
SELECT patient_id FROM patients WHERE born = '2001-01-01' OR born = '2001-01-02' OR born = '2001-01-03' OR born = '2001-01-04' OR born = '2001-01-05' OR born = '2001-01-06' OR born = '2001-01-07' OR born = '2001-01-08' OR born = '2001-01-09' OR born = '2001-01-10' OR born = '2001-01-11' OR born = '2001-01-12' OR born = '2001-01-13' OR born = '2001-01-14' OR born = '2001-01-15' OR born = '2001-01-16' OR born = '2001-01-17' OR born = '2001-01-18' OR born = '2001-01-19' OR born = '2001-01-20' OR born = '2001-01-21'
--# any_literal
SELECT patient_id FROM patients WHERE mrn = ANY ('{a,b,c}') AND born = ANY ('{2001-01-01}'::date[]) AND phone <> ALL ('{}')
--# any_literal_many
SELECT patient_id FROM patients WHERE born = ANY ('{2001-01-01,2001-01-02,2001-01-03,2001-01-04,2001-01-05,2001-01-06,2001-01-07,2001-01-08,2001-01-09,2001-01-10,2001-01-11,2001-01-12,2001-01-13,2001-01-14,2001-01-15,2001-01-16,2001-01-17,2001-01-18,2001-01-19,2001-01-20,2001-01-21}')
--# any_literal_grid
SELECT patient_id FROM patients WHERE risk = ANY ('{{1,2},{3,4}}') AND phone = ANY ('{{a,a,a,a,a,a,a,a,a,a,a},{b,b,b,b,b,b,b,b,b,b,b}}')
--# any_parameter
SELECT patient_id FROM patients WHERE born = ANY ($1::date[])
--# any_parameter_clean
SELECT patient_id FROM patients WHERE risk = ANY ($1::int[]) AND name = $2
--# any_built
SELECT patient_id FROM patients WHERE phone = ANY (string_to_array(regexp_replace('1-2', '-', ',999-54-'), ',')::varchar(11)[])
--# any_cast_text
SELECT patient_id FROM patients WHERE phone = ANY (('{1,2}'::text)::text[])
--# equality_built
SELECT patient_id FROM patients WHERE phone = repeat('1', 3)
--# equality_cast
SELECT patient_id FROM patients WHERE mrn = 'a'::varchar(10) AND phone = $1::varchar(3) AND born = CAST($2 AS date) AND name = upper('x') AND aliases = '{a,b}'
--# activity_field
SELECT (pg_stat_get_activity(NULL)).query
--# activity_row
SELECT pg_stat_get_activity(NULL)
--# activity_nested
SELECT s.a FROM (SELECT pg_stat_get_activity(NULL) AS a) s
--# activity_function
SELECT a.pid, a.query FROM pg_stat_get_activity(NULL) a
--# count_distinct_rows
SELECT count(DISTINCT s) FROM (SELECT least(g, ascii(substr(name, 1, 1))) AS x FROM patients, generate_series(1, 127) g WHERE patient_id = 1) s
--# count_rows_window
SELECT count(s) OVER () FROM (SELECT 1 / (CASE WHEN substr(name, 1, 1) = 'a' THEN 1 ELSE 0 END) AS z FROM patients) s
--# delete_same_column
DELETE FROM codes WHERE code = code
--# delete_not_null
DELETE FROM codes WHERE code IS NOT NULL
--# delete_where_true
DELETE FROM codes WHERE true
--# update_or_true
UPDATE codes SET label = 'x' WHERE code IS NOT NULL OR true
--# delete_or_constant
DELETE FROM codes WHERE code = 'a' OR 1 = 1
--# delete_truth_value
DELETE FROM codes WHERE (code IS NOT NULL) = true
--# delete_not_in
DELETE FROM codes WHERE code NOT IN ('a', 'b')
--# delete_in_itself
DELETE FROM codes WHERE code IN (SELECT code FROM codes)
--# delete_exists_itself
DELETE FROM codes c WHERE EXISTS (SELECT 1 FROM codes d WHERE d.code = c.code)
--# delete_exists_uncorrelated
DELETE FROM codes WHERE EXISTS (SELECT 1 FROM clinics k WHERE k.beds = 1)
--# delete_or
DELETE FROM codes WHERE code = 'a' OR label = $1
--# delete_and
DELETE FROM codes WHERE label IS NOT NULL AND lower(code) = 'a'
--# delete_range
DELETE FROM codes WHERE code BETWEEN 'a' AND 'b' OR code LIKE 'x%'
--# delete_in
DELETE FROM codes WHERE code IN ('a', 'b')
--# delete_in_select
DELETE FROM codes WHERE code IN (SELECT name FROM clinics)
--# delete_in_bounded
DELETE FROM codes WHERE code IN (SELECT code FROM codes WHERE label = 'x')
--# delete_using_joined
DELETE FROM codes c USING clinics k WHERE k.name = c.code AND k.beds = 1
--# delete_using_itself
DELETE FROM codes c USING codes d WHERE d.code = c.code
--# merge_all since 15
MERGE INTO codes c USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE
--# merge_all_condition since 15
MERGE INTO codes c USING (SELECT 1) s ON true WHEN MATCHED AND c.code = 'a' THEN DELETE
--# merge_insert_only since 15
MERGE INTO codes c USING clinics k ON false WHEN NOT MATCHED THEN INSERT VALUES (k.name, 'x')
--# merge_by_source since 17
MERGE INTO codes c USING clinics k ON k.name = c.code WHEN NOT MATCHED BY SOURCE AND c.label = 'x' THEN DELETE
--# delete_not_equal
DELETE FROM codes WHERE code <> 'a'
--# delete_exists_aggregate
DELETE FROM codes c WHERE EXISTS (SELECT count(*) FROM clinics k WHERE k.name = c.code)
--# delete_with_itself
WITH d AS (SELECT code FROM codes) DELETE FROM codes c USING d WHERE d.code = c.code
--# delete_with_bounded
WITH d AS (SELECT code FROM codes WHERE label = 'x') DELETE FROM codes c USING d WHERE d.code = c.code
--# out_null_test gives -,~NAME
SELECT name IS NULL, nullif(name, 'x') IS NULL FROM patients
--# out_comparison gives ~NAME,~NAME,~NAME
SELECT name = 'x', name IN ('a', 'b'), (name = 'x') IS TRUE FROM patients
--# out_case_condition gives ~NAME,-
SELECT CASE WHEN name = 'x' THEN risk END, CASE WHEN risk > 1 THEN risk END FROM patients
--# out_case_of gives ~NAME
SELECT CASE name WHEN 'x' THEN 1 ELSE 2 END FROM patients
--# out_nullif gives ~NAME,-
SELECT nullif(nickname, name), nullif(nickname, 'x') FROM patients
--# out_minmax gives ~NAME
SELECT greatest(name, 'm') FROM patients
--# out_subscript gives ~NAME,~NAME
SELECT (ARRAY[1, 2])[length(name)], aliases[risk] FROM patients
--# out_sublink_any gives ~MRN,-
SELECT mrn IN (SELECT mrn FROM visits), clinic_id IN (SELECT clinic_id FROM clinics) FROM patients
--# out_sublink_array gives ~NAME
SELECT ARRAY(SELECT name FROM patients)
--# out_sublink_exists gives -
SELECT EXISTS (SELECT upper(name) FROM patients WHERE name = 'x')
--# out_sublink_exists_computed refused computed-predicate
SELECT EXISTS (SELECT 1 FROM patients WHERE upper(name) LIKE 'x%')
--# out_filter_computed gives ~NAME,-
SELECT count(*) FILTER (WHERE substr(name, 1, 1) = 'a'), count(*) FILTER (WHERE name = 'a') FROM patients
--# out_filter_other gives ~NAME,-
SELECT sum(risk) FILTER (WHERE name = 'a'), sum(risk) FILTER (WHERE risk > 2) FROM patients
--# out_count_computed gives ~NAME,~NAME,-
SELECT count(nullif(name, 'a')), count(DISTINCT substr(name, 1, 1)), count(DISTINCT name) FROM patients
--# out_count_function_row gives ~ADDRESS
SELECT count(j.*) FROM patients p, jsonb_populate_record(p.home, '{}') j
--# out_ordered_set gives ~NAME,-
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY name), mode() WITHIN GROUP (ORDER BY nickname) FROM patients
--# out_aggregate_order gives ~NAME
SELECT string_agg(nickname, ',' ORDER BY name) FROM patients
--# out_window_order gives ~NAME,-
SELECT rank() OVER (ORDER BY name), rank() OVER (ORDER BY risk) FROM patients
--# out_window_partition gives ~NAME
SELECT count(*) OVER (PARTITION BY name) FROM patients
--# out_window_argument gives ~NAME
SELECT lag(patient_id, length(name)) OVER (ORDER BY patient_id) FROM patients
--# out_window_filter gives ~NAME
SELECT count(*) FILTER (WHERE name = 'a') OVER () FROM patients
--# out_renamed gives ~MRN
WITH q AS (SELECT substr(mrn, 1, 1) AS mrn FROM patients) SELECT mrn FROM q
--# out_recursive_step gives ~NAME,-
WITH RECURSIVE r(n, a, b) AS (SELECT 1, 'x'::text, name FROM patients UNION ALL SELECT n + 1, b, b FROM r WHERE n < 4) SELECT a, n FROM r
--# out_recursive_kept gives NAME
WITH RECURSIVE r(n, b) AS (SELECT 1, name FROM patients UNION SELECT n + 1, b FROM r WHERE n < 4) SELECT b FROM r
--# out_values_mixed gives ~NAME
SELECT v.x FROM patients p, LATERAL (VALUES (p.name), ('x')) v(x)
--# out_values_tags gives ~MRN
SELECT v.x FROM patients p, LATERAL (VALUES (p.mrn::text), (p.name)) v(x)
--# out_rows_from gives ~NAME,~NAME,~NAME
SELECT f.* FROM patients p, ROWS FROM (unnest(p.aliases), generate_series(1, 2)) WITH ORDINALITY AS f(a, b, n)
--# out_function_from gives ~NAME
SELECT r.a FROM patients p, json_to_record(to_json(p.name)) AS r(a text)
--# out_returning gives ~NAME,NAME
UPDATE patients SET risk = 1 WHERE patient_id = 1 RETURNING lower(name), name
--# recursion_computed_condition refused computed-predicate
WITH RECURSIVE r(s) AS (SELECT name FROM patients UNION ALL SELECT substr(s, 2) FROM r WHERE s <> '') SELECT count(*) FROM r
--# recursion_deduplicated refused set-operation
WITH RECURSIVE r(s) AS (SELECT name FROM patients UNION SELECT substr(s, 2) FROM r) SELECT count(*) FROM r
--# where_renamed refused computed-predicate
SELECT 1 FROM (SELECT substr(mrn, 1, 1) AS mrn FROM patients) s WHERE mrn = 'a'
--# where_renamed_with refused computed-predicate
WITH q AS (SELECT substr(mrn, 1, 1) AS mrn FROM patients) SELECT 1 FROM q WHERE mrn = 'a'
--# where_identity_through gives -
WITH q AS (SELECT mrn AS m FROM patients) SELECT 1 FROM (SELECT m FROM q) s WHERE m = 'a'
--# where_null_computed refused computed-predicate
SELECT 1 FROM patients WHERE nullif(substr(mrn, 1, 1), 'a') IS NULL
--# where_truth refused computed-predicate
SELECT 1 FROM patients WHERE (mrn LIKE 'a%') IS TRUE
--# where_case refused computed-predicate
SELECT 1 FROM patients WHERE CASE WHEN mrn LIKE 'a%' THEN true END
--# where_clean_column refused computed-predicate
SELECT 1 FROM patients p, codes c WHERE p.mrn = c.code
--# where_series refused computed-predicate
SELECT g FROM patients p, generate_series(1, 9999) g WHERE p.phone = g::text
--# where_other_tag refused computed-predicate
SELECT 1 FROM patients p JOIN visits v ON p.name = v.mrn
--# where_row refused computed-predicate
SELECT 1 FROM patients WHERE (mrn, risk) < ('b', 1)
--# where_row_equal gives -
SELECT patient_id FROM patients WHERE (mrn, risk) = ('b', 1)
--# where_whole_row refused computed-predicate
SELECT 1 FROM patients a JOIN patients b ON a = b
--# where_sublink_computed refused computed-predicate
SELECT 1 WHERE 'a' IN (SELECT substr(mrn, 1, 1) FROM patients)
--# where_sublink_all refused computed-predicate
SELECT 1 WHERE 'a' = ALL (SELECT substr(mrn, 1, 1) FROM patients)
--# where_scalar_computed refused computed-predicate
SELECT 1 FROM patients WHERE mrn = (SELECT substr(mrn, 1, 4) FROM visits LIMIT 1)
--# where_operator_range refused computed-predicate
SELECT 1 FROM patients WHERE born < '1930-01-01'
--# where_array_contains refused computed-predicate
SELECT 1 FROM patients WHERE aliases @> ARRAY['a']
--# where_lower_built refused computed-predicate
SELECT 1 FROM patients WHERE lower(name) = nickname
--# where_concat refused computed-predicate
SELECT 1 FROM patients WHERE name = 'a' || $1
--# having_computed refused computed-predicate
SELECT clinic_id FROM patients GROUP BY clinic_id HAVING max(name) = 'x'
--# having_count gives -
SELECT clinic_id FROM patients GROUP BY clinic_id HAVING count(name) > 1
--# having_key gives NAME
SELECT name FROM patients GROUP BY name HAVING name = 'x'
--# on_computed refused computed-predicate
SELECT 1 FROM clinics c LEFT JOIN patients p ON substr(p.mrn, 1, 1) = 'a'
--# update_condition refused computed-predicate
UPDATE codes SET label = 'x' FROM patients p WHERE p.name LIKE 'a%' AND codes.code = 'b'
--# delete_condition refused computed-predicate
DELETE FROM codes USING patients p WHERE substr(p.name, 1, 1) = codes.code
--# conflict_condition refused computed-predicate
INSERT INTO patients (patient_id, mrn, name) VALUES (1, 'm', 'n') ON CONFLICT (patient_id) DO UPDATE SET risk = 1 WHERE substr(patients.mrn, 1, 1) = 'a'
--# merge_join since 15 refused computed-predicate
MERGE INTO codes c USING patients p ON substr(p.name, 1, 1) = c.code WHEN MATCHED THEN DELETE
--# merge_action since 15 refused computed-predicate
MERGE INTO codes c USING patients p ON c.code = 'a' WHEN MATCHED AND substr(p.name, 1, 1) = 'a' THEN DELETE
--# merge_identity since 15 gives
MERGE INTO codes c USING patients p ON p.name = 'a' AND c.code = 'b' WHEN MATCHED THEN UPDATE SET label = 'm'
--# many_over_columns gives -
SELECT 1 FROM patients WHERE name IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12') AND phone IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12')
--# many_transformed refused many-values
SELECT 1 FROM patients WHERE lower(name) IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12') OR name IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12')
--# level_none_equality level none refused predicate-level
SELECT 1 FROM patients WHERE name = 'x'
--# level_none_join level none refused predicate-level
SELECT 1 FROM patients p JOIN visits v ON p.mrn = v.mrn
--# level_none_null level none refused computed-predicate
SELECT 1 FROM patients WHERE name IS NULL
--# level_none_group level none refused computed-key
SELECT count(*) FROM patients GROUP BY name
--# level_none_order level none refused computed-key
SELECT patient_id FROM patients ORDER BY name
--# level_none_set level none refused set-operation
SELECT name FROM patients INTERSECT SELECT name FROM patients
--# level_none_unnest level none refused set-returning
SELECT unnest(aliases) FROM patients
--# level_none_coalesce level none refused steered-failure
SELECT coalesce(name, (SELECT label FROM codes LIMIT 1)) FROM patients
--# level_none_conflict level none refused conflict-values
INSERT INTO patients (patient_id, mrn, name) VALUES (1, 'm', 'n') ON CONFLICT (mrn) DO NOTHING
--# level_none_select level none gives NAME,~NAME,~NAME
SELECT name, count(name), name IS NULL FROM patients GROUP BY patient_id
--# level_strict_lower level strict refused predicate-level
SELECT 1 FROM patients WHERE lower(name) = 'x'
--# level_strict_lower_key level strict refused computed-key
SELECT count(*) FROM patients GROUP BY lower(name)
--# level_strict_literals level strict refused set-operation
SELECT name FROM patients INTERSECT SELECT 'x'
--# level_strict_equality level strict gives MRN
SELECT p.mrn FROM patients p JOIN visits v ON p.mrn = v.mrn WHERE p.name IN ('a', $1) AND p.phone IS NULL GROUP BY p.mrn ORDER BY p.mrn
--# level_equality_keys gives -
SELECT count(*) FROM patients GROUP BY lower(name) ORDER BY lower(name)
--# level_equality_trim gives -
SELECT patient_id FROM patients WHERE btrim(name) = btrim($1)
--# level_equality_trim_of refused computed-predicate
SELECT patient_id FROM patients WHERE btrim(name, 'abc') = 'x'
--# level_equality_date_key gives -
SELECT count(*) FROM patients GROUP BY date_trunc('year', born)
--# level_equality_extract gives ~DATE
SELECT extract(year FROM born) FROM patients ORDER BY 1
--# level_strict_date_key level strict refused computed-key
SELECT count(*) FROM patients GROUP BY date_trunc('year', born)
--# key_date_part_of refused computed-key
SELECT count(*) FROM patients GROUP BY date_part(nickname, born)
--# level_search level search gives -
SELECT patient_id FROM patients WHERE name LIKE 'a%' AND born BETWEEN '1930-01-01' AND $1 AND aliases @> ARRAY['x'] AND length(name) > 3 AND starts_with(name, 'b') AND to_tsvector('simple', name) @@ to_tsquery('simple', 'c')
--# level_search_key level search gives -
SELECT count(*) FROM patients GROUP BY date_trunc('year', born) ORDER BY date_trunc('year', born)
--# level_search_hash level search refused computed-predicate
SELECT 1 FROM patients WHERE md5(name) = 'x'
--# level_search_part level search refused computed-predicate
SELECT 1 FROM patients WHERE substr(name, 1, 1) = 'x'
--# level_search_column level search refused computed-predicate
SELECT 1 FROM patients WHERE name LIKE nickname
--# level_search_two level search refused computed-predicate
SELECT 1 FROM patients a JOIN patients b ON a.born < b.born
--# level_search_many level search refused many-values
SELECT 1 FROM patients WHERE name LIKE ANY (ARRAY['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15', '16', '17', '18', '19', '20', '21'])
--# level_search_volatile level search refused computed-predicate
SELECT 1 FROM patients WHERE born < clock_timestamp()
--# key_distinct refused computed-key
SELECT DISTINCT substr(name, 1, 1) FROM patients
--# key_distinct_on refused computed-key
SELECT DISTINCT ON (substr(name, 1, 1)) patient_id FROM patients
--# key_grouping_sets refused computed-key
SELECT count(*) FROM patients GROUP BY GROUPING SETS ((clinic_id), (substr(name, 1, 1)))
--# key_order_inner refused computed-key
SELECT patient_id FROM (SELECT patient_id FROM patients ORDER BY substr(name, 1, 1)) s
--# key_order_chosen refused computed-key
SELECT DISTINCT ON (clinic_id) patient_id FROM patients ORDER BY clinic_id, (name = 'a') DESC
--# key_renamed refused computed-key
SELECT patient_id FROM (SELECT patient_id, substr(name, 1, 1) AS name FROM patients) s ORDER BY name
--# key_order gives -
SELECT patient_id FROM patients ORDER BY name DESC, upper(name)
--# window_computed_order refused window
SELECT patient_id, row_number() OVER (ORDER BY substr(name, 1, 1)) FROM patients
--# window_computed_partition refused window
SELECT patient_id, count(*) OVER (PARTITION BY substr(name, 1, 1)) FROM patients
--# window_frame refused window
SELECT sum(risk) OVER (ORDER BY patient_id ROWS BETWEEN (SELECT length(name) FROM patients LIMIT 1) PRECEDING AND CURRENT ROW) FROM patients
--# window_frame_end refused window
SELECT sum(risk) OVER (ORDER BY patient_id ROWS BETWEEN CURRENT ROW AND (SELECT length(name) FROM patients LIMIT 1) FOLLOWING) FROM patients
--# limit_count refused limit
SELECT 1 FROM codes LIMIT (SELECT length(name) FROM patients LIMIT 1)
--# limit_offset refused limit
SELECT 1 FROM codes OFFSET (SELECT length(name) FROM patients LIMIT 1)
--# limit_of_clean gives -
SELECT 1 FROM codes LIMIT (SELECT risk FROM patients LIMIT 1)
--# sample_tagged refused sample
SELECT code FROM codes TABLESAMPLE SYSTEM ((SELECT length(name) FROM patients LIMIT 1))
--# set_intersect_tag gives NAME
SELECT name FROM patients INTERSECT SELECT contact FROM swabs
--# set_other_tag refused set-operation
SELECT name FROM patients EXCEPT SELECT mrn FROM visits
--# set_computed refused set-operation
SELECT substr(name, 1, 1) FROM patients INTERSECT SELECT 'a'
--# set_computed_exists refused set-operation
SELECT EXISTS (SELECT substr(mrn, 1, 1) FROM patients INTERSECT SELECT 'a')
--# set_union refused set-operation
SELECT label FROM codes UNION SELECT name FROM patients
--# set_literals gives ~NAME,~NAME
SELECT x, y FROM (VALUES ('a', 1), ('b', 2)) v(x, y) INTERSECT SELECT name, risk FROM patients
--# set_series refused set-operation
SELECT g::text FROM generate_series(1, 9999) g INTERSECT SELECT phone FROM patients
--# set_many refused set-operation
SELECT name FROM patients INTERSECT VALUES ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7'), ('8'), ('9'), ('10'), ('11'), ('12'), ('13'), ('14'), ('15'), ('16'), ('17'), ('18'), ('19'), ('20'), ('21')
--# set_nested_literals gives ~NAME
SELECT name FROM patients EXCEPT (SELECT 'a' UNION ALL SELECT 'b')
--# rows_regexp refused set-returning
SELECT regexp_matches(name, 'a') FROM patients
--# rows_series refused set-returning
SELECT generate_series(1, length(name)) FROM patients
--# rows_series_from refused set-returning
SELECT 1 FROM patients p, generate_series(1, length(p.name)) g
--# rows_split_from refused set-returning
SELECT count(*) FROM patients p, string_to_array(p.name, 'a') s, unnest(s) u
--# rows_built_array gives ~NAME
SELECT u FROM patients p, unnest(ARRAY[p.name, p.nickname]) u
--# rows_slice gives ~NAME
SELECT unnest(aliases[1:2]) FROM patients
--# rows_slice_computed refused set-returning
SELECT unnest(aliases[1:length(name)]) FROM patients
--# rows_element refused set-returning
SELECT unnest(string_to_array(aliases[1], NULL)) FROM patients
--# rows_pair gives ~NAME
SELECT jsonb_object_keys(jsonb_build_object(name, 1)) FROM patients
--# rows_pairs refused set-returning
SELECT jsonb_object_keys(jsonb_build_object(name, 1, 'a', 2)) FROM patients
--# rows_path refused set-returning
SELECT 1 FROM patients p, jsonb_path_query(to_jsonb(p.name), '$') q
--# xmltable_plain gives ~NAME
SELECT x.v FROM patients p, XMLTABLE('/a' PASSING xmlelement(name a, p.name) COLUMNS v text PATH '.') x
--# xmltable_searched refused table-function
SELECT x.v FROM patients p, XMLTABLE('/a[starts-with(.,"b")]' PASSING xmlelement(name a, p.name) COLUMNS v text PATH '.') x
--# xmltable_column refused table-function
SELECT x.v FROM patients p, XMLTABLE('/a' PASSING xmlelement(name a, p.name) COLUMNS v int PATH 'starts-with(.,"b")') x
--# xmltable_default refused table-function
SELECT x.v FROM patients p, XMLTABLE('/a' PASSING xmlelement(name a, p.name) COLUMNS v int PATH '.' DEFAULT 1/p.patient_id) x
--# xmltable_document refused table-function
SELECT x.v FROM patients p, XMLTABLE('/a' PASSING (p.name::xml) COLUMNS v text PATH '.') x
--# json_table_tagged since 17 refused table-function
SELECT t.a FROM patients p, JSON_TABLE(to_jsonb(p.name), '$[*]' COLUMNS (a text PATH '$')) t
--# steered_case refused steered-failure
SELECT CASE WHEN name = 'a' THEN ('x' || patient_id)::int END FROM patients
--# steered_case_later refused steered-failure
SELECT CASE WHEN name = 'a' THEN 1 WHEN nickname::int > 1 THEN 2 END FROM patients
--# steered_case_default refused steered-failure
SELECT CASE WHEN name = 'a' THEN 1 ELSE 1 / patient_id END FROM patients
--# steered_case_of refused steered-failure
SELECT CASE name WHEN 'a' THEN nickname::int END FROM patients
--# steered_case_select refused steered-failure
SELECT CASE WHEN name = 'a' THEN (SELECT 1 FROM codes) END FROM patients
--# steered_case_column refused steered-failure
SELECT CASE WHEN name = 'a' THEN s.z END FROM (SELECT name, nickname::int AS z FROM patients) s
--# steered_case_fine gives ~NAME
SELECT CASE WHEN name = 'a' THEN lower(nickname) ELSE left(nickname, 2) || risk END FROM patients
--# steered_case_clean gives -
SELECT CASE WHEN risk = 1 THEN nickname::int END FROM patients
--# steered_coalesce refused steered-failure
SELECT coalesce(nullif(name, 'a'), (1 / patient_id)::text) FROM patients
--# steered_coalesce_fine gives ~NAME
SELECT coalesce(name, (1 / patient_id)::text) FROM patients
--# steered_and refused steered-failure
SELECT name = 'a' AND 1 / patient_id = 1 FROM patients
--# steered_or refused steered-failure
SELECT 1 / patient_id = 1 OR name = 'a' FROM patients
--# steered_filter refused steered-failure
SELECT sum(1 / patient_id) FILTER (WHERE name = 'a') FROM patients
--# failing_chosen_cast refused computed-failure
SELECT ((name = 'a')::text || 'x')::int FROM patients
--# failing_chosen_case refused computed-failure
SELECT CASE WHEN name = 'a' THEN 2147483647 ELSE 1 END + patient_id FROM patients
--# failing_chosen_nullif refused computed-failure
SELECT nullif(name, 'a')::int FROM patients
--# failing_chosen_array refused computed-failure
SELECT (ARRAY[nullif(name, 'a')])::int[] FROM patients
--# failing_chosen_logic refused computed-failure
SELECT ((name = 'a' OR phone = 'b')::text || 'x')::int FROM patients
--# failing_chosen_filter refused computed-failure
SELECT (string_agg(nickname, ',') FILTER (WHERE name = 'a'))::int FROM patients
--# failing_divisor refused computed-failure
SELECT 1 / (ascii(name) - 97) FROM patients
--# failing_multiple refused computed-failure
SELECT length(name) * 100000000 FROM patients
--# failing_steps refused computed-failure
SELECT length(name) + 1000000 + 1000000 FROM patients
--# failing_large_step refused computed-failure
SELECT length(name) + 2147483640 FROM patients
--# failing_precision refused computed-failure
SELECT length(name)::numeric(1, 0) FROM patients
--# failing_code refused computed-failure
SELECT (ascii(name) + 30)::"char" FROM patients
--# failing_date refused computed-failure
SELECT born + 2000000000 FROM patients
--# failing_interval refused computed-failure
SELECT born + interval '290000 years' FROM patients
--# failing_fine gives ~NAME,~DATE,~DATE,~NAME,~DATE,~NAME
SELECT length(name) + 1, born + 30, born + interval '18 years', length(name) / 2, date_part('year', born), repeat(name, 2) FROM patients
--# failing_form gives ~NAME,~NAME
SELECT name::int, split_part(name, '-', 2)::json FROM patients
--# clock refused clock
SELECT clock_timestamp(), length(name) FROM patients
--# clock_stored gives -,NAME
SELECT clock_timestamp(), name FROM patients
--# conflict_series refused conflict-values
INSERT INTO patients (patient_id, mrn, name) SELECT g, 'm' || g, 'x' FROM generate_series(1, 1000) g ON CONFLICT (mrn) DO NOTHING
--# conflict_any refused conflict-values
INSERT INTO patients (patient_id, mrn, name) SELECT g, 'm' || g, 'x' FROM generate_series(1, 1000) g ON CONFLICT DO NOTHING
--# conflict_constraint refused conflict-values
INSERT INTO patients (patient_id, mrn, name) SELECT g, 'm' || g, 'x' FROM generate_series(1, 1000) g ON CONFLICT ON CONSTRAINT patients_mrn_key DO NOTHING
--# conflict_many refused conflict-values
INSERT INTO patients (patient_id, mrn, name) VALUES (1, '1', 'x'), (2, '2', 'x'), (3, '3', 'x'), (4, '4', 'x'), (5, '5', 'x'), (6, '6', 'x'), (7, '7', 'x'), (8, '8', 'x'), (9, '9', 'x'), (10, '10', 'x'), (11, '11', 'x'), (12, '12', 'x'), (13, '13', 'x'), (14, '14', 'x'), (15, '15', 'x'), (16, '16', 'x'), (17, '17', 'x'), (18, '18', 'x'), (19, '19', 'x'), (20, '20', 'x'), (21, '21', 'x') ON CONFLICT (mrn) DO NOTHING
--# conflict_few gives
INSERT INTO patients (patient_id, mrn, name) VALUES (1, 'a', 'x'), (2, $1, 'x') ON CONFLICT (mrn) DO UPDATE SET risk = 1
--# conflict_clean gives
INSERT INTO patients (patient_id, mrn, name) SELECT g, 'm' || g, 'x' FROM generate_series(1, 1000) g ON CONFLICT (patient_id) DO NOTHING
--# sink_same_tag gives
UPDATE visits SET mrn = p.mrn FROM patients p WHERE p.patient_id = 1 AND visits.visit_id = 2
--# sink_other_tag refused write-elsewhere
UPDATE visits SET mrn = p.name FROM patients p WHERE p.patient_id = 1 AND visits.visit_id = 2
--# sink_computed refused write-elsewhere
UPDATE patients SET name = substr(name, 2) WHERE patient_id = 1
--# sink_self_partial refused write-elsewhere
UPDATE patients SET phone = lower(phone) WHERE patient_id = 1
--# sink_self_other refused write-elsewhere
UPDATE patients SET name = lower(aliases::text) WHERE patient_id = 1
--# sink_chosen refused write-elsewhere
UPDATE codes SET label = CASE WHEN p.name = 'a' THEN 'x' ELSE 'y' END FROM patients p WHERE codes.code = 'a'
--# sink_element refused write-elsewhere
UPDATE patients SET aliases[1] = name WHERE patient_id = 1
--# sink_merge since 15 refused write-elsewhere
MERGE INTO codes c USING patients p ON c.code = 'a' WHEN MATCHED THEN UPDATE SET label = p.name
--# sink_merge_insert since 15 refused write-elsewhere
MERGE INTO codes c USING patients p ON c.code = 'a' WHEN NOT MATCHED THEN INSERT VALUES (p.name, 'x')
--# sink_conflict refused write-elsewhere
INSERT INTO codes SELECT 'a', 'b' ON CONFLICT (code) DO UPDATE SET label = (SELECT name FROM patients LIMIT 1)
--# sequence_steered refused side-effect
INSERT INTO codes SELECT CASE WHEN p.patient_id = nextval('ticket') THEN 'a' END, 'x' FROM patients p WHERE p.name = 'a'
--# sequence_inserted gives
INSERT INTO patients (patient_id, mrn, name) VALUES (nextval('ticket'), 'm', 'x')
--# random_tagged refused side-effect
SELECT random(), name FROM patients
--# notify_tagged refused side-effect
SELECT pg_notify('jobs', 'go') FROM patients WHERE name = 'a'
--# lock_tagged refused side-effect
SELECT pg_advisory_lock(1) FROM patients WHERE name = 'a'
--# notify_computed refused constant-arguments
SELECT pg_notify('jobs', nickname) FROM patients
--# write_system refused system-write
UPDATE pg_class SET relname = 'x' WHERE relname = 'y'
--# write_view_trigger refused view-trigger
INSERT INTO board VALUES ('x')
--# sequence_conditional refused side-effect
INSERT INTO patients (patient_id, mrn, name) VALUES (CASE WHEN $1::int > 1 THEN nextval('ticket') END, 'm', 'x')
--# conflict_default gives
INSERT INTO patients (patient_id, mrn, name, phone) VALUES (1, 'a', 'x', DEFAULT), (2, 'b', 'y', DEFAULT) ON CONFLICT DO NOTHING
--# conflict_lower refused conflict-values
INSERT INTO patients (patient_id, mrn, name) VALUES (1, 'a' || $1, 'x') ON CONFLICT (mrn) DO NOTHING
--# whole_cast level search gives -
SELECT count(*) FROM patients WHERE name::int = 1 AND born::text = '1930-01-01' GROUP BY name::int ORDER BY name::int
--# whole_cast_key refused computed-key
SELECT count(*) FROM patients WHERE name::int = 1 AND born::text = '1930-01-01' GROUP BY name::int ORDER BY name::int
--# whole_cast_strict level strict refused predicate-level
SELECT 1 FROM patients WHERE born::text = '1930-01-01'
--# whole_cast_length refused computed-predicate
SELECT 1 FROM patients WHERE name::char(1) = 'a'
--# whole_cast_length_key refused computed-key
SELECT count(*) FROM patients GROUP BY name::varchar(1)
--# whole_cast_computed refused computed-predicate
SELECT 1 FROM patients WHERE substr(phone, 1, 1)::int = 1
--# snapshot_tagged refused side-effect
SELECT pg_export_snapshot() FROM patients WHERE name = 'a'
--# snapshot gives -
SELECT pg_export_snapshot()
--# whole_cast_part refused computed-predicate
SELECT 1 FROM patients WHERE name::date = '2020-01-01'
--# failing_edited refused computed-failure
SELECT translate(name, 'b', '')::int FROM patients
--# failing_position refused computed-failure
SELECT nth_value(patient_id, ascii(name) - 96) OVER () FROM patients
--# failing_range refused computed-failure
SELECT substr('x', 1, ascii(name) - 97) FROM patients
--# failing_edited_fine gives ~NAME,~DATE
SELECT replace(name, 'b', ''), CASE WHEN born IS NULL THEN born ELSE born + 1 END FROM patients
--# window_source gives ~PHONE
SELECT max(phone) OVER (ORDER BY name) FROM patients
--# window_two_keys gives ~NAME
SELECT row_number() OVER (PARTITION BY name ORDER BY patient_id) FROM patients
--# direct_argument gives ~NAME
SELECT rank((SELECT max(name) FROM patients)) WITHIN GROUP (ORDER BY code) FROM codes
--# filter_source gives ~PHONE
SELECT max(phone) FILTER (WHERE name = 'a') FROM patients
--# own_aggregate_stored gives DERIVED
SELECT one FROM firsts
--# own_window_stored gives DERIVED
SELECT one FROM running
--# own_sort refused unclassified-function
SELECT code FROM codes ORDER BY code USING OPERATOR(ward.<<<)
--# own_sort_aggregate refused unclassified-function
SELECT string_agg(code, ',' ORDER BY code USING OPERATOR(ward.<<<)) FROM codes
--# own_row_compare refused unclassified-function
SELECT ROW(code, label) OPERATOR(ward.<<<) ROW('a', 'b') FROM codes
--# own_operator refused unclassified-function
SELECT code OPERATOR(ward.<<<) 'a' FROM codes
--# own_operator_condition refused unclassified-function
SELECT 1 FROM codes WHERE code OPERATOR(ward.<<<) 'a'
--# prefix_operator refused computed-predicate
SELECT 1 FROM patients WHERE ?- (name::lseg)
--# any_array_same_tag refused computed-predicate
SELECT 1 FROM patients WHERE name = ANY (aliases)
--# any_of_array refused computed-predicate
SELECT 1 FROM patients WHERE 'x' = ANY (aliases)
--# any_null gives -
SELECT 1 FROM patients WHERE phone = ANY (NULL::varchar[])
--# literal_first gives -
SELECT 1 FROM patients WHERE 'x' = name
--# range_turned refused computed-predicate
SELECT 1 FROM patients WHERE 'm' < name
--# level_search_own level search refused computed-predicate
SELECT 1 FROM patients WHERE ward.adult(born)
--# own_collation refused computed-predicate
SELECT 1 FROM patients WHERE name = 'x' COLLATE ward.plain
--# null_step refused computed-failure
SELECT born + NULL::int FROM patients
--# set_nested_series refused set-operation
SELECT name FROM patients INTERSECT SELECT x FROM (SELECT 'a' AS x UNION ALL SELECT g::text FROM generate_series(1, 9) g) s
--# set_relabelled gives ~NAME
SELECT name FROM patients INTERSECT SELECT x::text FROM (SELECT 'a'::varchar AS x) s
--# trim_by_column refused computed-predicate
SELECT 1 FROM patients WHERE name = btrim('abc', nickname)
--# notify_computed_inside refused constant-arguments
SELECT pg_notify('jobs', lower(nickname)) FROM patients
--# notify_relabelled refused constant-arguments
SELECT pg_notify('jobs', nickname::varchar) FROM patients
--# sink_inner refused write-elsewhere
UPDATE patients SET name = lower(substr(name, 2)) WHERE patient_id = 1
--# sink_trim refused write-elsewhere
UPDATE patients SET name = btrim(name, 'ab') WHERE patient_id = 1
--# sink_reversed refused write-elsewhere
UPDATE patients SET name = reverse(name) WHERE patient_id = 1
--# sink_index refused write-elsewhere
UPDATE patients SET aliases[length(name)] = 'x' WHERE patient_id = 1
--# sink_index_lower refused write-elsewhere
UPDATE patients SET aliases[length(name):9] = '{a}' WHERE patient_id = 1
--# sink_field refused write-elsewhere
UPDATE patients SET home.city = name WHERE patient_id = 1
--# any_sublink_test gives ~NAME
SELECT name = ANY (SELECT code FROM codes) FROM patients
--# edited_clean gives ~NAME
SELECT (replace(nickname, 'a', '') || name)::int FROM patients
--# failing_length refused computed-failure
SELECT pg_catalog."varchar"(name, 40, false) FROM patients
--# failing_length_chosen refused computed-failure
SELECT pg_catalog."varchar"(name, 40, risk > 1) FROM patients
--# failing_call gives ~NAME
SELECT decode(name, 'hex') FROM patients
--# failing_chosen_call refused computed-failure
SELECT decode(CASE WHEN name = 'a' THEN 'zz' ELSE '00' END, 'hex') FROM patients
--# steered_division refused steered-failure
SELECT CASE WHEN name = 'a' THEN patient_id / 0 END FROM patients
--# steered_division_fine gives ~NAME
SELECT CASE WHEN name = 'a' THEN (1.5 + patient_id) / 2 END FROM patients
--# failing_bounded gives ~NAME
SELECT 1 + length(name) FROM patients
--# failing_numeric refused computed-failure
SELECT dose * 1e1000 FROM doses
--# failing_numeric_fine gives ~DOSE
SELECT dose * 1.5 FROM doses
--# failing_interval_days refused computed-failure
SELECT born + interval '4000000 days' FROM patients
--# failing_interval_time refused computed-failure
SELECT born + interval '100000000 hours' FROM patients
--# failing_filled gives ~NAME
SELECT array_fill(name, ARRAY[2]) FROM patients
--# rows_row gives ~MRN
SELECT jsonb_each_text(to_jsonb(p)) FROM patients p
--# rows_row_written gives ~NAME
SELECT json_each(row_to_json(ROW(name, risk))) FROM patients
--# rows_function_row refused set-returning
SELECT jsonb_each(to_jsonb(f)) FROM find_both(1) f
--# rows_gathered gives ~NAME
SELECT unnest(array_agg(name)) FROM patients
--# rows_gathered_json gives ~NAME
SELECT x FROM jsonb_array_elements((SELECT jsonb_agg(name) FROM patients)) x
--# rows_gathered_distinct refused set-returning
SELECT unnest(array_agg(DISTINCT substr(name, 1, 1))) FROM patients
--# rows_gathered_filter refused set-returning
SELECT unnest(array_agg(patient_id) FILTER (WHERE name LIKE 'a%')) FROM patients
--# rows_gathered_arrays refused set-returning
SELECT unnest(array_agg(string_to_array(name, NULL))) FROM patients
--# rows_gathered_text refused set-returning
SELECT unnest(string_to_array(string_agg(name, ''), NULL)) FROM patients
--# rows_selected gives ~NAME
SELECT unnest(ARRAY(SELECT name FROM patients))
--# rows_selected_computed gives ~NAME
SELECT unnest(ARRAY(SELECT upper(name) || 'x' FROM patients))
--# rows_selected_arrays refused set-returning
SELECT unnest(ARRAY(SELECT string_to_array(name, NULL) FROM patients))
--# rows_selected_union refused set-returning
SELECT unnest(ARRAY(SELECT name FROM patients UNION ALL SELECT 'x'))
--# rows_selected_one refused set-returning
SELECT unnest((SELECT string_to_array(name, NULL) FROM patients LIMIT 1))
--# rows_recordset gives ~NAME
SELECT r.a FROM jsonb_to_recordset((SELECT jsonb_agg(name) FROM patients)) AS r(a text)
--# rows_populated gives ~NAME,~NAME,~NAME
SELECT * FROM json_populate_recordset(NULL::clinics, (SELECT json_agg(name) FROM patients))
--# rows_populated_stored refused set-returning
SELECT r.a FROM patients p, jsonb_to_recordset(p.name::jsonb) AS r(a text)
--# rows_built_json gives ~NAME
SELECT jsonb_array_elements(jsonb_build_array(name, 1)) FROM patients
--# rows_built_variadic refused set-returning
SELECT jsonb_array_elements(jsonb_build_array(VARIADIC string_to_array(name, NULL))) FROM patients
--# rows_constant_keys gives ~NAME
SELECT jsonb_object_keys(jsonb_build_object('a', name, 'b', 2)) FROM patients
--# own_reads gives ~FUNCTION
SELECT find_phone(1)
--# own_reads_out gives ~FUNCTION,~FUNCTION
SELECT (find_both(1)).*
--# own_reads_from gives ~FUNCTION
SELECT f.birth FROM find_both(1) f
--# own_writes refused unclassified-function
SELECT note_phone(1)
--# own_calls refused unclassified-function
SELECT call_note(1)
--# own_draws refused unclassified-function
SELECT draw(1)
--# own_commented refused unclassified-function
SELECT commented(1)
--# own_fails refused unclassified-function
SELECT loud(1)
