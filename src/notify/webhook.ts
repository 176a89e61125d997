/** Notices as signed JSON, by the Standard Webhooks scheme (https://www.standardwebhooks.com, checked 2026-11-22). */
import { createHmac } from 'node:crypto';
import type { Clock } from '../words/clock.ts';
import type { Secret } from '../words/secret.ts';
import type { Notice } from './notice.ts';
import { post, type Target } from './target.ts';

export interface WebhookOptions {
  readonly target: Target;
  readonly secret: Secret | undefined;
  readonly clock: Clock;
}

/** @throws {Failure} */
export async function sendWebhook(
  notice: Notice,
  { target, secret, clock }: WebhookOptions,
  signal: AbortSignal,
): Promise<void> {
  const { id, at, ...data } = notice;
  const body = JSON.stringify({ type: 'notice', timestamp: new Date(at).toISOString(), data });
  const seconds = Math.floor(clock.now() / 1000);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    ...(secret && { 'webhook-signature': sign(`${id}.${seconds}.${body}`, secret) }),
  };
  // The client writes it as the same text again.
  await post(target, { headers, json: JSON.parse(body), signal });
}

/** `v1,` and the HMAC in base64. A key with the prefix `whsec_` is base64, any other is taken as it is. */
function sign(content: string, secret: Secret): string {
  const text = secret.reveal();
  const key = text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : text;
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
