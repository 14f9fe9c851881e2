/** What the relay counts, as Prometheus reads it (text format 0.0.4). Counts alone: no address, no peer, no network. */
import type { RadioStatus } from './radio';

type Status = RadioStatus & { stunAnswers: number };

/** `uptimeMs`: since the start; `rss`: bytes of memory that the process holds. */
export function metricsText(status: Status | undefined, uptimeMs: number, rss: number): string {
  const lines = [
    ...metric('uptime_seconds', 'gauge', 'Time since the start.', uptimeMs / 1_000),
    ...metric('resident_memory_bytes', 'gauge', 'Memory that the process holds.', rss),
  ];
  if (status) {
    const { refusals, traffic } = status;
    lines.push(
      ...metric('networks', 'gauge', 'Private networks served.', status.networks),
      ...metric('connections', 'gauge', 'Connections of members.', status.connections),
      ...metric('strangers', 'gauge', 'Callers that have not shown a key yet.', status.strangers),
      ...metric('reservations', 'gauge', 'Members that can be reached here.', status.reservations),
      ...metric('circuits', 'gauge', 'Streams to ask for circuits, and the circuits they became.', status.circuits),
      ...metric('received_bytes_total', 'counter', 'Bytes that members sent.', traffic.bytesIn),
      ...metric('sent_bytes_total', 'counter', 'Bytes that members were sent.', traffic.bytesOut),
      ...metric('stun_answers_total', 'counter', 'STUN questions answered.', status.stunAnswers),
      '# HELP sovereign_relay_refused_total Callers sent away.',
      '# TYPE sovereign_relay_refused_total counter',
      ...Object.entries(refusals).map(
        ([reason, count]) => `sovereign_relay_refused_total{reason="${reason}"} ${String(count)}`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

const metric = (name: string, type: 'gauge' | 'counter', help: string, value: number): string[] => [
  `# HELP sovereign_relay_${name} ${help}`,
  `# TYPE sovereign_relay_${name} ${type}`,
  `sovereign_relay_${name} ${String(value)}`,
];
