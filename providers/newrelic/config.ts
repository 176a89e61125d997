import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

/** See region_constants.go of newrelic-client-go. */
export const HOSTS = {
  us: 'https://api.newrelic.com',
  eu: 'https://api.eu.newrelic.com',
  jp: 'https://api.jp.newrelic.com',
  gov: 'https://gov-api.newrelic.com',
} as const;

const REGIONS = ['us', 'eu', 'jp', 'gov'] as const;

export const config = z.strictObject({
  regions: z
    .array(z.enum(REGIONS))
    .min(1)
    .default([...REGIONS])
    .describe('Regions that are asked about a user key; one is called dead only when all four refuse it.'),
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        region: z.enum(REGIONS).default('us').describe('Where the organization is.'),
        userKey: secretText().describe('A user key (NRAK-) of a user who may manage ingest keys.'),
      }),
    )
    .default([])
    .describe('Organizations whose browser keys may leak; user keys need none.'),
});

export type NewrelicConfig = z.output<typeof config>;
