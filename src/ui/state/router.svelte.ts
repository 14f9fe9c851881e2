import { parseRoute, routeTo, type Route, type ScreenName } from '../lib/route';

export class Router {
  route = $state.raw<Route>(parseRoute(''));

  /** Follows the address bar; the answer ends it. */
  start(): () => void {
    const read = (): void => {
      this.route = parseRoute(location.hash);
    };
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  /** As {@link go}, in place of the present address: for one that must not stay in the history. */
  replace(screen: ScreenName): void {
    history.replaceState(null, '', routeTo(screen));
    this.route = parseRoute(location.hash);
  }

  go(screen: ScreenName, ...rest: (string | number)[]): void {
    location.hash = routeTo(screen, ...rest);
  }
}
