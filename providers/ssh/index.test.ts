import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
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
  readonly notes?: unknown[];
}

async function endOf(token: string, exchanges: readonly Exchange[], options: Options = {}) {
  const { config = one, kind = 'private-key', ...rest } = options;
  const bench = await startBench(ssh, config, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), { kind, ...rest });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('a report of the header alone', () => {
  it('goes to a person when the lines around it cannot be read', async () => {
    const { result } = await endOf(HEADER, []);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('has the key around it removed', async () => {
    const context = `a: |\n${KEY.pem}\nb: 1`;
    expect((await endOf(HEADER, [...removed(), script.unknown()], { context })).verified).toBe(true);
  });

  it('is told from others by the file in which it stands, unlike a whole key', async () => {
    const bench = await startBench(ssh, one, []);
    await bench.close();
    const kind = bench.provider.kinds.find(({ id }) => id === 'private-key');
    expect(kind?.sharedText?.(HEADER)).toBe(true);
    expect(kind?.sharedText?.(KEY.pem)).toBe(false);
  });

  it('removes nothing when several keys are around it', async () => {
    const context = `${KEY.pem}\n${script.newRsaKey().pem}`;
    expect((await endOf(HEADER, [], { context })).result).toMatchObject({ reason: 'ambiguous' });
  });

  it('removes nothing when only a key of another kind is around it', async () => {
    const { result } = await endOf('-----BEGIN EC PRIVATE KEY-----', [], { context: KEY.pem });
    expect(result).toMatchObject({ reason: 'needs-context' });
  });
});

it('completes a part of a key with the one key around it that begins so', async () => {
  const context = `${script.newRsaKey().pem}\n${KEY.pem}`;
  const { verified } = await endOf(KEY.pem.slice(0, 400), [...removed(), script.unknown()], { context });
  expect(verified).toBe(true);
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

  it('is of a kind that waits for approval', async () => {
    const bench = await startBench(ssh, one, []);
    await bench.close();
    const kind = bench.provider.kinds.find(({ pattern }) => pattern.test(encrypted));
    expect(kind).toMatchObject({ id: 'encrypted-key', effect: 'wider' });
    expect(kind?.pattern.test(KEY.pem)).toBe(false);
  });

  it('is removed once that was approved', async () => {
    const exchanges = [...removed(), script.unknown()];
    expect((await endOf(encrypted, exchanges, { kind: 'encrypted-key' })).verified).toBe(true);
  });

  it('goes to a person when nobody was asked, as around a header', async () => {
    const { result } = await endOf(`-----BEGIN ${label}-----`, [], { context: encrypted });
    expect(result).toMatchObject({ reason: 'manual', evidence: { fingerprint: KEY.fingerprint } });
  });
});

it('removes nothing when GitLab shows another key than the one asked for', async () => {
  const other = script.lookup(200, { id: 5, key: script.newRsaKey().authorized, user: { id: 25 } });
  await expect(endOf(KEY.pem, [other])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('leaves a public deploy key without projects to a person, as no call removes it', async () => {
  expect((await endOf(KEY.pem, [script.deployKey()])).result).toMatchObject({ reason: 'manual' });
});

it('takes a wrong address for that, and not for an unknown key', async () => {
  const noRoute = script.lookup(404, { error: '404 Not Found' });
  await expect(endOf(KEY.pem, [noRoute])).rejects.toMatchObject({ code: 'misconfigured' });
});

it('says that a key is gone which it found before', async () => {
  const notes = [{ fingerprint: KEY.fingerprint }];
  expect((await endOf(KEY.pem, [script.unknown()], { notes })).result.outcome).toBe('already-inactive');
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
