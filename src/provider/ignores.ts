/** What the operator wants never to be touched: decoys, fixtures, examples. */
import { createGlob } from '../words/glob.ts';
import { fileOf, placePatterns, withPlainName } from '../words/location.ts';
import type { Outcome } from '../words/outcome.ts';
import { withAliases } from './registry.ts';

export interface IgnoreRule {
  readonly fingerprint?: string | undefined;
  readonly type?: string | undefined;
  readonly location?: string | undefined;
  readonly reason: string;
}

interface Reported {
  /** Of provider and token, whatever the place, in each spelling in which it may have been told. */
  fingerprints(): readonly string[];
  readonly type: string;
  readonly location: string;
}

/** How an entry ends that one of the rules is for; undefined where none is. */
export type Ignores = (reported: Reported) => Outcome | undefined;

/** A longer one fits no pattern. */
const MAX_LOCATION_LENGTH = 1_024;

/** A rule is for what fits all that it names. */
export function createIgnores(rules: readonly IgnoreRule[]): Ignores {
  const compiled = rules.map(({ fingerprint, type, location, reason }) => {
    const types = new Set(type === undefined ? [] : withAliases([type]));
    const globs = [...new Set(placePatterns(location ?? ''))].map(createGlob);
    const isPlace = (file: string) => globs.some((fits) => fits(file) || fits(withPlainName(file)));
    const outcome: Outcome = {
      kind: 'ignored',
      verified: false,
      advice: `Ignored by the configuration: ${reason}`,
    };
    const isFor = (reported: Reported) =>
      (fingerprint === undefined || reported.fingerprints().includes(fingerprint)) &&
      (type === undefined || types.has(reported.type)) &&
      (location === undefined ||
        (reported.location.length <= MAX_LOCATION_LENGTH && isPlace(fileOf(reported.location))));
    return { isFor, outcome };
  });
  return (reported) => compiled.find(({ isFor }) => isFor(reported))?.outcome;
}
