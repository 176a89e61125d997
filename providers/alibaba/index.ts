/**
 * Alibaba Cloud access keys, which deactivate themselves.
 *
 * Docs: https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-updateaccesskey; checked
 * 2026-11-21.
 *
 * - A call needs both halves of a key. The other half is taken from the same report or from the lines around, and a
 *   signature that Alibaba Cloud takes proves the pair.
 * - Without a user's name the call is about the keys of whoever signs, so no credential of ours is needed. No call
 *   finds the user of a key id, and what lists all users and keys is not used.
 * - `InvalidAccessKeyId.Inactive` and `.NotFound` are said of the key id, with 400 or 404 by service; after a
 *   revocation it may take some time.
 * - The parameters go into the query string, as documented, and the key id with them; the secret never leaves.
 * - It also works for a key of the account itself, which is named like any other.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { otherHalves } from '../../src/provider/kit/halves.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type {
  Liveness,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Call, createCall, IMS, STS } from './api.ts';
import type { KeyPair } from './sign.ts';

const config = z.strictObject({});

const KEY_ID: TokenKind = {
  id: 'access-key-id',
  types: ['gitleaks_rule_id_alibaba_accesskey_id', 'gitleaks_rule_id_alibaba-access-key-id'],
  pattern: /(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])/,
  effect: 'token',
  pairsWith: ['access-key-secret'],
};
const KEY_SECRET: TokenKind = {
  id: 'access-key-secret',
  types: ['gitleaks_rule_id_alibaba_secret_key', 'gitleaks_rule_id_alibaba-secret-key'],
  pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])/,
  effect: 'token',
  pairsWith: ['access-key-id'],
};

export const alibaba: ProviderDefinition<z.output<typeof config>> = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  docs: 'https://www.alibabacloud.com/help/en/ram/developer-reference/api-ims-2019-08-15-updateaccesskey',
  stability: 'beta',
  exactness: 'a signature that only the key and its own secret can make',
  proof: 'Alibaba Cloud says of the key id that it is inactive or unknown',
  effect: 'the key only, reversibly',
  needs: 'nothing, but the key id and its secret in one report or near each other',
  types: [...KEY_ID.types, ...KEY_SECRET.types],
  config,
  create: (_config, tools) => create(tools),
};

const IDENTITY = z.object({ AccountId: z.string(), Arn: z.string(), RequestId: z.string() });
const DONE = z.strictObject({ RequestId: z.string() });
/** In the note: which key id was proven to belong to the leaked secret, as a hash. */
const NOTE = z.object({ pairedWith: z.string() });
const DEAD: ReadonlySet<string> = new Set(['InvalidAccessKeyId.Inactive', 'InvalidAccessKeyId.NotFound']);

const NO_OTHER_HALF = refused(
  'needs-context',
  'The other half of this key is not at hand: find the key and disable it by hand in the RAM console, or dismiss this when it is disabled.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but its user may not change its own keys: disable it by hand in the RAM console.',
);

function create(tools: Tools): Provider {
  const call = createCall(tools);
  return {
    kinds: [KEY_ID, KEY_SECRET],
    revoke: (token, step) => revoke(token, step, call),
    verify: (token, step) => verify(token, step, call),
  };
}

async function revoke(token: Secret, step: Step, call: Call): Promise<RevokeResult> {
  const proven = NOTE.safeParse(step.note).data?.pairedWith;
  for (const pair of await pairs(token, step)) {
    const identity = await call(STS, 'GetCallerIdentity', pair, {}, step.signal);
    if (identity.error !== undefined) {
      const isDead = DEAD.has(identity.error);
      // A dead id says nothing of a secret that was never seen to be its own.
      if (isDead && (step.kind === KEY_ID.id || proven === fingerprint(pair))) return alreadyInactive();
      if (isDead || identity.error === 'SignatureDoesNotMatch') continue;
      throw unexpected(identity.upstream, identity.answer);
    }
    const { AccountId } = identity.answer.json(IDENTITY);
    step.remember({ pairedWith: fingerprint(pair) } satisfies z.output<typeof NOTE>);
    const query = { Status: 'Inactive', UserAccessKeyId: pair.id };
    const { error, upstream, answer } = await call(IMS, 'UpdateAccessKey', pair, query, step.signal);
    if (error?.startsWith('NoPermission') || error?.startsWith('Forbidden')) return NOT_PERMITTED;
    if (error !== undefined) throw unexpected(upstream, answer);
    answer.json(DONE);
    return revoked({ account: AccountId });
  }
  return NO_OTHER_HALF;
}

async function verify(token: Secret, step: Step, call: Call): Promise<Liveness> {
  const proven = NOTE.safeParse(step.note).data?.pairedWith;
  const pair = (await pairs(token, step)).find((each) => fingerprint(each) === proven);
  if (!pair) return 'unknown';
  const { error, upstream, answer } = await call(STS, 'GetCallerIdentity', pair, {}, step.signal);
  if (error === undefined) return 'alive';
  if (DEAD.has(error)) return 'dead';
  throw unexpected(upstream, answer);
}

/** The token with every other half that it may have. */
async function pairs(token: Secret, step: Step): Promise<readonly KeyPair[]> {
  const isId = step.kind === KEY_ID.id;
  const halves = await otherHalves(step, isId ? KEY_SECRET : KEY_ID);
  return halves.map((half) =>
    isId ? { id: token.reveal(), secret: half } : { id: half.reveal(), secret: token },
  );
}

function fingerprint({ id, secret }: KeyPair): string {
  return createHash('sha256').update(`${id}:${secret.reveal()}`).digest('hex');
}
