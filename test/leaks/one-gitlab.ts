/** One GitLab, one ledger, and all that can go well and wrong around them, while everything that Quash says is kept. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { CODE_CACHE } from '../support/code-cache.ts';
import { eventually } from '../support/eventually.ts';
import { PAT_TYPE } from '../support/post-tokens.ts';
import { type QuashProcess, startQuash } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readAdminPort } from './admin-port.ts';
import { type Heap, readHeap } from './heap.ts';
import type { LedgerToHunt } from './ledgers-to-hunt.ts';
import type { Marks } from './marks.ts';
import { BODY_BYTES, startWorld, TOKENS_PER_MINUTE, type World } from './one-gitlab-world.ts';
import { filesBelow, type Places } from './places.ts';

const BIN = resolve(import.meta.dirname, '../../src/bin.js');
const CHILD = resolve(import.meta.dirname, 'child.ts');
/** Tokens posted before all else: those that are revoked, and those that wait for a person and may be tried again. */
const ENDING = 12;
const WAITING_ON = 5;

/**
 * The beginning of a sealed token, and of no place or session; with the key file beside it, one that is left over is as good as the
 * token.
 */
const SEALED = /(?<![ps]\.)[0-9a-f]{8}\.[\w-]{60}/g;

/** An element as GitLab sends it, from a file whose name repeats the tokens: whoever commits it chooses that. */
function elements(world: World, tokens: readonly string[], type = PAT_TYPE) {
  return findings(tokens.length, {
    ...{ type, token: (i) => tokens[i] ?? null, withVulnerability: true },
    location: () =>
      `${world.gitlab.url}/a/b/-/raw/${'a'.repeat(40)}/${tokens.map(encodeURIComponent).join('/')}#L1`,
  });
}

async function post(
  world: World,
  quash: QuashProcess,
  body: unknown,
  authorization = world.secrets.preShared,
) {
  const { status } = await world.places.ask('answers of the API port', `${quash.apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return status;
}

/** Requests that Quash has to refuse, with secrets wherever one may stand. */
async function beRefused(world: World, quash: QuashProcess): Promise<void> {
  const { places, secrets, tokens } = world;
  const [one = '', two = '', three = ''] = tokens.refused;
  const get = (path: string, headers = {}) =>
    places.ask('answers of the API port', `${quash.apiUrl}${path}`, { headers });
  expect((await get('/v1/revocable_token_types', { authorization: secrets.preShared })).status).toBe(200);
  expect((await get(`/v1/${one}?token=${two}`, { authorization: secrets.preShared })).status).toBe(404);
  expect((await get('/v1/revoke_tokens', { authorization: `Bearer ${secrets.wrong}` })).status).toBe(405);
  const all = elements(world, tokens.refused);
  const flood = Array.from({ length: TOKENS_PER_MINUTE }, () => ({ type: '?', token: one }));
  const statuses = [
    await post(world, quash, all, secrets.wrong),
    await post(world, quash, `[{"token": "${one}", "type": ${two}`),
    await post(world, quash, { token: one, type: PAT_TYPE }),
    await post(world, quash, [
      { type: PAT_TYPE, token: tokens.unreadable, location: tokens.unreadable },
      { type: one, token: one },
      { type: `x${two}`, token: `"${two}",` },
      { type: two, token: three },
      { type: three },
      { token: three },
      one,
      [two],
    ]),
    await post(world, quash, flood, secrets.rotated),
    await post(world, quash, flood, secrets.rotated),
    await post(world, quash, [...all, { type: PAT_TYPE, token: one + 'x'.repeat(BODY_BYTES) }]),
  ];
  expect(statuses).toEqual([401, 400, 400, 400, 400, 429, 413]);
  const head = `POST /v1/revoke_tokens HTTP/1.1\r\nHost: x\r\nAuthorization: ${secrets.rotated}\r\n`;
  const raw = [
    `GET /${one} HTTP/9.9\r\n\r\n`,
    `${head}${one}\r\n\r\n`,
    `${head}X-Long: ${two.repeat(2000)}\r\n\r\n`,
    `${head}Content-Length: 1000\r\n\r\n[{"token":"${three}"`,
  ];
  for (const bytes of raw) await places.send('answers of the API port', quash.apiUrl, bytes);
}

/** Those that need no running service. GoCD always fails; a text that is no token, and one that nobody knows, are not dead. */
async function runCommandsAlone({ cwd, places, tokens, gitlab }: World): Promise<void> {
  const revoking = ['revoke', '--type', PAT_TYPE];
  const codes = await Promise.all([
    places.run(cwd, ['providers']),
    places.run(cwd, ['check', '--json']),
    places.run(cwd, ['check', '--online']),
    places.run(cwd, revoking, { stdin: `"${tokens.byHand}",` }),
    places.run(cwd, revoking, { stdin: tokens.unreadable }),
    places.run(cwd, [...revoking, '--json'], { stdin: tokens.unknown[0] ?? '' }),
  ]);
  expect(codes).toEqual([0, 0, 1, 0, 1, 1]);
  expect(gitlab.tokens.find(({ value }) => value === tokens.byHand)?.revoked).toBe(true);
}

async function runCommandsOn(world: World, quash: QuashProcess, entry: string): Promise<void> {
  const { cwd, places, secrets, tokens } = world;
  const leak = { RuleID: 'gitlab-pat', Secret: tokens.submitted, Match: tokens.submitted };
  const report = [{ ...leak, File: `${tokens.submitted}.txt`, StartLine: 1 }];
  writeFileSync(join(cwd, 'gitleaks.json'), JSON.stringify(report));
  const admin = ['--url', quash.adminUrl];
  const codes = await Promise.all([
    places.run(cwd, ['list', ...admin]),
    places.run(cwd, ['list', '--json', ...admin]),
    places.run(cwd, ['show', entry, ...admin]),
    places.run(cwd, ['submit', 'gitleaks.json', '--url', quash.apiUrl], {
      env: { QUASH_TOKEN: secrets.preShared },
    }),
  ]);
  expect(codes).toEqual([0, 0, 0, 0]);
}

/** Configurations that cannot be used, for a running service and for a new one. */
async function misconfigure(world: World, quash: QuashProcess): Promise<void> {
  const { cwd, places, secrets, writeConfig } = world;
  const path = join(cwd, 'quash.yaml');
  const good = readFileSync(path, 'utf8');
  const bad = [
    `${good}\nauth: { tokens: ["${secrets.unparsable}\n  ${secrets.unparsable}: [`,
    good.replace('level: trace', `level: ${secrets.misplaced}`),
    good
      .replace(/leaseSeconds: .*/, `leaseSeconds: "${secrets.misplaced}"`)
      .replace('caFile: ca.pem', `caFile: ${secrets.misplaced}`),
    good
      .replace(/url: (redis|sqlite):\S+/, `url: ${secrets.misplaced}`)
      .replace(/writeBack: \w+/, `writeBack: ${secrets.misplaced}`),
  ];
  const checks = bad.map((text, index) => {
    writeFileSync(join(cwd, `bad-${index}.yaml`), text);
    return places.run(cwd, ['check', '--config', `bad-${index}.yaml`]);
  });
  for (const [index, text] of bad.entries()) {
    writeFileSync(path, text);
    quash.signal('SIGHUP');
    await eventually(() => expect(eventsOf(quash, 'reload-failed')).toBe(index + 1));
  }
  expect(await Promise.all(checks)).not.toContain(0);
  writeConfig({ auth: { tokens: [secrets.afterReload, secrets.preShared, secrets.rotated] } });
  quash.signal('SIGHUP');
  await quash.logged('reloaded');
}

function eventsOf(quash: QuashProcess, event: string): number {
  return quash.log().filter((line) => line.event === event).length;
}

function sealedIn(folder: string): readonly string[] {
  const texts = filesBelow(folder).map((path) => readFileSync(path, 'latin1'));
  return [...new Set(texts.flatMap((text) => text.match(SEALED) ?? []))];
}

/** A provider of ours makes a mistake: its errors quote the token. */
async function crash(world: World): Promise<void> {
  const { cwd, env, places, tokens } = world;
  const command = [process.execPath, CHILD, 'serve'] as const;
  const quash = await startQuash({ cwd, env: { ...CODE_CACHE, ...env }, command });
  expect(await post(world, quash, elements(world, [tokens.throwing], 'clumsy_throws'))).toBe(204);
  await quash.logged('internal-error');
  expect(await post(world, quash, elements(world, [tokens.crashing], 'clumsy_crashes'))).toBe(204);
  expect(await quash.ended).toBe(1);
  places.add('output of a process that crashed', quash.output());
}

/** All that leaks in this world, posted while nobody works on it, and while the ledger cannot be written. */
async function report(world: World, quash: QuashProcess): Promise<void> {
  const { tokens, ledger } = world;
  await steer(world, quash, 'pause');
  await beRefused(world, quash);
  expect(await post(world, quash, elements(world, [...tokens.leaked, ...tokens.unknown]))).toBe(204);
  expect(await post(world, quash, elements(world, tokens.held, 'held_key'))).toBe(204);
  const unblock = await ledger.block();
  const [status] = await Promise.all([
    post(world, quash, elements(world, tokens.refused)),
    runCommandsAlone(world),
  ]);
  expect(status).toBe(503);
  await unblock();
}

function steer({ places, secrets }: World, quash: QuashProcess, action: 'pause' | 'resume') {
  return places.ask('answers of the admin API', `${quash.adminUrl}/api/providers/gitlab/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets.admin}` },
  });
}

/** Lets GitLab fail in every way, and the configuration, too, until all is revoked that can be. */
async function revoke(world: World, quash: QuashProcess): Promise<void> {
  const { gitlab, tokens, secrets } = world;
  const [quoted = ''] = tokens.leaked;
  const finder = { method: 'POST', path: '/admin/token' };
  for (const status of [503, 500, 'drop'] as const) gitlab.failNext({ ...finder, status });
  gitlab.failNext({ ...finder, status: 200, body: `<p>${quoted}</p>` });
  const headers = { 'retry-after': '1' };
  gitlab.failNext({ ...finder, status: 429, headers, body: { message: quoted } });
  await eventually(async () => expect((await steer(world, quash, 'resume')).status).toBe(200));
  await misconfigure(world, quash);
  expect(await post(world, quash, elements(world, tokens.refused), secrets.afterReload)).toBe(204);
  const revocable = [...tokens.leaked, ...tokens.refused];
  await eventually(() => {
    const alive = gitlab.tokens.filter(({ value, revoked }) => revocable.includes(value) && !revoked);
    expect(alive).toHaveLength(0);
  });
  const [entry] = await eventually(async () => {
    const entries = await readAdminPort(world.places, quash, world.secrets);
    expect(entries.filter(({ state }) => state === 'queued')).toHaveLength(0);
    return entries;
  });
  await runCommandsOn(world, quash, entry?.id ?? '');
}

/** Ends the process while a revocation is under way. */
async function stopAtWork(world: World, quash: QuashProcess): Promise<void> {
  const { tokens, acme, places } = world;
  expect(await post(world, quash, elements(world, [tokens.hanging], 'acme_key'))).toBe(204);
  await eventually(() => expect(acme.posts.map(({ body }) => body).join()).toContain(tokens.hanging));
  expect(await quash.end('SIGTERM')).toBe(0);
  places.add('log', quash.output());
}

export interface Hunted {
  readonly places: Places;
  /** Sealed tokens in the ledger's files: while they waited; of those, once they had ended and after the service had. */
  readonly sealed: { readonly waiting: number; readonly ended: number; readonly stopped: number };
  readonly heap?: Heap;
}

/** Ends with the running test. */
export async function huntOneGitlab(
  marks: Marks,
  open: (cwd: string) => Promise<LedgerToHunt>,
  options: { readonly heap?: boolean } = {},
): Promise<Hunted> {
  const cwd = temporaryFolder();
  const world = await startWorld(marks, cwd, await open(cwd));
  const { places, ledger, env } = world;
  const snapshots = ['--heapsnapshot-signal=SIGUSR2', '--diagnostic-dir', cwd];
  const quash = await startQuash({ cwd, env, command: [process.execPath, ...snapshots, BIN, 'serve'] });
  places.addProcess('the service', quash.pid, ['header for the collector']);

  await report(world, quash);
  await readAdminPort(world.places, quash, world.secrets);
  places.addFiles('ledger while they wait', ledger.folder);
  const waiting = sealedIn(ledger.folder);
  const left = () => sealedIn(ledger.folder).filter((text) => waiting.includes(text)).length;

  await revoke(world, quash);
  places.addFiles('ledger after the end', ledger.folder);
  const ended = left();
  const heap = options.heap ? await readHeap(quash, cwd, marks.all) : undefined;
  await stopAtWork(world, quash);
  await ledger.compact();
  places.addFiles('ledger after the service has stopped', ledger.folder);
  const stopped = left();
  await crash(world);
  places.addFiles('ledger after a crash', ledger.folder);
  world.told();
  return { places, sealed: { waiting: waiting.length, ended, stopped }, ...(heap && { heap }) };
}

/** That there was something to be found in, and that what has ended was erased. */
export function expectHunted({ places, sealed }: Hunted): void {
  // A journal that was rewritten has nothing new in it.
  expect(places.empty().filter((name) => !name.endsWith('.incr.aof'))).toEqual([]);
  expect(sealed.waiting).toBeGreaterThanOrEqual(ENDING + WAITING_ON);
  expect(sealed.stopped).toBeLessThanOrEqual(WAITING_ON);
}
