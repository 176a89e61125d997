import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type EndedStep,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, DEAD, denied, disabled, FRAGMENT, LEAKED, minted, OURS, record } from './cases.ts';
import { gcp } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function end(
  exchanges: readonly Exchange[],
  options: Partial<StepOptions> & { readonly config?: unknown; readonly token?: string } = {},
): Promise<EndedStep> {
  const bench = await startBench(gcp, () => options.config ?? {}, exchanges);
  onTestFinished(() => bench.close());
  const token = new Secret(options.token ?? FRAGMENT);
  const ended = await runStep(bench, token, {
    kind: 'service-account-key',
    context: LEAKED.file,
    ...options,
  });
  bench.verify();
  return ended;
}

const operator = { credentials: OURS.file };

describe('a private key', () => {
  it('needs the file that it is from', async () => {
    const refusal = { outcome: 'refused', reason: 'needs-context' };
    expect((await end([], { context: '' })).result).toMatchObject(refusal);
    expect((await end([], { context: OURS.file })).result).toMatchObject(refusal);
  });

  it('is found in its file with its line breaks written out', async () => {
    const { result } = await end([minted(LEAKED, DEAD)], { token: LEAKED.pem });
    expect(result.outcome).toBe('already-inactive');
  });

  it('disables itself where the operator may not', async () => {
    const script = [
      minted(LEAKED),
      minted(OURS),
      record(OURS, 403, denied),
      record(LEAKED),
      disabled(LEAKED),
      minted(LEAKED, DEAD),
    ];
    expect(await end(script, { config: operator })).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('is dead when Google shows it as disabled, even while it still works', async () => {
    const publicKeyData = Buffer.from(LEAKED.certificate).toString('base64');
    const script = [minted(LEAKED), record(LEAKED, 200, { name: 'k', publicKeyData, disabled: true })];
    expect((await end(script)).result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('is not disabled when its id is that of another key', async () => {
    const publicKeyData = Buffer.from(OURS.certificate).toString('base64');
    const { result } = await end([minted(LEAKED), record(LEAKED, 200, { name: 'k', publicKeyData })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  });

  it('is not dead because a clock is wrong', async () => {
    const wrongClock = [
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
    ] as const;
    expect((await end([minted(LEAKED, wrongClock)])).result.outcome).toBe('refused');
  });

  it('of our own is left alone', async () => {
    const options = { config: operator, token: OURS.file, kind: 'service-account-file' };
    expect((await end([], options)).result).toMatchObject({ reason: 'own-credential' });
  });
});

describe('the configuration', () => {
  const kindsOf = (config: unknown) => {
    const upstream = () => ({ base: 'https://example.com', request: () => expect.unreachable() });
    const clock = { now: () => 0, sleep: async () => {} };
    const tools = { upstream, clock, log: { info() {}, warn() {} } };
    return gcp.create(gcp.config.parse(config), tools).kinds.map(({ id }) => id);
  };

  it('leaves API keys alone unless told otherwise', () => {
    expect(kindsOf(operator)).not.toContain('api-key');
    expect(kindsOf({ apiKeys: true })).not.toContain('api-key');
    expect(kindsOf({ ...operator, apiKeys: true })).toContain('api-key');
    expect(kindsOf({ ...operator, apiKeys: true })).not.toContain('express-key');
    expect(kindsOf({ expressKeys: true })).not.toContain('express-key');
  });

  it('refuses credentials that are no service account key', () => {
    expect(() => kindsOf({ credentials: '{}' })).toThrow('expected the JSON key of a service account');
  });
});

it('does not take the line that all key files share for a token', () => {
  const { kinds } = gcp.create(gcp.config.parse({}), {
    upstream: () => ({ base: 'https://example.com', request: () => expect.unreachable() }),
    clock: { now: () => 0, sleep: async () => {} },
    log: { info() {}, warn() {} },
  });
  expect(kinds.some(({ pattern }) => pattern.test('"type": "service_account"'))).toBe(false);
});
