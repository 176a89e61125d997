import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const ADMIN = 'admin-token-of-the-tests';

async function running(ledger: LedgerUnderTest) {
  const { env: ofLedger, folder: cwd } = await ledger.open();
  const env = {
    ...ofLedger,
    QUASH_AUTH__TOKENS: 'pre-shared-token-of-the-tests',
    QUASH_ADMIN__TOKENS: JSON.stringify([{ token: ADMIN, name: 'ada' }]),
  };
  const { adminUrl } = await startQuashHere({ cwd, env });
  const command = async (...args: string[]) => {
    let [stdout, stderr] = ['', ''];
    const code = await main(['sessions', ...args, '--url', adminUrl], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      stdin: (async function* () {})(),
      ...{ env, cwd },
      definitions: async () => [],
    });
    return { code, stdout, stderr };
  };
  const signIn = async () => {
    const body = new URLSearchParams({ token: ADMIN }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await request(`${adminUrl}/sign-in`, { method: 'POST', headers, body });
    await answer.body.dump();
    return String(answer.headers['set-cookie']).split(';')[0] ?? '';
  };
  const isIn = async (cookie: string) => {
    const answer = await request(adminUrl, { headers: { cookie } });
    await answer.body.dump();
    return answer.statusCode === 200;
  };
  return { command, isIn, signIn };
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `quash sessions on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('shows who is signed in, and ends what is named', async () => {
        const { command, isIn, signIn } = await running(ledger);
        const cookies = [await signIn(), await signIn()];
        const listed = await command();
        expect(listed.stdout).toMatch(
          /^ID +WHO +ROLE +SINCE +UNTIL\n(?:[0-9a-f]{32} +ada +operator .*Z\n){2}$/,
        );
        const ids = [...listed.stdout.matchAll(/^[0-9a-f]{32}/gm)].map(String);

        const ended = await command('--end', ...ids);

        expect(ended).toEqual({
          code: 0,
          stdout: ids.map((id) => `${id} has ended.\n`).join(''),
          stderr: '',
        });
        expect([await isIn(cookies[0] ?? ''), await isIn(cookies[1] ?? '')]).toEqual([false, false]);
        expect(JSON.parse((await command('--json')).stdout)).toEqual({ sessions: [] });
      });

      it('fails at one that is not there', async () => {
        const { command } = await running(ledger);

        expect(await command('--end', 'none')).toMatchObject({ code: 1, stderr: 'quash: No such session\n' });
      });
    },
  );
}
