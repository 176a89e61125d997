import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type EndedStep,
  runStep,
  type StepOptions,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  API_KEY,
  API_NAME,
  apiCall,
  apiRecord,
  cases,
  DEAD,
  DELETED,
  denied,
  disabled,
  disabledRecord,
  FRAGMENT,
  keyString,
  LEAKED,
  minted,
  NO_ACCOUNT,
  notEnabled,
  OURS,
  PARENT,
  record,
  type TestKey,
  twice,
} from './cases.ts';
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

/** The same key, uploaded to another account. */
const OTHER: TestKey = {
  ...LEAKED,
  email: `other-${LEAKED.email}`,
  file: LEAKED.file.replace(LEAKED.email, `other-${LEAKED.email}`),
};

describe('a private key', () => {
  it('needs the file that it is from', async () => {
    const refusal = { outcome: 'refused', reason: 'needs-context' };
    expect((await end([], { context: '' })).result).toMatchObject(refusal);
    expect((await end([], { context: OURS.file })).result).toMatchObject(refusal);
  });

  it('is found in its file with its line breaks written out', async () => {
    const script = [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    expect(await end(script, { token: LEAKED.pem })).toMatchObject({ verified: true });
  });

  it('disables itself although our credential is refused', async () => {
    const ours = minted(OURS, DEAD);
    const script = [minted(LEAKED), ours, record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    expect(await end(script, { config: operator })).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('whose limit is used up holds up no other one', async () => {
    const limited = { ...minted(LEAKED), answer: { status: 429, headers: { 'retry-after': '3600' } } };
    await expect(end([limited])).rejects.toMatchObject({ code: 'throttled', byLeaked: true });
    const shown = record(LEAKED, 200, disabledRecord());
    const verified = end([minted(LEAKED), shown, limited]);
    await expect(verified).rejects.toMatchObject({ code: 'throttled', byLeaked: true });
    const ours = { ...minted(OURS), answer: limited.answer };
    const lookup = { config: { ...operator, apiKeys: true }, token: API_KEY, kind: 'api-key' };
    await expect(end([ours], lookup)).rejects.toMatchObject({ code: 'throttled', byLeaked: false });
  });

  it('goes to a person who may turn on the API that our project lacks', async () => {
    const asked = [minted(OURS), record(OURS, 403, notEnabled)];
    const lacks = {
      outcome: 'refused',
      reason: 'not-permitted',
      advice: expect.stringContaining('turned on in the project'),
    };
    const alive = [minted(LEAKED), ...asked, record(LEAKED, 403, denied)];
    expect((await end(alive, { config: operator })).result).toMatchObject(lacks);
    expect((await end([minted(LEAKED, DEAD), ...asked], { config: operator })).result).toMatchObject(lacks);
    const apiKeys = { config: { ...operator, apiKeys: true }, token: API_KEY, kind: 'api-key' };
    const lookup = apiCall('GET', `keys:lookupKey?keyString=${API_KEY}`, 403, notEnabled);
    expect((await end([minted(OURS), lookup], apiKeys)).result).toMatchObject(lacks);
  });

  it('is found where its file stands at several places', async () => {
    const script = [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    expect(await end(script, { context: `${LEAKED.file}\n${LEAKED.file}` })).toMatchObject({
      verified: true,
    });
    const other = [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    expect(await end(other, { context: `${LEAKED.file}\n${LEAKED.essence}` })).toMatchObject({
      verified: true,
    });
  });

  it('is found where somebody wrote another address beside a copy', async () => {
    const email = 'nobody@some-project.iam.gserviceaccount.com';
    const decoy = { ...LEAKED, email };
    const copy = LEAKED.file.replace(LEAKED.email, email);
    const script = [
      ...[minted(decoy, NO_ACCOUNT), minted(LEAKED), record(LEAKED), disabled(LEAKED)],
      ...[minted(decoy, DEAD), minted(LEAKED, DEAD)],
    ];
    const ended = await end(script, { context: `${copy}\n${LEAKED.file}` });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('is found where somebody wrote it beside another private key, under the same address and id', async () => {
    const script = [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    const { private_key_id, client_email } = JSON.parse(LEAKED.file);
    const forged = { private_key_id, client_email, private_key: OURS.pem, comment: LEAKED.pem };
    const decoy = JSON.stringify(forged);
    for (const context of [`${decoy}\n${LEAKED.file}`, `${LEAKED.file}\n${decoy}`]) {
      const ended = await end(script, { context });
      expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    }
    expect((await end([], { context: decoy })).result).toMatchObject({ reason: 'needs-context' });
  });

  it('is not dead by what Google says of another address beside it', async () => {
    const email = 'nobody@some-project.iam.gserviceaccount.com';
    const copy = LEAKED.file.replace(LEAKED.email, email);
    const script = twice((seconds) => [
      ...[minted({ ...LEAKED, email }, DEAD, seconds), minted(LEAKED, NO_ACCOUNT, seconds)],
    ]);
    const { result } = await end(script, { context: `${copy}\n${LEAKED.file}` });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is disabled though somebody uploaded it to an account of his own, and wrote that beside a copy', async () => {
    const email = 'thief@other-project.iam.gserviceaccount.com';
    const decoy = { ...LEAKED, email };
    const json = { access_token: 'access-token-of-a-thief' };
    const lives = { ...minted(decoy), answer: { status: 200, json } };
    const path = `/iam.googleapis.com/v1/projects/-/serviceAccounts/${email}/keys/${LEAKED.keyId}`;
    const query = '?publicKeyType=TYPE_X509_PEM_FILE';
    const hidden = {
      expect: {
        method: 'GET',
        path: path + query,
        headers: { authorization: `Bearer ${json.access_token}` },
      },
      answer: { status: 403, json: denied },
    };
    const script = [
      lives,
      hidden,
      minted(LEAKED),
      record(LEAKED),
      disabled(LEAKED),
      lives,
      minted(LEAKED, DEAD),
    ];
    const copy = LEAKED.file.replace(LEAKED.email, email);
    // All but for the last call, as it works at the other account still.
    const ended = end(script, { context: `${copy}\n${LEAKED.file}` });
    await expect(ended).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is found where somebody wrote another universe beside a copy, which is asked about nowhere', async () => {
    const elsewhere = LEAKED.file.replace('{', '{"universe_domain": "s3nsapis.example",');
    const script = [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)];
    const ended = await end(script, { context: `${LEAKED.file}\n${elsewhere}` });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('is not dead by the record of another account while it is not known at its own', async () => {
    const email = 'thief@some-project.iam.gserviceaccount.com';
    const decoy = { ...LEAKED, email };
    const path = `/iam.googleapis.com/v1/projects/-/serviceAccounts/${email}/keys/${LEAKED.keyId}`;
    const of = record(OURS, 200, disabledRecord());
    const ofDecoy = { ...of, expect: { ...of.expect, path: `${path}?publicKeyType=TYPE_X509_PEM_FILE` } };
    const script = twice((seconds) => [
      ...[minted(decoy, DEAD, seconds), minted(OURS, undefined, seconds), ofDecoy],
      ...[minted(LEAKED, NO_ACCOUNT, seconds), minted(OURS, undefined, seconds), record(OURS, 403, denied)],
    ]);
    const copy = LEAKED.file.replace(LEAKED.email, email);
    const { result } = await end(script, {
      context: `${copy}\n${LEAKED.file}`,
      config: operator,
    });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('says nothing of other keys where the operator disables it', async () => {
    const script = [minted(LEAKED), minted(OURS), record(OURS), disabled(OURS), minted(LEAKED, DEAD)];
    const { result } = await end(script, { config: operator });
    expect(result).toMatchObject({ outcome: 'revoked' });
    expect(result).not.toHaveProperty('evidence.mayHaveOtherKeys');
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
      result: { outcome: 'revoked', evidence: { mayHaveOtherKeys: expect.any(String) } },
      verified: true,
    });
  });

  it('that Google shows as disabled is dead when it works no longer', async () => {
    const shown = record(LEAKED, 200, disabledRecord());
    const still = end([minted(LEAKED), shown, minted(LEAKED)]);
    await expect(still).rejects.toMatchObject({ code: 'still-active' });
    const gone = await end([minted(LEAKED), shown, minted(LEAKED, DEAD)]);
    expect(gone).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it.each([
    ['a signature that is refused', DEAD],
    ['an account that is not found', NO_ACCOUNT],
  ])('is not dead by %s: address and id beside it are anybody’s text', async (_name, error) => {
    const { result } = await end(twice((seconds) => [minted(LEAKED, error, seconds)]));
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect('advice' in result && result.advice).not.toMatch(/dismiss/);
  });

  describe('that was seen to work', () => {
    const place = `https://oauth2.googleapis.com about key ${LEAKED.keyId} of ${LEAKED.email}`;
    const notes = () => [{ quash: 1, seenAlive: [place] }];

    it.each([
      [
        'while the account of another one is disabled',
        `${LEAKED.file}\n${OTHER.file}`,
        [minted(OTHER, NO_ACCOUNT)],
      ],
      ['while another one does not stand beside it any more', LEAKED.file, []],
    ])('by two addresses is not dead %s', async (_when, context, others) => {
      const bench = await startBench(gcp, () => ({}), [minted(LEAKED, DEAD), ...others]);
      onTestFinished(() => bench.close());
      const token = new Secret(FRAGMENT);
      const seenAlive = [place, place.replace(LEAKED.email, OTHER.email)];
      const options = { kind: 'service-account-key', context, notes: [{ quash: 1, seenAlive }] };
      const step = stepOf(bench.provider, token, options);
      expect(await bench.provider.verify?.(token, step)).toBe('unknown');
      bench.verify();
    });

    it('by an address that does not stand beside it any more is not dead by the record of another', async () => {
      const shown = record(OURS, 200, disabledRecord());
      const path = shown.expect.path.replace(LEAKED.email, OTHER.email);
      const ofOther = { ...shown, expect: { ...shown.expect, path } };
      const script = [minted(OTHER, DEAD), minted(OURS), ofOther];
      const seenByOther = [{ quash: 1, seenAlive: [place.replace(LEAKED.email, OTHER.email)] }];
      const options = { context: OTHER.file, config: operator };
      const { result } = await end(script, { ...options, notes: notes() });
      expect(result).toMatchObject({ outcome: 'refused', evidence: { workedAt: place } });
      const dead = await end(script, { ...options, notes: seenByOther });
      expect(dead.result).toMatchObject({ outcome: 'already-inactive' });
    });

    it('is dead once Google refuses its signature', async () => {
      const kept: unknown[] = [];
      const alive = await end([minted(LEAKED), record(LEAKED, 403, denied)], { notes: kept });
      expect(alive.result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
      const dead = await end(
        twice((seconds) => [minted(LEAKED, DEAD, seconds)]),
        { notes: kept },
      );
      expect(dead).toMatchObject({ result: { outcome: 'already-inactive', evidence: { asked: place } } });
      expect(dead.verified).toBe(true);
    });

    it('is not dead by one server of Google that does not know it yet, soon after a call that failed', async () => {
      const kept: unknown[] = [];
      const away = { ...record(LEAKED), answer: { status: 503 } };
      const failed = end([minted(LEAKED), away], { notes: kept });
      await expect(failed).rejects.toMatchObject({ code: 'unavailable' });
      const known = [record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD, 120)];
      const script = [minted(LEAKED, DEAD), minted(LEAKED, undefined, 120), ...known];
      expect(await end(script, { notes: kept })).toMatchObject({
        result: { outcome: 'revoked' },
        verified: true,
      });
    });

    it('is not dead while its account is not found, which it is not while it is disabled', async () => {
      const script = twice((seconds) => [minted(LEAKED, NO_ACCOUNT, seconds)]);
      const { result } = await end(script, { notes: notes() });
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    });

    it.each([
      ['address', { ...LEAKED, email: `other-${LEAKED.email}` }],
      ['id', { ...LEAKED, keyId: '1'.repeat(40) }],
    ])('is not dead because Google refuses it by another %s', async (_what, other) => {
      const file = LEAKED.file.replace(LEAKED.email, other.email).replace(LEAKED.keyId, other.keyId);
      const options = { notes: notes(), context: file };
      const { result } = await end(
        twice((seconds) => [minted(other, DEAD, seconds)]),
        options,
      );
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });

      const bench = await startBench(gcp, () => ({}), [minted(other, DEAD)]);
      onTestFinished(() => bench.close());
      const { provider } = bench;
      const token = new Secret(FRAGMENT);
      const step = stepOf(provider, token, { kind: 'service-account-key', ...options });
      expect(await provider.verify?.(token, step)).toBe('unknown');
    });
  });

  it('is disabled while its account is, since that passes', async () => {
    const script = [
      minted(LEAKED, NO_ACCOUNT),
      minted(OURS),
      record(OURS),
      disabled(OURS),
      minted(LEAKED, DEAD),
    ];
    expect(await end(script, { config: operator })).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('is not dead because the record of its alleged id is disabled, which is another key’s', async () => {
    const publicKeyData = Buffer.from(OURS.certificate).toString('base64');
    const other = record(OURS, 200, { name: 'k', publicKeyData, disabled: true });
    const script = twice((seconds) => [
      ...[minted(LEAKED, DEAD, seconds), minted(OURS, undefined, seconds), other],
    ]);
    const { result } = await end(script, { config: operator });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is not disabled by a file that has the public numbers of the certificate and no secret ones', async () => {
    const modulus = ({ pem: text }: TestKey) =>
      Buffer.from(createPublicKey(text).export({ format: 'jwk' }).n ?? '', 'base64url');
    const der = createPrivateKey(OURS.pem).export({ format: 'der', type: 'pkcs8' });
    modulus(LEAKED).copy(der, der.indexOf(modulus(OURS)));
    const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trim();
    const pem = `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
    expect(createPublicKey(pem).equals(createPublicKey(LEAKED.certificate))).toBe(true);
    const file = JSON.stringify({ ...JSON.parse(LEAKED.file), private_key: pem });
    const { result } = await end([], { config: operator, token: file, kind: 'service-account-file' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('of another universe is asked about nowhere', async () => {
    const file = LEAKED.file.replace('{', '{"universe_domain": "s3nsapis.example",');
    const { result } = await end([], { token: file, kind: 'service-account-file' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('is not disabled when its id is that of another key', async () => {
    const publicKeyData = Buffer.from(OURS.certificate).toString('base64');
    const { result } = await end([minted(LEAKED), record(LEAKED, 200, { name: 'k', publicKeyData })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  });

  it.each([
    ['Google does not know its keys', 'invalid_grant', 'Invalid JWT: No valid verifier found for issuer.'],
    ['Google fails', 'internal_failure', 'Backend Error'],
    ['Google fails, and says so in other words', 'invalid_request', 'internal_failure'],
  ])('is tried again while %s', async (_, ...refusal) => {
    await expect(end([minted(LEAKED, refusal)])).rejects.toMatchObject({ code: 'suspended' });
  });

  it.each([
    ['key', DEAD],
    ['account', NO_ACCOUNT],
  ])('is disabled although Google did not know its %s yet, which was made a moment ago', async (_, error) => {
    const known = [minted(LEAKED, undefined, 120), record(LEAKED), disabled(LEAKED)];
    const ended = await end([minted(LEAKED, error), ...known, minted(LEAKED, DEAD, 120)]);
    expect(ended).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('is not given up as new where somebody wrote another universe beside a copy', async () => {
    const elsewhere = LEAKED.file.replace('{', '{"universe_domain": "s3nsapis.example",');
    const known = [minted(LEAKED, undefined, 120), record(LEAKED), disabled(LEAKED)];
    const script = [minted(LEAKED, DEAD), ...known, minted(LEAKED, DEAD, 120)];
    const ended = await end(script, { context: `${elsewhere}\n${LEAKED.file}` });
    expect(ended.result).toMatchObject({ outcome: 'revoked' });
  });

  it('waits with all others until our clock is right, and the operator is told', async () => {
    const late = 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';
    const wrong = { code: 'wrong-clock', scope: 'lane' };
    await expect(end([minted(LEAKED, ['invalid_grant', late])])).rejects.toMatchObject(wrong);
    const both = [minted(LEAKED, ['invalid_grant', late]), minted(OURS, ['invalid_grant', late])];
    await expect(end(both, { config: operator })).rejects.toMatchObject(wrong);
  });

  it('is not known to be dead while our clock is wrong', async () => {
    const late = 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';
    const took = [minted(LEAKED), record(LEAKED), disabled(LEAKED)];
    const ended = await end([...took, minted(LEAKED, ['invalid_grant', late])]);
    expect(ended).toMatchObject({ verified: false, liveness: 'unknown' });
  });

  it('of our own is left alone', async () => {
    const options = { config: operator, token: OURS.file, kind: 'service-account-file' };
    expect((await end([], options)).result).toMatchObject({ reason: 'own-credential' });
  });
});

it('does not take an API key for dead while its deletion may still spread', async () => {
  const found = apiCall('GET', `keys:lookupKey?keyString=${API_KEY}`, 200, {
    parent: PARENT,
    name: API_NAME,
  });
  const deletion = apiCall('DELETE', API_NAME, 200, { name: 'operations/akmf.p7-1234', done: false });
  const looked = [minted(OURS), found];
  const justNow = '2025-12-31T23:59:59Z';
  const options = { config: { ...operator, apiKeys: true }, token: API_KEY, kind: 'api-key' };
  const fresh = await end(
    [...looked, apiRecord(), keyString(API_KEY), deletion, ...looked, apiRecord(justNow)],
    options,
  );
  expect(fresh).toMatchObject({ verified: false, liveness: 'unknown' });
  const later = await end([...looked, apiRecord(justNow), ...looked, apiRecord(DELETED)], options);
  expect(later).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
});

it.each([
  ['Thu, 01 Jan 2026 00:04:58 GMT', 'revoked'],
  ['Thu, 01 Jan 2026 00:04:59 GMT', 'already-inactive'],
])(
  'goes by the clock of Google for how long the deletion of an API key may spread: %s',
  async (date, outcome) => {
    const found = apiCall('GET', `keys:lookupKey?keyString=${API_KEY}`, 200, {
      parent: PARENT,
      name: API_NAME,
    });
    const { expect: call, answer } = apiRecord('2025-12-31T23:59:59Z');
    const record = { expect: call, answer: { ...answer, headers: { date } } };
    const options = { config: { ...operator, apiKeys: true }, token: API_KEY, kind: 'api-key' };
    const looked = [minted(OURS), found, record];
    const script = outcome === 'revoked' ? [...looked, ...looked] : looked;
    expect((await end(script, options)).result).toMatchObject({ outcome });
  },
);

it.each([
  ['wrong-record', keyString(['AI', 'za'].join('') + 'n3w-k'.repeat(7))],
  ['not-permitted', apiCall('GET', `${API_NAME}/keyString`, 403, denied)],
])('deletes no API key that has another string by now, or hides it: %s', async (reason, exchange) => {
  const found = apiCall('GET', `keys:lookupKey?keyString=${API_KEY}`, 200, {
    parent: PARENT,
    name: API_NAME,
  });
  const options = { config: { ...operator, apiKeys: true }, token: API_KEY, kind: 'api-key' };
  const { result } = await end([minted(OURS), found, apiRecord(), exchange], options);
  expect(result).toMatchObject({ outcome: 'refused', reason });
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
});

it('does not take the line that all key files share for a token', () => {
  const { kinds } = gcp.create(gcp.config.parse({}), {
    upstream: () => ({ base: 'https://example.com', request: () => expect.unreachable() }),
    clock: { now: () => 0, sleep: async () => {} },
    log: { info() {}, warn() {} },
  });
  expect(kinds.some(({ pattern }) => pattern.test('"type": "service_account"'))).toBe(false);
});
