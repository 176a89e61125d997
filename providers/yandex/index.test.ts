import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signedHeaders } from '../../src/provider/kit/s3-pair.ts';
import { ConfigFault } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  API_KEY,
  access,
  accounts,
  apiKey,
  apiKeyDeleted,
  apiRecord,
  apiRecordGone,
  COOKIE,
  cases,
  clouds,
  config,
  DECOY,
  decoyDenied,
  definition,
  done,
  everybodyLacksRole,
  expired,
  found,
  INVALID,
  KEY_ID,
  keysOf,
  letIn,
  letInWithoutRole,
  notLetIn,
  paired,
  probe,
  publicKey,
  revoke,
  STATIC_SECRET,
  s3,
  s3Error,
  staticKey,
  staticKeyEnds,
  staticKeyGone,
  staticRecord,
  stillLetIn,
  TOKEN,
  two,
} from './cases.ts';
import { yandex } from './index.ts';
import { parseKey, signJwt } from './operator.ts';

for (const spec of cases) describeProvider(spec);

async function end(
  token: string,
  exchanges: readonly Exchange[],
  options: Partial<StepOptions> = {},
  settings: typeof config = config,
) {
  const bench = await startBench(definition, () => settings, exchanges);
  onTestFinished(() => bench.close());
  const kind = bench.provider.kinds.find(({ pattern }) => pattern.test(token))?.id ?? 'none';
  const ended = await runStep(bench, new Secret(token), { kind, ...options });
  bench.verify();
  return ended;
}

it('leaves a session cookie to a person, whatever rule reports it', async () => {
  expect((await end(COOKIE, [])).result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it.each([
  [200, {}],
  [200, { clouds: [{ id: 'b1g' }], nextPageToken: 'next' }],
  [403, { code: 7, message: 'Permission denied' }],
])('takes a token that is answered %i for one that still works', async (status, json) => {
  await expect(end(TOKEN, [done, clouds(status, json)])).rejects.toMatchObject({ code: 'still-active' });
});

it('does not take any other 401 for the end of the token', async () => {
  const refusal = revoke(401, { code: 7, message: 'No.' });
  await expect(end(TOKEN, [refusal])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('does not call a token dead whose signature is not padded, as its end may be missing', async () => {
  const cut = TOKEN.slice(0, -1);
  const script = [revoke(401, INVALID), revoke(401, INVALID, '/iam.api.yandexcloud.kz')];
  const ofCut = script.map(({ expect: { headers: _, json: __, ...rest }, answer }) => ({
    expect: { ...rest, json: { iamToken: cut } },
    answer,
  }));
  expect((await end(cut, ofCut)).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('leaves an IAM token to its end that neither installation lets in, as there are others', async () => {
  const nowhere = [revoke(401, INVALID), revoke(401, INVALID, '/iam.api.yandexcloud.kz')];
  expect((await end(TOKEN, nowhere)).result).toMatchObject({ outcome: 'expires' });
});

it('revokes an IAM token of Kazakhstan there', async () => {
  const script = [
    revoke(401, INVALID),
    revoke(200, { subjectId: 'aje' }, '/iam.api.yandexcloud.kz'),
    clouds(401, INVALID, 'resource-manager.api.yandexcloud.kz'),
  ];
  expect(await end(TOKEN, script)).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
});

it('revokes an IAM token of Kazakhstan while the other installation is down', async () => {
  const down: Exchange = { ...done, answer: { status: 503 } };
  const kazakhstan = '/iam.api.yandexcloud.kz';
  const script = [
    down,
    revoke(200, { subjectId: 'aje' }, kazakhstan),
    clouds(401, INVALID, 'resource-manager.api.yandexcloud.kz'),
  ];
  expect(await end(TOKEN, script)).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  const nowhere = end(TOKEN, [down, revoke(401, INVALID, kazakhstan)]);
  await expect(nowhere).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

describe('an API key', () => {
  it('with the public ending of another one ends nobody, and has no list read', async () => {
    const { result } = await end(API_KEY, [notLetIn]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('that was dead and is reported again is looked for only when it is let in', async () => {
    const listed = [...found, keysOf('api', 'aje1', []), keysOf('api', 'aje2', [apiKey('ajeapi')])];
    for (const [liveness, exchanges] of [
      ['unknown', [notLetIn]],
      ['alive', [stillLetIn, ...listed, apiRecord]],
    ] as const) {
      const bench = await startBench(definition, () => config, exchanges);
      onTestFinished(() => bench.close());
      const token = new Secret(API_KEY);
      const step = stepOf(bench.provider, token, { kind: 'api-key' });
      expect(await bench.provider.verify?.(token, step)).toBe(liveness);
      bench.verify();
    }
  });

  it('is let in also without a role', async () => {
    const { result } = await end(API_KEY, [
      ...letInWithoutRole,
      ...found,
      keysOf('api', 'aje1', []),
      keysOf('api', 'aje2', []),
    ]);
    expect(result).toMatchObject({ reason: 'unknown-token', advice: expect.stringContaining('works') });
  });

  it('is neither let in nor refused by any other 401', async () => {
    const odd = probe(401, { code: 16, message: 'The key is restricted.' });
    await expect(end(API_KEY, [odd])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is left to a person when it has expired, as its end can be put off', async () => {
    const { result } = await end(API_KEY, [expired]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('is not shown by its expiry to have been deleted', async () => {
    const listed = [...found, keysOf('api', 'aje1', []), keysOf('api', 'aje2', [apiKey('ajeapi')])];
    const acts = [...letIn, ...listed, ...letIn, apiRecord, apiKeyDeleted, apiRecordGone];
    const { verified, liveness } = await end(API_KEY, [...acts, expired]);
    expect({ verified, liveness }).toEqual({ verified: false, liveness: 'unknown' });
  });

  it('is known to be dead when it was let in before', async () => {
    const notes: unknown[] = [];
    const gone = [
      ...letIn,
      ...found,
      keysOf('api', 'aje1', []),
      keysOf('api', 'aje2', [apiKey('ajeapi')]),
      notLetIn,
    ];
    expect(await end(API_KEY, gone, { notes })).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
  });

  describe('that is still let in', () => {
    const seen = [...letIn, ...found, keysOf('api', 'aje1', []), keysOf('api', 'aje2', [apiKey('ajeapi')])];

    it('is not dead because its record is gone', async () => {
      const ended = end(API_KEY, [...seen, ...letIn, apiRecordGone]);
      await expect(ended).rejects.toMatchObject({ code: 'still-active' });
    });

    it('is not dead because its record was deleted', async () => {
      const ended = end(API_KEY, [...seen, ...letIn, apiRecord, apiKeyDeleted, apiRecordGone, stillLetIn]);
      await expect(ended).rejects.toMatchObject({ code: 'still-active' });
    });
  });

  it('is not deleted when another one has the same ending, on whichever page', async () => {
    const { result } = await end(API_KEY, [
      ...letIn,
      ...found,
      keysOf('api', 'aje1', [apiKey('ajeapi')], { next: 'two' }),
      keysOf('api', 'aje1', [apiKey('ajetwin')], { page: 'two' }),
      keysOf('api', 'aje2', []),
    ]);
    expect(result).toMatchObject({
      reason: 'ambiguous',
      evidence: { candidates: [{ id: 'ajeapi' }, { id: 'ajetwin' }] },
    });
  });

  it('is not taken for the only one while its list has no end', async () => {
    const pages = Array.from({ length: 10 }, (_, index) =>
      keysOf('api', 'aje1', [apiKey(`aje${index}`)], {
        page: index ? `p${index}` : '',
        next: `p${index + 1}`,
      }),
    );
    expect((await end(API_KEY, [...letIn, ...found, ...pages])).result).toMatchObject({
      reason: 'needs-context',
    });
  });
});

it('takes no answer for a sign that an API key works which one of nobody gets as well', async () => {
  await expect(end(API_KEY, everybodyLacksRole)).rejects.toMatchObject({ code: 'unexpected-answer' });
});

describe('a static key', () => {
  it('goes to a person when no key id is near', async () => {
    const { result } = await end(STATIC_SECRET, [], { context: STATIC_SECRET });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('waits until our clock is right', async () => {
    const work = end(STATIC_SECRET, [s3Error('RequestTimeTooSkewed')], { context: KEY_ID });
    await expect(work).rejects.toMatchObject({ code: 'wrong-clock', scope: 'lane' });
  });

  it('of a folder that is not configured goes to a person, though it signs without a right', async () => {
    const script = [
      s3Error('AccessDenied'),
      s3Error('SignatureDoesNotMatch'),
      ...found,
      keysOf('static', 'aje1', []),
      keysOf('static', 'aje2', []),
    ];
    const { result } = await end(STATIC_SECRET, script, { context: KEY_ID });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  const inFolder = [...found, keysOf('static', 'aje1', []), keysOf('static', 'aje2', [staticKey])];
  const [, staticRecordGone] = staticKeyEnds;
  const seen = [paired, ...inFolder];

  it.each([
    ['its record is gone', [...seen, staticRecordGone, paired]],
    [
      'no folder lists it',
      [
        ...seen,
        staticRecord,
        paired,
        ...found.slice(1),
        keysOf('static', 'aje1', []),
        keysOf('static', 'aje2', []),
      ],
    ],
    [
      'its record was deleted',
      [...seen, staticRecord, paired, ...inFolder.slice(1), ...staticKeyEnds, paired],
    ],
  ])('that still signs is not dead because %s', async (_why, script) => {
    const ended = end(STATIC_SECRET, script, { context: KEY_ID });
    await expect(ended).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is looked for in the folders of the next account when those of one have too much to read', async () => {
    const crowd = accounts(Array.from({ length: 301 }, (_, index) => `aje${index}`));
    const there = [keysOf('static', 'aje1', []), keysOf('static', 'aje2', [staticKey])];
    const [, folder] = found;
    const again = [staticRecord, paired, folder, ...there];
    const first = [paired, access, crowd, paired, ...found, ...there];
    const script = [...first, ...again, ...staticKeyEnds, staticKeyGone];
    const { result } = await end(STATIC_SECRET, script, { context: KEY_ID }, two);
    expect(result).toMatchObject({ outcome: 'revoked' });
  });

  it('is found and ended by its own key id behind one of which nothing can be said', async () => {
    const again = [staticRecord, paired, ...inFolder.slice(1)];
    const script = [...decoyDenied, ...seen, ...again, ...staticKeyEnds, staticKeyGone];
    const ended = await end(STATIC_SECRET, script, { context: `${KEY_ID} ${DECOY} ${STATIC_SECRET}` });
    expect(ended).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('is dead by what an earlier version noted of it, which has no key id', async () => {
    const note = { account: 'ajeoperator', found: '/iam/aws-compatibility/v1/accessKeys/ajestatic' };
    const notes = [{ quash: 1, note, seenAlive: ['ajeoperator'] }];
    const script = [access, staticRecordGone, staticKeyGone];
    const ended = await end(STATIC_SECRET, script, { context: KEY_ID, notes });
    expect(ended).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  });

  it('is not deleted by a key id that its secret does not sign for', async () => {
    const { result } = await end(STATIC_SECRET, [s3Error('SignatureDoesNotMatch')], { context: KEY_ID });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it.each([
    [403, '<Error><Code>AccountProblem</Code></Error>'],
    [403, '<Error><Code>SignatureDoesNotMatch</Code><Message>The '],
    [200, '<html>welcome</html>'],
    [200, '<Error><Code>RequestTimeTooSkewed</Code></Error>'],
    [403, '<Error><Code>RequestTimeTooSkewed</Code><Message>The '],
  ])('is not proven by any other %i', async (status, text) => {
    const ended = end(STATIC_SECRET, [s3(status, text)], { context: KEY_ID });
    await expect(ended).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});

it('takes keys only with an operator', async () => {
  const bench = await startBench(yandex, () => ({}), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['iam-token', 'session-cookie']);
});

it('says so when the file of the operator is none', async () => {
  const bad = { accounts: [{ key: '{"id":"a"}', folderIds: ['b1g'] }] };
  await expect(startBench(yandex, () => bad, [])).rejects.toThrow(ConfigFault);
});

it('gets a new IAM token where its time is over by the clock of Yandex Cloud, whatever ours says', async () => {
  const headers = { date: 'Thu, 01 Jan 2026 11:58:58 GMT' };
  const dated = { ...access, answer: { ...access.answer, headers } };
  const each = [stillLetIn, dated, ...found.slice(1), keysOf('api', 'aje1', []), keysOf('api', 'aje2', [])];
  const bench = await startBench(definition, () => config, [...each, ...each]);
  onTestFinished(() => bench.close());
  const token = new Secret(API_KEY);

  await bench.provider.verify?.(token, stepOf(bench.provider, token, { kind: 'api-key' }));
  bench.clock.jump(3_000);
  await bench.provider.verify?.(token, stepOf(bench.provider, token, { kind: 'api-key' }));

  bench.verify();
});

it('says so where our clock, by which it signs in, is another than that of Yandex Cloud', async () => {
  const headers = { date: 'Wed, 31 Dec 2025 23:00:00 GMT' };
  const refusal = { ...access, answer: { status: 401, json: INVALID, headers } };
  await expect(end(API_KEY, [...letIn, refusal])).rejects.toMatchObject({ code: 'wrong-clock' });
});

it('signs in with a JWT as documented', async () => {
  const key = parseKey(new Secret(config.accounts[0]?.key ?? ''));
  const jwt = key && (await signJwt(key, 0));
  const { payload, protectedHeader } = await jwtVerify(jwt ?? '', createPublicKey(publicKey), {
    currentDate: new Date(0),
  });
  expect(protectedHeader).toEqual({ alg: 'PS256', typ: 'JWT', kid: 'ajekey' });
  expect(payload).toEqual({
    iss: 'ajeoperator',
    aud: 'https://iam.api.cloud.yandex.net/iam/v1/tokens',
    iat: 0,
    exp: 300,
  });
});

it('signs for Object Storage as the library of AWS does', async () => {
  class Sha256 {
    readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer };
    constructor(key?: unknown) {
      this.#hash =
        key === undefined ? createHash('sha256') : createHmac('sha256', key as string | Uint8Array);
    }
    update(data: Uint8Array): void {
      this.#hash.update(data);
    }
    async digest(): Promise<Uint8Array> {
      return this.#hash.digest();
    }
    reset(): void {}
  }
  const host = 'storage.yandexcloud.net';
  const credentials = { accessKeyId: KEY_ID, secretAccessKey: STATIC_SECRET };
  const signer = new SignatureV4({ service: 's3', region: 'ru-central1', credentials, sha256: Sha256 });
  const request = { method: 'GET', protocol: 'https:', hostname: host, path: '/', headers: { host } };
  const { headers } = await signer.sign(request, { signingDate: new Date(0) });
  const { authorization } = signedHeaders(
    { host, region: 'ru-central1' },
    KEY_ID,
    new Secret(STATIC_SECRET),
    0,
  );
  expect(authorization instanceof Secret && authorization.reveal()).toBe(headers.authorization);
});
