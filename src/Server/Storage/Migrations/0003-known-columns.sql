-- Which columns the tables with tagged columns had when they were first seen, by OID and number. A column that is not here came later and
-- has to be classified. No row holds a value of a target.
CREATE TABLE known_columns (
  target TEXT NOT NULL,
  database TEXT NOT NULL,      -- system identifier and OID: after a restore elsewhere the numbers mean nothing
  relation INTEGER NOT NULL,
  attribute INTEGER NOT NULL,
  origin TEXT NOT NULL,        -- the declared column its tag comes from, or empty
  is_derived INTEGER NOT NULL,
  PRIMARY KEY (target, database, relation, attribute)
) WITHOUT ROWID;
