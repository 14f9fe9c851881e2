import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, hex } from '../../crypto';
import { MeshError } from '../errors';
import { decodeAnswer, decodeOffer, encodeAnswer, encodeOffer, isOffer, linkKeyOf, offerId, type Offer } from './code';
import { factsOfSdp, sdpOf, type IceFacts } from './ice';

interface Facts extends Omit<IceFacts, 'fingerprint'> {
  fingerprint: string;
}
interface Vectors {
  offer: {
    text: string;
    id: string;
    link_key: string;
    mesh: string;
    expires: number;
    token: string;
    key: string;
    name: string;
    relay_key: string | null;
    ice: Facts;
  };
  answer: { text: string; key: string; ice: Facts };
}
const url = new URL('../../../docs/vectors/mesh-nearby.json', import.meta.url);
const vectors = JSON.parse(readFileSync(url, 'utf8')) as Vectors;

const iceOf = (facts: Facts): IceFacts => ({ ...facts, fingerprint: fromHex(facts.fingerprint)! });
const offerOf = ({ mesh, expires, token, key, name, relay_key, ice }: Vectors['offer']): Offer => ({
  ...{ mesh, expires, name },
  token: fromHex(token)!,
  key: fromHex(key)!,
  relayKey: relay_key === null ? undefined : fromHex(relay_key)!,
  ice: iceOf(ice),
});
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const ICE_CHARS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];
const iceText = (minLength: number) =>
  fc.array(fc.constantFrom(...ICE_CHARS), { minLength, maxLength: 64 }).map((chars) => chars.join(''));
const host = fc.oneof(
  fc.uuid().map((uuid) => `${uuid}.local`),
  fc.ipV4(),
  bytes(16).map((address) => hex(address).match(/.{4}/g)!.join(':')),
);
const candidates = fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 0xffff }) }), {
  minLength: 1,
  maxLength: 6,
});
const ice = fc.record({ ufrag: iceText(4), pwd: iceText(22), fingerprint: bytes(32), candidates });
const offers: fc.Arbitrary<Offer> = fc.record({
  mesh: bytes(16).map(hex),
  expires: fc.integer({ min: 0, max: 0xffff_ffff }),
  token: bytes(16),
  key: bytes(32),
  name: fc.constantFrom('Desktop', 'Télé 📺', 'a'.repeat(64)),
  relayKey: fc.option(bytes(32), { nil: undefined }),
  ice,
});
const thrown = (task: () => unknown): unknown => {
  try {
    task();
  } catch (error) {
    return error;
  }
  return undefined;
};
const expectMalformed = (error: unknown): void => {
  expect(error).toBeInstanceOf(MeshError);
  expect((error as MeshError).code).toBe('invitation_malformed');
};
const plain = (facts: IceFacts) => ({ ...facts, fingerprint: hex(facts.fingerprint) });

describe('the codes of a link', () => {
  test('vectors: another implementation comes to the same text', () => {
    const { offer, answer } = vectors;
    expect(encodeOffer(offerOf(offer))).toBe(offer.text);
    const token = fromHex(offer.token)!;
    expect([offerId(token), hex(linkKeyOf(token))]).toEqual([offer.id, offer.link_key]);
    const answered = { offer: offer.id, key: fromHex(answer.key)!, ice: iceOf(answer.ice) };
    expect(encodeAnswer(answered, token)).toBe(answer.text);
    expect(decodeOffer(offer.text)).toEqual(offerOf(offer));
    expect(decodeAnswer(answer.text, () => token)).toEqual(answered);
  });

  test('an offer and an answer read as they were written, in a link and with line breaks too', () => {
    fc.assert(
      fc.property(offers, ice, (offer, theirs) => {
        const text = encodeOffer(offer);
        expect(isOffer(text)).toBe(true);
        const read = decodeOffer(`https://app.example/#join=${text.slice(0, 40)}\r\n ${text.slice(40)}`);
        expect({ ...read, ice: plain(read.ice) }).toEqual({ ...offer, ice: plain(offer.ice) });
        const answer = { offer: offerId(offer.token), key: offer.key, ice: theirs };
        const heard = decodeAnswer(encodeAnswer(answer, offer.token), (id) =>
          id === answer.offer ? offer.token : undefined,
        );
        expect({ ...heard, ice: plain(heard.ice) }).toEqual({ ...answer, ice: plain(theirs) });
      }),
    );
  });

  test('whatever else is read is a typed error', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String()),
        fc.constantFrom('', 'sno1.', 'sna1.', 'sn1.'),
        (text, prefix) => {
          expectMalformed(thrown(() => decodeOffer(prefix + text)));
          expectMalformed(thrown(() => decodeAnswer(prefix + text, () => new Uint8Array(16))));
        },
      ),
    );
  });

  test('a code with any one character changed, cut off or doubled is not taken', () => {
    fc.assert(
      fc.property(offers, fc.nat(), fc.constantFrom('change', 'cut', 'double'), (offer, at, how) => {
        const text = encodeOffer(offer);
        const i = 5 + (at % (text.length - 5));
        const other = text[i] === 'A' ? 'B' : 'A';
        const bad = {
          change: text.slice(0, i) + other + text.slice(i + 1),
          cut: text.slice(0, i),
          double: text + text.slice(5),
        }[how];
        expectMalformed(thrown(() => decodeOffer(bad)));
      }),
    );
  });

  test('attack: an answer that was not made for this offer, or was changed and summed anew, is refused', () => {
    const { offer, answer } = vectors;
    const forged = { offer: offer.id, key: fromHex(answer.key)!, ice: iceOf(answer.ice) };
    const text = encodeAnswer(forged, new Uint8Array(16).fill(9));
    expectMalformed(thrown(() => decodeAnswer(text, () => fromHex(offer.token)!)));
    expect(thrown(() => decodeAnswer(answer.text, () => undefined))).toMatchObject({ code: 'invitation_used' });
    expectMalformed(thrown(() => decodeAnswer(offer.text, () => fromHex(offer.token)!)));
  });

  test('attack: ice-chars that would add a line to the description are refused', () => {
    const offer = offerOf(vectors.offer);
    for (const ufrag of ['ab\r\na=candidate:1', 'abc', 'ab cd']) {
      expectMalformed(thrown(() => decodeOffer(encodeOffer({ ...offer, ice: { ...offer.ice, ufrag } }))));
    }
    const many = Array.from({ length: 7 }, () => offer.ice.candidates[0]!);
    expectMalformed(thrown(() => decodeOffer(encodeOffer({ ...offer, ice: { ...offer.ice, candidates: many } }))));
  });
});

describe('a session description', () => {
  test('of two browsers is told in a few facts, and made again of them', () => {
    for (const sdp of [CHROMIUM, FIREFOX]) {
      const facts = factsOfSdp(sdp);
      expect(facts.candidates).toHaveLength(2);
      expect(factsOfSdp(sdpOf(facts, 'answer'))).toEqual(facts);
    }
    expect(factsOfSdp(CHROMIUM)).toMatchObject({ ufrag: '2XQf', pwd: '6FDbcNrtXbApzDVxIAdpV0Gh' });
  });

  test('all facts go through it', () => {
    fc.assert(
      fc.property(ice, fc.constantFrom('offer', 'answer'), (facts, type) => {
        expect(plain(factsOfSdp(sdpOf(facts, type as 'offer')))).toEqual(plain(facts));
      }),
    );
  });

  test('places of servers and of TCP are left out; with none left there is no network', () => {
    const served = CHROMIUM.replaceAll('typ host', 'typ srflx raddr 0.0.0.0 rport 0');
    expect(thrown(() => factsOfSdp(served))).toMatchObject({ code: 'unreachable', advice: /network/ });
    expect(thrown(() => factsOfSdp('v=0'))).toMatchObject({ code: 'unreachable' });
  });

  test('addresses of every kind, in every way of writing them', () => {
    const places = (host: string): string[] =>
      factsOfSdp(CHROMIUM.replace(/\S+\.local/, host)).candidates.map((one) => one.host);
    expect(places('192.168.1.20')[0]).toBe('192.168.1.20');
    expect(places('FE80::1')[0]).toBe('fe80::1');
    expect(
      decodeOffer(
        encodeOffer({ ...offerOf(vectors.offer), ice: factsOfSdp(CHROMIUM.replace(/\S+\.local/, '2001:db8::7')) }),
      ).ice.candidates[0]!.host,
    ).toBe('2001:0db8:0000:0000:0000:0000:0000:0007');
    for (const none of ['192.168.1.256', '1::2::3', ':::', '1:2:3:4:5:6:7:8:9', 'printer.local', '12345::']) {
      expect(places(none)).toHaveLength(1);
    }
  });
});

const CHROMIUM = `v=0
o=- 6180257000514649197 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=candidate:1525980057 1 udp 2113937151 d0f551b2-3198-43fb-85b5-1339ec30fe5a.local 44783 typ host generation 0 network-cost 999
a=candidate:1569126185 1 udp 2113942271 e26899af-298c-4bbc-b77f-36f45676ff3f.local 46101 typ host generation 0 network-cost 999
a=ice-ufrag:2XQf
a=ice-pwd:6FDbcNrtXbApzDVxIAdpV0Gh
a=ice-options:trickle
a=fingerprint:sha-256 53:F3:22:60:71:62:38:7A:45:DC:72:85:64:D5:A4:5D:69:B8:03:1C:7E:8E:23:C4:41:08:58:48:2F:8D:76:FD
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
`;
const FIREFOX = `v=0
o=mozilla...THIS_IS_SDPARTA-99.0 2357384596013143282 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 7F:67:EB:02:72:FA:72:62:7C:3A:80:1A:4A:69:3E:34:63:26:21:47:D5:05:B5:2E:EE:73:D6:0E:C7:B7:F4:42
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=candidate:0 1 UDP 2122187007 6a11e09d-70a4-472e-b8e6-38400afb434b.local 34175 typ host
a=candidate:1 1 UDP 2122252543 7b5590ae-4fb4-4f3b-a741-fa5418f65d30.local 33831 typ host
a=candidate:2 1 TCP 2105458943 6a11e09d-70a4-472e-b8e6-38400afb434b.local 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=ice-pwd:6128023dd71c8c14d7d4fea68626b4cb
a=ice-ufrag:486ba1cd
a=mid:0
a=setup:active
a=sctp-port:5000
a=max-message-size:1073741823
`;
