/**
 * Who sends vulnerability events: GitLab, by the secret token of a hook, or by its signature.
 *
 * Docs: https://docs.gitlab.com/user/project/integrations/webhooks/, https://www.standardwebhooks.com/ (the signature);
 * checked 2026-11-28.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { baseOf } from '../gitlab/pointer.ts';
import { createLimiter } from '../server/limiter.ts';
import type { Secret } from '../words/secret.ts';

export interface HookInstance {
  readonly url: string;
  /** Secret tokens of its hooks. */
  readonly hookTokens?: readonly Secret[] | undefined;
  /** Signing tokens of its hooks: `whsec_` and the key in base64. */
  readonly hookSigningKeys?: readonly Secret[] | undefined;
}

/** A sender that is who it says. */
export interface HookSender {
  /** A name for it that tells nothing of its secret. */
  readonly caller: string;
  /** Base URLs of the instances that have this secret. */
  readonly bases: readonly string[];
  /** Of a signed delivery: it counts once. */
  readonly deliveryId?: string;
}

/** What a delivery says of its signature. */
export interface Signature {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: string;
}

const PREFIX = 'whsec_';
const TOLERANCE_MS = 5 * 60_000;

export class Hooks {
  readonly #tokens: readonly Known[];
  readonly #keys: readonly Known[];

  /** @param fingerprint a keyed hash, in hexadecimal digits: see `createAuthenticator` */
  constructor(instances: readonly HookInstance[], fingerprint: (secret: Secret) => string) {
    this.#tokens = knownOf(instances, ({ hookTokens = [] }) =>
      hookTokens.map((token) => ({ secret: digest(token.reveal()), name: fingerprint(token) })),
    );
    this.#keys = knownOf(instances, ({ hookSigningKeys = [] }) =>
      hookSigningKeys.map((key) => ({
        secret: Buffer.from(key.reveal().slice(PREFIX.length), 'base64'),
        name: fingerprint(key),
      })),
    );
  }

  /** Compared in constant time, and with all of them, so that the time tells nothing about any token. */
  byToken(token: string | undefined): HookSender | undefined {
    const given = digest(token ?? '');
    return senderOf(this.#tokens.filter(({ secret }) => timingSafeEqual(secret, given)));
  }

  /** Whether a body is worth to be read for this signature. */
  mayBeSigned(signature: Signature | undefined, now: number): signature is Signature {
    if (!signature || this.#keys.length === 0 || !/^\d{1,12}$/.test(signature.timestamp)) return false;
    return Math.abs(now - Number(signature.timestamp) * 1000) <= TOLERANCE_MS;
  }

  /** Works on the body as it comes, so that it need not be kept. */
  checkOf({ id, timestamp, signatures }: Signature): SignatureCheck {
    // Several stand there while one key is being replaced by another.
    const given = signatures.split(' ').flatMap((each) => {
      const [version, text = ''] = each.split(',');
      return version === 'v1' ? [Buffer.from(text, 'base64')] : [];
    });
    const begun = this.#keys.map((key) => ({
      key,
      hmac: createHmac('sha256', key.secret).update(`${id}.${timestamp}.`),
    }));
    return {
      take(chunk) {
        for (const { hmac } of begun) hmac.update(chunk);
      },
      sender() {
        const matches = begun.filter(({ hmac }) => {
          const right = hmac.digest();
          return given.some((each) => each.length === right.length && timingSafeEqual(each, right));
        });
        const sender = senderOf(matches.map(({ key }) => key));
        return sender && { ...sender, deliveryId: id };
      },
    };
  }
}

/** Of one body. */
interface SignatureCheck {
  /** Takes its next part. */
  take(chunk: Uint8Array): void;
  /** Who has signed it, once there is no more of it; to be asked once. */
  sender(): HookSender | undefined;
}

interface KnownSecret {
  readonly secret: Buffer;
  readonly name: string;
}

interface Known extends KnownSecret {
  readonly base: string;
}

function knownOf(
  instances: readonly HookInstance[],
  secretsOf: (instance: HookInstance) => readonly KnownSecret[],
): readonly Known[] {
  return instances.flatMap((instance) =>
    secretsOf(instance).map((known) => ({ base: baseOf(instance.url), ...known })),
  );
}

const NAME_DIGITS = 12;

function senderOf(matches: readonly Known[]): HookSender | undefined {
  const [first] = matches;
  if (!first) return undefined;
  return {
    caller: `hook-${first.name.slice(0, NAME_DIGITS)}`,
    bases: matches.map(({ base }) => base),
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Ids of signed deliveries that were taken, for as long as their timestamp is taken, over all replicas. */
export class TakenDeliveries {
  readonly #taken: RateLimiterAbstract;

  /** @param redis an ioredis client when several replicas share them */
  constructor(redis: unknown) {
    const durationSeconds = (2 * TOLERANCE_MS) / 1000;
    this.#taken = createLimiter({ name: 'hook-delivery', points: 1, durationSeconds }, redis);
  }

  async has(id: string): Promise<boolean> {
    return (await this.#taken.get(id)) !== null;
  }

  /** To be called once what it brought is durable: a delivery that failed comes again under its id. */
  async add(id: string): Promise<void> {
    await this.#taken.penalty(id, 1);
  }
}
