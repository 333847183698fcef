"""The common scenario list, spoken by psycopg 3. usage: scenarios.py   (connection from PG* variables)

Prints "== NAME" and what the server answered. Nothing printed depends on time, process or port, so that the same run
directly and through the gateway prints the same.
"""
import datetime
import decimal
import threading
import uuid

import psycopg
from psycopg.types.json import Jsonb

TABLE = "scratch.psycopg_items"
LARGE = 1024 * 1024
MANY = 100_000


def show(*values):
    print(*values, sep=" | ")


def failure(error):
    d = error.diag
    show("error", d.sqlstate, d.severity, d.message_primary, d.message_detail, d.message_hint, d.schema_name, d.table_name,
         d.column_name, d.constraint_name)


def connect(conn):
    with conn.cursor() as cur:
        show(cur.execute("SELECT 1").fetchone())
        show(conn.info.parameter_status("client_encoding"), conn.info.parameter_status("standard_conforming_strings"),
             conn.info.parameter_status("integer_datetimes"), conn.info.server_version // 10000)


def simple_and_multi(conn):
    cur = conn.cursor()
    cur.execute("SELECT 1 AS a, 'x' AS b; SELECT 2 AS a; SELECT 'third' AS c, NULL AS d")
    while True:
        show([c.name for c in cur.description], cur.fetchall())
        if not cur.nextset():
            break
    cur.execute(f"DROP TABLE IF EXISTS {TABLE}")
    cur.execute(f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, label text NOT NULL, amount numeric(12,2), made timestamptz)")
    cur.execute(f"INSERT INTO {TABLE} (id, label, amount) VALUES (1, 'one', 1.10), (2, 'two', 2.20)")
    show(cur.statusmessage)
    cur.execute(f"UPDATE {TABLE} SET amount = amount + 1 WHERE id = 2")
    show(cur.statusmessage)
    show(cur.execute(f"SELECT id, label, amount FROM {TABLE} ORDER BY id").fetchall())


def parameters(conn):
    values = [
        ("int2", 7), ("int4", -70000), ("int8", 2**40), ("float8", 1.5), ("numeric", decimal.Decimal("12345.6789")),
        ("bool", True), ("text", "ümlaut 'quoted'"), ("varchar", "v"), ("bytea", b"\x00\x01\xff"),
        ("date", datetime.date(2024, 2, 29)), ("timestamp", datetime.datetime(2024, 2, 29, 12, 30, 1)),
        ("timestamptz", datetime.datetime(2024, 2, 29, 12, 30, 1, tzinfo=datetime.timezone.utc)),
        ("time", datetime.time(23, 59, 59)), ("interval", datetime.timedelta(days=3, seconds=4)),
        ("uuid", uuid.UUID("00000000-0000-4000-8000-000000000001")), ("jsonb", Jsonb({"a": [1, None]})),
        ("int4[]", [1, 2, 3]), ("text[]", ["a", None, "c,d"]), ("text", None),
    ]
    for binary in (False, True):
        for kind, value in values:
            cur = conn.cursor(binary=binary)
            spec = "%b" if binary and kind not in ("interval",) else "%s"
            cur.execute(f"SELECT {spec}::{kind}", [value])
            show("binary" if binary else "text", kind, repr(cur.fetchone()[0]))


def prepared_ten_times(conn):
    for i in range(10):
        cur = conn.execute(f"SELECT id, label FROM {TABLE} WHERE id = %s", [i % 3], prepare=True)
        show(i, cur.fetchall())
    for i in range(10):
        cur = conn.execute("SELECT patient_id, gender FROM clinic.patients WHERE patient_id = %s", [i + 1], prepare=True)
        show(i, cur.fetchall())


def pipeline_error(conn):
    # Which call of the pipeline reports an error depends on when the answers arrive, so only the errors are shown.
    errors = set()

    def attempt(step):
        try:
            return step()
        except psycopg.Error as error:
            errors.add(type(error).__name__)
            return None

    def run():
        with conn.pipeline():
            cursors = [attempt(lambda: conn.execute("SELECT 6 / %s::int4", [divisor])) for divisor in (1, 0, 3)]
            for _ in range(3):
                rows = [attempt(cursor.fetchall) if cursor else None for cursor in cursors]
                show(rows[0]) if rows[0] else None
                if rows[0]:
                    break

    attempt(run)
    show("DivisionByZero" in errors)
    show(conn.info.transaction_status.name, conn.execute("SELECT 4").fetchall())
    cur = conn.cursor()
    cur.executemany(f"INSERT INTO {TABLE} (id, label) VALUES (%s, %s)", [(100 + i, f"batch {i}") for i in range(50)])
    show(cur.rowcount)


def row_limited_fetch(conn):
    with conn.transaction():
        with conn.cursor(name="limited") as cur:
            cur.itersize = 7
            cur.execute("SELECT patient_id FROM clinic.patients ORDER BY patient_id LIMIT 25")
            show([row[0] for row in cur])


def transactions(conn):
    with conn.transaction(force_rollback=True):
        conn.execute(f"INSERT INTO {TABLE} (id, label) VALUES (10, 'rolled back')")
        try:
            with conn.transaction():
                conn.execute(f"INSERT INTO {TABLE} (id, label) VALUES (10, 'twice')")
        except psycopg.Error as error:
            failure(error)
        show(conn.info.transaction_status.name, conn.execute(f"SELECT count(*) FROM {TABLE} WHERE id = 10").fetchone())
    show(conn.info.transaction_status.name, conn.execute(f"SELECT count(*) FROM {TABLE} WHERE id = 10").fetchone())
    conn.execute("BEGIN")
    try:
        conn.execute("SELECT 1 / 0")
    except psycopg.Error as error:
        failure(error)
    show(conn.info.transaction_status.name)
    try:
        conn.execute("SELECT 1")
    except psycopg.Error as error:
        failure(error)
    conn.execute("ROLLBACK")
    show(conn.info.transaction_status.name)


def copy(conn):
    cur = conn.cursor()
    with cur.copy(f"COPY {TABLE} (id, label) FROM STDIN") as out:
        for i in range(1000, 1500):
            out.write_row((i, f"row\t{i}"))
    show(cur.statusmessage)
    with cur.copy(f"COPY (SELECT id, label FROM {TABLE} WHERE id >= 1490 ORDER BY id) TO STDOUT") as data:
        show(b"".join(bytes(d) for d in data))
    with cur.copy(f"COPY (SELECT id, label FROM {TABLE} WHERE id >= 1498 ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)") as data:
        show(b"".join(bytes(d) for d in data))
    try:
        with cur.copy(f"COPY {TABLE} (id, label) FROM STDIN") as out:
            out.write(b"not a number\tx\n")
    except psycopg.Error as error:
        failure(error)
    try:
        with cur.copy(f"COPY {TABLE} (id, label) FROM STDIN") as out:
            out.write_row((2000, "never"))
            raise ValueError("changed my mind")
    except (ValueError, psycopg.Error) as error:
        show(type(error).__name__)
    show(conn.execute(f"SELECT count(*) FROM {TABLE} WHERE id >= 1000").fetchone())


def cancel(conn):
    timer = threading.Timer(0.5, conn.cancel)
    timer.start()
    try:
        conn.execute("SELECT pg_sleep(60)")
        show("not cancelled")
    except psycopg.Error as error:
        failure(error)
    timer.join()
    show(conn.execute("SELECT 'alive'").fetchone())


def notifications(conn):
    other = psycopg.connect("", autocommit=True)
    conn.execute("LISTEN psycopg_channel")
    other.execute("NOTIFY psycopg_channel, 'hello'")
    other.close()
    for notify in conn.notifies():
        show(notify.channel, notify.payload)
        break
    conn.execute("UNLISTEN *")


def notices(conn):
    seen = []
    conn.add_notice_handler(lambda d: seen.append((d.severity, d.sqlstate, d.message_primary)))
    conn.execute("DROP TABLE IF EXISTS scratch.psycopg_nothing")
    conn.execute("ROLLBACK")
    show(seen)


def error_fields(conn):
    for statement in ("SELECT * FROM scratch.psycopg_nothing", "SELECT nothing", "SELEC 1", "SELECT 1/0", "SELECT 'x'::integer",
                      f"INSERT INTO {TABLE} (id, label) VALUES (1, 'again')", f"INSERT INTO {TABLE} (id) VALUES (3)"):
        try:
            conn.execute(statement)
        except psycopg.Error as error:
            failure(error)


def large_values(conn):
    text = "0123456789abcdef" * (LARGE // 16)
    for binary in (False, True):
        back = conn.cursor(binary=binary).execute("SELECT %s::text", [text]).fetchone()[0]
        show(len(back), back == text)
    back = conn.cursor(binary=True).execute("SELECT %b::bytea", [bytes(range(256)) * (LARGE // 256)]).fetchone()[0]
    show(len(back), bytes(back) == bytes(range(256)) * (LARGE // 256))


def many_rows(conn):
    cur = conn.cursor()
    cur.execute("SELECT i, 'row ' || i FROM generate_series(1, %s::int4) AS i", [MANY])
    rows = cur.fetchall()
    show(len(rows), rows[0], rows[-1], sum(r[0] for r in rows))


SCENARIOS = [connect, simple_and_multi, parameters, prepared_ten_times, pipeline_error, row_limited_fetch, transactions, copy,
             cancel, notifications, notices, error_fields, large_values, many_rows]


def main():
    for scenario in SCENARIOS:
        print("==", scenario.__name__, flush=True)
        try:
            with psycopg.connect("", autocommit=True) as conn:
                scenario(conn)
        except Exception as error:  # the transcript is the result: a failure is part of it
            print("FAILED", type(error).__name__, error, flush=True)


main()
