/** The operator's keys below `providers.aws`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';
import { PARTITIONS } from './api.ts';

const partition = z.enum(PARTITIONS);

export const config = z.strictObject({
  accounts: z
    .array(
      z
        .strictObject({
          accountId: z
            .string()
            .regex(/^\d{12}$/, 'expected 12 digits')
            .optional()
            .describe('The account to act in; default is that of the role or of the access key.'),
          accessKeyId: z
            .string()
            .regex(/^(?:AKIA|ASIA)[A-Z0-9]{16}$/, 'expected an access key id')
            .optional()
            .describe(
              'Of a user with sts:GetAccessKeyInfo and the rights to find, list and update access keys in IAM; default is the role that AWS gives to Quash: web identity (IRSA), a profile, EKS Pod Identity, an ECS task or an EC2 instance.',
            ),
          secretAccessKey: secretText().optional().describe('Its secret.'),
          sessionToken: secretText().optional().describe('For temporary credentials.'),
          partition: partition.default('aws').describe('The partition of the account.'),
          assumeRoleArn: z
            .string()
            .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'expected the ARN of a role')
            .optional()
            .describe('A role to act as, which may be in another account.'),
          externalId: z
            .string()
            .min(2)
            .max(1224)
            // The length stands apart: the chart's schema is read by a matcher that counts to 1000.
            .regex(/^[\w+=,.@:/-]+$/, 'expected an external id')
            .optional()
            .describe('The external id that this role asks for.'),
        })
        .refine(
          ({ accessKeyId, secretAccessKey }) =>
            (accessKeyId === undefined) === (secretAccessKey === undefined),
          {
            message: 'expected accessKeyId and secretAccessKey together, or neither',
          },
        )
        .refine(({ accessKeyId, sessionToken }) => accessKeyId !== undefined || sessionToken === undefined, {
          message: 'expected no sessionToken without an access key',
        })
        .refine(({ assumeRoleArn, externalId }) => assumeRoleArn !== undefined || externalId === undefined, {
          message: 'expected an assumeRoleArn with the externalId',
        }),
    )
    .default([])
    .describe(
      'Accounts in which keys are deactivated by a credential of yours; without one a key needs its secret.',
    ),
  partitions: z
    .array(partition)
    .min(1)
    .default([...PARTITIONS])
    .describe(
      'Where leaked keys may be from; with less than all, a key that none of them knows may live in another.',
    ),
  quarantine: z
    .boolean()
    .default(false)
    .describe(
      'Also attach AWSCompromisedKeyQuarantineV3 to the user of a key; as that restricts the user, keys then wait for approval unless `mode` is set.',
    ),
});

export type AwsConfig = z.output<typeof config>;
