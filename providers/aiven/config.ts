/** The operator's keys below `providers.aiven`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  projects: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Name of the project.'),
        token: secretText().describe(
          'An API token whose owner may read the secrets of the services and reset their users.',
        ),
      }),
    )
    .default([])
    .describe('Projects whose service passwords may leak; asked in this order.'),
});

export type AivenConfig = z.output<typeof config>;

export type AivenProject = AivenConfig['projects'][number];
