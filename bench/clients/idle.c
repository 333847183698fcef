// Opens N PostgreSQL sessions through libpq, runs one query on each so that buffers have been used once, says "ready", and holds
// them until standard input ends.  usage: idle N "CONNINFO"   (password: PGPASSWORD; TLS: sslmode in CONNINFO)
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
    {
        fprintf(stderr, "usage: idle N CONNINFO\n");
        return 2;
    }
    int count = atoi(argv[1]);
    PGconn **sessions = calloc(count, sizeof *sessions);
    for (int i = 0; i < count; i++)
    {
        sessions[i] = PQconnectdb(argv[2]);
        if (PQstatus(sessions[i]) != CONNECTION_OK)
        {
            fprintf(stderr, "session %d: %s", i, PQerrorMessage(sessions[i]));
            return 1;
        }
        PGresult *result = PQexec(sessions[i], "SELECT abalance FROM pgbench_accounts WHERE aid = 4711");
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
        {
            fprintf(stderr, "session %d: %s", i, PQresultErrorMessage(result));
            return 1;
        }
        PQclear(result);
    }
    puts("ready");
    fflush(stdout);
    for (char byte; read(STDIN_FILENO, &byte, 1) > 0;)
    {
    }
    for (int i = 0; i < count; i++)
    {
        PQfinish(sessions[i]);
    }
    return 0;
}
