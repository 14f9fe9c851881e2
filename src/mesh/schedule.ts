/** Runs `task` once after `ms`, unless what it returns is called first. */
export type Schedule = (task: () => void, ms: number) => () => void;

export const systemSchedule: Schedule = (task, ms) => {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
};
