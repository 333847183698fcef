// The JavaScript SDK's client: the same calls over HTTP and over stdio, and what came of them as one JSON document.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'

const [how, where, ...rest] = process.argv.slice(2)
const transport = how === 'http'
  ? new StreamableHTTPClientTransport(new URL(where), { requestInit: { headers: { Authorization: `Bearer ${process.env.SALLYPORT_TOKEN}` } } })
  : new StdioClientTransport({ command: where, args: rest, env: process.env })
const client = new Client({ name: 'end-to-end', version: '1.0.0' })
await client.connect(transport)
const call = (name, args) => client.callTool({ name, arguments: args })
const tools = (await client.listTools()).tools.map(tool => tool.name)
const read = await call('query', { target: 'clinic', sql: 'SELECT mrn, ssn FROM clinic.patients WHERE patient_id = $1::int', parameters: [1] })
await call('query', { target: 'clinic', sql: 'BEGIN' })
await call('query', { target: 'clinic', sql: 'CREATE TEMPORARY TABLE of_this_session (id int) ON COMMIT DROP' })
const inTransaction = await call('query', { target: 'clinic', sql: 'SELECT count(*) FROM of_this_session' })
await call('query', { target: 'clinic', sql: 'ROLLBACK' })
const refused = await call('query', { target: 'clinic', sql: 'DELETE FROM scratch.notes' })
const progress = []
const held = await client.callTool(
  { name: 'query', arguments: { target: 'clinic', sql: 'UPDATE scratch.counters SET hits = hits + 1 WHERE id = 9', wait_seconds: 4 } },
  undefined,
  { onprogress: told => progress.push(told.message) })
await client.close()
console.log(JSON.stringify({ tools, read, inTransaction, refused, held, progress }))
