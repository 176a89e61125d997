/** The derived cases on small adapters that break one promise each: every one has to be caught. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  goneSinceSeen,
  refused,
  revoked,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import type {
  Possession,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Exchange } from '../support/scripted-upstream.ts';
import type { ProviderSpec } from './spec.ts';
import { trustCases } from './trust-suite.ts';

const ID = 'k1d2k3d4';
const TOKEN = `acme-${ID}-${'s3cr'.repeat(6)}`;
const ADMIN = 'the token of quash';
const HOST = 'https://api.example.com';
const ADMINS = { authorization: bearer(new Secret(ADMIN)) };

const KIND: TokenKind = {
  id: 'key',
  types: ['acme_key'],
  pattern: /(?<![\w-])acme-[a-z0-9]{8}-[a-z0-9]{24}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { all: [HOST] },
  whole: 'exact',
  undo: 'no',
};

type Made = Pick<Provider, 'revoke'> & Partial<Pick<Provider, 'verify' | 'look' | 'check'>>;

function definitionOf(
  kind: Partial<TokenKind>,
  make: (upstream: Upstream, tools: Tools) => Made,
): ProviderDefinition<object> {
  return {
    ...{ id: 'acme', title: 'Acme', docs: 'https://docs.example.com', stability: 'stable', needs: 'nothing' },
    ...{ exactness: 'x', proof: 'x', effect: 'x', types: KIND.types, config: z.strictObject({}) },
    create: (_config: object, tools: Tools): Provider => ({
      kinds: [{ ...KIND, ...kind }],
      ...make(tools.upstream(HOST), tools),
    }),
  };
}

const idOf = (token: Secret) => token.reveal().slice(5, 13);

const me = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api.example.com/me', headers: { authorization: `Bearer ${TOKEN}` } },
  answer: { status, json },
});
const record = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: `/api.example.com/keys/${ID}`,
    headers: { authorization: `Bearer ${ADMIN}` },
  },
  answer: { status, json },
});
const removed: Exchange = {
  expect: {
    method: 'DELETE',
    path: `/api.example.com/keys/${ID}`,
    headers: { authorization: `Bearer ${ADMIN}` },
  },
  answer: { status: 204 },
};
const REFUSED = { error: 'unauthorized' };

function specOf(
  definition: ProviderDefinition<object>,
  exchanges: readonly Exchange[],
  more: Partial<ProviderSpec<object>> = {},
): ProviderSpec<object> {
  const none = { notApplicable: 'Not what this is about.' };
  const script = { exchanges };
  return {
    ...{ definition, config: () => ({}), token: TOKEN, kind: 'key', type: 'acme_key' },
    scripts: {
      ...{ revoked: script, alreadyDead: { exchanges: [me(401, REFUSED)] }, secondCall: script },
      ...{ unknownToken: none, credentialRefused: none, forbidden: none },
    },
    ...more,
  };
}

/** The names of the cases that fail. */
async function caught(spec: ProviderSpec<object>): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of trustCases(spec)) await run().catch(() => failed.push(name));
  return failed;
}

const ask = (upstream: Upstream, token: Secret, signal: AbortSignal, statuses = [200, 401]) =>
  upstream.request({
    method: 'GET',
    path: '/me',
    headers: { authorization: bearer(token) },
    statuses,
    signal,
  });
const find = (upstream: Upstream, token: Secret, signal: AbortSignal) =>
  upstream.request({
    method: 'GET',
    path: `/keys/${idOf(token)}`,
    headers: ADMINS,
    statuses: [200, 401, 404],
    signal,
  });
const remove = (upstream: Upstream, id: string, signal: AbortSignal) =>
  upstream.request({ method: 'DELETE', path: `/keys/${id}`, headers: ADMINS, statuses: [204], signal });

/** As an adapter should: what it shows of itself is proven, and deleted. */
async function revokeHonestly(upstream: Upstream, token: Secret, step: Step): Promise<RevokeResult> {
  const { id } = (await ask(upstream, token, step.signal, [200])).json(z.object({ id: z.string() }));
  step.sawAlive(HOST);
  step.prove('signs-in');
  await remove(upstream, id, step.signal);
  return revoked();
}

/** Any other 401 may pass: a suspended account, a blocked address. */
const UNAUTHORIZED = z.object({ error: z.literal('unauthorized') });

const STRAY = 'shows no death by a stray answer, and says which place is away, at whichever call';
const FORGED = 'changes nothing for a forged secret with a real id';
const ANOTHER =
  'changes nothing where a list shows another secret since, and calls none dead that it masks or leaves out';
const byIdOf = (shape: z.ZodType<string>) =>
  definitionOf({}, (upstream) => ({
    async revoke(token, step) {
      const answer = await ask(upstream, token, step.signal);
      if (answer.status === 401) return answer.json(UNAUTHORIZED) && unknownAt([HOST]);
      const { id } = answer.json(z.object({ id: shape }));
      step.sawAlive(HOST);
      step.prove('signs-in');
      await remove(upstream, id, step.signal);
      return revoked();
    },
    async verify(token, { signal }) {
      const answer = await ask(upstream, token, signal);
      if (answer.status === 200) return 'alive';
      return answer.json(UNAUTHORIZED) && 'dead';
    },
  }));
const honest = byIdOf(z.string().min(1));
const HONEST = [me(200, { id: ID }), removed, me(401, REFUSED)];

describe('an adapter that proves what it says', () => {
  it('is not accused', async () => {
    expect(await caught(specOf(honest, HONEST))).toEqual([]);
  });
});

describe('an adapter that takes any text for an id', () => {
  it('is caught when the vendor shows none', async () => {
    expect(await caught(specOf(byIdOf(z.string()), HONEST))).toEqual([
      'changes nothing by an id that is empty',
    ]);
  });
});

describe('an adapter whose proof is no proof', () => {
  it('is caught when it asks afterwards, and takes any answer for a death', async () => {
    const liar = definitionOf({}, (upstream) => ({
      async revoke(token, step) {
        if ((await ask(upstream, token, step.signal)).status === 401) return unknownAt([HOST]);
        step.prove('signs-in');
        await remove(upstream, ID, step.signal);
        return revoked();
      },
      verify: async (token, { signal }) =>
        (await ask(upstream, token, signal)).status === 200 ? 'dead' : 'unknown',
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID }), removed, me(200, {})]))).toContain(
      'shows no death while everything is as it was before the revocation',
    );
  });
});

describe('an adapter that calls a token unknown which was let in', () => {
  const OF_NOBODY = 'calls nothing inactive that was let in, although no configured account has it';

  it('is caught when our credential does not find its record', async () => {
    const liar = definitionOf({ places: { open: 'Others are not asked.' } }, (upstream) => ({
      async revoke(token, step) {
        if ((await ask(upstream, token, step.signal)).status === 401) return unknownAt([HOST]);
        if ((await find(upstream, token, step.signal)).status !== 200) return unknownAt([HOST]);
        step.prove('signs-in');
        await remove(upstream, ID, step.signal);
        return revoked();
      },
    }));
    const exchanges = [me(200, { id: ID }), record(200, { id: ID }), removed];
    expect(await caught(specOf(liar, exchanges))).toContain(OF_NOBODY);
  });
});

describe('an adapter of each class that acts without proof', () => {
  it.each(['signs-in', 'listed-whole', 'one-fits'] as const)(
    'is caught: %s by an id alone',
    async (possession) => {
      const liar = definitionOf({ possession }, (upstream) => ({
        async revoke(token, step) {
          if ((await find(upstream, token, step.signal)).status !== 200) return unknownAt([HOST]);
          step.prove(possession);
          await remove(upstream, idOf(token), step.signal);
          return revoked();
        },
        verify: async () => 'dead',
      }));
      expect(await caught(specOf(liar, [record(200, { id: ID }), removed]))).toContain(FORGED);
    },
  );

  it('is caught: by-value that hands in a part alone', async () => {
    const liar = definitionOf({ possession: 'by-value' }, (upstream) => ({
      async revoke(token, { signal }) {
        await remove(upstream, idOf(token), signal);
        return revoked();
      },
    }));
    expect(await caught(specOf(liar, [removed]))).toContain(FORGED);
  });

  it('is caught: unproven that acts when it is only to look', async () => {
    const liar = definitionOf({ possession: 'unproven' }, (upstream) => ({
      revoke: async () => revoked(),
      async look(token, { signal }) {
        await remove(upstream, idOf(token), signal);
        return { outcome: 'alive' };
      },
    }));
    const spec = specOf(liar, [removed]);
    // The core lets no such call out, so that the token waits for a person; what it is held for says that nothing is known.
    expect(await caught(spec)).toEqual([]);
  });

  it.each<Possession>(['signs-in', 'listed-whole', 'one-fits'])(
    'is caught: %s that claims less',
    async (possession) => {
      const liar = definitionOf({ possession: 'by-value' }, (upstream) => ({
        async revoke(token, step) {
          step.prove(possession as 'signs-in');
          await remove(upstream, idOf(token), step.signal);
          return revoked();
        },
      }));
      expect(await caught(specOf(liar, [removed]))).toContain(FORGED);
    },
  );
});

describe('an adapter that calls dead what may live', () => {
  it('is caught: by the state of a record whose id is borrowed', async () => {
    const liar = definitionOf({}, (upstream) => ({
      async revoke(token, step) {
        const found = await find(upstream, token, step.signal);
        return found.status === 404 ? alreadyInactive() : unknownAt([HOST]);
      },
    }));
    const spec = specOf(liar, [record(404, { error: 'gone' })]);
    expect(
      await caught({
        ...spec,
        scripts: { ...spec.scripts, alreadyDead: { exchanges: [record(404, { error: 'gone' })] } },
      }),
    ).toContain('never calls dead what is refused for a reason that passes');
  });

  it('is caught: because our credential does not see the record any more', async () => {
    const liar = definitionOf({}, (upstream) => ({
      async revoke(token, step) {
        if (step.note === undefined) {
          await ask(upstream, token, step.signal);
          step.sawAlive(HOST);
          step.remember({ found: idOf(token) });
          return { outcome: 'continue', afterMs: 0 };
        }
        const { status } = await find(upstream, token, step.signal);
        if (status !== 200) return goneSinceSeen();
        step.prove('signs-in');
        await remove(upstream, idOf(token), step.signal);
        return revoked();
      },
    }));
    const spec = specOf(liar, [me(200, { id: ID }), record(200, { id: ID }), removed]);
    const hidden = { exchanges: [record(404, { error: 'not_found' })] };
    expect(await caught({ ...spec, scripts: { ...spec.scripts, alreadyDead: hidden } })).toContain(
      'never calls dead what works although its record is out of our sight',
    );
  });

  it('is caught: by any refusal', async () => {
    const liar = definitionOf({ whole: 'open', places: { open: 'any server' } }, (upstream) => ({
      async revoke(token, step) {
        const { status } = await ask(upstream, token, step.signal, [200, 401, 402, 403, 423]);
        return status === 200 ? revoked() : alreadyInactive();
      },
    }));
    const failed = await caught(specOf(liar, [me(200, { id: ID })]));
    expect(failed).toContain('calls nothing dead that the place that issued it was not asked about');
    expect(failed).toContain('never calls dead what is refused for a reason that passes');
  });

  it('is caught: of a token that was cut, by a pattern that takes any length', async () => {
    const pattern = /(?<![\w-])acme-[a-z0-9]{8}-[a-z0-9]{4,}(?![\w-])/;
    const liar = definitionOf({ pattern }, (upstream) => ({
      async revoke(token, step) {
        const { status } = await ask(upstream, token, step.signal);
        return status === 200 ? revoked() : unknownAt([HOST]);
      },
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID })]))).toContain('never calls a cut token dead');
  });

  it('is caught: of the ending of a token, by a pattern that takes it without its beginning', async () => {
    const pattern = /(?<![\w-])(?:acme-[a-z0-9]{8}-)?[a-z0-9]{24}(?![\w-])/;
    const liar = definitionOf({ pattern }, (upstream) => ({
      async revoke(token, step) {
        const { status } = await ask(upstream, token, step.signal);
        return status === 200 ? revoked() : unknownAt([HOST]);
      },
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID })]))).toContain(
      'takes no ending of a token for a whole one',
    );
  });

  it.each<[string, number]>([
    ['a refusal', 401],
    ['a missing record', 404],
  ])('is caught: by the status alone of %s after the revocation', async (_what, status) => {
    const liar = definitionOf({}, (upstream) => ({
      revoke: (token, step) => revokeHonestly(upstream, token, step),
      verify: async (token, { signal }) =>
        (await find(upstream, token, signal)).status === status ? 'dead' : 'alive',
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID }), removed, record(status, {})]))).toContain(STRAY);
  });

  it('is caught: by the words of a single one of several answers with the same status', async () => {
    const words = { message: 'no Route matched with those values' };
    const liar = definitionOf({}, (upstream) => ({
      revoke: (token, step) => revokeHonestly(upstream, token, step),
      async verify(token, { signal }) {
        const answer = await find(upstream, token, signal);
        if (answer.status !== 404) return 'alive';
        answer.json(z.object({ message: z.literal(words.message) }));
        return 'dead';
      },
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID }), removed, record(404, words)]))).toContain(STRAY);
  });

  it('is caught: of a place that was not asked', async () => {
    const places = { all: [HOST, 'https://api.eu.example.com'] };
    const liar = definitionOf({ places }, (upstream) => ({
      async revoke(token, step) {
        const { status } = await ask(upstream, token, step.signal);
        return status === 200 ? revoked() : unknownAt(places.all);
      },
    }));
    expect(await caught(specOf(liar, [me(200, { id: ID })]))).toContain(
      'calls nothing dead that the place that issued it was not asked about',
    );
  });
});

describe('an adapter that takes the id of a text for that of its secret', () => {
  it('is caught: the secret may be let in with any id', async () => {
    const liar = definitionOf({}, (upstream) => ({
      async revoke(token, step) {
        const answer = await ask(upstream, token, step.signal);
        if (answer.status === 401) return answer.json(UNAUTHORIZED) && unknownAt([HOST]);
        step.prove('signs-in');
        await remove(upstream, idOf(token), step.signal);
        return revoked();
      },
    }));
    expect(await caught(specOf(liar, [me(200, {}), removed, me(401, REFUSED)]))).toContain(
      'changes nothing where the vendor looks at the secret alone, whatever id stands with it',
    );
  });
});

describe('an adapter that reads a list', () => {
  const listed: Exchange = {
    expect: { method: 'GET', path: '/api.example.com/keys', headers: { authorization: `Bearer ${ADMIN}` } },
    answer: { status: 200, json: [TOKEN] },
  };

  it('is caught: by what an earlier list had', async () => {
    const liar = definitionOf({ possession: 'listed-whole' }, (upstream) => ({
      async revoke(token, step) {
        const request = { method: 'GET', path: '/keys', headers: ADMINS, statuses: [200] } as const;
        await upstream.request({ ...request, signal: step.signal });
        if (step.note === undefined) {
          step.remember({ found: ID });
          return { outcome: 'continue', afterMs: 0 };
        }
        step.prove('listed-whole');
        await remove(upstream, idOf(token), step.signal);
        return revoked();
      },
    }));
    expect(await caught(specOf(liar, [listed, listed, removed]))).toContain(ANOTHER);
  });

  it('is caught: that takes a hidden secret for another one', async () => {
    const liar = definitionOf({ possession: 'listed-whole' }, (upstream) => ({
      async revoke(token, step) {
        const request = { method: 'GET', path: '/keys', headers: ADMINS, statuses: [200] } as const;
        const answer = await upstream.request({ ...request, signal: step.signal });
        const isListed = answer.json(z.array(z.string())).includes(token.reveal());
        if (!isListed) return step.seenAlive.length > 0 ? goneSinceSeen() : unknownAt([HOST]);
        if (step.seenAlive.length > 0) return unknownAt([]);
        step.sawAlive(HOST);
        return { outcome: 'continue', afterMs: 0 };
      },
    }));
    expect(await caught(specOf(liar, [listed, listed]))).toContain(ANOTHER);
  });

  it('is caught: that takes what is hidden since it was let in for gone', async () => {
    const made = (isGone: (shown: readonly string[]) => boolean) =>
      definitionOf({ possession: 'listed-whole' }, (upstream) => ({
        async revoke(token, step) {
          const request = { method: 'GET', path: '/keys', headers: ADMINS, statuses: [200] } as const;
          const answer = await upstream.request({ ...request, signal: step.signal });
          const shown = answer.json(z.array(z.string()));
          if (!shown.includes(token.reveal())) {
            return step.seenAlive.length > 0 && isGone(shown) ? goneSinceSeen() : unknownAt([]);
          }
          step.sawAlive(HOST);
          step.prove('listed-whole');
          await remove(upstream, idOf(token), step.signal);
          return revoked();
        },
      }));
    const [careless = [], honest] = await Promise.all(
      [() => true, (shown: readonly string[]) => shown.length === 0].map((isGone) =>
        caught(specOf(made(isGone), [listed, removed])),
      ),
    );
    const name = 'calls none dead that a list hides since it was let in';
    expect(careless).toContain(name);
    expect(honest).not.toContain(name);
  });
});

describe('an adapter that asks one place after the other', () => {
  it('is caught: when one that is down holds up the tokens of all others', async () => {
    const EU = 'https://api.eu.example.com';
    const liar = definitionOf({ places: { all: [HOST, EU] } }, (upstream, tools) => ({
      async revoke(token, step) {
        for (const place of [upstream, tools.upstream(EU)]) {
          const answer = await ask(place, token, step.signal);
          if (answer.status === 200) return revoked();
          answer.json(UNAUTHORIZED);
        }
        return unknownAt([HOST, EU]);
      },
    }));
    const spec = specOf(liar, [me(200, { id: ID })]);
    const refused = me(401, REFUSED);
    const elsewhere = { ...refused, expect: { ...refused.expect, path: '/api.eu.example.com/me' } };
    const alreadyDead = { exchanges: [refused, elsewhere] };
    expect(await caught({ ...spec, scripts: { ...spec.scripts, alreadyDead } })).toContain(
      'holds up no other token while one of several places is down',
    );
  });
});

describe('an adapter that does not say which place is away', () => {
  it('is caught', async () => {
    const made = (target?: string) =>
      definitionOf({}, (upstream) => ({
        async revoke(token, step) {
          const answer = await ask(upstream, token, step.signal, [200, 503]);
          const at = target === undefined ? {} : { target };
          throw answer.status === 503 ? new Failure('unavailable', at) : new Failure('unexpected-answer');
        },
      }));
    const specs = [made(), made(HOST)].map((one) => specOf(one, [me(200, { id: ID })]));
    const [silent, told] = await Promise.all(specs.map(caught));
    expect(silent).toContain(STRAY);
    expect(told).not.toContain(STRAY);
  });
});

describe('an adapter that takes a refusal of the leaked token for one of our own credential', () => {
  it.each([[401, 'credential-refused'] as const, [403, 'permission-missing'] as const])(
    'is caught: %s',
    async (status, code) => {
      const made = (scope: 'lane' | 'entry') =>
        definitionOf({}, (upstream) => ({
          async revoke(token, step) {
            const answer = await ask(upstream, token, step.signal, [200, status]);
            if (answer.status === status) throw new Failure(code, { scope });
            return unknownAt([HOST]);
          },
        }));
      const [lane, entry] = await Promise.all(
        (['lane', 'entry'] as const).map((scope) => caught(specOf(made(scope), [me(200, { id: ID })]))),
      );
      const name = 'takes no refusal of the leaked token for one of our own credential';
      expect(lane).toContain(name);
      expect(entry).not.toContain(name);
    },
  );
});

describe('an adapter that judges its revocation more lightly than its look', () => {
  const deleted: Exchange = {
    ...me(204, undefined),
    expect: { ...me(204, undefined).expect, method: 'DELETE' },
  };
  const KEPT_OUT = refused('manual', 'It may be kept out for a time: see by hand.');

  const made = (atRevocation: () => RevokeResult) =>
    definitionOf({ possession: 'by-value' }, (upstream) => ({
      async revoke(token, step) {
        const { signal } = step;
        const wasSeen = step.seenAlive.includes(HOST);
        const { status } = await ask(upstream, token, signal);
        if (status === 401) return wasSeen ? KEPT_OUT : unknownAt([HOST]);
        step.sawAlive(HOST);
        const headers = { authorization: bearer(token) };
        const request = { method: 'DELETE', path: '/me', headers, statuses: [204, 401], signal } as const;
        return (await upstream.request(request)).status === 204 ? revoked() : atRevocation();
      },
      async verify(token, { signal }) {
        return (await ask(upstream, token, signal)).status === 401 ? 'dead' : 'alive';
      },
    }));

  it.each([
    ['by its own word', goneSinceSeen()],
    ['by the verification that follows', revoked()],
  ])('is caught: it calls the token dead %s', async (_how, result) => {
    const script = [me(200, { id: ID }), deleted, me(401, REFUSED)];
    const specs = [result, KEPT_OUT].map((said) =>
      specOf(
        made(() => said),
        script,
      ),
    );
    const [careless = [], alike] = await Promise.all(specs.map(caught));
    const name = 'takes no answer to the revocation for a death that would be none at a look';
    expect(careless).toContain(name);
    expect(alike).not.toContain(name);
  });
});

describe('an adapter whose check of our credential would change something', () => {
  it('is caught', async () => {
    const liar = definitionOf({}, (upstream) => ({
      revoke: async () => unknownAt([HOST]),
      async check(signal) {
        const advice = await remove(upstream, 'none', signal).then(
          () => '',
          (error: Error) => error.message,
        );
        return [{ name: 'credential', ok: advice === '', advice }];
      },
    }));
    expect(await caught(specOf(liar, []))).toContain('changes nothing when it checks our own credential');
  });
});

describe('a call that shows what a secret made, and not the secret', () => {
  const SESSION = 'session-of-the-leaked-one';
  const exchanged: Exchange = {
    expect: { method: 'POST', path: '/api.example.com/token', form: { secret: TOKEN } },
    answer: { status: 200, json: { access_token: SESSION } },
  };
  const deleted = (authorization: string): Exchange => ({
    expect: { method: 'DELETE', path: '/api.example.com/me', headers: { authorization } },
    answer: { status: 204 },
  });

  const made = (authorization: string, saysSo: boolean) =>
    definitionOf({}, (upstream) => ({
      async revoke(token, step) {
        const { signal } = step;
        const form = { secret: token };
        const grant = { method: 'POST', path: '/token', form, statuses: [200], readOnly: true } as const;
        await upstream.request({ ...grant, signal });
        step.sawAlive(HOST);
        step.prove('signs-in');
        const headers = { authorization: new Secret(authorization) };
        const request = { method: 'DELETE', path: '/me', headers, statuses: [204], signal } as const;
        await upstream.request({ ...request, ...(saysSo && { byRightOf: token }) });
        return revoked();
      },
    }));
  const SAYS =
    'says by whose right each call is made that shows something made of a secret, and not the secret';

  it.each([
    ['an access token', `Bearer ${SESSION}`],
    ['a signature', 'AWS4-HMAC-SHA256 Credential=k1d2k3d4/20260101, Signature=0123'],
  ])('is caught when it does not say by whose right: %s', async (_what, authorization) => {
    const specs = [false, true].map((saysSo) =>
      specOf(made(authorization, saysSo), [exchanged, deleted(authorization)]),
    );
    const [silent = [], told] = await Promise.all(specs.map(caught));
    expect(silent).toContain(SAYS);
    expect(told).not.toContain(SAYS);
  });
});
