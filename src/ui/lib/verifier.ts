import { SovereignError } from '../../protocol/errors';

export const VERIFIER = 'sovereign-verify.mjs';

/** The verifier in one file, as it was built with this app. @throws SovereignError `verifier_missing` */
export async function readVerifier(): Promise<string> {
  const advice = 'Reload the page while there is a network, and try again.';
  const response = await fetch(`/${VERIFIER}`).catch((cause: unknown) => {
    throw new SovereignError('verifier_missing', 'There is no network, and this browser does not have it.', {
      advice,
      cause,
    });
  });
  if (!response.ok)
    throw new SovereignError('verifier_missing', 'The server does not have it.', {
      advice: 'Build the app: npm run build.',
    });
  return response.text();
}
