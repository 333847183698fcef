// A held and a parked command as node `pg` sees them. usage: node held.mjs ID   (connection from PG* variables)
import pg from 'pg'
import { once } from 'node:events'

const row = process.argv[2]
const show = (...values) => console.log(values.join(' | '))
delete process.env.PGSSLMODE
const client = new pg.Client({ ssl: false })
await client.connect()
client.on('notice', notice => show('notice', notice.message))
const held = await client.query('UPDATE scratch.counters SET hits = hits + 1 WHERE id = $1', [row])
show('held', held.command, held.rowCount)
const parked = () => client.query('UPDATE scratch.patience SET hits = hits + 1 WHERE id = $1', [row])
await parked().then(() => show('parked', 'not refused'), error => show('parked', error.code, error.message))
show('alive', (await client.query('SELECT 1 AS one')).rows[0].one)
await once(process.stdin, 'data')
const again = await parked()
show('again', again.command, again.rowCount)
await client.end()
process.stdin.destroy()
