/** The calls with an account's API key. */
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { MailgunConfig } from './config.ts';

const HOSTS = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' } as const;

export const MESSAGE = z.object({ message: z.string() });

export type MailgunAccount = MailgunConfig['accounts'][number];

export function connect({ region, apiKey }: MailgunAccount, tools: Tools) {
  const upstream = tools.upstream(HOSTS[region]);
  return { upstream, call: operatorCalls(upstream, { authorization: basic('api', apiKey) }) };
}
