import data from './weights.json' with { type: 'json' };

/** What an execution record names: the rules, and the version of the weights. By itself, as the node records without metering. */
export const METERING = { version: 'sovereign-metering/1', weights: data.version } as const;
