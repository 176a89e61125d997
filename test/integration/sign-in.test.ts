/** The sign-in by name in the whole service, on each ledger. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { RETURN_PATH } from '../../src/openid/openid.ts';
import { freePort } from '../support/free-port.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { CLIENT, startIssuer } from '../support/openid-issuer.ts';
import { startQuashHere } from '../support/quash-here.ts';

const BASE = '/ops/quash';
const NAME = 'A Person of the Tests';

async function running(ledger: LedgerUnderTest) {
  const { env, folder: cwd, dataFolder } = await ledger.open();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const issuer = await startIssuer({ returnTo: origin + BASE + RETURN_PATH });
  issuer.people.set('7', { name: NAME, groups: ['security'] });
  issuer.sub = '7';
  await startQuashHere({
    cwd,
    env: {
      ...env,
      QUASH_AUTH__TOKENS: 'pre-shared-token-of-the-tests',
      QUASH_ADMIN__TOKENS: 'admin-token-of-the-tests',
      QUASH_ADMIN__PORT: String(port),
      QUASH_ADMIN__PUBLICURL: origin + BASE,
      QUASH_ADMIN__OIDC: JSON.stringify({
        ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: CLIENT.secret, operators: ['security'] },
      }),
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    },
  });
  const get = async (url: string, cookie = '') => {
    const answer = await request(url, { headers: { cookie } });
    await answer.body.dump();
    const set = [answer.headers['set-cookie'] ?? []].flat();
    const cookieOf = (name: string) =>
      set.find((each) => each.startsWith(`${name}=`) && !each.includes('Max-Age=0'));
    return { status: answer.statusCode, headers: answer.headers, cookieOf };
  };
  const signIn = async () => {
    const begun = await get(`${origin}${BASE}/sign-in/openid?next=/providers`);
    const back = await issuer.visit(String(begun.headers.location));
    return get(back, begun.cookieOf('quash_sign_in')?.split(';')[0]);
  };
  const texts = () =>
    readdirSync(dataFolder, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'))
      .join('\n');
  return { get, issuer, origin, signIn, texts };
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `a person on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('is signed in below the base path', async () => {
        const { get, origin, signIn } = await running(ledger);

        const { cookieOf, headers } = await signIn();

        const cookie = cookieOf('quash_session') ?? '';
        expect(headers.refresh).toBe(`0; url=${BASE}/providers`);
        expect(cookie).toContain(`Path=${BASE};`);
        expect((await get(`${origin}${BASE}/providers`, cookie.split(';')[0])).status).toBe(200);
      });

      it('leaves nothing in the ledger that signs in here or there', async () => {
        const { issuer, signIn, texts } = await running(ledger);
        const { cookieOf } = await signIn();
        const key = /=([^;]+)/.exec(cookieOf('quash_session') ?? '')?.[1] ?? '';
        expect(key).toMatch(/^[\w-]{43}$/);
        expect(issuer.given).toHaveLength(2);

        const stored = texts();

        expect(stored).not.toBe('');
        for (const text of [key, ...issuer.given, CLIENT.secret, NAME]) expect(stored).not.toContain(text);
      });
    },
  );
}
