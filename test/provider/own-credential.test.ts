/** What Quash itself works with is ended by a person, whichever kind its adapter would take it for. */
import { expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { sparingOwn } from '../../src/provider/own-credential.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../support/a-step.ts';
import { noTools } from '../support/fake-provider.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const OURS = new Secret('ours');
const OWN = { outcome: 'refused', reason: 'own-credential' };
const SETTINGS = { accounts: [{ name: 'a', token: OURS }] };
const STEP = aStep({ kind: 'token' });

it('is spared in a revocation and in a look, others are not, and the operator hears of it', async () => {
  const told: string[] = [];
  const provider = sparingOwn(
    {
      kinds: [],
      revoke: async () => ({ outcome: 'revoked', proven: true }),
      look: async () => ({ outcome: 'alive' }),
    },
    SETTINGS,
    { info: () => expect.unreachable(), warn: (event) => told.push(event) },
  );

  expect(await provider.revoke(new Secret('ours'), STEP)).toMatchObject(OWN);
  expect(await provider.look?.(new Secret('ours'), STEP)).toMatchObject(OWN);
  expect(await provider.revoke(new Secret('theirs'), STEP)).toMatchObject({ outcome: 'revoked' });
  expect(await provider.look?.(new Secret('theirs'), STEP)).toMatchObject({ outcome: 'alive' });
  expect(told).toEqual(['own-credential-leaked', 'own-credential-leaked']);
});

it('goes into no batch, and the others keep their order', async () => {
  const sent: string[] = [];
  const provider = sparingOwn(
    {
      kinds: [],
      revoke: () => expect.unreachable(),
      batch: {
        size: 3,
        async revoke(items) {
          for (const { token } of items) sent.push(token.reveal());
          return items.map(({ token }) => ({ outcome: 'revoked', proven: token.reveal() === 'b' }));
        },
      },
    },
    SETTINGS,
    noTools().log,
  );
  const items = ['a', 'ours', 'b'].map((text) => ({ token: new Secret(text), step: STEP }));

  expect(await provider.batch?.revoke(items, new AbortController().signal)).toMatchObject([
    { outcome: 'revoked', proven: false },
    OWN,
    { outcome: 'revoked', proven: true },
  ]);
  expect(sent).toEqual(['a', 'b']);
});

it('is spared by every provider that the service creates', async () => {
  const token = new Secret(`cfut_${'k3y9'.repeat(10)}`);
  const config = {
    revocation: { mode: 'revoke', maxPerHour: 1 },
    providers: { cloudflare: { credentials: [{ token }] } },
    types: {},
  } as const;
  const cloudflare = definitions.filter(({ id }) => id === 'cloudflare');
  const tools = { ...noTools(), upstream: (base: string) => ({ base, request: () => expect.unreachable() }) };

  const registry = createRegistry(config, cloudflare, () => tools);

  expect(await registry.find('cloudflare')?.provider?.revoke(token, STEP)).toMatchObject(OWN);
});

it('is spared by a provider that does not work with it, too', async () => {
  const token = new Secret(['SG', 'k'.repeat(22), 's'.repeat(43)].join('.'));
  const config = {
    revocation: { mode: 'revoke', maxPerHour: 1 },
    providers: {},
    types: {},
    notify: [{ type: 'email', smtp: { password: token } }],
  } as const;
  const sendgrid = definitions.filter(({ id }) => id === 'sendgrid');
  const tools = { ...noTools(), upstream: (base: string) => ({ base, request: () => expect.unreachable() }) };

  const registry = createRegistry(config, sendgrid, () => tools);

  expect(await registry.find('sendgrid')?.provider?.revoke(token, STEP)).toMatchObject(OWN);
});

it.each([
  ['behind the name of its scheme', 'Bearer acme-ours'],
  ['in an address', 'https://quash:acme-ours@acme.example.com/hook'],
  ['in a file', '{\n  "key": "acme-ours"\n}'],
  ['in another spelling', 'ACME-Ours'],
])('is spared also where it is configured %s', async (_how, configured) => {
  const kind = {
    ...{ id: 'token', types: [], pattern: /(?<!\w)acme-[a-z]+/i, ...TRUSTED },
    effect: 'token',
    canonical: (token: string) => token.toLowerCase(),
  } as const;
  const provider = sparingOwn(
    { kinds: [kind], revoke: async () => ({ outcome: 'revoked', proven: true }) },
    { notify: [{ url: new Secret(configured) }] },
    noTools().log,
  );

  expect(await provider.revoke(new Secret('acme-ours'), STEP)).toMatchObject(OWN);
  expect(await provider.revoke(new Secret('acme-our'), STEP)).toMatchObject({ outcome: 'revoked' });
});
