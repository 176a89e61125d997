import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

/** HCP Terraform, and HCP Europe. */
export const HCP: readonly string[] = ['https://app.terraform.io', 'https://app.eu.terraform.io'];

export const config = z.strictObject({
  hosts: z
    .array(baseUrl())
    .default([...HCP])
    .describe(
      'Hosts that may have issued a token, those of Terraform Enterprise included; asked in this order.',
    ),
});

export type TerraformCloudConfig = z.output<typeof config>;
