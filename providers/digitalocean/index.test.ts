import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, DENIED, FORBIDDEN, probe, revoke, TOKEN } from './cases.ts';
import { digitalocean } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(digitalocean, () => ({}), exchanges);
  try {
    return await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  } finally {
    await bench.close();
  }
}

describe('digitalocean', () => {
  it.each<[string, Exchange]>([
    ['reads the account', alive],
    ['lacks the right to read the account', probe(403, FORBIDDEN)],
  ])('is not content with a 200 when the token still %s', async (_name, exchange) => {
    await expect(run([alive, revoke(200), exchange])).rejects.toMatchObject({ code: 'still-active' });
  });

  it('does not take a refused revocation for a dead token', async () => {
    const { result } = await run([probe(403, FORBIDDEN), revoke(401)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('says of no token that it was revoked which the API did not let in before', async () => {
    const { result } = await run([probe(401, DENIED)]);
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('knows a token that is not let in by plain words, too, and by no other ones', async () => {
    const told = (text: string) => ({ ...alive, answer: { status: 401, text } });
    const { result } = await run([told('Unable to authenticate you\n')]);
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
    await expect(run([told('Unauthorized')])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('does not take a refresh token', () => {
    expect(TOKEN.replace('p_v1', 'r_v1')).not.toMatch(/do[op]_v1_/);
    expect(digitalocean.types).not.toContain('gitleaks_rule_id_digitalocean-refresh-token');
  });
});
