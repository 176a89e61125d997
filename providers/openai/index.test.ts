import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ADMIN_KEY,
  alive,
  cases,
  config,
  deleted,
  FORBIDDEN,
  INVALID,
  KEY_ID,
  key,
  LEGACY,
  listed,
  listRefused,
  NAMELESS,
  OTHER_401,
  OTHERS,
  PROJECT,
  probed,
  projects,
  projectsRefused,
  redacted,
  SERVICE,
  serviceAccount400,
  TOKEN,
} from './cases.ts';
import { openai } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  token = TOKEN,
  kind = 'project-key',
  settings: () => unknown = config,
) {
  const bench = await startBench(openai, settings, exchanges);
  try {
    return (await runStep(bench, new Secret(token), { kind })).result;
  } finally {
    bench.verify();
    await bench.close();
  }
}

const ofToken = (id: string) => key(id, redacted(TOKEN));

describe('openai', () => {
  it('deletes nothing when two keys look like the leaked one, the second on a later page', async () => {
    const pages = [
      listed([ofToken('key_a')], { next: 'key_a' }),
      listed([ofToken('key_b')], { after: 'key_a' }),
    ];
    expect(await run([probed(alive()), ...pages])).toMatchObject({
      reason: 'ambiguous',
      evidence: {
        keys: [
          { project: PROJECT, key: 'key_a' },
          { project: PROJECT, key: 'key_b' },
        ],
      },
    });
  });

  it('deletes nothing when OpenAI does not say of which project the key is, but names the key', async () => {
    const lists = [listed(OTHERS, {}, 'proj_1'), listed([ofToken(KEY_ID)], {}, 'proj_2')];
    expect(await run([probed(NAMELESS), projects(['proj_1', 'proj_2']), ...lists])).toMatchObject({
      reason: 'ambiguous',
      evidence: { keys: [{ project: 'proj_2', key: KEY_ID }] },
    });
  });

  it('finds the key in one organization though another refuses us, but calls nothing unknown then', async () => {
    const two = () => ({ organizations: [...config().organizations, ...config().organizations] });
    const refused = listRefused(FORBIDDEN);
    const home = [probed(alive()), refused, listed([ofToken(KEY_ID)]), deleted(), probed(INVALID)];
    expect(await run(home, TOKEN, 'project-key', two)).toMatchObject({ outcome: 'revoked' });
    const nowhere = run([probed(alive()), refused, listed(OTHERS)], TOKEN, 'project-key', two);
    await expect(nowhere).rejects.toMatchObject({ code: 'permission-missing' });
  });

  it('revokes a key that may not list models', async () => {
    const restricted = { ...FORBIDDEN, headers: { 'openai-project': PROJECT } };
    const result = await run([probed(restricted), listed([ofToken(KEY_ID)]), deleted(), probed(INVALID)]);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { project: PROJECT, key: KEY_ID } });
  });

  it('leaves a service account alone where its key cannot be deleted alone', async () => {
    const exchanges = [
      probed(alive(), SERVICE),
      listed([key(KEY_ID, redacted(SERVICE))]),
      deleted(serviceAccount400),
    ];
    expect(await run(exchanges, SERVICE)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('takes a legacy key for the listed one only if enough of it is shown', async () => {
    const scarce = key(KEY_ID, `sk-...${LEGACY.slice(-4)}`);
    const shown = key(KEY_ID, `${LEGACY.slice(0, 6)}...${LEGACY.slice(-3)}`);
    const home = probed(alive(), LEGACY);
    expect(await run([home, listed([scarce])], LEGACY, 'legacy-key')).toMatchObject({
      reason: 'unknown-token',
    });
    const exchanges = [home, listed([shown]), deleted(), probed(INVALID, LEGACY)];
    expect(await run(exchanges, LEGACY, 'legacy-key')).toMatchObject({ outcome: 'revoked' });
  });

  it('does not take a 401 for another reason for a dead key', async () => {
    await expect(run([probed(OTHER_401)])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('never deletes its own admin key', async () => {
    expect(await run([], ADMIN_KEY, 'admin-key')).toMatchObject({ reason: 'own-credential' });
  });

  it('can act on nothing without an admin key', () => {
    const provider = openai.create(openai.config.parse({}), {
      upstream: () => ({ base: '', request: () => expect.unreachable() }),
      clock: { now: () => 0, sleep: async () => {} },
      log: { warn: () => {}, info: () => {} },
    });
    expect(provider.kinds).toEqual([]);
  });

  it('says whether its admin key works', async () => {
    const bench = await startBench(openai, config, [projects([]), projectsRefused]);
    try {
      const check = () => bench.provider.check?.(new AbortController().signal);
      expect(await check()).toMatchObject([{ ok: true }]);
      expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('refused') }]);
    } finally {
      await bench.close();
    }
  });
});
