import { describe, expect, it } from 'vitest';
import { withoutCuts } from '../../src/http/cuts.ts';
import type { Element } from '../../src/http/elements.ts';

const FILE = 'https://gitlab.example.com/g/p/-/raw/0a1b2c3d/config.env';
const WHOLE = `acme_${'k3y9'.repeat(8)}.01.0a1b2c3d4`;
const CUT = WHOLE.slice(0, 25);

const element = (type: string, token: string, line = '#L3', file = FILE): Element => ({
  ...{ ok: true, type, token },
  location: file + line,
});

describe('a text that is the beginning of another one at the same line', () => {
  it('is a further report of the longer one, whichever comes first', () => {
    const whole = element('routable', WHOLE);
    expect(withoutCuts([element('classic', CUT), whole])).toEqual([whole, whole]);
    expect(withoutCuts([whole, element('classic', `"${CUT}"`, '#L3-4')])).toEqual([
      whole,
      { ...whole, location: `${FILE}#L3-4` },
    ]);
  });

  it('stays what it is at another line, in another file, or where nothing says where it stands', () => {
    const others = [
      element('classic', CUT, '#L4'),
      element('classic', CUT, '#L3', `${FILE}.example`),
      element('classic', CUT, '', ''),
    ];
    expect(withoutCuts([element('routable', WHOLE), ...others]).slice(1)).toEqual(others);
  });

  it('is none when it is short, the same, or no beginning', () => {
    const elements = [
      element('a', 'acme_k3'),
      element('b', WHOLE),
      element('c', WHOLE),
      element('d', WHOLE.slice(3)),
    ];
    expect(withoutCuts(elements)).toEqual(elements);
  });
});
