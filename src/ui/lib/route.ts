export const SCREENS = [
  'home',
  'pipelines',
  'approvals',
  'audit',
  'skills',
  'mesh',
  'policies',
  'verify',
  'settings',
] as const;
export type ScreenName = (typeof SCREENS)[number];

/** A place in the app: `#/pipelines/run/4f…` is screen `pipelines`, rest `['run', '4f…']`. */
export interface Route {
  screen: ScreenName | 'unknown';
  rest: string[];
}

/** The address of an invitation to a mesh; see src/mesh/members/invitation.ts. */
const JOIN = '#join=';

/** Never throws: a hash comes from outside. */
export function parseRoute(hash: string): Route {
  if (hash.startsWith(JOIN)) return { screen: 'mesh', rest: ['join', hash.slice(JOIN.length)] };
  const parts = hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const [first = 'home', ...rest] = parts;
  const screen = SCREENS.find((name) => name === first);
  return screen ? { screen, rest } : { screen: 'unknown', rest: parts };
}

export function routeTo(screen: ScreenName, ...rest: (string | number)[]): string {
  return `#/${[screen === 'home' ? '' : screen, ...rest.map((part) => encodeURIComponent(part))].join('/')}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
