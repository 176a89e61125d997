/** The file of a service account's key: what is inside, and where it is when a scanner reports the private key alone. */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { MAX_HALVES } from '../../src/provider/kit/halves.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

export const PEM =
  /-----BEGIN PRIVATE KEY-----(?:\\+[nr]|[A-Za-z0-9+/=\s]){200,8000}-----END PRIVATE KEY-----/;
export const FILE =
  /\{[^{}]{0,4000}"private_key"\s{0,20}:\s{0,20}"-----BEGIN PRIVATE KEY-----[^{}]{200,8000}\}/;

export interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** The cloud that it is of; Google's public one is {@link PUBLIC_UNIVERSE}. */
  readonly universe: string;
}

export const PUBLIC_UNIVERSE = 'googleapis.com';

const CONTENT = z.object({
  client_email: z.string().regex(/^[a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com$/),
  private_key_id: z.string().regex(/^[0-9a-f]{40}$/),
  private_key: z.string(),
  universe_domain: z.string().default(PUBLIC_UNIVERSE),
});

/** @param text JSON; @returns undefined when it is no such file */
export function parseKey(text: Secret): ServiceAccountKey | undefined {
  try {
    const file = CONTENT.parse(JSON.parse(text.reveal()));
    const privateKey = createPrivateKey(file.private_key);
    if (privateKey.asymmetricKeyType !== 'rsa' || !signs(privateKey)) return undefined;
    return {
      email: file.client_email,
      keyId: file.private_key_id,
      privateKey,
      universe: file.universe_domain,
    };
  } catch {
    return undefined;
  }
}

/**
 * Whether the secret numbers are those of the public ones. Whoever knows a certificate, which is public, can make a file
 * that has its numbers.
 */
function signs(privateKey: KeyObject): boolean {
  const challenge = randomBytes(32);
  return verify('sha256', challenge, createPublicKey(privateKey), sign('sha256', challenge, privateKey));
}

/** Whether the certificate is of this very key. */
export function fits({ privateKey }: Pick<ServiceAccountKey, 'privateKey'>, certificate: string): boolean {
  try {
    return createPublicKey(privateKey).equals(createPublicKey(certificate));
  } catch {
    return false;
  }
}

/**
 * The files that the private key may be from: reported whole, or read around the leak. Anybody may have written another
 * address, id or universe beside the same private key, so that each is asked about.
 */
export async function keysOf(token: Secret, step: Step): Promise<readonly ServiceAccountKey[]> {
  const files = step.kind === 'service-account-file' ? [token] : await filesAround(token, step);
  const keys = files.flatMap((file) => parseKey(file) ?? []);
  const names = keys.map((key) => [`${key.universe} ${key.keyId} ${key.email}`, key] as const);
  return [...new Map(names).values()].slice(0, MAX_HALVES);
}

async function filesAround(token: Secret, step: Step): Promise<readonly Secret[]> {
  const files = await step.matchesAround(FILE);
  return files.filter((file) => privateKeyIn(file) === bare(token.reveal()));
}

/** Of any other field that has it, the key beside it is another one, and may have the address and the id of the real one. */
function privateKeyIn(file: Secret): string | undefined {
  try {
    return bare(CONTENT.parse(JSON.parse(file.reveal())).private_key);
  } catch {
    return undefined;
  }
}

/** As it stands in a key file, also where its lines are those of a file of its own, or are escaped once more. */
export function canonicalPem(text: string): string {
  const [, head = '', body = '', foot = ''] = /^(-{5}[A-Z ]+-{5})([^-]*)(-{5}[A-Z ]+-{5})$/.exec(text) ?? [];
  const lines = bare(body).match(/.{1,64}/g);
  return lines ? [head, ...lines, foot].join('\\n') : text;
}

/** Without the line breaks, which scanners write in their own ways. */
function bare(text: string): string {
  return text.replace(/\\+[nr]|\s/g, '');
}
