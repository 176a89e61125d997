/** The contract suite on a small honest provider, and on providers that break one rule each. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { matching } from '../support/matching.ts';
import type { Exchange, ExpectedRequest } from '../support/scripted-upstream.ts';
import { TRUSTED } from '../support/trusted-kind.ts';
import { contractCases, describeProvider, findLeaks, type ProviderSpec } from './provider-suite.ts';
import { runEach } from './run-each.ts';

const TOKEN = `acme-${'k3y9'.repeat(5)}`;
const CREDENTIAL = 'the-credential-of-quash';

interface AcmeConfig {
  readonly url: string;
  readonly adminToken: string;
}

const acme: ProviderDefinition<AcmeConfig> = {
  id: 'acme',
  title: 'Acme',
  docs: 'https://docs.example.com/keys',
  stability: 'stable',
  needs: 'an administrator token',
  exactness: 'the API takes the key itself',
  proof: 'the key is refused as revoked',
  effect: 'the token only',
  types: ['acme_key'],
  config: z.strictObject({ url: z.string(), adminToken: z.string() }),
  create(config, tools): Provider {
    const upstream = tools.upstream(config.url);
    const ours = bearer(new Secret(config.adminToken));
    const said = z.object({ error: z.string() });
    return {
      kinds: [
        { id: 'key', types: ['acme_key'], pattern: /\bacme-[a-z0-9]{20}\b/, effect: 'token', ...TRUSTED },
      ],
      async revoke(token, { signal }) {
        const answer = await upstream.request({
          method: 'POST',
          path: '/keys/revoke',
          headers: { authorization: ours },
          json: { key: token },
          statuses: [200, 401, 403, 404],
          signal,
        });
        if (answer.status === 200) {
          const { revoked } = answer.json(z.object({ revoked: z.enum(['now', 'before']) }));
          return revoked === 'now'
            ? { outcome: 'revoked', proven: false }
            : { outcome: 'already-inactive', death: 'said' };
        }
        answer.json(said);
        if (answer.status === 401) throw new Failure('credential-refused', { target: upstream.base });
        if (answer.status === 403) throw new Failure('permission-missing', { target: upstream.base });
        return { outcome: 'refused', reason: 'unknown-token', advice: 'Find out who issued it.' };
      },
      async verify(token, { signal }) {
        const answer = await upstream.request({
          method: 'GET',
          path: '/me',
          headers: { authorization: bearer(token) },
          statuses: [200, 401],
          signal,
        });
        if (answer.status === 200) return answer.json(z.object({ name: z.string() })) && 'alive';
        return answer.json(said).error === 'revoked' ? 'dead' : 'unknown';
      },
      async check(signal) {
        const name = 'administrator token';
        try {
          const headers = { authorization: ours };
          await upstream.request({ method: 'GET', path: '/me', headers, statuses: [200], signal });
          return [{ name, ok: true }];
        } catch {
          return [{ name, ok: false, advice: 'Look at its address and rights.' }];
        }
      },
    };
  },
};

const revokeCall = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/keys/revoke',
    headers: { authorization: `Bearer ${CREDENTIAL}`, cookie: undefined },
    json: { key: TOKEN },
  },
  answer: { status, json },
});

const meCall = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/me', headers: { authorization: `Bearer ${TOKEN}` } },
  answer: { status, json },
});

const honest: ProviderSpec<AcmeConfig> = {
  definition: acme,
  config: (url) => ({ url, adminToken: CREDENTIAL }),
  token: TOKEN,
  credentials: [CREDENTIAL],
  kind: 'key',
  type: 'acme_key',
  scripts: {
    revoked: { exchanges: [revokeCall(200, { revoked: 'now' }), meCall(401, { error: 'revoked' })] },
    alreadyDead: { exchanges: [revokeCall(200, { revoked: 'before' })] },
    unknownToken: {
      exchanges: [revokeCall(404, { error: 'unknown' })],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [revokeCall(401, { error: 'who are you?' })] },
    forbidden: { exchanges: [revokeCall(403, { error: 'no' })] },
    secondCall: { exchanges: [revokeCall(200, { revoked: 'before' })] },
  },
};

describeProvider(honest);

const withScripts = (scripts: Partial<ProviderSpec<AcmeConfig>['scripts']>): ProviderSpec<AcmeConfig> => ({
  ...honest,
  scripts: { ...honest.scripts, ...scripts },
});

/** The names of the cases that a provider fails which differs from the honest one as given. */
async function failedCases(
  change: (provider: Provider, tools: Tools, config: AcmeConfig) => Partial<Provider>,
  spec: ProviderSpec<AcmeConfig> = honest,
): Promise<string[]> {
  const definition: ProviderDefinition<AcmeConfig> = {
    ...spec.definition,
    create(config, tools) {
      const provider = acme.create(config, tools);
      return { ...provider, ...change(provider, tools, config) };
    },
  };
  const failed: string[] = [];
  for (const { name, run } of contractCases({ ...spec, definition })) {
    // These take real time, and break off like the others.
    if (name.includes('breaks by timeout')) continue;
    await run().catch(() => failed.push(name));
  }
  return failed;
}

describe('the provider contract suite', () => {
  it('catches a provider that takes every answer for a revocation', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        await revoke(token, step).catch(() => undefined);
        return { outcome: 'revoked', proven: true };
      },
    }));

    expect(failed.filter((name) => name.includes('breaks by')).length).toBeGreaterThanOrEqual(13);
    expect(failed).toEqual(
      expect.arrayContaining([
        'revokes a working token and shows that it is dead',
        'never takes an unknown token for a dead one',
        'pauses when our credential is refused',
        'says when our credential lacks a right',
        'stops at once when its signal aborts',
      ]),
    );
  });

  it('catches a provider whose verification takes every answer for dead', async () => {
    const failed = await failedCases(({ verify }) => ({
      async verify(token, step) {
        await verify?.(token, step).catch(() => undefined);
        return 'dead';
      },
    }));

    const ofCall2 = failed.filter((name) => name.includes('call 2'));
    const stray = 'shows no death by a stray answer, and says which place is away, at whichever call';
    expect(failed).toEqual([...ofCall2, stray]);
    expect(ofCall2).toHaveLength(13);
  });

  it('catches a provider that makes a call which the script does not have', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        await revoke(token, step);
        return revoke(token, step);
      },
    }));

    expect(failed).toContain('says that a dead token was already inactive');
  });

  it('catches a provider that leaves out a call', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        const result = await revoke(token, step);
        return 'proven' in result ? { ...result, proven: true } : result;
      },
    }));

    expect(failed).toContain('revokes a working token and shows that it is dead');
  });

  it.each<[string, Partial<ExpectedRequest>]>([
    ['method', { method: 'PUT' }],
    ['path', { path: '/keys/revoke?all=1' }],
    ['header', { headers: { authorization: 'Bearer other' } }],
    ['header that must be absent', { headers: { authorization: undefined } }],
    ['header that has to match', { headers: { authorization: /^Basic / } }],
    ['body', { json: { key: 'other' } }],
  ])('catches a call that differs from the script in a %s', async (_, difference) => {
    const call = revokeCall(200, { revoked: 'before' });
    const alreadyDead = { exchanges: [{ ...call, expect: { ...call.expect, ...difference } }] };

    const failed = await failedCases(() => ({}), withScripts({ alreadyDead }));

    expect(failed).toEqual(['says that a dead token was already inactive']);
  });

  it('catches a provider that gives up a token which survived', async () => {
    const exchanges = [revokeCall(200, { revoked: 'now' }), meCall(200, { name: 'owner' })];
    const survived = { exchanges, endsAs: { failure: 'still-active' } as const };

    expect(await failedCases(() => ({}), withScripts({ alreadyDead: survived }))).toEqual([]);
    expect(
      await failedCases(
        ({ verify }) => ({
          async verify(token, step) {
            await verify?.(token, step);
            return 'dead';
          },
        }),
        withScripts({ alreadyDead: survived }),
      ),
    ).toContain('says that a dead token was already inactive');
  });

  it('catches a script that takes an unknown token for a dead one', async () => {
    const exchanges = [revokeCall(200, { revoked: 'before' })];
    const unknownToken = { exchanges, endsAs: { outcome: 'already-inactive' } as const };

    const failed = await failedCases(() => ({}), withScripts({ unknownToken }));

    expect(failed).toEqual(['never takes an unknown token for a dead one']);
  });

  it('catches a provider that puts the token into a URL without a stated reason', async () => {
    const inUrl = (_: Provider, tools: Tools, { url }: AcmeConfig): Partial<Provider> => ({
      async verify(token, { signal }) {
        const query = { key: token.reveal() };
        const statuses = [401];
        const upstream = tools.upstream(url);
        const answer = await upstream.request({ method: 'GET', path: '/me', query, statuses, signal });
        return answer.json(z.object({ error: z.literal('revoked') })) && 'dead';
      },
    });
    const call = meCall(401, { error: 'revoked' });
    const expectInUrl = { method: 'GET', path: `/me?key=${TOKEN}` };
    const spec = withScripts({
      revoked: { exchanges: [revokeCall(200, { revoked: 'now' }), { ...call, expect: expectInUrl }] },
    });

    expect(await failedCases(inUrl, spec)).toContain('revokes a working token and shows that it is dead');
    expect(await failedCases(inUrl, { ...spec, tokenInUrl: 'the API has no other way' })).not.toContain(
      'revokes a working token and shows that it is dead',
    );
  });

  it('catches a provider whose evidence shows the token', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        const result = await revoke(token, step);
        return result.outcome === 'already-inactive'
          ? { ...result, evidence: { key: token.reveal() } }
          : result;
      },
    }));

    expect(failed).toContain('says that a dead token was already inactive');
  });

  it("catches a provider that logs an upstream's words", async () => {
    const failed = await failedCases((_, tools, { url }) => ({
      async verify(token, { signal }) {
        const headers = { authorization: bearer(token) };
        const request = { method: 'GET', path: '/me', headers, statuses: [401], signal } as const;
        const { text } = await tools.upstream(url).request(request);
        tools.log.warn(text);
        throw new Failure('unexpected-answer');
      },
    }));

    expect(failed).toContain('does not end when call 2 (GET /me) breaks by html-401');
  });

  it('catches a provider that logs the token in another form', async () => {
    const failed = await failedCases(({ revoke }, { log }) => ({
      revoke(token, step) {
        log.warn(Buffer.from(`user:${token.reveal()}`).toString('base64'));
        return revoke(token, step);
      },
    }));

    expect(failed).toContain('revokes a working token and shows that it is dead');
  });

  it('catches a provider that remembers the token', async () => {
    const failed = await failedCases(({ revoke }) => ({
      revoke(token, step) {
        step.remember({ seen: token.reveal() });
        return revoke(token, step);
      },
    }));

    expect(failed).toContain('revokes a working token and shows that it is dead');
  });

  it('catches a provider whose failure shows the token', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        try {
          return await revoke(token, step);
        } catch {
          throw new Failure('credential-refused', { cause: token.reveal() });
        }
      },
    }));

    expect(failed).toContain('pauses when our credential is refused');
  });

  it('catches a provider that waits on when its signal aborts', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        try {
          return await revoke(token, step);
        } catch (error) {
          throw error instanceof Failure ? error : new Failure('unreachable');
        }
      },
    }));

    expect(failed).toEqual(['stops at once when its signal aborts']);
  });

  it.each<[string, NonNullable<Provider['check']>]>([
    ['throws', () => Promise.reject(new Error('No answer.'))],
    ['looks at nothing', async () => []],
    ['finds everything in order', async () => [{ name: 'administrator token', ok: true }]],
    ['gives no advice', async () => [{ name: 'administrator token', ok: false }]],
  ])('catches a check that %s although nothing answers', async (_, check) => {
    const failed = await failedCases(() => ({ check }));

    expect(failed).toContain('reports that its credential cannot be checked, and does not throw');
  });

  it('catches a pattern that hangs on hostile text, takes too much text or changes its flags', async () => {
    const { patienceMs } = matching;
    onTestFinished(() => {
      matching.patienceMs = patienceMs;
    });
    const withPattern = (pattern: RegExp) =>
      failedCases(({ kinds }) => ({ kinds: kinds.map((kind) => ({ ...kind, pattern })) }));

    matching.patienceMs = 1_000;
    expect(await withPattern(/acme-[a-z0-9]{20}|(0+)+!/)).toContain('never hangs on hostile text');
    matching.patienceMs = patienceMs;
    expect(await withPattern(/acme-[a-z0-9]{20}\S*/)).toContain(
      'finds the token in quotes, before a comma and within text',
    );
    expect(await withPattern(/(?i:acme)-[a-z0-9]{20}/)).toContain('has no flags inside its patterns');
  });

  it('catches a kind whose type the definition does not have', async () => {
    const failed = await failedCases(({ kinds }) => ({
      kinds: kinds.map((kind) => ({ ...kind, types: [...kind.types, 'acme_other'] })),
    }));

    expect(failed).toEqual(['declares an id, an https documentation link, and kinds that fit together']);
  });

  it('catches a kind that pairs with one that is not there', async () => {
    const failed = await failedCases(({ kinds }) => ({
      kinds: kinds.map((kind) => ({ ...kind, pairsWith: ['secret'] })),
    }));

    expect(failed).toEqual(['declares an id, an https documentation link, and kinds that fit together']);
  });

  it('hands on the parts and the context of the specification, and catches a part that is shown', async () => {
    const spec = { ...honest, parts: { secret: ['the-other-half'] }, context: 'key = …' };
    const reading = (show: (text: string) => string) =>
      failedCases(
        ({ revoke }, { log }) => ({
          async revoke(token, step) {
            const context = await step.context();
            for (const part of step.parts('secret')) log.warn(show(part.reveal()));
            if (context?.reveal() !== spec.context || step.parts('other').length > 0)
              throw new Error('Lost.');
            return revoke(token, step);
          },
        }),
        spec,
      );

    expect(await reading(() => 'seen')).toEqual([]);
    expect(await reading((text) => text)).toContain('revokes a working token and shows that it is dead');
  });

  it('catches a configuration that takes any key', async () => {
    const definition = { ...acme, config: z.looseObject({ url: z.string(), adminToken: z.string() }) };

    const failed = await failedCases(() => ({}), { ...honest, definition });

    expect(failed).toEqual(['refuses a configuration key that it does not know']);
  });

  it('lets a provider ask to be called again, with what it remembered', async () => {
    const failed = await failedCases(({ revoke }) => ({
      async revoke(token, step) {
        if (step.note === 'asked') return revoke(token, step);
        step.remember('asked');
        return { outcome: 'continue', afterMs: 5000 };
      },
    }));

    expect(failed).toEqual([]);
  });

  it('takes another end of a broken call only where the specification gives the reason', async () => {
    const patient = {
      ...honest,
      faultOverrides: [
        {
          call: 1,
          faults: ['html-401'] as const,
          because: 'a page proves nothing',
          endsAs: { outcome: 'revoked', verified: false } as const,
        },
      ],
    };
    const change = ({ verify }: Provider): Partial<Provider> => ({
      async verify(token, step) {
        try {
          return (await verify?.(token, step)) ?? 'unknown';
        } catch (error) {
          if (error instanceof Failure && error.status === 401) return 'unknown';
          throw error;
        }
      },
    });
    const atHtml401 = (names: string[]) =>
      names.filter((name) => name.endsWith('call 2 (GET /me) breaks by html-401'));

    expect(atHtml401(await failedCases(change))).toHaveLength(1);
    expect(atHtml401(await failedCases(change, patient))).toHaveLength(0);
  });
});

describe('runEach', () => {
  const passing = { name: 'holds', run: async () => {} };
  const failing = (name: string, message: string) => ({
    name,
    run: () => Promise.reject(new Error(message)),
  });

  it('says which cases fail, and why', async () => {
    await expect(
      runEach([passing, failing('ends', 'Not so.'), failing('goes on', 'Nor so.')]),
    ).rejects.toMatchObject({
      message: 'It ends: Not so.\nIt goes on: Nor so.',
      errors: [{ message: 'Not so.' }, { message: 'Nor so.' }],
    });
  });

  it('passes when all do', async () => {
    await expect(runEach([passing, passing])).resolves.toBeUndefined();
  });
});

describe('findLeaks', () => {
  it.each([
    ['as it is', (secret: string) => `x${secret}y`],
    ['in base64 at every offset', (secret: string) => Buffer.from(`ab${secret}`).toString('base64')],
    ['in base64url', (secret: string) => Buffer.from(secret).toString('base64url')],
    ['in hexadecimal', (secret: string) => Buffer.from(secret).toString('hex')],
    ['encoded for a URL', (secret: string) => encodeURIComponent(secret)],
    ['within an error', (secret: string) => new Error(secret)],
    ['within the cause of an error', (secret: string) => new Error('x', { cause: { secret } })],
  ])('finds a secret %s', (_, show) => {
    expect(findLeaks(['s3cret/?>>value'], { shown: show('s3cret/?>>value') })).toEqual(['shown']);
  });

  it('finds nothing in an opaque secret', () => {
    expect(findLeaks(['s3cret'], { shown: new Secret('s3cret') })).toEqual([]);
  });
});
