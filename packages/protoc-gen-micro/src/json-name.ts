/** A field's name in JSON, `userName` of `user_name`: each `_` goes, and what follows it becomes upper case. */
export function jsonName(fieldName: string): string {
  return fieldName.replace(/_+(.?)/g, (_, letter: string) => (/[a-z]/.test(letter) ? letter.toUpperCase() : letter));
}
