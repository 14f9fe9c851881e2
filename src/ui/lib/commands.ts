import type { App } from '../state/app.svelte';
import { NAV } from './nav';

/** Something that the palette offers and that may have a shortcut. */
export interface Command {
  id: string;
  title: string;
  keys?: string;
  run: () => void;
}

/** @param extra what only the shell can do: open its own dialogs. */
export function commandsOf(app: App, extra: { help: () => void; palette: () => void }): Command[] {
  return [
    ...NAV.map(({ screen, label, key }) => ({
      id: `go-${screen}`,
      title: `Go to ${label}`,
      keys: `g ${key}`,
      run: () => app.router.go(screen),
    })),
    {
      id: 'iron-path',
      title: 'Open the Iron Path',
      keys: 'g i',
      run: () => app.router.go('pipelines', 'doc', 'iron-path'),
    },
    { id: 'verify-log', title: 'Verify the log now', run: () => app.router.go('audit', 'verify') },
    { id: 'theme', title: 'Switch between paper and ink', keys: 't', run: () => app.theme.toggle() },
    { id: 'help', title: 'Show keyboard shortcuts', keys: '?', run: extra.help },
    { id: 'palette', title: 'Open the command palette', keys: 'mod+k', run: extra.palette },
  ];
}
