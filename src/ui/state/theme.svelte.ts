export const THEMES = ['system', 'paper', 'ink'] as const;
export type ThemeChoice = (typeof THEMES)[number];

const KEY = 'theme';

/** Kept in localStorage and not in the node: it is wanted before the node is there, or the page would flash. */
export class Theme {
  choice = $state<ThemeChoice>('system');

  start(): () => void {
    this.#read();
    const onStorage = (event: StorageEvent): void => {
      if (event.key === KEY) this.#read();
    };
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }

  set(choice: ThemeChoice): void {
    this.choice = choice;
    this.#apply();
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Storage refused: the choice then lasts as long as the page.
    }
  }

  /** From what is seen now to the other one. */
  toggle(): void {
    const dark =
      this.choice === 'ink' || (this.choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    this.set(dark ? 'paper' : 'ink');
  }

  #read(): void {
    let stored: string | null = null;
    try {
      stored = localStorage.getItem(KEY);
    } catch {
      // As above.
    }
    this.choice = THEMES.find((theme) => theme === stored) ?? 'system';
    this.#apply();
  }

  #apply(): void {
    if (this.choice === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.choice;
  }
}
