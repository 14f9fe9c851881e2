import { homedir } from 'node:os';
import type { SovereignNode } from '../../src/node';
import type { NodeOptions } from '../../src/node/types';
import { SovereignError } from '../../src/protocol/errors';
import { call } from '../client';
import { createNodeSkillRunner } from '../skill-runner';
import { defaultHome, openHome } from './home';
import { homeNode } from './node';

/** Where the build left what the terminal needs. */
export interface Places {
  /** With a slash at its end. */
  assets: URL;
  skillThread: URL;
}

/**
 * Opens a home and its node for as long as `use` takes.
 *
 * @param home by default the platform's data directory
 * @throws HomeError, and a SovereignError when the node does not get ready
 */
export async function withHomeNode<T>(
  home: string | undefined,
  places: Places,
  use: (node: SovereignNode, home: string) => Promise<T>,
  options: Pick<NodeOptions, 'mesh'> = {},
): Promise<T> {
  const surroundings = { platform: process.platform, env: process.env, userHome: homedir() };
  const opened = await openHome(home ?? defaultHome(surroundings));
  const skills = createNodeSkillRunner(places.skillThread);
  const node = homeNode(opened, places.assets, skills, options.mesh);
  try {
    await node.start();
    await requireReady(node);
    return await use(node, opened);
  } finally {
    await node.stop();
    skills.dispose();
  }
}

async function requireReady(node: SovereignNode): Promise<void> {
  const { phase, halt } = await call(node, 'GetStatus');
  if (phase === 'ready') return;
  if (phase === 'locked') {
    throw new SovereignError('locked', 'The keys of this home are sealed.', {
      advice: 'Use another --home: the terminal cannot unlock this one.',
    });
  }
  throw new SovereignError(
    halt?.code ?? phase,
    halt ? `${halt.message} ${halt.kept}` : `The node did not start: ${phase}.`,
    {
      advice: 'Use another --home, or restore this one with its recovery phrase.',
    },
  );
}
