/**
 * `/sovereign/roster/1.0.0`: two members compare their lists. Each says which one it has, the asker first; the
 * other goes on with those after the asker's, oldest first, one a frame, and closes. An answerer that learns that it is
 * behind asks in its turn.
 */
import * as v from 'valibot';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { MeshError } from '../errors';
import type { MeshStream } from '../types';
import { readRoster, type Roster } from './roster';
import { Talk } from './talk';

export const ROSTER = '/sovereign/roster/1.0.0';

const HaveShape = v.strictObject({
  mesh: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  number: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MESH_LIMITS.rosterNumber)),
});
export type Have = v.InferOutput<typeof HaveShape>;

/** What the other member has, and its lists beyond ours. @throws MeshError */
export async function askRosters(stream: MeshStream, have: Have): Promise<{ theirs: Have; rosters: Roster[] }> {
  const talk = new Talk(stream);
  try {
    await talk.say({ Have: { ...have } });
    const theirs = parse(await talk.expect('Have'));
    const rosters: Roster[] = [];
    for (let next = await talk.hear(); next !== undefined; next = await talk.hear()) {
      if (rosters.length === MESH_LIMITS.rostersAtOnce)
        throw new MeshError('overloaded', 'A member sent too many lists.');
      rosters.push(await readRoster(next));
    }
    await stream.close();
    return { theirs, rosters };
  } catch (error) {
    stream.reset();
    throw error;
  }
}

/**
 * Answers one question.
 * @param ours what we have
 * @param newer the rosters after that number, oldest first, at most {@link MESH_LIMITS.rostersAtOnce}
 * @returns what the asker has
 */
export async function answerRosters(
  stream: MeshStream,
  ours: Have,
  newer: (have: Have) => Promise<readonly Roster[]>,
): Promise<Have> {
  const talk = new Talk(stream);
  try {
    const have = parse(await talk.expect('Have'));
    await talk.say({ Have: { ...ours } });
    for (const roster of await newer(have)) await talk.say(roster);
    await stream.close();
    return have;
  } catch (error) {
    stream.reset();
    throw error;
  }
}

function parse(value: unknown): Have {
  const parsed = v.safeParse(HaveShape, value);
  if (parsed.success) return parsed.output;
  throw new MeshError('frame_malformed', 'A member spoke of its list in a way not understood.');
}
