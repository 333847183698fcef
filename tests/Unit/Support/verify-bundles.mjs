// node verify-bundles.mjs PAGE TRUST OUT BUNDLE...   runs the script of the HTML verifier over bundles, without a browser, and writes one JSON line each
import { readFile, writeFile } from 'node:fs/promises';
import { webcrypto } from 'node:crypto';

const [page, trust, out, ...bundles] = process.argv.slice(2);
const script = /<script>([^]*)<\/script>/.exec(await readFile(page, 'utf8'))[1];
const verifyBundle = new Function('crypto', `${script}; return verifyBundle;`)(webcrypto);
const policy = await readFile(trust, 'utf8');
const results = [];
for (const bundle of bundles) results.push(JSON.stringify(await verifyBundle(new Uint8Array(await readFile(bundle)), policy)) + '\n');
await writeFile(out, results.join(''));
