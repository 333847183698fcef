-- The schema of the non-interference fuzzer: tagged columns of every type class, and everything they can flow through.
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION fuzzystrmatch;
CREATE EXTENSION unaccent;
CREATE EXTENSION pgcrypto;

CREATE SCHEMA fuzz;
CREATE SCHEMA scratch;
CREATE TYPE fuzz.kind AS ENUM ('k00', 'k05', 'k10', 'k11', 'k12', 'k20', 'k21', 'k22', 'k30', 'k31', 'k32', 'k40', 'k41', 'k42', 'k50', 'k51', 'k52', 'k60', 'k61', 'k62', 'k90');
CREATE TYPE fuzz.addr AS (street text, zip text, no integer);
CREATE DOMAIN fuzz.label AS text CHECK (VALUE <> '');

CREATE TABLE fuzz.subject (
  id integer PRIMARY KEY, grp integer NOT NULL, ward text, note text, score numeric, made timestamptz, active boolean, version integer NOT NULL DEFAULT 1,
  mrn text NOT NULL UNIQUE, name text, nick varchar(40), code char(14), digits text, ssn text, dob date, seen timestamptz, seen_at timestamp,
  at_time time, span interval, age integer, big bigint, small smallint, weight numeric, temp double precision, ratio real, flag boolean, uid uuid,
  cit citext, dom fuzz.label, cash money, kind fuzz.kind,
  uc text GENERATED ALWAYS AS (upper(name)) STORED,
  CHECK (length(name) > 1), CHECK (version < 100 OR age > 0));
CREATE INDEX ON fuzz.subject (lower(name));
CREATE INDEX ON fuzz.subject (age);

CREATE TABLE fuzz.chart (
  id integer PRIMARY KEY, subject_id integer REFERENCES fuzz.subject, title text, info jsonb, marks integer[],
  doc jsonb, docj json, tags text[], nums integer[], addr fuzz.addr, period daterange, photo bytea, ip inet, mac macaddr, bits varbit, pt point,
  page xml, attrs hstore, vec tsvector, stays integer NOT NULL DEFAULT 0);

CREATE TABLE fuzz.visit (
  id integer, subject_id integer, site text, mrn text REFERENCES fuzz.subject (mrn), complaint text, admitted timestamptz, cost numeric,
  PRIMARY KEY (id, site)) PARTITION BY LIST (site);
CREATE TABLE fuzz.visit_n PARTITION OF fuzz.visit FOR VALUES IN ('north');
CREATE TABLE fuzz.visit_s PARTITION OF fuzz.visit FOR VALUES IN ('south');

CREATE TABLE fuzz.stay (id integer, born date, remark text) PARTITION BY RANGE (born);
CREATE TABLE fuzz.stay_old PARTITION OF fuzz.stay FOR VALUES FROM ('1900-01-01') TO ('1950-01-01');
CREATE TABLE fuzz.stay_new PARTITION OF fuzz.stay FOR VALUES FROM ('1950-01-01') TO ('2010-01-01');

CREATE TABLE fuzz.base (id integer, word text, plain text);
CREATE TABLE fuzz.child (more text) INHERITS (fuzz.base);
CREATE TABLE fuzz.guarded (id integer PRIMARY KEY, owner_group integer, secret text, memo text);
ALTER TABLE fuzz.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY some_rows ON fuzz.guarded USING (owner_group < 3);
CREATE TABLE fuzz.audit (id serial PRIMARY KEY, what text, row_data jsonb);
CREATE TABLE fuzz.plain (id integer PRIMARY KEY, a text, b integer, c numeric, d date, e jsonb, f text[]);
CREATE TABLE scratch.log (a text, n bigint, j jsonb, d date);
CREATE TABLE scratch.unnamed (id integer PRIMARY KEY, v text);
CREATE SEQUENCE scratch.seq;

CREATE VIEW fuzz.v_subject AS SELECT * FROM fuzz.subject;
CREATE VIEW fuzz.v_derived AS SELECT id, grp, upper(name) AS big_name, mrn || '/' || grp AS ref, length(name) AS len, age + grp AS aged, dob IS NULL AS no_dob FROM fuzz.subject;
CREATE VIEW fuzz.v_joined WITH (security_barrier) AS
  SELECT s.id, s.mrn, s.name, v.complaint, v.cost, v.site FROM fuzz.subject s LEFT JOIN fuzz.visit v ON v.mrn = s.mrn;
CREATE VIEW fuzz.v_counts AS SELECT name, count(*) AS n, min(age) AS youngest FROM fuzz.subject GROUP BY name;
CREATE MATERIALIZED VIEW fuzz.mv_subject AS SELECT id, mrn, lower(name) AS low, age::bigint * 2 AS twice, grp FROM fuzz.subject WITH NO DATA;

-- Declared clean, as a site would; the others are not declared.
CREATE FUNCTION fuzz.age_band(date) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT (extract(year FROM $1)::int / 10) * 10';
CREATE FUNCTION fuzz.peek(integer) RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM fuzz.subject WHERE id = $1';
CREATE FUNCTION fuzz.shout(text) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''got %'', $1; RETURN 1; END';
CREATE FUNCTION fuzz.names() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT name FROM fuzz.subject ORDER BY id';
CREATE FUNCTION fuzz.fails(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN IF $1 < ''g'' THEN RAISE EXCEPTION ''no %'', $1; END IF; RETURN ''fine''; END';
CREATE FUNCTION fuzz.join_up(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, '''') || coalesce($2, '''')';
CREATE AGGREGATE fuzz.concat_all(text) (SFUNC = fuzz.join_up, STYPE = text);
CREATE OPERATOR fuzz.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = fuzz.join_up);

CREATE FUNCTION fuzz.keep_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  'BEGIN INSERT INTO fuzz.audit (what, row_data) VALUES (TG_OP, to_jsonb(NEW)); RETURN NEW; END';
CREATE TRIGGER keep_row AFTER UPDATE ON fuzz.chart FOR EACH ROW EXECUTE FUNCTION fuzz.keep_row();
CREATE FUNCTION fuzz.refuse_row() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN IF NEW.version > 50 THEN RAISE EXCEPTION ''version % of %'', NEW.version, NEW.name; END IF; RETURN NEW; END';
CREATE TRIGGER refuse_row BEFORE UPDATE ON fuzz.subject FOR EACH ROW EXECUTE FUNCTION fuzz.refuse_row();

CREATE ROLE sallyport LOGIN;
GRANT USAGE ON SCHEMA fuzz, scratch TO sallyport;
GRANT CREATE ON SCHEMA scratch TO sallyport;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA fuzz, scratch TO sallyport;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA fuzz, scratch TO sallyport;
