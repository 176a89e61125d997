import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, foreign, HOSTS, revoke, TOKEN } from './cases.ts';
import { zoho } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  [400, 'Access Denied', 'You have made too many requests continuously. Please try again after some time.'],
  [200, 'Access Denied', 'You have made too many requests continuously'],
  [400, '\u62d2\u7edd\u8bbf\u95ee', ''],
  [400, 'access_denied', ''],
])(
  'tries a token again that a data centre did not look at, as it says by %i and %j',
  async (status, error, why) => {
    const [first = '', ...others] = HOSTS;
    const limited = revoke(first, status, { error, error_description: why, status: 'failure' });
    const bench = await startBench(zoho, () => ({}), [limited, ...others.map(foreign)]);
    onTestFinished(() => bench.close());
    const step = runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
    await expect(step).rejects.toMatchObject({ code: 'throttled', scope: 'entry', retryAfterMs: 600_000 });
    bench.verify();
  },
);
