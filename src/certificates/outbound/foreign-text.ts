/** What a server out there said, cut down to what may stand in a status or an Event: {@link foreignText}. */

const mostCharacters = 300;

/** One line of bounded length without control characters. */
export function foreignText(text: string): string {
  const plain = text
    .slice(0, 8 * mostCharacters)
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, " ")
    .trim();
  const characters = [...plain];
  return characters.length <= mostCharacters
    ? plain
    : `${characters.slice(0, mostCharacters - 1).join("")}…`;
}
