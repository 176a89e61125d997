import { expect, it } from 'vitest';
import { found, NOW, RULE, type SourceBench, sourceBench } from './source-bench.ts';

const DAY_MS = 86_400_000;

/** All that a sweep finds, step by step. */
async function sweepThrough(bench: SourceBench, order: Parameters<SourceBench['sweep']>[0]) {
  const tokens: string[] = [];
  const pointers: string[] = [];
  const rests: number[] = [];
  for (let steps = 1; ; steps += 1) {
    const result = await bench.sweep(order);
    if (result.outcome !== 'gathered') throw new Error(`It ended as ${result.outcome}.`);
    tokens.push(...found(result).tokens);
    pointers.push(...found(result).pointers);
    if (result.moreAfterMs === undefined)
      return { tokens, pointers, steps, rests, evidence: result.evidence };
    rests.push(result.moreAfterMs);
  }
}

it('goes through all pages of a group, the newest first, and leaves out what is not open or not a secret', async () => {
  const bench = await sourceBench();
  const [one, two] = [bench.project('group/one'), bench.project('group/sub/two')];
  const other = bench.project('other/three');
  const tokens = Array.from({ length: 120 }, (_, i) => `secret-${i}`);
  for (const [i, token] of tokens.entries()) bench.gitlab.leak(i % 2 ? one : two, { rule: RULE, token });
  bench.gitlab.leak(other, { rule: RULE, token: 'of-another-group' });
  bench.gitlab.leak(one, { rule: RULE, token: 'of-another-scanner', reportType: 'sast' });
  const resolved = bench.gitlab.leak(one, { rule: RULE, token: 'resolved' });
  bench.gitlab.setState(resolved, 'RESOLVED');
  bench.gitlab.leak(one, { rule: 'unheard_of', token: 'of-no-provider' });
  const swept = await sweepThrough(bench, { group: 'group' });
  expect(swept.tokens).toEqual(tokens.toReversed());
  const newest = expect.any(Number);
  expect(swept.evidence).toEqual({ newest, findings: 121, found: 120, unsupported: 1, unread: 0 });
  // Nobody reads a secret that nobody can revoke.
  expect(bench.asked().filter((call) => call.startsWith('GET /vulnerabilities/'))).toHaveLength(120);
});

/** GitLab leaves out of a page what is not for our user, and that may be all of it. */
function emptyPage(endCursor: string | null) {
  const vulnerabilities = { edges: [], pageInfo: { hasNextPage: true, endCursor } };
  const body = { data: { currentUser: { id: 'gid://gitlab/User/7' }, group: { vulnerabilities } } };
  return { method: 'POST', path: '/api/graphql', status: 200, body } as const;
}

it('goes past a page of which nothing is for its user', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  bench.gitlab.leak(app, { rule: RULE, token: 'behind' });
  const { id } = bench.gitlab.leak(app, { rule: RULE, token: 'not for our user' });
  const cursor = Buffer.from(JSON.stringify({ vulnerability_id: String(id) })).toString('base64');
  bench.gitlab.failNext(emptyPage(cursor));

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept.tokens).toEqual(['behind']);
});

it('goes past what has no project for its user', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const { id } = bench.gitlab.leak(app, { rule: RULE, token: 'behind' });
  const page = emptyPage(null);
  const node = {
    ...{ id: 'gid://gitlab/Vulnerability/4711', state: 'DETECTED', reportType: 'SECRET_DETECTION' },
    ...{ detectedAt: new Date(NOW).toISOString(), project: null, identifiers: [], location: null },
  };
  const cursor = Buffer.from(JSON.stringify({ vulnerability_id: String(id + 1) })).toString('base64');
  const vulnerabilities = { edges: [{ cursor, node }], pageInfo: { hasNextPage: true, endCursor: cursor } };
  bench.gitlab.failNext({
    ...page,
    body: { data: { currentUser: page.body.data.currentUser, group: { vulnerabilities } } },
  });

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept.tokens).toEqual(['behind']);
  expect(swept.evidence).toMatchObject({ findings: 1 });
});

it('asks no more where a page of a project says that there is more, and not where', async () => {
  const bench = await sourceBench();
  bench.project('group/app');
  const { body, ...call } = emptyPage(null);
  const { currentUser, group } = body.data;
  bench.gitlab.failNext({ ...call, body: { data: { currentUser, project: group } } });

  await expect(bench.sweep({ project: 'group/app' })).rejects.toMatchObject({ code: 'unexpected-answer' });

  // The second call asks whether the findings are for its user.
  expect(bench.asked()).toHaveLength(2);
});

it('goes on by projects where one of a group hides a page of findings, and reads nothing twice', async () => {
  const bench = await sourceBench();
  const [shown, hidden] = [bench.project('group/app'), bench.project('group/hidden', { developers: [] })];
  const below = bench.project('group/sub/below');
  Object.assign(hidden, { visibility: 'public' });
  bench.gitlab.leak(shown, { rule: RULE, token: 'behind' });
  bench.gitlab.leak(below, { rule: RULE, token: 'behind and below' });
  for (let i = 0; i < 60; i++) bench.gitlab.leak(hidden, { rule: RULE, token: `hidden-${i}` });
  bench.gitlab.leak(shown, { rule: RULE, token: 'before' });

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept.tokens).toEqual(['before', 'behind', 'behind and below']);
  expect(swept.evidence).toMatchObject({ findings: 3, found: 3, projects: 3, leftOut: 1 });
  expect(swept.evidence.leftOutProjects).toEqual([{ id: hidden.id, path: 'group/hidden' }]);
});

it.each([
  ['in the list of their group', false],
  ['project by project', true],
])(
  'reads what projects have from before that were left out, once they are granted, %s',
  async (_how, byProject) => {
    const bench = await sourceBench();
    const [seen, granted] = [bench.project('group/seen'), bench.project('group/granted')];
    const hidden = bench.project('group/hidden', { developers: [], visibility: 'public' });
    const detectedAtMs = NOW - 30 * DAY_MS;
    for (const [project, token] of [
      [seen, 'seen before'],
      [granted, 'missed'],
      [granted, 'missed too'],
    ] as const)
      bench.gitlab.leak(project, { rule: RULE, token, detectedAtMs });
    for (let i = 0; i < (byProject ? 60 : 0); i++)
      bench.gitlab.leak(hidden, { rule: RULE, token: `hidden-${i}` });
    bench.gitlab.leak(granted, { rule: RULE, token: 'new' });
    const missed = [granted, hidden].map(({ id, path }) => ({ id, path }));

    const swept = await sweepThrough(bench, { group: 'group', since: NOW - DAY_MS, missed });

    expect(new Set(swept.tokens)).toEqual(new Set(['new', 'missed', 'missed too']));
    expect(swept.evidence).toMatchObject({ leftOutProjects: [{ id: hidden.id, path: 'group/hidden' }] });
  },
);

it('tells of no lower number as the newest than the sweep before', async () => {
  const bench = await sourceBench();
  const [known, granted] = [bench.project('group/known'), bench.project('group/granted')];
  bench.gitlab.leak(granted, { rule: RULE, token: 'missed', detectedAtMs: NOW - 30 * DAY_MS });
  const { id } = bench.gitlab.leak(known, { rule: RULE, token: 'known', detectedAtMs: NOW - 20 * DAY_MS });
  const missed = [{ id: granted.id, path: granted.path }];

  const swept = await sweepThrough(bench, { since: NOW - DAY_MS, newest: Number(id), missed });

  expect(swept.tokens).toEqual(['missed']);
  expect(swept.evidence).toMatchObject({ newest: Number(id) });
});

it('names the first ones of very many that it left out, so that nobody puts others in their place', async () => {
  const bench = await sourceBench();
  const shown = bench.project('group/app');
  const all = Array.from({ length: 60 }, (_, i) =>
    bench.project(`group/hidden-${i}`, { developers: [], visibility: 'public' }),
  );
  for (const each of all) bench.gitlab.leak(each, { rule: RULE, token: `of ${each.path}` });
  bench.gitlab.leak(shown, { rule: RULE, token: 'secret' });

  const swept = await sweepThrough(bench, {});

  expect(swept.evidence).toMatchObject({ leftOut: 60 });
  const named = all.slice(0, 50).map(({ id, path }) => ({ id, path }));
  expect(swept.evidence.leftOutProjects).toEqual(named);
});

it('names what it left out at its end alone, and not in each step of its history', async () => {
  const bench = await sourceBench();
  const hidden = bench.project('group/hidden', { developers: [], visibility: 'public' });
  const shown = bench.project('group/app');
  bench.gitlab.leak(hidden, { rule: RULE, token: 'hidden' });
  for (let i = 0; i < 120; i++) bench.gitlab.leak(shown, { rule: RULE, token: `secret-${i}` });

  const first = await bench.sweep({});
  const swept = await sweepThrough(bench, {});

  expect(first).toMatchObject({ moreAfterMs: 0, evidence: { leftOut: 1 } });
  expect(first).not.toHaveProperty('evidence.leftOutProjects');
  expect(swept.evidence.leftOutProjects).toEqual([{ id: hidden.id, path: 'group/hidden' }]);
});

it('comes to its end where what was left out before takes several steps', async () => {
  const bench = await sourceBench();
  const [seen, granted] = [bench.project('group/seen'), bench.project('group/granted')];
  const detectedAtMs = NOW - 30 * DAY_MS;
  for (let i = 0; i < 220; i++)
    bench.gitlab.leak(granted, { rule: RULE, token: `missed-${i}`, detectedAtMs });
  bench.gitlab.leak(seen, { rule: RULE, token: 'new' });
  const missed = [{ id: granted.id, path: granted.path }];

  const swept = await sweepThrough(bench, { group: 'group', since: NOW - DAY_MS, missed });

  expect(swept.tokens).toHaveLength(221);
  expect(swept.rests).toEqual([0, 0]);
});

it('loses nothing that is brought from elsewhere while it goes through what was left out', async () => {
  const bench = await sourceBench();
  const [seen, granted] = [bench.project('group/seen'), bench.project('group/granted')];
  for (let i = 0; i < 120; i++) bench.gitlab.leak(seen, { rule: RULE, token: `seen-${i}` });
  const order = { group: 'group', missed: [{ id: granted.id, path: granted.path }] };
  // A step ends after so many secrets.
  expect(await bench.sweep(order)).toMatchObject({ moreAfterMs: 0 });
  bench.gitlab.leak(seen, { rule: RULE, token: 'imported', detectedAtMs: NOW - 300 * DAY_MS });
  bench.gitlab.leak(granted, { rule: RULE, token: 'new' });

  const first = await sweepThrough(bench, order);
  const newest = Number(first.evidence.newest);
  bench.notes.length = 0;
  const next = await sweepThrough(bench, { group: 'group', since: NOW - DAY_MS, newest });

  expect(first.tokens).toContain('new');
  expect(first.tokens).not.toContain('imported');
  expect(next.tokens).toContain('imported');
});

it('goes on by projects where GitLab fails at the list of a group, also after a restart in the midst of it', async () => {
  const bench = await sourceBench();
  for (let i = 0; i < 3; i++) {
    const project = bench.project(`group/app-${i}`);
    for (let n = 0; n < 90; n++) bench.gitlab.leak(project, { rule: RULE, token: `secret-${i}-${n}` });
  }
  failAt(bench, 'group', 500);

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(new Set(swept.tokens).size).toBe(270);
  expect(swept.steps).toBe(3);
  expect(swept.evidence).toMatchObject({ findings: 270, found: 270, projects: 3 });
});

it('goes on by projects where more of them than a page has are not for its user', async () => {
  const bench = await sourceBench();
  const shown = bench.project('group/app');
  const hidden = bench.project('group/hidden', { developers: [], visibility: 'public' });
  const other = bench.project('groups/app');
  bench.gitlab.leak(shown, { rule: RULE, token: 'behind' });
  bench.gitlab.leak(other, { rule: RULE, token: 'of another group' });
  for (let i = 0; i < 60; i++) bench.gitlab.leak(hidden, { rule: RULE, token: `hidden-${i}` });
  for (let i = 0; i < 120; i++) bench.project(`group/own-${i}`, { developers: [] });

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept.tokens).toEqual(['behind']);
  expect(swept.evidence).toMatchObject({ projects: 2, leftOut: 1 });
});

it('goes on by projects where the list of the group went by dates, and leaves nothing out', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const { id } = bench.gitlab.leak(app, { rule: RULE, token: 'new' });
  const detectedAtMs = NOW - 300 * DAY_MS;
  bench.gitlab.leak(app, { rule: RULE, token: 'imported', detectedAtMs });
  const page = emptyPage(null);
  const node = {
    ...{ id: `gid://gitlab/Vulnerability/${id}`, state: 'DETECTED', reportType: 'SECRET_DETECTION' },
    ...{ detectedAt: new Date(NOW).toISOString(), identifiers: [{ externalType: 'x', externalId: 'y' }] },
    ...{ project: { id: `gid://gitlab/Project/${app.id}`, fullPath: app.path }, location: null },
  };
  const cursor = Buffer.from(JSON.stringify({ vulnerability_id: String(id) })).toString('base64');
  const vulnerabilities = { edges: [{ cursor, node }], pageInfo: { hasNextPage: true, endCursor: cursor } };
  const { currentUser } = page.body.data;
  bench.gitlab.failNext({ ...page, body: { data: { currentUser, group: { vulnerabilities } } } });
  for (let calls = 0; calls < 2; calls++) {
    bench.gitlab.failNext({ method: 'POST', path: '/api/graphql', about: cursor, status: 500 });
  }

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept.tokens).toEqual(['imported']);
  expect(swept.evidence).toMatchObject({ findings: 2, projects: 1 });
});

it('goes on where it stopped, and reads nothing twice', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  for (let i = 0; i < 150; i++) bench.gitlab.leak(app, { rule: RULE, token: `secret-${i}` });
  const first = await bench.sweep({ group: 'group' });
  expect(first).toMatchObject({ moreAfterMs: 0, evidence: { found: 100 } });
  const second = await bench.sweep({ group: 'group' });
  expect(second).toMatchObject({ evidence: { findings: 150, found: 150 } });
  expect(new Set([...found(first).tokens, ...found(second).tokens]).size).toBe(150);
});

it('goes no further back than it is told', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  bench.gitlab.leak(app, { rule: RULE, token: 'old', detectedAtMs: NOW - 3 * DAY_MS });
  bench.gitlab.leak(app, { rule: RULE, token: 'new', detectedAtMs: NOW - DAY_MS });
  const swept = await sweepThrough(bench, { project: 'group/app', since: NOW - 2 * DAY_MS });
  expect(swept.tokens).toEqual(['new']);
});

it('goes through all projects that its user sees', async () => {
  const bench = await sourceBench();
  for (let i = 0; i < 130; i++) {
    const project = bench.project(`group-${i}/app`, { developers: i % 10 === 3 ? [] : [7] });
    bench.gitlab.leak(project, { rule: RULE, token: `secret-${i}` });
  }
  const swept = await sweepThrough(bench, {});
  expect(swept.tokens).toHaveLength(117);
  expect(swept.evidence).toMatchObject({ projects: 117, found: 117 });
});

it('goes on past a project whose group wants a finer token, and past a finding', async () => {
  const bench = await sourceBench();
  const [first, second] = ['one/app', 'two/app'].map((path) => bench.project(path));
  if (!first || !second) throw new Error('There were to be two.');
  bench.gitlab.leak(first, { rule: RULE, token: 'not granted' });
  const { id } = bench.gitlab.leak(second, { rule: RULE, token: 'not granted either' });
  bench.gitlab.leak(second, { rule: RULE, token: 'secret' });
  const message = 'Access denied: This operation requires a fine-grained personal access token.';
  const denied = { method: 'POST', path: '/api/graphql', status: 200 } as const;
  bench.gitlab.failNext({ ...denied, body: { data: null, errors: [{ message }] } });
  const record = { method: 'GET', path: `/vulnerabilities/${id}`, status: 403 } as const;
  bench.gitlab.failNext({ ...record, body: { error: 'insufficient_granular_scope' } });

  const swept = await sweepThrough(bench, {});

  expect(swept).toMatchObject({ tokens: ['secret'], evidence: { projects: 2, found: 1, unread: 1 } });
});

it('leaves what it cannot read to steps of their own', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const leak = { rule: RULE, token: 'secret', withoutExtract: true, withoutCommit: true };
  const { id } = bench.gitlab.leak(app, leak);
  const swept = await sweepThrough(bench, { group: 'group' });
  expect(swept.pointers).toEqual([
    `${bench.gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`,
  ]);
  expect(swept.evidence).toMatchObject({ findings: 1, found: 0, unread: 1 });
});

it('is not held up by a record at which GitLab fails', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const [first, broken] = ['one', 'two', 'three'].map((token) =>
    bench.gitlab.leak(app, { rule: RULE, token }),
  );
  bench.gitlab.failNext({ method: 'GET', path: `/vulnerabilities/${broken?.id}`, status: 500 });
  const swept = await sweepThrough(bench, { group: 'group' });
  expect(first && swept.tokens).toEqual(['three', 'one']);
  expect(swept.pointers).toHaveLength(1);
});

it('rests before GitLab has to refuse it, and leaves a part of the limit to others', async () => {
  const bench = await sourceBench({ callsPerMinute: 40 });
  const app = bench.project('group/app');
  for (let i = 0; i < 60; i++) bench.gitlab.leak(app, { rule: RULE, token: `secret-${i}` });
  const first = await bench.sweep({ group: 'group' });
  expect(first).toMatchObject({ moreAfterMs: 60_000 });
  expect(bench.gitlab.calls.length).toBeLessThan(40 * 0.8);
  bench.clock.jump(60_000);
  const second = await bench.sweep({ group: 'group' });
  expect(found(second).tokens.length).toBeGreaterThan(0);
  expect(bench.gitlab.calls.filter(({ status }) => status === 429)).toEqual([]);
});

it.each([
  ['ahead', NOW - 5 * 3_600_000],
  ['behind', NOW + 5 * 3_600_000],
])('rests as long as GitLab counts by its own clock, where ours is %s', async (_what, gitlabsNow) => {
  const bench = await sourceBench({ callsPerMinute: 40, now: () => gitlabsNow });
  const app = bench.project('group/app');
  for (let i = 0; i < 60; i++) bench.gitlab.leak(app, { rule: RULE, token: `secret-${i}` });
  expect(await bench.sweep({ group: 'group' })).toMatchObject({ moreAfterMs: 60_000 });
});

it.each([
  ['the time from which GitLab answers again', { headers: { 'RateLimit-Reset': String(NOW) } }],
  ['a wait of a month', { status: 429, headers: { 'Retry-After': '2592000' } }],
])('waits for an hour at most, whatever proxy gives %s', async (_name, answer) => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const [one] = ['one', 'two'].map((token) => bench.gitlab.leak(app, { rule: RULE, token }));
  const headers = { 'RateLimit-Limit': '100', 'RateLimit-Remaining': '0', ...answer.headers };
  const path = `/vulnerabilities/${one?.id}`;
  const body = { message: '404 Not found' };
  bench.gitlab.failNext({ method: 'GET', path, status: 404, body, ...answer, headers });
  expect(await bench.sweep({ group: 'group' })).toMatchObject({ moreAfterMs: 3_600_000 });
});

it('commits what it has found before it waits for a GitLab that refuses it', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  for (let i = 0; i < 10; i++) bench.gitlab.leak(app, { rule: RULE, token: `secret-${i}` });
  bench.gitlab.configure({ callsLeft: 4, retryAfterSeconds: 17 });
  const first = await bench.sweep({ group: 'group' });
  expect(first).toMatchObject({ moreAfterMs: 17_000, evidence: { found: 3 } });
  await expect(bench.sweep({ group: 'group' })).rejects.toMatchObject({
    code: 'throttled',
    retryAfterMs: 17_000,
  });
});

it('commits what it has found before it says that the group is not for its user any more', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  for (let i = 0; i < 60; i++) bench.gitlab.leak(app, { rule: RULE, token: `secret-${i}` });
  const gone = { data: { currentUser: { id: 'gid://gitlab/User/7' }, group: null } };
  const call = { method: 'POST', path: '/api/graphql', about: '"after":"' } as const;
  for (let i = 0; i < 2; i++) bench.gitlab.failNext({ ...call, status: 200, body: gone });

  expect(await bench.sweep({ group: 'group' })).toMatchObject({ moreAfterMs: 0, evidence: { found: 50 } });
  expect(await bench.sweep({ group: 'group' })).toMatchObject({ reason: 'not-permitted' });
});

it('says that a group is not there, or not for its user', async () => {
  const bench = await sourceBench();
  bench.project('group/app', { developers: [] });
  for (const group of ['group', 'nowhere']) {
    expect(await bench.sweep({ group })).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  }
});

it.each([
  ['a project', { project: 'group/app' }],
  ['a group', { group: 'group' }],
])(
  'says of %s that its user sees, but not the findings of, that they are not for its user',
  async (_name, scope) => {
    const bench = await sourceBench();
    const app = bench.project('group/app', { developers: [], visibility: 'public' });
    bench.gitlab.leak(app, { rule: RULE, token: 'not for its user' });
    expect(await bench.sweep(scope)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  },
);

it('has found nothing where there is nothing, and its user would see it', async () => {
  const bench = await sourceBench();
  bench.project('group/app');
  const swept = await sweepThrough(bench, { project: 'group/app' });
  expect(swept.evidence).toMatchObject({ findings: 0 });
});

it('goes on past a project whose many findings are not for its user', async () => {
  const bench = await sourceBench();
  const hidden = bench.project('public/app', { developers: [], visibility: 'public' });
  for (let i = 0; i < 60; i++) bench.gitlab.leak(hidden, { rule: RULE, token: `hidden-${i}` });
  bench.gitlab.leak(bench.project('group/app'), { rule: RULE, token: 'secret' });
  const swept = await sweepThrough(bench, {});
  expect(swept.tokens).toEqual(['secret']);
});

it('is not ended by what was brought from elsewhere, with its date of there', async () => {
  const bench = await sourceBench();
  const [app, imported] = [bench.project('group/app'), bench.project('group/imported')];
  bench.gitlab.leak(app, { rule: RULE, token: 'long ago', detectedAtMs: NOW - 30 * DAY_MS });
  bench.gitlab.leak(app, { rule: RULE, token: 'new', detectedAtMs: NOW - DAY_MS });
  for (let i = 0; i < 120; i++) {
    const detectedAtMs = NOW - 300 * DAY_MS;
    bench.gitlab.leak(imported, { rule: RULE, token: `imported-${i}`, detectedAtMs });
  }

  const swept = await sweepThrough(bench, { group: 'group', since: NOW - 2 * DAY_MS });

  expect(swept.tokens).toEqual(['new']);
});

it('goes on where something new comes among what is too old', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  const detectedAtMs = NOW - 300 * DAY_MS;
  bench.gitlab.leak(app, { rule: RULE, token: 'behind', detectedAtMs: NOW - DAY_MS });
  for (const between of ['between', 'first']) {
    for (let i = 0; i < 600; i++) bench.gitlab.leak(app, { rule: RULE, token: `old-${i}`, detectedAtMs });
    bench.gitlab.leak(app, { rule: RULE, token: between, detectedAtMs: NOW - DAY_MS });
  }

  const swept = await sweepThrough(bench, { group: 'group', since: NOW - 2 * DAY_MS });

  expect(swept.tokens).toEqual(['first', 'between', 'behind']);
});

it('is not ended by any number that were brought from elsewhere since the last sweep, and reads them', async () => {
  const bench = await sourceBench();
  const [app, imported] = [bench.project('group/app'), bench.project('group/imported')];
  const old = bench.gitlab.leak(app, { rule: RULE, token: 'seen', detectedAtMs: NOW - 30 * DAY_MS });
  bench.gitlab.leak(app, { rule: RULE, token: 'new', detectedAtMs: NOW - DAY_MS });
  for (let i = 0; i < 1_050; i++) {
    const detectedAtMs = NOW - 300 * DAY_MS;
    bench.gitlab.leak(imported, { rule: RULE, token: `imported-${i}`, detectedAtMs });
  }
  const newest = Number(old.id);

  const swept = await sweepThrough(bench, { group: 'group', since: NOW - 2 * DAY_MS, newest });

  expect(swept.tokens).toHaveLength(1_051);
  expect(swept.tokens).toContain('new');
  expect(swept.evidence.newest).toBeGreaterThan(newest + 1_000);
});

it('ends where nothing but what is too old has come for long', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  for (let i = 0; i < 1_200; i++) {
    bench.gitlab.leak(app, { rule: RULE, token: `old-${i}`, detectedAtMs: NOW - 30 * DAY_MS });
  }

  await sweepThrough(bench, { group: 'group', since: NOW - 2 * DAY_MS });

  expect(bench.asked()).toHaveLength(21);
});

it('reads one by one what stands on a page that is too long to be read, or that GitLab fails at', async () => {
  const bench = await sourceBench();
  const [forged, good] = [bench.project('group/forged'), bench.project('group/good')];
  bench.gitlab.leak(good, { rule: RULE, token: 'old' });
  for (let i = 0; i < 20; i++) {
    bench.gitlab.leak(forged, { rule: RULE, token: `forged-${i}`, file: `${'a'.repeat(60_000)}${i}` });
  }
  for (let i = 0; i < 49; i++) bench.gitlab.leak(good, { rule: RULE, token: `new-${i}` });

  const swept = await sweepThrough(bench, { group: 'group' });

  // The page of the forged ones has the last of the new ones on it, which has to be read by itself.
  expect(swept.tokens).not.toContain('forged-1');
  expect(swept.evidence).toMatchObject({ findings: 70 });
  expect(swept.tokens.length + swept.pointers.length).toBe(70);
});

it('takes a finding that is not as expected for one to be read by itself', async () => {
  const bench = await sourceBench();
  const app = bench.project('group/app');
  bench.gitlab.leak(app, { rule: RULE, token: 'secret' });
  const page = emptyPage(null);
  const project = { id: 'gid://gitlab/Project/1', fullPath: 'group/app' };
  const node = {
    ...{ id: 'gid://gitlab/Vulnerability/4711', state: 'DETECTED', reportType: 'SECRET_DETECTION' },
    ...{ detectedAt: new Date(NOW).toISOString(), project, identifiers: null, location: null },
  };
  const cursor = Buffer.from(JSON.stringify({ vulnerability_id: '4711' })).toString('base64');
  const edges = [null, { cursor: 'none', node: null }, { cursor, node }];
  const vulnerabilities = { edges, pageInfo: { hasNextPage: true, endCursor: cursor } };
  bench.gitlab.failNext({
    ...page,
    body: { data: { currentUser: page.body.data.currentUser, group: { vulnerabilities } } },
  });

  const swept = await sweepThrough(bench, { group: 'group' });

  expect(swept).toMatchObject({ tokens: ['secret'], pointers: [expect.stringContaining('/4711 1')] });
});

/** GitLab fails at a page of a list, however little is asked of it, and answers all else. */
function failAt(bench: SourceBench, path: string, status: 500 | 502 | 'drop', times = 2): void {
  const fault = { method: 'POST', path: '/api/graphql', about: `"${path}"`, status } as const;
  for (let i = 0; i < times; i++) bench.gitlab.failNext(fault);
}

it.each([500, 502, 'drop'] as const)(
  'goes on past a project whose list GitLab always fails at (%s), and says how many it left out',
  async (status) => {
    const bench = await sourceBench();
    const [broken, good] = [bench.project('broken/app'), bench.project('good/app')];
    bench.gitlab.leak(broken, { rule: RULE, token: 'behind a failure' });
    bench.gitlab.leak(good, { rule: RULE, token: 'secret' });
    failAt(bench, 'broken/app', status, 4);

    const swept = await sweepThrough(bench, {});

    expect(swept).toMatchObject({ tokens: ['secret'], evidence: { projects: 2, found: 1, leftOut: 1 } });
  },
);

it('comes back to a project whose list GitLab failed at once, and goes on where that was', async () => {
  const bench = await sourceBench();
  const [busy, good] = [bench.project('busy/app'), bench.project('good/app')];
  for (let i = 0; i < 60; i++) bench.gitlab.leak(busy, { rule: RULE, token: `busy-${i}` });
  bench.gitlab.leak(good, { rule: RULE, token: 'secret' });
  const second = Buffer.from(JSON.stringify({ vulnerability_id: '11' })).toString('base64');
  failAt(bench, second, 500);

  const swept = await sweepThrough(bench, {});

  expect(swept.tokens).toHaveLength(61);
  expect(swept.tokens[50]).toBe('secret');
  // Only before what is asked for again.
  expect(swept.rests).toEqual([120_000]);
  expect(swept.evidence).toMatchObject({ projects: 2, findings: 61 });
  expect(swept.evidence).not.toHaveProperty('leftOut');
});

it('comes back to each of them once, also where a step ends between two', async () => {
  const bench = await sourceBench();
  for (let i = 0; i < 5; i++) {
    const path = `group/app-${i}`;
    bench.gitlab.leak(bench.project(path), { rule: RULE, token: `secret-${i}` });
    if (i < 3) failAt(bench, path, 500);
  }
  const asksAgain = { method: 'POST', path: '/api/graphql', about: '"group/app-1"' } as const;
  bench.gitlab.failNext({ ...asksAgain, status: 429 });

  const swept = await sweepThrough(bench, {});

  expect(swept.tokens).toEqual([3, 4, 0, 1, 2].map((i) => `secret-${i}`));
  expect(swept.steps).toBeGreaterThan(1);
  expect(swept.evidence).toMatchObject({ projects: 5, findings: 5 });
});

it('comes back to twenty projects, and leaves out what fails beyond these', async () => {
  const bench = await sourceBench();
  for (let i = 0; i < 22; i++) {
    const path = `group/app-${i}`;
    bench.gitlab.leak(bench.project(path), { rule: RULE, token: `secret-${i}` });
    failAt(bench, path, 500);
  }

  const swept = await sweepThrough(bench, {});

  expect(swept.tokens).toEqual(Array.from({ length: 20 }, (_, i) => `secret-${i}`));
  expect(swept.evidence).toMatchObject({ projects: 22, leftOut: 2 });
});

it('finds the projects of a group however its path is written', async () => {
  const bench = await sourceBench();
  bench.gitlab.leak(bench.project('Group/App'), { rule: RULE, token: 'secret' });
  bench.gitlab.leak(bench.project('group-of-others/app'), { rule: RULE, token: 'of others' });
  failAt(bench, 'Group', 500);

  expect((await sweepThrough(bench, { group: 'Group' })).tokens).toEqual(['secret']);
});

it('rests among the projects of others, too, before GitLab has to refuse it', async () => {
  const bench = await sourceBench({ callsPerMinute: 12 });
  for (let i = 0; i < 1_300; i++) bench.project(`others/app-${i}`);
  bench.gitlab.leak(bench.project('group/app'), { rule: RULE, token: 'secret' });
  failAt(bench, 'group', 500);
  const tokens: string[] = [];

  for (let isOver = false; !isOver; bench.clock.jump(60_000)) {
    const result = await bench.sweep({ group: 'group' });
    tokens.push(...found(result).tokens);
    isOver = result.outcome === 'gathered' && result.moreAfterMs === undefined;
  }

  expect(tokens).toEqual(['secret']);
  expect(bench.gitlab.calls.filter(({ status }) => status === 429)).toEqual([]);
});

it.each([
  ['does not answer', { status: 'drop' }],
  ['fails at all', { status: 500 }],
  ['is a page of a proxy', { status: 200, body: '<html>Sign in</html>' }],
] as const)('leaves no project out while GitLab %s', async (_name, answer) => {
  const bench = await sourceBench();
  bench.gitlab.leak(bench.project('one/app'), { rule: RULE, token: 'secret' });
  for (let i = 0; i < 4; i++) bench.gitlab.failNext({ method: 'POST', path: '/api/graphql', ...answer });

  await expect(bench.sweep({})).rejects.toMatchObject({ whose: 'provider', scope: 'lane' });
});

it('waits while a proxy says of all that it is not there, and asks nobody for a right', async () => {
  const bench = await sourceBench();
  const page = { status: 404, body: 'default backend - 404' };
  bench.gitlab.failNext({ method: 'GET', path: '/projects', ...page });
  bench.gitlab.failNext({ method: 'POST', path: '/api/graphql', ...page });

  await expect(bench.sweep({})).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
});

it('goes through projects of whose descriptions a page is too long to be read', async () => {
  const bench = await sourceBench();
  const description = 'long '.repeat(60_000);
  for (let i = 0; i < 6; i++) {
    const project = bench.project(`group/app-${i}`, i < 4 ? { description } : {});
    bench.gitlab.leak(project, { rule: RULE, token: `secret-${i}` });
  }

  const swept = await sweepThrough(bench, {});

  expect(swept.tokens).toHaveLength(6);
});
