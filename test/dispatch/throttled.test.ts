/** Whoever keeps the limit of his own token used up, and commits it, stops nobody else's revocation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { Failure } from '../../src/provider/failure.ts';
import { guarded } from '../../src/provider/possession.ts';
import { bearer, type Upstream, type UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { type DispatchWorld, dispatchWorld } from '../support/dispatch-world.ts';
import { eventually } from '../support/eventually.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, type FakeProvider, fakeRegistry } from '../support/fake-provider.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const OURS = new Secret('our-own-credential');

type Credential = Pick<UpstreamRequest, 'path' | 'query' | 'headers' | 'form' | 'byRightOf'>;

let world: DispatchWorld;
let ledger: Ledger;
let vault: Vault;
let clock: FakeClock;
let dispatcher: Dispatcher;
let fake: FakeProvider;

beforeEach(() => {
  world = dispatchWorld();
  ({ ledger, vault, clock, dispatcher, fake } = world);
});

afterEach(() => world.end());

/**
 * A vendor that asks for an hour's rest.
 * @param isThrottled of which tokens
 * @param credentialOf how a call about the token is made
 */
function throttle(
  isThrottled: (token: string) => boolean,
  credentialOf: (token: Secret) => Credential,
): void {
  fake.revoke = async (text, { signal }) => {
    const token = new Secret(text);
    const bare: Upstream = {
      base: 'https://api.example.com',
      async request() {
        if (isThrottled(text)) throw new Failure('throttled', { retryAfterMs: HOUR });
        return {
          status: 200,
          text: '',
          header: () => undefined,
          json: () => expect.unreachable(),
          maybeJson: () => undefined,
        };
      },
    };
    await guarded(bare).request({ method: 'GET', statuses: [200], signal, ...credentialOf(token) });
    return { outcome: 'revoked', proven: true };
  };
}

function start(): void {
  const settings = { readContext: async () => undefined, leaseMs: 120 * SECOND, retentionDays: 90 };
  dispatcher.start(fakeRegistry([fake]), settings);
}

async function report(token: string): Promise<string> {
  const secret = new Secret(token);
  const id = vault.fingerprint('fake', secret);
  const sealed = vault.sealMaterial(id, { token: secret, parts: {} });
  const one = {
    ...{ id, sealed, provider: 'fake', kind: 'token', type: FAKE_TYPE, location: 'https://git.test/a' },
    ...{ readable: true, restarts: [] },
    initial: { state: 'queued' },
  } as const;
  await ledger.accept([one], { now: clock.now(), backlog: 1_000 });
  return id;
}

const inHeader = (token: Secret): Credential => ({
  path: '/self',
  headers: { authorization: bearer(token) },
});

const BY_RIGHT_OF_THE_TOKEN: Readonly<Record<string, (token: Secret) => Credential>> = {
  'a header': inHeader,
  'the path alone': (token) => ({ path: `/hooks/${token.reveal()}` }),
  'the query alone': (token) => ({ path: '/self', query: { access_token: token } }),
  'a form alone': (token) => ({ path: '/token', form: { grant_type: 'refresh_token', token } }),
  'a signature': (token) => ({
    path: '/self',
    headers: { authorization: new Secret('HMAC 0123456789') },
    byRightOf: token,
  }),
};

describe('a limit that a call meets', () => {
  it.each(Object.entries(BY_RIGHT_OF_THE_TOKEN))(
    'by right of the leaked token, shown by %s, holds up that token alone',
    async (_shown, credentialOf) => {
      throttle((token) => token === 'fake-his', credentialOf);
      const his = await report('fake-his');
      start();
      await eventually(() => expect(fake.calls).toHaveLength(1));
      const real = await report('fake-real');

      await clock.advance(2 * SECOND);

      await eventually(async () => expect(await ledger.get(real)).toMatchObject({ state: 'done' }));
      await clock.advance(HOUR - 10 * SECOND);
      expect(fake.calls).toEqual(['revoke fake-his', 'revoke fake-real']);
      await clock.advance(20 * SECOND);
      await eventually(() => expect(fake.calls).toHaveLength(3));
      expect(await ledger.get(his)).toMatchObject({ state: 'queued', attempts: 0 });
    },
  );

  it('with every token is tried with one a minute, and costs none of them an attempt', async () => {
    throttle(() => true, inHeader);
    const ids = [];
    for (let n = 0; n < 100; n++) ids.push(await report(`fake-${n}`));
    start();
    await clock.advance(0);
    const first = fake.calls.length;

    for (let minute = 0; minute < 50; minute++) await clock.advance(60 * SECOND);

    expect(fake.calls.length - first).toBeGreaterThan(40);
    expect(fake.calls.length - first).toBeLessThan(60);
    for (const id of ids) expect(await ledger.get(id)).toMatchObject({ state: 'queued', attempts: 0 });
  });

  it('by right of our own credential holds up the lane for as long as was asked', async () => {
    throttle(
      () => fake.calls.length === 1,
      (token) => ({ path: `/tokens/${token.reveal()}`, headers: { authorization: bearer(OURS) } }),
    );
    await report('fake-his');
    start();
    await eventually(() => expect(fake.calls).toHaveLength(1));
    const real = await report('fake-real');

    await clock.advance(HOUR - 10 * SECOND);

    expect(fake.calls).toHaveLength(1);
    await clock.advance(20 * SECOND);
    await eventually(async () => expect(await ledger.get(real)).toMatchObject({ state: 'done' }));
  });
});
