import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS, type LedgerUnderTest, sqlite } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const ADMIN = 'admin-token-of-the-tests';
const RULE = 'gitlab_personal_access_token';
const READER = 7;
const HOOK_TOKEN = 'hook-token-of-the-tests';
/** Findings of which a sweep may read a sixth in a minute. */
const MANY = 1_000;

async function world(ledger: LedgerUnderTest, more: object = {}) {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const readToken = ['gl', 'pat-', 'reads'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  gitlab.addToken('personal', { value: readToken, userId: READER, scopes: ['read_api'] });
  const project = gitlab.addProject({ path: 'group/app', developers: [READER] });
  const tokens = [1, 2, 3].map(() => gitlab.addToken('personal'));
  for (const { value } of tokens) gitlab.leak(project, { rule: RULE, token: value });
  const opened = await ledger.open();
  const env = {
    ...opened.env,
    QUASH_AUTH__TOKENS: 'pre-shared-token-of-the-tests',
    QUASH_ADMIN__TOKENS: ADMIN,
    QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: `${gitlab.url}/`, adminToken, readToken, ...more }]),
  };
  const command = async (args: readonly string[], isTTY = false, said = { stderr: '' }) => {
    let stdout = '';
    const code = await main(args, {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (said.stderr += text), isTTY },
      stdin: (async function* () {})(),
      env,
      cwd: opened.folder,
      definitions: async () => (await import('../../providers/index.ts')).definitions,
    });
    return { code, stdout, stderr: said.stderr };
  };
  const start = () => startQuashHere({ cwd: opened.folder, env });
  return { gitlab, project, tokens, command, start };
}

for (const ledger of LEDGERS) {
  const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
  describe.skipIf(ledger.missing)(`quash sweep on ${name}`, () => {
    it('hands over what a group has, and again only what is new to the ledger', async () => {
      const { gitlab, project, tokens, command, start } = await world(ledger);
      const { adminUrl } = await start();
      const sweep = ['sweep', '--group', 'group', '--url', adminUrl];
      const first = await command(sweep);
      expect(first).toMatchObject({ code: 0 });
      expect(first.stdout).toBe(
        '3 findings: 3 secrets handed over, 0 of types that nobody takes, 0 to be read one by one.\n',
      );
      await eventually(() => expect(tokens.filter(({ revoked }) => !revoked)).toEqual([]));

      const later = gitlab.addToken('personal');
      gitlab.leak(project, { rule: RULE, token: later.value });
      const again = await command([...sweep, '--json'], true);
      const entry = JSON.parse(again.stdout) as EntryDetails;
      expect(entry).toMatchObject({
        state: 'done',
        reports: 2,
        outcome: { evidence: { findings: 4, found: 4 } },
      });
      await eventually(() => expect(later.revoked).toBe(true));
    });

    it('starts another one where the last was dismissed', async () => {
      const { command, start } = await world(ledger);
      const { adminUrl } = await start();
      const at = ['--url', adminUrl];
      expect(await command(['pause', 'gitlab-sweep', ...at])).toMatchObject({ code: 0 });
      const waiting = command(['sweep', '--all', ...at]);
      const id = await eventually(async () => {
        const listed = await command(['list', '--provider', 'gitlab-sweep', '--json', ...at]);
        const [entry] = JSON.parse(listed.stdout).entries;
        expect(entry).toBeDefined();
        return entry.id as string;
      });
      await command(['dismiss', id, '--reason', 'not now', ...at]);
      expect(await waiting).toMatchObject({ code: 1, stderr: expect.stringContaining('dismissed') });
      await command(['resume', 'gitlab-sweep', ...at]);
      const next = await command(['sweep', '--all', ...at]);
      expect(next).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('1 project, 3 findings: 3 secrets'),
      });
    });

    it('delays no leak that GitLab tells of meanwhile, also where it has used up its part of the limit', async () => {
      const { gitlab, project, command, start } = await world(ledger, { hookTokens: [HOOK_TOKEN] });
      const { adminUrl, apiUrl } = await start();
      for (let i = 0; i < MANY; i++) gitlab.leak(project, { rule: RULE, token: `no token ${i}` });
      gitlab.addHook({ scope: 'group', url: `${apiUrl}/v1/gitlab/events`, token: HOOK_TOKEN });
      gitlab.configure({ callsPerMinute: MANY / 5 });
      const at = ['--url', adminUrl];
      const said = { stderr: '' };
      const following = command(['sweep', '--all', ...at], false, said);
      const sweepOf = async () => {
        const listed = await command(['list', '--provider', 'gitlab-sweep', '--json', ...at]);
        const [{ id } = { id: '' }] = JSON.parse(listed.stdout).entries;
        const shown = await command(['show', id, '--json', ...at]);
        return JSON.parse(shown.stdout) as EntryDetails;
      };
      await eventually(async () =>
        expect((await sweepOf()).history.map(({ event }) => event)).toContain('continued'),
      );

      const live = gitlab.addToken('personal');
      gitlab.leak(project, { rule: RULE, token: live.value });
      await gitlab.hooksIdle();
      await eventually(() => expect(live.revoked).toBe(true));
      expect(await sweepOf()).toMatchObject({ state: 'queued' });
      await eventually(() => expect(said.stderr).toContain('waits until'));
      await command(['dismiss', (await sweepOf()).id, '--reason', 'seen enough', ...at]);
      expect(await following).toMatchObject({ code: 1 });
    });

    it('is started by the service where the configuration says so', async () => {
      const { tokens, start } = await world(ledger, { sweep: { groups: ['group'], everyHours: 1 } });
      await start();
      await eventually(() => expect(tokens.filter(({ revoked }) => !revoked)).toEqual([]));
    });
  });
}

describe('quash sweep', () => {
  it('counts in a dry run, and hands over nothing', async () => {
    const { gitlab, project, tokens, command } = await world(sqlite);
    gitlab.leak(project, { rule: 'unheard of', token: 'x' });
    expect(await command(['sweep', '--project', 'group/app', '--dry-run'])).toEqual({
      code: 0,
      stdout: [
        '4 open findings.',
        'gitleaks_rule_id_unheard_of                    1  nobody takes it',
        'gitleaks_rule_id_gitlab_personal_access_token  3  would be handed over',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(tokens.some(({ revoked }) => revoked)).toBe(false);
    expect(gitlab.calls.some(({ path }) => path.startsWith('/vulnerabilities'))).toBe(false);
  });

  it('tells in a dry run how many projects it had to leave out', async () => {
    const { gitlab, command } = await world(sqlite);
    const fault = { method: 'POST', path: '/api/graphql', about: '"group/app"', status: 500 } as const;
    const dryRun = (...more: string[]) => {
      for (let calls = 0; calls < 4; calls++) gitlab.failNext(fault);
      return command(['sweep', '--all', '--dry-run', ...more]);
    };

    const { code, stdout } = await dryRun();

    expect([code, stdout]).toEqual([0, expect.stringContaining('\n1 project left out, as')]);
    expect(JSON.parse((await dryRun('--json')).stdout)).toEqual({ findings: 0, types: [], leftOut: 1 });
  });

  it('says in a dry run what becomes of findings whose types GitLab does not list', async () => {
    const { gitlab, command } = await world(sqlite);
    gitlab.failNext({ method: 'POST', path: '/api/graphql', about: '"group/app"', status: 500 });

    const { stdout } = await command(['sweep', '--project', 'group/app', '--dry-run']);

    expect(stdout).toMatch(/^3 open findings\.\n\(not listed\) +3 +would be read by itself\n$/);
  });

  it.each([
    ['no scope', [], 2, 'give one of'],
    ['two scopes', ['--all', '--group', 'group'], 2, 'give one of'],
    ['no date', ['--all', '--since', 'yesterday'], 2, 'no date'],
    ['a group that is not there', ['--group', 'nowhere', '--dry-run'], 1, 'role Developer'],
    [
      'an instance that is not there',
      ['--all', '--instance', 'https://x.example', '--dry-run'],
      1,
      'name it',
    ],
  ])('says what is wrong with %s', async (_name, args, code, message) => {
    const { command } = await world(sqlite);
    const ran = await command(['sweep', ...args]);
    expect(ran).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });

  it('fails where GitLab does not let it read, and where the service knows no such instance', async () => {
    const { command, start } = await world(sqlite);
    const { adminUrl } = await start();
    const at = ['--url', adminUrl];
    expect(await command(['sweep', '--group', 'nowhere', ...at])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Developer there, and retry\. Until then, or `quash dismiss [0-9a-f]{32} --reason WHY`, it needs a person/,
      ),
    });
    expect(await command(['sweep', '--all', '--instance', 'https://x.example.com', ...at])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^quash: [^.?]+\. [^?]*name it by its URL/),
    });
  });
});
