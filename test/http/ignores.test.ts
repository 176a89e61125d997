import { describe, expect, it } from 'vitest';
import { createIgnores, type Ignores } from '../../src/provider/ignores.ts';
import { Secret } from '../../src/words/secret.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

const PROJECT = 'https://gitlab.example.com/acme/app/-/raw/0123abc';
const RULES = [{ location: 'https://gitlab.example.com/acme/app/-/test/**', reason: 'Fixtures.' }];

function element(token: string, file: string) {
  return { type: FAKE_TYPE, token, location: `${PROJECT}/${file}#L1` };
}

describe('a text that no provider reads', () => {
  it('is told from one that a person has on the list already', async () => {
    const { post } = httpFixture();
    const invalidOf = async () => {
      const response = await post([element('Changeme!', 'a')]);
      return ((await response.json()) as { invalid: unknown }).invalid;
    };

    expect(await invalidOf()).toEqual([{ index: 0, reason: 'no-match', type: FAKE_TYPE }]);
    expect(await invalidOf()).toEqual([{ index: 0, reason: 'no-match', type: FAKE_TYPE, known: true }]);
  });
});

describe('a report of what is ignored', () => {
  it('is accepted and counted, and nothing of its secret is kept', async () => {
    const { post, ledger, vault, events } = httpFixture({ settings: { ignores: createIgnores(RULES) } });

    const response = await post([element('fake-decoy', 'test/a.env'), element('fake-leak', 'src/a.env')]);

    expect(response.status).toBe(204);
    const decoy = await ledger.get(vault.fingerprint('fake', new Secret('fake-decoy')));
    expect(decoy).toMatchObject({
      state: 'dismissed',
      outcome: { kind: 'ignored', verified: false, advice: 'Ignored by the configuration: Fixtures.' },
    });
    const claimed = await ledger.claim('fake', { now: Date.now(), limit: 9, leaseMs: 1000, maxPerHour: 0 });
    expect(claimed.claims.map(({ sealed, id }) => vault.openMaterial(id, sealed).token.reveal())).toEqual([
      'fake-leak',
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'report-accepted', created: 2, ignored: 1 }),
    );
    expect(events.filter(({ type }) => type === 'set-aside')).toEqual([]);
  });

  it('is one of a normal entry once the token stands elsewhere', async () => {
    const { post, ledger, vault } = httpFixture({ settings: { ignores: createIgnores(RULES) } });
    const stateNow = async () =>
      (await ledger.get(vault.fingerprint('fake', new Secret('fake-decoy'))))?.state;

    await post([element('fake-decoy', 'test/a.env')]);
    expect(await stateNow()).toBe('dismissed');
    await post([element('fake-decoy', 'test/b.env')]);
    expect(await stateNow()).toBe('dismissed');
    await post([element('fake-decoy', 'src/a.env')]);
    expect(await stateNow()).toBe('queued');
  });

  it('is not refused where its text is no token', async () => {
    const { post, ledger, vault } = httpFixture({ settings: { ignores: createIgnores(RULES) } });

    expect((await post([element('Changeme!', 'test/a.env')])).status).toBe(204);
    expect(await ledger.get(vault.fingerprint('fake', new Secret('Changeme!')))).toMatchObject({
      state: 'dismissed',
      outcome: { kind: 'ignored' },
    });
    expect((await post([element('Changeme!', 'src/a.env')])).status).toBe(400);
    expect(await ledger.get(vault.fingerprint('fake', new Secret('Changeme!')))).toMatchObject({
      state: 'attention',
    });
  });

  it('takes a fingerprint, which is the id of the entry', async () => {
    let fingerprint = '';
    const ignores: Ignores = (reported) => createIgnores([{ fingerprint, reason: 'A decoy.' }])(reported);
    const { post, ledger, vault } = httpFixture({ settings: { ignores } });
    fingerprint = vault.fingerprint('fake', new Secret('fake-decoy'));

    await post([element('fake-decoy', 'src/a.env'), element('fake-other', 'src/a.env')]);

    expect(await ledger.count()).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: 'dismissed', entries: 1 })]),
    );
    expect((await ledger.get(fingerprint))?.state).toBe('dismissed');
  });
});
