import { expect, it } from 'vitest';
import { createPeople } from '../../src/gitlab/people.ts';
import type { UpstreamRequest } from '../../src/provider/upstream.ts';
import { answerOf } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';

const BASE = 'https://gitlab.example.com';

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
