import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  authorization,
  callsWith,
  cases,
  FORBIDDEN,
  NOT_FOUND,
  OTHER_ID,
  OWN_ID,
  redacted,
  UNAUTHORIZED,
} from './cases.ts';
import { heroku } from './index.ts';

for (const spec of cases) describeProvider(spec);

const TOKEN = cases[0]?.token ?? '';
const { list, remove, endSession, account } = callsWith(TOKEN);
const own = authorization(OWN_ID, TOKEN);
const other = authorization(OTHER_ID, `${TOKEN.slice(0, 8)}${'*'.repeat(10)}zzzz`);
const ownRedacted = authorization(OWN_ID, redacted(TOKEN));

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(heroku, () => ({}), exchanges);
  try {
    const { result, verified } = await runStep(bench, new Secret(TOKEN), { kind: 'api-key' });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('heroku', () => {
  it('reads on until the page that shows the token', async () => {
    const exchanges = [
      list(206, [other], 'id ..; max=200', { 'next-range': 'id 9..; max=200' }),
      list(200, [own], 'id 9..; max=200'),
      remove(200, own),
      account(401, UNAUTHORIZED),
    ];
    expect(await run(exchanges)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('reads to the end where the last page is called a part, too, of a list that only goes back', async () => {
    const exchanges = [
      list(206, [other], 'id ..; max=200', { 'next-range': 'id 9..; max=200' }),
      list(206, [own], 'id 9..; max=200', { 'prev-range': 'id ..9; max=200' }),
      remove(200, own),
      account(401, UNAUTHORIZED),
    ];
    expect(await run(exchanges)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('revokes the only authorization whose shortened token may be it, and says that this was inferred', async () => {
    const exchanges = [list(200, [other, ownRedacted]), remove(200, ownRedacted), account(401, UNAUTHORIZED)];
    expect(await run(exchanges)).toMatchObject({
      outcome: 'revoked',
      verified: true,
      evidence: { inferred: true },
    });
  });

  it('revokes none out of a list that does not say how it goes on', async () => {
    await expect(run([list(206, [ownRedacted])])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('revokes neither of two authorizations that may be it, on whatever page', async () => {
    const twin = authorization(OTHER_ID, redacted(TOKEN));
    const exchanges = [
      list(206, [ownRedacted], 'id ..; max=200', { 'next-range': 'id 9..; max=200' }),
      list(200, [twin], 'id 9..; max=200'),
    ];
    expect(await run(exchanges)).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{ authorizationId: OWN_ID }, { authorizationId: OTHER_ID }] },
    });
  });

  it('prefers the authorization that shows the whole token', async () => {
    const twin = authorization(OTHER_ID, redacted(TOKEN));
    const exchanges = [list(200, [twin, own]), remove(200, own), account(401, UNAUTHORIZED)];
    expect(await run(exchanges)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('ends the session of a token that has no authorization', async () => {
    const exchanges = [list(200, [other]), endSession(200, { id: OTHER_ID }), account(401, UNAUTHORIZED)];
    expect(await run(exchanges)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('takes no authorization that shows nothing but what all tokens begin with', async () => {
    const bare = authorization(OWN_ID, `${TOKEN.slice(0, 7)}${'*'.repeat(10)}`);
    const exchanges = [list(200, [bare]), endSession(404, NOT_FOUND)];
    expect(await run(exchanges)).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('waits while the account is suspended', async () => {
    const exchanges = [list(403, { id: 'suspended', message: 'Suspended.' })];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('says that a token lacks the right to see its authorization', async () => {
    expect(await run([list(403, FORBIDDEN)])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not content with a deletion when the token still works', async () => {
    const exchanges = [list(200, [own]), remove(200, own), account(403, FORBIDDEN)];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });
});
