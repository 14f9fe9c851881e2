import { describe, expect, test } from 'vitest';
import type { MemberView, MeshView } from '../../../protocol/mesh';
import { Rates } from './rates.svelte';

const view = (bytes_in: number, bytes_out: number): MeshView =>
  ({ members: [{ peer: 'a', bytes_in, bytes_out } as MemberView] }) as MeshView;

describe('the rate of a link', () => {
  test('is what two looks differ by, in a second', () => {
    const rates = new Rates();
    rates.look(view(100, 50), 1_000);
    expect(rates.by.get('a')).toBeUndefined();
    rates.look(view(1_100, 1_050), 3_000);
    expect(rates.by.get('a')).toBe(1_000);
    rates.look(view(1_100, 1_050), 5_000);
    expect(rates.by.get('a')).toBe(0);
  });

  test('is not made of looks that follow at once, nor of counters that began anew', () => {
    const rates = new Rates();
    rates.look(view(0, 0), 0);
    rates.look(view(4_000, 0), 2_000);
    rates.look(view(9_000, 0), 2_010);
    expect(rates.by.get('a')).toBe(2_000);
    rates.look(view(10, 0), 4_000);
    expect(rates.by.get('a')).toBe(0);
  });
});
