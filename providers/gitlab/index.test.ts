import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, FEED, PAT, routable, token } from './cases.ts';
import { gitlab } from './index.ts';
import { tokenKinds } from './kinds.ts';

for (const spec of cases) describeProvider(spec);

const NO_PREFIXES = { personalAccessToken: [], instance: [] };

function recognised(
  text: string,
  prefixes: { personalAccessToken: string[]; instance: string[] } = NO_PREFIXES,
) {
  for (const { id, pattern } of tokenKinds({ withAdmin: true, prefixes })) {
    const match = pattern.exec(text);
    if (match) return [id, match.groups?.token ?? match[0]];
  }
  return undefined;
}

it('takes no refusal of the revocation for a death that would be none at a look', async () => {
  const self = (method: 'GET' | 'DELETE', status: number, json: unknown): Exchange => ({
    expect: { method, path: '/api/v4/personal_access_tokens/self', headers: { 'private-token': PAT } },
    answer: { status, json },
  });
  const alive = self('GET', 200, { id: 42, revoked: false, expires_at: null });
  const refusal = { message: '401 Unauthorized' };
  const script = [alive, self('DELETE', 401, refusal), self('GET', 401, refusal)];
  const bench = await startBench(gitlab, (url) => ({ instances: [{ url }] }), script);
  onTestFinished(() => bench.close());
  const [notes, kind]: [unknown[], string] = [[], 'personal-access-token'];
  const work = () => runStep(bench, new Secret(PAT), { kind, notes });
  await expect(work()).rejects.toMatchObject({ code: 'suspended' });
  expect((await work()).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});

describe('kinds of GitLab tokens', () => {
  const payload = 'Yk3y9-k3y9_k3y9k3y9k3y9k3y9k3y9';
  it.each([
    ['personal-access-token', PAT],
    ['personal-access-token', token('pat', `${payload}.01.1a2b3c4d5`)],
    ['personal-access-token', token('pat', `${payload}.1a2b3c4d5`)],
    ['runner', token('rt', 'k3y9'.repeat(5))],
    ['runner', token('rt', `t1_${payload}.01.1a2b3c4d5`)],
    ['legacy-runner', token('rtr', 'k3y9'.repeat(5))],
    ['deploy-token', token('dt', 'k3y9'.repeat(5))],
    ['feed-token', FEED],
    ['path-feed-token', token('ft', `${'0a'.repeat(32)}-17`)],
    ['agent-token', token('agent', 'k3y9k'.repeat(10))],
    ['trigger-token', token('ptt', '0a1b2'.repeat(8))],
    ['incoming-mail-token', token('imt', 'k3y9k'.repeat(5))],
    ['oauth-secret', token('oas', '0a'.repeat(32))],
    ['feature-flag-client', token('ffct', 'k3y9'.repeat(5))],
    ['scim-token', token('soat', 'k3y9'.repeat(5))],
    ['job-token', token('cbt', `64_${'k3y9'.repeat(5)}`)],
    ['job-token', token('cbt', `ey${'k3y9'.repeat(6)}.ey${'k3y9'.repeat(9)}.${'k3y9'.repeat(9)}`)],
    ['session', `_gitlab_session_ab12=${'0a'.repeat(16)}`],
    ['runner-registration-token', `GR134${'8941'}${'k3y9'.repeat(5)}`],
    ['workspace-token', token('wt', 'k3y9'.repeat(5))],
    ['runner-controller-token', token('rct', 'k3y9'.repeat(5))],
  ])('takes a %s whole, inside any text', (kind, leaked) => {
    expect(recognised(`x: "${leaked}", y`)).toEqual([kind, leaked]);
    expect(recognised(`See ${leaked}. Then`)).toEqual([kind, leaked]);
  });

  it('takes the old feed token without its parameter name', () => {
    const old = 'k3y9'.repeat(5);
    expect(recognised(`/feed.atom?feed_token=${old}&x=1`)).toEqual(['bare-feed-token', old]);
  });

  it.each([
    ['an access token', token('pat', payload)],
    ['an access token that ends at its version', token('pat', `${payload}.01`)],
    ['an access token that goes on in an unknown way', token('pat', `${payload}.01.1a2b3c4d5.x`)],
    ['a runner token whose type was counted', token('rt', `t1_${'k3y9'.repeat(4)}k`)],
    ['an OAuth secret', token('oas', '0a'.repeat(31))],
    ['a trigger token', token('ptt', '0a1b2'.repeat(7))],
    ['an agent token', token('agent', 'k3y9'.repeat(5))],
    ['a deploy token', token('dt', 'k3y9'.repeat(4))],
  ])('takes %s for the part of a token that it is, and for no token', (_name, cut) => {
    expect(recognised(cut)).toEqual(['fragment', cut]);
  });

  it('takes no token without the prefix that its instance puts before it, unless that is known', () => {
    for (const leaked of [PAT, FEED, token('dt', 'k3y9'.repeat(5)), token('rt', `t1_${'k3y9'.repeat(5)}`)]) {
      expect(recognised(`"acme-${leaked}"`)).toBeUndefined();
      const [, whole] = recognised(`"acme-${leaked}"`, { personalAccessToken: [], instance: ['acme'] }) ?? [];
      expect(whole).toBe(`acme-${leaked}`);
    }
  });

  it('takes a token for incoming mail out of its address, whatever follows', () => {
    const leaked = token('imt', '3k9y3k9y3k9y3k9y3k9y3k9y3');
    for (const address of [
      `incoming+acme-app-12-${leaked}-issue@mail.example.com`,
      `incoming+12-${leaked}-merge-request@mail.example.com`,
      leaked,
    ]) {
      expect(recognised(address)).toEqual(['incoming-mail-token', leaked]);
    }
    // A rule that counts 25 characters takes the hyphen behind a shorter one, too.
    const shorter = leaked.slice(0, -1);
    expect(recognised(`${shorter}-`)).toEqual(['incoming-mail-token', shorter]);
  });

  it('takes runner tokens that have their type for a prefix, but no word that begins so', () => {
    const bare = `t2_${'k3y9'.repeat(5)}`;
    expect(recognised(`token = "${bare}"`)).toEqual(['legacy-runner', bare]);
    expect(recognised(`last${bare}`)).toBeUndefined();
  });

  it('takes tokens without a prefix where the operator says that there are some, under their own types', () => {
    const bare = 'k3y9'.repeat(5);
    const dotted = routable('');
    const prefixes = { personalAccessToken: [''], instance: [] };
    expect(recognised(bare)).toBeUndefined();
    for (const leaked of [bare, dotted])
      expect(recognised(leaked, prefixes)).toEqual(['bare-access-token', leaked]);
    for (const other of [`${bare}k`, `${bare}.k3y9`, `glft-${'k3y9'.repeat(3)}k3y`]) {
      expect(recognised(other, prefixes)?.[0]).not.toBe('bare-access-token');
    }
    const kind = tokenKinds({ withAdmin: true, prefixes }).find(({ id }) => id === 'bare-access-token');
    expect(kind).toMatchObject({ ownTypesOnly: true, types: expect.arrayContaining([cases[0]?.type]) });
  });

  it.each([
    // Made by GitLab, of both versions; published, so put together here.
    ['of the first form', token('pat', 'bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7s'), true],
    ['of the form of today', token('pat', 'bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r0l8l6ir'), true],
    ['with a wrong checksum', token('pat', 'bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r03gxo7a'), false],
    ['classic, as it may be the beginning of the others', PAT, false],
  ])('calls an access token surely whole by its checksum alone: %s', (_name, leaked, expected) => {
    const [kind] = tokenKinds({ withAdmin: true, prefixes: NO_PREFIXES });
    const whole = kind?.whole;
    expect(typeof whole === 'function' && whole(leaked)).toBe(expected);
  });

  it('takes the custom prefixes of the instances, and no word that merely ends in one', () => {
    const prefixes = { personalAccessToken: ['k.'], instance: ['acme'] };
    const custom = `k.${'k3y9'.repeat(5)}`;
    const deploy = `acme-${token('dt', 'k3y9'.repeat(5))}`;
    expect(recognised(`"${custom}"`, prefixes)).toEqual(['personal-access-token', custom]);
    expect(recognised(`desk.${'k3y9'.repeat(5)}`, prefixes)).toBeUndefined();
    expect(recognised(custom.replace('.', 'x'), prefixes)).toBeUndefined();
    expect(recognised(deploy, prefixes)).toEqual(['deploy-token', deploy]);
    expect(recognised(PAT, prefixes)).toEqual(['personal-access-token', PAT]);
  });

  it('offers only what revokes itself when there is no administrator token', () => {
    const kinds = tokenKinds({ withAdmin: false, prefixes: NO_PREFIXES });
    const ids = kinds.map(({ id }) => id);
    expect(ids).toEqual(['personal-access-token', 'legacy-runner', 'runner', 'fragment']);
    // What cannot be revoked here is no part of what can.
    expect(kinds.some(({ pattern }) => pattern.test(token('dt', 'k3y9'.repeat(5))))).toBe(false);
  });

  it('lets everything wait for approval that hits more than the leaked token', () => {
    const kinds = tokenKinds({ withAdmin: true, prefixes: NO_PREFIXES });
    const wider = kinds.filter(({ effect }) => effect === 'wider').map(({ id }) => id);
    expect(wider).toEqual(['legacy-runner', 'runner', 'oauth-secret', 'feature-flag-client', 'scim-token']);
  });

  it('takes every type string that GitLab has for its own tokens', () => {
    expect(gitlab.types).toEqual(
      expect.arrayContaining(
        [
          'ci_build_token',
          'deploy_token',
          'feed_token',
          'feed_token_v2',
          'incoming_email_token',
          'kubernetes_agent_token',
          'oauth_app_secret',
          'personal_access_token',
          'personal_access_token_routable',
          'pipeline_trigger_token',
          'runner_auth_token',
          'runner_registration_token',
          'scim_oauth_token',
        ].map((rule) => `gitleaks_rule_id_gitlab_${rule}`),
      ),
    );
  });
});

describe('the configuration of GitLab', () => {
  it('is gitlab.com alone when nothing is configured', () => {
    expect(gitlab.config.parse({}).instances.map(({ url }) => url)).toEqual(['https://gitlab.com']);
  });

  it.each([
    'ftp://gitlab.example.com',
    'https://user@gitlab.example.com',
    'https://gitlab.example.com/?x',
    'gitlab',
  ])('refuses %s as an address', (url) =>
    expect(gitlab.config.safeParse({ instances: [{ url }] }).success).toBe(false),
  );

  it.each([
    ['all characters that GitLab allows', '_+=/@:.-', true],
    ['none at all', '', true],
    ['more than 20', 'k'.repeat(21), false],
    ['a blank', 'a b', false],
  ])('takes prefixes of access tokens as GitLab does: %s', (_name, prefix, expected) => {
    const instance = { url: 'https://gitlab.example.com', personalAccessTokenPrefixes: [prefix] };
    expect(gitlab.config.safeParse({ instances: [instance] }).success).toBe(expected);
  });

  it('refuses an empty list of instances', () => {
    expect(gitlab.config.safeParse({ instances: [] }).success).toBe(false);
  });
});
