/** A key that disables itself, where its secret stands near it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Call, isForbidden, SITES } from './api.ts';
import type { KeyPair } from './sign.ts';

const SECRET = /(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])/g;
const MAX_CANDIDATES = 8;

const IDENTITY = z.object({ Response: z.object({ AccountId: z.string(), Arn: z.string() }) });
const NOT_FOUND = 'AuthFailure.SecretIdNotFound';
const MISMATCH = 'AuthFailure.SignatureFailure';

/** Which secret was proven to belong to the key, as a hash, and at which site. */
const NOTE = z.object({ site: z.enum(SITES), pairedWith: z.string() });

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but its user may not change its own keys: disable it by hand in the CAM console.',
);

export function isPaired({ note }: Step): boolean {
  return NOTE.safeParse(note).success;
}

/** Undefined where no secret that belongs to the key is at hand. */
export async function revokeByPair(token: Secret, step: Step, call: Call): Promise<RevokeResult | undefined> {
  for (const pair of await pairs(token, step)) {
    let unknownAt = 0;
    for (const site of SITES) {
      const sts = { site, service: 'sts', pair } as const;
      const identity = await call(sts, 'GetCallerIdentity', {}, step.signal);
      if (identity.error === MISMATCH) break;
      if (identity.error === NOT_FOUND) {
        unknownAt++;
        continue;
      }
      if (identity.error !== undefined) throw unexpected(identity.upstream, identity.answer);
      const account = identity.answer.json(IDENTITY).Response.AccountId;
      step.remember({ site, pairedWith: fingerprint(pair) } satisfies z.output<typeof NOTE>);
      const parameters = { AccessKeyId: pair.id, Status: 'Inactive' };
      const done = await call({ ...sts, service: 'cam' }, 'UpdateAccessKey', parameters, step.signal);
      if (done.error !== undefined && isForbidden(done.error)) return NOT_PERMITTED;
      if (done.error !== undefined) throw unexpected(done.upstream, done.answer);
      return revoked({ account });
    }
    // This is said of the id alone, whatever the secret was.
    if (unknownAt === SITES.length) return alreadyInactive();
  }
  return undefined;
}

export async function verifyByPair(token: Secret, step: Step, call: Call): Promise<Liveness> {
  const note = NOTE.safeParse(step.note).data;
  const pair = (await pairs(token, step)).find((each) => fingerprint(each) === note?.pairedWith);
  if (!note || !pair) return 'unknown';
  const where = { site: note.site, service: 'sts', pair } as const;
  const { upstream, answer, error } = await call(where, 'GetCallerIdentity', {}, step.signal);
  if (error === NOT_FOUND) return 'dead';
  if (error !== undefined) throw unexpected(upstream, answer);
  return 'alive';
}

async function pairs(token: Secret, step: Step): Promise<readonly KeyPair[]> {
  const text = (await step.context())?.reveal() ?? '';
  const secrets = new Set([...text.matchAll(SECRET)].map(([match]) => match));
  return [...secrets].slice(0, MAX_CANDIDATES).map((secret) => ({
    id: token.reveal(),
    secret: new Secret(secret),
  }));
}

function fingerprint({ id, secret }: KeyPair): string {
  return createHash('sha256').update(`${id}:${secret.reveal()}`).digest('hex');
}
