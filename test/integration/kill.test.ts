import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { type QuashProcess, startQuash } from '../support/quash-process.ts';

const LOOPS = 50;
const TOKENS_A_LOOP = 10;
const REQUESTS_A_LOOP = 5;
const LONGEST_LIFE_MS = 150;
const PRE_SHARED = 'pre-shared-token-of-the-tests';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

/** Stands between Quash and an upstream, and drops every connection while it is down. */
async function switchable(target: string): Promise<{ url: string; up: boolean; server: Server }> {
  const server = createServer(async (incoming, outgoing) => {
    if (!state.up) {
      incoming.socket.destroy();
      return;
    }
    const { method = 'GET', url = '/', headers } = incoming;
    try {
      const answer = await request(target + url, { method: method as 'GET', headers, body: incoming });
      outgoing.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type'] ?? '') });
      outgoing.end(Buffer.from(await answer.body.arrayBuffer()));
    } catch {
      incoming.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, up: true, server };
  return state;
}

/** @returns whether it was acknowledged; a connection that breaks is no acknowledgement */
async function post(quash: QuashProcess, tokens: readonly string[]): Promise<boolean> {
  const elements = findings(tokens.length, { type: PAT_TYPE, token: (i) => tokens[i] ?? null });
  try {
    const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
      body: JSON.stringify(elements),
    });
    await answer.body.dump();
    return answer.statusCode === 204;
  } catch {
    return false;
  }
}

describe.concurrent(`kill -9 in ${LOOPS} loops, with the upstream up and down`, () => {
  for (const ledger of LEDGERS) {
    const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
    it.skipIf(ledger.missing)(
      `loses no acknowledged token on ${name}`,
      async ({ onTestFinished }) => {
        const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
        const gitlab = await startFakeGitlab({ adminToken });
        const front = await switchable(gitlab.url);
        const opened = await ledger.open();
        const env = {
          ...opened.env,
          QUASH_AUTH__TOKENS: PRE_SHARED,
          QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
          QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: front.url, adminToken }]),
          QUASH_REVOCATION__LEASESECONDS: '2',
          QUASH_REVOCATION__MAXPERHOUR: '10000',
          QUASH_PROVIDERS__GITLAB__CONCURRENCY: '8',
        };
        const start = () => startQuash({ cwd: opened.folder, env });
        const bystanders = Array.from({ length: 10 }, () => gitlab.addToken('personal'));
        const acknowledged: ReturnType<typeof gitlab.addToken>[] = [];
        let refused = 0;

        for (let loop = 0; loop < LOOPS; loop++) {
          front.up = loop % 2 === 0;
          const quash = await start();
          const posts = Array.from({ length: REQUESTS_A_LOOP }, async () => {
            const tokens = Array.from({ length: TOKENS_A_LOOP }, () => gitlab.addToken('personal'));
            await delay(Math.random() * LONGEST_LIFE_MS);
            if (
              await post(
                quash,
                tokens.map(({ value }) => value),
              )
            )
              acknowledged.push(...tokens);
            else refused += 1;
          });
          await delay(Math.random() * LONGEST_LIFE_MS);
          await Promise.all([quash.end('SIGKILL'), ...posts]);
        }

        // Otherwise the kills all came too early or too late to mean anything.
        expect(acknowledged.length).toBeGreaterThan(0);
        expect(refused).toBeGreaterThan(0);
        front.up = true;
        const quash = await start();
        onTestFinished(async () => {
          await quash.end('SIGTERM');
          await new Promise((resolve) => front.server.close(resolve));
          await gitlab.close();
        });
        await eventually(
          () => expect(acknowledged.filter(({ revoked }) => !revoked)).toHaveLength(0),
          60_000,
        );
        expect(bystanders.some(({ revoked }) => revoked)).toBe(false);
      },
      240_000,
    );
  }
});
