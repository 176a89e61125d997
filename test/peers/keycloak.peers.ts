import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { oauth2 } from '../../providers/oauth2/index.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type Keycloak, startKeycloak } from './keycloak.ts';
import { type QuashOptions, quashCheck, quashRevoke } from './quash.ts';

const TYPE = 'keycloak_token';

const [installed, java] = [peer('keycloak'), peer('java')];
const missing = installed.missing ?? java.missing;

describe.skipIf(missing)(suiteName('Keycloak', installed, java), () => {
  let keycloak: Keycloak;

  beforeAll(async () => {
    keycloak = await startKeycloak(pathOf(installed), dirname(dirname(pathOf(java))));
    // As Keycloak makes clients, and one that may introspect its own tokens.
    await keycloak.createClient('usual', false);
    await keycloak.createClient('mapped', true);
    for (const user of ['ann', 'bob']) await keycloak.createUser(user);
  });

  const quash = (clientId: string, { introspects = true, clientSecret = clientId } = {}): QuashOptions => ({
    definition: oauth2,
    config: {
      servers: [
        {
          ...{ clientId, clientSecret, clientAuth: 'post', types: [TYPE], revokeUrl: keycloak.revokeUrl },
          ...(introspects && { introspectUrl: keycloak.introspectUrl }),
        },
      ],
    },
  });
  const revoke = (options: QuashOptions, token: string) => quashRevoke(options, token, { type: TYPE });

  it('kills the leaked access token alone, and proves it with an audience mapper', async () => {
    const leaked = await keycloak.signIn('mapped', 'ann');
    const siblings = [await keycloak.signIn('mapped', 'ann'), await keycloak.signIn('mapped', 'bob')];

    const result = await revoke(quash('mapped'), leaked.access);

    expect(result).toMatchObject({ outcome: 'revoked', verified: true });
    expect(await keycloak.accessWorks(leaked.access)).toBe(false);
    const others = siblings.map(({ access }) => keycloak.accessWorks(access));
    expect(await Promise.all(others)).toEqual([true, true]);
  });

  it('kills the access token of a usual client, and calls nothing dead that was never called active', async () => {
    const leaked = await keycloak.signIn('usual', 'ann');
    const sibling = await keycloak.signIn('usual', 'ann');

    const result = await revoke(quash('usual'), leaked.access);

    expect(result).toMatchObject({ outcome: 'refused: unknown-token', verified: false });
    expect(await keycloak.accessWorks(leaked.access)).toBe(false);
    expect(await keycloak.accessWorks(sibling.access)).toBe(true);
  });

  it.each([
    ['refresh', 'openid'],
    ['offline', 'openid offline_access'],
  ])('kills the leaked %s token alone, without a proof', async (_, scope) => {
    const leaked = await keycloak.signIn('mapped', 'ann', scope);
    const sibling = await keycloak.signIn('mapped', 'ann', scope);
    const other = await keycloak.signIn('usual', 'ann', scope);

    const result = await revoke(quash('mapped', { introspects: false }), leaked.refresh);

    expect(result).toMatchObject({ outcome: 'accepted', verified: false });
    expect(await keycloak.refreshWorks('mapped', leaked.refresh)).toBe(false);
    expect(await keycloak.refreshWorks('mapped', sibling.refresh)).toBe(true);
    expect(await keycloak.refreshWorks('usual', other.refresh)).toBe(true);
  });

  it('calls a token that was revoked before unknown, not dead', async () => {
    const { access } = await keycloak.signIn('mapped', 'ann');
    await revoke(quash('mapped'), access);

    expect(await revoke(quash('mapped'), access)).toMatchObject({
      ...{ outcome: 'refused: unknown-token', verified: false },
    });
  });

  it.each([
    ['no token at all', () => 'a1b2c3d4'.repeat(5)],
    ['a forged one', (access: string) => `${access.slice(0, -8)}AAAAAAAA`],
  ])('calls %s unknown, and does nothing to others', async (_, forge) => {
    const { access } = await keycloak.signIn('mapped', 'ann');

    expect(await revoke(quash('mapped'), forge(access))).toMatchObject({
      ...{ outcome: 'refused: unknown-token', verified: false },
    });
    expect(await keycloak.accessWorks(access)).toBe(true);
  });

  it("calls another client's token unknown, and leaves it alone", async () => {
    const { access } = await keycloak.signIn('usual', 'ann');

    expect(await revoke(quash('mapped'), access)).toMatchObject({
      ...{ outcome: 'refused: unknown-token', verified: false },
    });
    expect(await keycloak.accessWorks(access)).toBe(true);
  });

  it('changes nothing with a wrong client secret, and the check says so', async () => {
    const { access } = await keycloak.signIn('mapped', 'ann');
    const options = quash('mapped', { clientSecret: 'wrong' });

    expect((await revoke(options, access)).outcome).toMatch(/credential/);
    expect(await keycloak.accessWorks(access)).toBe(true);
    expect(await quashCheck(options)).toEqual([expect.stringMatching(/^FAILED/)]);
    expect(await quashCheck(quash('mapped'))).toEqual([expect.stringMatching(/^ok/)]);
  });
});
