/** A number to be written as a float, also when it is whole. */
export class Real {
  readonly value: number;
  readonly bits: 32 | 64;

  constructor(value: number, bits: 32 | 64) {
    this.value = value;
    this.bits = bits;
  }
}

/** A number to be written as Go writes its unsigned types. */
export class Unsigned {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}
