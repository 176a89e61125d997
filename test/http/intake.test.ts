/** What becomes of each element of a report: what starts it, what starts it anew, and what is sealed with it. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { takeIn } from '../../src/http/intake.ts';
import { createIgnores, type Ignores } from '../../src/provider/ignores.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import type { ReporterRole } from '../../src/words/caller.ts';
import type { Mode } from '../../src/words/mode.ts';
import { Secret } from '../../src/words/secret.ts';
import { exampleDefinition } from '../support/example-definition.ts';
import { noTools } from '../support/fake-provider.ts';
import { TEST_VAULT } from '../support/test-keys.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const PLACE = 'https://gitlab.example.com/acme/app/-/raw/0123abc/a#L1';
const RECHECK_BEFORE = 7;

/** @param isShared of a text that stands for any number of secrets */
const acme = (isShared: boolean, canVerify: boolean) =>
  exampleDefinition('acme', z.strictObject({}), {
    create: () => ({
      kinds: [
        {
          ...{ id: 'token', types: ['acme_token'], pattern: /acme-[a-z]+/i, effect: 'token', ...TRUSTED },
          canonical: (token) => token.toLowerCase(),
          sharedText: () => isShared,
        },
      ],
      revoke: async () => ({ outcome: 'accepted' }),
      ...(canVerify && { verify: async () => 'dead' }),
    }),
  });

interface Given {
  readonly mode?: Mode;
  readonly isShared?: boolean;
  readonly canVerify?: boolean;
  readonly role?: ReporterRole;
  readonly context?: string;
  readonly token?: string;
  readonly now?: number;
  readonly ignores?: Ignores;
  /** The id of what the ledger has. */
  readonly known?: string;
  /** Takes the ids that the ledger is asked about. */
  readonly asked?: string[];
  readonly location?: string;
  /** How often it is reported. */
  readonly times?: number;
}

async function taken(given: Given = {}) {
  const { mode = 'revoke', isShared = false, canVerify = true, role = 'gitlab', context, now = 0 } = given;
  const { ignores = () => undefined } = given;
  const config = { revocation: { mode, maxPerHour: 1 }, providers: {}, types: {} } as const;
  const element = {
    type: 'acme_token',
    token: given.token ?? 'acme-token',
    location: given.location ?? PLACE,
  };
  const reported = { ok: true, ...element, ...(context !== undefined && { context }) } as const;
  const { reports } = await takeIn(Array(given.times ?? 1).fill(reported), {
    ...{ registry: createRegistry(config, [acme(isShared, canVerify)], noTools), vault: TEST_VAULT },
    isKnown: async (id) => {
      given.asked?.push(id);
      return id === given.known;
    },
    ...{ overrideOf: () => null, ignores, role, caller: 'ci', now },
    shareOf: () => ({ group: 'gitlab', namespace: 'acme', project: 'acme/app' }),
    recheckEndedBefore: RECHECK_BEFORE,
  });
  const [report] = reports.slice();
  if (!report) throw new Error('Nothing was taken.');
  return report;
}

const ALWAYS = ['ignored', 'would-revoke', 'unrecognised', 'review'];

describe('a token that is reported again', () => {
  it('starts anew where nothing was done about it, and where it may have been judged wrongly', async () => {
    expect((await taken()).restarts).toEqual(ALWAYS);
    expect((await taken({ mode: 'hold' })).restarts).toEqual(ALWAYS);
  });

  it('starts anew where more of it comes, and it lacked that', async () => {
    const more = [...ALWAYS, 'needs-context', 'unproven'];
    expect((await taken({ role: 'submit', context: 'the lines around' })).restarts).toEqual(more);
    // GitLab itself is asked for these, whatever a report says.
    expect((await taken({ context: 'the lines around' })).restarts).toEqual(ALWAYS);
  });

  it('starts anew at a new place where that may bring what was missing', async () => {
    expect((await taken()).restartsAtNewPlace).toEqual([
      ...['needs-context', 'unproven', 'fragment', 'followed'],
    ]);
  });

  it('starts anew at a new place, however it ended, where others share its text', async () => {
    const ends = ['followed', 'refused', 'revoked', 'already-inactive', 'accepted', 'exhausted', 'unproven'];
    expect((await taken({ isShared: true })).restartsAtNewPlace).toEqual(ends);
  });

  it('starts nothing in a dry run that has ended', async () => {
    const report = await taken({ mode: 'dry-run' });
    expect(report.restarts).toEqual(['ignored']);
    expect(report).not.toHaveProperty('restartsAtNewPlace');
  });

  it.each([
    ['can be asked', {}, true],
    ['cannot be asked', { canVerify: false }, false],
    ['is the text of many', { isShared: true }, false],
    ['is held', { mode: 'hold' }, false],
    ['is in a dry run', { mode: 'dry-run' }, false],
  ] as const)(
    'is asked about once more after its death, or not, where it %s',
    async (_what, given, isAsked) => {
      expect((await taken(given)).recheckEndedBefore).toBe(isAsked ? RECHECK_BEFORE : undefined);
    },
  );
});

describe('what is sealed with a token', () => {
  it('is what it was reported as, so that no other row stands for it', async () => {
    const { id, sealed } = await taken({ isShared: true });
    expect(TEST_VAULT.openMaterial(id, sealed)).toMatchObject({
      ...{ kind: 'token', where: 'https://gitlab.example.com/acme/app/-/a' },
    });
    const { kind, where } = TEST_VAULT.openMaterial((await taken()).id, (await taken()).sealed);
    expect({ kind, where }).toEqual({ kind: 'token', where: '' });
  });

  it('are the lines around it where a job sends them', async () => {
    const sent = async (role: ReporterRole) => {
      const { id, sealed } = await taken({ role, context: 'the lines around' });
      return TEST_VAULT.openMaterial(id, sealed).context?.reveal();
    };
    expect(await sent('submit')).toBe('the lines around');
    expect(await sent('gitlab')).toBeUndefined();
  });
});

describe('a text that no provider reads', () => {
  const DAY_MS = 86_400_000;
  const counted = async (now: number) => (await taken({ token: 'nothing of the kind', now })).beyond?.id;

  it('is counted with those of its day', async () => {
    expect(await counted(DAY_MS - 1)).toBe(await counted(0));
    expect(await counted(DAY_MS)).not.toBe(await counted(0));
  });
});

describe('a token in another spelling', () => {
  const fingerprintOf = (token: string) => TEST_VAULT.fingerprint('acme', new Secret(token));

  it('is the same entry, and is worked on in the one spelling', async () => {
    const report = await taken({ token: 'ACME-Token' });

    expect(report.id).toBe((await taken()).id);
    expect(TEST_VAULT.openMaterial(report.id, report.sealed).token.reveal()).toBe('acme-token');
  });

  it.each(['acme-token', 'ACME-Token'])('is ignored by the fingerprint of %s', async (told) => {
    const ignores = createIgnores([{ fingerprint: fingerprintOf(told), reason: 'A decoy.' }]);

    const { initial } = await taken({ token: 'ACME-Token', ignores });

    expect(initial).toMatchObject({ state: 'dismissed', outcome: { kind: 'ignored' } });
  });

  it.each([true, false])(
    'is the entry that an earlier version made of this very one, as long as it is kept, shared: %s',
    async (isShared) => {
      const where = isShared ? 'https://gitlab.example.com/acme/app/-/a' : '';
      const known = TEST_VAULT.fingerprint('acme', new Secret('ACME-Token'), where);

      const report = await taken({ token: 'ACME-Token', known, isShared });

      expect(report.id).toBe(known);
      expect(TEST_VAULT.openMaterial(known, report.sealed).token.reveal()).toBe('ACME-Token');
      expect((await taken({ token: 'acme-TOKEN', known, isShared })).id).not.toBe(known);
    },
  );

  it.each(['acme-token', 'ACME-Token'])(
    'that is named as before is ignored by the fingerprint of %s',
    async (told) => {
      const known = fingerprintOf('ACME-Token');
      const ignores = createIgnores([{ fingerprint: fingerprintOf(told), reason: 'A decoy.' }]);

      const { id, initial } = await taken({ token: 'ACME-Token', known, ignores });

      expect({ id, initial }).toMatchObject({ id: known, initial: { outcome: { kind: 'ignored' } } });
    },
  );

  it('is shown in the name of its file in none of them', async () => {
    const location = 'https://gitlab.example.com/acme/app/-/raw/0123abc/ACME-Token/acme-token/a';

    const report = await taken({ token: 'key=ACME-Token', location });

    expect(report.location).toBe('https://gitlab.example.com/acme/app/-/raw/0123abc/[token]/[token]/a');
  });

  it.each(['ACME-Token', 'acme-token'])(
    'is shown in none of them behind a # in that name: named as %s',
    async (named) => {
      const location = `${PLACE}-ACME-Token-acme-token`;

      const report = await taken({ token: 'key=ACME-Token', location, known: fingerprintOf(named) });

      expect(report.location).toBe(`${PLACE}-[token]-[token]`);
    },
  );

  it('is looked for once, wherever in the report it stands', async () => {
    const asked: string[] = [];
    const report = await taken({ token: 'ACME-Token', times: 120, asked });

    expect(report.id).toBe(fingerprintOf('acme-token'));
    expect(asked).toEqual([fingerprintOf('ACME-Token')]);
  });
});
