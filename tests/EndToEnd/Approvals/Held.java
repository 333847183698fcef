// A held and a parked command as the PostgreSQL JDBC driver sees them. usage: java -cp postgresql.jar Held.java ID
// Connection from PG* variables.
import java.sql.*;
import java.util.*;

public class Held {
    static void show(Object... values) {
        StringJoiner line = new StringJoiner(" | ");
        for (Object v : values) line.add(String.valueOf(v));
        System.out.println(line);
    }

    static int update(Connection c, String table, int row) throws SQLException {
        try (PreparedStatement s = c.prepareStatement("UPDATE scratch." + table + " SET hits = hits + 1 WHERE id = ?")) {
            s.setInt(1, row);
            int count = s.executeUpdate();
            for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) show("notice", w.getMessage());
            return count;
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> env = System.getenv();
        int row = Integer.parseInt(args[0]);
        String url = "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE") + "?sslmode=" + env.get("PGSSLMODE");
        try (Connection c = DriverManager.getConnection(url, env.get("PGUSER"), env.get("PGPASSWORD"))) {
            show("held", "UPDATE", update(c, "counters", row));
            try {
                update(c, "patience", row);
                show("parked", "not refused");
            } catch (SQLException e) {
                show("parked", e.getSQLState(), e.getMessage());
            }
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT 1")) {
                r.next();
                show("alive", r.getInt(1));
            }
            System.in.read();
            show("again", "UPDATE", update(c, "patience", row));
        }
    }
}
