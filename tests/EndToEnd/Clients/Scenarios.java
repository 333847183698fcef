// The common scenario list, spoken by the PostgreSQL JDBC driver. usage: java -cp postgresql.jar Scenarios.java
// Connection from PG* variables. Prints "== NAME" and what the server answered.
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Scenarios {
    static final String TABLE = "scratch.jdbc_items";
    static final int LARGE = 1024 * 1024;
    static final int MANY = 100_000;

    interface Scenario { void run(Connection c) throws Exception; }

    static void show(Object... values) {
        StringJoiner line = new StringJoiner(" | ");
        for (Object v : values) line.add(String.valueOf(v));
        System.out.println(line);
    }

    static Connection connect(String... extra) throws SQLException {
        Map<String, String> env = System.getenv();
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE")
            + "?sslmode=" + env.get("PGSSLMODE"));
        for (String e : extra) url.append('&').append(e);
        return DriverManager.getConnection(url.toString(), env.get("PGUSER"), env.get("PGPASSWORD"));
    }

    static void failure(SQLException e) {
        ServerErrorMessage m = e instanceof PSQLException p ? p.getServerErrorMessage() : null;
        if (m == null) show("error", e.getSQLState(), e.getClass().getSimpleName());
        else show("error", m.getSQLState(), m.getSeverity(), m.getMessage(), m.getDetail(), m.getHint(), m.getPosition(), m.getSchema(), m.getTable(), m.getColumn(), m.getConstraint());
    }

    static void print(ResultSet rs) throws SQLException {
        ResultSetMetaData meta = rs.getMetaData();
        while (rs.next()) {
            StringJoiner row = new StringJoiner(", ", "[", "]");
            for (int i = 1; i <= meta.getColumnCount(); i++) row.add(meta.getColumnLabel(i) + "=" + rs.getString(i));
            show(row);
        }
    }

    static void query(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            boolean isResult = s.execute(sql);
            while (true) {
                if (isResult) print(s.getResultSet());
                else if (s.getUpdateCount() == -1) break;
                else show("count", s.getUpdateCount());
                isResult = s.getMoreResults();
            }
        } catch (SQLException e) {
            failure(e);
        }
    }

    static void parametersIn(Connection c, String how) throws SQLException {
        Object[][] values = {
            {"int2", (short) 7}, {"int4", -70000}, {"int8", 1L << 40}, {"float8", 1.5}, {"numeric", new BigDecimal("12345.6789")}, {"bool", true},
            {"text", "ümlaut 'quoted'"}, {"varchar", "v"}, {"bytea", new byte[] {0, 1, (byte) 255}}, {"date", java.sql.Date.valueOf("2024-02-29")},
            {"timestamp", Timestamp.valueOf("2024-02-29 12:30:01")}, {"timestamptz", java.time.OffsetDateTime.parse("2024-02-29T12:30:01Z")},
            {"time", java.time.LocalTime.of(23, 59, 59)}, {"uuid", UUID.fromString("00000000-0000-4000-8000-000000000001")}, {"text", null},
        };
        for (Object[] v : values) {
            try (PreparedStatement s = c.prepareStatement("SELECT ?::" + v[0])) {
                s.unwrap(PGStatement.class).setPrepareThreshold(how.equals("binary") ? -1 : 0);
                if (v[1] == null) s.setNull(1, Types.VARCHAR); else s.setObject(1, v[1]);
                try (ResultSet rs = s.executeQuery()) {
                    rs.next();
                    Object back = v[0].equals("bytea") ? Arrays.toString(rs.getBytes(1)) : rs.getString(1);
                    show(how, v[0], back);
                }
            }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT ?::int4[], ?::text[], ?::jsonb")) {
            s.setArray(1, c.createArrayOf("int4", new Integer[] {1, 2, 3}));
            s.setArray(2, c.createArrayOf("text", new String[] {"a", null, "c,d"}));
            s.setObject(3, "{\"a\": [1, null]}", Types.OTHER);
            try (ResultSet rs = s.executeQuery()) { print(rs); }
        }
    }

    static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

    static {
        SCENARIOS.put("connect", c -> { query(c, "SELECT 1"); show(c.getMetaData().getDatabaseMajorVersion(), c.isValid(5)); });
        SCENARIOS.put("simple_and_multi", c -> {
            query(c, "SELECT 1 AS a, 'x' AS b; SELECT 2 AS a; SELECT 'third' AS c, NULL AS d");
            query(c, "DROP TABLE IF EXISTS " + TABLE);
            query(c, "CREATE TABLE " + TABLE + " (id integer PRIMARY KEY, label text NOT NULL, amount numeric(12,2))");
            query(c, "INSERT INTO " + TABLE + " (id, label, amount) VALUES (1, 'one', 1.10), (2, 'two', 2.20)");
            query(c, "UPDATE " + TABLE + " SET amount = amount + 1 WHERE id = 2 RETURNING id, amount");
            try (Connection simple = connect("preferQueryMode=simple")) {
                query(simple, "SELECT 1 AS a; SELECT 2 AS b");
                try (PreparedStatement s = simple.prepareStatement("SELECT ?::text AS quoted")) { s.setString(1, "it's"); print(s.executeQuery()); }
            }
        });
        SCENARIOS.put("parameters", c -> { parametersIn(c, "text"); parametersIn(c, "binary"); });
        SCENARIOS.put("prepared_ten_times", c -> {
            // The driver switches to a named statement, and to binary results, at the fifth execution.
            try (PreparedStatement s = c.prepareStatement("SELECT id, label FROM " + TABLE + " WHERE id = ?")) {
                for (int i = 0; i < 10; i++) { s.setInt(1, i % 3); print(s.executeQuery()); }
            }
            try (PreparedStatement s = c.prepareStatement("SELECT patient_id, gender FROM clinic.patients WHERE patient_id = ?")) {
                for (int i = 0; i < 10; i++) { s.setInt(1, i + 1); print(s.executeQuery()); }
            }
        });
        SCENARIOS.put("pipeline_error", c -> {
            try (PreparedStatement s = c.prepareStatement("INSERT INTO " + TABLE + " (id, label) VALUES (?, ?)")) {
                for (int i = 0; i < 50; i++) { s.setInt(1, 100 + i); s.setString(2, "batch " + i); s.addBatch(); }
                show(Arrays.stream(s.executeBatch()).sum());
                for (int i = 0; i < 10; i++) { s.setInt(1, i == 5 ? 100 : 200 + i); s.setString(2, "second " + i); s.addBatch(); }
                try { s.executeBatch(); } catch (BatchUpdateException e) { show(Arrays.toString(e.getUpdateCounts())); failure((SQLException) e.getCause()); }
            }
            query(c, "SELECT count(*) FROM " + TABLE);
        });
        SCENARIOS.put("row_limited_fetch", c -> {
            c.setAutoCommit(false);
            try (Statement s = c.createStatement()) {
                s.setFetchSize(7);
                print(s.executeQuery("SELECT patient_id FROM clinic.patients ORDER BY patient_id LIMIT 25"));
            }
            try (Statement s = c.createStatement()) {
                s.setMaxRows(3);
                print(s.executeQuery("SELECT patient_id FROM clinic.patients ORDER BY patient_id"));
            }
            c.commit();
            c.setAutoCommit(true);
        });
        SCENARIOS.put("transactions", c -> {
            c.setAutoCommit(false);
            query(c, "INSERT INTO " + TABLE + " (id, label) VALUES (10, 'rolled back')");
            Savepoint point = c.setSavepoint("s");
            query(c, "INSERT INTO " + TABLE + " (id, label) VALUES (10, 'twice')");
            query(c, "SELECT 1");
            c.rollback(point);
            query(c, "SELECT count(*) FROM " + TABLE + " WHERE id = 10");
            c.rollback();
            query(c, "SELECT count(*) FROM " + TABLE + " WHERE id = 10");
            c.rollback();
            c.setAutoCommit(true);
            c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            query(c, "SHOW transaction_isolation");
        });
        SCENARIOS.put("copy", c -> {
            CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
            StringBuilder rows = new StringBuilder();
            for (int i = 1000; i < 1500; i++) rows.append(i).append("\trow ").append(i).append('\n');
            show(copy.copyIn("COPY " + TABLE + " (id, label) FROM STDIN", new StringReader(rows.toString())));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            show(copy.copyOut("COPY (SELECT id, label FROM " + TABLE + " WHERE id >= 1490 ORDER BY id) TO STDOUT", out), out.toString("UTF-8").replace("\n", "\\n"));
            try { copy.copyIn("COPY " + TABLE + " (id, label) FROM STDIN", new StringReader("not a number\tx\n")); } catch (SQLException e) { failure(e); }
            query(c, "SELECT count(*) FROM " + TABLE + " WHERE id >= 1000");
        });
        SCENARIOS.put("cancel", c -> {
            try (Statement s = c.createStatement()) {
                new Timer(true).schedule(new TimerTask() { public void run() { try { s.cancel(); } catch (SQLException e) { show("cancel failed"); } } }, 500);
                try { s.execute("SELECT pg_sleep(60)"); show("not cancelled"); } catch (SQLException e) { failure(e); }
            }
            try (Statement s = c.createStatement()) {
                s.setQueryTimeout(1);
                try { s.execute("SELECT pg_sleep(60)"); show("not cancelled"); } catch (SQLException e) { failure(e); }
            }
            query(c, "SELECT 'alive'");
        });
        SCENARIOS.put("notifications", c -> {
            query(c, "LISTEN jdbc_channel");
            try (Connection other = connect()) { query(other, "NOTIFY jdbc_channel, 'hello'"); }
            for (var n : c.unwrap(PGConnection.class).getNotifications(10_000)) show(n.getName(), n.getParameter());
        });
        SCENARIOS.put("notices", c -> {
            try (Statement s = c.createStatement()) {
                s.execute("DROP TABLE IF EXISTS scratch.jdbc_nothing");
                for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) show(w.getSQLState(), w.getMessage());
            }
        });
        SCENARIOS.put("error_fields", c -> {
            for (String sql : List.of("SELECT * FROM scratch.jdbc_nothing", "SELECT nothing", "SELEC 1", "SELECT 1/0", "SELECT 'x'::integer",
                "INSERT INTO " + TABLE + " (id, label) VALUES (1, 'again')", "INSERT INTO " + TABLE + " (id) VALUES (3)")) query(c, sql);
        });
        SCENARIOS.put("large_values", c -> {
            String text = "0123456789abcdef".repeat(LARGE / 16);
            byte[] bytes = text.getBytes();
            try (PreparedStatement s = c.prepareStatement("SELECT ?::text, ?::bytea")) {
                s.unwrap(PGStatement.class).setPrepareThreshold(-1);
                s.setString(1, text);
                s.setBytes(2, bytes);
                ResultSet rs = s.executeQuery();
                rs.next();
                show(rs.getString(1).equals(text), Arrays.equals(rs.getBytes(2), bytes));
            }
        });
        SCENARIOS.put("many_rows", c -> {
            try (PreparedStatement s = c.prepareStatement("SELECT i, 'row ' || i FROM generate_series(1, ?) AS i")) {
                s.setInt(1, MANY);
                ResultSet rs = s.executeQuery();
                long count = 0, sum = 0;
                String last = null;
                while (rs.next()) { count++; sum += rs.getInt(1); last = rs.getString(2); }
                show(count, sum, last);
            }
        });
    }

    public static void main(String[] arguments) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        for (var scenario : SCENARIOS.entrySet()) {
            System.out.println("== " + scenario.getKey());
            try (Connection c = connect()) {
                scenario.getValue().run(c);
            } catch (Exception e) {
                System.out.println("FAILED " + e);
            }
        }
    }
}
