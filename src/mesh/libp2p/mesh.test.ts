import { acceptMesh } from '../mesh-acceptance';
import { memoryMesh } from '../testkit';
import { allLinked, openTestMesh, startRelay } from './testkit';

acceptMesh('a mesh over a relay', async () => {
  const relay = await startRelay();
  const meshes = await Promise.all([0, 1, 2].map((i) => openTestMesh(i, [relay])));
  await allLinked(meshes);
  const [a, b, c] = meshes;
  return {
    meshes: [a!, b!, c!],
    close: async () => {
      await Promise.all(meshes.map((mesh) => mesh.close()));
      await relay.stop();
    },
  };
});

acceptMesh('a mesh in memory', () => {
  const [a, b, c] = memoryMesh(3);
  return Promise.resolve({ meshes: [a!, b!, c!], close: () => Promise.resolve() });
});
