/** A number to be written as a double, also when it is whole. */
export class Real {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}
