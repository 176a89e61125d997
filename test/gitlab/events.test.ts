import { expect, it } from 'vitest';
import { pointerTo } from '../../src/gitlab/pointer.ts';
import { FULL_PATH, instanceMeant } from '../../src/gitlab/sweep-order.ts';
import { found, RULE, sourceBench } from './source-bench.ts';

const LEAK = { rule: RULE, token: 'a-secret-of-the-tests' };

it('reads the secret where GitLab keeps it, and names its place and its vulnerability', async () => {
  const { gitlab, project, readEvent, asked } = await sourceBench();
  const app = project('group/app');
  const { id, finding } = gitlab.leak(app, LEAK);
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(result).toMatchObject({
    outcome: 'gathered',
    leaks: [
      {
        type: `gitleaks_rule_id_${RULE}`,
        location: `${gitlab.url}/group/app/-/raw/${finding.commit}/config/app.env#L3`,
        vulnerability: id,
      },
    ],
    evidence: { found: 1 },
  });
  expect(found(result).tokens).toEqual([LEAK.token]);
  expect(asked()).toEqual([`GET /vulnerabilities/${id}`]);
});

it.each(['group/.github', '.dotfiles/_x', 'group/..x'])('reads of the project %s', async (path) => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project(path);
  const { id } = gitlab.leak(app, LEAK);
  const result = await readEvent(`${gitlab.url}/${path}/-/security/vulnerabilities/${id} ${app.id}`);
  expect(found(result).tokens).toEqual([LEAK.token]);
});

it.each(['group/..', 'group/./app', './app', '../app', 'group//app'])('knows no project %s', (path) => {
  const [base, page] = ['https://gitlab.example.com', '-/security/vulnerabilities/1'];
  expect(pointerTo(`${base}/${path}/${page}`, 1, [base])).toBeUndefined();
  expect(FULL_PATH.test(path)).toBe(false);
});

it.each(['https://GitLab.Example.com/', 'https://gitlab.example.com:443'])(
  'knows its instance as %s',
  (url) => {
    const bases = ['https://gitlab.example.com', 'https://gitlab.example.com/inner'];
    expect(instanceMeant(bases, url)).toBe(bases[0]);
  },
);

it('reads the lines of the file where the record does not tell the secret', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, { ...LEAK, withoutExtract: true });
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(found(result).tokens).toEqual([`TOKEN=${LEAK.token}`]);
});

it('reads the lines of the file where there is no record by REST', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, LEAK);
  gitlab.failNext({
    method: 'GET',
    path: `/vulnerabilities/${id}`,
    status: 404,
    body: { error: '404 Not Found' },
  });
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(found(result).tokens).toEqual([`TOKEN=${LEAK.token}`]);
});

it('leaves to a person what GitLab tells no secret and no commit of', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, { ...LEAK, withoutExtract: true, withoutCommit: true });
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it.each([
  ['another project by its number', (app: { id: number }) => `group/app 4711${app.id}`],
  ['another project by its path', (app: { id: number }) => `group/other ${app.id}`],
])('reads nothing for an event that names %s', async (_name, claim) => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, LEAK);
  const [path, projectId] = claim(app).split(' ');
  const result = await readEvent(`${gitlab.url}/${path}/-/security/vulnerabilities/${id} ${projectId}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
});

it.each(['RESOLVED', 'DISMISSED'] as const)('reads nothing of what is %s by now', async (state) => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const vulnerability = gitlab.leak(app, LEAK);
  gitlab.setState(vulnerability, state);
  const page = `${gitlab.url}/group/app/-/security/vulnerabilities/${vulnerability.id}`;
  const result = await readEvent(`${page} ${app.id}`);
  expect(result).toMatchObject({ evidence: { found: 0, why: state.toLowerCase() } });
  expect(found(result)).toEqual({ tokens: [], pointers: [] });
});

it.each([
  ['of another scanner', { reportType: 'sast' }, 'of another scanner'],
  ['of a type that nobody takes', { rule: 'unheard_of' }, 'no provider takes its type'],
])('reads nothing %s', async (_name, change, why) => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, { ...LEAK, ...change });
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(result).toMatchObject({ outcome: 'gathered', leaks: [], evidence: { found: 0, why } });
});

it('says that it may not read a project of others', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app', { developers: [] });
  const { id } = gitlab.leak(app, LEAK);
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('says so, too, where a proxy puts a page in place of what GitLab answers', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app', { developers: [] });
  const { id } = gitlab.leak(app, LEAK);
  gitlab.failNext({ method: 'GET', path: `/vulnerabilities/${id}`, status: 404, body: '<html>' });
  const result = await readEvent(`${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('asks again for a record in place of which a page came once', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, { ...LEAK, withoutCommit: true });
  const event = `${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`;
  gitlab.failNext({ method: 'GET', path: `/vulnerabilities/${id}`, status: 404, body: '<html>' });

  await expect(readEvent(event)).rejects.toMatchObject({ code: 'unexpected-answer', scope: 'entry' });
  expect(found(await readEvent(event)).tokens).toEqual([LEAK.token]);
});

it('pauses its lane where the read token is refused, or has too small a scope', async () => {
  const { gitlab, project, readEvent } = await sourceBench({ scopes: ['read_repository'] });
  const app = project('group/app');
  const { id } = gitlab.leak(app, LEAK);
  const text = `${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`;
  await expect(readEvent(text)).rejects.toMatchObject({ code: 'permission-missing', scope: 'lane' });
  for (const token of gitlab.tokens) token.revoked = true;
  await expect(readEvent(text)).rejects.toMatchObject({ code: 'credential-refused', scope: 'lane' });
});

const NOT_GRANTED =
  'Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Vulnerability: Read].';

it('does not pause its lane where one group wants a finer token', async () => {
  const { gitlab, project, readEvent } = await sourceBench();
  const app = project('group/app');
  const { id } = gitlab.leak(app, LEAK);
  const text = `${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`;
  const record = { method: 'GET', path: `/vulnerabilities/${id}`, status: 403 } as const;
  const alone = { code: 'permission-missing', scope: 'entry' };
  gitlab.failNext({
    ...record,
    body: { error: 'insufficient_granular_scope', error_description: NOT_GRANTED },
  });
  await expect(readEvent(text)).rejects.toMatchObject(alone);
  gitlab.failNext({ ...record, body: { message: '403 Forbidden' } });
  const body = { data: null, errors: [{ message: NOT_GRANTED }] };
  gitlab.failNext({ method: 'POST', path: '/api/graphql', status: 200, body });
  await expect(readEvent(text)).rejects.toMatchObject(alone);
});

it('does not know what an instance sent that is configured no more', async () => {
  const { readEvent } = await sourceBench();
  const result = await readEvent('https://gone.example.com/group/app/-/security/vulnerabilities/1 1');
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it.each([502, 'drop'] as const)(
  'does not hold up others for a record that GitLab fails at (%s)',
  async (status) => {
    const { gitlab, project, readEvent } = await sourceBench();
    const app = project('group/app');
    const { id } = gitlab.leak(app, LEAK);
    const text = `${gitlab.url}/group/app/-/security/vulnerabilities/${id} ${app.id}`;
    const fault = { method: 'GET', path: `/vulnerabilities/${id}`, status } as const;

    gitlab.failNext(fault);
    await expect(readEvent(text)).rejects.toMatchObject({ whose: 'provider', scope: 'entry' });

    gitlab.failNext(fault);
    gitlab.failNext({ method: 'POST', path: '/api/graphql', status });
    await expect(readEvent(text)).rejects.toMatchObject({ whose: 'provider', scope: 'lane' });
  },
);
