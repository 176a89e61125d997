import { describe, expect, it, onTestFinished } from 'vitest';
import { attempt, look } from '../../src/dispatch/attempt.ts';
import { Secret } from '../../src/words/secret.ts';
import { stepOf } from '../../test/contract/bench.ts';
import {
  describeProvider,
  type EndedStep,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ACCOUNT,
  active,
  BEDROCK,
  bedrockDenied,
  bedrockGoesByAlias,
  bedrockList,
  bedrockModels,
  bedrockOpen,
  bedrockShut,
  bedrockTakesAnyAlias,
  bedrockUpdate,
  call,
  cases,
  deactivated,
  done,
  failed,
  identity,
  inactive,
  inactiveEverywhere,
  keyInfo,
  LEAKED_ID,
  LEAKED_SECRET,
  lastUsed,
  listed,
  OUR_ID,
  OUR_SECRET,
  operator,
  paired,
  turns,
  twice,
  USER,
} from './cases.ts';
import { aws } from './index.ts';
import { signedHeaders } from './sign.ts';

for (const spec of cases) describeProvider(spec);

const SELF = { partitions: ['aws'] };
const APPROVED = { mayActUnproven: true };
const STS = 'sts.amazonaws.com';
const IAM = 'iam.amazonaws.com';

async function end(
  config: unknown,
  exchanges: readonly Exchange[],
  options: Partial<StepOptions> & { readonly token?: string } = {},
): Promise<EndedStep> {
  const bench = await startBench(aws, () => config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(options.token ?? LEAKED_ID), {
    kind: 'access-key-id',
    ...options,
  });
  bench.verify();
  return ended;
}

describe('access keys', () => {
  it('are dead only when every partition says so', async () => {
    expect(await end({}, twice(inactiveEverywhere))).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
    const narrowed = await end(SELF, twice([inactive]));
    expect(narrowed.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('that were made a moment ago are not dead', async () => {
    const parts = { 'secret-access-key': [LEAKED_SECRET] };
    const script = [...inactiveEverywhere, ...turns, paired, deactivated(LEAKED_ID), inactive];
    expect(await end({}, script, { parts })).toMatchObject({
      verified: true,
      result: { outcome: 'revoked' },
    });
    const bySecret = [...inactiveEverywhere, paired, deactivated(LEAKED_ID), inactive];
    const secret = { token: LEAKED_SECRET, kind: 'secret-access-key', context: `id = ${LEAKED_ID}` };
    expect(await end({}, bySecret, secret)).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
    const seen = await end(operator(), [inactive, active, keyInfo()]);
    expect(seen.result).toMatchObject({ outcome: 'held' });
  });

  it('that were made a moment ago have their time although another one beside the secret is refused', async () => {
    const other = 'AKIA2222222222222222';
    const refused = call(STS, other, { Action: 'GetCallerIdentity' }, 403, failed('SignatureDoesNotMatch'));
    const script = [refused, inactive, refused, paired, deactivated(LEAKED_ID), inactive];
    const bench = await startBench(aws, () => SELF, script);
    onTestFinished(() => bench.close());
    const before = bench.clock.now();
    const options = { kind: 'secret-access-key', context: `${other} ${LEAKED_ID}` };
    expect(await runStep(bench, new Secret(LEAKED_SECRET), options)).toMatchObject({ verified: true });
    expect(bench.clock.now() - before).toBe(30_000);
    bench.verify();
  });

  it('that one server of AWS knows, and the next one not yet, are not dead', async () => {
    const revokedThen = [paired, deactivated(LEAKED_ID), inactive];
    const context = `secret = ${LEAKED_SECRET}`;
    const byId = await end(SELF, [active, inactive, active, ...revokedThen], { context });
    expect(byId).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
    const others = call(
      STS,
      LEAKED_ID,
      { Action: 'GetCallerIdentity' },
      403,
      failed('SignatureDoesNotMatch'),
    );
    const whileTriedAlone = await end(SELF, [active, others, inactive, ...revokedThen], { context });
    expect(whileTriedAlone).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
    const deadMeanwhile = await end(SELF, [active, others, inactive, inactive], { context });
    expect(deadMeanwhile).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it.each([
    ['an id', LEAKED_ID, 'access-key-id', LEAKED_SECRET, [active, paired]],
    ['a secret', LEAKED_SECRET, 'secret-access-key', LEAKED_ID, [paired]],
  ])(
    'of %s that one server of AWS knows, and the next one not yet, are not dead by a try soon after a failed one',
    async (_, token, kind, other, seen) => {
      const options = { token, kind, context: `other half: ${other}`, notes: [] };
      const away: Exchange = { expect: deactivated(LEAKED_ID).expect, answer: { status: 503 } };
      await expect(end(SELF, [...seen, away], options)).rejects.toMatchObject({ code: 'unavailable' });
      const again = await end(SELF, [inactive, ...seen, deactivated(LEAKED_ID), inactive], options);
      expect(again).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
    },
  );

  it.each([
    ['an id', LEAKED_ID, 'access-key-id', LEAKED_SECRET, [active, paired]],
    ['a secret', LEAKED_SECRET, 'secret-access-key', LEAKED_ID, [paired]],
  ])(
    'of %s that STS knows, and IAM not yet, are looked at when all of AWS knows them',
    async (_, text, kind, other, seen) => {
      const notInIam = deactivated(LEAKED_ID, 403, failed('InvalidClientTokenId'));
      const bench = await startBench(aws, () => SELF, [...seen, notInIam]);
      onTestFinished(() => bench.close());
      const token = new Secret(text);
      const step = stepOf(bench.provider, token, { kind, context: `other half: ${other}` });
      const result = await attempt({ ...bench, token, step, phase: 'revoke' });
      expect(result).toEqual({ outcome: 'continue', afterMs: 30_000 });
      bench.verify();
    },
  );

  it('that no partition knows are asked about once more by whoever tries them again', async () => {
    const notes: unknown[] = [];
    for (let tries = 0; tries < 2; tries++) {
      const { result } = await end(SELF, twice([inactive]), { notes });
      expect(result).toMatchObject({ reason: 'unknown-token' });
    }
  });

  it('of the European Sovereign Cloud are not dead', async () => {
    const european = identity('SignatureDoesNotMatch', 'sts.eusc-de-east-1.amazonaws.eu');
    const { result } = await end({}, [...inactiveEverywhere.slice(0, -1), european]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('are not dead when another partition knows them', async () => {
    const china = identity('SignatureDoesNotMatch', 'sts.cn-north-1.amazonaws.com.cn');
    const { result } = await end({ partitions: ['aws', 'aws-cn'] }, [inactive, china]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('are asked about elsewhere while one partition is not reached, and hold up no other key', async () => {
    const down: Exchange = { expect: inactive.expect, answer: { status: 503 } };
    const unknown = end({}, [down, ...inactiveEverywhere.slice(1)]);
    await expect(unknown).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });

    const china = identity('SignatureDoesNotMatch', 'sts.cn-north-1.amazonaws.com.cn');
    const { result } = await end({ partitions: ['aws', 'aws-cn'] }, [down, china]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('are neither active nor dead by what AWS says while our clock is wrong', async () => {
    const Message =
      'Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z (20260101T003000Z - 15 min.)';
    const json = { Error: { Code: 'SignatureDoesNotMatch', Message, Type: 'Sender' }, RequestId: '7a62c49f' };
    const late = call(STS, LEAKED_ID, { Action: 'GetCallerIdentity' }, 403, json);
    await expect(end(SELF, [late])).rejects.toMatchObject({ code: 'wrong-clock' });
  });

  it('are deactivated by themselves with the secret of the same report', async () => {
    const script = [...turns, paired, deactivated(LEAKED_ID), inactive];
    const ended = await end(SELF, script, { parts: { 'secret-access-key': [LEAKED_SECRET] } });
    expect(ended).toMatchObject({
      result: { outcome: 'revoked', evidence: { account: ACCOUNT } },
      verified: true,
    });
  });

  it.each([
    { what: 'lacks the right', code: 'AccessDenied' },
    { what: 'is refused', code: 'InvalidClientTokenId' },
  ])('are deactivated by themselves where our credential $what', async ({ code }) => {
    const denied = lastUsed(403, failed(code));
    const ended = await end(operator(), [...turns, paired, denied, deactivated(LEAKED_ID), inactive], {
      parts: { 'secret-access-key': [LEAKED_SECRET] },
    });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('are deactivated by themselves where our credential is of another account, or finds no user', async () => {
    const [account] = operator().accounts;
    const other = { ...operator(), accounts: [{ ...account, accountId: '999999999999' }] };
    const parts = { 'secret-access-key': [LEAKED_SECRET] };
    const itself = [deactivated(LEAKED_ID), inactive];
    const dead = { result: { outcome: 'revoked' }, verified: true };
    expect(await end(other, [...turns, paired, ...itself], { parts })).toMatchObject(dead);
    const unlisted = [lastUsed(), listed(OUR_ID)];
    expect(await end(operator(), [...turns, paired, ...unlisted, ...itself], { parts })).toMatchObject(dead);
  });

  it('are deactivated by themselves with the secret in the lines around, not with what only looks like one', async () => {
    const context = `commit ${'a1'.repeat(20)}\naws_secret_access_key=${LEAKED_SECRET}\n`;
    const script = [active, active, paired, deactivated(LEAKED_ID), inactive];
    expect(await end(SELF, script, { context })).toMatchObject({ verified: true });
  });

  it('are deactivated although AWS refuses their secret while others are tried with them', async () => {
    const nearby = `commit ${'a1'.repeat(20)}\naws_secret_access_key=${LEAKED_SECRET}\n`;
    const together = [active, active, active];
    const byId = [...together, active, paired, deactivated(LEAKED_ID), inactive];
    expect(await end(SELF, byId, { context: nearby })).toMatchObject({ verified: true });
    const parts = { 'secret-access-key': ['b2'.repeat(20), LEAKED_SECRET] };
    const reported = [active, active, ...turns, paired, deactivated(LEAKED_ID), inactive];
    expect(await end(SELF, reported, { parts })).toMatchObject({ verified: true });
    const secret = { token: LEAKED_SECRET, kind: 'secret-access-key', context: `id = ${LEAKED_ID}` };
    const bySecret = [active, paired, deactivated(LEAKED_ID), inactive];
    expect(await end(SELF, bySecret, secret)).toMatchObject({ verified: true });
  });

  it('are tried twice with their secret each time, as AWS may refuse that at first', async () => {
    const secret = { token: LEAKED_SECRET, kind: 'secret-access-key', context: `id = ${LEAKED_ID}` };
    const notes: unknown[] = [];
    const { result } = await end(SELF, [active, active], { ...secret, notes });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
    const later = [active, paired, deactivated(LEAKED_ID), inactive];
    expect(await end(SELF, later, { ...secret, notes })).toMatchObject({ verified: true });
  });

  it('go to a person when each text around was refused alone', async () => {
    const context = `commit ${'a1'.repeat(20)}\nparent ${'b2'.repeat(20)}\n`;
    const { result } = await end(SELF, [active, active, active, active, active], { context });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('are deactivated with the secret in the lines around, however many others were reported with them', async () => {
    const decoys = Array.from({ length: 8 }, (_, n) => `${n}b`.repeat(20));
    const script = [...decoys.map(() => active), paired, deactivated(LEAKED_ID), inactive];
    const options = { parts: { 'secret-access-key': decoys }, context: `secret=${LEAKED_SECRET}\n` };
    expect(await end(SELF, script, options)).toMatchObject({ verified: true });
  });

  it('are tried with eight secrets of a report, together and alone, however many it has', async () => {
    const decoys = Array.from({ length: 12 }, (_, n) => `${n % 10}${n < 10 ? 'b' : 'c'}`.repeat(20));
    const script = Array.from({ length: 8 + 7 }, () => active);
    const { result } = await end(SELF, script, { parts: { 'secret-access-key': decoys } });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('are tried with a secret that turns up after others were refused alone, and only then', async () => {
    const context = `commit ${'a1'.repeat(20)}\nparent ${'b2'.repeat(20)}\n`;
    const notes: unknown[] = [];
    const all = [active, active, active];
    await end(SELF, [...all, active, active], { context, notes });
    const found = [...turns, paired, deactivated(LEAKED_ID), inactive];
    const parts = { 'secret-access-key': [LEAKED_SECRET] };
    expect(await end(SELF, found, { context, notes, parts })).toMatchObject({ verified: true });
  });

  it('are not tried with all of them again when our account fails afterwards', async () => {
    const context = `commit ${'a1'.repeat(20)}\nparent ${'b2'.repeat(20)}\n`;
    const notes: unknown[] = [];
    const all = [active, active, active];
    const away = { ...keyInfo(), answer: { status: 503 } };
    const failing = end(operator(), [...all, active, active, away], { context, notes });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
    const { result } = await end(operator(), [active, keyInfo()], { context, notes });
    expect(result).toMatchObject({ outcome: 'held' });
    await end(operator(), [...all, active, active, keyInfo()], { context, notes });
  });

  it('are tried alone with each secret, also when one that was tried is not there any more', async () => {
    const together = [active, active, active, active];
    const script = [...together, active, active, paired, deactivated(LEAKED_ID), inactive];
    const bench = await startBench(aws, () => SELF, script);
    onTestFinished(() => bench.close());
    const lines = [`commit ${'a1'.repeat(20)}`, `parent ${'b2'.repeat(20)}`, `secret=${LEAKED_SECRET}`];
    let steps = 0;
    const { verified } = await runStep(bench, new Secret(LEAKED_ID), {
      kind: 'access-key-id',
      get context() {
        steps += 1;
        return lines.slice(steps > 2 ? 1 : 0).join('\n');
      },
    });
    expect(verified).toBe(true);
    bench.verify();
  });

  it('leave the key to their secret of the same report, and are known to be dead then', async () => {
    const parts = { 'secret-access-key': [LEAKED_SECRET] };
    const { result, verified } = await end(SELF, [paired, inactive], { parts });
    expect(result).toMatchObject({ outcome: 'already-inactive' });
    expect(verified).toBe(true);
  });

  it('are looked at again when another one deactivated the key a moment before', async () => {
    const context = `secret = ${LEAKED_SECRET}`;
    const tooLate = deactivated(LEAKED_ID, 403, failed('InvalidClientTokenId'));
    const byId = await end(SELF, [active, paired, tooLate, inactive, inactive], { context });
    expect(byId).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    const secret = { token: LEAKED_SECRET, kind: 'secret-access-key', context: `id = ${LEAKED_ID}` };
    const bySecret = await end(SELF, [paired, tooLate, inactive, inactive], secret);
    expect(bySecret).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it.each([
    ['an id', { kind: 'access-key-id' }, LEAKED_ID, active],
    [
      'a secret',
      { kind: 'secret-access-key', parts: { 'access-key-id': [LEAKED_ID] } },
      LEAKED_SECRET,
      paired,
    ],
  ])(
    'that a look saw to work by %s are dead once a person has deactivated them',
    async (_, options, text, seen) => {
      const bench = await startBench(aws, () => SELF, [seen, inactive, inactive]);
      onTestFinished(() => bench.close());
      const token = new Secret(text);
      const { provider, unknownTokens } = bench;
      const step = stepOf(provider, token, options);
      await look({ provider, token, step, phase: 'revoke', unknownTokens }, 'wider');

      const ended = await runStep(bench, token, { ...options, notes: [step.remembered] });

      expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
      bench.verify();
    },
  );

  it('are not deactivated for an id alone, which is public, until a person approves', async () => {
    const held = await end(operator(), [active, keyInfo()]);
    expect(held.result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { works: 'yes' } });
    const script = [active, keyInfo(), lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID), inactive];
    expect(await end(operator(), script, APPROVED)).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('try the ids around when none of the same report is the one of the secret', async () => {
    const other = LEAKED_ID.replace('LEAKED', 'OTHERS');
    const stranger = call(STS, other, { Action: 'GetCallerIdentity' }, 403, failed('SignatureDoesNotMatch'));
    const script = [stranger, paired, deactivated(LEAKED_ID), inactive];
    const ended = await end(SELF, script, {
      token: LEAKED_SECRET,
      kind: 'secret-access-key',
      parts: { 'access-key-id': [other] },
      context: `id = ${LEAKED_ID}`,
    });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('are found though another id stands nearer, and a partition is not reached', async () => {
    const other = LEAKED_ID.replace('LEAKED', 'OTHERS');
    const unknown = failed('InvalidClientTokenId');
    const strange = (host: string, status: number, json: unknown) =>
      call(host, other, { Action: 'GetCallerIdentity' }, status, json);
    const script = [
      strange(STS, 403, unknown),
      strange('sts.cn-north-1.amazonaws.com.cn', 503, {}),
      ...[paired, deactivated(LEAKED_ID), inactive],
    ];
    const ended = await end({ partitions: ['aws', 'aws-cn'] }, script, {
      token: LEAKED_SECRET,
      kind: 'secret-access-key',
      context: `${LEAKED_ID}\n${other} ${LEAKED_SECRET}`,
    });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('go to a person when the secret nearby is not their own', async () => {
    const { result } = await end(SELF, [active], { parts: { 'secret-access-key': [LEAKED_SECRET] } });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('of the root user go to a person', async () => {
    const parts = { 'secret-access-key': [LEAKED_SECRET] };
    const root = identity(`arn:aws:iam::${ACCOUNT}:root`);
    const { result } = await end(SELF, [root, root, root, root], { parts });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('of an account that is not configured go to a person, also with an approval', async () => {
    const script = [active, keyInfo('999999999999')];
    const person = { outcome: 'refused', reason: 'needs-context', evidence: { account: '999999999999' } };
    expect((await end(operator(), script)).result).toMatchObject(person);
    expect((await end(operator(), script, APPROVED)).result).toMatchObject(person);
  });

  it('that no user has go to a person', async () => {
    const script = [active, keyInfo(), lastUsed(404, failed('NoSuchEntity'))];
    const { result } = await end(operator(), script, APPROVED);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('that are not in the list of the user go to a person', async () => {
    const { result } = await end(operator(), [active, keyInfo(), lastUsed(), listed(OUR_ID)], APPROVED);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('of our own are left alone', async () => {
    expect((await end(operator(), [], { token: OUR_ID })).result).toMatchObject({ reason: 'own-credential' });
    const secret = await end(operator(), [], { token: OUR_SECRET, kind: 'secret-access-key' });
    expect(secret.result).toMatchObject({ reason: 'own-credential' });
  });

  it('may keep working for some seconds', async () => {
    const script = [active, keyInfo(), lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID), active];
    await expect(end(operator(), script, APPROVED)).rejects.toMatchObject({ code: 'still-active' });
  });

  it('are no less dead when the error comes as XML, and whole', async () => {
    const text =
      '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>InvalidClientTokenId</Code>\n    <Message>No.</Message>\n  </Error>\n</ErrorResponse>';
    const saying = (xml: string): Exchange => ({
      expect: inactive.expect,
      answer: { status: 403, headers: { 'content-type': 'text/xml' }, text: xml },
    });
    const ended = await end({}, twice([saying(text), ...inactiveEverywhere.slice(1)]));
    expect(ended.result.outcome).toBe('already-inactive');
    const cut = text.slice(0, text.indexOf('<Message>'));
    await expect(end({}, [saying(cut)])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('wait when AWS throttles with a 400', async () => {
    const throttled = { ...inactive, answer: { status: 400, json: failed('Throttling') } };
    await expect(end(SELF, [throttled])).rejects.toMatchObject({ code: 'throttled' });
  });

  it('are proven dead by their secret once that has proven itself', async () => {
    const notes: unknown[] = [];
    const options = { token: LEAKED_SECRET, kind: 'secret-access-key', context: `id = ${LEAKED_ID}`, notes };
    await end(SELF, [paired, deactivated(LEAKED_ID), inactive], options);
    expect((await end(SELF, [inactive, inactive], options)).result).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
    });
  });
});

describe('accounts', () => {
  it('are entered by a role, whose ARN names them', async () => {
    const role = 'arn:aws:iam::123456789012:role/quash';
    const temporary = LEAKED_ID.replace('LEAKED', 'ROLEXX');
    const form = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'quash' };
    const Credentials = {
      AccessKeyId: temporary,
      SecretAccessKey: OUR_SECRET,
      SessionToken: 'session',
      Expiration: 1767229200,
    };
    const script = [
      active,
      keyInfo(),
      call(STS, OUR_ID, form, 200, done('AssumeRole', { Credentials })),
      lastUsed(200, undefined, temporary),
      listed(LEAKED_ID, temporary),
      deactivated(temporary),
      inactive,
    ];
    const accounts = [{ accessKeyId: OUR_ID, secretAccessKey: OUR_SECRET, assumeRoleArn: role }];
    expect(await end({ ...SELF, accounts }, script, APPROVED)).toMatchObject({ verified: true });
  });

  it('are asked for their id where none is configured', async () => {
    const whoAmI = { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/quash`, UserId: 'AIDA' };
    const script = [
      active,
      keyInfo(),
      call(STS, OUR_ID, { Action: 'GetCallerIdentity' }, 200, done('GetCallerIdentity', whoAmI)),
      lastUsed(),
      listed(LEAKED_ID),
      deactivated(OUR_ID),
      inactive,
    ];
    const accounts = [{ accessKeyId: OUR_ID, secretAccessKey: OUR_SECRET }];
    expect(await end({ ...SELF, accounts }, script, APPROVED)).toMatchObject({ verified: true });
  });

  it('are found although the credential of another one is refused', async () => {
    const refused = (form: Record<string, string>) =>
      call(STS, OUR_ID, form, 403, failed('InvalidClientTokenId'));
    const script = [
      active,
      refused({ Action: 'GetAccessKeyInfo', AccessKeyId: LEAKED_ID }),
      keyInfo(),
      refused({ Action: 'GetCallerIdentity' }),
      lastUsed(),
      listed(LEAKED_ID),
      deactivated(OUR_ID),
      inactive,
    ];
    const accounts = [{ accessKeyId: OUR_ID, secretAccessKey: OUR_SECRET }, operator().accounts[0]];
    expect(await end({ ...SELF, accounts }, script, APPROVED)).toMatchObject({ verified: true });
  });

  it('do not stop each other', async () => {
    const first = operator().accounts[0];
    const accounts = [first, { ...first, accountId: '210987654321' }];
    const script = [active, keyInfo(), lastUsed(403, failed('AccessDenied'))];
    const failure = { code: 'permission-missing', scope: 'entry' };
    await expect(end({ ...SELF, accounts }, script, APPROVED)).rejects.toMatchObject(failure);
  });
});

describe('quarantine', () => {
  const form = {
    Action: 'AttachUserPolicy',
    UserName: USER,
    PolicyArn: 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3',
  };
  const before = [active, keyInfo(), lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID)];
  const quarantining = () => ({ ...operator(), quarantine: true });

  it('makes the keys wait for approval', () => {
    const provider = aws.create(aws.config.parse({ quarantine: true }), {
      upstream: () => expect.unreachable(),
      clock: { now: () => 0, sleep: async () => {} },
      log: { info() {}, warn() {} },
    });
    const wider = provider.kinds.filter(({ effect }) => effect === 'wider').map(({ id }) => id);
    expect(wider).toEqual(['access-key-id', 'secret-access-key']);
  });

  it('attaches the policy after the key is inactive', async () => {
    const attached = call(IAM, OUR_ID, form, 200, done('AttachUserPolicy'));
    const { result } = await end(quarantining(), [...before, attached, inactive], APPROVED);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { user: USER, quarantined: true } });
  });

  it('does not undo the deactivation when it is not allowed', async () => {
    const denied = call(IAM, OUR_ID, form, 403, failed('AccessDenied'));
    const { result, verified } = await end(quarantining(), [...before, denied, inactive], APPROVED);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { quarantined: false } });
    expect(verified).toBe(true);
  });
});

describe('Bedrock keys', () => {
  const options = { token: BEDROCK, kind: 'bedrock-long' };

  it('are looked for on every page, and are let in also without a right to list models', async () => {
    const script = [
      bedrockDenied,
      bedrockGoesByAlias,
      bedrockList('Active', 'other-at-123456789012', 'm1'),
      bedrockList('Active', undefined, undefined, 'm1'),
      bedrockUpdate,
      bedrockShut,
    ];
    expect(await end(operator(), script, options)).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('that a look saw to work are dead once a person has deactivated them', async () => {
    const bench = await startBench(aws, () => operator(), [bedrockOpen, bedrockShut]);
    onTestFinished(() => bench.close());
    const token = new Secret(BEDROCK);
    const { provider, unknownTokens } = bench;
    const step = stepOf(provider, token, options);
    await look({ provider, token, step, phase: 'revoke', unknownTokens }, 'mode');

    const ended = await runStep(bench, token, { ...options, notes: [step.remembered] });

    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    bench.verify();
  });

  it('with the alias of another one and a secret of their own end nobody', async () => {
    const { result } = await end(operator(), [bedrockShut], options);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('end nobody where Bedrock takes their secret with whatever alias', async () => {
    const script = [bedrockOpen, bedrockTakesAnyAlias];
    await expect(end(operator(), script, options)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('are neither dead nor alive by another answer', async () => {
    const odd = bedrockModels(403, { message: 'The request is blocked by the network policy.' });
    await expect(end(operator(), [odd], options)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('go to a person when two have the same name', async () => {
    const script = [
      bedrockOpen,
      bedrockGoesByAlias,
      bedrockList('Active', undefined, 'm1'),
      bedrockList('Active', undefined, undefined, 'm1'),
    ];
    expect((await end(operator(), script, options)).result).toMatchObject({ reason: 'ambiguous' });
  });

  it('go to a person when their name cannot be read', async () => {
    const token = `ABSK${Buffer.from('k3y9'.repeat(20)).toString('base64')}`;
    expect((await end(operator(), [], { ...options, token })).result).toMatchObject({
      reason: 'unrecognised',
    });
  });
});

it('lets temporary credentials expire', async () => {
  const { result } = await end(SELF, [], { kind: 'session-token', token: 'FwoG'.repeat(60) });
  expect(result).toEqual({ outcome: 'expires' });
});

it('tells the kinds apart', () => {
  const { kinds } = aws.create(aws.config.parse(operator()), {
    upstream: () => expect.unreachable(),
    clock: { now: () => 0, sleep: async () => {} },
    log: { info() {}, warn() {} },
  });
  const kindOf = (text: string) => kinds.find(({ pattern }) => pattern.test(text))?.id;
  const texts = [
    LEAKED_ID,
    LEAKED_ID.replace('AK', 'AS'),
    `aws_secret_access_key=${LEAKED_SECRET}`,
    BEDROCK,
    `bedrock-api-key-${Buffer.from('bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-').toString('base64')}`,
    'IQoJ'.repeat(80),
  ];
  expect(texts.map(kindOf)).toEqual([
    'access-key-id',
    'session-key-id',
    'secret-access-key',
    'bedrock-long',
    'bedrock-short',
    'session-token',
  ]);
});

it('signs as the test suite of AWS does', async () => {
  const request = {
    host: 'example.amazonaws.com',
    region: 'us-east-1',
    service: 'service',
    form: { Param1: 'value1' },
  };
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: new Secret(['wJalrXUtnFEMI', 'K7MDENG+bPxRfiCYEXAMPLEKEY'].join('/')),
  };
  const { authorization } = await signedHeaders(request, credentials, Date.UTC(2015, 7, 30, 12, 36));
  expect(authorization?.reveal()).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  );
});
