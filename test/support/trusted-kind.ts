/** The declarations of a kind for tests that are about something else. */
export const TRUSTED = {
  possession: 'by-value',
  places: { all: ['https://api.example.com'] },
  whole: 'exact',
  undo: 'no',
} as const;
