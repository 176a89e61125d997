import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { callsWith, cases, failed } from './cases.ts';
import { dropbox } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('dropbox', () => {
  const { token = '', kind = '' } = cases[2] ?? {};
  const { revoke, probe } = callsWith(token);

  it('does not take a suspended user for a dead token', async () => {
    const bench = await startBench(dropbox, () => ({}), [revoke(401, failed('user_suspended'))]);
    try {
      const step = runStep(bench, new Secret(token), { kind });
      await expect(step).rejects.toMatchObject({ code: 'suspended' });
    } finally {
      await bench.close();
    }
  });

  it('takes a lack of scope for a sign of life', async () => {
    const exchanges = [revoke(200, null), probe(401, failed('missing_scope'))];
    const bench = await startBench(dropbox, () => ({}), exchanges);
    try {
      const step = runStep(bench, new Secret(token), { kind });
      await expect(step).rejects.toMatchObject({ code: 'still-active' });
    } finally {
      await bench.close();
    }
  });
});
