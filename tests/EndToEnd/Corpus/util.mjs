#!/usr/bin/env node
// Utility corpus runner: legitimate work that must keep working. usage: node util.mjs FILE.jsonl [--host --port ...as run.mjs] [--json out]
// A row passes when: no unexpected error (same SQLSTATE as expected), same result shapes and row counts, every non-PHI, non-volatile cell is equal
// to the direct server's, and no canary appears in any PHI cell.  --record writes expectations (used once, against the bare server).
import fs from 'node:fs'; import { Conn, newConn, deep, login, scan, opt, files, host, port, db, adminRun } from './run.mjs';
const admO = { host: opt['admin-host'] ?? '127.0.0.1', port: +(opt['admin-port'] ?? process.env.CORPUS_ADMIN_PORT ?? process.env.CORPUS_PORT ?? 5432), user: opt['admin-user'] ?? 'postgres', password: opt['admin-pass'] ?? process.env.CORPUS_ADMIN_PASS ?? 'postgres', database: db };
let adm; async function oid(x) { if (!adm) { adm = new Conn(admO); await adm.connect(); } const [k, ...r] = x.split(':'); const n = r.join(':'); await adm.query(`SELECT '${n.replace(/'/g, "''")}'::${{ class: 'regclass', type: 'regtype', proc: 'regprocedure', ns: 'regnamespace' }[k]}::oid`); return adm.results[0]?.rows?.[0]?.[0]; }
async function subOids(o) { let s = JSON.stringify(o); for (const m of new Set([...s.matchAll(/\{\{oid:([^}]*)\}\}/g)].map(m => m[1]))) s = s.replaceAll(`{{oid:${m}}}`, await oid(m)); return JSON.parse(s); }
export async function runUtil(row, guard) {
  const steps = deep(await subOids(row.steps)); const c = newConn({ host, port, ...login(opt.user ?? row.priv, opt.pass ?? 'pw', db) }, guard); const res = [];
  try { await c.connect(); } catch (e) { return { connError: c.connErr?.M ?? e.message, res: [], chan: {} }; } c.guard = guard;
  for (const st of steps) {
    const ne = c.errors.length; (c.chan.copy = []);
    try { if (st.x) await c.ext(st.x, st); else if (st.copyin) await c.copyIn(st.copyin, st.data); else await c.query(st.q); } catch (e) { res.push({ fail: e.message }); break; }
    const out = { sets: c.results.filter(r => r.cols).map(r => ({ cols: r.cols.map(x => x.name), rows: r.rows })), tags: c.results.filter(r => r.tag).map(r => r.tag) };
    if (c.chan.copy?.length) { const seen = [...new Set(c.chan.copy)]; out.copy = seen; } if (c.errors.length > ne) { out.err = c.errors[ne].C; out.errMsg = c.errors[ne].M; } res.push(out);
  }
  const sent = JSON.stringify(steps); const hits = scan(c.chan, sent); c.end(); return { res, hits };
}
if ((process.argv[1] ?? '').endsWith('util.mjs')) {
  let pass = 0, n = 0; const all = [];
  for (const f of files) for (const line of fs.readFileSync(f, 'utf8').split('\n')) {
    if (!line.trim()) continue; const row = JSON.parse(line); if (opt.only && !opt.only.split(',').includes(row.id)) continue; n++; const r = await runUtil(row); const bad = check(row, r); if (!bad) pass++; else console.log('FAIL', row.id, row.title, '::', bad); all.push({ id: row.id, ok: !bad, bad });
  }
  console.log(`${n} rows, ${pass} passed, ${n - pass} failed`); if (opt.json) fs.writeFileSync(opt.json, JSON.stringify(all)); adm?.end(); await adminRun(['SELECT 1']); process.exit(pass === n ? 0 : 1);
}
export function check(row, r, allowRaw = (host === admO.host && port === admO.port)) {
  if (r.connError) return 'connect: ' + r.connError; const ex = row.expected;
  for (let i = 0; i < ex.length; i++) {
    const e = ex[i], g = r.res[i]; if (!g) return `step ${i}: no result`; if (g.fail) return `step ${i}: ${g.fail}`;
    if ((e.err ?? null) !== (g.err ?? null)) return `step ${i}: expected ${e.err ?? 'success'}, got ${g.err ?? 'success'} ${g.errMsg ?? ''}`;
    if (e.errMsg && !row.touches_phi && e.errMsg !== g.errMsg) return `step ${i}: message text lost: ${g.errMsg}`;
    if (!e.err && !e.sets.some(s => s.volrows) && JSON.stringify(e.tags) !== JSON.stringify(g.tags)) return `step ${i}: tags ${JSON.stringify(e.tags)} vs ${JSON.stringify(g.tags)}`;
    for (let s = 0; s < e.sets.length; s++) {
      const a = e.sets[s], b = g.sets[s]; if (!b) return `step ${i}: result set missing`; if (JSON.stringify(a.cols) !== JSON.stringify(b.cols)) return `step ${i}: columns ${a.cols} vs ${b.cols}`;
      if (a.nrows !== undefined) { if (!a.volrows && a.nrows !== b.rows.length) return `step ${i}: ${a.nrows} rows vs ${b.rows.length}`; } 
      const key = r2 => JSON.stringify(r2.map((v, j) => a.phi.includes(j) || a.vol.includes(j) ? 0 : v)); const ordered = /order\s+by/i.test(JSON.stringify(row.steps[i])); let ea = a.rows, gb = b.rows; // no ORDER BY: compare as sets
      if (!ordered && !a.volrows && ea?.length === gb.length) { ea = [...ea].sort((p, q) => key(p) < key(q) ? -1 : 1); gb = [...gb].sort((p, q) => key(p) < key(q) ? -1 : 1); }
      if (!a.volrows) for (let k = 0; k < (ea?.length ?? 0); k++) for (let j = 0; j < a.cols.length; j++) { if (a.phi.includes(j) || a.vol.includes(j)) continue; if (ea[k][j] !== gb[k]?.[j]) return `step ${i} row ${k} col ${a.cols[j]}: ${JSON.stringify(ea[k][j])} vs ${JSON.stringify(gb[k]?.[j])}`; }
    }
    if (e.copyClean && JSON.stringify(e.copyClean) !== JSON.stringify(g.copy)) return `step ${i}: copy data differs`;
  }
  if (!allowRaw && Object.keys(r.hits).length) return 'canary leaked: ' + JSON.stringify(r.hits).slice(0, 200);
  return null;
}
