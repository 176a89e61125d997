import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aws } from '../../providers/aws/index.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type AccessKey, type Moto, startMoto } from './moto.ts';
import { type QuashOptions, quashCheck, quashRevoke, quashStep, startServe } from './quash.ts';

const ID = 'gitleaks_rule_id_aws';
const SECRET = 'gitleaks_rule_id_awssecretaccesskey';
const LOCATION = 'https://gitlab.example.com/acme/app/-/blob/main/.env';
const KINDS = { id: 'access-key-id', secret: 'secret-access-key' };
const OPERATOR = [
  ...['sts:GetAccessKeyInfo', 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys', 'iam:UpdateAccessKey'],
];
const OWN_KEYS = ['iam:UpdateAccessKey'];

const installed = peer('moto');

describe.skipIf(installed.missing)(suiteName('AWS by moto', installed), () => {
  let moto: Moto;
  let operator: AccessKey;
  let users = 0;

  beforeAll(async () => {
    moto = await startMoto(pathOf(installed));
    [operator = NOBODY] = await moto.createUser('operator', OPERATOR, 1);
  });

  afterAll(() => moto?.close());

  /** A user of its own with two keys. */
  const keysOf = async (actions: readonly string[] = []) => {
    users += 1;
    const [leaked = NOBODY, sibling = NOBODY] = await moto.createUser(`user-${users}`, actions, 2);
    return { leaked, sibling };
  };
  const quash = (accounts: readonly object[], config = {}): QuashOptions => ({
    ...{ definition: aws, env: moto.env },
    config: { accounts, ...config },
  });
  const asOperator = () => ({ accessKeyId: operator.id, secretAccessKey: operator.secret });

  describe('an id alone', () => {
    it('is held for a person, who sees that it works', async () => {
      const { leaked, sibling } = await keysOf();

      const result = await quashRevoke(quash([asOperator()]), leaked.id, { type: ID });

      expect(result.outcome).toBe('held: unproven');
      expect(result.evidence).toMatchObject({ works: 'yes', account: expect.stringMatching(/^\d{12}$/) });
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Active', 'Active']);
    });

    it.each([
      ['approved', { approve: true, config: {} }],
      ['allowed by unproven: revoke', { approve: false, config: { unproven: 'revoke' } }],
    ])('is deactivated when that is %s, and its sibling is not', async (_, { approve, config }) => {
      const { leaked, sibling } = await keysOf();
      const options = quash([asOperator()], config);

      const result = await quashRevoke(options, leaked.id, { type: ID, approve });
      const again = await twiceUnknown(options, leaked);

      expect(result).toMatchObject({ outcome: 'revoked', verified: true, evidence: { user: leaked.user } });
      expect(again).toMatchObject({ outcome: 'already-inactive', proven: true });
      expect(await moto.statusOf(leaked, sibling, operator)).toEqual(['Inactive', 'Active', 'Active']);
    });

    it('is dead when every partition says so, and unknown when one was not asked', async () => {
      const { leaked } = await keysOf();
      await moto.deleteKey(leaked);

      const everywhere = await twiceUnknown(quash([asOperator()]), leaked);
      const somewhere = await twiceUnknown(quash([asOperator()], { partitions: ['aws'] }), leaked);

      expect(everywhere).toMatchObject({ outcome: 'already-inactive', proven: true });
      expect(somewhere).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    });

    it('needs context where there is no operator', async () => {
      const { leaked } = await keysOf();

      const result = await quashRevoke(quash([]), leaked.id, { type: ID, approve: true });

      expect(result.outcome).toBe('refused: needs-context');
      expect(await moto.statusOf(leaked)).toEqual(['Active']);
    });

    it('is left alone when it is our own', async () => {
      const result = await quashRevoke(quash([asOperator()]), operator.id, { type: ID, approve: true });

      expect(result.outcome).toBe('refused: own-credential');
      expect(await moto.statusOf(operator)).toEqual(['Active']);
    });
  });

  /** It is asked about once more after half a minute, which no test waits for. */
  const twiceUnknown = async (options: QuashOptions, { id }: AccessKey) => {
    const first = await quashStep(options, id, { kind: KINDS.id });
    expect(first.result).toEqual({ outcome: 'continue', afterMs: 30_000 });
    return (await quashStep(options, id, { kind: KINDS.id, note: first.note })).result;
  };

  describe('a pair', () => {
    it('is deactivated by itself where its user may, and both halves are dead', async () => {
      const { leaked, sibling } = await keysOf(OWN_KEYS);
      const halves = { id: [leaked.id], secret: [leaked.secret] };

      const first = await ofId(quash([]), leaked, halves.secret);
      const secret = await ofSecret(quash([]), leaked, halves.id);
      const id = await ofId(quash([]), leaked, halves.secret, first.note);

      expect(first.result.outcome).toBe('continue');
      expect(secret.result).toMatchObject({ outcome: 'revoked', proven: true });
      expect(id.result).toMatchObject({ outcome: 'already-inactive', proven: true });
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Inactive', 'Active']);
    });

    it('ends as revoked in `serve`, both halves, and a repeated report calls nothing', async () => {
      const { leaked, sibling } = await keysOf(OWN_KEYS);
      const quash = await startServe(moto.env);
      const elements = [
        { type: ID, token: leaked.id, location: LOCATION },
        { type: SECRET, token: leaked.secret, location: LOCATION },
      ];

      await quash.report(elements);
      const ended = await eventually(async () => {
        const entries = await quash.entries();
        expect(entries.map(({ state }) => state)).toEqual(['done', 'done']);
        return entries;
      });
      moto.takeCalls();
      await quash.report(elements);

      expect(ended.map(({ outcome }) => outcome.verified)).toEqual([true, true]);
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Inactive', 'Active']);
      expect((await quash.entries()).map(({ state }) => state)).toEqual(['done', 'done']);
      expect(moto.takeCalls()).toEqual([]);
    });

    it('is deactivated by the operator where its user may not', async () => {
      const { leaked, sibling } = await keysOf();

      const { result } = await ofSecret(quash([asOperator()]), leaked, [leaked.id]);

      expect(result).toMatchObject({ outcome: 'revoked', proven: true, evidence: { user: leaked.user } });
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Inactive', 'Active']);
    });

    it('is left to a person where nobody may', async () => {
      const { leaked } = await keysOf();

      const { result } = await ofSecret(quash([]), leaked, [leaked.id]);

      expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
      expect(await moto.statusOf(leaked)).toEqual(['Active']);
    });

    it('is none when the secret is of another key', async () => {
      const { leaked, sibling } = await keysOf(OWN_KEYS);

      const first = await ofSecret(quash([]), sibling, [leaked.id]);
      const secret = await ofSecret(quash([]), sibling, [leaked.id], first.note);
      const id = await ofId(quash([]), leaked, [sibling.secret]);
      const withOperator = await ofId(quash([asOperator()]), leaked, [sibling.secret]);

      expect(first.result.outcome).toBe('continue');
      expect([secret.result, id.result]).toMatchObject([
        { outcome: 'refused', reason: 'needs-context' },
        { outcome: 'refused', reason: 'needs-context' },
      ]);
      expect(withOperator.result).toMatchObject({ outcome: 'held', reason: 'unproven' });
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Active', 'Active']);
    });

    it('needs its id', async () => {
      const { leaked } = await keysOf(OWN_KEYS);

      const result = await quashRevoke(quash([asOperator()]), leaked.secret, { type: SECRET, approve: true });

      expect(result.outcome).toBe('refused: needs-context');
      expect(await moto.statusOf(leaked)).toEqual(['Active']);
    });

    it('is deactivated although the policy of the quarantine cannot be attached', async () => {
      const { leaked } = await keysOf();

      const { result } = await ofSecret(quash([asOperator()], { quarantine: true }), leaked, [leaked.id]);

      expect(result).toMatchObject({ outcome: 'revoked', evidence: { quarantined: false } });
      expect(await moto.statusOf(leaked)).toEqual(['Inactive']);
    });

    const ofSecret = (options: QuashOptions, { secret }: AccessKey, ids: readonly string[], note?: unknown) =>
      quashStep(options, secret, { kind: KINDS.secret, parts: { [KINDS.id]: ids }, note });
    const ofId = (options: QuashOptions, { id }: AccessKey, secrets: readonly string[], note?: unknown) =>
      quashStep(options, id, { kind: KINDS.id, parts: { [KINDS.secret]: secrets }, note });
  });

  describe("the operator's credential", () => {
    it('acts in a role where it is told to', async () => {
      const { leaked } = await keysOf();
      const assumeRoleArn = await moto.createRole('revoker', OPERATOR);
      const [poor = NOBODY] = await moto.createUser('poor', ['sts:AssumeRole', 'sts:GetAccessKeyInfo'], 1);
      const account = { accessKeyId: poor.id, secretAccessKey: poor.secret, assumeRoleArn };

      const result = await quashRevoke(quash([account]), leaked.id, { type: ID, approve: true });

      expect(result).toMatchObject({ outcome: 'revoked', verified: true });
      expect(await moto.statusOf(leaked)).toEqual(['Inactive']);
    });

    it('may be that of its workload, without any access key', async () => {
      const { leaked, sibling } = await keysOf();
      const AWS_ROLE_ARN = await moto.createRole('workload', OPERATOR);
      const AWS_WEB_IDENTITY_TOKEN_FILE = join(temporaryFolder(), 'token');
      writeFileSync(AWS_WEB_IDENTITY_TOKEN_FILE, 'not.looked.at');
      const options = quash([{}]);
      const env = { ...options.env, AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE };

      const result = await quashRevoke({ ...options, env }, leaked.id, { type: ID, approve: true });

      expect(result).toMatchObject({ outcome: 'revoked', verified: true });
      expect(await moto.statusOf(leaked, sibling)).toEqual(['Inactive', 'Active']);
    });

    it.each([
      ['has a wrong secret', async () => ({ ...asOperator(), secretAccessKey: 'x'.repeat(40) }), /refused/],
      ['is unknown', async () => ({ ...asOperator(), accessKeyId: `AKIA${'X'.repeat(16)}` }), /refused/],
      ['has no rights', async () => credentialOf((await keysOf()).leaked), /needs sts:GetAccessKeyInfo/],
    ])('changes nothing when it %s, and the check says so', async (_, credential, advice) => {
      const { leaked } = await keysOf();
      const options = quash([await credential()]);

      const result = await quashRevoke(options, leaked.id, { type: ID, approve: true });

      expect(result.outcome).toMatch(/credential|right|permission/i);
      expect(await moto.statusOf(leaked)).toEqual(['Active']);
      expect(await quashCheck(options)).toEqual([expect.stringMatching(/^FAILED/)]);
      expect((await quashCheck(options)).join()).toMatch(advice);
    });

    it('passes the check', async () => {
      expect(await quashCheck(quash([asOperator()]))).toEqual([expect.stringMatching(/^ok/)]);
    });
  });
});

const NOBODY: AccessKey = { user: '', id: '', secret: '' };

function credentialOf({ id, secret }: AccessKey) {
  return { accessKeyId: id, secretAccessKey: secret };
}
