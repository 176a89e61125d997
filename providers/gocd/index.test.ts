import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type ProviderBench,
  runStep,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  config,
  listCall,
  listOf,
  PASSWORD,
  probeCall,
  probedLive,
  probedRevoked,
  revokeCall,
  TOKEN,
} from './cases.ts';
import { gocd } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('gocd', () => {
  it('can act on nothing without a server', () => {
    const provider = gocd.create(gocd.config.parse({}), {
      upstream: () => expect.unreachable(),
      clock: { now: () => 0, sleep: async () => {} },
      log: { warn: () => {}, info: () => {} },
    });
    expect(provider.kinds).toEqual([]);
  });

  it.each(['ftp://ci.example.com/go', 'ci.example.com', ''])('refuses %j as the URL of a server', (url) => {
    const servers = [{ url, username: 'quash', password: PASSWORD }];
    expect(gocd.config.safeParse({ servers }).success).toBe(false);
  });

  it('takes no token out of a longer run of hex characters or in upper case', async () => {
    const bench = await startBench(gocd, config, []);
    await bench.close();
    const pattern = bench.provider.kinds[0]?.pattern;
    expect(`${TOKEN}0`).not.toMatch(pattern ?? /(?:)/);
    expect(`F${TOKEN}`).not.toMatch(pattern ?? /(?:)/);
    expect(TOKEN.toUpperCase()).not.toMatch(pattern ?? /(?:)/);
  });

  it.each<[string, Exchange[], string]>([
    ['the path is wrong', [wrongPath(listCall())], 'misconfigured'],
    ['security is off', [listCall(422, { message: 'Security must be enabled!' })], 'misconfigured'],
    ['the path of the probe is wrong', [listCall(), wrongPath(probedLive)], 'misconfigured'],
    [
      'a refusal of the token is not known',
      [listCall(), probeCall(401, { message: '?' })],
      'unexpected-answer',
    ],
    ['the owner of a live token has no record', [listCall(200, listOf([])), probedLive], 'unexpected-answer'],
  ])('fails when %s', async (_name, exchanges, code) => {
    const bench = await startBench(gocd, config, exchanges);
    try {
      await expect(run(bench)).rejects.toMatchObject({ code, scope: 'lane' });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it.each<[string, Exchange]>([
    ['was revoked by an attempt that crashed', revokeCall(409, { message: 'Already revoked!' })],
    ['is gone', revokeCall(404, { message: 'Access token was not found!' })],
  ])('proves the end of the token when its record %s', async (_name, repeated) => {
    const bench = await startBench(gocd, config, [listCall(), probedLive, repeated, probedRevoked]);
    try {
      expect(await run(bench)).toMatchObject({ outcome: 'revoked', proven: true });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('says what is wrong with its credential', async () => {
    const bench = await startBench(gocd, config, [
      listCall(),
      listCall(401, { message: '' }),
      listCall(403, { message: '' }),
      wrongPath(listCall()),
    ]);
    try {
      const check = () => bench.provider.check?.(new AbortController().signal);
      expect(await check()).toEqual([{ name: expect.stringContaining('/go administrator'), ok: true }]);
      expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('password') }]);
      expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('administrator') }]);
      expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('/go') }]);
    } finally {
      await bench.close();
    }
  });
});

describe('the detection rule for GitLab', () => {
  it('finds tokens beside the name of GoCD and no commits', async () => {
    const rules = await readFile(new URL('./gitlab-ruleset.toml', import.meta.url), 'utf8');
    const regex = new RegExp(/^regex = '''\(\?i\)(.*)'''$/m.exec(rules)?.[1] ?? '', 'i');
    const found = (text: string) => regex.exec(text)?.[1];
    const id = /^id = "(.*)"$/m.exec(rules)?.[1];
    expect(gocd.types).toContain(`gitleaks_rule_id_${id}`);
    expect(found(`GOCD_TOKEN=${TOKEN}`)).toBe(TOKEN);
    expect(found(`gocd:\n  access_token: "${TOKEN}"`)).toBe(TOKEN);
    const call = `curl https://ci.example.com/go/api/version -H 'Authorization: bearer ${TOKEN}'`;
    expect(found(call)).toBe(TOKEN);
    expect(found(`gocd: commit ${TOKEN}`)).toBeUndefined();
    expect(found(`token: ${TOKEN}`)).toBeUndefined();
    expect(found(`GOCD_TOKEN=${TOKEN.toUpperCase()}`)).toBeUndefined();
  });
});

function wrongPath({ expect: request }: Exchange): Exchange {
  return {
    expect: request,
    answer: { status: 404, text: 'The url you are trying to reach appears to be incorrect.' },
  };
}

async function run(bench: ProviderBench) {
  return (await runStep(bench, new Secret(TOKEN), { kind: 'access-token' })).result;
}
