import { BUILD, VERSION } from '../src/protocol/build-info';
import type { RemoteCommand } from './remote';
import { processTerminal } from './terminal';

const USAGE = `sovereign: a node whose every action is permitted, logged and provable.

  sovereign run <pipeline.yaml> --out DIR   run a governed pipeline, leave its evidence
  sovereign run <skill> --input TEXT        run a skill on a running node
  sovereign verify <directory|zip>          check a bundle
  sovereign replay <entry|order id>         make a recorded run of a skill again
  sovereign skill new|build|publish|run …   make, publish and try skills
  sovereign trustee key|sign …             help somebody to a new owner key
  sovereign join INVITATION                 make this home a member of a mesh
  sovereign daemon [--local]                reach one's node across the mesh, or run this home's
  sovereign ping|status|log|approve|ask …   ask the node behind the daemon
  sovereign query|mesh-dial|mesh-peers|verify-license …
  sovereign swarm-key [--relay FILE]        make the key of a private network
  sovereign relay [--help]                  serve the app, as a relay and a witness
  sovereign version
  sovereign help [command]
`;

/** What the build put beside this file; see scripts/build-cli.mjs. */
const PLACES = {
  assets: new URL('../../public/', import.meta.url),
  skillThread: new URL('./skill-thread.mjs', import.meta.url),
};

/** @returns the exit code */
async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case 'run':
      if (isSkillRun(args)) return remote('run', args);
      // Loaded only when asked for: verifying needs neither node nor policy engine.
      return wantsHelp(args) ? help('run') : (await import('./run')).runRun(args, processTerminal, PLACES);
    case 'verify':
      return wantsHelp(args) ? help('verify') : (await import('./verify-tools')).verifyHere(args);
    case 'replay':
      return wantsHelp(args) ? help('replay') : (await import('./replay')).runReplay(args, processTerminal, PLACES);
    case 'skill':
      return (await import('./skill')).runSkillTool(args, { ...processTerminal, skillThread: PLACES.skillThread });
    case 'trustee':
      return wantsHelp(args) ? help('trustee') : (await import('./trustee')).runTrustee(args, processTerminal);
    case 'swarm-key':
      return wantsHelp(args) ? help('swarm-key') : (await import('./swarm-key')).runSwarmKey(args, processTerminal);
    case 'join':
      return wantsHelp(args) ? help('join') : (await import('./join')).runJoin(args, processTerminal, PLACES);
    case 'daemon':
      return wantsHelp(args)
        ? help('daemon')
        : (await import('./daemon/daemon')).runDaemon(args, processTerminal, PLACES);
    case 'ping':
    case 'status':
    case 'query':
    case 'log':
    case 'approve':
    case 'mesh-dial':
    case 'mesh-peers':
    case 'verify-license':
    case 'ask':
      return wantsHelp(args) ? help(command) : remote(command, args);
    case 'version':
    case '--version':
      processTerminal.out(`${VERSION} (${BUILD})\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h':
      return help(args[0]);
    default:
      processTerminal.err(command === undefined ? USAGE : `There is no command "${command}".\n\n${USAGE}`);
      return 2;
  }
}

/** A pipeline's evidence goes to `--out`; a skill on a running node has an input, or a node that is named. */
const isSkillRun = (args: readonly string[]): boolean =>
  args.some((arg) => /^--(input|on|socket|json)(=|$)/.test(arg)) && !args.some((arg) => /^--out(=|$)/.test(arg));

const remote = async (command: RemoteCommand, args: readonly string[]): Promise<number> =>
  (await import('./remote')).runRemote(command, args, processTerminal);

const wantsHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h');

async function help(command: string | undefined): Promise<number> {
  const { isRemoteCommand, remoteUsage } = await import('./remote');
  if (command === 'run') processTerminal.out(`${(await import('./run-args')).RUN_USAGE}\n${remoteUsage('run')}`);
  else if (command === 'join') processTerminal.out((await import('./join')).JOIN_USAGE);
  else if (command === 'daemon') processTerminal.out((await import('./daemon/daemon')).DAEMON_USAGE);
  else if (command !== undefined && isRemoteCommand(command)) processTerminal.out(remoteUsage(command));
  else if (command === 'verify') processTerminal.out((await import('./verify-args')).VERIFY_USAGE);
  else if (command === 'replay') processTerminal.out((await import('./replay')).REPLAY_USAGE);
  else if (command === 'skill') processTerminal.out((await import('./skill')).SKILL_USAGE);
  else if (command === 'swarm-key') processTerminal.out((await import('./swarm-key')).SWARM_KEY_USAGE);
  else if (command === 'trustee') processTerminal.out((await import('./trustee')).TRUSTEE_USAGE);
  else processTerminal.out(USAGE);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
