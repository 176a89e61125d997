/** Guessing a token at several replicas is not faster than at one. */
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LEDGERS } from '../support/ledgers.ts';
import { startQuash } from '../support/quash-process.ts';

const TOKEN = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const [, redis] = LEDGERS;

describe.skipIf(redis?.missing)(
  `two replicas on one Redis${redis?.missing ? ` (skipped: ${redis.missing})` : ''}`,
  () => {
    it('count failed authentications together, by the true address, and let the right token in', async () => {
      if (!redis) throw new Error('no Redis');
      const { folder, env } = await redis.open();
      const settings = {
        ...env,
        QUASH_AUTH__TOKENS: TOKEN,
        QUASH_ADMIN__TOKENS: ADMIN,
        QUASH_LIMITS__FAILEDAUTHPERMINUTE: '4',
      };
      const start = () => startQuash({ cwd: folder, env: settings, args: ['--role', 'api'] });
      const replicas = await Promise.all([start(), start()]);
      onTestFinished(async () => {
        await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
      });
      const ask = async (url: string, authorization: string, forwarded = '') => {
        const headers = {
          authorization,
          ...(forwarded && { 'x-forwarded-for': forwarded, 'x-real-ip': forwarded }),
        };
        const { statusCode, body } = await request(url, { headers });
        await body.dump();
        return statusCode;
      };
      const api = replicas.map(({ apiUrl }) => `${apiUrl}/v1/revocable_token_types`);
      const admin = replicas.map(({ adminUrl }) => `${adminUrl}/api/stats`);

      for (const urls of [api, admin]) {
        const [one = '', two = ''] = urls;
        const right = urls === api ? TOKEN : `Bearer ${ADMIN}`;
        expect([await ask(one, 'wrong'), await ask(two, 'wrong')]).toEqual([401, 401]);
        expect([await ask(one, 'wrong'), await ask(two, 'wrong')]).toEqual([401, 401]);
        expect([await ask(one, 'wrong'), await ask(two, 'wrong')]).toEqual([429, 429]);
        expect([await ask(one, '', '203.0.113.7'), await ask(two, 'x', '203.0.113.8')]).toEqual([429, 429]);
        expect([await ask(one, right), await ask(two, right)]).toEqual([200, 200]);
      }
    });
  },
);
