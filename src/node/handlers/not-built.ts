import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';

const refuse = (what: string) => (): Promise<never> =>
  Promise.reject(
    new NodeError('not_built', `${what} is not part of this version.`, {
      advice: 'Nothing was done. The changelog says which version brings it.',
    }),
  );

/** The seed's requests whose subsystem does not exist yet: a typed error, not a fake. */
export const notBuilt: Pick<Handlers, 'QueryCore' | 'VerifyLicense'> = {
  QueryCore: refuse('Graph memory'),
  VerifyLicense: refuse('Licence verification'),
};
