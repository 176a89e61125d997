import { beforeAll, describe, expect, it } from 'vitest';
import { kubernetes } from '../../providers/kubernetes/index.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type KubeApiServer, startKubeApiServer } from './kube-apiserver.ts';
import { quashCheck, quashRevoke } from './quash.ts';

const TYPE = 'gitleaks_rule_id_kubernetesserviceacctoken';
const HOUR_S = 3_600;

const [installed, etcd] = [peer('kube-apiserver'), peer('etcd')];
const missing = installed.missing ?? etcd.missing;

describe.skipIf(missing)(suiteName('Kubernetes', installed, etcd), () => {
  let cluster: KubeApiServer;
  let count = 0;

  beforeAll(async () => {
    cluster = await startKubeApiServer(pathOf(installed), pathOf(etcd));
    for (const name of ['team', 'others']) await cluster.createNamespace(name);
  });

  const quash = (token = cluster.operators.whole) => ({
    ...{ definition: kubernetes, env: cluster.env },
    config: { clusters: [{ url: cluster.url, token }] },
  });
  const revoke = (token: string, options = quash()) => quashRevoke(options, token, { type: TYPE });

  /** An account of its own in each namespace. */
  const newAccount = async () => {
    count += 1;
    const account = `app-${count}`;
    const [own, other] = [
      { namespace: 'team', account },
      { namespace: 'others', account },
    ];
    await cluster.createAccount(own);
    await cluster.createAccount(other);
    return { own, other };
  };
  const newSecret = async () => {
    const { own } = await newAccount();
    const at = { ...own, secret: `${own.account}-token` };
    return { at, token: await cluster.createSecret(at) };
  };

  it('deletes the Secret of the leaked token, and none of its siblings', async () => {
    const { own, other } = await newAccount();
    const at = { ...own, secret: 'leaked' };
    const leaked = await cluster.createSecret(at);
    const siblings = [
      await cluster.createSecret({ ...own, secret: 'sibling' }),
      await cluster.createSecret({ ...other, secret: 'leaked' }),
      await cluster.requestToken(own, HOUR_S),
    ];

    const result = await revoke(leaked);
    const again = await revoke(leaked);

    expect(result).toMatchObject({
      ...{ outcome: 'revoked', verified: true, evidence: { namespace: 'team', secret: 'leaked' } },
    });
    expect(again).toMatchObject({ outcome: 'already-inactive', verified: true });
    expect(await cluster.hasSecret(at)).toBe(false);
    const works = [leaked, ...siblings].map((token) => cluster.works(token));
    expect(await Promise.all(works)).toEqual([false, true, true, true]);
  });

  it('says of a token whose Secret somebody deleted that it is dead', async () => {
    const { at, token } = await newSecret();
    await cluster.deleteSecret(at);

    expect(await revoke(token)).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('says of the tokens of an account that was deleted that they are dead', async () => {
    const { own } = await newAccount();
    const inSecret = await cluster.createSecret({ ...own, secret: 'of-a-deleted-account' });
    const bound = await cluster.requestToken(own, HOUR_S);
    await cluster.deleteAccount(own);

    for (const token of [inSecret, bound]) {
      expect(await revoke(token)).toMatchObject({ outcome: 'already-inactive', verified: true });
    }
  });

  it('leaves a bound token to its end', async () => {
    const { own } = await newAccount();
    const token = await cluster.requestToken(own, HOUR_S);

    expect((await revoke(token)).outcome).toBe('expires');
    expect(await cluster.works(token)).toBe(true);
  });

  it('does nothing for a forged token that names a living Secret', async () => {
    const { at, token } = await newSecret();
    const forged = `${token.slice(0, -8)}${'A'.repeat(8)}`;

    expect(await revoke(forged)).toMatchObject({ outcome: 'refused: unknown-token', verified: false });
    expect(await cluster.hasSecret(at)).toBe(true);
    expect(await cluster.works(token)).toBe(true);
  });

  it("does not know another cluster's token", async () => {
    const other = await startKubeApiServer(pathOf(installed), pathOf(etcd));
    const at = { namespace: 'default', account: 'foreign' };
    await other.createAccount(at);
    const token = await other.createSecret({ ...at, secret: 'foreign' });

    expect(await revoke(token)).toMatchObject({ outcome: 'refused: unknown-token', verified: false });
    expect(await other.works(token)).toBe(true);
  });

  it.each([
    ['is wrong', () => 'wrong'],
    ['may not review tokens', () => cluster.operators.withoutReviews],
    ['may not delete Secrets', () => cluster.operators.withoutSecrets],
  ])('changes nothing when the credential %s, and the check says so', async (_, credential) => {
    const { at, token } = await newSecret();
    const options = quash(credential());

    const result = await revoke(token, options);

    expect(result.verified).toBe(false);
    expect(result.outcome).toMatch(/credential|right|permission/i);
    expect(await cluster.hasSecret(at)).toBe(true);
    expect(await quashCheck(options)).toEqual([expect.stringMatching(/^FAILED/)]);
  });

  it('passes the check with the rights that its documents name', async () => {
    expect(await quashCheck(quash())).toEqual([expect.stringMatching(/^ok/)]);
  });
});
