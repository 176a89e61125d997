/** Bodies that are small to send and large once parsed, against the real command: they cost it a few times their bytes. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { TOKEN } from '../support/http-fixture.ts';
import { TEST_PATIENCE_MS } from '../support/patience.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BYTES = 15_000_000;
/** The parser takes more than forty times the bytes of these; copies of the bytes are a few. */
const MOST_GROWTH = 8 * BYTES;

/** A quarter of what a body may have, and the heap that Node.js gives itself for a quarter of the memory of the chart's pod. */
const TOKENS = 75_000;
const HEAP_MB = 200;

/** @returns the most bytes of memory that the process ever had */
function peakOf(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

it.skipIf(!existsSync('/proc/self/status')).each([
  ['lists in lists', '['.repeat(BYTES)],
  ['empty objects', `[${'{},'.repeat(BYTES / 3)}{}]`],
  ['numbers in one element', `[[${'1,'.repeat(BYTES / 2)}1]]`],
])(
  'refuses %s without the memory that they would take',
  async (_name, body) => {
    const quash = await startQuashOfGitlab({ cwd: temporaryFolder(), env: { QUASH_AUTH__TOKENS: TOKEN } });
    onTestFinished(async () => void (await quash.end('SIGKILL')));
    const post = async (text: string) => {
      const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
        ...{ method: 'POST', body: text },
        headers: { authorization: TOKEN, 'content-type': 'application/json' },
      });
      await answer.body.dump();
      return answer.statusCode;
    };
    expect(await post('[]')).toBe(204);
    const before = peakOf(quash.pid);

    expect(await post(body)).toBe(400);

    expect(peakOf(quash.pid) - before).toBeLessThan(MOST_GROWTH);
    expect(await post('[]')).toBe(204);
  },
  TEST_PATIENCE_MS,
);

it('takes a report full of new tokens within a few times its bytes', async () => {
  const quash = await startQuashOfGitlab({
    cwd: temporaryFolder(),
    env: {
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
      QUASH_AUTH__TOKENS: TOKEN,
      QUASH_LIMITS__TOKENSPERMINUTE: '1000000',
    },
  });
  onTestFinished(async () => void (await quash.end('SIGKILL')));
  const report = Array.from({ length: TOKENS }, (_, n) => ({
    type: 'gitleaks_rule_id_gitlab_personal_access_token',
    // What repeats a character looks like a mask, of which no entry is made.
    token: ['gl', 'pat-', createHash('sha256').update(String(n)).digest('hex').slice(0, 20)].join(''),
    location: `https://gitlab.example.com/group/project/-/raw/0abc123/folder/file-${n}.txt#L1`,
    vulnerability: { id: n },
  }));
  const post = async (body: unknown) => {
    const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { authorization: TOKEN, 'content-type': 'application/json' },
    });
    await answer.body.dump();
    return answer.statusCode;
  };

  // What there was no time for comes with the next repeat.
  expect([204, 429]).toContain(await post(report));
  expect(await post([])).toBe(204);
});
