import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { call, cases, URL_ON_CANARY } from './cases.ts';
import { discordWebhook } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('calls the stable host, whichever host the leaked URL names', async () => {
  const bench = await startBench(discordWebhook, () => ({}), [
    call('DELETE', 204),
    call('GET', 404, { message: 'Unknown Webhook', code: 10015 }),
  ]);
  try {
    await runStep(bench, new Secret(URL_ON_CANARY), { kind: 'webhook-url' });
    bench.verify();
  } finally {
    await bench.close();
  }
});

it('takes no URL of another host', async () => {
  const bench = await startBench(discordWebhook, () => ({}), []);
  await bench.close();
  const [kind] = bench.provider.kinds;
  const elsewhere = ['discord.com.example.com', 'example.com/discord.com'];
  const found = elsewhere.map((host) =>
    kind?.pattern.test(URL_ON_CANARY.replace('canary.discord.com', host)),
  );
  expect(found).toEqual([false, false]);
});

it('does not take any other 404 for a webhook that is gone', async () => {
  const bench = await startBench(discordWebhook, () => ({}), [
    call('DELETE', 404, { message: '404: Not Found', code: 0 }),
  ]);
  try {
    const step = runStep(bench, new Secret(URL_ON_CANARY), { kind: 'webhook-url' });
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  } finally {
    await bench.close();
  }
});
