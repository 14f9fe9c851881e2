import { NodeError } from '../errors';
import type { Machine } from '../node';
import type { NodeMesh } from './node-mesh';

/** The mesh as the node holds it: its code is fetched when there is a use for it. */
export class MeshDoor {
  readonly #load: () => Promise<NodeMesh>;
  #loading: Promise<NodeMesh> | undefined;
  /** Once it is open. */
  current: NodeMesh | undefined;

  constructor(load: () => Promise<NodeMesh>) {
    this.#load = load;
  }

  /** Opens it, once. What failed is tried again by the next. */
  get(): Promise<NodeMesh> {
    return (this.#loading ??= this.#load().then(
      (mesh) => (this.current = mesh),
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    ));
  }

  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
}

/** What is asked of the mesh where this realm has none. */
export const noMesh = (): NodeError =>
  new NodeError('not_built', 'This node has no way to a mesh.', {
    advice: 'Open the app in a browser, or use the terminal.',
  });

/** @throws NodeError `not_built` where this realm has none, `subsystem_down` while it restarts */
export function openMesh(machine: Machine): Promise<NodeMesh> {
  if (machine.options.mesh) return machine.running().mesh.get();
  return Promise.reject(noMesh());
}
