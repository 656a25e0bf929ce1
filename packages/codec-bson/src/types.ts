/** The types of BSON that go-bson knows, by the byte in front of each member. */
export const types = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  boolean: 0x08,
  time: 0x09,
  null: 0x0a,
  int32: 0x10,
  int64: 0x12,
  /** 64 bits without sign, an extension of go-bson that it reads and never writes. */
  uint64: 0x3f,
} as const;
