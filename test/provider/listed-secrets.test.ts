import { describe, expect, it } from 'vitest';
import { isAmong, lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../support/a-step.ts';
import { FakeClock } from '../support/fake-clock.ts';

const TOKEN = new Secret('acme_0123456789');

/** An account whose list has these pages, and whose records show these secrets once they are asked for by themselves. */
function looking(
  pages: readonly (readonly (readonly [secret: string, found: number])[])[],
  shown: Readonly<Record<number, readonly string[]>> = {},
) {
  const look = lookInList<number, number>({
    clock: new FakeClock(),
    first: 0,
    list: async (page) => ({
      secrets: pages[page] ?? [],
      next: page + 1 < pages.length ? page + 1 : undefined,
    }),
    secretsOf: async (found) => shown[found] ?? [],
    evidence: (found) => ({ record: found }),
  });
  return (known?: number) => look(TOKEN, aStep({ kind: 'key' }), known);
}

const ALIVE = { state: 'alive', found: 7, by: 'listed-whole', evidence: { record: 7 } };
const HIDDEN = { code: 'permission-missing', scope: 'entry' };

describe('a secret in the list of an account', () => {
  it('is of the record that is listed with it, whatever the others have', async () => {
    const look = looking([
      [['acme_01234567', 1]],
      [
        ['acme_0123456789', 7],
        ['acme_01234567890', 2],
      ],
    ]);
    expect(await look()).toEqual(ALIVE);
  });

  it('is of none where no record is', async () => {
    expect(await looking([[['acme_01234567', 1]], []])()).toEqual({ state: 'absent' });
  });

  it('is of none that could be told where several are', async () => {
    const look = looking([
      [
        ['acme_0123456789', 7],
        ['acme_0123456789', 8],
      ],
    ]);
    expect(await look()).toMatchObject({ state: 'unable', refusal: { reason: 'ambiguous' } });
  });

  it('is of the record that is listed twice, as another one was made while the list was read', async () => {
    const twice = ['acme_0123456789', 7] as const;
    expect(await looking([[twice, twice]])()).toEqual(ALIVE);
  });

  it('is searched for no further than so many calls go', async () => {
    const look = looking(Array.from({ length: 501 }, () => []));
    const sights = [];
    for (let steps = 0; steps < 26; steps++) sights.push(await look());
    expect(sights.at(0)).toMatchObject({ state: 'later' });
    expect(sights.at(-1)).toMatchObject({ state: 'unable', refusal: { reason: 'ambiguous' } });
  });
});

describe('a record that was found', () => {
  it.each([
    ['has the secret still', ['acme_other12345', 'acme_0123456789'], ALIVE],
    ['has another one', ['acme_other12345'], { state: 'absent' }],
    ['is gone', [], { state: 'absent' }],
  ])('%s', async (_what, secrets, sight) => {
    expect(await looking([], { 7: secrets })(7)).toEqual(sight);
  });

  it.each([[['']], [['acme_****']], [['acme_other12345', '********']]])(
    'tells nothing where its secrets are not shown: %j',
    async (secrets) => {
      await expect(looking([], { 7: secrets })(7)).rejects.toMatchObject(HIDDEN);
      expect(() => isAmong(secrets, TOKEN)).toThrow(expect.objectContaining(HIDDEN));
      expect(isAmong([...secrets, TOKEN.reveal()], TOKEN)).toBe(true);
    },
  );
});
