import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  administrator,
  alice,
  aliceOfGitea,
  avatar,
  cases,
  deletesItself,
  gogs,
  listed,
  nobody,
  notShown,
  page,
  refusal,
  removesItself,
  search,
  shown,
  TOKEN,
  user,
  withAdmin,
} from './cases.ts';
import { gitea } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], config: (url: string) => object) {
  const bench = await startBench(gitea, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  return result;
}

describe('an access token', () => {
  it.each([
    ['no token of its user ends like it', listed('deadbeef')],
    ['two tokens of its user end like it', listed(TOKEN.slice(-8), TOKEN.slice(-8))],
  ])('is not deleted when %s', async (_when, list) => {
    expect(await run([alice, ...list], withAdmin)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it.each([
    'token does not have at least one of required scope(s), required=[read:user]',
    'token scope is limited to public users',
  ])('that may not say whose it is goes to a person: "%s"', async (message) => {
    const limited = user(403, { message });
    expect(await run([limited], withAdmin)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it.each([
    ['Gitea 1.26.0', 'text/plain; charset=utf-8', '404 page not found\n'],
    ['Gogs 0.14.3', 'text/html; charset=utf-8', '<!DOCTYPE html>\n<title>Page Not Found - Gogs</title>'],
  ])(
    'goes to a person where it cannot delete itself and no administrator is configured: %s',
    async (...of) => {
      const [, contentType, text] = of;
      const { expect: call } = deletesItself(404);
      const noSuchCall = {
        expect: call,
        answer: { status: 404, text, headers: { 'content-type': contentType } },
      };
      expect(await run([alice, alice, noSuchCall], gogs)).toMatchObject({
        outcome: 'refused',
        reason: 'not-permitted',
      });
    },
  );

  describe('of Gitea without an administrator', () => {
    const ending = TOKEN.slice(-8);
    const refusedOf = (reason: string) => ({ outcome: 'refused', reason });

    it('goes to a person where it lacks the right to delete itself', async () => {
      const message =
        'token does not have at least one of required scope(s), required=[write:user], token scope=read:user';
      const seen = shown('deadbeef', ending);
      const end = await run([...seen, ...seen, removesItself(403, { message })], gogs);
      expect(end).toMatchObject(refusedOf('not-permitted'));
    });

    it.each([
      ['none', ['deadbeef']],
      ['two', [ending, ending]],
    ])('is not deleted when %s of the tokens that it is shown end like it', async (_how, endings) => {
      expect(await run(shown(...endings), gogs)).toMatchObject(refusedOf('ambiguous'));
    });

    it('is not taken for the only one by a list that breaks off', async () => {
      const [user, first, end] = shown('deadbeef', ending);
      if (!user || !first || !end) throw new Error('There were to be three.');
      const broken = { expect: end.expect, answer: { status: 401, json: { message: 'auth required' } } };
      await expect(run([user, first, broken], gogs)).rejects.toMatchObject({ code: 'unexpected-answer' });
    });

    it('goes to a person where no token is shown any, as on Forgejo', async () => {
      const seen = [aliceOfGitea, notShown];
      const end = await run([...seen, ...seen, deletesItself(404, { message: 'not found' })], gogs);
      expect(end).toMatchObject(refusedOf('not-permitted'));
    });
  });

  it('is not called dead while its user may not sign in', async () => {
    const locked = user(403, { message: 'user is disabled' });
    await expect(run([locked], withAdmin)).rejects.toMatchObject({ code: 'suspended' });
  });

  const mine = listed('deadbeef', TOKEN.slice(-8));

  it('is not taken for the only one by a list that breaks off', async () => {
    const [first] = listed(TOKEN.slice(-8));
    const broken = page(2, 404, { message: 'not found' });
    const end = first && run([alice, first, broken], withAdmin);
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not called dead when it is refused while its record is there', async () => {
    const exchanges = [alice, ...mine, ...nobody, ...mine];
    await expect(run(exchanges, withAdmin)).rejects.toMatchObject({ code: 'suspended' });
  });

  it.each([
    ['its record', listed('deadbeef')],
    ['its user', [page(1, 404, { message: 'user redirect does not exist [name: alice]' })]],
  ])('that worked before is dead when %s is gone', async (_what, after) => {
    expect(await run([alice, ...mine, ...nobody, ...after], withAdmin)).toMatchObject({
      outcome: 'already-inactive',
    });
  });

  it('that worked just before and does not now is dead', async () => {
    expect(await run([alice, ...nobody], gogs)).toMatchObject({ outcome: 'already-inactive' });
  });
});

describe('the check of the administrator', () => {
  it.each([
    ['says nothing of one', true, { ok: true }],
    [
      'says that somebody else lacks the right, to whom his own tokens are listed',
      false,
      { ok: false, advice: expect.stringContaining('an administrator') },
    ],
  ])('%s', async (_what, is_admin, check) => {
    const bench = await startBench(gitea, withAdmin, [administrator(200, { login: 'root', is_admin })]);
    onTestFinished(() => bench.close());
    expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([check]);
    bench.verify();
  });
});

describe('an instance that refuses all, as it does while its database does not answer', () => {
  const failing = search(500, { message: '', url: 'https://gitea.example.com/api/swagger' });
  const closed = search(403, { message: 'Only signed in user is allowed to call APIs.' });

  it.each([
    ['says that it does not know a token', [refusal, failing]],
    ['says that a token is dead which it has let in', [alice, refusal, failing]],
  ])('is not believed when it %s', async (_what, exchanges) => {
    await expect(run(exchanges, gogs)).rejects.toMatchObject({ code: 'upstream-error' });
  });

  it('is not believed when it refuses a token until its database answers again', async () => {
    const [, open] = nobody;
    if (!open) throw new Error('It was to answer.');
    const script = [alice, refusal, open, alice, deletesItself(204), ...nobody];
    expect(await run(script, gogs)).toMatchObject({ outcome: 'revoked' });
  });

  it('is not believed when it refuses the administrator, too, and lets nobody search', async () => {
    const script = [refusal, closed, administrator(401)];
    await expect(run(script, withAdmin)).rejects.toMatchObject({ code: 'credential-refused' });
    const letIn = administrator(200, { login: 'root', is_admin: true });
    expect(await run([refusal, closed, letIn, refusal], withAdmin)).toMatchObject({
      reason: 'unknown-token',
    });
  });

  it.each([
    ['unknown', [refusal], { reason: 'unknown-token' }],
    ['dead, as it was let in before', [alice, refusal], { outcome: 'already-inactive' }],
  ])('is believed where nobody may search and it looks for a user: %s', async (_what, refusals, end) => {
    const nobodys = avatar(404, 'Not found.\n');
    expect(await run([...refusals, closed, nobodys, refusal], gogs)).toMatchObject(end);
  });

  it.each([
    ['it fails', 500, '<!DOCTYPE html>\n<title>Internal Server Error</title>', 'upstream-error'],
    ['a proxy answers', 404, '404 Not Found', 'unexpected-answer'],
    ['a proxy asks for a login', 302, '', 'unexpected-answer'],
  ])('is not believed where nobody may search and %s when asked for a user', async (...of) => {
    const [, status, text, code] = of;
    for (const refusals of [[refusal], [alice, refusal]]) {
      const script = [...refusals, closed, avatar(status, text)];
      await expect(run(script, gogs)).rejects.toMatchObject({ code });
    }
  });
});

const atCopy = ({ expect: call, answer }: Exchange): Exchange => ({
  expect: { ...call, path: `/copy${call.path}` },
  answer,
});

it('is deleted at an instance that was restored from a copy, too', async () => {
  const here = [alice, deletesItself(204)];
  const script = [alice, ...here, ...[alice, ...here].map(atCopy), ...nobody.map(atCopy), ...nobody];
  const result = await run(script, (url) => ({ instances: [{ url }, { url: `${url}/copy` }] }));
  expect(result).toMatchObject({ outcome: 'revoked' });
});

it('is not deleted by an id that was rounded on its way', async () => {
  const records = [{ id: 2 ** 60 + 256, name: 'ci', sha1: '', token_last_eight: TOKEN.slice(-8) }];
  await expect(run([alice, page(1, 200, records)], withAdmin)).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});
