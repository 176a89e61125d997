/** The command with one faulty provider, which logs the token and the operator's credential. */
import { z } from 'zod';
import { runProcess } from '../../src/cli/main.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { exampleDefinition } from './example-definition.ts';
import { TRUSTED } from './trusted-kind.ts';

const schema = z.strictObject({ password: secretText() });

const careless = exampleDefinition('careless', schema, {
  create: ({ password }, { log }) => ({
    kinds: [
      {
        id: 'token',
        types: ['careless_token'],
        pattern: /no-known-shape-[a-z]+/,
        effect: 'token',
        ...TRUSTED,
      },
    ],
    async revoke(token) {
      log.warn('careless', { token: token.reveal(), url: `https://quash:${password.reveal()}@example.com` });
      return { outcome: 'revoked', proven: true };
    },
  }),
});

await runProcess(async () => [careless]);
