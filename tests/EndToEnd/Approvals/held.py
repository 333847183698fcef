"""A held and a parked command as psycopg 3 sees them. usage: held.py ID   (connection from PG* variables)"""
import sys

import psycopg

row = sys.argv[1]


def show(*values):
    print(*values, sep=" | ", flush=True)


with psycopg.connect(autocommit=True) as conn:
    conn.add_notice_handler(lambda notice: show("notice", notice.message_primary))
    show("held", conn.execute("UPDATE scratch.counters SET hits = hits + 1 WHERE id = %s", [row]).statusmessage)
    parked = "UPDATE scratch.patience SET hits = hits + 1 WHERE id = %s"
    try:
        conn.execute(parked, [row])
        show("parked", "not refused")
    except psycopg.Error as error:
        show("parked", error.diag.sqlstate, error.diag.message_primary)
    show("alive", conn.execute("SELECT 1").fetchone()[0])
    sys.stdin.readline()
    show("again", conn.execute(parked, [row]).statusmessage)
