// Multinomial logistic regression: what training and evaluation share.
// By name, since Math.exp and Math.log are others when the compiler is asked for small code, and differ in last bits.
import { exp_lut, log_lut } from 'util/math';

/** Scores of one standardised row, class after class: weights · row + bias. */
export function scores(
  row: StaticArray<f64>,
  first: i32,
  weights: StaticArray<f64>,
  bias: StaticArray<f64>,
  features: i32,
  out: StaticArray<f64>,
): void {
  for (let k = 0; k < out.length; k++) {
    let sum = unchecked(bias[k]);
    for (let j = 0; j < features; j++) sum += unchecked(weights[k * features + j] * row[first + j]);
    unchecked((out[k] = sum));
  }
}

/** Turns scores into probabilities, in place; returns log Σ exp(score), taken so that it cannot overflow. */
export function softmax(values: StaticArray<f64>): f64 {
  let top = values[0];
  for (let k = 1; k < values.length; k++) top = max(top, values[k]);
  let sum = 0.0;
  for (let k = 0; k < values.length; k++) {
    values[k] = exp_lut(values[k] - top);
    sum += values[k];
  }
  for (let k = 0; k < values.length; k++) values[k] /= sum;
  return top + log_lut(sum);
}

/** Index of the largest; the first of equals. */
export function largest(values: StaticArray<f64>): i32 {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

/** Rows to mean 0 and deviation 1 by the training set's figures, in place. */
export function standardise(rows: StaticArray<f64>, mean: StaticArray<f64>, scale: StaticArray<f64>): void {
  const features = mean.length;
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] - mean[i % features]) / scale[i % features];
}
