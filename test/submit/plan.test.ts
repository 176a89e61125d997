import { describe, expect, it } from 'vitest';
import type { ScannerFinding } from '../../src/submit/finding.ts';
import { createLocate } from '../../src/submit/location.ts';
import { batchesOf, planSubmission } from '../../src/submit/plan.ts';
import { TOKENS } from './reports.ts';

const SHA = '50bf24e579301b8c349a428f89c9edddd6df8d01';
const CI = {
  CI_PROJECT_DIR: '/builds/group/project',
  CI_PROJECT_URL: 'https://gitlab.example.com/group/project',
  CI_COMMIT_SHA: SHA,
};

function finding(over: Partial<ScannerFinding> = {}): ScannerFinding {
  return {
    types: ['some_type'],
    token: TOKENS.gitlab,
    rule: 'some-rule',
    file: 'a.env',
    startLine: 3,
    endLine: 3,
    commit: '',
    link: '',
    ...over,
  };
}

function plan(findings: readonly ScannerFinding[], advertised: readonly string[] = ['some_type']) {
  return planSubmission(findings, {
    advertised: new Set(advertised),
    locate: createLocate(undefined, {}),
    providerOf: (type) => (type === 'type_of_openai' ? 'openai' : undefined),
  });
}

function submissions(count: number, over: (index: number) => Partial<ScannerFinding>) {
  return plan(
    Array.from({ length: count }, (_, index) => finding({ token: `token-${index}`, ...over(index) })),
  ).submissions;
}

describe('the location of a finding', () => {
  const locate = createLocate(undefined, CI);

  it('leads to the project and the commit of the CI job', () => {
    expect(locate(finding())).toBe(`${CI.CI_PROJECT_URL}/-/raw/${SHA}/a.env#L3`);
  });

  it.each([
    ['the commit of the finding, where it has one', { commit: 'abcdef0123' }, '/-/raw/abcdef0123/a.env#L3'],
    ['the commit of the job, where the scanner wrote zeros', { commit: '0000000' }, `/-/raw/${SHA}/a.env#L3`],
    ['all lines', { endLine: 7 }, `/-/raw/${SHA}/a.env#L3-7`],
    ['no line, where there is none', { startLine: 0 }, `/-/raw/${SHA}/a.env`],
    ['a path below the folder of the project', { file: `${CI.CI_PROJECT_DIR}/b/c` }, `/-/raw/${SHA}/b/c#L3`],
    ['a path that begins with a dot', { file: './b/c' }, `/-/raw/${SHA}/b/c#L3`],
    [
      'names with any characters',
      { file: 'a b/#?%\ud800.txt' },
      `/-/raw/${SHA}/a%20b/%23%3F%25%EF%BF%BD.txt#L3`,
    ],
  ])('has %s', (_, over, end) => {
    expect(locate(finding(over))).toBe(CI.CI_PROJECT_URL + end);
  });

  it.each([
    ['a file outside of the project', { file: '/etc/passwd' }, '/etc/passwd#L3'],
    ['an address', { file: 'https://wiki.example.com/page' }, 'https://wiki.example.com/page#L3'],
    ['no file', { file: '' }, ''],
    ['a file of another drive', { file: 'D:\\conf\\app.env' }, 'D:/conf/app.env#L3'],
  ])('is not made up for %s', (_, over, location) => {
    expect(locate(finding(over))).toBe(location);
  });

  it.each([
    ['with its separators', CI, { file: 'src\\conf\\app.env' }],
    [
      'below the folder of the job in either spelling',
      { ...CI, CI_PROJECT_DIR: 'C:\\builds\\shop' },
      { file: 'C:/builds/shop/src/conf/app.env' },
    ],
    [
      'below the folder of the job, with its separators',
      { ...CI, CI_PROJECT_DIR: 'C:/builds/shop' },
      { file: 'C:\\builds\\shop\\src\\conf\\app.env' },
    ],
  ])('is that of a path of Windows %s', (_, env, over) => {
    expect(createLocate(undefined, env)(finding(over))).toBe(
      `${CI.CI_PROJECT_URL}/-/raw/${SHA}/src/conf/app.env#L3`,
    );
  });

  it('is the address that the scanner has, if there is no password in it', () => {
    const link = 'https://github.com/example/shop/blob/main/shop.env#L9';

    expect(locate(finding({ link }))).toBe(link);
    expect(locate(finding({ link: link.replace('//', '//user:pass@') }))).not.toContain('github.com');
  });

  it('begins with the prefix that was asked for', () => {
    const locateBelow = createLocate('https://scm.example.com/x/', CI);

    expect(locateBelow(finding({ file: '/a b', link: 'https://else.example.com' }))).toBe(
      'https://scm.example.com/x/a%20b#L3',
    );
  });

  it('is the file alone outside of a CI job', () => {
    expect(createLocate(undefined, {})(finding())).toBe('a.env#L3');
  });
});

describe('the plan', () => {
  it('takes the first type that Quash advertises', () => {
    const { submissions } = plan([finding({ types: ['a', 'b', 'c'] })], ['c', 'b']);

    expect(submissions).toMatchObject([{ type: 'b', token: TOKENS.gitlab, location: 'a.env#L3' }]);
  });

  it('leaves out what Quash does not take, and names it by its own type', () => {
    const { submissions, unsupported } = plan([finding({ types: ['own', 'other'] }), finding({ types: [] })]);

    expect(submissions).toEqual([]);
    expect(unsupported).toMatchObject([{ type: 'own' }, { type: '(no type)' }]);
  });

  it('sends the same only once, but every place', () => {
    const { submissions, repeated } = plan([finding(), finding(), finding({ file: 'b.env' })]);

    expect(submissions.map(({ location }) => location)).toEqual(['a.env#L3', 'b.env#L3']);
    expect(repeated).toBe(1);
  });

  it('tells what wants its provider configured from what no provider takes', () => {
    const { unconfigured, unsupported } = plan([
      finding({ types: ['own', 'type_of_openai'] }),
      finding({ types: ['else'], file: 'b.env' }),
    ]);

    expect(unconfigured).toMatchObject([{ type: 'own', provider: 'openai' }]);
    expect(unsupported).toMatchObject([{ type: 'else' }]);
  });

  it('leaves out what a rule for anything finds beside a rule of its own', () => {
    const { submissions, unsupported, repeated } = plan([
      finding({ types: ['generic'] }),
      finding(),
      finding({ types: ['generic'], file: 'b.env' }),
    ]);

    expect([submissions.length, unsupported.length, repeated]).toEqual([1, 1, 1]);
  });

  it('leaves out a private key beside the key file that holds it', () => {
    const key = ['-----BEGIN', 'PRIVATE KEY-----\\nMIIE'].join(' ');
    const { submissions } = plan([
      finding({ token: key, startLine: 5 }),
      finding({ token: `{"private_key":"${key}"}` }),
    ]);

    expect(submissions).toMatchObject([{ token: `{"private_key":"${key}"}` }]);
  });

  it('keeps apart what holds no token', () => {
    const { submissions, withoutToken } = plan([finding({ token: undefined })]);

    expect(submissions).toEqual([]);
    expect(withoutToken).toEqual([{ place: 'a.env:3', rule: 'some-rule', type: 'some_type' }]);
  });

  it('shows no token and nothing that steers a terminal, whoever named the file and the rule', () => {
    const token = TOKENS.gitlab;
    const { submissions, unsupported } = plan([
      finding({ token: `${token}\n`, file: `x-${token}\u001b[2J\u202e.env`, rule: `r\n${token}` }),
      finding({ types: [`t_${token}`] }),
    ]);

    expect(submissions[0]?.shown).toEqual({
      place: 'x-[token]?[2J?.env:3',
      rule: 'r?[token]',
      type: 'some_type',
    });
    expect(unsupported[0]?.type).toBe('t_[token]');
  });
});

describe('the batches', () => {
  it('hold at most so many elements, and all of them', () => {
    const all = submissions(450, (index) => ({ file: `${index}.env` }));
    const batches = batchesOf(all, 200);

    expect(batches.map(({ length }) => length)).toEqual([200, 200, 50]);
    expect(batches.flat()).toEqual(all);
  });

  it('keep together what stands in one file', () => {
    const all = submissions(5, (index) => ({
      file: index < 2 || index === 4 ? 'one' : 'two',
      startLine: index + 1,
      endLine: 0,
    }));

    expect(batchesOf(all, 4).map((batch) => batch.map(({ location }) => location))).toEqual([
      ['one#L1', 'one#L2', 'one#L5'],
      ['two#L3', 'two#L4'],
    ]);
  });

  it('divide a file that is too much for one', () => {
    expect(
      batchesOf(
        submissions(7, () => ({})),
        3,
      ).map(({ length }) => length),
    ).toEqual([3, 3, 1]);
  });

  it('are no larger than what proxies let through, if a single element is not', () => {
    const large = submissions(4, (index) => ({ file: `${index}`, token: String(index).repeat(400 * 1024) }));
    const huge = submissions(2, (index) => ({ file: `${index}`, token: String(index).repeat(1024 * 1024) }));

    expect(batchesOf(large, 200).map(({ length }) => length)).toEqual([2, 2]);
    expect(batchesOf(huge, 200).map(({ length }) => length)).toEqual([1, 1]);
  });

  it('are none for nothing', () => {
    expect(batchesOf([], 200)).toEqual([]);
  });
});
