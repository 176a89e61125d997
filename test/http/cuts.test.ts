import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withoutCuts } from '../../src/http/cuts.ts';
import type { Element } from '../../src/http/elements.ts';
import { SLICE } from '../../src/http/slices.ts';

const FILE = 'https://gitlab.example.com/g/p/-/raw/0a1b2c3d/config.env';
const WHOLE = `acme_${'k3y9'.repeat(8)}.01.0a1b2c3d4`;
const CUT = WHOLE.slice(0, 25);

const element = (type: string, token: string, line = '#L3', file = FILE): Element => ({
  ...{ ok: true, type, token },
  location: file + line,
});

const taken = () => 'acme';

describe('a text that is the beginning of another one at the same line', () => {
  it('is a further report of the longer one, whichever comes first', async () => {
    const whole = element('routable', WHOLE);
    expect(await withoutCuts([element('classic', CUT), whole], taken)).toEqual([whole, whole]);
    expect(await withoutCuts([whole, element('classic', `"${CUT}"`, '#L3-4')], taken)).toEqual([
      whole,
      { ...whole, location: `${FILE}#L3-4` },
    ]);
  });

  it('stays what it is beside a longer text that no provider takes', async () => {
    const elements = [element('classic', CUT), element('anything', `${CUT}: and more`)];
    expect(await withoutCuts(elements, ({ type }) => (type === 'classic' ? 'acme' : null))).toEqual(elements);
  });

  it('stays what it is beside a longer text that another provider takes', async () => {
    const elements = [element('classic', CUT), element('anything', `${CUT}: and more`)];
    expect(await withoutCuts(elements, ({ type }) => type)).toEqual(elements);
  });

  it('gives way where no provider takes it', async () => {
    const whole = element('routable', WHOLE);
    const takerOf = ({ token }: { token: string }) => (token === WHOLE ? 'acme' : null);
    expect(await withoutCuts([element('classic', CUT), whole], takerOf)).toEqual([whole, whole]);
  });

  it('stays what it is at another line, in another file, or where nothing says where it stands', async () => {
    const others = [
      element('classic', CUT, '#L4'),
      element('classic', CUT, '#L3', `${FILE}.example`),
      element('classic', CUT, '', ''),
    ];
    const [, ...rest] = await withoutCuts([element('routable', WHOLE), ...others], taken);
    expect(rest).toEqual(others);
  });

  it('is none when it is short, the same, or no beginning', async () => {
    const elements = [
      element('a', 'acme_k3'),
      element('b', WHOLE),
      element('c', WHOLE),
      element('d', WHOLE.slice(3)),
    ];
    expect(await withoutCuts(elements, taken)).toEqual(elements);
  });

  it('is looked for in slices, so that other requests get their turn, and reads each text once', async () => {
    const { setImmediate } = globalThis;
    let [turns, reads, readsOfTurn, most] = [0, 0, 0, 0];
    const waiting = vi.spyOn(globalThis, 'setImmediate').mockImplementation((callback) => {
      turns += 1;
      readsOfTurn = 0;
      return setImmediate(callback);
    });
    onTestFinished(() => waiting.mockRestore());
    const elements = Array.from({ length: 4 * SLICE }, (_, n) => ({
      ...element('a', ''),
      get token() {
        reads += 1;
        readsOfTurn += 1;
        most = Math.max(most, readsOfTurn);
        return `acme_${n}_k3y9`;
      },
    }));

    await withoutCuts(elements, taken);

    expect({ reads, most }).toEqual({ reads: elements.length, most: SLICE });
    // Once to see what stands at each line, and once to compare.
    expect(turns).toBe(2 * 4);
  });
});
