import { beforeAll, describe, expect, it } from 'vitest';
import { vault } from '../../providers/vault/index.ts';
import { eventually } from '../support/eventually.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type OpenBao, startOpenBao } from './openbao.ts';
import { quashRevoke, quashStep } from './quash.ts';

const SERVICE = 'gitleaks_rule_id_hashicorpvaultservicetoken';
const BATCH = 'gitleaks_rule_id_hashicorp_vault_batch_token';

const installed = peer('openbao');

describe.skipIf(installed.missing)(suiteName('OpenBao', installed), () => {
  let bao: OpenBao;

  beforeAll(async () => {
    bao = await startOpenBao(pathOf(installed));
    for (const namespace of ['team', 'another']) await bao.createNamespace(namespace);
  });

  const revoke = (token: string, { approve = true, type = SERVICE, config = {} } = {}) => {
    const servers = [{ url: bao.url }, { url: bao.url, namespace: 'team' }];
    return quashRevoke({ definition: vault, config: { servers, ...config } }, token, { type, approve });
  };

  it.each([undefined, 'team'])('kills the leaked one of several tokens, namespace %s', async (namespace) => {
    const [before, leaked, after] = [
      await bao.createToken({}, namespace),
      await bao.createToken({}, namespace),
      await bao.createToken({}, namespace),
    ];

    const unapproved = await revoke(leaked, { approve: false });
    const wasAlive = await bao.isAlive(leaked, namespace);
    const approved = await revoke(leaked);

    expect([unapproved.outcome, wasAlive]).toEqual(['held: wider', true]);
    expect(approved).toMatchObject({ outcome: 'revoked', verified: true });
    expect(approved.evidence?.accessor).toEqual(expect.any(String));
    const alive = [before, leaked, after].map((token) => bao.isAlive(token, namespace));
    expect(await Promise.all(alive)).toEqual([true, false, true]);
  });

  it('kills the children, too, as its warning says', async () => {
    const parent = await bao.createToken({ policies: ['root'], ttl: '0' });
    const child = await childOf(bao, parent);

    const { advice } = await revoke(parent, { approve: false });
    await revoke(parent);

    expect(advice).toContain('child tokens');
    expect(await bao.isAlive(child)).toBe(false);
  });

  it.each([undefined, 'team'])('leaves a batch token to a person, namespace %s', async (namespace) => {
    const token = await bao.createToken({ type: 'batch' }, namespace);

    const result = await revoke(token, { type: BATCH });

    expect(result.outcome).toBe('refused: manual');
    expect(Date.parse(String(result.evidence?.expires))).toBeGreaterThan(0);
    expect(await bao.isAlive(token, namespace)).toBe(true);
  });

  describe.each(['attention', 'inactive'])('with unknownTokens: %s', (unknownTokens) => {
    const UNKNOWN = { outcome: 'refused: unknown-token', verified: false };

    it('does not call one dead that OpenBao does not know any more', async () => {
      const token = await bao.createToken();
      await bao.revoke(token);

      expect(await revoke(token, { config: { unknownTokens } })).toMatchObject(UNKNOWN);
    });

    it('does nothing to a token of which a forged one has the beginning', async () => {
      const token = await bao.createToken();
      const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');

      expect(await revoke(forged, { config: { unknownTokens } })).toMatchObject(UNKNOWN);
      expect(await bao.isAlive(token)).toBe(true);
    });
  });

  it.each([undefined, 'team'])(
    'kills a token of another namespace than the one that is asked, which is %s',
    async (namespace) => {
      const token = await bao.createToken({}, 'another');
      const servers = [{ url: bao.url, ...(namespace && { namespace }) }];

      expect(await revoke(token, { config: { servers } })).toMatchObject({
        ...{ outcome: 'revoked', verified: true },
      });
      expect(await bao.isAlive(token, 'another')).toBe(false);
    },
  );

  it('says of one that died while it waited for an approval that it is dead', async () => {
    const token = await bao.createToken();
    const options = { definition: vault, config: { servers: [{ url: bao.url }] } };
    const kind = 'service-token';

    const seen = await quashStep(options, token, { kind, phase: 'look' });
    await bao.revoke(token);
    const ended = await quashStep(options, token, { kind, note: seen.note });

    expect(seen.result).toMatchObject({ outcome: 'held', evidence: { works: 'yes' } });
    expect(ended.result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('does not say of one whose entity was disabled while it waited that it is dead', async () => {
    const { token, setDisabled } = await bao.createUserToken('ann');
    const options = { definition: vault, config: { servers: [{ url: bao.url }] } };
    const kind = 'service-token';

    const seen = await quashStep(options, token, { kind, phase: 'look' });
    await setDisabled(true);
    const refused = await quashStep(options, token, { kind, note: seen.note });
    await setDisabled(false);

    expect(refused.result).toMatchObject({ outcome: 'refused', reason: 'manual' });
    expect(await revoke(token)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('says of a token that may not look itself up that it lives', async () => {
    const token = await bao.createToken({ no_default_policy: true, policies: ['nothing'] });

    const result = await revoke(token);

    expect(result.outcome).toBe('refused: not-permitted');
    expect(await bao.isAlive(token)).toBe(true);
  });

  it.each([1, 2, 3])('says of a token with %i uses that it is dead, as its uses are over', async (uses) => {
    const token = await bao.createToken({ num_uses: uses });

    const result = await revoke(token);

    expect(result).toMatchObject({ verified: true });
    // OpenBao lets it in no more at once, and takes it off its list a moment later.
    await eventually(async () => expect(await bao.isAlive(token)).toBe(false));
  });
});

async function childOf(bao: OpenBao, parent: string): Promise<string> {
  const response = await fetch(`${bao.url}/v1/auth/token/create`, {
    method: 'POST',
    headers: { 'x-vault-token': parent },
    body: '{}',
  });
  const { auth } = (await response.json()) as { auth: { client_token: string } };
  return auth.client_token;
}
