/** Commands whose title has every word of `query`, in their order. */
export function searchCommands<C extends { title: string }>(commands: readonly C[], query: string): C[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}
