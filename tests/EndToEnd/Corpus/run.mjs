#!/usr/bin/env node
// Replays a leak corpus file against host:port and reports, per row, whether a canary came back in ANY channel.
// usage: node run.mjs FILE.jsonl [--host H --port P] [--admin-host H --admin-port P --admin-user U --admin-pass W] [--db clinic]
//        [--pass pw] [--user NAME  (force one login for all rows)] [--only id,id] [--json out.json] [--expect-leak] [--v]
//        [--dir D]  D: a directory the server process can write (see README.md); also CORPUS_PORT, CORPUS_ADMIN_PORT, CORPUS_ADMIN_PASS, CORPUS_DIR
// Setup and cleanup SQL always go to the admin endpoint (the real server), never through the gateway.
// exit 0: (default) no leak where expect is MASK or DENY;  with --expect-leak: every row leaked (verifies the corpus against a bare server).
import fs from 'node:fs'; import path from 'node:path'; import crypto from 'node:crypto'; import { Conn } from './wire.mjs';
const here = path.dirname(new URL(import.meta.url).pathname);
const a = process.argv.slice(2), opt = {}; const files = [];
for (let i = 0; i < a.length; i++) { if (a[i].startsWith('--')) { const k = a[i].slice(2); if (['expect-leak', 'v'].includes(k)) opt[k] = true; else opt[k] = a[++i]; } else files.push(a[i]); }
const host = opt.host ?? '127.0.0.1', port = +(opt.port ?? process.env.CORPUS_PORT ?? 5432), db = opt.db ?? 'clinic';
const adm = { host: opt['admin-host'] ?? host, port: +(opt['admin-port'] ?? process.env.CORPUS_ADMIN_PORT ?? process.env.CORPUS_PORT ?? 5432), user: opt['admin-user'] ?? 'postgres', password: opt['admin-pass'] ?? process.env.CORPUS_ADMIN_PASS ?? 'postgres', database: db };
export const CAN = JSON.parse(fs.readFileSync(opt.canaries ?? path.join(here, 'canaries.json'))).canaries;
const b64 = s => [0, 1, 2].map(o => Buffer.from('x'.repeat(o) + s + 'xx').toString('base64').slice(o ? 4 : 0).slice(0, Math.floor((s.length - (o ? 3 - o : 0)) / 3) * 4)).filter(x => x.length >= 8);
const rev = s => [...s].reverse().join('');
const TOK = [];
for (const [k, v] of Object.entries(CAN)) for (const c of v.canary) {
  const cap = c[0].toUpperCase() + c.slice(1);
  TOK.push({ k, c, lc: c.toLowerCase(), rv: rev(c.toLowerCase()), hx: [c, cap, c.toUpperCase()].map(x => Buffer.from(x).toString('hex')), b: [...b64(c), ...b64(cap), ...b64(c.toUpperCase())], st: c.toLowerCase().replace(/[^a-z0-9]/g, ''), kind: v.kind });
}
const f = { left: (s, n) => s.slice(0, +n), right: (s, n) => s.slice(-n), upper: s => s.toUpperCase(), lower: s => s.toLowerCase(), rev, len: s => '' + s.length, md5: s => crypto.createHash('md5').update(s).digest('hex'), sha256: s => crypto.createHash('sha256').update(s).digest('hex'), hex: s => Buffer.from(s).toString('hex'), b64: s => Buffer.from(s).toString('base64'), ascii: (s, i) => '' + s.charCodeAt(i - 1), first: s => s.split(' ')[0], last: s => s.split(' ').pop(), year: s => s.slice(0, 4), can: (s, k) => s, rot13: s => s.replace(/[a-z]/gi, c => String.fromCharCode((c <= 'Z' ? 90 : 122) >= (c = c.charCodeAt(0) + 13) ? c : c - 26)), codesnl: s => [...s].map(c => c.charCodeAt(0)).join('\n'), codes: s => [...s].map(c => c.charCodeAt(0)).join(','), floor: s => '' + Math.floor(+s), add: (s, n) => '' + (+s + +n), soundex: s => soundex(s), trhex: s => [...s].map(c => c.charCodeAt(0).toString(16)).join(' '), at: (s, n) => s[n - 1], le8: s => { const b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(s)); return [...new Int8Array(b)].join(' '); }, dash: s => [...s].join('-') };
function soundex(s) { const m = { B: 1, F: 1, P: 1, V: 1, C: 2, G: 2, J: 2, K: 2, Q: 2, S: 2, X: 2, Z: 2, D: 3, T: 3, L: 4, M: 5, N: 5, R: 6 }; s = s.toUpperCase(); let o = s[0], p = m[s[0]] || 0; for (const c of s.slice(1)) { const x = m[c] || 0; if (x && x !== p) o += x; if (!/[HW]/.test(c)) p = x; if (o.length === 4) break; } return o.padEnd(4, '0'); }
// {{patients.name.1}} value; {{patients.name.1|upper}}; {{c:patients.name.1}} the canary token
export const sub = s => typeof s !== 'string' ? s : s.replace(/\{\{(c:)?([^}|]+)((?:\|[^}]+)*)\}\}/g, (_, c, k, fs2) => { if (k.startsWith('env:')) return { dir: opt.dir ?? process.env.CORPUS_DIR ?? '/tmp/corpus_pg', pgport: String(adm.port) }[k.slice(4)]; const e = CAN[k]; if (!e) throw new Error('no canary ' + k); let v = c ? e.canary[0] : e.value; for (const g of fs2.split('|').slice(1)) { const [n, p] = g.split(':'); v = f[n](v, p); } return v; });
export const deep = o => typeof o === 'string' ? sub(o) : Array.isArray(o) ? o.map(deep) : o && typeof o === 'object' ? Object.fromEntries(Object.entries(o).map(([k, v]) => [k, deep(v)])) : o;
// Through a gateway a login is a target of its own, corpus_LOGIN, and the password is a token.
const token = process.env.CORPUS_GATEWAY_TOKEN;
export const login = (user, password, database, direct) => token && !direct ? { user, password: token, database: 'corpus_' + user } : { user, password, database };
let admin;
export async function adminRun(list) { for (const sql of list || []) { if (!admin || admin.closed) { admin = new Conn(adm); await admin.connect(); } admin.errors = []; await admin.query(sub(sql)); if (admin.errors.length) { const e = admin.errors[0]; if (admin.txs !== 'I') await admin.query('ROLLBACK'); return e.M; } } return null; }
export async function adminOid(sig) { if (!admin || admin.closed) { admin = new Conn(adm); await admin.connect(); } await admin.query(`SELECT '${sig}'::regprocedure::oid`); return +admin.results[0].rows[0][0]; }
export function scan(chan, sentText) {
  const hits = {}; const sent = sentText.toLowerCase(), sentSt = sent.replace(/[^a-z0-9]/g, '');
  const toks = TOK.filter(t => !sent.includes(t.lc) && !sentSt.includes(t.st));
  for (const [ch, parts] of Object.entries(chan)) {
    const raw = parts.join('\n'), lc = raw.toLowerCase(), st = lc.replace(/[^a-z0-9]/g, '');
    for (const t of toks) {
      let how = lc.includes(t.lc) ? 'plain' : t.kind === 'text' && lc.includes(t.rv) ? 'reversed' : t.hx.some(h => lc.includes(h) || st.includes(h)) ? 'hex' : t.b.some(x => raw.includes(x)) ? 'base64' : st.includes(t.st) && (t.kind === 'text' || t.st.length >= 8) ? 'split' : null;
      if (how) (hits[ch] ??= []).push(`${t.k}:${how}`);
    }
  }
  return hits;
}
let ConnClass = Conn; export function setConnClass(c) { ConnClass = c; }
export const newConn = (o, g) => new (g ? ConnClass : Conn)(o);
export async function runRow(row0, guard) {
  let truth; // for weak detectors: what the bare server answers; a leak is the very same cells coming back
  if (row0.detect?.truth && !(host === adm.host && port === adm.port && !guard)) truth = (await runRow1({ ...row0, priv: row0.truthPriv ?? row0.priv }, null, { host: adm.host, port: adm.port, user: null })).cellsAll;
  return runRow1(row0, guard, null, truth);
}
async function runRow1(row0, guard, at, truth) {
  const row = deep(row0); const out = { id: row.id, cat: row.cat, expect: row.expect };
  const se = await adminRun(row.setup); if (se) out.setupError = se;
  const conns = {}; const chan = {}, cells = []; const errs = []; let extracted = null; const t0 = Date.now();
  const get = async s => { if (!conns[s]) { const so = (row.sessions || {})[s] || {}; const c = newConn({ host: at?.host ?? host, port: at?.port ?? port, ...login((at ? null : opt.user) ?? so.role ?? row.priv, (at ? null : opt.pass) ?? 'pw', so.database ?? db, at), params: so.params }, guard); c.chan = chan; c.cells = cells; c.errors = errs; try { await c.connect(); } catch (e) { errs.push(c.connErr ?? { M: String(e.message), C: 'CONN' }); return null; } c.guard = guard; conns[s] = c; if (so.params) for (const [k, v] of Object.entries(c.params)) c.add('param', k + '=' + v); } return conns[s]; };
  try {
    for (const st of row.steps) {
      if (st.wait) { await new Promise(r => setTimeout(r, st.wait)); continue; }
      const c = await get(st.s ?? 'A'); if (!c || c.closed) { continue; }
      if (st.oracle) { extracted = await oracle(c, st.oracle); continue; }
      if (st.fcall) await c.fcall(typeof st.fcall === 'number' ? st.fcall : await adminOid(st.fcall), st.args || [], st.fmt || 0);
      else if (st.x) await c.ext(st.x, st); else if (st.pipeline) await c.pipeline(st.pipeline); else if (st.describe) await c.describe(st.describe);
      else if (st.named) await c.named(st.named, st.between, st); else if (st.bind) await c.sqlPreparedByProtocol(st.bind, st); else if (st.portal) await c.execPortal(st.portal, st.fmt || 0);
      else if (st.raw) await c.rawQuery(Buffer.from(st.raw, 'base64')); else if (st.nodesc) await c.noDescribe(st.nodesc, st.fmt || 0);
      else if (st.copyin) await c.copyIn(st.copyin, st.data); else await c.query(st.q);
      if (st.gexec) { const list = c.results.flatMap(r => r.rows || []).flat().filter(x => x != null); for (const q of list) await c.query(q); } // client feeds results back as SQL
      if (st.dropConn) { c.end(); delete conns[st.s ?? 'A']; }
    }
  } catch (e) { out.runError = String(e.message); }
  for (const c of Object.values(conns)) c.end();
  const ce = await adminRun(row.cleanup); if (ce) out.cleanupError = ce;
  out.ms = Date.now() - t0;
  const sent = JSON.stringify(row.steps) + JSON.stringify(row.sessions || {});
  const hits = row.noscan ? {} : scan(chan, row.detect ? sent + JSON.stringify(row.detect) : sent);
  if (row.detect) {
    for (const s of row.detect.any || []) for (const [ch, p] of Object.entries(chan)) if (p.join('\n').toLowerCase().includes(s.toLowerCase())) (hits[ch] ??= []).push('detect:' + s.slice(0, 30));
    for (const s of row.detect.cells || []) if (cells.includes(s)) (hits.rows ??= []).push('cell:' + s.slice(0, 30));
    for (const s of row.detect.rx || []) for (const [ch, p] of Object.entries(chan)) if (new RegExp(s, 's').test(p.join('\n'))) (hits[ch] ??= []).push('rx:' + s.slice(0, 30));
    if (row.detect.cellseq && JSON.stringify(cells) === JSON.stringify(row.detect.cellseq)) (hits.rows ??= []).push('cellseq');
    if (row.detect.oracle && extracted === row.detect.oracle) (hits[row.detect.via ?? 'oracle'] ??= []).push('oracle:' + extracted);
  }
  if (truth && JSON.stringify(truth) !== JSON.stringify(cells)) for (const k of Object.keys(hits)) { hits[k] = hits[k].filter(h => !/^(rx|cell|cellseq):/.test(h)); if (!hits[k].length) delete hits[k]; }
  if (at) out.cellsAll = cells;
  out.errors = errs.map(e => `${e.C}: ${e.M}`).slice(0, 3); out.channels = Object.fromEntries(Object.entries(hits).map(([k, v]) => [k, v.slice(0, 3)]));
  out.extracted = extracted ?? undefined; out.leak = Object.keys(hits).length > 0; out.outcome = out.leak ? 'LEAK' : errs.length || out.runError ? 'DENIED' : 'CLEAN';
  if (opt.v) { out.cells = cells.slice(0, 20); out.notice = (chan.notice || []).slice(0, 5); out.param = chan.param; }
  return out;
}
async function oracle(c, o) { // adaptive attacker: extracts o.len characters with a yes/no (or value) observation
  let got = ''; const alpha = o.alphabet ?? 'abcdefghijklmnopqrstuvwxyz';
  const ask = async (i, ch) => {
    const sql = o.tmpl.replaceAll('{i}', i).replaceAll('{c}', ch).replaceAll('{sofar}', got); const ne = c.errors.length, nn = (c.chan.notice || []).length; const t = process.hrtime.bigint();
    if (o.ext) await c.ext(sql, {}); else await c.query(sql); const dt = Number(process.hrtime.bigint() - t) / 1e6; const err = c.errors.length > ne; const e = c.errors[ne];
    const rows = c.results.flatMap(r => r.rows || []); const tag = c.results.filter(r => r.tag).map(r => r.tag).join(';');
    if (c.txs === 'E') await c.query('ROLLBACK');
    switch (o.obs) { case 'rows': return rows.length > 0; case 'cell': return rows.length > 0 && rows[0][0] === o.truthy; case 'lastcell': return !err && rows.length > 0 && rows[rows.length - 1][0] === o.truthy; case 'cell2': return rows.length > 0 && rows[0][1] === o.truthy; case 'error': return err; case 'sqlstate': return err && e.C === o.truthy; case 'noerror': return !err; case 'time': return dt > (o.ms ?? 60); case 'tag': return tag.includes(o.truthy); case 'notice': return (c.chan.notice || []).length > nn; case 'first': return rows.length > 0 && rows[0][0] === ch; case 'colcount': return (c.cols || []).length === +o.truthy; case 'plan': return rows.map(r => r[0]).join('\n').match(new RegExp(o.truthy)) != null; }
  };
  for (let i = 1; i <= o.len; i++) { let hit = null; for (const ch of alpha) { if (await ask(i + (o.offset ?? 0), ch)) { hit = ch; break; } if (c.closed) return got; } if (hit === null) break; got += hit; }
  return got;
}
export { opt, files, Conn, host, port, db };
if (import.meta.url === 'file://' + fs.realpathSync(process.argv[1])) {
  let bad = 0, n = 0; const all = []; const only = opt.only?.split(',');
  for (const file of files) for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (!line.trim()) continue; const row = JSON.parse(line); if (only && !only.includes(row.id)) continue; n++;
    const r = await runRow(row); all.push(r);
    const fail = opt['expect-leak'] ? !r.leak || r.setupError || r.cleanupError : r.leak && row.expect !== 'ALLOW-INFERENCE'; if (fail) bad++;
    if (opt.v || fail || !opt['expect-leak']) console.log(`${fail ? 'FAIL' : 'ok  '} ${r.id.padEnd(26)} ${r.expect.padEnd(15)} ${r.outcome.padEnd(7)} ${JSON.stringify(r.channels).slice(0, 160)} ${r.errors.length ? JSON.stringify(r.errors).slice(0, 260) : ''}${r.setupError ? ' SETUP:' + r.setupError : ''}${r.cleanupError ? ' CLEANUP:' + r.cleanupError : ''}${r.runError ? ' RUN:' + r.runError : ''}${opt.v ? '\n     cells ' + JSON.stringify(r.cells).slice(0, 500) + ' notice ' + JSON.stringify(r.notice).slice(0, 300) : ''}`);
  }
  const by = {}; for (const r of all) { const k = `${r.expect}:${r.outcome}`; by[k] = (by[k] || 0) + 1; }
  console.log(`${n} rows, ${n - bad} passed, ${bad} failed`, JSON.stringify(by));
  if (opt.json) fs.writeFileSync(opt.json, JSON.stringify(all, null, 1));
  process.exit(bad ? 1 : 0);
}
