/** Removing a public key from every instance that knows it. */
import { z } from 'zod';
import { eachOf } from '../../src/provider/kit/in-turn.ts';
import { goneSinceSeen, heldUnproven, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unasked, workedElsewhere } from '../../src/provider/kit/seen.ts';
import type { LookResult, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Evidence } from '../../src/words/outcome.ts';
import { findKey, type Instance, type KnownKey, removeKey } from './instance.ts';
import type { Leak } from './leak.ts';

const ADVICE = {
  publicDeployKey:
    'This is a public deploy key that no project uses: remove it in the Admin area of GitLab before one does.',
  ofNobody:
    'GitLab knows this key, but of no user and no project, as is so for deploy keys of groups: remove it on the page of its group, or in the Admin area.',
  stays:
    'GitLab took the removal of this key and knows it all the same, as is so for keys that a directory server keeps: remove it there, or in the Admin area.',
  unknown:
    'No configured GitLab knows this key: remove its public half from the hosts that let it in, or replace it where it serves another purpose.',
  unproven:
    'Nothing proves that the public key in this file belongs to the private one, and public keys are no secret: ask the owner of the public key before you approve its removal.',
} as const;

/** The public key that was found in GitLab, and where its removal was taken. Version 0.1.0 wrote the first alone. */
const NOTE = z.object({ fingerprint: z.string(), removedAt: z.array(z.string()).default([]) });

interface Sight {
  readonly instance: Instance;
  readonly key: KnownKey;
}

/** With the key: of version 0.1.0 there are entries of a header, which is the same text for all of them. */
const placeOf = ({ upstream }: Instance, fingerprint: string) => `${upstream.base} ${fingerprint}`;

/** @throws {Failure} when an instance could not be asked and no other knows the key, or once the others are done */
export async function removeEverywhere(
  instances: readonly Instance[],
  leak: Leak,
  step: Step,
): Promise<RevokeResult> {
  const { fingerprint, isProven } = leak;
  const noted = NOTE.safeParse(step.note).data;
  const removedAt = noted?.fingerprint === fingerprint ? noted.removedAt : [];
  const mayAct = isProven || step.mayActUnproven;
  const ends = await eachOf(instances, async (instance) => {
    const key = await findKey(instance, fingerprint, step.signal);
    if (!key) return undefined;
    const { base } = instance.upstream;
    if (!mayAct || removedAt.includes(base))
      return { instance, key, advice: mayAct ? ADVICE.stays : undefined };
    step.sawAlive(placeOf(instance, fingerprint));
    if (isProven) step.prove('listed-whole');
    const isRemoved = await removeKey(instance, key, step.signal);
    if (isRemoved) removedAt.push(base);
    step.remember({ fingerprint, removedAt } satisfies z.output<typeof NOTE>);
    return { instance, key, advice: isRemoved ? undefined : adviceFor(key) };
  });
  if (ends.length === 0) return absent(instances, leak, step);
  const evidence = evidenceOf(fingerprint, ends);
  if (!mayAct) return heldUnproven(undefined, evidence, ADVICE.unproven);
  const [advice] = ends.flatMap((end) => end.advice ?? []);
  if (advice === undefined) return revoked(evidence);
  // By a later try, maybe days later, it may have been added anew.
  step.remember({ fingerprint, removedAt: [] } satisfies z.output<typeof NOTE>);
  return refused('manual', advice, evidence);
}

/** A public key that works proves nothing about a file that only names it. */
export async function lookEverywhere(
  instances: readonly Instance[],
  leak: Leak,
  step: Step,
): Promise<LookResult> {
  const { fingerprint, isProven } = leak;
  const found = await eachOf(instances, async (instance) => {
    const key = await findKey(instance, fingerprint, step.signal);
    if (!key) return undefined;
    if (isProven) step.sawAlive(placeOf(instance, fingerprint));
    return { instance, key };
  });
  if (found.length === 0) return absent(instances, leak, step);
  return { outcome: isProven ? 'alive' : 'undecided', evidence: evidenceOf(fingerprint, found) };
}

/** Whether any instance still knows the key that was removed. Undefined when none was. */
export async function isStillKnown(instances: readonly Instance[], step: Step): Promise<boolean | undefined> {
  const noted = NOTE.safeParse(step.note).data;
  if (!noted) return undefined;
  const found = await eachOf(instances, (instance) => findKey(instance, noted.fingerprint, step.signal));
  if (found.length > 0) return true;
  return notAsked(instances, noted.fingerprint, step).length > 0 ? undefined : false;
}

/** Those that had the key and are out of the configuration since. */
function notAsked(
  instances: readonly Instance[],
  fingerprint: string,
  { seenAlive }: Step,
): readonly string[] {
  const ofKey = ` ${fingerprint}`;
  const had = seenAlive
    .filter((place) => place.endsWith(ofKey))
    .map((place) => place.slice(0, -ofKey.length));
  return unasked(
    instances.map(({ upstream }) => upstream.base),
    { seenAlive: had },
  );
}

function absent(
  instances: readonly Instance[],
  { fingerprint, isProven }: Leak,
  step: Step,
): Extract<LookResult, { outcome: 'already-inactive' | 'refused' | 'unknown' }> {
  const places = instances.map((instance) => placeOf(instance, fingerprint));
  const [workedAt] = notAsked(instances, fingerprint, step);
  if (workedAt !== undefined) return workedElsewhere(workedAt, { fingerprint });
  if (places.some((place) => step.seenAlive.includes(place))) return goneSinceSeen({ fingerprint });
  // If a file only names the key, its absence in GitLab proves nothing about the file.
  if (!isProven) return refused('unknown-token', ADVICE.unknown, { fingerprint });
  return unknownAt(places, ADVICE.unknown, { fingerprint });
}

function adviceFor({ projectIds }: KnownKey): string {
  return projectIds ? ADVICE.publicDeployKey : ADVICE.ofNobody;
}

function evidenceOf(fingerprint: string, found: readonly Sight[]): Evidence {
  const keys = found.map(({ instance, key: { id, userId } }) => ({
    ...{ instance: instance.upstream.base, keyId: id, userId },
  }));
  const signs = found.some(({ key }) => key.signs);
  return { fingerprint, keys, ...(signs && { commitsSignedWithIt: 'stay verified in GitLab' }) };
}
