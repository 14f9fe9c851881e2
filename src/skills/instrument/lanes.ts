/** Kinds of float values that an operation may leave as a NaN of any bits. */
export const none = 0;
export const f32 = 1;
export const f64 = 2;
export const f32x4 = 3;
export const f64x2 = 4;
/** A float that never needs to be made canonical. */
export const numeric = 5;
