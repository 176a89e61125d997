import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  startBench,
  stepOf,
  untilTold,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ADMIN_KEY,
  ALIVE,
  asked,
  cases,
  config,
  disabled,
  failed,
  HINT,
  INVALID,
  KEY_ID,
  key,
  leakedAdminKey,
  listed,
  listedOnce,
  NAMES_NO_WORKSPACE,
  NOT_SERVED,
  ORGANIZATION,
  OTHERS,
  organization,
  probed,
  probedIn,
  TOKEN,
  USER_KEY,
  workspaces,
} from './cases.ts';
import { anthropic } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  token = TOKEN,
  kind = 'api-key',
  settings: () => unknown = config,
) {
  const bench = await startBench(anthropic, settings, exchanges);
  try {
    return (await runStep(bench, new Secret(token), { kind })).result;
  } finally {
    bench.verify();
    await bench.close();
  }
}

const TOOLS = {
  upstream: () => ({ base: '', request: () => expect.unreachable() }),
  clock: { now: () => 0, sleep: async () => {} },
  log: { warn: () => {}, info: () => {} },
};

const home = [probed(ALIVE), asked(organization())];

describe('anthropic', () => {
  it('disables nothing when two keys look like the leaked one, the second on a later page', async () => {
    const result = await run([
      ...home,
      listed([key('apikey_a', HINT)], { next: 'apikey_a' }),
      listed([key('apikey_b', HINT)], { after: 'apikey_a' }),
    ]);
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { keys: [{ key: 'apikey_a' }, { key: 'apikey_b' }] },
    });
  });

  it('reads the list to its end before it takes a key for the only one', async () => {
    const pages = [listed([key(KEY_ID, HINT)], { next: KEY_ID }), listed(OTHERS, { after: KEY_ID })];
    const result = await run([...home, ...pages, disabled, probed(INVALID)]);
    expect(result).toMatchObject({
      outcome: 'revoked',
      evidence: { organization: ORGANIZATION, key: KEY_ID },
    });
  });

  it('disables no key that only nearly looks like the leaked one', async () => {
    const lacks = [...home, listed([...OTHERS, key(KEY_ID, 'sk-ant-api03-...AA')])];
    expect(await run(untilTold(lacks))).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('knows that a key is dead which was let in a while longer than its organization listed it', async () => {
    const result = await run([...home, listed(OTHERS), probed(INVALID)]);
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('knows that a key is dead which it saw alive', async () => {
    const exchanges = [...home, listedOnce, disabled, probed(INVALID), probed(INVALID)];
    const bench = await startBench(anthropic, config, exchanges);
    const step = { kind: 'api-key', notes: [] };
    await runStep(bench, new Secret(TOKEN), step);
    const { result } = await runStep(bench, new Secret(TOKEN), step);
    await bench.close();
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('waits while Anthropic does not serve our address, whatever the key', async () => {
    const code = 'suspended';
    await expect(run([probed(NOT_SERVED)])).rejects.toMatchObject({ code });
    const { token } = leakedAdminKey();
    await expect(run([asked(NOT_SERVED, token)], token, 'admin-key')).rejects.toMatchObject({ code });
  });

  it('looks for no key of a foreign organization', async () => {
    const result = await run([probed(ALIVE), asked(organization('another'))]);
    expect(result).toMatchObject({ reason: 'unknown-token', evidence: { organization: ORGANIZATION } });
  });

  it('finds the organization though the admin key of another is refused', async () => {
    const two = () => ({ organizations: [...config().organizations, ...config().organizations] });
    const exchanges = [
      probed(ALIVE),
      asked(INVALID),
      asked(organization()),
      listedOnce,
      disabled,
      probed(INVALID),
    ];
    expect(await run(exchanges, TOKEN, 'api-key', two)).toMatchObject({ outcome: 'revoked' });
    const nowhere = run(
      [probed(ALIVE), asked(INVALID), asked(organization('another'))],
      TOKEN,
      'api-key',
      two,
    );
    await expect(nowhere).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' });
  });

  it('does nothing when the answer does not name the organization of the key', async () => {
    const nameless = { status: 200, json: { data: [] } };
    await expect(run([probed(nameless)])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  // https://platform.claude.com/docs/en/manage-claude/authentication
  it('disables a key of a user that is of no workspace, whose answer names its organization', async () => {
    const named = { ...NAMES_NO_WORKSPACE, ...(ALIVE.headers && { headers: ALIVE.headers }) };
    const result = await run([probed(named), asked(organization()), listedOnce, disabled, probed(INVALID)]);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { key: KEY_ID } });
  });

  it('disables a key that begins as those of users do, and none of which too little is shown', async () => {
    const named = { ...NAMES_NO_WORKSPACE, ...(ALIVE.headers && { headers: ALIVE.headers }) };
    const scarce = key('apikey_scarce', 'sk-ant-usr-...AA');
    const hint = `${USER_KEY.slice(0, 14)}...${USER_KEY.slice(-4)}`;
    const lists = [asked(organization()), listed([...OTHERS, scarce, key(KEY_ID, hint)])];
    const result = await run(
      [probed(named, USER_KEY), ...lists, disabled, probed(INVALID, USER_KEY)],
      USER_KEY,
    );
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { key: KEY_ID } });
    const { kinds } = anthropic.create(anthropic.config.parse(config()), TOOLS);
    expect(kinds.find(({ pattern }) => pattern.test(`key=${USER_KEY}`))?.id).toBe('api-key');
  });

  it('finds the organization of such a key by the workspaces that it may act in', async () => {
    const noAccess = failed(404, 'not_found_error', 'Workspace `wrkspc_1` not found.');
    const found = [workspaces(['wrkspc_1', 'wrkspc_2']), probedIn('wrkspc_1', noAccess)];
    const result = await run([
      probed(NAMES_NO_WORKSPACE),
      ...found,
      probedIn('wrkspc_2', ALIVE),
      ...[asked(organization()), listedOnce, disabled, probed(INVALID)],
    ]);
    expect(result).toMatchObject({
      outcome: 'revoked',
      evidence: { organization: ORGANIZATION, key: KEY_ID },
    });
    const foreign = [workspaces(['wrkspc_1']), probedIn('wrkspc_1', noAccess)];
    expect(await run([probed(NAMES_NO_WORKSPACE), ...foreign])).toMatchObject({ reason: 'unknown-token' });
  });

  it('calls no key dead or alive for a workspace that cannot be one', async () => {
    const badId = failed(
      400,
      'invalid_request_error',
      'anthropic-workspace-id header must be a valid workspace ID.',
    );
    const steps = [probed(NAMES_NO_WORKSPACE), workspaces(['wrkspc_1']), probedIn('wrkspc_1', badId)];
    await expect(run(steps)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  // https://github.com/anthropics/claude-code/issues/72457
  it('waits while the organization of the key is disabled, or lets only other addresses in', async () => {
    const off = failed(400, 'invalid_request_error', 'This organization has been disabled.');
    await expect(run([probed(off)])).rejects.toMatchObject({ code: 'suspended' });
    const { token } = leakedAdminKey();
    // https://platform.claude.com/docs/en/manage-claude/ip-allowlist
    const range = "Your IP address isn't in this organization's allowed range.";
    for (const answer of [off, failed(403, 'permission_error', range)]) {
      await expect(run([asked(answer, token)], token, 'admin-key')).rejects.toMatchObject({
        code: 'suspended',
      });
    }
  });

  it('gives an admin key that works to a person, and its own without a call', async () => {
    const leaked = leakedAdminKey();
    expect(await run([leaked.works], leaked.token, 'admin-key')).toMatchObject({ reason: 'manual' });
    expect(await run([leaked.isDead], leaked.token, 'admin-key')).toMatchObject({
      outcome: 'already-inactive',
    });
    expect(await run([], ADMIN_KEY, 'admin-key')).toMatchObject({ reason: 'own-credential' });
  });

  it('asks anew about an admin key by a call that lets admin keys in', async () => {
    const leaked = leakedAdminKey();
    const bench = await startBench(anthropic, config, [leaked.works, leaked.isDead]);
    const token = new Secret(leaked.token);
    const ask = () => bench.provider.verify?.(token, stepOf(bench.provider, token, { kind: 'admin-key' }));
    expect([await ask(), await ask()]).toEqual(['alive', 'dead']);
    bench.verify();
    await bench.close();
  });

  it('can act on nothing without an admin key', () => {
    expect(anthropic.create(anthropic.config.parse({}), TOOLS).kinds).toEqual([]);
  });

  it('says whether its admin key works', async () => {
    const bench = await startBench(anthropic, config, [asked(organization()), asked(INVALID)]);
    try {
      const check = () => bench.provider.check?.(new AbortController().signal);
      expect(await check()).toMatchObject([{ ok: true }]);
      expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('refused') }]);
    } finally {
      await bench.close();
    }
  });
});
