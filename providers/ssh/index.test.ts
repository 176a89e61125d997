import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRegistry } from '../../src/provider/registry.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type EndedStep,
  runStep,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import { exampleDefinition } from '../../test/support/example-definition.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import * as script from './cases.ts';
import { ssh } from './index.ts';

for (const spec of script.cases) describeProvider(spec);

const { ADMIN, KEY } = script;
const one = (url: string) => ({ instances: [{ url, adminToken: ADMIN }] });
const two = (url: string) => ({
  instances: ['a', 'b'].map((name) => ({ url: `${url}/${name}`, adminToken: ADMIN })),
});

const HEADER = KEY.pem.slice(0, KEY.pem.indexOf('\n'));
const removed = () => [script.keyOfUser(), script.ofUser(204)];

interface Options {
  readonly config?: (url: string) => unknown;
  readonly kind?: string;
  readonly context?: string;
  /** What earlier steps left. */
  readonly notesAt?: (url: string) => unknown[];
  readonly mayActUnproven?: boolean;
}

async function endOf(token: string, exchanges: readonly Exchange[], options: Options = {}) {
  const { config = one, kind = 'private-key', notesAt = () => [], ...rest } = options;
  let base = '';
  const configAt = (url: string) => {
    base = url;
    return config(url);
  };
  const bench = await startBench(ssh, configAt, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), { kind, notes: notesAt(base), ...rest });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

function found(result: EndedStep['result']) {
  return result.outcome === 'found'
    ? result.secrets.map(({ kind, token }) => [kind, token.reveal()])
    : result;
}

describe('a report of the header alone', () => {
  it('goes to a person when the lines around it cannot be read', async () => {
    const { result } = await endOf(HEADER, []);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('leads to each key around it, whatever else begins like one', async () => {
    const [other, broken] = [script.newRsaKey(512).pem, KEY.pem.replace(/.{40}\n-----END/, '-----END')];
    const context = `a: |\n${KEY.pem}\nb: 1\n${HEADER}\n${broken}\n${other}\n${KEY.pem}`;
    const { result } = await endOf(HEADER, [], { context });
    expect(found(result)).toEqual([KEY.pem, broken, other].map((text) => ['private-key', text]));
  });

  it('leads to a key as it stands in JSON', async () => {
    const written = KEY.pem.replaceAll('\n', '\\n');
    const { result } = await endOf(HEADER, [], { context: JSON.stringify({ a: KEY.pem }) });
    expect(found(result)).toEqual([['private-key', written]]);
  });

  it('is told from others by the file in which it stands, unlike a whole key', async () => {
    const bench = await startBench(ssh, one, []);
    await bench.close();
    const kind = bench.provider.kinds.find(({ id }) => id === 'private-key');
    expect(kind?.sharedText?.(HEADER)).toBe(true);
    expect(kind?.sharedText?.(KEY.pem)).toBe(false);
  });

  it('removes nothing when only a key of another kind is around it', async () => {
    const { result } = await endOf('-----BEGIN EC PRIVATE KEY-----', [], { context: KEY.pem });
    expect(result).toMatchObject({ reason: 'needs-context' });
  });
});

it('completes a part of a key with the one key around it that begins so', async () => {
  const context = `${script.newRsaKey().pem}\n${KEY.pem}`;
  const { result } = await endOf(KEY.pem.slice(0, 400), [], { context });
  expect(found(result)).toEqual([['private-key', KEY.pem]]);
});

describe('a key with a passphrase', () => {
  const magic = 'openssh-key-v1\0';
  const blob = Buffer.from(KEY.authorized.split(' ')[1] ?? '', 'base64');
  const field = (bytes: Buffer) =>
    Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const fields = ['aes256-ctr', 'bcrypt', 'k3y9'].map((text) => field(Buffer.from(text)));
  const file = Buffer.concat([
    Buffer.from(magic),
    ...fields,
    Buffer.from([0, 0, 0, 1]),
    field(blob),
    field(Buffer.alloc(64)),
  ]);
  const label = 'OPENSSH PRIVATE KEY';
  const encrypted = [`-----BEGIN ${label}-----`, file.toString('base64'), `-----END ${label}-----`].join(
    '\n',
  );

  it('is of a kind that waits for a person, whatever the mode', async () => {
    const bench = await startBench(ssh, one, []);
    await bench.close();
    const kind = bench.provider.kinds.find(({ pattern }) => pattern.test(encrypted));
    expect(kind).toMatchObject({ id: 'encrypted-key', possession: 'unproven', undo: 'no' });
    expect(kind?.pattern.test(KEY.pem)).toBe(false);

    const definition = exampleDefinition('ssh', z.strictObject({}), { create: () => bench.provider });
    const settings = { mode: 'revoke', unproven: 'revoke' };
    const registry = createRegistry(
      { revocation: { mode: 'revoke', maxPerHour: 500 }, providers: { ssh: settings }, types: {} },
      [definition],
      () => ({
        upstream: () => expect.unreachable(),
        clock: bench.clock,
        log: { warn: () => {}, info: () => {} },
      }),
    );
    expect(registry.find('ssh')?.waitsFor('encrypted-key', 'revoke')).toBe('unproven');
    expect(registry.find('ssh')?.actsUnproven('encrypted-key')).toBe(false);
  });

  it('has nothing removed as long as no person approved it', async () => {
    const options = { kind: 'encrypted-key' };
    const { result } = await endOf(encrypted, [script.keyOfUser()], options);
    const evidence = { fingerprint: KEY.fingerprint, works: 'not known' };
    expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence });

    const exchanges = [...removed(), script.unknown()];
    const approved = await endOf(encrypted, exchanges, { ...options, mayActUnproven: true });
    expect(approved.verified).toBe(true);
  });

  it('is of its kind also where a header led to it', async () => {
    const { result } = await endOf(`-----BEGIN ${label}-----`, [], { context: encrypted });
    expect(found(result)).toEqual([['encrypted-key', encrypted]]);
  });

  it('is looked at without a word about whether it works, as only its public half is known', async () => {
    const bench = await startBench(ssh, one, [script.keyOfUser()]);
    try {
      const token = new Secret(encrypted);
      const step = stepOf(bench.provider, token, { kind: 'encrypted-key' });
      expect(await bench.provider.look?.(token, step)).toMatchObject({ outcome: 'undecided' });
      expect(step.seenAlive).toEqual([]);
    } finally {
      await bench.close();
    }
  });

  it('is not called dead because GitLab does not know the public key that it names', async () => {
    const { result } = await endOf(encrypted, [script.unknown()], { kind: 'encrypted-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

it('removes nothing when GitLab shows another key than the one asked for', async () => {
  const other = script.lookup(200, { id: 5, key: script.newRsaKey().authorized, user: { id: 25 } });
  await expect(endOf(KEY.pem, [other])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it.each([
  ['a public deploy key that no project uses', script.deployKey(), 'public deploy key'],
  ['a deploy key of a group', script.keyOfType(null), 'deploy keys of groups'],
])('leaves %s to a person, as no call removes it', async (_name, found, advice) => {
  const { result } = await endOf(KEY.pem, [found]);
  expect(result).toMatchObject({ reason: 'manual', advice: expect.stringContaining(advice) });
});

it.each([
  ['says 204', script.ofUser(204)],
  ['knows no such key of the user', script.ofUser(404, script.UNKNOWN)],
])('leaves a key to a person that stays although GitLab %s', async (_name, answer) => {
  const found = script.keyOfType({ id: 25 });
  const again = [found, script.ofUser(204), script.unknown()];
  const bench = await startBench(ssh, one, [found, answer, found, found, ...again]);
  try {
    const options = { kind: 'private-key', notes: [] };
    const first = runStep(bench, new Secret(KEY.pem), options);
    await expect(first).rejects.toMatchObject({ code: 'still-active' });
    const { result } = await runStep(bench, new Secret(KEY.pem), options);
    expect(result).toMatchObject({ reason: 'manual', advice: expect.stringContaining('directory server') });
    // Whoever has removed it there has it tried again, and somebody may have added it once more by hand.
    expect(await runStep(bench, new Secret(KEY.pem), options)).toMatchObject({ verified: true });
    bench.verify();
  } finally {
    await bench.close();
  }
});

it.each([
  ['signing', true],
  ['auth_and_signing', true],
  ['auth', false],
])('tells that commits stay verified which the key signed: %s', async (usage, tells) => {
  const found = script.keyOfType({ id: 25 }, usage);
  const { result } = await endOf(KEY.pem, [found, script.ofUser(204), script.unknown()]);
  const { evidence = {} } = 'evidence' in result ? result : {};
  expect('commitsSignedWithIt' in evidence).toBe(tells);
});

it('takes a wrong address for that, and not for an unknown key', async () => {
  const noRoute = script.lookup(404, { error: '404 Not Found' });
  await expect(endOf(KEY.pem, [noRoute])).rejects.toMatchObject({ code: 'misconfigured' });
});

it('keeps that a look found a whole key', async () => {
  const bench = await startBench(ssh, one, [script.keyOfUser(), script.unknown()]);
  try {
    const token = new Secret(KEY.pem);
    const looking = stepOf(bench.provider, token, { kind: 'private-key' });
    expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
    const notes = [looking.remembered];
    const { result, verified } = await runStep(bench, token, { kind: 'private-key', notes });
    expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  } finally {
    await bench.close();
  }
});

describe('a key that no GitLab knows', () => {
  const seen = (fingerprint: string) => (url: string) => [
    { quash: 1, note: { fingerprint }, seenAlive: [`${url} ${fingerprint}`] },
  ];

  it('is gone where it was found before', async () => {
    const { result, verified } = await endOf(KEY.pem, [script.unknown()], { notesAt: seen(KEY.fingerprint) });
    expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  });

  it('is not called gone while another instance had it that is not configured any more', async () => {
    const place = (base: string) => `${base} ${KEY.fingerprint}`;
    const note = { fingerprint: KEY.fingerprint, removedAt: [] };
    const notesAt = (url: string) => [
      { quash: 1, note, seenAlive: [place(url), place('https://removed.example.com')] },
    ];
    const { result } = await endOf(KEY.pem, [script.unknown()], { notesAt });
    const evidence = { fingerprint: KEY.fingerprint, workedAt: 'https://removed.example.com' };
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token', evidence });

    const exchanges = [...removed(), script.unknown()];
    const end = await endOf(KEY.pem, exchanges, { notesAt });
    expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  });

  it('is gone although another key was found elsewhere whose header is the same', async () => {
    const other = `https://removed.example.com ${script.newRsaKey().fingerprint}`;
    const notesAt = (url: string) => [{ quash: 1, seenAlive: [`${url} ${KEY.fingerprint}`, other] }];
    const { result, verified } = await endOf(KEY.pem, [script.unknown()], { notesAt });
    expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  });

  it('is not called gone because another key was found whose header is the same', async () => {
    const notesAt = seen(script.newRsaKey().fingerprint);
    const { result } = await endOf(KEY.pem, [script.unknown()], { notesAt });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is never advised to be left alone', async () => {
    const { result } = await endOf(KEY.pem, [script.unknown()]);
    expect(result).toMatchObject({ advice: expect.not.stringMatching(/dismiss/) });
  });
});

it('removes the key at each instance, and is not done while one is down', async () => {
  const down: Exchange = { ...script.unknown('/a'), answer: { status: 503 } };
  const removal = script.deletion('/b/api/v4/users/25/keys/5', 204);
  const end = endOf(KEY.pem, [down, script.keyOfUser('/b'), removal], { config: two });
  await expect(end).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('recognises a PGP key and says what to do with it', async () => {
  const pgp = ['-----BEGIN', 'PGP PRIVATE KEY', 'BLOCK-----'].join(' ');
  const bench = await startBench(ssh, one, []);
  await bench.close();
  expect(bench.provider.kinds.find(({ pattern }) => pattern.test(pgp))?.id).toBe('pgp-key');
  expect((await endOf(pgp, [], { kind: 'pgp-key' })).result).toMatchObject({ reason: 'unsupported-kind' });
});

it('takes no key when no instance is configured', async () => {
  const bench = await startBench(ssh, () => ({}), []);
  await bench.close();
  expect(bench.provider.kinds).toEqual([]);
});

it('finds out whether the administrator token works by asking for a key that nobody has', async () => {
  const empty = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
  const asking = (status: number, json: unknown) =>
    script.lookup(status, json, '', { ...KEY, fingerprint: empty });
  const bench = await startBench(ssh, one, [asking(404, script.UNKNOWN), asking(403, script.FORBIDDEN)]);
  try {
    const { signal } = new AbortController();
    expect(await bench.provider.check?.(signal)).toMatchObject([{ ok: true }]);
    expect(await bench.provider.check?.(signal)).toMatchObject([{ ok: false }]);
  } finally {
    await bench.close();
  }
});
