/** What the relay counts, as Prometheus reads it (text format 0.0.4). Counts alone: no address, no peer, no network. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BUILD, VERSION } from '../src/protocol/build-info';
import type { MeshStatus } from './radio/service';

/** Answers by route and status; both are from closed lists. */
export class Counts {
  readonly answers = new Map<string, number>();

  answered(route: string, status: number): void {
    const labels = `{route="${route}",status="${String(status)}"}`;
    this.answers.set(labels, (this.answers.get(labels) ?? 0) + 1);
  }
}

interface ProcessStatus {
  rssBytes: number;
  cpuSeconds: number;
  /** The 99th percentile since the last reading. */
  loopDelaySeconds: number;
}

export interface ProcessProbe {
  read(): ProcessStatus;
  stop(): void;
}

export function probeProcess(): ProcessProbe {
  const delay = monitorEventLoopDelay();
  delay.enable();
  return {
    read() {
      const { user, system } = process.cpuUsage();
      // Before the first sample it is NaN.
      const loopDelaySeconds = (delay.percentile(99) || 0) / 1e9;
      delay.reset();
      return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, loopDelaySeconds };
    },
    stop: () => void delay.disable(),
  };
}

export interface Measured {
  /** Since the start. */
  uptimeMs: number;
  probe: ProcessStatus;
  counts: Counts;
  sockets: { open: number; refused: number };
  /** Unix time in milliseconds. */
  certificateExpires: number | undefined;
  mesh: MeshStatus | undefined;
  /** Forks that the witness keeps; `undefined` without one. */
  forks: number | undefined;
}

/** Ends with a line feed. */
export function metricsText(measured: Measured): string {
  const { probe, sockets, mesh, forks, certificateExpires } = measured;
  return [
    family('build_info', 'gauge', 'What runs; always 1.', [[`{version="${VERSION}",build="${BUILD}"}`, 1]]),
    gauge('uptime_seconds', 'Time since the start.', measured.uptimeMs / 1_000),
    gauge('resident_memory_bytes', 'Memory that the process holds.', probe.rssBytes),
    counter('cpu_seconds_total', 'Processor time, user and system.', probe.cpuSeconds),
    gauge('loop_delay_seconds', 'How late the process is, at the 99th percentile.', probe.loopDelaySeconds),
    gauge('http_sockets', 'Sockets of plain HTTP.', sockets.open),
    counter('http_sockets_refused_total', 'Sockets closed since their address had enough.', sockets.refused),
    family('http_answers_total', 'counter', 'Answers to requests.', [...measured.counts.answers]),
    ...(certificateExpires === undefined
      ? []
      : [gauge('certificate_expiry_timestamp_seconds', 'When the certificate ends.', certificateExpires / 1_000)]),
    ...(forks === undefined ? [] : [gauge('witness_forks', 'Forks that the witness keeps evidence of.', forks)]),
    ...(mesh ? ofMesh(mesh) : []),
  ].join('');
}

function ofMesh({ refusals, traffic, limits, ...status }: MeshStatus): string[] {
  return [
    gauge('networks', 'Private networks served.', status.networks),
    gauge('networks_limit', 'The most of them.', limits.networks),
    gauge('connections', 'Connections of members.', status.connections),
    gauge('connections_limit', 'The most of them.', limits.connections),
    gauge('strangers', 'Callers that have not shown a key yet.', status.strangers),
    gauge('reservations', 'Members that can be reached here.', status.reservations),
    gauge('circuits', 'Streams to ask for circuits, and the circuits they became.', status.circuits),
    counter('received_bytes_total', 'Bytes that members sent.', traffic.bytesIn),
    counter('sent_bytes_total', 'Bytes that members were sent.', traffic.bytesOut),
    ...(status.stunAnswers === undefined
      ? []
      : [counter('stun_answers_total', 'STUN questions answered.', status.stunAnswers)]),
    family(
      'refused_total',
      'counter',
      'Callers sent away.',
      Object.entries(refusals).map(([reason, count]) => [`{reason="${reason}"}`, count]),
    ),
  ];
}

type Sample = readonly [labels: string, value: number];

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const full = `sovereign_relay_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labels} ${String(value)}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

const gauge = (name: string, help: string, value: number): string => family(name, 'gauge', help, [['', value]]);
const counter = (name: string, help: string, value: number): string => family(name, 'counter', help, [['', value]]);
