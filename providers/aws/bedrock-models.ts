/**
 * Whether Bedrock lets an API key in.
 *
 * Docs: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
 *
 * - One that expired is not let in by the same words as one that worked elsewhere, which was laid to its region
 *   (ai4s-research/open-science#53, 2026-11-30): so they say nothing of a key that was not let in here before.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Partition } from './api.ts';

/** A key is not bound to a region. There is no Bedrock in China. */
const HOSTS: Readonly<Record<Partition, string | undefined>> = {
  aws: 'bedrock.us-east-1.amazonaws.com',
  'aws-cn': undefined,
  'aws-us-gov': 'bedrock.us-gov-west-1.amazonaws.com',
  'aws-eusc': 'bedrock.eusc-de-east-1.amazonaws.eu',
};

const MODELS = z.object({ modelSummaries: z.array(z.unknown()) });
const message = (pattern: RegExp) =>
  z.union([
    z.object({ Message: z.string().regex(pattern) }),
    z.object({ message: z.string().regex(pattern) }),
  ]);
/** AWS names a missing right only after it has accepted the credential. */
const LACKS_RIGHT = message(/^User: arn:[\w:/+=,.@-]+ is not authorized to perform: bedrock:/);
const NOT_LET_IN = message(/^Authentication failed: /);

/** Whether the key alone lists models, which changes and costs nothing. */
export async function opens(
  partition: Partition,
  token: Secret,
  { signal }: Step,
  upstream: Tools['upstream'],
): Promise<boolean> {
  const host = HOSTS[partition];
  if (host === undefined) return false;
  const query = { byOutputModality: 'EMBEDDING' };
  const headers = { authorization: bearer(token) };
  const request = { method: 'GET', path: '/foundation-models', query, headers, signal } as const;
  const { means } = await ask(upstream(`https://${host}`), request, [
    row([200], MODELS, true),
    row([403], LACKS_RIGHT, true),
    row([403], NOT_LET_IN, false),
  ]);
  return means;
}

const HEAD = 'ABSK';
const NOBODYS_ALIAS = 'BedrockAPIKey-none-at-000000000000';

/** What a key holds: its public alias, a colon and its secret. */
export function contentOf(token: Secret): string {
  return Buffer.from(token.reveal().slice(HEAD.length), 'base64').toString('latin1');
}

/** @throws {Failure} when Bedrock looks at the secret alone, so that anybody may have written the alias before it */
export async function mustGoByAlias(
  partition: Partition,
  token: Secret,
  step: Step,
  upstream: Tools['upstream'],
): Promise<void> {
  const [, secret = ''] = /:(.*)$/s.exec(contentOf(token)) ?? [];
  const content = Buffer.from(`${NOBODYS_ALIAS}:${secret}`, 'latin1');
  const nobodys = new Secret(HEAD + content.toString('base64'));
  await mustRefuse({ base: `https://${HOSTS[partition]}` }, opens(partition, nobodys, step, upstream));
}
