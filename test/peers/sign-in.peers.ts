/** The sign-in to the dashboard with Keycloak as the issuer. */
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SignInFault } from '../../src/openid/fault.ts';
import { createOpenId, type Grant, RETURN_PATH } from '../../src/openid/openid.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { systemClock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type Keycloak, startKeycloak } from './keycloak.ts';

const PUBLIC_URL = 'https://quash.example.com';
const CLIENT = 'quash';

const [installed, java] = [peer('keycloak'), peer('java')];
const missing = installed.missing ?? java.missing;

describe.skipIf(missing)(suiteName('the sign-in with Keycloak', installed, java), () => {
  let keycloak: Keycloak;

  beforeAll(async () => {
    keycloak = await startKeycloak(pathOf(installed), dirname(dirname(pathOf(java))));
    await keycloak.createSignInClient(CLIENT, PUBLIC_URL + RETURN_PATH);
    await keycloak.createGroup('security');
    for (const user of ['ann', 'bob', 'cid', 'dan']) {
      await keycloak.createUser(user);
      await keycloak.join(user, 'security');
    }
  });

  function openid(
    members: readonly { readonly group?: string; readonly sub?: string }[] = [{ group: '/security' }],
  ) {
    const factory = createUpstreamFactory({
      ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: ['127.0.0.1'], clock: systemClock },
    });
    onTestFinished(() => factory.close());
    return createOpenId(
      {
        ...{ issuer: keycloak.issuer, clientId: CLIENT, clientSecret: new Secret(CLIENT) },
        ...{ scopes: ['openid', 'profile'], groupsClaim: 'groups', operators: members, viewers: [] },
      },
      { publicUrl: PUBLIC_URL, upstream: (origin) => factory.for('sign-in', origin), clock: systemClock },
    );
  }

  async function signIn(by: ReturnType<typeof openid>, user: string): Promise<Grant> {
    const { url, attempt } = await by.begin();
    return by.finish(new URL(await keycloak.visit(url, user)).search, attempt);
  }

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => error instanceof SignInFault && error.code,
    );

  it('gives the role of the group, and reads it again', async () => {
    const by = openid();

    const grant = await by.again(await signIn(by, 'ann'));

    expect(grant.person).toMatchObject({ name: 'Test User', groups: ['/security'] });
    expect(by.roleOf(grant.person)).toBe('operator');
  });

  it('takes the role back from whoever has left the group', async () => {
    const by = openid();
    const grant = await signIn(by, 'bob');
    await keycloak.leave('bob', 'security');

    expect(by.roleOf((await by.again(grant)).person)).toBeUndefined();
  });

  it('says no to whoever was disabled', async () => {
    const by = openid();
    const grant = await signIn(by, 'cid');
    await keycloak.disable('cid');

    expect(await codeOf(by.again(grant))).toBe('refused');
  });

  it('says no the second time that a code comes', async () => {
    const by = openid();
    const { url, attempt } = await by.begin();
    const { search } = new URL(await keycloak.visit(url, 'ann'));
    await by.finish(search, attempt);

    expect(await codeOf(by.finish(search, attempt))).toBe('refused');
  });

  it('gives nothing to whoever took over a name', async () => {
    const { person } = await signIn(openid(), 'dan');
    const by = openid([{ sub: person.sub }]);
    await keycloak.rename('dan', 'daniel');
    await keycloak.createUser('dan');

    const [old, taken] = [await signIn(by, 'daniel'), await signIn(by, 'dan')];

    expect([by.roleOf(old.person), by.roleOf(taken.person)]).toEqual(['operator', undefined]);
  });
});
