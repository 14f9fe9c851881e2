export const PHRASE_WORDS = 24;

/** Words as a person types or pastes them: numbers, commas and line breaks do not matter. */
export const splitPhrase = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);

/** Three different positions to ask for, in order. @param random gives a number in [0, 1). */
export function positionsToAsk(random: () => number, words = PHRASE_WORDS, ask = 3): number[] {
  const positions = Array.from({ length: words }, (_, i) => i);
  for (let i = 0; i < ask; i++) {
    const other = i + Math.floor(random() * (words - i));
    [positions[i], positions[other]] = [positions[other]!, positions[i]!];
  }
  return positions.slice(0, ask).sort((a, b) => a - b);
}
