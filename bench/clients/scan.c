// Runs one query without TLS on loopback and throws the rows away as they come, so that the client costs next to nothing.
// Prints bytes, seconds and MB/s.  usage: scan PORT text|binary USER DATABASE SQL   (cleartext password: PGPASSWORD)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 256 * 1024, SEND_BYTES = 64 * 1024, MAX_SMALL_MESSAGE = 64 * 1024 };

static int connection;
static unsigned char send_buffer[SEND_BYTES];
static size_t send_length;
static size_t message_start;

static void fail(const char *why)
{
    fprintf(stderr, "scan: %s\n", why);
    exit(1);
}

static void put(const void *bytes, size_t length)
{
    if (send_length + length > sizeof send_buffer)
    {
        fail("the request is too long");
    }
    memcpy(send_buffer + send_length, bytes, length);
    send_length += length;
}

static void put_int32(uint32_t value)
{
    value = htonl(value);
    put(&value, sizeof value);
}

static void put_int16(uint16_t value)
{
    value = htons(value);
    put(&value, sizeof value);
}

static void put_text(const char *text)
{
    put(text, strlen(text) + 1);
}

static void begin(char type)
{
    put(&type, 1);
    message_start = send_length;
    put_int32(0);
}

static void end(void)
{
    uint32_t length = htonl((uint32_t)(send_length - message_start));
    memcpy(send_buffer + message_start, &length, sizeof length);
}

static void flush_requests(void)
{
    for (size_t sent = 0; sent < send_length;)
    {
        ssize_t count = send(connection, send_buffer + sent, send_length - sent, 0);
        if (count <= 0)
        {
            fail("the connection broke while sending");
        }
        sent += (size_t)count;
    }
    send_length = 0;
}

static void answer_authentication(uint32_t kind)
{
    if (kind == 0)
    {
        return;
    }
    const char *password = getenv("PGPASSWORD");
    if (kind != 3 || password == NULL)
    {
        fail("the server wants an authentication this tool does not have");
    }
    begin('p');
    put_text(password);
    end();
    flush_requests();
}

// Reads messages until ReadyForQuery and gives the bytes received. Small messages that matter are kept whole, rows are skipped.
static long long read_until_ready(void)
{
    static unsigned char received[RECEIVE_BYTES];
    static unsigned char small[MAX_SMALL_MESSAGE];
    unsigned char header[5];
    size_t header_length = 0, body_left = 0, small_length = 0;
    long long total = 0;
    for (;;)
    {
        ssize_t count = recv(connection, received, sizeof received, 0);
        if (count <= 0)
        {
            fail("the server closed the connection");
        }
        total += count;
        for (ssize_t at = 0; at < count;)
        {
            if (header_length < sizeof header)
            {
                header[header_length++] = received[at++];
                if (header_length < sizeof header)
                {
                    continue;
                }
                uint32_t length;
                memcpy(&length, header + 1, sizeof length);
                body_left = ntohl(length) - sizeof length;
                small_length = 0;
            }
            size_t take = (size_t)(count - at) < body_left ? (size_t)(count - at) : body_left;
            if ((header[0] == 'R' || header[0] == 'E') && small_length + take <= sizeof small)
            {
                memcpy(small + small_length, received + at, take);
                small_length += take;
            }
            at += (ssize_t)take;
            body_left -= take;
            if (body_left > 0)
            {
                continue;
            }
            header_length = 0;
            if (header[0] == 'R' && small_length >= sizeof(uint32_t))
            {
                uint32_t kind;
                memcpy(&kind, small, sizeof kind);
                answer_authentication(ntohl(kind));
            }
            else if (header[0] == 'E')
            {
                fwrite(small, 1, small_length, stderr);
                fail("the server reported an error");
            }
            else if (header[0] == 'Z')
            {
                return total;
            }
        }
    }
}

static void start_session(int port, const char *user, const char *database)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
    {
        fail("cannot connect");
    }
    message_start = 0;
    put_int32(0);
    put_int32(196608);
    put_text("user");
    put_text(user);
    put_text("database");
    put_text(database);
    put_text("");
    end();
    flush_requests();
    read_until_ready();
}

static void request(int binary, const char *sql)
{
    if (!binary)
    {
        begin('Q');
        put_text(sql);
        end();
        return;
    }
    begin('P');
    put_text("");
    put_text(sql);
    put_int16(0);
    end();
    begin('B');
    put_text("");
    put_text("");
    put_int16(0);
    put_int16(0);
    put_int16(1);
    put_int16(1);
    end();
    begin('D');
    put("P", 1);
    put_text("");
    end();
    begin('E');
    put_text("");
    put_int32(0);
    end();
    begin('S');
    end();
}

int main(int argc, char **argv)
{
    if (argc != 6)
    {
        fprintf(stderr, "usage: scan PORT text|binary USER DATABASE SQL\n");
        return 2;
    }
    start_session(atoi(argv[1]), argv[3], argv[4]);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    request(strcmp(argv[2], "binary") == 0, argv[5]);
    flush_requests();
    long long bytes = read_until_ready();
    clock_gettime(CLOCK_MONOTONIC, &after);
    double seconds = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    printf("%lld %.4f %.1f\n", bytes, seconds, (double)bytes / 1e6 / seconds);
    send(connection, "X\0\0\0\4", 5, 0);
    close(connection);
    return 0;
}
