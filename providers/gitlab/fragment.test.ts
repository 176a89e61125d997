/** Texts that are a part of a token only: cut behind, or without the prefix that their instance puts before. */
import { describe, expect, it } from 'vitest';
import type { FakeTokenKind } from '../../src/fakes/gitlab-tokens.ts';
import { Secret } from '../../src/words/secret.ts';
import { type EndedStep, runStep } from '../../test/contract/provider-suite.ts';
import {
  ADMIN,
  benchFor,
  revoke,
  startGitlab,
  withAdmin,
  withoutAdmin,
} from '../../test/support/gitlab-bench.ts';
import { token } from './cases.ts';

const resultOf = async (bench: Parameters<typeof runStep>[0], kind: string, cut: string, context: string) =>
  (await runStep(bench, new Secret(cut), { kind, context })).result;

/** What is to become entries, and how the part itself ends. */
function found(result: EndedStep['result']) {
  if (result.outcome !== 'found') return result;
  const { secrets, rest } = result;
  return { secrets: secrets.map(({ kind, token: each }) => [kind, each.reveal()]), ...(rest && { rest }) };
}

describe('the first 20 characters of a longer token', () => {
  it.each([withAdmin, withoutAdmin])('lead to the whole one where that can be read', async (of) => {
    const fake = await startGitlab();
    const whole = fake.addToken('personal');
    const cut = whole.value.slice(0, 26);
    const bench = { ...of(fake), unknownTokens: 'inactive' } as const;
    const result = await resultOf(bench, 'personal-access-token', cut, `GITLAB_TOKEN=${whole.value}\n`);
    expect(found(result)).toEqual({ secrets: [['personal-access-token', whole.value]] });
    expect(whole.revocations).toBe(0);
  });

  it('lead to the whole one, and stay unknown, where they stand alone at another place', async () => {
    const fake = await startGitlab();
    const { value } = fake.addToken('personal');
    const cut = value.slice(0, 26);
    const result = await resultOf(withAdmin(fake), 'personal-access-token', cut, `"${cut}" and "${value}"`);
    expect(found(result)).toMatchObject({
      secrets: [['personal-access-token', value]],
      rest: { outcome: 'refused', reason: 'unknown-token', evidence: { found: 1 } },
    });
  });

  it('are told for what they are where the rest of it makes no token', async () => {
    const fake = await startGitlab();
    const cut = fake.addToken('personal').value.slice(0, 26);
    const result = await resultOf(withAdmin(fake), 'personal-access-token', cut, `key: ${cut}abc`);
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'fragment',
      evidence: { wholeToken: 'in the lines around the leak', reported: 26, length: 29 },
    });
    expect(JSON.stringify(result)).not.toContain(cut);
  });

  it('lead to it also in a text that was made to take long', async () => {
    const fake = await startGitlab();
    const { value } = fake.addToken('personal');
    const cut = value.slice(0, 26);
    const many = Array.from({ length: 5_000 }, (_, index) => `${cut}${index}`).join(' ');
    const hostile = `${value} ${'a'.repeat(32_000)} ${cut.slice(0, -1).repeat(1_000)} ${many}`;
    const result = await resultOf(withAdmin(fake), 'personal-access-token', cut, hostile);
    expect(found(result)).toMatchObject({
      secrets: [['personal-access-token', value]],
      rest: { reason: 'unknown-token' },
    });
  });

  it.each([
    ['cannot be read', {}],
    ['stand alone there', { context: '' }],
  ])('are unknown, and never dead, where the lines around them %s', async (_name, options) => {
    const fake = await startGitlab();
    const cut = fake.addToken('personal').value.slice(0, 26);
    const bench = { ...withAdmin(fake), unknownTokens: 'inactive' } as const;
    const end = await revoke(bench, 'personal', cut, [], {
      ...options,
      ...('context' in options && { context: `a "${cut}" b` }),
    });
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect(JSON.stringify(end)).toContain('part of a longer token');
  });

  it.each([
    ['runner', (value: string) => value.slice(0, 'glrt-'.length + 20)],
    ['deploy', (value: string) => value.slice(0, -4)],
    ['agent', (value: string) => value.slice(0, 28)],
  ] as const)('of a %s token are no token, so nobody is asked', async (kind, cutOf) => {
    const fake = await startGitlab();
    const whole = fake.addToken(kind);
    const bench = withAdmin(fake);
    const cut = cutOf(whole.value);
    expect(bench.provider.kinds.find(({ pattern }) => pattern.test(cut))?.id).toBe('fragment');
    const result = await resultOf(bench, 'fragment', cut, `token: ${whole.value}`);
    expect(found(result)).toMatchObject({ secrets: [[expect.any(String), whole.value]] });
    const alone = await resultOf(bench, 'fragment', cut, `token: ${cut}`);
    expect(alone).toMatchObject({ outcome: 'refused', reason: 'fragment' });
    expect([fake.calls, whole.revocations]).toEqual([[], 0]);
  });
});

describe('a token of which a scanner has cut the prefix of the instance', () => {
  const KINDS: readonly FakeTokenKind[] = [
    'personal',
    'deploy',
    'feed',
    'agent',
    'trigger',
    'oauth-secret',
    'feature-flag-client',
    'incoming-mail',
    'scim',
    'runner',
    'legacy-runner',
  ];

  it.each(KINDS)('is found by putting that before it: %s', async (kind) => {
    const fake = await startGitlab({ instanceTokenPrefix: 'acme', expireTriggersFlag: true });
    const leaked = fake.addToken(kind);
    expect(leaked.value).toMatch(/^acme-/);
    const instance = { url: fake.url, adminToken: ADMIN, instanceTokenPrefixes: ['former', 'acme'] };
    const end = await revoke(benchFor({ instances: [instance] }), kind, leaked.value.slice('acme-'.length));
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(leaked.revocations).toBe(1);
  });

  it('is not dead, though it worked before, while GitLab cannot say anything of it with the prefix', async () => {
    const fake = await startGitlab({ instanceTokenPrefix: 'acme' });
    const leaked = fake.addToken('deploy');
    const bench = benchFor({
      instances: [{ url: fake.url, adminToken: ADMIN, instanceTokenPrefixes: ['old'] }],
    });
    const notes = [{ quash: 1, note: undefined, seenAlive: [fake.url] }];
    const end = await revoke(bench, 'deploy', leaked.value.slice('acme-'.length), notes);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
    expect(leaked.revocations).toBe(0);
  });

  it.each(['personal', 'runner'] as const)('revokes itself with it, too: %s', async (kind) => {
    const fake = await startGitlab({ instanceTokenPrefix: 'acme' });
    const leaked = fake.addToken(kind);
    const bench = benchFor({ instances: [{ url: fake.url, instanceTokenPrefixes: ['acme'] }] });
    const end = await revoke(bench, kind, leaked.value.slice('acme-'.length));
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(leaked.revocations).toBe(1);
  });

  it('is told for what it is where that is not configured and the whole one can be read', async () => {
    const fake = await startGitlab({ instanceTokenPrefix: 'acme' });
    const leaked = fake.addToken('deploy');
    const cut = leaked.value.slice('acme-'.length);
    const end = await revoke(withAdmin(fake), 'deploy', cut, [], { context: `key: ${leaked.value}` });
    expect(end).toMatchObject({ outcome: 'refused', reason: 'fragment' });
  });

  it('is our own also then', async () => {
    const fake = await startGitlab();
    const own = `acme-${token('pat', 'k3y9'.repeat(5))}`;
    const instance = { url: fake.url, adminToken: own, instanceTokenPrefixes: ['acme'] };
    const end = await revoke(benchFor({ instances: [instance] }), 'personal', own.slice('acme-'.length));
    expect(end).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
    expect(fake.calls).toEqual([]);
  });
});

describe('an access token without a prefix', () => {
  it('revokes itself where the operator says that there are such', async () => {
    const fake = await startGitlab({ personalAccessTokenPrefix: '' });
    const leaked = fake.addToken('personal', { value: 'k3y9'.repeat(5) });
    const instance = { url: fake.url, adminToken: ADMIN, personalAccessTokenPrefixes: [''] };
    const bench = benchFor({ instances: [instance] });
    const { result, verified } = await runStep(bench, new Secret(leaked.value), {
      kind: 'bare-access-token',
    });
    expect([result.outcome, verified, leaked.revocations]).toEqual(['revoked', true, 1]);
  });
});
