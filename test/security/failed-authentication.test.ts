/** Neither guessing a token at several replicas nor asking them in turn is faster than at one. */
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { gitlab } from '../../providers/gitlab/index.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const TOKEN = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const [, redis] = LEDGERS;

describe.skipIf(redis?.missing)(
  `two replicas on one Redis${redis?.missing ? ` (skipped: ${redis.missing})` : ''}`,
  () => {
    it('count the requests of a caller together, and failed authentications by the true address', async () => {
      if (!redis) throw new Error('no Redis');
      const { folder, env } = await redis.open();
      const callers = Array.from({ length: 10 }, (_, n) => `${TOKEN}-${n}`);
      const settings = {
        ...env,
        QUASH_AUTH__TOKENS: JSON.stringify([TOKEN, ...callers]),
        QUASH_LIMITS__REQUESTSPERMINUTE: '3',
        QUASH_ADMIN__TOKENS: ADMIN,
        QUASH_LIMITS__FAILEDAUTHPERMINUTE: '4',
      };
      const start = () => startQuashHere({ cwd: folder, env: settings, role: 'api', definitions: [gitlab] });
      const replicas = await Promise.all([start(), start()]);
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

      // A replica counts by itself until its limits have reached Redis, so it may take a few callers.
      await eventually(async () => {
        const [one = '', two = ''] = api;
        const caller = callers.pop() ?? '';
        const statuses: number[] = [];
        for (const url of [one, one, one, two, one]) statuses.push(await ask(url, caller));
        expect(statuses).toEqual([200, 200, 200, 429, 429]);
      });
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
