/** Patterns of paths: `*` and `?` stand for what holds no slash, `**` for anything, a leading or inner `**` with its slash for any folders or none. */

/**
 * Works in a time that grows with pattern times text, whatever the text: whoever commits a file chooses its name.
 * @returns whether the whole text fits the pattern
 */
export function createGlob(pattern: string): (text: string) => boolean {
  const pieces = pattern.match(/\*\*\/|\*\*|[\s\S]/gu) ?? [];

  /** The pieces that may be next once those before `index` are used up: a star may stand for nothing. */
  function arriveAt(index: number): readonly number[] {
    return pieces[index]?.startsWith('*') ? [index, ...arriveAt(index + 1)] : [index];
  }

  function after(index: number, char: string): readonly number[] {
    const piece = pieces[index];
    if (piece === '**') return arriveAt(index);
    if (piece === '**/') return char === '/' ? arriveAt(index) : [index];
    if (piece === '*') return char === '/' ? [] : arriveAt(index);
    const fits = piece === char || (piece === '?' && char !== '/');
    return fits ? arriveAt(index + 1) : [];
  }

  return (text) => {
    let next = new Set(arriveAt(0));
    for (const char of text) next = new Set([...next].flatMap((index) => after(index, char)));
    return next.has(pieces.length);
  };
}
