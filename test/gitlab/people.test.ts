import { expect, it } from 'vitest';
import { createPeople } from '../../src/gitlab/people.ts';
import type { UpstreamRequest } from '../../src/provider/upstream.ts';
import { answerOf } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';

const BASE = 'https://gitlab.example.com';

const PAGE = '<html><title>404 Not Found</title></html>';
const COMMIT_404 = '{"message":"404 Commit Not Found"}';

/** @param texts with what status 404 says, by the end of a path; all else is answered */
function peopleOf(texts: Readonly<Record<string, string>>) {
  return createPeople(
    {
      base: BASE,
      async request({ path }) {
        const text = texts[String(path).split('/').at(-1) ?? ''];
        const answer = text === undefined ? { status: 200, text: '{}' } : { status: 404, text };
        return answerOf(parseBase(BASE), { ...answer, header: () => undefined });
      },
    },
    {},
  );
}

it.each([
  ['of that commit alone', { '0123abcd': PAGE }, { code: 'unexpected-answer', scope: 'entry' }],
  ['of all', { '0123abcd': PAGE, version: PAGE }, { code: 'unavailable', scope: 'lane' }],
])(
  'takes no page of a proxy, in place %s, for a commit that is not there',
  async (_where, texts, failure) => {
    const { signal } = new AbortController();
    await expect(
      peopleOf(texts).author({ project: 'group/app', commit: '0123abcd' }, signal),
    ).rejects.toMatchObject(failure);
  },
);

it('takes the word of GitLab for it', async () => {
  const { signal } = new AbortController();
  const people = peopleOf({ '0123abcd': COMMIT_404 });
  expect(await people.author({ project: 'group/app', commit: '0123abcd' }, signal)).toBeUndefined();
});

it('has GitLab count no lines of a commit, however many it changes', async () => {
  const asked: UpstreamRequest[] = [];
  const text = JSON.stringify({ author_email: 'ann@example.com' });
  const people = createPeople(
    {
      base: BASE,
      async request(request) {
        asked.push(request);
        return answerOf(parseBase(BASE), { status: 200, header: () => undefined, text });
      },
    },
    {},
  );
  const { signal } = new AbortController();

  const author = await people.author({ project: 'group/app', commit: '0123abcd' }, signal);

  expect(author).toBe('ann@example.com');
  expect(asked).toMatchObject([{ query: { stats: 'false' } }]);
});
