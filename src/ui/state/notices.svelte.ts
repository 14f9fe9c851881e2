import { routeTo } from '../lib/route';

const KEY = 'notices';
/** One for all of it: a newer one takes the place of the last. */
const TAG = 'approvals';

/** What the system shows of what waits: a number on the app's icon, and a notice where the owner wants one. */
export class Notices {
  /** `unsupported` where the browser has none. */
  permission = $state<NotificationPermission | 'unsupported'>('default');
  /** By the owner, on this device. Without the browser's permission it does nothing. */
  wanted = $state(false);
  #last = 0;

  get on(): boolean {
    return this.wanted && this.permission === 'granted';
  }

  start(): void {
    this.permission = 'Notification' in globalThis ? Notification.permission : 'unsupported';
    try {
      this.wanted = localStorage.getItem(KEY) === 'on';
    } catch {
      // Storage refused: then it is asked for again on each visit.
    }
  }

  /** Only on a click: browsers refuse a page that asks by itself. */
  async want(wanted: boolean): Promise<void> {
    if (wanted && this.permission === 'default') this.permission = await Notification.requestPermission();
    this.wanted = wanted;
    try {
      localStorage.setItem(KEY, wanted ? 'on' : 'off');
    } catch {
      // As above.
    }
  }

  /** Tells how much waits now. A notice is for someone who looks elsewhere; it says no more than a locked screen may show. */
  async tell(waiting: number): Promise<void> {
    const more = waiting > this.#last;
    this.#last = waiting;
    await Promise.all([badge(waiting), this.#notice(waiting, more)]);
  }

  async #notice(waiting: number, more: boolean): Promise<void> {
    if (waiting > 0 && !(more && this.on && document.hidden)) return;
    const registration = await navigator.serviceWorker?.getRegistration();
    if (!registration) return;
    if (waiting === 0) {
      for (const notice of await registration.getNotifications({ tag: TAG })) notice.close();
      return;
    }
    const body = waiting === 1 ? 'One action waits for your decision.' : `${waiting} actions wait for your decision.`;
    await registration.showNotification('Sovereign Node', {
      tag: TAG,
      body,
      icon: '/icons/icon-192.png',
      data: routeTo('approvals'),
    });
  }
}

/** A number on the icon of an installed app. Refused where it is not installed, which is no fault. */
async function badge(waiting: number): Promise<void> {
  if (!('setAppBadge' in navigator)) return;
  await (waiting > 0 ? navigator.setAppBadge(waiting) : navigator.clearAppBadge()).catch(() => undefined);
}
