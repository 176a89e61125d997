import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parse } from '../../src/config/faults.ts';
import { parseAddress } from '../../src/custom/address.ts';
import { customDefinitions } from '../../src/custom/definition.ts';
import { customEntry } from '../../src/custom/schema.ts';
import { fits, jsonTemplate, Template, valuesOfToken } from '../../src/custom/template.ts';
import { look } from '../../src/dispatch/attempt.ts';
import { Failure } from '../../src/provider/failure.ts';
import { patternFault } from '../../src/provider/kit/pattern.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  findLeaks,
  type ProviderSpec,
  runStep,
  startBench,
  stepOf,
} from '../contract/provider-suite.ts';
import { ACME_KEY_ID, ACME_TOKEN, customExample, WIDGETS_TOKEN } from '../support/custom-examples.ts';
import type { Exchange, PlainAnswer } from '../support/scripted-upstream.ts';

type Raw = Record<string, unknown>;

const ADMIN = 'admin-credential-of-the-tests';

/** The README's example, with its secret as it is after its file was read. */
function example(id: string): Raw {
  const entry: Raw = parseYaml(customExample(id)).custom[id];
  const { secrets, ...others } = entry;
  return secrets ? { ...others, secrets: { adminToken: ADMIN } } : others;
}

function definitionOf(id: string, entry: Raw) {
  const [definition] = customDefinitions({ [id]: customEntry.parse(entry) });
  if (!definition) throw new Error('There is no definition.');
  return definition;
}

function acmeSpec(): ProviderSpec<unknown> {
  const authorization = `Bearer ${ADMIN}`;
  const lookUp = (answer: PlainAnswer): Exchange => ({
    expect: {
      method: 'GET',
      path: `/api.acme.example/v1/keys?prefix=${ACME_KEY_ID}`,
      headers: { authorization },
    },
    answer,
  });
  const remove = (answer: PlainAnswer): Exchange => ({
    expect: { method: 'DELETE', path: '/api.acme.example/v1/keys/key%2017', headers: { authorization } },
    answer,
  });
  const me = (answer: PlainAnswer): Exchange => ({
    expect: {
      method: 'GET',
      path: '/api.acme.example/v1/me',
      headers: { authorization: `Bearer ${ACME_TOKEN}` },
    },
    answer,
  });
  const found = lookUp({ status: 200, json: { data: [{ prefix: ACME_KEY_ID, id: 'key 17' }], more: false } });
  const alive = me({ status: 200, json: {} });
  const invalid = me({ status: 401, json: { error: 'invalid_key', message: 'x' } });
  const unknown = { exchanges: [invalid], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
  return {
    definition: definitionOf('acme', example('acme')),
    config: () => example('acme'),
    token: ACME_TOKEN,
    credentials: [ADMIN],
    kind: 'token',
    type: 'acme_api_key',
    scripts: {
      revoked: { exchanges: [alive, alive, found, remove({ status: 204 }), invalid] },
      alreadyDead: { exchanges: [me({ status: 401, json: { error: 'revoked_key' } })], saysSo: true },
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, alive, lookUp({ status: 401, text: 'Unauthorized' })] },
      forbidden: { exchanges: [alive, alive, found, remove({ status: 403, json: {} })] },
      // It never happens so: that the key works is on file before anything is deleted.
      secondCall: unknown,
    },
  };
}

function widgetsSpec(): ProviderSpec<unknown> {
  const revoke = (answer: PlainAnswer): Exchange => ({
    expect: {
      method: 'POST',
      path: '/widgets.example/oauth/revoke',
      headers: { authorization: undefined },
      form: { token: WIDGETS_TOKEN, token_type_hint: 'access_token' },
    },
    answer,
  });
  const user = (answer: PlainAnswer): Exchange => ({
    expect: {
      method: 'GET',
      path: '/widgets.example/api/user',
      headers: { authorization: `Bearer ${WIDGETS_TOKEN}` },
    },
    answer,
  });
  const dead = user({ status: 401, json: { error: 'revoked_token' } });
  const notApplicable = { notApplicable: 'The leaked token is the only credential.' };
  return {
    definition: definitionOf('widgets', example('widgets')),
    config: () => example('widgets'),
    token: WIDGETS_TOKEN,
    kind: 'token',
    type: 'widgets_token',
    scripts: {
      revoked: { exchanges: [revoke({ status: 200 }), dead] },
      alreadyDead: { exchanges: [revoke({ status: 400, json: { error: 'revoked_token' } })], saysSo: true },
      unknownToken: {
        exchanges: [revoke({ status: 400, json: { error: 'invalid_token' } })],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: { exchanges: [revoke({ status: 400, json: { error: 'revoked_token' } })] },
    },
  };
}

describeProvider(acmeSpec());
describeProvider(widgetsSpec());

const TOKEN = ['own', 'k1', 'v1'.repeat(8)].join('_');
const REQUEST = { method: 'POST', url: 'https://own.example/revoke', json: { token: '{token}' } };
const BY_VALUE = { headers: { 'X-Token': '{token}' } };
const REVOKED = { status: 200, means: 'revoked' };

/** The smallest own provider, with some keys replaced. */
function entry(changes: Raw = {}): Raw {
  return {
    types: ['own_token'],
    pattern: '\\bown_(?<keyId>[a-z0-9]{2})_[a-z0-9]{16}\\b',
    docs: 'https://own.example/docs',
    revoke: [{ request: REQUEST, answers: [REVOKED] }],
    ...changes,
  };
}

function revokeBy(request: Raw, answers: readonly Raw[] = [REVOKED]): Raw {
  return entry({ revoke: [{ request: { ...REQUEST, ...request }, answers }] });
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly answer: PlainAnswer;
}

/** Revokes {@link TOKEN} by an own provider, against an upstream that gives these answers. */
async function play(raw: Raw, calls: readonly Call[], token = TOKEN) {
  const exchanges = calls.map(({ method = 'POST', path = '/own.example/revoke', answer }): Exchange => {
    return { expect: { method, path, ...(method === 'POST' && { json: { token } }) }, answer };
  });
  return playExchanges(raw, exchanges, token);
}

async function playExchanges(raw: Raw, exchanges: readonly Exchange[], token = TOKEN) {
  const bench = await startBench(definitionOf('own', raw), () => raw, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(token), { kind: 'token' }).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    const { code, retryAfterMs } = error;
    return { failure: code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  });
  bench.verify();
  return { ended, requests: bench.requests };
}

describe('a template', () => {
  const values = new Map([
    ['token', new Secret('a/b c')],
    ['secrets.key', new Secret('k')],
  ]);
  const rendered = (source: string) => {
    const text = Template.parse(source)?.render(values);
    return text instanceof Secret ? { secret: text.reveal() } : text;
  };

  it.each([
    ['plain', 'plain'],
    ['{token}', { secret: 'a/b c' }],
    ['Bearer {secrets.key}, {token}{token}', { secret: 'Bearer k, a/b ca/b c' }],
    ['{{ id }} }}{{', '{ id } }{'],
    ['{{{token}}}', { secret: '{a/b c}' }],
    ['', ''],
  ])('renders %j as %j, a secret where it has a placeholder', (source, expected) => {
    expect(rendered(source)).toEqual(expected);
  });

  it.each(['{', '}', 'a{b', '{}', '{a b}', '{a.b.c}', '{1a}', '{token}}', '{a-b}'])(
    'is not %j, whose braces surround no name',
    (source) => {
      expect(Template.parse(source)).toBeUndefined();
    },
  );

  it('does not read what a value brings as a placeholder', () => {
    const nested = new Map([...values, ['token', new Secret('{secrets.key}')]]);
    const text = Template.of('{token}').render(nested) as Secret;
    expect(text.reveal()).toBe('{secrets.key}');
  });

  it('has no rendering without a value, or with an empty one', () => {
    expect(() => Template.of('/keys/{id}').render(values)).toThrow('no value');
    expect(() => Template.of('/keys/{id}').render(new Map([['id', new Secret('')]]))).toThrow('no value');
  });
});

describe('a condition on JSON', () => {
  const values = new Map([['id', new Secret('k1')]]);

  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: { b: null } }, { a: { b: null, c: 1 } }],
    [{ list: [{ id: '{id}' }] }, { list: [{ id: 'k1', more: true }] }],
    [[], []],
    ['ok', 'ok'],
    [{}, { a: 1 }],
  ])('%j fits %j', (template, actual) => {
    expect(fits(jsonTemplate(template), actual, values)).toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, { b: 1 }],
    [{ a: null }, {}],
    [{ list: [{ id: '{id}' }] }, { list: [{ id: 'k2' }] }],
    [{ list: [{ id: '{id}' }] }, { list: [{ id: 'k1' }, { id: 'k2' }] }],
    [{ list: [] }, { list: [1] }],
    [{}, []],
    [[], {}],
    [{ a: 1 }, null],
    [{ constructor: {} }, {}],
    [null, false],
  ])('%j does not fit %j', (template, actual) => {
    expect(fits(jsonTemplate(template), actual, values)).toBe(false);
  });
});

describe('the values of a token', () => {
  const named = (token: string, pattern: RegExp) => {
    const values = valuesOfToken(new Secret(token), pattern);
    return values && Object.fromEntries([...values].map(([name, value]) => [name, value.reveal()]));
  };

  it('are the token and the named groups of its pattern', () => {
    expect(named('ab_c', /(?<id>[a-z]+)_(?<rest>c)/u)).toEqual({ token: 'ab_c', id: 'ab', rest: 'c' });
  });

  it.each([
    ['a group took no part', 'ab', /ab(?<id>c)?/u],
    ['a group is empty', 'ab', /ab(?<id>c*)/u],
    ['the pattern needs the text around it', 'ab', /key=(?<token>ab)/u],
    ['the pattern matches a part only', 'abc', /ab/u],
  ])('are unknown when %s', (_case, token, pattern) => {
    expect(named(token, pattern)).toBeUndefined();
  });

  it('leave the token to a person when they are unknown', async () => {
    const raw = entry({ pattern: 'own_(?<keyId>k1)?[a-z0-9_]{1,30}' });
    const { ended, requests } = await play(raw, [], 'own_xx');
    expect(ended).toMatchObject({ result: { outcome: 'refused', reason: 'unrecognised' } });
    expect(requests).toEqual([]);
  });
});

describe('an address', () => {
  const values = new Map([['id', new Secret('a&c=d ?#.')]]);
  const shown = (source: string) => {
    const address = parseAddress(source);
    if (typeof address === 'string') return address;
    const text = (value: string | Secret) => (value instanceof Secret ? value.reveal() : value);
    const query = Object.entries(address.query(values)).map(([name, value]) => [name, text(value)]);
    return [address.origin, text(address.path(values)), Object.fromEntries(query)];
  };

  it.each([
    ['https://api.example.com', ['https://api.example.com', '/', {}]],
    ['https://API.example.com:8443/v1', ['https://api.example.com:8443', '/v1', {}]],
    ['http://127.0.0.1:80/x', ['http://127.0.0.1', '/x', {}]],
    ['https://[::1]/keys', ['https://[::1]', '/keys', {}]],
    ['https://h.example/k/{id}/x', ['https://h.example', '/k/a%26c%3Dd%20%3F%23./x', {}]],
    ['https://h.example?q={id}&r=1%202+3', ['https://h.example', '/', { q: 'a&c=d ?#.', r: '1 2 3' }]],
  ])('%s is taken', (source, expected) => {
    expect(shown(source)).toEqual(expected);
  });

  it.each([
    'https://{id}.example.com/',
    'https://api.example.com{id}/',
    'https://api.example.com:{id}/',
    'https://user:pass@api.example.com/',
    'https://user@api.example.com/',
    '{id}://api.example.com/',
    '{id}',
    'ftp://api.example.com/',
    '//api.example.com/',
    '/v1/keys',
    'https:///v1',
    'https://api.example.com\\@evil.example/',
    'https://api.example.com:99999/',
    'https://api.example.com/#{id}',
  ])('%s is refused: the host has to stand there by itself', (source) => {
    expect(shown(source)).toMatch(/^expected https:\/\/ or http:\/\/, a host without placeholders/);
  });

  it.each([
    ['https://h.example/a?x', 'name=value'],
    ['https://h.example/a?', 'name=value'],
    ['https://h.example/a?x=1&x=2', 'each name once'],
    ['https://h.example/a?{id}=1', 'name=value'],
    ['https://h.example/a?x=%zz', 'name=value'],
    ['https://h.example/{id', 'braces'],
    ['https://h.example/a?x={ id }', 'braces'],
    ['https://h.example//a', 'without //'],
    ['https://h.example/a/../b', 'dot segments'],
    ['https://h.example/a b', 'unencoded'],
  ])('%s is refused, as expected is %s', (source, sentence) => {
    expect(shown(source)).toContain(sentence);
  });

  describe('with a value that would lead elsewhere', () => {
    const raw = entry({
      revoke: [
        { request: REQUEST, answers: [{ status: 200, means: 'next' }], extract: { id: 'id' } },
        {
          request: { method: 'DELETE', url: 'https://own.example/keys/{id}', ...BY_VALUE },
          answers: [REVOKED],
        },
      ],
    });

    it.each([
      '..',
      '.',
      '../../admin',
      'a/b',
      'a\\b',
      '..\\b',
      'a..b',
      '%2e%2E',
      'a%2Fb',
      'a%5cb',
      '%2e',
      '%252e.',
    ])('is not called: %j', async (id) => {
      const { ended, requests } = await play(raw, [{ answer: { status: 200, json: { id } } }]);
      expect(ended).toMatchObject({ result: { outcome: 'refused', reason: 'unrecognised' } });
      expect(requests).toHaveLength(1);
    });

    it('is called with what is no step of a path, encoded', async () => {
      const { ended } = await play(raw, [
        { answer: { status: 200, json: { id: 'a?b#c%20' } } },
        { method: 'DELETE', path: '/own.example/keys/a%3Fb%23c%2520', answer: { status: 200 } },
      ]);
      expect(ended).toMatchObject({ result: { outcome: 'revoked' } });
    });
  });
});

describe('a pattern', () => {
  it.each([
    'acme_[a-z0-9]{32}',
    '(?<![\\w-])acme_(?<id>[a-z]{1,40})\\.(?<token>x)',
    '[A-Za-z0-9]{20,100}',
    'acme_[a-z0-9]+',
    'acme_[(?i:]\\(\\?[a-z]{9}',
  ])('%s is taken', (source) => {
    expect(patternFault(source)).toBeUndefined();
  });

  const NO_MODIFIER = 'expected no modifiers such as (?i:...); write both cases, as in [Aa]';

  it.each([
    ['(', 'expected a JavaScript regular expression with flag u (Unterminated group)'],
    ['\\-', 'expected a JavaScript regular expression with flag u (Invalid escape)'],
    ['(?<a>x)(?<a>y)', 'expected a JavaScript regular expression with flag u (Duplicate capture group name)'],
    ['[a-z]*', 'expected a pattern that does not match an empty text'],
    ['', 'expected a pattern that does not match an empty text'],
    ['(?i:acme)_[a-z]{9}', NO_MODIFIER],
    ['acme_((?s-i:.){9})', NO_MODIFIER],
  ])('%j is refused: %s', (source, message) => {
    expect(patternFault(source)).toBe(message);
  });

  // Each costs two seconds of the processor: endless behind a beginning, and slow at white space and at letters. The
  // first would go on for as long as there are stars.
  it.each(['acme_([a-z]+)+!', '\\s+acme', '[a-z]+_secret'])(
    '%s is refused, as hostile text would hang the service, and trying it comes to an end',
    (source) => {
      expect(patternFault(source)).toMatch(/^takes too long on hostile text/);
    },
  );
});

describe('what an answer means', () => {
  const after = { status: 200, json: { ok: true }, means: 'revoked' };
  const proven = (means: Raw) =>
    entry({
      revoke: [{ request: REQUEST, answers: [after, means] }],
      verify: {
        request: { method: 'GET', url: 'https://own.example/me?key={keyId}' },
        answers: [
          { status: 200, json: { active: true }, means: 'alive' },
          { status: 200, json: { active: false }, means: 'dead' },
          { status: 404, means: 'unknown' },
        ],
      },
    });
  const me = (answer: PlainAnswer): Call => ({ method: 'GET', path: '/own.example/me?key=k1', answer });

  it.each([
    [{ active: false }, { result: { outcome: 'revoked' }, verified: true, liveness: 'dead' }],
    [{ active: true }, { failure: 'still-active' }],
    ['other', { failure: 'unexpected-answer' }],
  ])('revoked is verified: %j', async (json, expected) => {
    const { ended } = await play(proven({ status: 201, means: 'accepted' }), [
      { answer: { status: 200, json: { ok: true } } },
      me({ status: 200, json }),
    ]);
    expect(ended).toMatchObject(expected);
  });

  it('accepted is verified, and unknown is no proof', async () => {
    const { ended } = await play(proven({ status: 201, means: 'accepted' }), [
      { answer: { status: 201 } },
      me({ status: 404 }),
    ]);
    expect(ended).toEqual({ result: { outcome: 'accepted' }, verified: false, liveness: 'unknown' });
  });

  it('revoked is unproven where there is no verify', async () => {
    const { ended } = await play(entry(), [{ answer: { status: 200 } }]);
    expect(ended).toEqual({ result: { outcome: 'revoked', proven: false }, verified: false });
  });

  const wholly = (changes: Raw) => ({
    ...entry({
      revoke: [{ request: REQUEST, answers: [REVOKED, { status: 404, means: 'verify' }] }],
      verify: {
        request: { method: 'POST', url: 'https://own.example/state', json: { token: '{token}' } },
        answers: [
          { status: 200, json: { active: true }, means: 'alive' },
          { status: 200, json: { active: false }, means: 'dead' },
        ],
      },
    }),
    ...changes,
  });
  const everywhere = { places: ['https://own.example'], exact: true };

  it.each<[string, Raw, unknown, unknown]>([
    ['nowhere else it can be', everywhere, { active: false }, { outcome: 'already-inactive' }],
    ['it may be cut', { ...everywhere, exact: false }, { active: false }, { reason: 'unknown-token' }],
    ['it may be elsewhere', { exact: true }, { active: false }, { reason: 'unknown-token' }],
    [
      'another place was not asked',
      { ...everywhere, places: ['https://own.example', 'https://eu.own.example'] },
      { active: false },
      { reason: 'unknown-token' },
    ],
    ['it works', everywhere, { active: true }, { outcome: 'refused', reason: 'unknown-token' }],
  ])('verify lets verify decide: %s', async (_case, changes, json, expected) => {
    const { ended } = await play(wholly(changes), [
      { answer: { status: 404 } },
      { path: '/own.example/state', answer: { status: 200, json } },
    ]);
    expect(ended).toMatchObject({ result: expected });
  });

  it('what a verify by a part of the token says is nothing about the token', async () => {
    const raw = { ...proven({ status: 404, means: 'verify' }), ...everywhere };
    const dead = me({ status: 200, json: { active: false } });
    const { ended } = await play(raw, [{ answer: { status: 404 } }, dead]);
    expect(ended).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
  });

  it.each([
    [
      { json: { gone: true }, means: 'already-inactive' },
      { outcome: 'already-inactive', proven: true },
    ],
    [
      { anyBody: true, means: 'already-inactive' },
      { outcome: 'already-inactive', proven: true },
    ],
    [{ means: 'expires' }, { outcome: 'expires' }],
    [{ means: 'accepted' }, { outcome: 'accepted' }],
    [{ means: 'unknown-token' }, { outcome: 'refused', reason: 'unknown-token', advice: expect.any(String) }],
    [
      { means: 'not-permitted', advice: 'Ask Ada.' },
      { reason: 'not-permitted', advice: 'Ask Ada.' },
    ],
    [{ means: 'ambiguous' }, { outcome: 'refused', reason: 'ambiguous', advice: expect.any(String) }],
  ])('410 as %j', async (means, expected) => {
    const raw = revokeBy({}, [REVOKED, { status: [409, 410], ...means }]);
    const { ended } = await play(raw, [{ answer: { status: 410, json: { gone: true } } }]);
    expect(ended).toMatchObject({ result: expected });
  });

  it.each([
    ['retry', { failure: 'upstream-error' }],
    ['credential-refused', { failure: 'credential-refused' }],
    ['permission-missing', { failure: 'permission-missing' }],
    ['throttled', { failure: 'throttled', retryAfterMs: 30_000 }],
    ['unavailable', { failure: 'unavailable', retryAfterMs: 30_000 }],
  ])('%s fails, whatever the body', async (means, expected) => {
    const answer = { status: 403, text: '<html>No.</html>', headers: { 'retry-after': '30' } };
    const { ended } = await play(revokeBy({}, [REVOKED, { status: 403, means }]), [{ answer }]);
    expect(ended).toEqual(expected);
  });

  it.each([
    ['an unlisted status', { status: 404 }, { failure: 'unexpected-answer' }],
    [
      'a page instead of JSON',
      { status: 200, text: '<html>Welcome</html>' },
      { failure: 'unexpected-answer' },
    ],
    ['429', { status: 429, headers: { 'retry-after': '5' } }, { failure: 'throttled', retryAfterMs: 5000 }],
    ['500', { status: 500 }, { failure: 'upstream-error' }],
    ['503', { status: 503 }, { failure: 'unavailable' }],
    [
      'a listed 409 without what it must have',
      { status: 409, json: { gone: 1 } },
      { failure: 'unexpected-answer' },
    ],
    ['a listed 504 without what it must have', { status: 504, text: 'Late.' }, { failure: 'unavailable' }],
  ])('nothing is listed for %s', async (_case, answer, expected) => {
    const gone = { status: [409, 504], json: { gone: true }, means: 'already-inactive' };
    const { ended } = await play(revokeBy({}, [REVOKED, gone]), [{ answer }]);
    expect(ended).toEqual(expected);
  });

  it('the first that fits counts', async () => {
    const raw = revokeBy({}, [
      { status: 200, json: { state: 'gone' }, means: 'already-inactive' },
      { status: 200, json: {}, means: 'accepted' },
      { status: 200, means: 'revoked' },
    ]);
    const { ended } = await play(raw, [{ answer: { status: 200, json: { state: 'gone' } } }]);
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' } });
  });
});

describe('a request', () => {
  it('carries templates in its path, query, headers, basic login and body, and no value of them in clear', async () => {
    const raw = entry({
      pattern: 'own_(?<keyId>[a-z0-9%&]{2})_[a-z0-9]{16}',
      secrets: { name: 'us:er', key: 'pass word' },
      revoke: [
        {
          request: {
            method: 'PUT',
            url: 'https://own.example/a%20b/{keyId}?id={keyId}&fixed=1',
            headers: { 'X-Token': 't={token}', 'X-Fixed': 'yes', Accept: 'application/vnd.own+json' },
            basic: { username: 'quash', password: '{secrets.key}' },
            json: { deep: [{ token: '{token}', name: '{secrets.name}', text: '{{x}}' }, 1, null, true] },
          },
          answers: [REVOKED],
        },
      ],
      // A part of the token acts beside a secret.
      prove: {
        request: { method: 'GET', url: 'https://own.example/me', headers: { 'X-Token': '{token}' } },
        answers: [
          { status: 200, means: 'alive' },
          { status: 401, means: 'unknown' },
        ],
      },
    });
    const token = ['own', '%&', 'v1'.repeat(8)].join('_');
    const proof = (status: number): Exchange => ({
      expect: {
        method: 'GET',
        path: '/own.example/me',
        headers: { 'x-token': token, accept: 'application/json, application/*;q=0.5, text/*;q=0.1' },
      },
      answer: { status },
    });
    const { ended, requests } = await playExchanges(
      raw,
      [
        proof(200),
        proof(200),
        {
          expect: {
            method: 'PUT',
            path: '/own.example/a%20b/%25%26?id=%25%26&fixed=1',
            headers: {
              'x-token': `t=${token}`,
              'x-fixed': 'yes',
              accept: 'application/vnd.own+json',
              authorization: `Basic ${Buffer.from('quash:pass word').toString('base64')}`,
            },
            json: { deep: [{ token, name: 'us:er', text: '{x}' }, 1, null, true] },
          },
          answer: { status: 200 },
        },
        proof(401),
      ],
      token,
    );
    expect(ended).toMatchObject({ result: { outcome: 'revoked' } });
    expect(findLeaks([token], { urls: requests.map(({ url }) => url) })).toEqual([]);
  });

  it('may have the token in its URL where the operator says so', async () => {
    const raw = revokeBy({
      method: 'DELETE',
      url: 'https://own.example/t/{token}',
      tokenInUrl: true,
      json: undefined,
    });
    const call = { method: 'DELETE', path: `/own.example/t/${TOKEN}`, answer: { status: 200 } };
    expect((await play(raw, [call])).ended).toMatchObject({ result: { outcome: 'revoked' } });
  });
});

describe('extracted values', () => {
  const raw = entry({
    revoke: [
      {
        request: REQUEST,
        answers: [{ status: 200, means: 'next' }],
        extract: { id: 'data.0.key.id', at: 'at' },
      },
      {
        request: { method: 'DELETE', url: 'https://own.example/keys/{id}?at={at}', ...BY_VALUE },
        answers: [{ status: 204, means: 'revoked' }],
      },
    ],
  });
  const data = (id: unknown) => ({ at: 'x', data: [{ key: { id } }] });

  it.each([
    ['a text', 'a b', 'a%20b'],
    ['a number', 17, '17'],
    ['zero', 0, '0'],
    ['1 KiB', 'x'.repeat(1024), 'x'.repeat(1024)],
  ])('may be %s', async (_case, id, path) => {
    const { ended } = await play(raw, [
      { answer: { status: 200, json: data(id) } },
      { method: 'DELETE', path: `/own.example/keys/${path}?at=x`, answer: { status: 204 } },
    ]);
    expect(ended).toMatchObject({ result: { outcome: 'revoked' } });
  });

  it.each([
    ['missing', { at: 'x', data: [{ key: {} }] }],
    ['behind an empty list', { at: 'x', data: [] }],
    ['behind no list', { at: 'x', data: 'text' }],
    ['inherited', { at: 'x', data: [{ key: [] }] }],
    ['empty', data('')],
    ['null', data(null)],
    ['true', data(true)],
    ['a mapping', data({})],
    ['a fraction', data(1.5)],
    ['a number that may have been rounded', data(2 ** 53)],
    ['longer than 1 KiB', data('é'.repeat(513))],
  ])('must not be %s', async (_case, json) => {
    const { ended } = await play(raw, [{ answer: { status: 200, json } }]);
    expect(ended).toEqual({ failure: 'unexpected-answer' });
  });

  it('are not taken from a list of several, of which one may be another’s', async () => {
    const json = { at: 'x', data: [{ key: { id: 1 } }, { key: { id: 2 } }] };
    const { ended } = await play(raw, [{ answer: { status: 200, json } }]);
    expect(ended).toMatchObject({ result: { outcome: 'refused', reason: 'ambiguous' } });
  });
});

describe('what proves the token', () => {
  const asked = { method: 'GET', url: 'https://own.example/me', ...BY_VALUE };
  const prove = {
    request: asked,
    answers: [
      { status: 200, json: { active: true }, means: 'alive' },
      { status: 200, json: { active: false }, means: 'dead' },
      { status: 401, means: 'unknown' },
    ],
  };
  const byPart = (changes: Raw = {}) =>
    entry({
      revoke: [
        {
          request: { method: 'DELETE', url: 'https://own.example/keys/{keyId}' },
          answers: [REVOKED, { status: 404, json: { gone: true }, means: 'already-inactive' }],
        },
      ],
      ...changes,
    });
  const held = byPart({ effect: 'wider', warning: 'Whatever has this id.' });
  const me = (answer: PlainAnswer): Call => ({ method: 'GET', path: '/own.example/me', answer });
  const alive = me({ status: 200, json: { active: true } });
  const remove = (answer: PlainAnswer): Call => ({ method: 'DELETE', path: '/own.example/keys/k1', answer });
  const kindOf = (raw: Raw) =>
    definitionOf('own', raw).create(customEntry.parse(raw), {
      upstream: (base: string) => ({ base, request: () => expect.unreachable() }),
    } as never).kinds[0];

  it.each<[string, Raw, string]>([
    ['the whole token in the call', entry(), 'by-value'],
    ['a call before that has it', byPart({ prove }), 'signs-in'],
    ['nothing', held, 'unproven'],
    [
      'nothing where the call has it within a longer text',
      { ...revokeBy({ json: { token: 'x{token}' } }), effect: 'wider', warning: 'Another one.' },
      'unproven',
    ],
    [
      'nothing where the call goes by a part, and has the token beside a secret of the operator',
      {
        ...revokeBy({
          method: 'DELETE',
          url: 'https://own.example/keys/{keyId}',
          headers: { authorization: 'Bearer {secrets.adminToken}' },
          json: { token: '{token}' },
        }),
        secrets: { adminToken: ADMIN },
        effect: 'wider',
        warning: 'Whatever has this id.',
      },
      'unproven',
    ],
    [
      'nothing where the call goes by a part, and has the token beside a session of the operator',
      {
        ...entry({
          revoke: [
            {
              request: {
                method: 'GET',
                url: 'https://own.example/session',
                headers: { authorization: 'Bearer {secrets.adminToken}' },
              },
              answers: [{ status: 200, means: 'next' }],
              extract: { session: 'session' },
            },
            {
              request: {
                method: 'DELETE',
                url: 'https://own.example/keys/{keyId}',
                headers: { authorization: 'Bearer {session}' },
                json: { token: '{token}' },
              },
              answers: [REVOKED],
            },
          ],
        }),
        secrets: { adminToken: ADMIN },
        effect: 'wider',
        warning: 'Whatever has this id.',
      },
      'unproven',
    ],
    [
      'nothing where a search by POST has the token, and the GET that revokes has a part',
      {
        ...entry({
          revoke: [
            { request: REQUEST, answers: [{ status: 200, means: 'next' }] },
            { request: { method: 'GET', url: 'https://own.example/revoke/{keyId}' }, answers: [REVOKED] },
          ],
        }),
        effect: 'wider',
        warning: 'Whatever has this id.',
      },
      'unproven',
    ],
    [
      'nothing where a GET revokes by a part',
      {
        ...revokeBy({ method: 'GET', url: 'https://own.example/revoke/{keyId}', json: undefined }),
        effect: 'wider',
        warning: 'Whatever has this id.',
      },
      'unproven',
    ],
  ])('is %s', (_case, raw, possession) => {
    expect(kindOf(raw)).toMatchObject({ possession, places: { open: expect.any(String) }, whole: 'open' });
  });

  it('is told to the core with where such tokens come from', () => {
    const raw = entry({ places: ['https://own.example'], exact: true, undo: 'yes' });
    expect(kindOf(raw)).toMatchObject({
      places: { all: ['https://own.example'] },
      whole: 'exact',
      undo: 'yes',
    });
  });

  it('comes before anything changes, and again in the step that changes it', async () => {
    const { ended } = await play(byPart({ prove }), [
      alive,
      alive,
      remove({ status: 200 }),
      me({ status: 401 }),
    ]);
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it.each<[PlainAnswer, unknown]>([
    [{ status: 200, json: { active: false } }, { outcome: 'already-inactive' }],
    [{ status: 401 }, { outcome: 'refused', reason: 'unknown-token' }],
  ])('keeps everything from being called when it says %j', async (answer, expected) => {
    const { ended } = await play(byPart({ prove }), [me(answer)]);
    expect(ended).toMatchObject({ result: expected });
  });

  it.each<[PlainAnswer, unknown]>([
    [{ status: 200, json: { active: true } }, { failure: 'still-active' }],
    [{ status: 401 }, { result: { outcome: 'already-inactive' }, verified: true }],
  ])(
    'is asked once more when a key is called gone of which the token worked: %j',
    async (answer, expected) => {
      const gone = remove({ status: 404, json: { gone: true } });
      const { ended } = await play(byPart({ prove }), [alive, alive, gone, me(answer)]);
      expect(ended).toMatchObject(expected as object);
    },
  );

  it('holds where verify says of the token itself that it is dead, at another address of the same host', async () => {
    const verify = {
      request: { method: 'POST', url: 'https://own.example/state', json: { token: '{token}' } },
      answers: [{ status: 200, json: { active: false }, means: 'dead' }],
    };
    const revoke = [{ request: REQUEST, answers: [REVOKED, { status: 404, means: 'verify' }] }];
    const dead = { path: '/own.example/state', answer: { status: 200, json: { active: false } } };
    const { ended } = await play(entry({ prove, verify, revoke }), [
      alive,
      alive,
      { answer: { status: 404 } },
      dead,
    ]);
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it('is for a person where there is none', async () => {
    const { ended, requests } = await play(held, []);
    expect(ended).toMatchObject({ result: { outcome: 'held', evidence: { works: 'not known' } } });
    expect(requests).toEqual([]);
  });

  it('lets a person act by the part, and says nothing of the token by its id', async () => {
    const exchange = (answer: PlainAnswer): Exchange => ({
      expect: { method: 'DELETE', path: '/own.example/keys/k1' },
      answer,
    });
    const bench = await startBench(definitionOf('own', held), () => held, [
      exchange({ status: 404, json: { gone: true } }),
      exchange({ status: 200 }),
    ]);
    onTestFinished(() => bench.close());
    const step = { kind: 'token', mayActUnproven: true };
    const gone = await runStep(bench, new Secret(TOKEN), step);
    expect(gone.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect(await runStep(bench, new Secret(TOKEN), step)).toMatchObject({
      result: { outcome: 'revoked' },
      verified: false,
    });
  });

  it('says nothing of the token where a secret is let in and the id is gone, though the token is there for show', async () => {
    const raw = {
      ...revokeBy(
        {
          method: 'DELETE',
          url: 'https://own.example/keys/{keyId}',
          headers: { authorization: 'Bearer {secrets.adminToken}' },
          json: { token: '{token}' },
        },
        [{ status: 404, json: { gone: true }, means: 'already-inactive' }],
      ),
      ...{ secrets: { adminToken: ADMIN }, effect: 'wider', warning: 'Whatever has this id.' },
    };
    const { method, path, answer } = remove({ status: 404, json: { gone: true } });
    const exchange = { expect: { method, path, json: { token: TOKEN } }, answer } as Exchange;
    const bench = await startBench(definitionOf('own', raw), () => raw, [exchange]);
    onTestFinished(() => bench.close());
    const ended = await runStep(bench, new Secret(TOKEN), { kind: 'token', mayActUnproven: true });
    expect(ended.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it.each<[string, Raw, readonly Call[], string]>([
    ['prove', { ...held, prove }, [alive], 'alive'],
    [
      'a verify with the whole token',
      { ...held, verify: { request: asked, answers: prove.answers } },
      [me({ status: 200, json: { active: false } })],
      'unknown',
    ],
  ])('tells whoever decides whether it works, by %s', async (_case, raw, calls, outcome) => {
    const exchanges = calls.map(({ method, path, answer }) => ({ expect: { method, path }, answer }));
    const bench = await startBench(definitionOf('own', raw), () => raw, exchanges as Exchange[]);
    onTestFinished(() => bench.close());
    const token = new Secret(TOKEN);
    const looked = await bench.provider.look?.(token, stepOf(bench.provider, token, { kind: 'token' }));
    expect(looked).toMatchObject({ outcome });
  });

  it('is kept when whoever decides is told of it, so that a token revoked by hand is known to be dead', async () => {
    const raw = { ...held, prove };
    const exchanges = [alive, me({ status: 401 })].map(({ method, path, answer }) => ({
      expect: { method, path },
      answer,
    }));
    const bench = await startBench(definitionOf('own', raw), () => raw, exchanges as Exchange[]);
    onTestFinished(() => bench.close());
    const token = new Secret(TOKEN);
    const { provider, unknownTokens } = bench;
    const step = stepOf(provider, token, { kind: 'token' });
    await look({ provider, token, step, phase: 'revoke', unknownTokens }, 'wider');
    const ended = await runStep(bench, token, { kind: 'token', notes: [step.remembered] });
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    bench.verify();
  });

  it('is not dead because it is unknown to whom our other secret makes of us', async () => {
    const headers = { 'X-Key': '{secrets.key}', 'X-Token': '{token}' };
    const raw = (key: string, url: string) => ({
      ...entry({ prove: { ...prove, request: { ...prove.request, url, headers } } }),
      secrets: { key },
    });
    const bench = async (key: string, { method, answer }: Call, path = '/me') => {
      const expected = { method, path: `/own.example${path}`, headers: { 'x-key': key } };
      const set = raw(key, `https://own.example${path}`);
      const exchanges = [{ expect: expected, answer } as Exchange];
      const started = await startBench(definitionOf('own', set), () => set, exchanges);
      onTestFinished(() => started.close());
      return started;
    };
    const token = new Secret(TOKEN);
    const before = await bench('the key of acme', alive);
    const step = stepOf(before.provider, token, { kind: 'token' });
    await before.provider.look?.(token, step);
    const run = async (key: string, { remembered = step.remembered, path = '/me' } = {}) =>
      runStep(await bench(key, me({ status: 401 }), path), token, { kind: 'token', notes: [remembered] });
    expect(await run('the key of globex')).toMatchObject({
      result: { outcome: 'refused', reason: 'unknown-token' },
    });
    expect(await run('the key of acme')).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
    // Such as another realm.
    expect(await run('the key of acme', { path: '/globex/me' })).toMatchObject({
      result: { outcome: 'refused', reason: 'unknown-token' },
    });
    // As an earlier version kept it, or a call without secrets.
    const withoutSecrets = { quash: 1, seenAlive: ['https://own.example'] };
    expect(await run('the key of globex', { remembered: withoutSecrets })).toMatchObject({
      result: { outcome: 'refused', reason: 'unknown-token' },
    });
    const { provider } = await bench('the key of acme', me({ status: 401 }));
    const revoked = stepOf(provider, token, { kind: 'token', notes: [withoutSecrets] });
    expect(await provider.verify?.(token, revoked)).toBe('dead');
  });

  it('is not dead because it is unknown at another address of the same host, be that asked without our secrets', async () => {
    const bench = async (path: string, { method, answer }: Call) => {
      const set = entry({ prove: { ...prove, request: { ...asked, url: `https://own.example${path}` } } });
      const exchanges = [{ expect: { method, path: `/own.example${path}` }, answer } as Exchange];
      const started = await startBench(definitionOf('own', set), () => set, exchanges);
      onTestFinished(() => started.close());
      return started;
    };
    const token = new Secret(TOKEN);
    const notes: unknown[] = [];
    const lookAt = async (path: string) => {
      const { provider } = await bench(path, alive);
      const step = stepOf(provider, token, { kind: 'token', notes });
      expect(await provider.look?.(token, step)).toMatchObject({ outcome: 'alive' });
      notes.push(step.remembered);
    };
    const run = async (path: string, kept = notes) =>
      runStep(await bench(path, me({ status: 401 })), token, { kind: 'token', notes: [...kept] });
    const unknown = { result: { outcome: 'refused', reason: 'unknown-token' } };
    const dead = { result: { outcome: 'already-inactive' }, verified: true };
    await lookAt('/acme/me');
    expect(await run('/globex/me')).toMatchObject(unknown);
    expect(await run('/acme/me')).toMatchObject(dead);
    // Not dead by the word of one either, once both have let it in.
    await lookAt('/globex/me');
    expect(await run('/globex/me')).toMatchObject(unknown);
    const { provider } = await bench('/globex/me', me({ status: 401 }));
    expect(await provider.verify?.(token, stepOf(provider, token, { kind: 'token', notes }))).toBe('unknown');
    // As an earlier version kept it.
    const before = { quash: 1, seenAlive: ['https://own.example'] };
    expect(await run('/acme/me', [before])).toMatchObject(dead);
  });

  it('is not dead because it is unknown to the tenant that a header names since', async () => {
    const bench = async (tenant: string, { method, path, answer }: Call) => {
      const headers = { 'X-Tenant': tenant, 'X-Token': '{token}' };
      const set = entry({ prove: { ...prove, request: { method, url: asked.url, headers } } });
      const exchanges = [{ expect: { method, path, headers: { 'x-tenant': tenant } }, answer } as Exchange];
      const started = await startBench(definitionOf('own', set), () => set, exchanges);
      onTestFinished(() => started.close());
      return started;
    };
    const token = new Secret(TOKEN);
    const { provider } = await bench('acme', alive);
    const step = stepOf(provider, token, { kind: 'token' });
    expect(await provider.look?.(token, step)).toMatchObject({ outcome: 'alive' });
    const run = async (tenant: string) => {
      const at = await bench(tenant, me({ status: 401 }));
      return runStep(at, token, { kind: 'token', notes: [step.remembered] });
    };
    expect(await run('globex')).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
    expect(await run('acme')).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it('is not asked for of a credential of Quash itself', async () => {
    const raw = { ...revokeBy({ headers: { 'X-Key': '{secrets.key}' } }), secrets: { key: TOKEN } };
    const { ended } = await play(raw, []);
    expect(ended).toMatchObject({ result: { outcome: 'refused', reason: 'own-credential' } });
  });

  it('changes nothing, whatever its method', async () => {
    const byPost = { request: { ...REQUEST, url: 'https://own.example/me' }, answers: prove.answers };
    const post = { path: '/own.example/me', answer: { status: 200, json: { active: false } } };
    const { ended } = await play(byPart({ prove: byPost }), [post]);
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' } });
  });
});

describe('the check of our own credential', () => {
  const raw = { ...example('acme') };
  const me = {
    method: 'GET',
    path: '/api.acme.example/v1/me',
    headers: { authorization: `Bearer ${ADMIN}` },
  };

  it.each([
    [{ status: 200, json: { role: 'admin' } }, [true, undefined]],
    [{ status: 200, json: { role: 'guest' } }, [false, expect.stringContaining('rights')]],
    [{ status: 401 }, [false, expect.stringContaining('Replace the secrets')]],
    [{ status: 404 }, [false, expect.any(String)]],
  ])('is told of %j', async (answer, [ok, advice]) => {
    const bench = await startBench(definitionOf('acme', raw), () => raw, [{ expect: me, answer }]);
    onTestFinished(() => bench.close());
    const checks = await bench.provider.check?.(new AbortController().signal);
    expect(checks).toEqual([{ name: 'own credential', ok, ...(advice && { advice }) }]);
    bench.verify();
  });

  it('is not there where none is configured', () => {
    const provider = definitionOf('own', entry()).create(customEntry.parse(entry()), {
      upstream: (base: string) => ({
        base,
        request: () => Promise.reject(new Error('No call was expected.')),
      }),
    } as never);
    expect([provider.check, provider.verify]).toEqual([undefined, undefined]);
  });
});

describe('the definition', () => {
  it('says what the operator declared', () => {
    const definition = definitionOf('acme', {
      ...example('acme'),
      effect: 'wider',
      warning: 'All keys of it go.',
    });
    expect(definition).toMatchObject({
      id: 'acme',
      title: 'Acme',
      stability: 'beta',
      docs: 'https://docs.acme.example/api-keys',
      types: ['acme_api_key'],
      needs: 'the secrets in `custom.acme`',
      effect: 'All keys of it go.',
    });
  });

  it('does without a title, secrets and a proof', () => {
    const { title, needs, proof, effect } = definitionOf('own', entry());
    expect({ title, needs, proof, effect }).toEqual({
      title: 'own',
      needs: 'nothing',
      proof: 'none',
      effect: 'the token only',
    });
  });
});

describe('a fault', () => {
  const faultsOf = (raw: unknown) => {
    const result = parse(customEntry, raw);
    return result.ok ? [] : result.faults.map(({ path, message }) => `${path}: ${message}`);
  };
  const request = (changes: Raw) => revokeBy(changes);
  const answers = (...list: Raw[]) => revokeBy({}, list);
  const verify = (changes: Raw) =>
    entry({
      verify: {
        request: { method: 'GET', url: 'https://own.example/me/{keyId}' },
        answers: [{ status: 200, means: 'alive' }],
        ...changes,
      },
    });
  const prove = (changes: Raw) =>
    entry({
      prove: {
        request: { method: 'GET', url: 'https://own.example/me', ...BY_VALUE },
        answers: [{ status: 200, means: 'alive' }],
        ...changes,
      },
    });
  const steps = (extract: unknown, ...others: Raw[]) =>
    entry({
      revoke: [
        { request: REQUEST, answers: [{ status: 200, means: 'next' }], extract },
        ...others,
        { request: { method: 'DELETE', url: 'https://own.example/{id}', ...BY_VALUE }, answers: [REVOKED] },
      ],
    });
  const IN_REQUEST = 'revoke[0].request';
  const KNOWN = 'one of {token}, {keyId}';

  it.each([
    '\\b(?<token>own_\\w{16})\\b',
    '(?<![\\w-])own_\\w{16}(?![\\w-])',
    '^own_\\w{16}$',
    '\\b(?:own|old)_[|\\w]{16}(?!\\w)',
  ])('is not in a pattern with edges, called exact: %s', (pattern) =>
    expect(faultsOf(entry({ pattern, exact: true }))).toEqual([]),
  );

  it('is in none of what these tests use', () => {
    expect(faultsOf(entry())).toEqual([]);
    expect(faultsOf(verify({}))).toEqual([]);
    expect(faultsOf(prove({}))).toEqual([]);
    expect(faultsOf(steps({ id: 'id' }))).toEqual([]);
    expect(faultsOf(example('acme'))).toEqual([]);
  });

  it.each<[string, Raw, string]>([
    ['no types', entry({ types: [] }), 'types: expected at least 1 entry'],
    ['no pattern', entry({ pattern: undefined }), 'pattern: missing; expected a text'],
    [
      'a pattern that does not compile',
      entry({ pattern: '(' }),
      'pattern: expected a JavaScript regular expression with flag u (Unterminated group)',
    ],
    ...['own_\\d{16}', '\\bown_\\d{16}', 'own_\\d{16}\\b', '\\bown_\\d{16}|old_\\d{16}\\b'].map(
      (pattern): [string, Raw, string] => [
        `exact with ${pattern}, which matches a part of a longer text`,
        entry({ pattern, exact: true }),
        'pattern: expected an edge at both ends with exact, such as (?<![\\w-]) and (?![\\w-]), as it matches a part of a longer text',
      ],
    ),
    ['a title of two lines', entry({ title: 'a\nb' }), 'title: expected one line of at most 100 characters'],
    ['docs over http', entry({ docs: 'http://x.example' }), 'docs: expected a URL that starts with https://'],
    [
      'an unknown key',
      request({ body: 'x' }),
      `${IN_REQUEST}.body: unknown key; expected one of method, url, tokenInUrl, secretInUrl, headers, basic, json, form`,
    ],
    [
      'another method',
      request({ method: 'HEAD' }),
      `${IN_REQUEST}.method: expected one of GET, POST, PUT, PATCH, DELETE`,
    ],
    [
      'wider without a warning',
      entry({ effect: 'wider' }),
      'warning: missing; expected one sentence that says what else is hit',
    ],
    [
      'a revocation by a part of the token',
      entry({
        revoke: [{ request: { method: 'DELETE', url: 'https://own.example/{keyId}' }, answers: [REVOKED] }],
      }),
      'revoke: expected {token} in each call that changes something, and nothing else of it beside a secret, or prove, as a part of the token is no secret; or effect: wider',
    ],
    [
      'a revocation by a text that only looks like the placeholder',
      revokeBy({ url: 'https://own.example/{keyId}', json: { token: '{{token}}' } }),
      'revoke: expected {token} in each call that changes something, and nothing else of it beside a secret, or prove, as a part of the token is no secret; or effect: wider',
    ],
    [
      'a proof by a part of the token',
      prove({ request: { method: 'GET', url: 'https://own.example/{keyId}' } }),
      'prove.request: expected {token}, as a part of it proves nothing',
    ],
    [
      'a proof in which a secret is let in, and a part of the token names the record',
      {
        ...prove({
          request: {
            method: 'GET',
            url: 'https://own.example/keys/{keyId}',
            headers: { authorization: 'Bearer {secrets.adminToken}', 'x-leaked': '{token}' },
          },
        }),
        secrets: { adminToken: ADMIN },
      },
      'prove.request: expected nothing of the token but {token} beside a secret, as the answer may be about that part',
    ],
    [
      'a proof that proves nothing',
      prove({ answers: [{ status: 401, means: 'unknown' }] }),
      'prove.answers: expected an answer that means alive',
    ],
    [
      'a death by a body that says nothing',
      prove({
        answers: [
          { status: 200, means: 'alive' },
          { status: 401, json: {}, means: 'dead' },
        ],
      }),
      'prove.answers[1].json: expected it to say something, as any proxy may send such a body; or anyBody: true',
    ],
    [
      'a death by status alone in prove',
      prove({
        answers: [
          { status: 200, means: 'alive' },
          { status: 401, means: 'dead' },
        ],
      }),
      'prove.answers[1].json: missing; expected it with dead, as any proxy may send this status; or anyBody: true',
    ],
    [
      'a place with a path',
      entry({ places: ['https://own.example/v1'] }),
      'places[0]: expected https:// or http:// and a host alone, such as https://api.example.com',
    ],
    ['a warning without wider', entry({ warning: 'All.' }), 'warning: expected only with effect: wider'],
    ['no calls', entry({ revoke: [] }), 'revoke: expected at least 1 entry'],
    [
      'four calls',
      entry({
        revoke: Array.from({ length: 4 }, () => ({
          request: REQUEST,
          answers: [
            { status: 200, means: 'next' },
            { status: 204, means: 'revoked' },
          ],
        })).with(3, { request: REQUEST, answers: [REVOKED] }),
      }),
      'revoke: expected at most 3 entries',
    ],
    [
      'a host by placeholder',
      request({ url: 'https://{keyId}.example/' }),
      `${IN_REQUEST}.url: expected https:// or http://, a host without placeholders or credentials, a path and a query`,
    ],
    [
      'the token in a URL',
      request({ url: 'https://own.example/{token}' }),
      `${IN_REQUEST}.url: expected no {token}, as URLs are logged; tokenInUrl: true where the API takes it nowhere else`,
    ],
    [
      'a secret in a URL',
      { ...request({ url: 'https://own.example/?k={secrets.k}' }), secrets: { k: 'v' } },
      `${IN_REQUEST}.url: expected no secret, as URLs are logged; secretInUrl: true where the API takes it nowhere else`,
    ],
    [
      'an unknown placeholder',
      request({ json: { a: ['{tokn}', '{token}'] } }),
      `${IN_REQUEST}.json.a[0]: unknown placeholder; expected ${KNOWN}`,
    ],
    [
      'an unknown secret',
      request({ headers: { 'X-Key': '{secrets.k}' } }),
      `${IN_REQUEST}.headers.X-Key: unknown placeholder; expected ${KNOWN}`,
    ],
    [
      'an unknown placeholder in an answer',
      answers({ ...REVOKED, json: { id: '{id}' } }),
      `revoke[0].answers[0].json.id: unknown placeholder; expected ${KNOWN}`,
    ],
    [
      'a stray brace',
      request({ json: { token: '{token}', q: '{ ok }' } }),
      `${IN_REQUEST}.json.q: expected braces around the names of placeholders only; a brace of its own is written twice`,
    ],
    [
      'a stray brace in a header',
      request({ headers: { A: '{' } }),
      `${IN_REQUEST}.headers.A: expected braces around the names of placeholders only; a brace of its own is written twice`,
    ],
    ['an unused secret', entry({ secrets: { k: 'v' } }), 'secrets.k: used by no placeholder'],
    [
      'a secret with a strange name',
      entry({ secrets: { 'a-b': 'v' } }),
      'secrets.a-b: expected a name of letters, digits and underscores',
    ],
    [
      'nothing of the token',
      { ...request({ json: undefined }), effect: 'wider', warning: 'All.' },
      'revoke: expected {token} or a named group in a request, as nothing ties it to the leaked token',
    ],
    [
      'a verify without the token',
      verify({ request: { method: 'GET', url: 'https://own.example/me' } }),
      'verify.request: expected {token} or a named group in a request, as nothing ties it to the leaked token',
    ],
    [
      'an extracted value in verify',
      {
        ...steps({ id: 'id' }),
        verify: {
          request: { method: 'GET', url: 'https://own.example/{keyId}/{id}' },
          answers: [{ status: 200, means: 'alive' }],
        },
      },
      `verify.request.url: unknown placeholder; expected ${KNOWN}`,
    ],
    [
      'the token in check',
      entry({
        check: {
          request: { method: 'GET', url: 'https://own.example/', headers: { 'X-T': '{token}' } },
          answers: [{ status: 200, means: 'works' }],
        },
      }),
      'check.request.headers.X-T: unknown placeholder; expected none',
    ],
    [
      'an unused extract',
      steps({ id: 'id', more: 'more' }),
      'revoke[0].extract.more: used by no placeholder',
    ],
    [
      'an extract before it is there',
      entry({
        revoke: [
          {
            request: { ...REQUEST, url: 'https://own.example/{id}' },
            answers: [{ status: 200, means: 'next' }],
            extract: { id: 'id' },
          },
          { request: { ...REQUEST, json: ['{id}', '{token}'] }, answers: [REVOKED] },
        ],
      }),
      `revoke[0].request.url: unknown placeholder; expected ${KNOWN}`,
    ],
    [
      'an extract with the name of a group',
      { ...steps({ id: 'id', keyId: 'k' }) },
      'revoke[0].extract.keyId: expected a name that is not taken',
    ],
    [
      'another index than 0',
      steps({ id: 'data.1.id' }),
      'revoke[0].extract.id: expected no index but 0, which stands for the only element',
    ],
    [
      'an empty path',
      steps({ id: 'data..id' }),
      'revoke[0].extract.id: expected keys with dots between them, such as data.0.id',
    ],
    [
      'a header of the client’s',
      request({ headers: { Host: 'x' } }),
      `${IN_REQUEST}.headers.Host: expected no header that Quash sets`,
    ],
    [
      'no header name',
      request({ headers: { 'a b': 'x' } }),
      `${IN_REQUEST}.headers.a b: expected the name of a header`,
    ],
    [
      'a header of two lines',
      request({ headers: { A: 'x\ny' } }),
      `${IN_REQUEST}.headers.A: expected one line of plain characters`,
    ],
    [
      'a credential in clear',
      request({ headers: { authorization: 'Bearer hunter2' } }),
      `${IN_REQUEST}.headers.authorization: expected a placeholder, such as {secrets.x}, as what stands here is no secret`,
    ],
    [
      'a key in clear',
      request({ headers: { 'X-API-Key': 'hunter2' } }),
      `${IN_REQUEST}.headers.X-API-Key: expected a placeholder, such as {secrets.x}, as what stands here is no secret`,
    ],
    [
      'a password in clear',
      request({ basic: { username: 'a', password: 'hunter2' } }),
      `${IN_REQUEST}.basic.password: expected a placeholder, such as {secrets.x}, as what stands here is no secret`,
    ],
    [
      'a colon in a user name',
      request({ basic: { username: 'a:b', password: '{token}' } }),
      `${IN_REQUEST}.basic.username: expected no colon`,
    ],
    [
      'two logins',
      request({ basic: { username: 'a', password: '{token}' }, headers: { Authorization: '{token}' } }),
      `${IN_REQUEST}.headers.Authorization: given together with basic; expected one of the two`,
    ],
    [
      'two bodies',
      request({ form: { a: '{token}' } }),
      `${IN_REQUEST}.form: given together with json; expected one of the two`,
    ],
    ['a body with GET', request({ method: 'GET' }), `${IN_REQUEST}.json: expected no body with GET`],
    [
      'a status of no answer',
      answers({ status: 100, means: 'revoked' }),
      'revoke[0].answers[0].status: expected at least 200',
    ],
    [
      'an unknown meaning',
      answers({ status: 200, means: 'dead' }),
      'revoke[0].answers[0].means: expected one of next, revoked, accepted, already-inactive, expires, verify, unknown-token, not-permitted, ambiguous, retry, credential-refused, permission-missing, throttled, unavailable',
    ],
    [
      'a death by status alone',
      answers(REVOKED, { status: 404, means: 'already-inactive' }),
      'revoke[0].answers[1].json: missing; expected it with already-inactive, as any proxy may send this status; or anyBody: true',
    ],
    [
      'a death by status alone in verify',
      verify({ answers: [{ status: 401, means: 'dead' }] }),
      'verify.answers[0].json: missing; expected it with dead, as any proxy may send this status; or anyBody: true',
    ],
    [
      'json and any body',
      answers({ ...REVOKED, json: {}, anyBody: true }),
      'revoke[0].answers[0].anyBody: given together with json; expected one of the two',
    ],
    [
      'advice that nobody gets',
      answers({ ...REVOKED, advice: 'Do it.' }),
      'revoke[0].answers[0].advice: expected only with unknown-token, not-permitted, ambiguous',
    ],
    [
      'an answer in vain',
      answers(REVOKED, { status: 200, json: {}, means: 'accepted' }),
      'revoke[0].answers[1].status: never reached, as an earlier answer has its status; expected those with json first',
    ],
    [
      'next at the end',
      answers(REVOKED, { status: 201, means: 'next' }),
      'revoke[0].answers[1].means: expected a further call after this one',
    ],
    [
      'no way to the next call',
      entry({
        revoke: [
          { request: REQUEST, answers: [REVOKED] },
          { request: REQUEST, answers: [REVOKED] },
        ],
      }),
      'revoke[0].answers: expected an answer that means next, as there is a further call',
    ],
    [
      'verify without one',
      answers(REVOKED, { status: 404, means: 'verify' }),
      'revoke[0].answers[1].means: expected verify to be configured',
    ],
  ])('in %s names the key and what is expected', (_case, raw, expected) => {
    expect(faultsOf(raw)).toEqual([expected]);
  });

  it('never shows what the operator wrote', () => {
    const lines = faultsOf(
      request({ headers: { Authorization: 'hun{ter2}' }, basic: { username: 'a', password: 'hun{ter3' } }),
    );
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.join('\n')).not.toMatch(/hun|ter2|ter3/);
  });
});
