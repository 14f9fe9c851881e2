// Put in by the build (vite.config.ts); absent under vitest.
declare const __VERSION__: string | undefined;
declare const __BUILD__: string | undefined;

/** Version of the release, from package.json. */
export const VERSION: string = typeof __VERSION__ === 'undefined' ? '0.0.0-dev' : __VERSION__;

/** First 12 hex digits of the digest over the build's sources, or `dev`. */
export const BUILD: string = typeof __BUILD__ === 'undefined' ? 'dev' : __BUILD__;
