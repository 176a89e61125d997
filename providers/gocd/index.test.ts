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
  letIn,
  listCall,
  listOf,
  otherCall,
  PASSWORD,
  probeCall,
  probedLive,
  probedRevoked,
  REFUSED,
  REVOKED_RECORD,
  recordCall,
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
    ['security is off', [listCall(401, SECURITY_OFF)], 'misconfigured'],
    ['security is off by another answer', [listCall(422, { message: 'Security!' })], 'misconfigured'],
    ['it fails at any token', [listCall(), probeCall(500, ''), otherCall(500, '')], 'upstream-error'],
    ['the path of the probe is wrong', [listCall(), wrongPath(probedLive)], 'misconfigured'],
    [
      'a refusal of the token is not known',
      [listCall(), probeCall(401, { message: '?' })],
      'unexpected-answer',
    ],
    ['the owner of a live token has no record', [listCall(200, listOf([])), ...letIn], 'unexpected-answer'],
  ])('fails when %s', async (_name, exchanges, code) => {
    const bench = await startBench(gocd, config, exchanges);
    try {
      await expect(run(bench)).rejects.toMatchObject({ code, scope: 'lane' });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('proves the end of the token when its record was revoked by an attempt that crashed', async () => {
    const repeated = revokeCall(409, { message: 'Already revoked!' });
    expect(
      await played([listCall(), ...letIn, ...letIn, repeated, probedRevoked, recordCall()]),
    ).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: { recordId: 42, identified: 'only-one', inferred: true },
    });
  });

  it('claims no revocation when its record is gone', async () => {
    const gone = { message: "Access token with id '42' was not found!" };
    const calls = [
      revokeCall(404, gone),
      probedRevoked,
      recordCall(gone, 404),
      listCall(200, listOf([]), 'revoked'),
    ];
    expect(await played([listCall(), ...letIn, ...letIn, ...calls])).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
    });
  });

  it('says who revoked a token that is dead already, where the time shows it', async () => {
    const other = { ...REVOKED_RECORD, id: 41, revoked_at: '2026-01-01T00:07:00Z' };
    const byHand = { ...REVOKED_RECORD, revoked_by: 'Alice', revoke_cause: 'lost' };
    expect(
      await played([listCall(), probedRevoked, listCall(200, listOf([other, byHand]), 'revoked')]),
    ).toEqual({
      outcome: 'already-inactive',
      proven: true,
      evidence: {
        server: expect.stringContaining('/go'),
        owner: 'Alice',
        recordId: 42,
        revokedBy: 'Alice',
        revokedAt: '2026-01-01T00:00:00.000Z',
      },
    });
  });

  it('says that a token is dead although nobody says who revoked it', async () => {
    const failed = listCall(500, {}, 'revoked');
    expect(await played([listCall(), probedRevoked, failed])).toMatchObject({ outcome: 'already-inactive' });
  });

  it.each([
    'Your account has been disabled by the administrator',
    'Can not find authorization configuration "ldap" to which the requested personal access token belongs.',
    'Please ask the administrator to add you to GoCD.',
  ])('knows a token whose owner is not let in: %s', async (message) => {
    const locked = [probeCall(401, { message }), otherCall(401, REFUSED)];
    expect(
      await played([listCall(), ...locked, ...locked, revokeCall(), probedRevoked, recordCall()]),
    ).toMatchObject({ outcome: 'revoked', evidence: { recordId: 42 } });
  });

  it('takes a list of more than 1 MiB', async () => {
    const filler = Array.from({ length: 3_000 }, (_, index) => ({
      id: 100 + index,
      username: 'bob',
      description: 'x'.repeat(700),
      created_at: null,
      last_used_at: null,
    }));
    const long = listCall(200, listOf([...filler, { ...REVOKED_RECORD, username: 'alice', revoked: false }]));
    expect(await played([long, ...letIn, ...letIn, revokeCall(), probedRevoked, recordCall()])).toMatchObject(
      { outcome: 'revoked' },
    );
  });

  it('never uses its own password as a token', async () => {
    const own = (url: string) => ({ servers: [{ url: `${url}/go`, username: 'quash', password: TOKEN }] });
    const bench = await startBench(gocd, own, []);
    try {
      expect(await run(bench)).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
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
    // The scanner's engine knows `(?-i:` inside `(?i)`. V8 misreads it once a process has compiled many expressions, so
    // the token's own part is tried by itself.
    const source = /^regex = '''\(\?i\)(.*)'''$/m.exec(rules)?.[1] ?? '';
    const own = [...source.matchAll(/\(\?-i:(.*?)\)/g)].map(([, part]) => part);
    expect(own).toEqual(['[0-9a-f]{40}', '[0-9a-f]{40}']);
    const around = new RegExp(source.replaceAll('(?-i:[0-9a-f]{40})', '[0-9a-f]{40}'), 'i');
    const found = (text: string) => {
      const [, before, behind] = around.exec(text) ?? [];
      return /^[0-9a-f]{40}$/.exec(before ?? behind ?? '')?.[0];
    };
    const id = /^id = "(.*)"$/m.exec(rules)?.[1];
    expect(gocd.types).toContain(`gitleaks_rule_id_${id}`);
    for (const text of [
      `GOCD_TOKEN=${TOKEN}`,
      `gocd:\n  access_token: "${TOKEN}"`,
      `curl https://ci.example.com/go/api/version -H 'Authorization: bearer ${TOKEN}'`,
      `curl -H 'Authorization: Bearer ${TOKEN}' https://ci.example.com/go/api/version`,
      `-H 'Authorization: bearer ${TOKEN}' -H 'Accept: application/vnd.go.cd.v1+json'`,
      `        - name: GOCD_ACCESS_TOKEN\n          value: "${TOKEN}"`,
      `<variable name="GOCD_TOKEN"><value>${TOKEN}</value>`,
      `gocd.setAccessToken("${TOKEN}")`,
    ]) {
      expect(found(text), text).toBe(TOKEN);
    }
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

/** How it ends when GoCD answers so. */
async function played(exchanges: readonly Exchange[]) {
  const bench = await startBench(gocd, config, exchanges);
  try {
    const result = await run(bench);
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

const SECURITY_OFF = {
  message:
    'Basic authentication credentials are not required, since security has been disabled on this server.',
};

async function run(bench: ProviderBench) {
  return (await runStep(bench, new Secret(TOKEN), { kind: 'access-token' })).result;
}
