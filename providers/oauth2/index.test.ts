import { expect, it, onTestFinished } from 'vitest';
import { ConfigFault } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, post, server, TOKEN } from './cases.ts';
import { oauth2 } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('says when the server does not revoke this kind of token', async () => {
  const refusal = post('/revoke', 400, { error: 'unsupported_token_type' });
  const config = (url: string) => ({ servers: [server(url)] });
  const bench = await startBench(oauth2, config, [post('/introspect', 200, { active: false }), refusal]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'acme' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it('does not call a token dead of which the server never said that it was active', async () => {
  const inactive = post('/introspect', 200, { active: false });
  const config = (url: string) => ({ servers: [server(url)] });
  const bench = await startBench(oauth2, config, [inactive, post('/revoke', 200), inactive]);
  onTestFinished(() => bench.close());
  expect(await runStep(bench, new Secret(TOKEN), { kind: 'acme' })).toMatchObject({ liveness: 'unknown' });
});

it('wants a pattern of each of several servers, so that none gets the tokens of another', async () => {
  const servers = (url: string) => ({ servers: [{ ...server(url), pattern: 'acme-[a-z]+' }, server(url)] });
  const fault = await startBench(oauth2, servers, []).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ConfigFault);
  expect(fault).toMatchObject({ path: ['servers', 1, 'pattern'] });
});

it('refuses a pattern that is no regular expression', () => {
  const servers = [{ ...server('https://idp.example.com'), pattern: '(' }];
  expect(oauth2.config.safeParse({ servers }).success).toBe(false);
});
