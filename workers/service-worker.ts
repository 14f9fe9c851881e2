/**
 * Keeps the whole build, so that the node starts without a network. Responses are kept with their headers: the skill
 * worker's own CSP holds offline too. A new build waits until the page says SKIP_WAITING, because the owner decides when
 * the code under his keys changes.
 */
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  type PrecacheEntry,
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (string | PrecacheEntry)[] };

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\/healthz$/, /\.[^/]*$/] }));

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if ((data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});

/** Back to the app where it is open, at the place that the notice names; else it is opened there. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const place = new URL(String(event.notification.data), self.registration.scope);
  const open = async (): Promise<void> => {
    const [client] = await self.clients.matchAll({ type: 'window' });
    const shown = await client?.navigate(place).catch(() => null);
    await (shown ? shown.focus() : self.clients.openWindow(place));
  };
  event.waitUntil(open());
});
