/** The chart takes every configuration that the service takes, with its secrets as files. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { definitions } from '../../providers/index.ts';
import { configSchema } from '../../src/config/schema.ts';
import { fileKey, isSecret, isSecretList, shapeOf, unwrap } from '../../src/config/schema-walk.ts';
import { customExample } from '../support/custom-examples.ts';
import { everyRound } from '../support/every-kind.ts';
import { HELM, render, WITHOUT_HELM } from './render.ts';

const ROUNDS = await everyRound();
const SCHEMA = configSchema(definitions);

/** With each secret as the path of a file. */
function withFiles(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrap(schema);
  if (Array.isArray(value))
    return value.map((each) =>
      inner instanceof z.ZodArray ? withFiles(inner.element as z.ZodType, each) : each,
    );
  if (typeof value !== 'object' || value === null) return value;
  const valueType = inner instanceof z.ZodRecord ? (inner.valueType as z.ZodType) : undefined;
  const entries = Object.entries(value).map(([key, child]) => {
    const at = valueType ?? shapeOf(inner)[key];
    if (!at) return [key, child];
    if (isSecret(at) || isSecretList(at)) return [fileKey(key), '/run/secrets/quash/x'];
    return [key, withFiles(at, child)];
  });
  return Object.fromEntries(entries);
}

describe.skipIf(!HELM)(`the schema of the values${WITHOUT_HELM}`, () => {
  it.each(ROUNDS.map((_, index) => index))('takes the configurations of all providers: %i', async (index) => {
    const configured = ROUNDS[index]?.configured ?? [];
    const providers = Object.fromEntries(configured.map(({ provider, config }) => [provider, config]));
    const config = withFiles(SCHEMA, { providers }) as Record<string, unknown>;
    expect(Object.keys(config.providers ?? {}).length).toBeGreaterThan(50);
    await expect(render({ given: { config } })).resolves.not.toEqual([]);
  });

  it('takes a provider that is declared without code', async () => {
    const config = withFiles(SCHEMA, parse(customExample('acme')));
    await expect(render({ given: { config } })).resolves.not.toEqual([]);
  });

  it('takes sections and providers without a value, as YAML has them', async () => {
    const config = { log: null, providers: { slack: null } };
    await expect(render({ given: { config } })).resolves.not.toEqual([]);
  });
});
