import { SovereignError } from '../../protocol/errors';
import type { NodeClient } from '../../protocol/client';
import type { DelegatedRunView, SkillRunResult } from '../../protocol/messages';
import { Action } from './action.svelte';

/** The time that it runs is shown to a tenth of a second. */
const TICK_MS = 100;

interface Wanted {
  skill: string;
  input: () => Promise<Uint8Array>;
  /** micro-IPPC. */
  budget: number | undefined;
  /** Peer id of the device that is to run it in place of this one. */
  on?: string | undefined;
}

/** One run of a skill at a time, from the page: how far it is, its end, and a way to stop it. */
export class SkillRun {
  phase = $state<'preparing' | 'waiting' | 'running'>('preparing');
  permille = $state(0);
  note = $state('');
  elapsed = $state(0);
  result = $state.raw<SkillRunResult | DelegatedRunView>();
  readonly action = new Action();
  readonly #client: NodeClient;
  #call = '';
  #stopped = false;

  constructor(client: NodeClient) {
    this.#client = client;
  }

  /** The answer, also for showing; undefined while another runs and for a request that was refused. */
  run(wanted: Wanted): Promise<SkillRunResult | undefined> {
    return this.action.run(() => this.#run(wanted));
  }

  /** Ends it; that is no failure. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#client.call('StopSkill', { call: this.#call });
  }

  async #run({ skill, input, budget, on }: Wanted): Promise<SkillRunResult> {
    const call = crypto.randomUUID();
    this.#call = call;
    this.#stopped = false;
    [this.phase, this.permille, this.note, this.elapsed, this.result] = ['preparing', 0, '', 0, undefined];
    const began = performance.now();
    const timer = setInterval(() => (this.elapsed = performance.now() - began), TICK_MS);
    const silence = this.#client.onEvent((event) => {
      if (event.type !== 'skill_run' || event.call !== call) return;
      [this.phase, this.permille, this.note] = [event.phase, event.permille, event.note];
    });
    try {
      const input_sha256 = await this.#client.putBlob(await input());
      if (this.#stopped) throw new SovereignError('cancelled', 'Stopped before it began.');
      const asked = { skill, input_sha256, call, ...(budget === undefined ? {} : { budget }) };
      return (this.result =
        on === undefined
          ? await this.#client.call('RunSkill', asked)
          : await this.#client.call('DelegateSkill', { member: on, skill, input: { sha256: input_sha256 }, call }));
    } finally {
      clearInterval(timer);
      silence();
    }
  }
}
