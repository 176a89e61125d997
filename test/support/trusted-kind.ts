/** What a kind declares of itself, where a test is about something else. */
export const TRUSTED = {
  possession: 'by-value',
  places: { all: ['https://api.example.com'] },
  whole: 'exact',
  undo: 'no',
} as const;
