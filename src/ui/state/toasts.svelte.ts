export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'ok' | 'bad';
  undo?: () => void;
  link?: { label: string; href: string };
}

/** Long enough to read and reach; errors stay until dismissed. */
const SHOWN_MS = 9_000;
const MOST = 4;

export class Toasts {
  items = $state.raw<Toast[]>([]);
  #next = 1;

  add(toast: Omit<Toast, 'id' | 'tone'> & { tone?: Toast['tone'] }): void {
    const added: Toast = { tone: 'plain', ...toast, id: this.#next++ };
    this.items = [...this.items, added].slice(-MOST);
    if (added.tone !== 'bad') setTimeout(() => this.dismiss(added.id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}
