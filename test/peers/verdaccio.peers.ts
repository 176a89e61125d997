import { beforeAll, describe, expect, it } from 'vitest';
import { npm } from '../../providers/npm/index.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { quashRevoke } from './quash.ts';
import { startVerdaccio, type Verdaccio } from './verdaccio.ts';

const TYPE = 'gitleaks_rule_id_npm_access_token';
const JWT = '(?<![\\w.-])eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+(?![\\w.-])';

const installed = peer('verdaccio');

describe.skipIf(installed.missing)(suiteName('Verdaccio', installed), () => {
  let verdaccio: Verdaccio;

  beforeAll(async () => {
    verdaccio = await startVerdaccio(pathOf(installed));
  });

  const revoke = (token: string, config = {}) => {
    const registries = [{ url: verdaccio.url, pattern: JWT }];
    return quashRevoke({ definition: npm, config: { registries, ...config } }, token, { type: TYPE });
  };

  it('says that it has logged a token out and goes on knowing it, which is not called dead', async () => {
    const [leaked, sibling] = [await verdaccio.signUp('ann'), await verdaccio.signUp('bob')];

    const result = await revoke(leaked);

    // `DELETE /-/user/token/TOKEN` is "Logged out", `DELETE /-/npm/v1/tokens/token/TOKEN` is 500, "user not found".
    expect(result.verified).toBe(false);
    expect(result.outcome).not.toMatch(/revoked|inactive/);
    expect([await verdaccio.greets(leaked), await verdaccio.greets(sibling)]).toEqual(['ann', 'bob']);
  });

  it.each(['attention', 'inactive'])(
    'never knew a forged token, which is not called dead (unknownTokens: %s)',
    async (unknownTokens) => {
      const token = await verdaccio.signUp(`user-${unknownTokens}`);
      const forged = `${token.slice(0, -8)}AAAAAAAA`;

      expect(await revoke(forged, { unknownTokens })).toMatchObject({
        ...{ outcome: 'refused: unknown-token', verified: false },
      });
      expect(await verdaccio.greets(token)).toBe(`user-${unknownTokens}`);
    },
  );

  it("does not get another registry's tokens", async () => {
    const foreign = ['np', 'm_', 'A'.repeat(36)].join('');

    expect((await revoke(foreign)).outcome).toMatch(/does not hold one token|No enabled provider/);
  });

  it("does not know another registry's tokens of the same look", async () => {
    const other = await startVerdaccio(pathOf(installed));
    const foreign = await other.signUp('carol');

    expect(await revoke(foreign)).toMatchObject({ outcome: 'refused: unknown-token', verified: false });
    expect(await other.greets(foreign)).toBe('carol');
  });
});
