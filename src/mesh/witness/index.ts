export { fetchWitness, witnessName, witnessUrl, witnessVkey } from './fetch';
export { serveWitness, type WitnessServing } from './serve';
export { openWitnessStore } from './store';
