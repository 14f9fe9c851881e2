import { parseRoute, routeTo, type Route, type ScreenName } from '../lib/route';

export class Router {
  route = $state.raw<Route>(parseRoute(''));
  /** What an invitation's link brought, until it is used: taken out of the address bar, which others may see. */
  invitation = $state('');

  /** Follows the address bar; the answer ends it. */
  start(): () => void {
    const read = (): void => {
      this.route = parseRoute(location.hash);
      const [what, invitation] = this.route.rest;
      if (this.route.screen !== 'mesh' || what !== 'join' || invitation === undefined) return;
      this.invitation = invitation;
      this.#replace('mesh');
    };
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  /** As {@link go}, in place of the present address: for one that must not stay in the history. */
  #replace(screen: ScreenName): void {
    history.replaceState(null, '', routeTo(screen));
    this.route = parseRoute(location.hash);
  }

  go(screen: ScreenName, ...rest: (string | number)[]): void {
    location.hash = routeTo(screen, ...rest);
  }
}
