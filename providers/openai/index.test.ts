import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import {
  ADMIN_KEY,
  ARCHIVED,
  adminDeleted,
  adminListed,
  adminListedWithout,
  adminProbed,
  alive,
  cases,
  config,
  deleted,
  ELSEWHERE,
  FORBIDDEN,
  INVALID,
  KEY_ID,
  key,
  LACKS_SCOPE,
  LEAKED_ADMIN,
  LEGACY,
  listed,
  listRefused,
  NAMELESS,
  NO_ORGANIZATION,
  NOT_FOUND,
  OTHER_401,
  OTHERS,
  PROJECT,
  probed,
  projects,
  projectsForbidden,
  projectsRefused,
  redacted,
  SERVICE,
  serviceAccount400,
  TOKEN,
  USER_KEY,
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
    const refused = [listRefused(FORBIDDEN), projectsForbidden];
    const home = [probed(alive()), ...refused, listed([ofToken(KEY_ID)]), deleted(), probed(INVALID)];
    expect(await run(home, TOKEN, 'project-key', two)).toMatchObject({ outcome: 'revoked' });
    const nowhere = run([probed(alive()), ...refused, listed(OTHERS)], TOKEN, 'project-key', two);
    await expect(nowhere).rejects.toMatchObject({ code: 'permission-missing' });
  });

  it.each([
    ['403', FORBIDDEN],
    ['401', LACKS_SCOPE],
  ])('revokes a key that may not list models, and hears so with %s', async (_status, answer) => {
    const restricted = { ...answer, headers: { 'openai-project': PROJECT } };
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
    expect(await run(untilTold([home, listed([scarce])]), LEGACY, 'legacy-key')).toMatchObject({
      reason: 'unknown-token',
    });
    const exchanges = [home, listed([shown]), deleted(), probed(INVALID, LEGACY)];
    expect(await run(exchanges, LEGACY, 'legacy-key')).toMatchObject({ outcome: 'revoked' });
  });

  it('names the key of a user to a person where its organization lets in keys of projects alone', async () => {
    const lists = [listed([...OTHERS, key(KEY_ID, redacted(LEGACY))])];
    const exchanges = [probed(USER_KEY, LEGACY), projects([PROJECT]), ...lists];
    expect(await run(exchanges, LEGACY, 'legacy-key')).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { keys: [{ project: PROJECT, key: KEY_ID }] },
    });
  });

  it('does not take a 401 for another reason for a dead key', async () => {
    for (const answer of [OTHER_401, NO_ORGANIZATION, ARCHIVED])
      await expect(run([probed(answer)])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('does not delete a key that no project of the organization lists', async () => {
    const nowhere = { outcome: 'refused', reason: 'unknown-token' };
    expect(await run([probed(alive()), listRefused(NOT_FOUND)])).toMatchObject(nowhere);
    expect(await run(untilTold([probed(alive()), listed(OTHERS)]))).toMatchObject(nowhere);
  });

  // https://community.openai.com/t/why-is-it-possible-that-i-can-still-use-a-key-after-deleting-it-through-the-api/1345417
  it('knows that a key is dead which was let in a while longer than its project listed it', async () => {
    const result = await run([probed(alive()), listed(OTHERS), probed(INVALID)]);
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
    const admin = [adminProbed(NAMELESS), adminListedWithout, adminProbed(INVALID)];
    expect(await run(admin, LEAKED_ADMIN, 'admin-key')).toMatchObject({ outcome: 'already-inactive' });
  });

  it('deletes a key that its project lists a moment later', async () => {
    const late = [probed(alive()), listed([ofToken(KEY_ID)]), deleted(), probed(INVALID)];
    expect(await run([probed(alive()), listed(OTHERS), ...late])).toMatchObject({ outcome: 'revoked' });
  });

  it('leaves an admin key to a person that may not list keys, whatever the status', async () => {
    const result = await run([adminProbed(LACKS_SCOPE)], LEAKED_ADMIN, 'admin-key');
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('goes on when what is of another organization is forbidden to the admin key', async () => {
    const ours = projects(['proj_1']);
    const nowhere = { outcome: 'refused', reason: 'unknown-token' };
    expect(await run([probed(alive()), listRefused(FORBIDDEN), ours])).toMatchObject(nowhere);
    const admin = [adminProbed(NAMELESS), adminListed, adminDeleted(FORBIDDEN), ours];
    expect(await run(admin, LEAKED_ADMIN, 'admin-key')).toMatchObject(nowhere);
  });

  it('does not call an admin key dead that no configured organization could delete', async () => {
    const exchanges = [adminProbed(NAMELESS), adminListed, adminDeleted(NOT_FOUND)];
    const result = await run(exchanges, LEAKED_ADMIN, 'admin-key');
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('deletes an admin key with the one of its organization though another is refused', async () => {
    const two = () => ({ organizations: [{ adminKey: 'another-one' }, ...config().organizations] });
    const refusal = adminDeleted(INVALID, 'another-one');
    const seen = [adminProbed(NAMELESS), adminListed, refusal];
    const home = [...seen, adminDeleted(), adminProbed(INVALID)];
    expect(await run(home, LEAKED_ADMIN, 'admin-key', two)).toMatchObject({ outcome: 'revoked' });
    const nowhere = run([...seen, adminDeleted(NOT_FOUND)], LEAKED_ADMIN, 'admin-key', two);
    await expect(nowhere).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' });
  });

  describe('a key of a project with data residency', () => {
    const EU = 'eu.api.openai.com';
    const toEurope = [probed(ELSEWHERE), probed(ELSEWHERE, TOKEN, 'us.api.openai.com')];

    it('is looked at where its region is', async () => {
      const here = probed(alive(), TOKEN, EU);
      const exchanges = [...toEurope, here, listed([ofToken(KEY_ID)]), deleted(), probed(INVALID)];
      expect(await run(exchanges)).toMatchObject({ outcome: 'revoked', evidence: { key: KEY_ID } });
    });

    it('is looked at in Europe though the United States do not know it', async () => {
      const [first] = toEurope;
      const toUs = probed(INVALID, TOKEN, 'us.api.openai.com');
      const exchanges = [first, toUs, probed(alive(), TOKEN, EU), listed(OTHERS)].filter((each) => !!each);
      expect(await run(untilTold(exchanges))).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    });

    const REGIONS = ['us', 'eu', 'au', 'ca', 'jp', 'in', 'sg', 'kr', 'gb', 'ae'];
    const saidBy = (regions: readonly string[], answer: PlainAnswer) =>
      regions.map((region) => probed(answer, TOKEN, `${region}.api.openai.com`));

    it.each(REGIONS.slice(2))('is looked at in the region %s, too', async (region) => {
      const before = saidBy(REGIONS.slice(0, REGIONS.indexOf(region)), ELSEWHERE);
      const exchanges = [probed(ELSEWHERE), ...before, ...saidBy([region], alive()), listed(OTHERS)];
      expect(await run(untilTold(exchanges))).toMatchObject({
        reason: 'unknown-token',
        evidence: { project: PROJECT },
      });
    });

    it('is looked at in its region though the host of another one fails', async () => {
      const down = saidBy(['us'], { status: 503, json: {} });
      const exchanges = [probed(ELSEWHERE), ...down, ...saidBy(['eu'], alive()), listed(OTHERS)];
      expect(await run(untilTold(exchanges))).toMatchObject({
        reason: 'unknown-token',
        evidence: { project: PROJECT },
      });
    });

    it('is neither dead nor tried for ever when no region that is asked lets it in', async () => {
      for (const answer of [ELSEWHERE, INVALID]) {
        const result = await run([probed(ELSEWHERE), ...saidBy(REGIONS, answer)]);
        expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
      }
    });
  });

  it('calls no key dead whose length is none that OpenAI uses', async () => {
    const cut = TOKEN.slice(0, -1);
    const result = await run([probed(INVALID, cut)], cut);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
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
