// The common scenario list, spoken by node `pg`. usage: node scenarios.mjs   (connection from PG* variables)
// Prints "== NAME" and what the server answered; nothing printed depends on time, process or port.
import pg from 'pg'
import { once } from 'node:events'

const TABLE = 'scratch.node_items'
const LARGE = 1024 * 1024
const MANY = 100_000
const show = (...values) => console.log(values.map(v => (typeof v === 'string' ? v : JSON.stringify(v))).join(' | '))
const failure = e => show('error', e.code, e.severity, e.message, e.detail ?? null, e.hint ?? null, e.position ?? null, e.schema ?? null, e.table ?? null, e.column ?? null, e.constraint ?? null)
const rows = r => r.rows
pg.types.setTypeParser(1114, v => v)
pg.types.setTypeParser(1184, v => v)
pg.types.setTypeParser(1082, v => v)
pg.types.setTypeParser(1186, v => v)

const ssl = process.env.PGSSLMODE === 'require' ? { rejectUnauthorized: false } : false
delete process.env.PGSSLMODE
const connect = async () => {
  const client = new pg.Client({ ssl })
  client.on('error', () => {})
  await client.connect()
  return client
}
const attempt = async promise => { try { show(rows(await promise)) } catch (e) { failure(e) } }

const scenarios = {
  async connect(c) {
    show(rows(await c.query('SELECT 1 AS one')))
  },
  async simple_and_multi(c) {
    for (const r of await c.query("SELECT 1 AS a, 'x' AS b; SELECT 2 AS a; SELECT 'third' AS c, NULL AS d")) show(r.fields.map(f => f.name), r.rows)
    await c.query(`DROP TABLE IF EXISTS ${TABLE}`)
    await c.query(`CREATE TABLE ${TABLE} (id integer PRIMARY KEY, label text NOT NULL, amount numeric(12,2))`)
    const inserted = await c.query(`INSERT INTO ${TABLE} (id, label, amount) VALUES (1, 'one', 1.10), (2, 'two', 2.20)`)
    show(inserted.command, inserted.rowCount)
    show(rows(await c.query(`UPDATE ${TABLE} SET amount = amount + 1 WHERE id = 2 RETURNING id, amount`)))
  },
  async parameters(c) {
    const values = [['int2', 7], ['int4', -70000], ['int8', '1099511627776'], ['float8', 1.5], ['numeric', '12345.6789'], ['bool', true],
      ['text', "ümlaut 'quoted'"], ['varchar', 'v'], ['bytea', Buffer.from([0, 1, 255])], ['date', '2024-02-29'], ['timestamp', '2024-02-29 12:30:01'],
      ['timestamptz', '2024-02-29 12:30:01+00'], ['time', '23:59:59'], ['interval', '3 days 00:00:04'], ['uuid', '00000000-0000-4000-8000-000000000001'],
      ['jsonb', { a: [1, null] }], ['int4[]', [1, 2, 3]], ['text[]', ['a', null, 'c,d']], ['inet', '10.0.0.1/8'], ['text', null]]
    for (const [type, value] of values) show(type, rows(await c.query(`SELECT $1::${type} AS v`, [value])))
    // Binary results for the types whose binary form `pg` reads.
    for (const [type, value] of [['int2', 7], ['int4', -70000], ['int8', '1099511627776'], ['float8', 1.5], ['bool', true], ['text', 'plain'], ['bytea', Buffer.from([0, 1, 255])]])
      show('binary', type, rows(await c.query({ text: `SELECT $1::${type} AS v`, values: [value], binary: true })))
  },
  async prepared_ten_times(c) {
    for (let i = 0; i < 10; i++) show(i, rows(await c.query({ name: 'by-id', text: `SELECT id, label FROM ${TABLE} WHERE id = $1`, values: [i % 3] })))
    for (let i = 0; i < 10; i++) show(i, rows(await c.query({ name: 'patient', text: 'SELECT patient_id, gender FROM clinic.patients WHERE patient_id = $1', values: [i + 1] })))
  },
  async pipeline_error(c) {
    // `pg` queues: each query is sent when the one before is done, so errors must not disturb the queue.
    await Promise.all([attempt(c.query('SELECT $1::int4 AS v', [1])), attempt(c.query('SELECT 1 / $1::int4 AS v', [0])), attempt(c.query('SELECT $1::int4 AS v', [3]))])
    await attempt(c.query("SELECT 1 AS a; SELECT 1/0 AS b; SELECT 3 AS c"))
    show(rows(await c.query('SELECT 4 AS v')))
  },
  async row_limited_fetch(c) {
    const query = new pg.Query({ text: 'SELECT patient_id FROM clinic.patients ORDER BY patient_id LIMIT 25', values: [], rows: 7 })
    const seen = []
    query.on('row', row => seen.push(row.patient_id))
    c.query(query)
    await once(query, 'end')
    show(seen)
  },
  async transactions(c) {
    await c.query('BEGIN')
    await c.query(`INSERT INTO ${TABLE} (id, label) VALUES (10, 'rolled back')`)
    await c.query('SAVEPOINT s')
    await attempt(c.query(`INSERT INTO ${TABLE} (id, label) VALUES (10, 'twice')`))
    await attempt(c.query('SELECT 1'))
    await c.query('ROLLBACK TO SAVEPOINT s')
    show(rows(await c.query(`SELECT count(*) FROM ${TABLE} WHERE id = 10`)))
    await c.query('ROLLBACK')
    show(rows(await c.query(`SELECT count(*) FROM ${TABLE} WHERE id = 10`)))
  },
  async copy(c) {
    // `pg` itself has no COPY; what it does with the messages is the scenario.
    await attempt(c.query(`COPY ${TABLE} (id, label) FROM STDIN`))
    show(rows(await c.query('SELECT 1 AS alive')))
  },
  async cancel(c) {
    const canceller = new pg.Client({ ssl })
    setTimeout(() => canceller.cancel(c, c._getActiveQuery ? c._getActiveQuery() : c.activeQuery), 500)
    await attempt(c.query('SELECT pg_sleep(60)'))
    show(rows(await c.query("SELECT 'alive' AS v")))
  },
  async notifications(c) {
    await c.query('LISTEN node_channel')
    const other = await connect()
    const heard = once(c, 'notification')
    await other.query("NOTIFY node_channel, 'hello'")
    await other.end()
    const [{ channel, payload }] = await heard
    show(channel, payload)
  },
  async notices(c) {
    c.on('notice', n => show('notice', n.severity, n.code, n.message))
    await c.query('DROP TABLE IF EXISTS scratch.node_nothing')
    await c.query('ROLLBACK')
  },
  async error_fields(c) {
    for (const text of ['SELECT * FROM scratch.node_nothing', 'SELECT nothing', 'SELEC 1', 'SELECT 1/0', "SELECT 'x'::integer",
      `INSERT INTO ${TABLE} (id, label) VALUES (1, 'again')`, `INSERT INTO ${TABLE} (id) VALUES (3)`]) await attempt(c.query(text))
  },
  async large_values(c) {
    const text = '0123456789abcdef'.repeat(LARGE / 16)
    const back = rows(await c.query('SELECT $1::text AS v', [text]))[0].v
    show(back.length, back === text)
  },
  async many_rows(c) {
    const r = rows(await c.query("SELECT i, 'row ' || i AS t FROM generate_series(1, $1::int4) AS i", [MANY]))
    show(r.length, r[0], r.at(-1), r.reduce((sum, row) => sum + row.i, 0))
  },
}

for (const [name, scenario] of Object.entries(scenarios)) {
  console.log('==', name)
  let client
  try {
    client = await connect()
    await scenario(client)
  } catch (e) {
    console.log('FAILED', e.code ?? e.name, e.message)
  }
  await client?.end().catch(() => {})
}
process.exit(0)
