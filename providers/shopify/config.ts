import { z } from 'zod';

export const config = z.strictObject({
  shops: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$/, 'expected a host such as acme.myshopify.com'),
    )
    .default([])
    .describe(
      'Hosts of the shops whose access tokens may leak, e.g. acme.myshopify.com; asked in this order.',
    ),
});

export type ShopifyConfig = z.output<typeof config>;
