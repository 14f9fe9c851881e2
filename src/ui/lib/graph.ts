/** A stage as the picture needs it. */
export interface GraphStage {
  name: string;
  needs: readonly string[];
}
export interface GraphNode {
  name: string;
  x: number;
  y: number;
}
export interface GraphEdge {
  from: string;
  to: string;
  /** SVG path data. */
  path: string;
}
export interface Layout {
  direction: 'across' | 'down';
  width: number;
  height: number;
  nodeWidth: number;
  nodeHeight: number;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

const NODE_HEIGHT = 84;
const ROW_HEIGHT = 60;
const GAP = 26;
const MIN_WIDTH = 122;
const MAX_WIDTH = 190;
const ARC = 18;

/** Longest path from a start: a stage stands right of everything it needs. Unknown and cyclic needs count as none. */
export function depths(stages: readonly GraphStage[]): Map<string, number> {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const out = new Map<string, number>();
  const visit = (name: string, path: Set<string>): number => {
    const known = out.get(name);
    if (known !== undefined) return known;
    const stage = byName.get(name);
    if (!stage || path.has(name)) return -1;
    path.add(name);
    const depth = 1 + Math.max(-1, ...stage.needs.map((need) => visit(need, path)));
    path.delete(name);
    out.set(name, depth);
    return depth;
  };
  for (const stage of stages) visit(stage.name, new Set());
  return out;
}

/** Across where `available` pixels allow it, else one stage under the other. */
export function layoutGraph(stages: readonly GraphStage[], available: number): Layout {
  const depth = depths(stages);
  const columns = Math.max(0, ...depth.values()) + 1;
  const nodeWidth = Math.min(MAX_WIDTH, (available - (columns - 1) * GAP) / columns);
  return nodeWidth >= MIN_WIDTH
    ? across(stages, depth, columns, Math.floor(nodeWidth))
    : down(stages, depth, Math.max(MIN_WIDTH, available));
}

function across(stages: readonly GraphStage[], depth: Map<string, number>, columns: number, nodeWidth: number): Layout {
  // Room above for edges that skip a column, where there are any.
  const top = stages.some(({ name, needs }) => needs.some((need) => skips(depth, need, name))) ? ARC : 0;
  const taken = new Map<number, number>();
  const nodes = stages.map(({ name }) => {
    const column = depth.get(name) ?? 0;
    const row = taken.get(column) ?? 0;
    taken.set(column, row + 1);
    return { name, x: column * (nodeWidth + GAP), y: top + row * (NODE_HEIGHT + GAP) };
  });
  const rows = Math.max(1, ...taken.values());
  return {
    direction: 'across',
    width: columns * (nodeWidth + GAP) - GAP,
    height: top + rows * (NODE_HEIGHT + GAP) - GAP,
    nodeWidth,
    nodeHeight: NODE_HEIGHT,
    nodes,
    edges: edgesOf(stages, nodes, (a, b) => acrossPath(a, b, nodeWidth, depth)),
  };
}

const skips = (depth: Map<string, number>, from: string, to: string): boolean =>
  (depth.get(to) ?? 0) - (depth.get(from) ?? 0) > 1;

function acrossPath(a: GraphNode, b: GraphNode, width: number, depth: Map<string, number>): string {
  if (skips(depth, a.name, b.name) && a.y === b.y) {
    const [from, to] = [a.x + width * 0.7, b.x + width * 0.3];
    return `M${from} ${a.y} C${from + 12} ${a.y - ARC} ${to - 12} ${b.y - ARC} ${to} ${b.y}`;
  }
  const [x1, y1, x2, y2] = [a.x + width, a.y + NODE_HEIGHT / 2, b.x, b.y + NODE_HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function down(stages: readonly GraphStage[], depth: Map<string, number>, width: number): Layout {
  const order = [...stages].sort((a, b) => (depth.get(a.name) ?? 0) - (depth.get(b.name) ?? 0));
  const step = ROW_HEIGHT + GAP / 2;
  const at = new Map(order.map(({ name }, i) => [name, i]));
  // Room at the side for edges that pass a stage by, where there are any.
  const passesBy = (need: string, name: string): boolean => (at.get(name) ?? 0) - (at.get(need) ?? 0) > 1;
  const left = stages.some(({ name, needs }) => needs.some((need) => passesBy(need, name))) ? ARC : 0;
  const nodes = order.map(({ name }, i) => ({ name, x: left, y: i * step }));
  const path = (a: GraphNode, b: GraphNode): string => {
    if (!passesBy(a.name, b.name)) return `M${left + 24} ${a.y + ROW_HEIGHT} V${b.y}`;
    const [y1, y2] = [a.y + ROW_HEIGHT * 0.7, b.y + ROW_HEIGHT * 0.3];
    return `M${left} ${y1} C0 ${y1 + 8} 0 ${y2 - 8} ${left} ${y2}`;
  };
  return {
    direction: 'down',
    width,
    height: nodes.length * step - GAP / 2,
    nodeWidth: width - left,
    nodeHeight: ROW_HEIGHT,
    nodes,
    edges: edgesOf(stages, nodes, path),
  };
}

function edgesOf(
  stages: readonly GraphStage[],
  nodes: readonly GraphNode[],
  path: (a: GraphNode, b: GraphNode) => string,
): GraphEdge[] {
  const at = new Map(nodes.map((node) => [node.name, node]));
  return stages.flatMap((stage) =>
    stage.needs.flatMap((need) => {
      const [a, b] = [at.get(need), at.get(stage.name)];
      return a && b && a !== b ? [{ from: need, to: stage.name, path: path(a, b) }] : [];
    }),
  );
}
