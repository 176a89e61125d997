import { describe, expect, it, onTestFinished } from 'vitest';
import { createContextReader, joined, matchesAround } from '../../src/provider/context.ts';
import { Failure } from '../../src/provider/failure.ts';
import { answerOf, createUpstreamFactory } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';
import { Secret } from '../../src/words/secret.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Exchange, startScriptedUpstream } from '../support/scripted-upstream.ts';

const COMMIT = 'a1b2c3d4'.repeat(5);
const SIGNAL = new AbortController().signal;
const FILE = Array.from({ length: 200 }, (_, n) => `line ${n + 1}`).join('\n');

/** @param isNested a further instance lies above the one of the tests */
async function reader(exchanges: readonly Exchange[], readToken?: string, isNested = false) {
  const server = await startScriptedUpstream(exchanges);
  const factory = createUpstreamFactory({
    timeoutMs: 500,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    clock: new FakeClock(),
  });
  onTestFinished(async () => {
    await factory.close();
    await server.close();
  });
  const instance = { url: `${server.url}/gitlab`, ...(readToken && { readToken: new Secret(readToken) }) };
  const outer = { url: server.url };
  const instances = isNested ? [outer, instance] : [instance];
  const read = createContextReader(instances, (url) => factory.for('gitlab', url));
  const around = (...locations: string[]) => read(locations, SIGNAL);
  const textAround = async (...locations: string[]) => {
    const surroundings = await around(...locations);
    return surroundings && joined(surroundings);
  };
  return { server, around, read: textAround, url: instance.url };
}

/** Places are asked at once, in no order. @param textOf what stands in the file of that name; 404 where it is undefined */
function filesReader(textOf: (name: string) => string | undefined | Promise<string>) {
  const url = 'https://gitlab.example.com';
  const asked: string[] = [];
  const read = createContextReader([{ url }], () => ({
    base: url,
    async request({ path }) {
      const name = String(path).split('/').at(-1) ?? '';
      asked.push(name);
      const text = await textOf(name);
      return answerOf(parseBase(url), {
        status: text === undefined ? 404 : 200,
        header: () => undefined,
        text: text ?? '',
      });
    },
  }));
  const placeOf = (name: string) => `${url}/g/p/-/raw/${COMMIT}/${name}`;
  const around = (...names: string[]) =>
    read(
      names.map((name) => (name.includes('/') ? name : placeOf(name))),
      SIGNAL,
    );
  return { around, asked, placeOf };
}

function raw(path: string, answer: Exchange['answer'] = { status: 200, text: FILE }): Exchange {
  return { expect: { method: 'GET', path, headers: { 'private-token': undefined } }, answer };
}

describe('the lines around a leak', () => {
  it('are read from the public raw file of the configured GitLab', async () => {
    const { read, url, server } = await reader([
      raw(`/gitlab/group/sub/project/-/raw/${COMMIT}/src/a%20b.ts`),
    ]);
    const text = await read(`${url}/group/sub/project/-/raw/${COMMIT}/src/a%20b.ts#L100-101`);
    const lines = text?.reveal().split('\n');
    expect([lines?.[0], lines?.at(-1)]).toEqual(['line 70', 'line 131']);
    server.verify();
  });

  it('are read through the API where there is a token to read with', async () => {
    const path = `/gitlab/api/v4/projects/group%2Fproject/repository/files/src%2Fa.ts/raw?ref=${COMMIT}`;
    const expected = { method: 'GET', path, headers: { 'private-token': 'read-token' } };
    const { read, url, server } = await reader(
      [{ expect: expected, answer: { status: 200, text: FILE } }],
      'read-token',
    );
    expect((await read(`${url}/group/project/-/raw/${COMMIT}/src/a.ts#L1`))?.reveal()).toMatch(/^line 1\n/);
    server.verify();
  });

  it('are read from the inner one where an instance lies below another one', async () => {
    const path = `/gitlab/api/v4/projects/group%2Fproject/repository/files/a/raw?ref=${COMMIT}`;
    const exchange = { expect: { method: 'GET', path }, answer: { status: 200, text: FILE } } as const;
    const { read, url, server } = await reader([exchange], 'read-token', true);
    expect((await read(`${url}/group/project/-/raw/${COMMIT}/a#L1`))?.reveal()).toMatch(/^line 1\n/);
    server.verify();
  });

  it.each([
    ['of another host', () => `https://evil.example.com/group/project/-/raw/${COMMIT}/a`],
    [
      'of a host whose name begins like ours',
      (url: string) => `${url}.evil.example.com/g/p/-/raw/${COMMIT}/a`,
    ],
    ['outside the instance', (url: string) => `${new URL(url).origin}/other/g/p/-/raw/${COMMIT}/a`],
    ['with steps upwards', (url: string) => `${url}/group/project/-/raw/${COMMIT}/../../../../api/v4/user`],
    ['with encoded steps upwards', (url: string) => `${url}/group/project/-/raw/${COMMIT}/%2e%2e/%2e%2e/x`],
    ['with steps between encoded backslashes', (url: string) => `${url}/g/p/-/raw/${COMMIT}/a%5c..%5cx`],
    ['at no commit', (url: string) => `${url}/group/project/-/raw/main/a`],
    ['with a query', (url: string) => `${url}/group/project/-/raw/${COMMIT}/a?x=1`],
    ['with a broken encoding', (url: string) => `${url}/group/project/-/raw/${COMMIT}/%zz`],
    ['that is only the root', (url: string) => url],
    ['that is empty', () => ''],
  ])('are not looked for at a location %s', async (_name, location) => {
    const { read, url, server } = await reader([]);
    expect(await read(location(url))).toBeUndefined();
    server.verify();
  });

  it.each([302, 401, 403])('are not there when GitLab answers %i', async (status) => {
    const { read, url } = await reader([raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { status })]);
    expect(await read(`${url}/g/p/-/raw/${COMMIT}/a#L1`)).toBeUndefined();
  });

  it('are not there when GitLab says so in words of its own', async () => {
    const { read, url, server } = await reader([
      raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { status: 404, json: { message: '404 File Not Found' } }),
    ]);
    expect(await read(`${url}/g/p/-/raw/${COMMIT}/a#L1`)).toBeUndefined();
    server.verify();
  });

  it.each([200, 401, 404])('are not there when a page says so, while its API answers %i', async (status) => {
    const { read, url, server } = await reader([
      raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { status: 404, text: '<html>' }),
      raw('/gitlab/api/v4/version', { status, json: { error: '404 Not Found' } }),
    ]);
    expect(await read(`${url}/g/p/-/raw/${COMMIT}/a#L1`)).toBeUndefined();
    server.verify();
  });

  it.each([404, 500])('are waited for while a page says that all is away, with %i', async (status) => {
    const { read, url } = await reader([
      raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { status: 404, text: 'default backend - 404' }),
      raw('/gitlab/api/v4/version', { status, text: 'default backend - 404' }),
    ]);
    await expect(read(`${url}/g/p/-/raw/${COMMIT}/a#L1`)).rejects.toMatchObject({
      ...{ code: 'unavailable', scope: 'entry' },
    });
  });

  it('are those of the newest and the oldest places, the newest first, so that decoys hide no real leak', async () => {
    const names = [...'abcdefghijk'];
    const chosen = names.filter((name) => name !== 'f').toReversed();
    const { around, asked, placeOf } = filesReader((name) => `text of ${name}`);
    const read = await around('https://elsewhere.example.com/x', ...names);
    expect(read?.places.map(({ location, text }) => [location, text.reveal()])).toEqual(
      chosen.map((name) => [placeOf(name), `text of ${name}`]),
    );
    // The one that leads elsewhere, and the one in the middle.
    expect(read?.unread).toBe(2);
    expect(asked).toEqual(chosen);
  });

  it.each([
    ['far behind them', 80],
    ['right behind them', 30],
    ['with them', 29],
  ])('go on to the last line of a key that begins among them, and ends %s', async (_where, length) => {
    const lines = Array.from({ length }, () => 'k3y9'.repeat(16));
    const key = ['-----BEGIN RSA PRIVATE KEY-----', ...lines, '-----END RSA PRIVATE KEY-----'];
    const file = { status: 200, text: ['a', ...key, 'b'].join('\n') };
    const { read, url } = await reader([raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, file)]);
    const text = await read(`${url}/g/p/-/raw/${COMMIT}/a#L2`);
    expect(text?.reveal()).toBe(['a', ...key].join('\n'));
  });

  it('are asked for at five places at once, so that slow ones leave a step time for its provider', async () => {
    const answered = Promise.withResolvers<string>();
    const { around, asked } = filesReader(() => answered.promise);
    const reading = around(...'abcdefghijkl');

    await eventually(() => expect(asked).toHaveLength(5));
    answered.reject(new Failure('timeout'));

    await expect(reading).rejects.toMatchObject({ code: 'timeout', scope: 'entry' });
    expect(asked).toHaveLength(10);
  });

  it('come with the failure of a place that fails, as what is missing may stand there', async () => {
    const { around, placeOf } = filesReader((name) =>
      name === 'b' ? FILE : Promise.reject(new Failure('unavailable')),
    );
    expect(await around('a', 'b')).toMatchObject({
      places: [{ location: placeOf('b') }],
      unread: 1,
      failure: { code: 'unavailable', scope: 'entry' },
    });
  });

  it('are read from another place when one is gone', async () => {
    const { around, placeOf } = filesReader((name) => (name === 'b' ? FILE : undefined));
    expect((await around('a', 'b'))?.places).toMatchObject([{ location: placeOf('b') }]);
  });

  it.each([
    ['status-503', 'unavailable'],
    ['status-500', 'unavailable'],
    // No limit of the vendor, for which alone a revocation ends without a proof: whoever likes may use it up.
    ['status-429', 'unavailable'],
    ['reset', 'unreachable'],
    ['timeout', 'timeout'],
  ] as const)('cost only this entry a pause when GitLab fails (%s)', async (fault, code) => {
    const { read, url } = await reader([raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { fault })]);
    await expect(read(`${url}/g/p/-/raw/${COMMIT}/a`)).rejects.toMatchObject({ code, scope: 'entry' });
  });

  it('are not there when the file is too large to be read', async () => {
    const { read, url } = await reader([raw(`/gitlab/g/p/-/raw/${COMMIT}/a`, { fault: 'oversized' })]);
    expect(await read(`${url}/g/p/-/raw/${COMMIT}/a`)).toBeUndefined();
  });
});

describe('what fits a pattern in the lines around a leak', () => {
  const ID = /id-\w+/i;
  const places = (...texts: string[]) => ({
    places: texts.map((text) => ({ location: text, text: new Secret(text) })),
    unread: 0,
  });
  const found = (...texts: string[]) => matchesAround(places(...texts), new Secret('the-token'), ID);

  it('comes with the nearest to the token first', () => {
    expect(found('id-far\n\n\n\n\n\nid-near the-token ID-behind\n\nid-last')).toEqual([
      ...['id-near', 'ID-behind', 'id-last', 'id-far'],
    ]);
    expect(found('id-a the-token\n\n\nid-b\nthe-token')).toEqual(['id-a', 'id-b']);
    expect(found('id-a id-b id-a')).toEqual(['id-a', 'id-b']);
  });

  it.each([
    ['in JSON of PHP', '{"id": "the-id", "secret": "s3\\/cr+et"}'],
    ['in JSON of Java', '"id\\u003dthe-id secret\\u003ds3/cr\\u002bet"'],
    ['in an address', 'https://example.com/?id=the-id&secret=s3%2Fcr%2Bet'],
    ['in a page', 'the-id &quot;s3&#x2F;cr&#43;et&quot;'],
    ['at the beginning of a line in a program', '"the-id\\ns3/cr+et\\n"'],
  ])('is found as well where its characters are escaped, as %s', (_how, text) => {
    const places = [{ location: '', text: new Secret(text) }];
    const secret = /(?<![\w/+])s\d[a-z/+]{6}(?![\w/+])/;
    expect(matchesAround({ places, unread: 0 }, new Secret('the-id'), secret)).toEqual(['s3/cr+et']);
  });

  it('is nearest in the form of the text that has the token, and there in the others as well', () => {
    const near = (text: string, token: string) => matchesAround(places(text), new Secret(token), ID);
    expect(near('id-far\n\n\n\n\n\nid-near t%41ken', 't%41ken')).toEqual(['id-near', 'id-far']);
    expect(near('id-far\n\n\n\n\n\nid-near t%41ken', 'tAken')).toEqual(['id-near', 'id-far']);
    expect(near('id%2Dfar\n\n\nid-near t%41ken', 't%41ken')).toEqual(['id-near', 'id-far']);
    expect(near('id-first\n\n\nid-last', 'absent')).toEqual(['id-first', 'id-last']);
  });

  it('comes from each place in turn, so that neither older nor newer decoys come before all that is real', () => {
    const decoy = (name: string) => Array.from({ length: 20 }, (_, n) => `id-${name}${n}`).join(' ');
    const ofThree = found(decoy('new'), decoy('middle'), 'id-real the-token');
    expect(ofThree.slice(0, 3)).toEqual(['id-new0', 'id-real', 'id-middle0']);
    expect(new Set(ofThree)).toHaveProperty('size', 41);
    expect(found('id-real the-token', decoy('old')).slice(0, 2)).toEqual(['id-real', 'id-old0']);
  });
});
