import { LIMITS } from '../../src/protocol/limits';
import { RADIO_LIMITS } from '../radio';

/** Fixed, because a browser keeps a node's keys and log per origin, and the port is part of the origin. */
export const DEFAULT_PORT = '8787';
/** The protocol's own (RFC 8489, 18.6), and above 1023. */
export const STUN_PORT = '3478';

export const USAGE = `Serves the Sovereign Node app.

  --port N     port to listen on; 0 takes any free one (${DEFAULT_PORT})
  --host ADDR  address to listen on (127.0.0.1: this machine only)
  --app DIR    the built app (the one beside this program)
  --tls-cert FILE, --tls-key FILE
               certificate chain and key (PEM) for HTTPS; read again at SIGHUP
  --skill-host NAME  a host that the app's node may ask over HTTPS for skills whose owners
               grant it; may be repeated
  --help       this text

Where options come from: the command line, then the environment (SOVEREIGN_RELAY_PORT and
so on; several values with commas), then a file (YAML or JSON, the same names without the
dashes).
  --config FILE  the file; its paths are relative to it
  --check        says what is in force and where it comes from, and ends
  --state-default DIR  the state directory where nothing else names one

As a relay of private networks (WebSockets under / and /mesh):
  --relay-key-file FILE    relay key of a network to serve, from "sovereign swarm-key --relay";
                           may be repeated. New meshes on this machine bring theirs by
                           themselves, others with the token in the state directory
  --public-url URL         where browsers reach this server, when that is a proxy in front
  --trusted-proxy ADDR     address or network of a proxy whose X-Forwarded-For is believed;
                           may be repeated
  --relay-origin URL       another relay that the app may connect to, as https://…; may be
                           repeated
  --stun-port N|off        UDP port of the STUN responder (${STUN_PORT}; off when its address is this
                           machine's own)
  --stun-host ADDR         address that it listens on (that of --host). Behind a proxy give 0.0.0.0:
                           STUN goes past proxies
  --max-networks N         private networks at once (${RADIO_LIMITS.networks})
  --max-members N          members connected at once (${RADIO_LIMITS.connections})
  --max-members-per-address N  … from one address (${RADIO_LIMITS.connectionsPerAddress})
  --max-sockets-per-address N  sockets of plain HTTP from one address (${LIMITS.relaySocketsPerAddress})

As a witness (it cosigns the checkpoints of logs, under /witness):
  --state DIR              where its key and the record of what it signed are kept, and the
                           relay's key and networks; without this there is no witness
  --witness-closed         serve only the logs of --witness-logs, not any node that comes
  --witness-registrations N  logs that one address may register in an hour
                           (${LIMITS.witnessRegistrations}); behind a proxy all callers have one address
  --witness-logs FILE      vkeys of logs to serve, one a line
  --witness-name NAME      its name in signatures (made from its key)
  --witness-origin URL     another server whose witness the app may ask; may be repeated

For its operator:
  --log-level LEVEL        debug, info, warn or error (info; warn in a terminal). The log goes to
                           stderr, one JSON object a line
  --log-identities         peer ids and IP addresses in the log too
  --quiet                  nothing on stdout
  --metrics-from ADDR      address or network that may read /metrics besides this machine; may
                           be repeated
`;
