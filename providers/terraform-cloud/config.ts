import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  hosts: z
    .array(baseUrl())
    .default(['https://app.terraform.io', 'https://app.eu.terraform.io'])
    .describe(
      'Hosts that may have issued a token, those of Terraform Enterprise included; asked in this order.',
    ),
});

export type TerraformCloudConfig = z.output<typeof config>;
