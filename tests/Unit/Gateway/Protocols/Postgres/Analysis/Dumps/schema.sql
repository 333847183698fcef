-- The schema the golden dumps are taken from; a small ward. Tagged columns are listed in GoldenCatalog.cs.
CREATE SCHEMA ward;
SET search_path = ward;
CREATE DOMAIN ward.mrn_code AS text CHECK (length(VALUE) < 40);
CREATE TYPE ward.address AS (street text, city text);
CREATE TABLE ward.clinics (clinic_id int PRIMARY KEY, name text NOT NULL, beds int);
CREATE TABLE ward.patients (
  patient_id int PRIMARY KEY,
  clinic_id int REFERENCES ward.clinics,
  mrn ward.mrn_code NOT NULL UNIQUE,
  name text NOT NULL,
  phone varchar(40),
  born date,
  aliases text[],
  home ward.address,
  name_upper text GENERATED ALWAYS AS (upper(name)) STORED,
  risk int,
  nickname text
);
CREATE TABLE ward.visits (visit_id bigint GENERATED ALWAYS AS IDENTITY, patient_id int, mrn ward.mrn_code, ward text, at date NOT NULL, PRIMARY KEY (visit_id, at)) PARTITION BY RANGE (at);
CREATE TABLE ward.visits_2025 PARTITION OF ward.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE ward.samples (sample_id serial PRIMARY KEY, label text);
CREATE TABLE ward.swabs (contact text) INHERITS (ward.samples);
CREATE TABLE ward.codes (code text PRIMARY KEY, label text);
CREATE TABLE ward.messages (owner name, topic text, body text);
ALTER TABLE ward.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ward.messages USING (owner = current_user);
CREATE VIEW ward.directory AS SELECT patient_id, name AS display_name, 'Pt ' || name AS label, clinic_id FROM ward.patients;
CREATE VIEW ward.low_risk WITH (security_barrier) AS SELECT patient_id, name, nickname FROM ward.patients WHERE risk < 50 WITH CHECK OPTION;
CREATE MATERIALIZED VIEW ward.summary AS SELECT p.patient_id, p.name || ' ' || p.mrn AS who, p.mrn AS chart, count(v.*) AS visits FROM ward.patients p LEFT JOIN ward.visits v USING (patient_id) GROUP BY p.patient_id;
CREATE MATERIALIZED VIEW ward.load AS SELECT c.clinic_id, c.name, count(d.*) AS n FROM ward.clinics c LEFT JOIN ward.directory d USING (clinic_id) GROUP BY 1, 2;
CREATE TABLE ward.ruled (id int, note text);
CREATE RULE also AS ON INSERT TO ward.ruled DO ALSO INSERT INTO ward.codes VALUES (new.note, 'ruled');
CREATE FUNCTION ward.patient_name(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM ward.patients WHERE patient_id = $1';
CREATE FUNCTION ward.age(date) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2025 - extract(year FROM $1)::int';
CREATE SEQUENCE ward.ticket;
CREATE ROLE reader;
GRANT USAGE ON SCHEMA ward TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ward TO reader;
CREATE VIEW ward.board AS SELECT code FROM ward.codes WHERE code <> '';
CREATE FUNCTION ward.post() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER post INSTEAD OF INSERT ON ward.board FOR EACH ROW EXECUTE FUNCTION ward.post();
CREATE TABLE ward.doses (dose_id int PRIMARY KEY, dose numeric);
GRANT SELECT ON ward.doses TO reader;
CREATE FUNCTION ward.adult(date) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 < ''2007-01-01''';
CREATE FUNCTION ward.find_phone(int) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'DECLARE r text; BEGIN SELECT phone INTO r FROM ward.patients WHERE patient_id = $1; RETURN lower(r); END';
CREATE FUNCTION ward.find_both(pid int, OUT who text, OUT birth date) LANGUAGE plpgsql AS 'BEGIN SELECT name, born INTO who, birth FROM ward.patients WHERE patient_id = pid; END';
CREATE FUNCTION ward.note_phone(int) RETURNS text LANGUAGE plpgsql AS 'BEGIN UPDATE ward.patients SET risk = 1 WHERE patient_id = $1; RETURN $1; END';
CREATE FUNCTION ward.call_note(int) RETURNS text LANGUAGE sql AS 'SELECT ward.note_phone ($1)';
CREATE FUNCTION ward.draw(int) RETURNS text LANGUAGE sql AS 'SELECT NextVal(''ward.ticket'')::text';
CREATE FUNCTION ward.commented(int) RETURNS text LANGUAGE sql AS 'SELECT ward.note_phone/**/($1)';
CREATE FUNCTION ward.loud(int) RETURNS text LANGUAGE plpgsql AS 'BEGIN IF $1 = 1 THEN RAISE EXCEPTION ''x''; END IF; RETURN 1; END';
CREATE FUNCTION ward.text_less(text, text) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN $1 < $2; END';
CREATE OPERATOR ward.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = ward.text_less);
CREATE OPERATOR CLASS ward.odd FOR TYPE text USING btree AS OPERATOR 1 ward.<<<, OPERATOR 3 =, FUNCTION 1 bttextcmp(text, text);
CREATE FUNCTION ward.keep_first(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, $2)';
CREATE AGGREGATE ward.first_of(text) (SFUNC = ward.keep_first, STYPE = text);
CREATE MATERIALIZED VIEW ward.firsts AS SELECT ward.first_of(label) AS one FROM ward.codes;
CREATE MATERIALIZED VIEW ward.running AS SELECT ward.first_of(label) OVER () AS one FROM ward.codes;
CREATE COLLATION ward.plain FROM "C";
GRANT SELECT ON ALL TABLES IN SCHEMA ward TO reader;
