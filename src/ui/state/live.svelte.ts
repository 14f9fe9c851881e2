/** What a screen reader is told without moving its focus. */
export class Live {
  message = $state('');

  say(...sentences: string[]): void {
    if (sentences.length === 0) return;
    const text = sentences.join(' ');
    // The same sentence twice is only announced when the text differs.
    this.message = text === this.message ? `${text}\u00a0` : text;
  }
}
